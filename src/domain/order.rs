//! What we intend and what the venue says was filled.

use super::{ClientOrderId, Price, Qty, TradeKey, Usd, Venue, Wall};
use std::fmt;
use std::time::Duration;

/// Direction of an order or of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Buys; as a position: long.
    Buy,
    /// Sells; as a position: short.
    Sell,
}

impl Side {
    /// The other direction.
    pub fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// `qty` as a signed position change: positive for a buy.
    pub fn signed(self, qty: Qty) -> Qty {
        match self {
            Self::Buy => qty,
            Self::Sell => -qty,
        }
    }

    /// The side of a signed position; `None` when flat.
    pub fn of_position(position: Qty) -> Option<Self> {
        match position.units() {
            0 => None,
            units if units > 0 => Some(Self::Buy),
            _ => Some(Self::Sell),
        }
    }

    /// `LONG` or `SHORT`, as positions are called in the log.
    pub fn position_name(self) -> &'static str {
        match self {
            Self::Buy => "LONG",
            Self::Sell => "SHORT",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}

/// Why an order exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Opens a leg; the only purpose that may increase a position.
    Open,
    /// Closes a held leg at the end of a cycle.
    Close,
    /// Takes back the filled part of an opening that failed.
    Unwind,
    /// Brings whatever is left to zero.
    Flatten,
}

impl Purpose {
    /// All four, in the order of their bits in a client order id.
    pub const ALL: [Self; 4] = [Self::Open, Self::Close, Self::Unwind, Self::Flatten];

    pub(super) fn bits(self) -> u64 {
        match self {
            Self::Open => 0,
            Self::Close => 1,
            Self::Unwind => 2,
            Self::Flatten => 3,
        }
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        match bits & 3 {
            0 => Self::Open,
            1 => Self::Close,
            2 => Self::Unwind,
            _ => Self::Flatten,
        }
    }

    /// Law R4: everything but an opening leg is reduce-only.
    pub fn reduce_only(self) -> bool {
        !matches!(self, Self::Open)
    }
}

/// One decided order: an immediate-or-cancel limit. The same intent always has the same id (law R5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderIntent {
    /// Unique for the life of the account.
    pub cid: ClientOrderId,
    /// Where it goes.
    pub venue: Venue,
    /// Why; decides reduce-only.
    pub purpose: Purpose,
    /// Direction.
    pub side: Side,
    /// Size, a multiple of the venue's step, above zero.
    pub qty: Qty,
    /// Worst price allowed, a multiple of the venue's tick.
    pub bound: Price,
    /// How long after sending the venue may still execute it (law R1).
    pub valid_for: Duration,
}

/// One execution of an own order as the venue reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Our order.
    pub cid: ClientOrderId,
    /// Equal for two reports of the same execution.
    pub key: TradeKey,
    /// Direction of our order.
    pub side: Side,
    /// Executed size, above zero.
    pub qty: Qty,
    /// Execution price.
    pub price: Price,
    /// Paid to the venue; below zero is a rebate.
    pub fee: Usd,
    /// The venue's time of the execution.
    pub at: Wall,
}
