//! Market data: the ticker and the order book messages (lighter.md 5.2).

use super::number;
use crate::domain::{Price, Qty};
use serde::Deserialize;

/// A price with the size behind it. Both are absent (`""`) for an empty side of the ticker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Level {
    /// Price.
    #[serde(default, deserialize_with = "number::decimal")]
    pub price: Option<Price>,
    /// Size; in book updates zero removes the level.
    #[serde(default, deserialize_with = "number::decimal")]
    pub size: Option<Qty>,
}

/// Best ask and bid, whole in every message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Ticker {
    /// Best ask.
    pub a: Level,
    /// Best bid.
    pub b: Level,
}

/// The whole book (snapshot) or the levels that changed (update).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BookMessage {
    /// Ask levels.
    #[serde(default)]
    pub asks: Vec<Level>,
    /// Bid levels.
    #[serde(default)]
    pub bids: Vec<Level>,
    /// Engine number after this message.
    #[serde(default, deserialize_with = "number::integer")]
    pub nonce: Option<i64>,
    /// Engine number this update starts from; must equal the `nonce` of the last applied message.
    #[serde(default, deserialize_with = "number::integer")]
    pub begin_nonce: Option<i64>,
}
