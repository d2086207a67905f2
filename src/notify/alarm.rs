//! What people are told, as data. No words and no pacing here.

use crate::coordinator::watch::Trouble;
use crate::coordinator::{ExitReason, MismatchCause, RecoveryOutcome};
use crate::domain::{ClientOrderId, PerVenue, Qty, SizeRefusal, Usd, Venue};
use std::time::Duration;

/// One message for people, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A run began; shows that the channel works before it is needed.
    Started,
    /// Free collateral is below what a cycle needs.
    InsufficientBalance {
        /// Where.
        venue: Venue,
        /// What is there.
        free: Usd,
        /// What is needed.
        required: Usd,
    },
    /// A position is there that this program did not open.
    ForeignPosition {
        /// Where.
        venue: Venue,
        /// Signed size.
        position: Qty,
    },
    /// Start given up: this was missing.
    NotReadyInTime(String),
    /// No order size fits both venues.
    NoSize(SizeRefusal),
    /// A leg of an opening is taken back.
    RollingBack {
        /// Where.
        venue: Venue,
        /// Size.
        qty: Qty,
    },
    /// The venue states another position than we recorded, confirmed.
    PositionMismatch {
        /// Where.
        venue: Venue,
        /// What we recorded, signed.
        expected: Qty,
        /// What the venue says, signed.
        actual: Qty,
        /// What made the difference, as far as it can be told.
        cause: MismatchCause,
    },
    /// Resting orders that are not ours.
    ForeignOrders {
        /// Where.
        venue: Venue,
        /// How many.
        count: usize,
    },
    /// An earlier run ended in the middle.
    Recovering {
        /// Signed positions on record.
        positions: PerVenue<Qty>,
    },
    /// What became of it.
    Recovered {
        /// Signed positions, confirmed.
        positions: PerVenue<Qty>,
        /// What happens with them.
        outcome: RecoveryOutcome,
    },
    /// A venue undid a fill.
    FillBusted {
        /// Where.
        venue: Venue,
        /// What was undone.
        qty: Qty,
    },
    /// A venue filled more than was asked.
    Overfilled {
        /// Where.
        venue: Venue,
        /// Size of the order.
        asked: Qty,
        /// What it says was filled.
        filled: Qty,
    },
    /// Too little to be closed is carried into the next cycle.
    DustCarried {
        /// Where.
        venue: Venue,
        /// Signed size.
        qty: Qty,
    },
    /// A pair is given up because a venue stays away.
    VenueDownFlatten(Venue),
    /// The ledger cannot be written.
    LedgerFailing(String),
    /// The end of [`Alarm::LedgerFailing`].
    LedgerWorking,
    /// The rest of the run only closes what the part that failed left open.
    Rescuing,
    /// The watchdog sees something wrong.
    WatchdogWarns {
        /// What.
        trouble: Trouble,
        /// Signed positions, where known.
        positions: PerVenue<Option<Qty>>,
    },
    /// The watchdog stops the bot.
    WatchdogStopsBot {
        /// Its process number.
        pid: u32,
        /// Without asking.
        at_once: bool,
    },
    /// The watchdog flattens both sides.
    WatchdogActs,
    /// Something was filled for an order that had ended.
    LateFill {
        /// Where.
        venue: Venue,
        /// Size.
        qty: Qty,
    },
    /// Exposure that cannot be hedged or closed at the moment.
    Naked {
        /// Signed positions as recorded.
        positions: PerVenue<Qty>,
        /// Where an order has no known end yet.
        unresolved: PerVenue<bool>,
    },
    /// The end of [`Alarm::Naked`].
    HedgedAgain,
    /// Closing was given up: a person has to do it.
    Halted {
        /// Signed positions of ours as recorded.
        positions: PerVenue<Qty>,
        /// Signed positions that are not ours.
        foreign: PerVenue<Qty>,
    },
    /// Private streams or order entry of a venue are down.
    VenueDown {
        /// Which.
        venue: Venue,
        /// What the session says of it.
        cause: String,
    },
    /// The end of [`Alarm::VenueDown`].
    VenueBack(Venue),
    /// A venue takes no orders at all.
    VenueClosed {
        /// Which.
        venue: Venue,
        /// Its word for it.
        cause: String,
    },
    /// The end of [`Alarm::VenueClosed`].
    VenueOpen(Venue),
    /// The pair should be closed but one venue cannot take orders.
    ClosePostponed(Venue),
    /// Nothing the program can do helps.
    Fatal {
        /// At which venue.
        venue: Venue,
        /// Why.
        text: String,
    },
    /// A thread of the engine died.
    ThreadDied(String),
    /// Too many openings failed in a row.
    FailureLimit(u32),
    /// The cycles of the last day lost too much.
    LossLimit {
        /// What was lost.
        loss: Usd,
        /// What may be lost.
        limit: Usd,
    },
    /// The operator asked to stop.
    Stopping,
    /// The operator asked twice.
    StoppedAtOnce,
    /// The run is over.
    Ended {
        /// How.
        reason: ExitReason,
        /// Signed positions at the end, where the coordinator still said so.
        positions: Option<PerVenue<Qty>>,
        /// Orders whose end is not known.
        unresolved: Vec<(Venue, ClientOrderId)>,
    },
    /// The run ended without the coordinator: a panic.
    Broken(String),
}

