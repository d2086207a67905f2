//! Market data: the ticker and the order book messages (lighter.md 5.2).

use super::number;
use crate::domain::{Price, Qty, Side};
use crate::venue::market_data::{Change, SidedLevel, Touch};
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

impl Level {
    fn pair(&self) -> Option<(Price, Qty)> {
        self.price.zip(self.size)
    }
}

impl Ticker {
    /// What it says, with the engine number that came beside it.
    pub fn touch(&self, nonce: Option<i64>) -> Touch {
        Touch { seq: nonce, best: (self.b.pair(), self.a.pair()) }
    }
}

impl BookMessage {
    /// The message as a change of the book.
    pub fn change(&self, snapshot: bool) -> Change<impl Iterator<Item = SidedLevel>> {
        let bids = self.bids.iter().map(|level| (Side::Buy, level.pair()));
        let asks = self.asks.iter().map(|level| (Side::Sell, level.pair()));
        let follows = (!snapshot).then_some(self.begin_nonce);
        Change { seq: self.nonce, follows, levels: bids.chain(asks) }
    }
}
