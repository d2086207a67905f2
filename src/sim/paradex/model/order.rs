//! An order of an account through its life: NEW, OPEN, CLOSED (paradex.md 4.2, 4.3).

use super::rules::Class;
use crate::domain::{Price, Qty, Side, Usd, Wall};

/// LIMIT or MARKET. The stop types are not offered by this simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// With a limit.
    Limit,
    /// Bounded by the venue.
    Market,
}

impl Kind {
    /// The venue's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Limit => "LIMIT",
            Self::Market => "MARKET",
        }
    }
}

/// How long it may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Rests.
    Gtc,
    /// Rests, and never takes.
    PostOnly,
    /// Takes what there is, the rest is cancelled.
    Ioc,
}

impl Instruction {
    /// The venue's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gtc => "GTC",
            Self::PostOnly => "POST_ONLY",
            Self::Ioc => "IOC",
        }
    }
}

/// What happens when both orders of a match are of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTrade {
    /// The new one ends.
    ExpireTaker,
    /// The resting one ends.
    ExpireMaker,
    /// Both end.
    ExpireBoth,
}

impl SelfTrade {
    /// The venue's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::ExpireTaker => "EXPIRE_TAKER",
            Self::ExpireMaker => "EXPIRE_MAKER",
            Self::ExpireBoth => "EXPIRE_BOTH",
        }
    }
}

/// Where an order is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Accepted, waiting for its delay and the risk check.
    New,
    /// In the book.
    Open,
    /// Over.
    Closed,
}

impl Status {
    /// The venue's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
        }
    }
}

/// What a client asks for, parsed and shape-checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// Index into the market table.
    pub market: usize,
    /// Direction.
    pub side: Side,
    /// Kind.
    pub kind: Kind,
    /// Time in force.
    pub instruction: Instruction,
    /// Size.
    pub size: Qty,
    /// Limit; zero for MARKET.
    pub price: Price,
    /// Client's id, may be empty.
    pub client_id: String,
    /// May only shrink the position.
    pub reduce_only: bool,
    /// Self-trade rule.
    pub stp: SelfTrade,
    /// What was signed, ms.
    pub signature_timestamp: i64,
    /// How late it may arrive, ms.
    pub recv_window: i64,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Number; also the book's.
    pub no: u64,
    /// The venue's id, decimal text.
    pub id: String,
    /// Index of its account.
    pub account: usize,
    /// What was asked for.
    pub request: OrderRequest,
    /// Fee class.
    pub class: Class,
    /// State.
    pub status: Status,
    /// Not filled yet.
    pub remaining: Qty,
    /// Value of what was filled.
    pub filled_value: Usd,
    /// Why it ended unfilled; empty otherwise.
    pub cancel_reason: &'static str,
    /// When it was taken.
    pub created: Wall,
    /// When it last changed.
    pub updated: Wall,
    /// Connection it came over, for cancel-on-disconnect.
    pub conn: Option<u64>,
}

impl Order {
    /// Cumulative filled size.
    pub fn filled(&self) -> Qty {
        self.request.size - self.remaining
    }

    /// Average fill price, when something was filled.
    pub fn average(&self) -> Option<Price> {
        Price::average(self.filled_value, self.filled())
    }

    /// Not over yet.
    pub fn is_live(&self) -> bool {
        self.status != Status::Closed
    }
}

/// One execution of an account's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillRecord {
    /// Unique number.
    pub no: u64,
    /// Number of the match both sides share.
    pub trade_no: u64,
    /// Its order.
    pub order_no: u64,
    /// The venue's id of its order.
    pub order_id: String,
    /// Client's id of its order.
    pub client_id: String,
    /// Index of the account.
    pub account: usize,
    /// Index of the market.
    pub market: usize,
    /// The order's side.
    pub side: Side,
    /// Taker or maker.
    pub taker: bool,
    /// Price.
    pub price: Price,
    /// Size.
    pub qty: Qty,
    /// Fee paid.
    pub fee: Usd,
    /// Profit it realized.
    pub realized: Usd,
    /// Left of the order afterwards.
    pub remaining: Qty,
    /// Fee class.
    pub class: Class,
    /// The book's sequence number after it.
    pub book_seq: i64,
    /// Mark price then.
    pub mark: Price,
    /// When.
    pub at: Wall,
}
