//! What the coordinator hears and what it wants done. Closed enums: whoever drives it must handle all of it.

use super::journal::{LedgerReport, Record, Reservation};
use super::notice::Notice;
use crate::domain::{Bbo, QuoteFault, Venue};
use crate::venue::{VenueCommand, VenueReport};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The first event of a run.
    Begin,
    /// A venue told us something.
    Report(Venue, VenueReport),
    /// The newest quote of a venue, or why there is none.
    Quote(Venue, Result<Bbo, QuoteFault>),
    /// The ledger told us something.
    Ledger(LedgerReport),
    /// The deadline the coordinator named has passed.
    Wake,
    /// The operator wants it to end: the first request closes and leaves, the second stops sending at once.
    StopRequested,
    /// A thread that closing does not need died: what is open is closed, and the run ends.
    ThreadDied(String),
}

/// Something is to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Hand a command to a venue.
    Command(Venue, VenueCommand),
    /// Reserve the ids of one more cycle; answered by [`LedgerReport::Reserved`] once they are durable.
    Reserve(Reservation),
    /// Keep this for the next run. Never waited for.
    Record(Record),
    /// Tell the operator.
    Notice(Notice),
    /// Leave with this result. Nothing follows.
    Exit(ExitReason),
}

/// How a run ended. The process exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// Flat, all asked for was done.
    Done,
    /// A venue or the configuration makes trading impossible; nothing was sent.
    Configuration,
    /// Refused to start: balance, venue state, foreign position.
    Refused,
    /// Stopped by a limit, flat.
    Limit,
    /// Exposure may be left; a person has to look.
    Exposure,
}

impl ExitReason {
    /// The process exit code: 0 done and flat, 2 configuration, 3 refused to start, 4 limit, 5 exposure left.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Configuration => 2,
            Self::Refused => 3,
            Self::Limit => 4,
            Self::Exposure => 5,
        }
    }
}
