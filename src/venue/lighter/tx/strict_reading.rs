//! Tests: what is written is read back, and what a strict venue must refuse is refused.

use super::*;
use crate::signing::Entropy;
use crate::signing::ecgfp5::SchnorrKey;
use proptest::prelude::*;

const CHAIN: u32 = 304;

struct CountingEntropy;

impl Entropy for CountingEntropy {
    fn fill(&mut self, buffer: &mut [u8]) {
        buffer.iter_mut().zip(0..).for_each(|(byte, count)| *byte = count);
    }
}

fn key() -> SchnorrKey {
    SchnorrKey::parse(&"5a".repeat(40)).expect("a key")
}

fn market() -> impl Strategy<Value = i64> {
    prop_oneof![0i64..255, 256i64..1 << 48]
}

fn order() -> impl Strategy<Value = Order> {
    let kinds = prop_oneof![
        Just((0, 0, 0, 0)),
        Just((0, 1, 0, 9)),
        Just((0, 2, 0, 9)),
        Just((1, 0, 0, 0)),
        Just((6, 1, 0, 9))
    ];
    let amounts = (0i64..1 << 48, 1i64..1 << 48, 1i64..1 << 32);
    (market(), amounts, 0i64..2, kinds).prop_map(
        |(market_index, (client_order_index, base_amount, price), is_ask, kind)| {
            let (order_type, time_in_force, trigger_price, order_expiry) = kind;
            let reduce_only = 0;
            let fields = OrderFields {
                market_index,
                client_order_index,
                base_amount,
                price,
                is_ask,
                order_type,
                time_in_force,
                reduce_only,
                trigger_price,
                order_expiry,
            };
            Order::new(fields).expect("valid")
        },
    )
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let index = 1i64..1 << 60;
    let cancel = (market(), index.clone()).prop_map(|(m, i)| CancelOrder::new(m, i).expect("valid"));
    let modify = (market(), index, 0i64..1 << 48, 1i64..1 << 32)
        .prop_map(|(m, i, b, p)| ModifyOrder::new(m, i, b, p, 0).expect("valid"));
    let leverage =
        (market(), 1i64..=10_000, 0i64..2).prop_map(|(m, f, i)| UpdateLeverage::new(m, f, i).expect("valid"));
    let scheduled = (1i64..).prop_map(|at| CancelAll::scheduled(at).expect("valid"));
    let cancel_all = prop_oneof![Just(CancelAll::Immediate), Just(CancelAll::Abort), scheduled];
    prop_oneof![
        order().prop_map(Transaction::CreateOrder),
        cancel.prop_map(Transaction::CancelOrder),
        modify.prop_map(Transaction::ModifyOrder),
        leverage.prop_map(Transaction::UpdateLeverage),
        cancel_all.prop_map(Transaction::CancelAllOrders),
    ]
}

fn unsigned() -> impl Strategy<Value = UnsignedTx> {
    let header = (1i64..(1 << 48) - 1, 0i64..255, 0i64..1 << 48, 0i64..1 << 48).prop_map(
        |(account, api_key, nonce, expiry)| {
            let slot = KeySlot::new(account, api_key).expect("valid");
            TxHeader::new(CHAIN, slot, nonce, expiry).expect("valid")
        },
    );
    let attributes = prop_oneof![Just(Attributes::NONE), Just(Attributes::skip_nonce())];
    (transaction(), header, attributes).prop_map(|(transaction, header, attributes)| {
        UnsignedTx::new(transaction, header, attributes).expect("valid")
    })
}

fn limit_order() -> SignedTx {
    let order = OrderFields {
        market_index: 1,
        client_order_index: 17,
        base_amount: 3727,
        price: 804_419,
        ..OrderFields::LIMIT_IOC
    };
    let slot = KeySlot::new(731_664, 4).expect("valid");
    let header = TxHeader::new(CHAIN, slot, 459, 1_792_918_662_523).expect("valid");
    let order = Transaction::CreateOrder(Order::new(order).expect("valid"));
    let unsigned = UnsignedTx::new(order, header, Attributes::NONE).expect("valid");
    unsigned.sign(&key(), &mut CountingEntropy).expect("signs")
}

fn refusal(info: &str) -> ParseError {
    ReceivedTx::parse(CHAIN, TxType::CreateOrder.code(), info).expect_err(info)
}

proptest! {
    #[test]
    fn what_is_signed_is_read_back_with_hash_and_signature_intact(tx in unsigned()) {
        let signed = tx.sign(&key(), &mut CountingEntropy).expect("signs");
        let received = ReceivedTx::parse(CHAIN, signed.tx_type.code(), &signed.info).expect("reads");
        prop_assert_eq!(received.tx.hash(), signed.hash);
        prop_assert!(received.is_signed_by(&key().public_key()));
        prop_assert_eq!(received.tx, tx);
    }

    #[test]
    fn different_transactions_have_different_hashes(a in unsigned(), b in unsigned()) {
        prop_assert_eq!(a.hash() == b.hash(), a == b);
    }

    #[test]
    fn arbitrary_text_is_refused_without_panic(text in ".{0,200}", tx_type in any::<u8>()) {
        prop_assert!(ReceivedTx::parse(CHAIN, tx_type, &text).is_err());
    }

    #[test]
    fn a_text_cut_anywhere_is_refused(cut in 0usize..300) {
        let info = limit_order().info;
        prop_assume!(cut < info.len());
        prop_assert!(matches!(refusal(&info[..cut]), ParseError::NotAnObject(_)));
    }
}

