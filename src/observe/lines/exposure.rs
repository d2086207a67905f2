//! Lines about exposure and about what survives the process: mismatches, alarms, halts, recovery.

use super::{Line, Lines, error, info, warn};
use crate::coordinator::watch::Trouble;
use crate::coordinator::{MismatchCause, Notice, RecoveryOutcome};
use crate::domain::{PerVenue, Qty, Side};

impl Lines {
    pub(super) fn exposure(&self, notice: &Notice) -> Vec<Line> {
        match notice {
            Notice::PositionMismatch { venue, expected, actual, cause } => vec![error(format!(
                "{venue} position is {}, expected {}: {cause}",
                self.position(*actual),
                self.position(*expected)
            ))],
            Notice::PositionMoved { venue, what } => {
                vec![error(format!("{venue} reports: {}", MismatchCause::Told(*what)))]
            }
            Notice::FillBusted { venue, side, qty } => {
                vec![error(format!("{venue} took a fill back: {side} {}", self.qty(*qty)))]
            }
            Notice::Overfilled { venue, asked, filled } => vec![error(format!(
                "{venue} filled {} of an order for {}: closing and leaving",
                self.qty(*filled),
                self.qty(*asked)
            ))],
            Notice::VenueAway { venue, since } => vec![error(format!(
                "ALARM: {venue} has been taking no orders for {}s; the other leg is kept as the hedge",
                since.as_secs()
            ))],
            Notice::VenueDownFlatten(venue) => vec![error(format!(
                "{venue} stays away: closing the other leg, as HEDGE_ON_VENUE_DOWN=flatten asks for"
            ))],
            Notice::NakedAlarm { positions, unresolved, since } => {
                let (seconds, positions) = (since.as_secs(), self.positions(positions));
                let open = unresolved.iter().filter(|(_, open)| **open);
                let open: String =
                    open.map(|(venue, _)| format!("; outcome of an order on {venue} unknown")).collect();
                vec![error(format!("ALARM: not surely hedged for {seconds}s: {positions}{open}"))]
            }
            Notice::HedgedAgain => vec![info("The alarm is over: hedged or flat again".to_owned())],
            Notice::Halted { positions, foreign } => self.halted(positions, foreign),
            Notice::FinalPositions { positions, unresolved } => {
                let mut lines = Vec::new();
                for (venue, cid) in unresolved {
                    lines.push(error(format!(
                        "{venue}: the outcome of order {cid} is not known; check it on the venue"
                    )));
                }
                let flat = positions.all(|qty| qty.is_zero());
                let text = format!("Final positions: {}", self.positions(positions));
                lines.push(if flat && unresolved.is_empty() { info(text) } else { error(text) });
                lines
            }
            _ => Vec::new(),
        }
    }

    /// What a person has to do now, venue by venue.
    fn halted(&self, positions: &PerVenue<Qty>, foreign: &PerVenue<Qty>) -> Vec<Line> {
        let mut lines = vec![error("HALTED: this program can do no more. Do this by hand now:".to_owned())];
        for (venue, position) in positions.iter() {
            let contract = self.contract(venue);
            let step = match Side::of_position(*position) {
                Some(held) => format!(
                    "  {venue}: {} {} {contract} with a reduce-only market order",
                    held.opposite(),
                    self.qty(position.abs())
                ),
                None => format!("  {venue}: check that {contract} shows no position and no open order"),
            };
            lines.push(error(step));
            if !foreign[venue].is_zero() {
                lines.push(error(format!(
                    "  {venue}: {} in {contract} was not opened by this program; close it or leave it, then start again",
                    self.position(foreign[venue])
                )));
            }
        }
        lines
    }

    /// What the watchdog sees and does.
    pub(super) fn watchdog(&self, notice: &Notice) -> Vec<Line> {
        let line = match notice {
            Notice::WatchdogWarns { trouble, positions } => {
                let what = match trouble {
                    Trouble::Naked(naked) => {
                        format!("a position has had no counterpart for {}s", naked.as_secs())
                    }
                    Trouble::Silent => "the bot runs without a sign of life".to_owned(),
                    Trouble::Abandoned(gone) => {
                        format!("the bot has been gone for {}s and left positions", gone.as_secs())
                    }
                };
                let said = |qty: Option<Qty>| qty.map_or("unknown".to_owned(), |qty| self.position(qty));
                let (paradex, lighter) = (said(positions.paradex), said(positions.lighter));
                format!("WATCHDOG: {what}: Paradex {paradex}, Lighter {lighter}")
            }
            Notice::WatchdogStopsBot { pid, at_once: false } => {
                format!("WATCHDOG: asking the bot (process {pid}) to close and leave")
            }
            Notice::WatchdogStopsBot { pid, at_once: true } => {
                format!("WATCHDOG: ending the bot (process {pid}) at once")
            }
            Notice::WatchdogActs => "WATCHDOG: flattening both sides".to_owned(),
            _ => return Vec::new(),
        };
        vec![error(line)]
    }

    /// What survives the process, and what of it is found again.
    pub(super) fn memory(&self, notice: &Notice) -> Vec<Line> {
        let line = match notice {
            Notice::Recovering { cycles, positions, sent } => {
                let ids: Vec<String> = cycles.iter().map(ToString::to_string).collect();
                let what =
                    if *sent { "orders may be out or positions open" } else { "no order is on record" };
                let (ids, positions) = (ids.join(", "), self.positions(positions));
                warn(format!(
                    "An earlier run ended in the middle of cycle {ids}: {what}; on record: {positions}"
                ))
            }
            Notice::Recovered { positions, outcome } => {
                let what = match outcome {
                    RecoveryOutcome::Flat => "nothing is open",
                    RecoveryOutcome::Adopted => "the pair is whole and is held on",
                    RecoveryOutcome::Closing => "the pair is whole and is closed",
                    RecoveryOutcome::Unwinding => "the legs do not match and are closed",
                };
                info(format!("Recovered: {}; {what}", self.positions(positions)))
            }
            Notice::AdoptedAsRecorded { qty, reverse } => warn(format!(
                "The adopted pair keeps its own size and direction, whatever the settings say now: {} per leg, {}",
                self.qty(*qty),
                if *reverse { "Paradex SHORT" } else { "Paradex LONG" }
            )),
            Notice::LedgerFailing(cause) => error(format!(
                "The ledger cannot be written ({cause}): nothing is opened until it can; closing goes on"
            )),
            Notice::LedgerWorking => info("The ledger is written again".to_owned()),
            Notice::DustCarried { venue, qty } => warn(format!(
                "{venue}: {} is too little for an order of its own; carried into the next cycle",
                self.position(*qty)
            )),
            _ => return Vec::new(),
        };
        vec![line]
    }
}
