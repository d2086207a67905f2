//! The venue's state as the JSON objects of its answers and frames, with every field of lighter.md 2.2 and of the models of
//! the official client. Formatting only: nothing is decided here.

mod account;
mod market;
mod order;
mod trade;
mod tx;

pub use account::{account, api_key, assets, detailed_account, limits, position, positions, user_stats};
pub use market::{
    book_levels, exchange_stats, market_stats, order_book, order_book_details, simple_orders, ticker_levels,
};
pub use order::order;
pub use trade::trade;
pub use tx::{enriched_tx, tx};

use serde_json::{Map, Value};

/// Adds the members of `more` to an object.
pub fn merge(mut object: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(added)) = (&mut object, more) {
        members.extend(added);
    }
    object
}

/// An object from key and value pairs.
pub fn object(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Object(entries.into_iter().collect::<Map<String, Value>>())
}
