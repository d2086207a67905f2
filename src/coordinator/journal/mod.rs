//! What must survive the end of the process (law R6), and what a next process makes of it.
//!
//! The coordinator emits [`Record`]s; a ledger keeps them in order; [`Book`] turns what was kept into the [`Memory`] a new
//! coordinator starts from. The same reduction serves the database and the simulation. No I/O, no format: that is `ledger`.
//!
//! No disk write stands between a decision and its orders: the ids of a cycle are reserved, durably, before the cycle may
//! begin ([`Record::Reserved`]), and everything else is recorded behind the orders. What a crash swallows of it is found
//! again by asking the venues for the reserved ids.

mod book;

pub use book::Book;

use crate::domain::{
    ClientOrderId, CycleId, Fill, OrderIntent, PerVenue, Price, Qty, TradeKey, Usd, Venue, Wall,
};
use std::time::Duration;

/// Ids wanted for one more cycle. Answered by [`LedgerReport::Reserved`] once they are durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Direction of the cycle: true is Paradex short.
    pub reverse: bool,
    /// How long any order of it may be executed after it was sent (law R1).
    pub valid_for: Duration,
}

/// What a ledger tells the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerReport {
    /// These ids are ours, on disk, and were never used.
    Reserved(CycleId),
    /// Records cannot be written at the moment, for this reason. Nothing may be opened; closing goes on.
    Failing(String),
    /// Records are written again, including those that had to wait.
    Working,
}

/// One thing that happened and must be known after a restart. Kept in the order in which it was emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The ids of a cycle were reserved. Written by the ledger itself, before it answers.
    Reserved {
        /// The cycle.
        cycle: CycleId,
        /// What was wanted.
        wish: Reservation,
    },
    /// A reserved cycle ends without having been used.
    Released(CycleId),
    /// An order was handed to a venue.
    Sent(OrderIntent),
    /// An execution of an own order, first report of it.
    Filled {
        /// Where.
        venue: Venue,
        /// The execution.
        fill: Fill,
    },
    /// The venue undid an execution.
    Busted {
        /// Where.
        venue: Venue,
        /// The order.
        cid: ClientOrderId,
        /// The execution.
        key: TradeKey,
    },
    /// An order has its final result.
    Ended {
        /// Where.
        venue: Venue,
        /// The order.
        cid: ClientOrderId,
        /// Cumulative filled size.
        filled: Qty,
        /// Average price, when known.
        average: Option<Price>,
        /// The venue's word for the end.
        reason: String,
    },
    /// Both legs are filled and held.
    Held {
        /// The cycle that opened them.
        cycle: CycleId,
        /// Size of one leg.
        qty: Qty,
        /// Average fill prices.
        entries: PerVenue<Price>,
    },
    /// The venue's repeated word replaced our records of a position.
    Corrected {
        /// The cycle under way.
        cycle: CycleId,
        /// Where.
        venue: Venue,
        /// By how much the recorded position changed (signed).
        change: Qty,
    },
    /// A cycle is over: the venues confirmed that no more than `left` is open.
    Finished {
        /// The cycle.
        cycle: CycleId,
        /// How.
        how: Finish,
        /// Signed sizes too small for the venues to close, carried into the next cycle; mostly zero.
        left: PerVenue<Qty>,
        /// Traded value over both venues.
        volume: Usd,
        /// Fees paid over both venues.
        fees: Usd,
        /// Cash result, fees taken off.
        result: Usd,
    },
    /// Exposure without a hedge began (true) or ended (false).
    Naked(bool),
    /// Openings that failed in a row so far.
    Failures(u32),
    /// Something an operator must be able to read about later.
    Incident {
        /// What kind, one word.
        kind: &'static str,
        /// In words.
        text: String,
    },
}

/// How a cycle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Opened, held and closed.
    Complete,
    /// The opening failed and what was filled was taken back.
    RolledBack,
    /// Nothing was filled.
    Nothing,
    /// A later run found it open and brought it to an end.
    Recovered,
}

/// What a new coordinator must know of the runs before it in this market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Which ledger ids are ours; 0 when there is no ledger.
    pub ledger: u16,
    /// Cycles without an end, oldest first. Orders of theirs may be at the venues, recorded or not.
    pub cycles: Vec<OpenCycle>,
    /// Signed sizes carried from finished cycles.
    pub left: PerVenue<Qty>,
    /// How long exposure has been standing without a hedge, when the last process ended in that state.
    pub naked_for: Option<Duration>,
    /// Openings that failed in a row.
    pub failures: u32,
    /// What cycles brought that ended within [`DAY`]: how long ago, and how much.
    pub results: Vec<(Duration, Usd)>,
}

/// How long the result of a cycle counts towards the limit of losses.
pub const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A cycle whose end nobody recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCycle {
    /// Its ids.
    pub id: CycleId,
    /// Its direction and the validity of its orders.
    pub wish: Reservation,
    /// Its orders as far as they were recorded.
    pub orders: Vec<PastOrder>,
    /// The pair it held, if it got that far.
    pub held: Option<HeldPair>,
    /// What its recorded executions and corrections add up to (signed).
    pub net: PerVenue<Qty>,
}

/// A pair that was held when the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldPair {
    /// Size of one leg.
    pub qty: Qty,
    /// Average fill prices.
    pub entries: PerVenue<Price>,
    /// For how long already, by the wall clock.
    pub age: Duration,
}

/// An order as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastOrder {
    /// What was sent.
    pub intent: OrderIntent,
    /// Executions recorded.
    pub fills: Vec<Fill>,
    /// Its final cumulative fill, if that was recorded.
    pub ended: Option<Qty>,
}

impl PastOrder {
    /// Sum of the executions recorded.
    pub fn by_fills(&self) -> Qty {
        self.fills.iter().map(|fill| fill.qty).sum()
    }

    /// What is known to have been filled.
    pub fn filled(&self) -> Qty {
        self.ended.unwrap_or_default().max(self.by_fills())
    }
}

/// A record with the time at which it was emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Wall time of the emitting process.
    pub at: Wall,
    /// What happened.
    pub record: Record,
}
