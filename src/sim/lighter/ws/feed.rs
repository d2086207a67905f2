//! The order book channel: batches of changed levels whose nonces form a chain (lighter.md 5.2).

use super::super::json_out::book_levels;
use super::super::model::{Levels, Market, MarketRules};
use super::channel::Channel;
use crate::domain::{Side, Wall};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where `offset` starts; it counts frames and means nothing.
const FIRST_OFFSET: i64 = 37_354_000;

/// What subscribers of one market have been told.
#[derive(Debug)]
pub struct BookFeed {
    bids: Levels,
    asks: Levels,
    nonce: i64,
    offset: i64,
    updated: Wall,
}

impl BookFeed {
    /// Knows the book as it is.
    pub fn new(market: &Market) -> Self {
        Self {
            bids: market.levels(Side::Buy).clone(),
            asks: market.levels(Side::Sell).clone(),
            nonce: market.engine_nonce,
            offset: FIRST_OFFSET,
            updated: market.updated,
        }
    }

    /// Forgets what was told and knows the book as it is: for the first subscriber after a while without any.
    pub fn restart(&mut self, market: &Market) {
        *self = Self { offset: self.offset + 1, ..Self::new(market) };
    }

    /// The first frame of a subscription: the book as of the last batch, so that the next one fits.
    pub fn snapshot(&self, rules: &MarketRules, now: Wall) -> Value {
        self.frame(rules, "subscribed", &self.asks, &self.bids, 0, now)
    }

    /// The next batch, if anything changed.
    pub fn next_frame(&mut self, market: &Market, now: Wall) -> Option<Value> {
        if market.engine_nonce == self.nonce {
            return None;
        }
        let (new_asks, new_bids) = (market.levels(Side::Sell), market.levels(Side::Buy));
        let asks = level_changes(&self.asks, new_asks);
        let bids = level_changes(&self.bids, new_bids);
        let begin_nonce = self.nonce;
        self.asks = new_asks.clone();
        self.bids = new_bids.clone();
        self.nonce = market.engine_nonce;
        self.updated = market.updated;
        self.offset += 1;
        Some(self.frame(market.rules, "update", &asks, &bids, begin_nonce, now))
    }

    fn frame(
        &self,
        rules: &MarketRules,
        kind: &str,
        asks: &[(i64, i64)],
        bids: &[(i64, i64)],
        begin_nonce: i64,
        now: Wall,
    ) -> Value {
        let channel = Channel::OrderBook(rules.id);
        json!({
            "channel": channel.frame(),
            "last_updated_at": self.updated.0,
            "offset": self.offset,
            "order_book": {
                "code": 0,
                "asks": book_levels(rules, asks),
                "bids": book_levels(rules, bids),
                "offset": self.offset,
                "nonce": self.nonce,
                "last_updated_at": self.updated.0,
                "begin_nonce": begin_nonce,
            },
            "timestamp": now.millis(),
            "type": format!("{kind}/{}", channel.name()),
        })
    }
}

/// Levels that differ, by price, with their new absolute size; zero removes.
fn level_changes(old: &[(i64, i64)], new: &[(i64, i64)]) -> Levels {
    let mut changes: BTreeMap<i64, i64> = old.iter().map(|(price, _)| (*price, 0)).collect();
    changes.extend(new.iter().copied());
    for level in old {
        if changes.get(&level.0) == Some(&level.1) {
            changes.remove(&level.0);
        }
    }
    changes.into_iter().collect()
}
