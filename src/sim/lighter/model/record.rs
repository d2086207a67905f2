//! What the venue remembers and tells: trades, transactions, and the events that feeds are made of.

use super::super::decimal::product;
use super::super::refusal::Refusal;
use super::order::Order;
use super::rules::MarketId;
use crate::domain::{Side, Wall};

/// One side of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TradeLeg {
    /// The venue's order number.
    pub order_index: i64,
    /// The owner's order number, 0 for none.
    pub client_index: i64,
    /// Owner.
    pub account: i64,
    /// Order version.
    pub version: i64,
    /// Profit this trade realised for the owner.
    pub realized: i64,
}

/// What one participant held before a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// Signed size.
    pub size: i64,
    /// Entry value.
    pub entry_quote: i64,
    /// Initial margin in 1e-4.
    pub initial_margin: i64,
    /// Isolated margin before.
    pub allocated_before: i64,
    /// Isolated margin after.
    pub allocated_after: i64,
    /// True when the position changed between long and short.
    pub sign_changed: bool,
    /// Fee in 1e-6 of the value.
    pub fee_rate: i64,
}

/// One execution between two orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The venue's number, rising.
    pub id: i64,
    /// Transaction of the taker.
    pub tx_hash: String,
    /// Where.
    pub market: MarketId,
    /// Size in steps.
    pub base: i64,
    /// Price in ticks, the maker's.
    pub price: i64,
    /// Seller.
    pub ask: TradeLeg,
    /// Buyer.
    pub bid: TradeLeg,
    /// True when the seller rested.
    pub is_maker_ask: bool,
    /// The one who took.
    pub taker: Before,
    /// The one who rested.
    pub maker: Before,
    /// Block.
    pub block_height: i64,
    /// When.
    pub at: Wall,
    /// True for a forced close.
    pub liquidation: bool,
}

impl Trade {
    /// Value in millionths of a USDC.
    pub fn quote(&self) -> i64 {
        product(self.base, self.price)
    }

    /// True when the account is on either side.
    pub fn involves(&self, account: i64) -> bool {
        self.ask.account == account || self.bid.account == account
    }
}

/// `status` of a transaction (lighter.md 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxStatus {
    /// Never executed.
    Failed,
    /// Waits in the queue.
    Pending,
    /// Executed; whether it was accepted stands in `ae`.
    Executed,
    /// Executed and proven.
    Final,
}

impl TxStatus {
    /// Its number.
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// What a transaction did, told in its `event_info` (lighter.md 6.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What changed, as far as it got.
    pub effect: Effect,
    /// Why the sequencer's application refused it.
    pub refusal: Option<Refusal>,
}

/// What a transaction changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// An order was placed.
    Placed {
        /// Where.
        market: MarketId,
        /// Its last trade.
        trade: Option<Box<Trade>>,
        /// The order it last met, when an account owns it.
        maker: Option<Box<Order>>,
        /// The order after matching.
        order: Option<Box<Order>>,
    },
    /// One order was cancelled.
    Canceled {
        /// Owner.
        account: i64,
        /// The venue's number.
        index: i64,
        /// The owner's number.
        client_index: i64,
    },
    /// An order was changed.
    Modified {
        /// Where.
        market: MarketId,
        /// Before.
        old: Option<Box<Order>>,
        /// After.
        new: Option<Box<Order>>,
    },
    /// The account changed.
    Account {
        /// Which.
        account: i64,
    },
}

/// One transaction the API accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxRecord {
    /// 80 hex digits.
    pub hash: String,
    /// Type number.
    pub tx_type: u8,
    /// JSON text as signed.
    pub info: String,
    /// What came of it; `None` as long as it was not executed.
    pub outcome: Option<Outcome>,
    /// State.
    pub status: TxStatus,
    /// Whose.
    pub account: i64,
    /// Which key.
    pub slot: u8,
    /// Its nonce.
    pub nonce: i64,
    /// Unix milliseconds.
    pub expire_at: i64,
    /// When the API accepted it.
    pub queued: Wall,
    /// When the sequencer handled it.
    pub executed: Option<Wall>,
    /// Number in the order of acceptance.
    pub sequence_index: i64,
    /// Block of the execution.
    pub block_height: i64,
}

/// Something the feeds have to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The book of a market changed.
    Book(MarketId),
    /// Two orders met.
    Trade(Box<Trade>),
    /// An order of an account changed; the state after the change.
    Order(Box<Order>),
    /// A position of an account changed.
    Position {
        /// Whose.
        account: i64,
        /// Where.
        market: MarketId,
    },
    /// The collateral of an account changed.
    Balance {
        /// Whose.
        account: i64,
    },
    /// A transaction was handled.
    Tx {
        /// Whose.
        account: i64,
        /// Its number.
        sequence_index: i64,
    },
    /// A position was closed by force; the owner is notified.
    Liquidation {
        /// Whose.
        account: i64,
        /// Where.
        market: MarketId,
        /// Size in steps.
        base: i64,
        /// Direction of the closing.
        side: Side,
    },
    /// A new block.
    Block(i64),
}
