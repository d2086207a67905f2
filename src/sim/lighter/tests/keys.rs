//! Registering keys with a wallet's signature, and tokens over REST (lighter.md 4.4, 4.5).

use super::*;
use crate::signing::ethereum::{EthKey, sign_personal};
use crate::venue::lighter::tx::{ChangePubKey, change_pub_key_message};

const NEW_SLOT: i64 = 6;

fn wallet(digit: char) -> EthKey {
    EthKey::from_hex(&format!("0x{}", digit.to_string().repeat(64))).expect("a wallet key")
}

fn bench() -> Bench {
    Bench::with(|options| options.accounts[0].l1_address = wallet('5').address().to_string().to_lowercase())
}

/// A registration of `test_key(7)` in a new slot, signed by that key and a wallet.
fn registration(bench: &mut Bench, nonce: i64, owner: &EthKey) -> SignedTx {
    let slot = KeySlot::new(ACCOUNT, NEW_SLOT).expect("a slot");
    let header = TxHeader::new(CHAIN, slot, nonce, bench.now.millis() + 20_000).expect("a header");
    let public_key = test_key(7).public_key();
    let l1_signature = sign_personal(owner, &change_pub_key_message(&public_key, &header));
    bench.key = test_key(7);
    bench.sign_under(
        header,
        Transaction::ChangePubKey(ChangePubKey { public_key, l1_signature }),
        Attributes::NONE,
    )
}

#[test]
fn a_key_registered_by_its_owners_wallet_can_sign_from_then_on() {
    let mut bench = bench();
    let tx = registration(&mut bench, 0, &wallet('5'));
    assert_eq!(bench.send_tx(&tx).1["code"], 200);
    let (_, keys) = bench.get(&format!("/api/v1/apikeys?account_index={ACCOUNT}&api_key_index={NEW_SLOT}"));
    assert_eq!(keys["api_keys"][0]["public_key"], test_key(7).public_key().to_string());
    assert_eq!(keys["api_keys"][0]["nonce"], 1);
    let slot = KeySlot::new(ACCOUNT, NEW_SLOT).expect("a slot");
    let header = TxHeader::new(CHAIN, slot, 1, bench.now.millis() + 20_000).expect("a header");
    let cancel = bench.sign_under(header, cancel_all(), Attributes::NONE);
    assert_eq!(bench.send_tx(&cancel).1["code"], 200);
}

#[test]
fn another_wallet_another_nonce_and_another_signer_are_refused() {
    let mut bench = bench();
    let stranger = registration(&mut bench, 0, &wallet('6'));
    assert_eq!(bench.send_tx(&stranger).1["code"], 21504);
    let gap = registration(&mut bench, 3, &wallet('5'));
    assert_eq!(bench.send_tx(&gap).1["code"], 21104);
    let good = registration(&mut bench, 0, &wallet('5'));
    let slot = KeySlot::new(ACCOUNT, NEW_SLOT).expect("a slot");
    let header = TxHeader::new(CHAIN, slot, 0, bench.now.millis() + 20_000).expect("a header");
    let public_key = test_key(7).public_key();
    let l1_signature = sign_personal(&wallet('5'), &change_pub_key_message(&public_key, &header));
    bench.key = test_key(8);
    let change = Transaction::ChangePubKey(ChangePubKey { public_key, l1_signature });
    let other_signer = bench.sign_under(header, change, Attributes::NONE);
    assert_eq!(bench.send_tx(&other_signer).1["code"], 21120);
    assert_eq!(bench.send_tx(&good).1["code"], 200);
}

#[test]
fn a_replaced_key_signs_and_reads_nothing_any_more() {
    let mut bench = bench();
    let token = bench.token();
    let slot = KeySlot::new(ACCOUNT, SLOT).expect("a slot");
    let header = TxHeader::new(CHAIN, slot, 0, bench.now.millis() + 20_000).expect("a header");
    let public_key = test_key(7).public_key();
    let l1_signature = sign_personal(&wallet('5'), &change_pub_key_message(&public_key, &header));
    let change = Transaction::ChangePubKey(ChangePubKey { public_key, l1_signature });
    bench.key = test_key(7);
    let tx = bench.sign_under(header, change, Attributes::NONE);
    assert_eq!(bench.send_tx(&tx).1["code"], 200);
    bench.key = test_key(1);
    bench.nonce = 1;
    let old = bench.sign(cancel_all());
    assert_eq!(bench.send_tx(&old).1["code"], 21120);
    let (status, body) =
        bench.get_with(&format!("/api/v1/accountLimits?account_index={ACCOUNT}"), Some(&token));
    assert_eq!((status, &body["code"]), (401, &json!(20013)));
}

#[test]
fn private_reads_need_a_token_in_header_or_query() {
    let mut bench = Bench::new();
    let target = format!("/api/v1/accountActiveOrders?account_index={ACCOUNT}");
    let (status, body) = bench.get(&target);
    let text = "invalid param : auth query param and Authorization header are empty";
    assert_eq!((status, body), (400, json!({"code": 20001, "message": text})));
    let token = bench.token();
    assert_eq!(bench.get_with(&target, Some(&token)).0, 200);
    assert_eq!(bench.get(&format!("{target}&auth={token}")).0, 200);
    bench.pass(601_000);
    let (status, body) = bench.get_with(&target, Some(&token));
    assert_eq!((status, body), (401, json!({"code": 20013, "message": "invalid auth: invalid deadline"})));
}
