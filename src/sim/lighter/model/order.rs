//! Orders as the venue keeps them: what was asked for, what became of it, under which numbers (lighter.md 2.2, 4.3).

use super::super::decimal::product;
use super::rules::MarketId;
use crate::domain::{Side, Wall};

/// Order type numbers 0 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// Bound per fill.
    Limit,
    /// Bound on the average price.
    Market,
    /// Market order waiting for the mark price to get worse.
    StopLoss,
    /// Limit order waiting for the mark price to get worse.
    StopLossLimit,
    /// Market order waiting for the mark price to get better.
    TakeProfit,
    /// Limit order waiting for the mark price to get better.
    TakeProfitLimit,
    /// Forced close of a position.
    Liquidation,
}

impl OrderKind {
    /// From its number; time-sliced orders (6) are not taken here.
    pub fn from_number(number: i64) -> Option<Self> {
        [
            Self::Limit,
            Self::Market,
            Self::StopLoss,
            Self::StopLossLimit,
            Self::TakeProfit,
            Self::TakeProfitLimit,
        ]
        .get(usize::try_from(number).ok()?)
        .copied()
    }

    /// Its number.
    pub fn number(self) -> u8 {
        match self {
            Self::Liquidation => 8,
            other => other as u8,
        }
    }

    /// `type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Market => "market",
            Self::StopLoss => "stop-loss",
            Self::StopLossLimit => "stop-loss-limit",
            Self::TakeProfit => "take-profit",
            Self::TakeProfitLimit => "take-profit-limit",
            Self::Liquidation => "liquidation",
        }
    }

    /// True when the price bounds the average, not each fill (lighter.md 4.3).
    pub fn bounds_average(self) -> bool {
        matches!(self, Self::Market | Self::StopLoss | Self::TakeProfit)
    }

    /// True for orders that wait for a trigger price.
    pub fn is_conditional(self) -> bool {
        !matches!(self, Self::Limit | Self::Market | Self::Liquidation)
    }
}

/// Time in force numbers 0 to 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    /// What does not fill at once is cancelled.
    ImmediateOrCancel,
    /// What does not fill at once rests until its expiry.
    GoodTillTime,
    /// Rests or is cancelled, never takes.
    PostOnly,
}

impl TimeInForce {
    /// From its number.
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::ImmediateOrCancel),
            1 => Some(Self::GoodTillTime),
            2 => Some(Self::PostOnly),
            _ => None,
        }
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// `time_in_force`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ImmediateOrCancel => "immediate-or-cancel",
            Self::GoodTillTime => "good-till-time",
            Self::PostOnly => "post-only",
        }
    }
}

/// `status` of an order with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Being matched at this moment; never seen from outside.
    InProgress,
    /// Waits for its trigger.
    Pending,
    /// Rests in the book.
    Open,
    /// Filled completely, or modified down to what was filled.
    Filled,
    /// Cancelled by its owner, or by a cancel-all.
    Canceled,
    /// Would have taken.
    CanceledPostOnly,
    /// Nothing left to reduce.
    CanceledReduceOnly,
    /// Margin does not cover it.
    CanceledMarginNotAllowed,
    /// The price bound ended it.
    CanceledTooMuchSlippage,
    /// The book ended before it did.
    CanceledNotEnoughLiquidity,
    /// Met an order of the same owner.
    CanceledSelfTrade,
    /// Reached its expiry.
    CanceledExpired,
    /// Its owner is being liquidated.
    CanceledLiquidation,
}

impl OrderStatus {
    /// Its number in `event_info`.
    pub fn number(self) -> u8 {
        match self {
            Self::InProgress => 0,
            Self::Pending => 1,
            Self::Open => 2,
            Self::Filled => 3,
            Self::Canceled => 4,
            Self::CanceledPostOnly => 5,
            Self::CanceledReduceOnly => 6,
            Self::CanceledMarginNotAllowed => 8,
            Self::CanceledTooMuchSlippage => 9,
            Self::CanceledNotEnoughLiquidity => 10,
            Self::CanceledSelfTrade => 11,
            Self::CanceledExpired => 12,
            Self::CanceledLiquidation => 15,
        }
    }