/// What goes first, and what is dropped first when there is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// A person has to know. Ends of alarms belong here too: overtaken by a new beginning they would say the opposite.
    Alarm,
}

impl Alarm {
    /// How urgent it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Started | Self::Stopping | Self::DustCarried { .. } => Severity::Info,
            Self::Ended { reason: ExitReason::Done, .. } => Severity::Info,
            Self::InsufficientBalance { .. }
            | Self::ForeignPosition { .. }
            | Self::NotReadyInTime(_)
            | Self::NoSize(_)
            | Self::RollingBack { .. }
            | Self::PositionMismatch { .. }
            | Self::ForeignOrders { .. }
            | Self::Recovering { .. }
            | Self::Recovered { .. }
            | Self::FillBusted { .. }
            | Self::Overfilled { .. }
            | Self::VenueDownFlatten(_)
            | Self::LedgerFailing(_)
            | Self::LedgerWorking
            | Self::Rescuing
            | Self::WatchdogWarns { .. }
            | Self::WatchdogStopsBot { .. }
            | Self::WatchdogActs
            | Self::LateFill { .. }
            | Self::Naked { .. }
            | Self::HedgedAgain
            | Self::Halted { .. }
            | Self::VenueDown { .. }
            | Self::VenueBack(_)
            | Self::VenueClosed { .. }
            | Self::VenueOpen(_)
            | Self::ClosePostponed(_)
            | Self::Fatal { .. }
            | Self::ThreadDied(_)
            | Self::FailureLimit(_)
            | Self::LossLimit { .. }
            | Self::StoppedAtOnce
            | Self::Ended { .. }
            | Self::Broken(_) => Severity::Alarm,
        }
    }
}

/// A state that lasts: told when it begins, again while it stands, and once when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Exposure without a counterpart.
    Naked,
    /// A person has to close.
    Halted,
    /// A venue cannot be reached.
    Down(Venue),
    /// A venue takes no orders.
    Closed(Venue),
    /// The ledger cannot be written.
    Ledger,
    /// The watchdog sees something wrong.
    Watchdog,
}

impl Standing {
    /// How long it must last before anybody is woken: a reconnect is over in two seconds.
    pub fn patience(self) -> Duration {
        match self {
            // The coordinator has waited already.
            Self::Naked | Self::Halted | Self::Watchdog => Duration::ZERO,
            Self::Down(_) | Self::Closed(_) | Self::Ledger => Duration::from_secs(5),
        }
    }
}
