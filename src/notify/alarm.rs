//! Which notices wake a person, and which end an earlier alarm. No words and no pacing here.

use crate::coordinator::watch::Trouble;
use crate::coordinator::{ExitReason, MismatchCause, Notice, RecoveryOutcome, TradingState};
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

/// What a notice means for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing: the log is enough.
    Nothing,
    /// Told once.
    Once(Alarm),
    /// Told while it stands. Repeated beginnings bring the newest facts.
    Begins {
        /// What stands.
        standing: Standing,
        /// What is said of it.
        alarm: Alarm,
        /// How long it has been so already.
        already: Duration,
    },
    /// Told once if its beginning was told.
    Ends {
        /// What no longer stands.
        standing: Standing,
        /// What is said of it.
        alarm: Alarm,
    },
    /// How a venue calls the market, for the manual steps of a halt.
    Contract(Venue, String),
    /// Where the run ends; becomes a message together with the exit code.
    Final {
        /// Signed positions as recorded.
        positions: PerVenue<Qty>,
        /// Orders whose end is not known.
        unresolved: Vec<(Venue, ClientOrderId)>,
    },
}

/// Reads one notice. Runs on the coordinator's thread: most notices cost a comparison and no memory.
pub fn meaning(notice: &Notice) -> Meaning {
    match notice {
        Notice::ForeignOrders { .. }
        | Notice::Recovering { .. }
        | Notice::Recovered { .. }
        | Notice::FillBusted { .. }
        | Notice::Overfilled { .. }
        | Notice::DustCarried { .. }
        | Notice::VenueDownFlatten(_)
        | Notice::Rescuing
        | Notice::WatchdogStopsBot { .. }
        | Notice::WatchdogActs
        | Notice::InsufficientBalance { .. }
        | Notice::ForeignPosition { .. }
        | Notice::NotReadyInTime(_)
        | Notice::NoSize(_)
        | Notice::RollingBack { .. }
        | Notice::PositionMismatch { .. }
        | Notice::LateFill { .. }
        | Notice::ClosePostponed(_)
        | Notice::Fatal(..)
        | Notice::ThreadDied(_)
        | Notice::FailureLimit(_)
        | Notice::Stopping
        | Notice::StoppedAtOnce => once(notice).map_or(Meaning::Nothing, Meaning::Once),
        Notice::NakedAlarm { .. }
        | Notice::HedgedAgain
        | Notice::Halted { .. }
        | Notice::LedgerFailing(_)
        | Notice::LedgerWorking
        | Notice::WatchdogWarns { .. }
        | Notice::VenueReady(_)
        | Notice::VenueNotReady(..)
        | Notice::VenueTrading(..) => standing(notice),
        Notice::Market { venue, contract, .. } => Meaning::Contract(*venue, contract.clone()),
        Notice::FinalPositions { positions, unresolved } => {
            Meaning::Final { positions: *positions, unresolved: unresolved.clone() }
        }
        Notice::Waiting { .. }
        | Notice::NotOpening(_)
        | Notice::Opening { .. }
        | Notice::Placing { .. }
        | Notice::LegOpened { .. }
        | Notice::Evening { .. }
        | Notice::PairOpened
        | Notice::Filled { .. }
        | Notice::Refused { .. }
        | Notice::NotFilledInTime { .. }
        | Notice::OutcomeUnknown { .. }
        | Notice::LegNotFilled { .. }
        | Notice::OpeningFailed { .. }
        | Notice::ProfitLoss { .. }
        | Notice::HoldTimeExpired(_)
        | Notice::StopTriggered { .. }
        | Notice::Closing
        | Notice::LegClosed { .. }
        | Notice::PairClosed
        | Notice::CycleDone { .. }
        | Notice::CoolingDown(_)
        | Notice::ClosingAgain { .. }
        // Said better by the mismatch that follows, and by the standing alarm of a venue that is down or closed.
        | Notice::PositionMoved { .. }
        | Notice::VenueAway { .. }
        | Notice::AdoptedAsRecorded { .. }
        | Notice::QuoteState(..) => Meaning::Nothing,
    }
}

