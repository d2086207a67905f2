//! Cooling. Waits for: its deadline. Leaves to: idle, or the end of the run. Asks for balances that were not told since the
//! last order ended. On restart: starting.

use super::{Phase, idle};
use crate::coordinator::desk::Desk;
use crate::coordinator::event::Action;
use crate::coordinator::journal::{Finish, Record};
use crate::coordinator::notice::Notice;
use crate::domain::{Mono, Venue};
use crate::venue::VenueCommand;
use std::time::Duration;

/// Orders of the next opening are named this long before the pause ends.
const SOON: Duration = Duration::from_secs(2);

/// Flat, waiting for the next cycle.
#[derive(Clone, Debug)]
pub struct Cooling {
    until: Mono,
}

impl Cooling {
    /// After a complete cycle.
    pub fn after_cycle(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        desk.finish(now, Finish::Complete, actions);
        let wait = desk.settings.cooldown;
        Self::enter(desk, now, wait, Notice::CoolingDown(wait), actions)
    }

    /// After an opening of which nothing is left.
    pub fn after_failure(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        let how = if desk.tally.volume().is_zero() { Finish::Nothing } else { Finish::RolledBack };
        desk.finish(now, how, actions);
        desk.failures += 1;
        actions.push(Action::Record(Record::Failures(desk.failures)));
        let wait = desk.settings.retry_wait;
        Self::enter(desk, now, wait, Notice::OpeningFailed { retry_in: wait }, actions)
    }

    /// After what earlier runs left was brought to an end.
    pub fn after_recovery(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        desk.finish(now, Finish::Recovered, actions);
        let wait = desk.settings.cooldown;
        Self::enter(desk, now, wait, Notice::CoolingDown(wait), actions)
    }

    fn enter(desk: &mut Desk, now: Mono, wait: Duration, notice: Notice, actions: &mut Vec<Action>) -> Phase {
        if let Some(end) = idle::may_not_go_on(desk, now, actions) {
            return end;
        }
        actions.push(Action::Notice(notice));
        let untold = |venue: &Venue| desk.venues[*venue].free_at <= desk.watch[*venue].quiet_since();
        for venue in Venue::ALL.into_iter().filter(untold) {
            actions.push(Action::Command(venue, VenueCommand::AskBalance));
        }
        Phase::Cooling(Self { until: now.after(wait) })
    }

    /// One event.
    pub fn step(self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        if let Some(end) = idle::may_not_go_on(desk, now, actions) {
            return end;
        }
        if now >= self.until { idle::Idle::enter(desk, now, actions) } else { Phase::Cooling(self) }
    }

    /// Whether the next opening comes so soon that it is worth having its orders ready.
    pub fn ends_soon(&self, now: Mono) -> bool {
        self.until.since(now) <= SOON
    }

    /// The pause is over.
    pub fn end(&mut self, now: Mono) {
        self.until = now;
    }

    /// End of the pause.
    pub fn deadline(&self) -> Mono {
        self.until
    }
}
