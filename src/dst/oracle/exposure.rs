//! Rules about time: exposure is hedged or alarmed, and everything comes to an end.

use super::{Invariant, Known, Oracle};
use crate::coordinator::Settings;
use crate::domain::{PerVenue, Venue};
use crate::dst::exchange::Exchange;
use crate::dst::figures::Figures;
use crate::dst::plan::SECOND;

/// Exposure is alarmed after this.
const ALARM_WITHIN: u64 = 5 * SECOND;
/// The same where the process has named a foreign change: each lost answer takes fifteen seconds.
const NAMED_WITHIN: u64 = 60 * SECOND;
/// A standing alarm is repeated this often.
const REPEATED_WITHIN: u64 = 10 * SECOND;
/// What the process's own pace adds.
const SLACK: u64 = SECOND;
/// Exposure is gone within this when nothing is wrong.
const FLAT_WITHIN: u64 = 10 * SECOND;
/// After faults stop, everything in flight is over after this.
pub const SETTLED_WITHIN: u64 = 40 * SECOND;
/// After a request to stop in a world without faults, the process has ended.
pub const STOPPED_WITHIN: u64 = 120 * SECOND;

impl Oracle {
    /// Measures exposure now. Called whenever a position changed and every second.
    pub fn look(&mut self, now: u64, venues: &PerVenue<Exchange>, figures: &mut Figures) {
        let net = venues.paradex.own() + venues.lighter.own();
        if net.is_zero() || self.is_dust(venues, net) {
            if let Some(since) = self.naked_since.take() {
                figures.naked_ms.add((now - since) / 1_000_000);
            }
            return;
        }
        let since = *self.naked_since.get_or_insert(now);
        self.check_alarm(now, since);
        self.check_gone(now, since);
    }

    fn check_alarm(&mut self, now: u64, naked_since: u64) {
        let Some(up_since) = self.up_since else { return };
        let told_of_all = Venue::ALL.into_iter().all(|venue| self.untold[venue] == 0);
        if !told_of_all {
            return;
        }
        let since = naked_since.max(up_since).max(self.resumed_at).max(self.told_at);
        let standing = self.alarm_at.is_some_and(|at| now - at <= REPEATED_WITHIN + SLACK);
        // What somebody else did has been named already; whose the rest is takes readings of both venues to tell.
        let contested = self.contested.any(|contested| *contested);
        let within = if contested { NAMED_WITHIN } else { ALARM_WITHIN };
        if now.saturating_sub(since) > within + SLACK && !standing {
            let text = format!("naked for {} s without an alarm", (now - naked_since) / SECOND);
            self.broken(Invariant::AlarmStands, now, text);
        }
    }

    fn check_gone(&mut self, now: u64, naked_since: u64) {
        let Some(quiet) = self.quiet_since else { return };
        let began_in_peace = naked_since > quiet + SETTLED_WITHIN;
        if began_in_peace && !self.halted && self.up_since.is_some() && now - naked_since > FLAT_WITHIN {
            let text = format!("naked for {} s although nothing is wrong", (now - naked_since) / SECOND);
            self.broken(Invariant::ClosingNotBlocked, now, text);
        }
    }

    /// Faults have stopped.
    pub fn quiet(&mut self, now: u64) {
        self.quiet_since = Some(now);
    }

    /// Everything that was in flight when the faults stopped must be over, or an alarm stands.
    pub fn judge(&mut self, now: u64, venues: &PerVenue<Exchange>) {
        let net = venues.paradex.own() + venues.lighter.own();
        let standing = self.alarm_at.is_some_and(|at| now - at <= REPEATED_WITHIN + SLACK);
        let for_long = self.naked_since.is_some_and(|since| now - since > FLAT_WITHIN);
        if for_long && !standing && self.up_since.is_some() {
            self.broken(Invariant::Live, now, format!("{net} naked and silent long after the last fault"));
        }
        if self.recovering {
            self.broken(Invariant::Live, now, "still recovering long after the last fault".to_owned());
        }
    }

    /// The process is gone: killed, or ended by itself.
    pub fn process_gone(&mut self) {
        self.up_since = None;
        self.unrecorded.clear();
        (self.must_exit, self.must_say_recovering) = (false, false);
    }

    /// A process begins.
    pub fn process_begins(&mut self, now: u64, settings: Settings) {
        self.settings = settings;
        self.up_since = Some(now);
        self.known = self.known.map(|known| Known { regridded: known.regridded, ..Known::NOTHING });
        (self.ledger_failing, self.fatal, self.stopping) = (false, false, 0);
        self.thread_died = false;
        (self.alarm_at, self.halted, self.recovering, self.exited) = (None, false, false, false);
        self.recorded.clear();
        // An opening that a crash interrupted is none that failed, and the crash may have swallowed one that did.
        self.openings_in_row = self.openings_in_row.saturating_sub(2);
    }

    /// The process had no time for a while.
    pub fn resumed(&mut self, at: u64) {
        self.resumed_at = self.resumed_at.max(at);
    }

    /// The run is over: what is still naked was naked until now.
    pub fn end(&mut self, now: u64, figures: &mut Figures) {
        if let Some(since) = self.naked_since.take() {
            figures.naked_ms.add((now - since) / 1_000_000);
            figures.left_naked += 1;
        }
    }
}
