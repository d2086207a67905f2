//! Halted. Something is open that this run cannot or may not close. Sends nothing; repeats the alarm and looks at the
//! positions. Leaves to: the end of the run, flat when a person closed it, else with exposure. Deadlines: the next alarm, the
//! end of the halt. On restart: recovering.

use super::{Phase, leave};
use crate::coordinator::desk::Desk;
use crate::coordinator::event::{Action, ExitReason};
use crate::coordinator::evidence::Verdict;
use crate::coordinator::journal::{Finish, Record};
use crate::coordinator::notice::Notice;
use crate::domain::{Mono, PerVenue, Venue};
use std::time::Duration;

/// The alarm comes this often.
const REPEAT: Duration = Duration::from_secs(5);

/// Waiting for a person.
#[derive(Clone, Debug)]
pub struct Halted {
    until: Mono,
    next_alarm: Mono,
}

impl Halted {
    /// What a person must do is said at once.
    pub fn enter(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        let open = Venue::ALL.map(|venue| format!("{venue} {}", desk.own(venue)));
        let text = format!("halted with {}", open.join(" and "));
        actions.push(Action::Record(Record::Incident { kind: "halt", text }));
        Self { until: now.after(desk.settings.halt_for), next_alarm: now }.step(desk, now, actions)
    }

    /// One event.
    pub fn step(mut self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        if now >= self.next_alarm {
            self.next_alarm = now.after(REPEAT);
            let foreign = PerVenue::from_fn(|venue| desk.foreign(venue));
            actions.push(Action::Notice(Notice::Halted { positions: desk.positions(), foreign }));
        }
        desk.settle_contradiction(now, actions);
        let confirmed = |venue: Venue| desk.watch[venue].verdict() == Verdict::Confirmed;
        let nothing_left = |venue: Venue| desk.flat_at(venue) && desk.foreign(venue).is_zero();
        if Venue::ALL.into_iter().all(|venue| confirmed(venue) && nothing_left(venue)) {
            desk.finish(now, Finish::RolledBack, actions);
            return leave(desk, ExitReason::Limit, actions);
        }
        if now >= self.until || desk.stopping {
            return leave(desk, ExitReason::Exposure, actions);
        }
        Phase::Halted(self)
    }

    /// Next alarm or the end.
    pub fn deadline(&self) -> Mono {
        self.until.min(self.next_alarm)
    }
}
