//! Signed transactions: text, hash, signature, and for key registration the wallet's part.

use super::super::case::Case;
use super::{CountingEntropy, refused_when_tampered, signing_key};
use hedge_fast::signing::ecgfp5::SchnorrKey;
use hedge_fast::signing::ethereum::{EthKey, recover_personal, sign_personal};
use hedge_fast::venue::lighter::tx::{ReceivedTx, Transaction, TxHash, change_pub_key_message};
use serde_json::Value;

pub fn check(file: &Value) -> usize {
    let cases = Case::file("transactions.json", file).list("transactions");
    cases.iter().for_each(transaction);
    cases.len()
}

fn transaction(case: &Case<'_>) {
    let case = &case.named(case.text("name"));
    let (chain_id, tx_type) = (narrow(case, "chain_id"), narrow(case, "tx_type"));
    let tx_info = case.text("tx_info");
    let official = case.accepted("tx_info", ReceivedTx::parse(chain_id, tx_type, tx_info));
    let hash = official.tx.hash();
    case.same("hash", hash.to_string().as_str(), case.text("tx_hash"));
    case.same("hash read back", TxHash::parse(case.text("tx_hash")), Some(hash));
    case.same("text", official.tx.info(&official.signature).as_str(), tx_info);
    case.same("type", official.tx.transaction().tx_type().code(), tx_type);

    let key = signing_key(case);
    case.holds("the official signature verifies", official.is_signed_by(&key.public_key()));
    refused_when_tampered(case, &key.public_key(), hash.to_quintic(), &official.signature);
    let elsewhere = case.accepted("other chain", ReceivedTx::parse(chain_id + 1, tx_type, tx_info));
    case.holds("it does not for another chain", !elsewhere.is_signed_by(&key.public_key()));
    own_signature_is_equivalent(case, &official, &key);
    if let Transaction::ChangePubKey(_) = official.tx.transaction() {
        registration(case, &official, &key);
    }
}

fn own_signature_is_equivalent(case: &Case<'_>, official: &ReceivedTx, key: &SchnorrKey) {
    let own = case.accepted("our signature", official.tx.sign(key, &mut CountingEntropy(0)));
    case.same("hash of our own", own.hash, official.tx.hash());
    case.same("length of our text", own.info.len(), case.text("tx_info").len());
    let chain_id = official.tx.header().chain_id();
    let received = case.accepted("our text", ReceivedTx::parse(chain_id, own.tx_type.code(), &own.info));
    case.same("transaction read back", &received.tx, &official.tx);
    case.holds("our signature verifies", received.is_signed_by(&key.public_key()));
}

fn registration(case: &Case<'_>, official: &ReceivedTx, key: &SchnorrKey) {
    let Transaction::ChangePubKey(change) = official.tx.transaction() else { return };
    case.same("registered key", change.public_key, key.public_key());
    let message = change_pub_key_message(&change.public_key, official.tx.header());
    case.same("wallet message", message.as_str(), case.text("l1_message"));
    let wallet = case.accepted("wallet key", EthKey::from_hex(case.text("l1_private_key")));
    let address = case.accepted("wallet address", case.text("l1_address").parse());
    case.same("wallet address", wallet.address(), address);
    case.same("wallet that signed", recover_personal(&message, &change.l1_signature), Ok(address));
    let own = sign_personal(&wallet, &message).wire();
    case.same("wallet signature", own, change.l1_signature.wire());
}

fn narrow<T: TryFrom<u64, Error: std::fmt::Debug>>(case: &Case<'_>, name: &str) -> T {
    case.accepted(name, T::try_from(case.uint(name)))
}
