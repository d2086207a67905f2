//! What a transaction asks of the exchange, in the model's own words. Signatures and JSON stay outside.

use super::account::MarginMode;
use super::order::{NewOrder, SelfTrade};
use super::rules::MarketId;

/// One thing to do for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Place an order.
    Create(NewOrder),
    /// Cancel one order.
    Cancel {
        /// Where.
        market: MarketId,
        /// Client order index (below 2^48) or order index.
        index: i64,
    },
    /// Cancel everything, now or later.
    CancelAll(CancelAll),
    /// Change size and price of a resting order.
    Modify(Modify),
    /// Choose the leverage of a market.
    Leverage {
        /// Where.
        market: MarketId,
        /// Initial margin in 1e-4.
        initial_margin: i64,
        /// Whose margin backs the position.
        mode: MarginMode,
    },
    /// Register another key for the slot that signs.
    ChangeKey {
        /// The new public key, zeros to revoke.
        key: [u8; 40],
    },
    /// Move collateral into or out of an isolated position.
    MoveMargin {
        /// Where.
        market: MarketId,
        /// Millionths of a USDC.
        amount: i64,
        /// True to add.
        add: bool,
    },
}

/// The three forms of a cancel-all (lighter.md 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAll {
    /// Now; one market or all.
    Now(Option<MarketId>),
    /// At this unix millisecond.
    At(i64),
    /// Forget the schedule.
    Abort,
}

/// A change of a resting order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modify {
    /// Where.
    pub market: MarketId,
    /// Client order index (below 2^48) or order index.
    pub index: i64,
    /// New total size, the filled part included.
    pub base: i64,
    /// New price.
    pub price: i64,
    /// New trigger price, 0 for a plain order.
    pub trigger_price: i64,
    /// Overwrites the order's self-trade rule.
    pub self_trade: SelfTrade,
    /// Must be above the stored version, 0 for none.
    pub version: i64,
}
