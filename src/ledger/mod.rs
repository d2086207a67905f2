//! Keeps what the coordinator must know after a crash. Decides nothing and is never waited for: records come by a queue, and
//! the only answer anybody waits for is that the ids of a next cycle are durable.

mod volatile;

pub use volatile::Volatile;

use crate::coordinator::journal::{Entry, LedgerReport, Reservation};
use crate::domain::Wall;
use crossbeam_channel::{Receiver, Sender};

/// What a ledger is asked to do, in order.
#[derive(Clone, Debug)]
pub enum ToLedger {
    /// Give a cycle its ids: durable before the answer.
    Reserve(Wall, Reservation),
    /// Keep this.
    Keep(Entry),
}

/// The engine's end of a ledger.
#[derive(Clone, Debug)]
pub struct LedgerLink {
    /// Requests, never waited for.
    pub requests: Sender<ToLedger>,
    /// Answers.
    pub reports: Receiver<LedgerReport>,
}