#[test]
fn every_key_must_stand_exactly_once() {
    let info = limit_order().info;
    let members: Vec<_> = info.trim_matches(['{', '}']).split(',').collect();
    for (index, member) in members.iter().enumerate().filter(|(_, member)| !member.contains("L2TxAttributes"))
    {
        let without: Vec<_> =
            members.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, m)| *m).collect();
        let missing = refusal(&format!("{{{}}}", without.join(",")));
        assert!(matches!(missing, ParseError::MissingKey(key) if member.contains(key)), "{missing}");
        let repeated = refusal(&format!("{{{},{member}}}", members.join(",")));
        assert!(matches!(repeated, ParseError::DuplicateKey(key) if member.contains(&key)), "{member}");
    }
    let unknown = info.replacen('{', "{\"Memo\":1,", 1);
    assert_eq!(refusal(&unknown), ParseError::UnknownKey("Memo".to_owned()));
}

#[test]
fn numbers_must_be_integers_of_64_bits() {
    let info = limit_order().info;
    for wrong in ["3727.0", "3.727e3", "\"3727\"", "true", "null", "[3727]", "9223372036854775808"] {
        let text = info.replacen("3727", wrong, 1);
        assert_eq!(refusal(&text), ParseError::NotAnInteger("BaseAmount".to_owned()), "{wrong}");
    }
}

#[test]
fn field_rules_bind_the_reader_too() {
    let text = limit_order().info.replacen("\"TimeInForce\":0", "\"TimeInForce\":1", 1);
    assert_eq!(refusal(&text), ParseError::Invalid(InvalidTx::OrderExpiry));
}

#[test]
fn a_signature_is_base64_of_80_bytes() {
    let info = limit_order().info;
    let (head, tail) = info.split_once("\"Sig\":\"").expect("a signature");
    let (signature, rest) = tail.split_once('"').expect("an end");
    for wrong in [&signature[..104], &format!("{signature}AAAA"), &signature.replace('=', ""), "!", ""] {
        let text = format!("{head}\"Sig\":\"{wrong}\"{rest}");
        assert_eq!(refusal(&text), ParseError::Malformed("Sig"), "{wrong}");
    }
}

#[test]
fn attributes_that_mean_nothing_are_accepted_and_not_hashed() {
    let signed = limit_order();
    let (head, _) = signed.info.split_once(",\"L2TxAttributes\"").expect("attributes come last");
    for attributes in ["", ",\"L2TxAttributes\":{}", ",\"L2TxAttributes\":{\"1\":0,\"2\":0,\"3\":0}"] {
        let text = format!("{head}{attributes}}}");
        let received = ReceivedTx::parse(CHAIN, signed.tx_type.code(), &text).expect(&text);
        assert_eq!(received.tx.hash(), signed.hash);
    }
    let not_used =
        InvalidTx::AttributeNotUsed { attribute: Attribute::OrderVersion, tx_type: TxType::CreateOrder };
    for (attributes, expected) in [
        ("{\"4\":0}", ParseError::Invalid(InvalidTx::SkipNonce)),
        ("{\"8\":3}", ParseError::Invalid(not_used)),
        ("{\"9\":1}", ParseError::Invalid(InvalidTx::AttributeType(9))),
        ("{\"04\":1}", ParseError::UnknownKey("04".to_owned())),
        ("{\"4\":1,\"4\":1}", ParseError::DuplicateKey("4".to_owned())),
        ("{\"4\":1.0}", ParseError::NotAnInteger("4".to_owned())),
    ] {
        assert_eq!(refusal(&format!("{head},\"L2TxAttributes\":{attributes}}}")), expected);
    }
}

#[test]
fn a_signature_for_another_chain_is_void() {
    let signed = limit_order();
    let received = ReceivedTx::parse(CHAIN - 4, signed.tx_type.code(), &signed.info).expect("reads");
    assert!(!received.is_signed_by(&key().public_key()));
}

#[test]
fn one_market_cannot_be_scheduled_and_sub_accounts_open_no_others() {
    let header =
        |account| TxHeader::new(CHAIN, KeySlot::new(account, 4).expect("valid"), 0, 0).expect("valid");
    let one_market = Attributes::new(&[(5, 7)]).expect("valid");
    let later = Transaction::CancelAllOrders(CancelAll::scheduled(5).expect("valid"));
    assert_eq!(UnsignedTx::new(later, header(1), one_market), Err(InvalidTx::CancelAllMarketScheduled));
    let from_sub_account = UnsignedTx::new(Transaction::CreateSubAccount, header(1 << 47), Attributes::NONE);
    assert_eq!(from_sub_account, Err(InvalidTx::NotAMasterAccount));
}