fn once(notice: &Notice) -> Option<Alarm> {
    Some(match notice {
        Notice::InsufficientBalance { venue, free, required } => {
            Alarm::InsufficientBalance { venue: *venue, free: *free, required: *required }
        }
        Notice::ForeignPosition { venue, position } => {
            Alarm::ForeignPosition { venue: *venue, position: *position }
        }
        Notice::NotReadyInTime(missing) => Alarm::NotReadyInTime(missing.clone()),
        Notice::NoSize(refusal) => Alarm::NoSize(*refusal),
        Notice::RollingBack { venue, qty, .. } => Alarm::RollingBack { venue: *venue, qty: *qty },
        Notice::PositionMismatch { venue, expected, actual, cause } => {
            Alarm::PositionMismatch { venue: *venue, expected: *expected, actual: *actual, cause: *cause }
        }
        Notice::ForeignOrders { venue, count } => Alarm::ForeignOrders { venue: *venue, count: *count },
        // Ids that were reserved and, as far as anybody recorded, never used: nothing to wake anybody for.
        Notice::Recovering { sent: false, .. } => return None,
        Notice::Recovering { positions, .. } => Alarm::Recovering { positions: *positions },
        Notice::Recovered { outcome: RecoveryOutcome::Flat, .. } => return None,
        Notice::Recovered { positions, outcome } => {
            Alarm::Recovered { positions: *positions, outcome: *outcome }
        }
        Notice::FillBusted { venue, qty, .. } => Alarm::FillBusted { venue: *venue, qty: *qty },
        Notice::Overfilled { venue, asked, filled } => {
            Alarm::Overfilled { venue: *venue, asked: *asked, filled: *filled }
        }
        Notice::DustCarried { venue, qty } => Alarm::DustCarried { venue: *venue, qty: *qty },
        Notice::VenueDownFlatten(venue) => Alarm::VenueDownFlatten(*venue),
        Notice::Rescuing => Alarm::Rescuing,
        Notice::WatchdogStopsBot { pid, at_once } => Alarm::WatchdogStopsBot { pid: *pid, at_once: *at_once },
        Notice::WatchdogActs => Alarm::WatchdogActs,
        Notice::LateFill { venue, qty } => Alarm::LateFill { venue: *venue, qty: *qty },
        Notice::ClosePostponed(venue) => Alarm::ClosePostponed(*venue),
        Notice::Fatal(venue, text) => Alarm::Fatal { venue: *venue, text: text.clone() },
        Notice::ThreadDied(what) => Alarm::ThreadDied(what.clone()),
        Notice::FailureLimit(count) => Alarm::FailureLimit(*count),
        Notice::Stopping => Alarm::Stopping,
        Notice::StoppedAtOnce => Alarm::StoppedAtOnce,
        _ => return None,
    })
}

fn standing(notice: &Notice) -> Meaning {
    let begins = |standing, alarm| Meaning::Begins { standing, alarm, already: Duration::ZERO };
    let ends = |standing, alarm| Meaning::Ends { standing, alarm };
    match notice {
        Notice::NakedAlarm { positions, unresolved, since } => Meaning::Begins {
            standing: Standing::Naked,
            alarm: Alarm::Naked { positions: *positions, unresolved: *unresolved },
            already: *since,
        },
        Notice::HedgedAgain => ends(Standing::Naked, Alarm::HedgedAgain),
        Notice::Halted { positions, foreign } => {
            begins(Standing::Halted, Alarm::Halted { positions: *positions, foreign: *foreign })
        }
        Notice::LedgerFailing(cause) => begins(Standing::Ledger, Alarm::LedgerFailing(cause.clone())),
        Notice::LedgerWorking => ends(Standing::Ledger, Alarm::LedgerWorking),
        Notice::WatchdogWarns { trouble, positions } => {
            begins(Standing::Watchdog, Alarm::WatchdogWarns { trouble: *trouble, positions: *positions })
        }
        Notice::VenueNotReady(venue, cause) => {
            begins(Standing::Down(*venue), Alarm::VenueDown { venue: *venue, cause: cause.clone() })
        }
        Notice::VenueReady(venue) => ends(Standing::Down(*venue), Alarm::VenueBack(*venue)),
        Notice::VenueTrading(venue, TradingState::Closed(cause)) => {
            begins(Standing::Closed(*venue), Alarm::VenueClosed { venue: *venue, cause: cause.clone() })
        }
        Notice::VenueTrading(venue, TradingState::Open | TradingState::ClosingOnly(_)) => {
            ends(Standing::Closed(*venue), Alarm::VenueOpen(*venue))
        }
        _ => Meaning::Nothing,
    }
}
