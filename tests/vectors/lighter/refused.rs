//! Orders the official signer refuses, in its words; a null error means that it signs.

use super::super::case::Case;
use hedge_fast::venue::lighter::tx::{
    Attributes, InvalidTx, KeySlot, Order, OrderFields, Transaction, TxHeader, UnsignedTx,
};
use serde_json::{Map, Value};

/// What the signer puts in the place of the expiry -1: 28 days ahead, here of a fixed moment.
const DEFAULT_EXPIRY_MS: i64 = 1_797_379_200_000;

pub fn check(file: &Value) -> usize {
    let file = Case::file("refused.json", file);
    let base = file.field("base_request");
    let base = base.value().as_object().expect("an object");
    let cases = file.list("cases");
    for case in &cases {
        let request = Request(changed(case, base));
        let official = case.field("error");
        match (request.build(), official.value().as_str()) {
            (Ok(_), None) => case.holds("the error is null", official.value().is_null()),
            (Err(ours), Some(official)) => case.same("refusal", ours.to_string().as_str(), official),
            (ours, official) => panic!("{}: ours {ours:?}, official {official:?}", case.place()),
        }
    }
    cases.len()
}

fn changed(case: &Case<'_>, base: &Map<String, Value>) -> Map<String, Value> {
    let mut request = base.clone();
    for (name, change) in case.table("change") {
        case.holds(&format!("the base request has {name}"), base.contains_key(name));
        request.insert(name.to_owned(), change.value().clone());
    }
    request
}

/// The arguments of the native signer's create-order function, under the names the file gives them.
struct Request(Map<String, Value>);

impl Request {
    fn int(&self, name: &str) -> i64 {
        self.0
            .get(name)
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("refused.json: {name} is no integer"))
    }

    /// An argument of 32 bits: the native interface cuts off what exceeds it before any rule is applied.
    fn int32(&self, name: &str) -> i64 {
        i64::from(self.int(name) as u32)
    }

    /// An argument that ends up in 8 bits.
    fn int8(&self, name: &str) -> i64 {
        i64::from(self.int(name) as u8)
    }

    fn build(&self) -> Result<UnsignedTx, InvalidTx> {
        let attributes = Attributes::new(&self.attributes())?;
        let slot = KeySlot::new(1, 4)?;
        let order = Order::new(self.order())?;
        let header = TxHeader::new(304, slot, self.int("n"), 1_795_443_274_380)?;
        UnsignedTx::new(Transaction::CreateOrder(order), header, attributes)
    }

    fn order(&self) -> OrderFields {
        let order_expiry = match self.int("exp") {
            -1 => DEFAULT_EXPIRY_MS,
            expiry => expiry,
        };
        OrderFields {
            market_index: self.int("market"),
            client_order_index: self.int("coi"),
            base_amount: self.int("base"),
            price: self.int32("price"),
            is_ask: self.int8("ask"),
            order_type: self.int8("typ"),
            time_in_force: self.int8("tif"),
            reduce_only: self.int8("ro"),
            trigger_price: self.int32("trig"),
            order_expiry,
        }
    }

    /// The signer passes on what is not zero, and of skip-nonce only the 1.
    fn attributes(&self) -> Vec<(i64, i64)> {
        let skip_nonce = i64::from(self.int8("skip") == 1);
        let given = [
            (1, self.int("ia")),
            (2, self.int32("itf")),
            (3, self.int32("imf")),
            (4, skip_nonce),
            (6, self.int8("stb")),
            (7, self.int8("ste")),
        ];
        given.into_iter().filter(|(_, value)| *value != 0).collect()
    }
}
