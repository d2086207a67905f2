//! Lighter: every key, hash, text, token and refusal of the official signer.

use super::super::Check;
use super::case::Case;
use hedge_fast::signing::Entropy;
use hedge_fast::signing::ecgfp5::{
    PublicKey, Quintic, SchnorrKey, SchnorrSignature, derive_public_key, verify,
};
use hedge_fast::venue::lighter::tx::{AuthToken, KeySlot, mint_auth_token};
use serde_json::Value;

mod primitives;
mod refused;
mod transactions;

/// The files checked here.
pub const CHECKS: &[(&str, Check)] = &[
    ("auth_tokens.json", auth_tokens),
    ("keys.json", keys),
    ("primitives.json", primitives::check),
    ("refused.json", refused::check),
    ("transactions.json", transactions::check),
];

/// Bytes that count up: enough for signatures that only have to verify.
struct CountingEntropy(u8);

impl Entropy for CountingEntropy {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}

fn keys(file: &Value) -> usize {
    let cases = Case::file("keys.json", file).list("keys");
    for case in &cases {
        let text = case.text("private_key");
        let derived = case.accepted("private key", derive_public_key(text));
        case.same("public key", derived.to_string().as_str(), case.text("public_key"));
        let prefixed = case.accepted("private key with 0x", derive_public_key(&format!("0x{text}")));
        case.same("public key of the key with 0x", prefixed, derived);
        match SchnorrKey::parse(text) {
            Ok(key) => case.same("signing key's public key", key.public_key(), derived),
            Err(error) => case.holds(&format!("refused as zero: {error}"), derived == PublicKey([0; 40])),
        }
    }
    cases.len()
}

fn auth_tokens(file: &Value) -> usize {
    let cases = Case::file("auth_tokens.json", file).list("auth_tokens");
    for case in &cases {
        let official = case.accepted("token", AuthToken::parse(case.text("token")));
        case.same("deadline", official.deadline_s(), case.int("deadline"));
        case.same("account", official.slot().account(), case.uint("account_index"));
        case.same("api key", u64::from(official.slot().api_key()), case.uint("api_key_index"));
        let elements: Vec<_> = official.message_elements().iter().map(|e| e.value().to_string()).collect();
        let listed: Vec<_> = case.list("message_elements").iter().map(|e| e.as_text().to_owned()).collect();
        case.same("message elements", elements, listed);
        case.same("message hash", hex_of(official.message_hash()), case.text("message_hash").to_owned());
        let key = signing_key(case);
        case.holds("the official token is signed by the key", official.is_signed_by(&key.public_key()));
        let tampered = flip_last_digit(case.text("token"));
        let tampered = case.accepted("tampered token", AuthToken::parse(&tampered));
        case.holds("a tampered token is not", !tampered.is_signed_by(&key.public_key()));
        minted_token_is_equivalent(case, &key, official.slot());
    }
    cases.len()
}

fn minted_token_is_equivalent(case: &Case<'_>, key: &SchnorrKey, slot: KeySlot) {
    let own = mint_auth_token(case.int("deadline"), slot, key, &mut CountingEntropy(0));
    let message = case.text("message");
    case.holds("our token starts with the message", own.starts_with(&format!("{message}:")));
    case.same("token length", own.len(), case.text("token").len());
    let parsed = case.accepted("our token", AuthToken::parse(&own));
    case.holds("our token is signed by the key", parsed.is_signed_by(&key.public_key()));
}

/// The case's private key, checked to belong to its public key.
fn signing_key(case: &Case<'_>) -> SchnorrKey {
    let key = case.accepted("private key", SchnorrKey::parse(case.text("private_key")));
    case.same("public key", key.public_key().to_string().as_str(), case.text("public_key"));
    key
}

fn hex_of(element: Quintic) -> String {
    hex::encode(element.to_le_bytes())
}

fn flip_last_digit(text: &str) -> String {
    let (rest, last) = text.split_at(text.len() - 1);
    format!("{rest}{}", if last == "0" { "1" } else { "0" })
}

/// Every bit of the signature matters: one flipped bit in each byte.
fn refused_when_tampered(case: &Case<'_>, key: &PublicKey, message: Quintic, signature: &SchnorrSignature) {
    let bytes = signature.to_bytes();
    for index in 0..bytes.len() {
        let mut tampered = bytes;
        tampered[index] ^= 1 << (index % 8);
        let accepted = verify(key, message, &SchnorrSignature::from_bytes(&tampered));
        case.holds(&format!("the signature with byte {index} changed is refused"), !accepted);
    }
    case.holds("another message is refused", !verify(key, message + Quintic::ONE, signature));
}