    /// `status`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::CanceledPostOnly => "canceled-post-only",
            Self::CanceledReduceOnly => "canceled-reduce-only",
            Self::CanceledMarginNotAllowed => "canceled-margin-not-allowed",
            Self::CanceledTooMuchSlippage => "canceled-too-much-slippage",
            Self::CanceledNotEnoughLiquidity => "canceled-not-enough-liquidity",
            Self::CanceledSelfTrade => "canceled-self-trade",
            Self::CanceledExpired => "canceled-expired",
            Self::CanceledLiquidation => "canceled-liquidation",
        }
    }

    /// True while the order can still change.
    pub fn is_live(self) -> bool {
        matches!(self, Self::InProgress | Self::Pending | Self::Open)
    }
}

/// What happens when an order meets a resting one of the same owner (attributes 6 and 7, lighter.md 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTradeMode {
    /// The resting order is cancelled.
    ExpireMaker,
    /// The incoming order is cancelled.
    ExpireTaker,
    /// Both are cancelled.
    ExpireBoth,
    /// Both shrink by the common size without a trade.
    Reduce,
}

/// Who counts as the same owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTradeEquality {
    /// The same account.
    Account,
    /// Any account of the same L1 address.
    Master,
}

/// Attributes 6 and 7 together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTrade {
    /// What to do.
    pub mode: SelfTradeMode,
    /// Between whom.
    pub equality: SelfTradeEquality,
}

impl Default for SelfTrade {
    fn default() -> Self {
        Self { mode: SelfTradeMode::ExpireMaker, equality: SelfTradeEquality::Account }
    }
}

/// An order as its owner asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Which market.
    pub market: MarketId,
    /// The owner's number, 0 for none.
    pub client_index: i64,
    /// Size in steps; 0 is the whole position of a reduce-only order.
    pub base: i64,
    /// Bound in ticks.
    pub price: i64,
    /// Direction.
    pub side: Side,
    /// Type.
    pub kind: OrderKind,
    /// Time in force.
    pub time_in_force: TimeInForce,
    /// Never opens or increases a position.
    pub reduce_only: bool,
    /// In ticks, 0 for none.
    pub trigger_price: i64,
    /// Unix milliseconds, 0 for an immediate order.
    pub expiry: i64,
    /// What happens at an own order.
    pub self_trade: SelfTrade,
}

/// An order the venue has numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// As asked for; size and price change with a modify.
    pub request: NewOrder,
    /// The venue's number, unique for ever.
    pub index: i64,
    /// Owner.
    pub account: i64,
    /// Place in the book; a modify draws a new one and loses priority.
    pub book_nonce: i64,
    /// State.
    pub status: OrderStatus,
    /// Size not yet filled; zero once the order has ended.
    pub remaining: i64,
    /// Size filled.
    pub filled: i64,
    /// Value filled.
    pub filled_quote: i64,
    /// Grows with versioned modifies.
    pub version: i64,
    /// When it was created.
    pub created: Wall,
    /// When it last changed.
    pub updated: Wall,
    /// Block of the last change.
    pub block_height: i64,
    /// When its trigger fired.
    pub triggered: Option<Wall>,
}

impl Order {
    /// Direction.
    pub fn side(&self) -> Side {
        self.request.side
    }

    /// True for the sell side.
    pub fn is_ask(&self) -> bool {
        self.request.side == Side::Sell
    }

    /// True when it waits for its trigger.
    pub fn is_pending(&self) -> bool {
        self.status == OrderStatus::Pending
    }

    /// Ends the order: nothing remains (lighter.md 2.2).
    pub fn end(&mut self, status: OrderStatus, now: Wall) {
        self.status = status;
        self.remaining = 0;
        self.updated = now;
    }

    /// Notes a fill.
    pub fn fill(&mut self, base: i64, price: i64, now: Wall) {
        self.remaining -= base;
        self.filled += base;
        self.filled_quote += product(base, price);
        self.updated = now;
    }
}
