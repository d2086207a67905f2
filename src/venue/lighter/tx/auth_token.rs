//! Auth tokens for private reads: `deadline:account:api key:signature` (lighter.md 4.5).
//! Read-only tokens, which the venue issues itself, are not known here.

use super::header::KeySlot;
use super::invalid::InvalidTx;
use crate::signing::Entropy;
use crate::signing::ecgfp5::poseidon2::hash_to_quintic;
use crate::signing::ecgfp5::{Goldilocks, PublicKey, Quintic, SchnorrKey, SchnorrSignature, verify};
use thiserror::Error;

/// Longest time ahead at which the venue takes a deadline, in seconds.
const MAX_AHEAD_S: i64 = 8 * 60 * 60;

/// A token valid until `deadline_s` (unix seconds; at most 8 hours ahead) for the slot the key is registered in.
pub fn mint_auth_token(
    deadline_s: i64,
    slot: KeySlot,
    key: &SchnorrKey,
    entropy: &mut dyn Entropy,
) -> String {
    let message = message(deadline_s, slot);
    let signature = key.sign(message_hash(&message), entropy);
    format!("{message}:{}", hex::encode(signature.to_bytes()))
}

/// Why a text is no auth token. Never repeats the text, which may grant access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AuthTokenError {
    /// Not four parts between colons.
    #[error("an auth token has four parts between colons, this one has {0}")]
    Parts(usize),
    /// Deadline, account or API key is no plain decimal number.
    #[error("the {0} of the auth token is not a plain decimal number")]
    NotDecimal(&'static str),
    /// Account or API key is out of range.
    #[error("the auth token names an impossible slot: {0}")]
    Slot(#[from] InvalidTx),
    /// Not 160 hexadecimal digits.
    #[error("the signature of the auth token is not 160 hexadecimal digits")]
    Signature,
}

/// A token as the venue receives it. `Debug` leaves the signature out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthToken {
    deadline_s: i64,
    slot: KeySlot,
    signature: SchnorrSignature,
}

impl AuthToken {
    /// Reads a token; neither time nor signature are judged yet.
    pub fn parse(token: &str) -> Result<Self, AuthTokenError> {
        let parts: Vec<_> = token.split(':').collect();
        let [deadline, account, api_key, signature] = parts[..] else {
            return Err(AuthTokenError::Parts(parts.len()));
        };
        let deadline_s = decimal(deadline, "deadline")?;
        let slot = KeySlot::new(decimal(account, "account index")?, decimal(api_key, "API key index")?)?;
        let mut bytes = [0; SchnorrSignature::BYTES];
        hex::decode_to_slice(signature, &mut bytes).map_err(|_| AuthTokenError::Signature)?;
        Ok(Self { deadline_s, slot, signature: SchnorrSignature::from_bytes(&bytes) })
    }

    /// Unix seconds until which the token holds.
    pub fn deadline_s(&self) -> i64 {
        self.deadline_s
    }

    /// The slot it speaks for.
    pub fn slot(&self) -> KeySlot {
        self.slot
    }

    /// Whether the venue takes it at this time: not past its deadline, which is at most 8 hours ahead.
    pub fn is_timely(&self, now_s: i64) -> bool {
        self.deadline_s > now_s && self.deadline_s <= now_s.saturating_add(MAX_AHEAD_S)
    }

    /// Whether the key registered for the slot made it.
    pub fn is_signed_by(&self, registered: &PublicKey) -> bool {
        verify(registered, self.message_hash(), &self.signature)
    }

    /// What is signed: deadline and slot, hashed.
    pub fn message_hash(&self) -> Quintic {
        message_hash(&message(self.deadline_s, self.slot))
    }

    /// The message as field elements, before hashing.
    pub fn message_elements(&self) -> Vec<Goldilocks> {
        message_elements(&message(self.deadline_s, self.slot))
    }
}

impl std::fmt::Debug for AuthToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuthToken({})", message(self.deadline_s, self.slot))
    }
}

fn message(deadline_s: i64, slot: KeySlot) -> String {
    format!("{deadline_s}:{}:{}", slot.account(), slot.api_key())
}

/// Eight bytes per element, little-endian, the last filled up with zeros.
fn message_elements(message: &str) -> Vec<Goldilocks> {
    let element = |chunk: &[u8]| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        Goldilocks::new(u64::from_le_bytes(bytes))
    };
    message.as_bytes().chunks(8).map(element).collect()
}

fn message_hash(message: &str) -> Quintic {
    hash_to_quintic(&message_elements(message))
}

/// A number in the one form that hashes to what was signed: no plus sign, no leading zeros.
fn decimal(text: &str, name: &'static str) -> Result<i64, AuthTokenError> {
    let value: i64 = text.parse().map_err(|_| AuthTokenError::NotDecimal(name))?;
    if value.to_string() == text { Ok(value) } else { Err(AuthTokenError::NotDecimal(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(start: &str) -> String {
        format!("{start}:{}", "01".repeat(80))
    }

    #[test]
    fn a_token_in_any_other_form_is_refused() {
        assert!(AuthToken::parse(&token("100:7:4")).is_ok());
        for (text, expected) in [
            (token("100:7"), AuthTokenError::Parts(3)),
            (token("ro:7:single:100"), AuthTokenError::Parts(5)),
            (token("+100:7:4"), AuthTokenError::NotDecimal("deadline")),
            (token("100:07:4"), AuthTokenError::NotDecimal("account index")),
            (token("100:7:"), AuthTokenError::NotDecimal("API key index")),
            (token("100:0:4"), AuthTokenError::Slot(InvalidTx::AccountTooLow)),
            (token("100:7:255"), AuthTokenError::Slot(InvalidTx::ApiKeyTooHigh)),
            (token("100:7:4") + "0", AuthTokenError::Signature),
            ("100:7:4:zz".to_owned(), AuthTokenError::Signature),
        ] {
            assert_eq!(AuthToken::parse(&text).map(|_| ()), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_token_holds_until_its_deadline_and_from_eight_hours_before() {
        let token = AuthToken::parse(&token("100000:7:4")).expect("well-formed");
        assert!(token.is_timely(99_999) && token.is_timely(100_000 - MAX_AHEAD_S));
        assert!(!token.is_timely(100_000) && !token.is_timely(100_000 - MAX_AHEAD_S - 1));
    }

    #[test]
    fn debug_output_never_shows_the_signature() {
        let token = AuthToken::parse(&token("100000:7:4")).expect("well-formed");
        assert_eq!(format!("{token:?}"), "AuthToken(100000:7:4)");
    }
}
