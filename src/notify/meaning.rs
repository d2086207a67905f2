//! Which notices wake a person, and which end an earlier alarm. No words and no pacing here.

use super::alarm::{Alarm, Standing};
use crate::coordinator::{Notice, RecoveryOutcome, TradingState};
use crate::domain::{ClientOrderId, PerVenue, Qty, Venue};
use std::time::Duration;

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
        | Notice::LossLimit(..)
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
        Notice::LossLimit(loss, limit) => Alarm::LossLimit { loss: *loss, limit: *limit },
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
