//! The text form `tx_info`: a JSON object without blanks, keys in the official sequence (lighter.md 4.2).

use super::attributes::Attributes;
use super::field::{Field, own_fields};
use super::order::Order;
use super::transaction::{TxType, UnsignedTx};
use crate::signing::ecgfp5::SchnorrSignature;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The key under which the account stands in a transaction of this type.
pub(super) fn account_key(tx_type: TxType) -> &'static str {
    match tx_type {
        TxType::Withdraw => "FromAccountIndex",
        _ => "AccountIndex",
    }
}

impl UnsignedTx {
    /// The text to send, with the signature in its place.
    pub fn info(&self, signature: &SchnorrSignature) -> String {
        let header = self.header();
        let mut members = vec![
            integer(account_key(self.transaction().tx_type()), header.slot().account()),
            integer("ApiKeyIndex", header.slot().api_key().into()),
        ];
        members.extend(own_fields(self.transaction()).iter().map(member));
        members.extend([
            integer("ExpiredAt", header.expired_at_ms()),
            integer("Nonce", header.nonce()),
            format!("\"Sig\":\"{}\"", STANDARD.encode(signature.to_bytes())),
            format!("\"L2TxAttributes\":{}", attributes_value(self.attributes())),
        ]);
        object(&members)
    }
}

fn member(field: &Field<'_>) -> String {
    match field {
        Field::Integer(key, value) | Field::Amount(key, value) => integer(key, *value),
        Field::PublicKey(public_key) => format!("\"PubKey\":\"{}\"", STANDARD.encode(public_key.0)),
        Field::L1Signature(signature) => format!("\"L1Sig\":\"{}\"", signature.wire()),
        Field::Orders(orders) => {
            let orders: Vec<_> = orders.iter().map(order_object).collect();
            format!("\"Orders\":[{}]", orders.join(","))
        }
    }
}

fn order_object(order: &Order) -> String {
    let members: Vec<_> =
        Order::KEYS.into_iter().zip(order.integers()).map(|(key, value)| integer(key, value)).collect();
    object(&members)
}

fn attributes_value(attributes: &Attributes) -> String {
    if attributes.is_empty() {
        return "null".to_owned();
    }
    let members: Vec<_> =
        attributes.iter().map(|(kind, value)| format!("\"{}\":{value}", kind.code())).collect();
    object(&members)
}

fn integer(key: &str, value: u64) -> String {
    format!("\"{key}\":{value}")
}

fn object(members: &[String]) -> String {
    format!("{{{}}}", members.join(","))
}
