//! Orders and executions as the venue keeps them. No rules.

use super::Symbol;
use crate::domain::{Price, Qty, Side, Usd, Wall};
use crate::sim::exchange::book::{OrderNo, Owner};
use crate::sim::paradex::words::{
    CancelReason, FillKind, Instruction, Kind, Liquidity, ModifyStatus, SelfTrade, Status,
};
use crate::sim::service::ConnId;

/// What a client asks for, read and checked for form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Market.
    pub symbol: Symbol,
    /// Direction.
    pub side: Side,
    /// Kind.
    pub kind: Kind,
    /// Size.
    pub size: Qty,
    /// Limit; zero at market.
    pub price: Price,
    /// Trigger of a conditional order.
    pub trigger: Option<Price>,
    /// How long it stays.
    pub instruction: Instruction,
    /// The owner's id, may be empty.
    pub client_id: String,
    /// May only shrink the position.
    pub reduce_only: bool,
    /// Self-trade prevention.
    pub self_trade: SelfTrade,
    /// `signature_timestamp`.
    pub signed_ms: i64,
    /// How long after that the order may arrive.
    pub recv_window_ms: i64,
}

/// The last request to modify an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyInfo {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub status: ModifyStatus,
    /// Why, where it was refused.
    pub message: String,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Number inside the simulation.
    pub no: OrderNo,
    /// The venue's id: about 28 decimal digits.
    pub id: String,
    /// Whose.
    pub owner: Owner,
    /// As asked for.
    pub asked: NewOrder,
    /// Submitted with a retail token.
    pub interactive: bool,
    /// The connection that tracks it, for cancel on disconnect.
    pub conn: Option<ConnId>,
    /// Where it is in its life.
    pub status: Status,
    /// Why it ended, where it did not end filled.
    pub cancel_reason: Option<CancelReason>,
    /// What is not filled.
    pub remaining: Qty,
    /// Sum of price times size of its fills.
    pub filled_value: Usd,
    /// A conditional order whose trigger was reached.
    pub triggered: bool,
    /// When the API took it.
    pub received_at: Wall,
    /// When it last changed.
    pub updated_at: Wall,
    /// Rises with every change.
    pub seq: i64,
    /// The last request to modify it.
    pub modify: Option<ModifyInfo>,
}

impl Order {
    /// What is filled.
    pub fn filled(&self) -> Qty {
        self.asked.size - self.remaining
    }

    /// Average price of what is filled.
    pub fn average(&self) -> Option<Price> {
        Price::average(self.filled_value, self.filled())
    }

    /// A conditional order waits for a higher mark: a buy stop, or a sell that takes a profit.
    pub fn triggers_upwards(&self) -> bool {
        (self.asked.side == Side::Buy) != self.asked.kind.takes_profit()
    }

    /// True until it has ended.
    pub fn alive(&self) -> bool {
        self.status != Status::Closed
    }
}

/// One account's part in an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Unique.
    pub id: String,
    /// The same for both parts.
    pub trade_id: String,
    /// Whose.
    pub owner: Owner,
    /// Market.
    pub symbol: Symbol,
    /// The venue's id of the order.
    pub order_id: String,
    /// The owner's id of the order.
    pub client_id: String,
    /// The order's side.
    pub side: Side,
    /// Which part.
    pub liquidity: Liquidity,
    /// Price.
    pub price: Price,
    /// Size.
    pub size: Qty,
    /// What the order had left afterwards.
    pub remaining: Qty,
    /// Paid; below zero is a rebate.
    pub fee: Usd,
    /// Profit taken.
    pub realized_pnl: Usd,
    /// Funding settled.
    pub realized_funding: Usd,
    /// From a retail order.
    pub interactive: bool,
    /// The book's number after the execution.
    pub book_seq: i64,
    /// The index price.
    pub underlying: Price,
    /// When.
    pub at: Wall,
    /// Why.
    pub kind: FillKind,
}

/// A public trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Unique.
    pub id: String,
    /// Market.
    pub symbol: Symbol,
    /// The taker's side.
    pub side: Side,
    /// Price.
    pub price: Price,
    /// Size.
    pub size: Qty,
    /// The book's number after the execution.
    pub book_seq: i64,
    /// When.
    pub at: Wall,
}
