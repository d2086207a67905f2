//! The venue's objects as JSON (paradex.md 2, 4.2, 7.2, 7.4): decimals are texts, times are milliseconds.

mod account;
mod market;
mod order;

pub use account::{account, balance, balance_event, bust, funding_payment, info, margin_config, position};
pub use market::{bbo, book, book_snapshot, book_step, funding, market, summary, trade};
pub use order::{fill, order};

use crate::domain::{Price, Qty, Side};
use crate::signing::stark::Felt;

/// The word of a side.
pub const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// An address as the venue writes it.
pub fn address(felt: &Felt) -> String {
    format!("{felt:#x}")
}

/// A ratio in 1e-8 as a decimal text.
pub fn rate_e8(units: i64) -> String {
    Price::from_units(units).to_string()
}

/// A ratio in ppm as a decimal text.
pub fn rate_ppm(ppm: i64) -> String {
    rate_e8(ppm * 100)
}

/// A level's two texts; empty where the side is.
fn level_texts(level: Option<(Price, Qty)>) -> (String, String) {
    level.map_or_else(Default::default, |(price, size)| (price.to_string(), size.to_string()))
}
