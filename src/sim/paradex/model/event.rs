//! What happened, as it was at that moment: the material of every channel.

use super::margin::Margin;
use super::{Account, Fill, Order, Position, Symbol, Trade};
use crate::domain::{Price, Qty, Side, Usd, Wall};
use crate::sim::exchange::book::Owner;

/// Best bid and offer of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Market.
    pub symbol: Symbol,
    /// The book's number.
    pub seq: i64,
    /// When it last changed.
    pub at: Wall,
    /// Best bid with its size.
    pub bid: Option<(Price, Qty)>,
    /// Best ask with its size.
    pub ask: Option<(Price, Qty)>,
}

/// What a book change did to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelChange {
    /// A new level.
    Insert,
    /// Another size.
    Update,
    /// Gone.
    Delete,
}

/// One changed level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedLevel {
    /// Side of the book.
    pub side: Side,
    /// Price.
    pub price: Price,
    /// New size; zero when gone.
    pub size: Qty,
    /// What happened.
    pub change: LevelChange,
}

/// One step of a book: the levels that differ from the step before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookStep {
    /// The touch after it, with market, number and time.
    pub touch: Touch,
    /// True when the touch differs from the one before.
    pub touch_moved: bool,
    /// May be empty.
    pub changes: Vec<ChangedLevel>,
}

/// A change of an account's collateral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceChange {
    /// Whose.
    pub owner: Owner,
    /// Market of the fill.
    pub symbol: Symbol,
    /// The fill.
    pub fill_id: String,
    /// Paid.
    pub fee: Usd,
    /// Profit taken.
    pub realized_pnl: Usd,
    /// Funding settled.
    pub realized_funding: Usd,
    /// Funding index at the time.
    pub funding_index: Price,
    /// Before.
    pub before: Usd,
    /// After.
    pub after: Usd,
    /// When.
    pub at: Wall,
}

/// A settlement of funding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundingPayment {
    /// Whose.
    pub owner: Owner,
    /// Unique.
    pub id: String,
    /// Market.
    pub symbol: Symbol,
    /// Received; below zero is paid.
    pub payment: Usd,
    /// Funding index at the time.
    pub index: Price,
    /// The fill that settled it.
    pub fill_id: String,
    /// When.
    pub at: Wall,
}

/// A fill that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bust {
    /// Whose.
    pub owner: Owner,
    /// Which.
    pub fill_id: String,
    /// When.
    pub at: Wall,
}

/// A position with what is needed to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPosition {
    /// Whose.
    pub owner: Owner,
    /// Market.
    pub symbol: Symbol,
    /// As it was.
    pub position: Position,
    /// Mark price at the time.
    pub mark: Price,
    /// Funding index at the time.
    pub funding_index: Price,
    /// Leverage in force.
    pub leverage: i64,
    /// Where it would be liquidated, when that is above zero.
    pub liquidation: Option<Price>,
}

impl ShownPosition {
    /// Profit taken, with the funding settled on the way; zero again once the position is closed or turned.
    pub fn realized(&self) -> Usd {
        if self.position.state.qty.is_zero() {
            return Usd::ZERO;
        }
        self.position.state.realized + self.position.realized_funding
    }
}

/// An account with what is needed to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAccount {
    /// As it was.
    pub account: Account,
    /// Its margin at the time.
    pub margin: Margin,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A book moved.
    Book(BookStep),
    /// A public trade.
    Trade(Trade),
    /// An order changed.
    Order(Box<Order>),
    /// An account's part in an execution.
    Fill(Box<Fill>),
    /// A position changed.
    Position(Box<ShownPosition>),
    /// An account changed.
    Account(Box<ShownAccount>),
    /// Collateral changed.
    Balance(Box<BalanceChange>),
    /// A fill was taken back.
    Bust(Bust),
    /// Funding was settled.
    Funding(Box<FundingPayment>),
    /// Mark and index of a market moved.
    Mark(Symbol),
    /// A market's funding was computed anew.
    FundingRate(Symbol),
}
