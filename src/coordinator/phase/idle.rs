//! Idle. Waits for: every entry gate. Leaves to: opening, or the end of the run (stop asked for, balance gone, all cycles
//! done). No deadline of its own but a look every second. On restart: starting.

use super::{Phase, flattening::Flattening, halted::Halted, leave, opening::Opening};
use crate::coordinator::desk::Desk;
use crate::coordinator::event::{Action, ExitReason};
use crate::coordinator::gate::{self, GateRefusal};
use crate::coordinator::journal::Record;
use crate::coordinator::notice::Notice;
use crate::coordinator::settings::Mission;
use crate::domain::{Mono, Venue};
use std::time::Duration;

/// Ages pass without events, so the gates are looked at again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A closed gate is named when it has been closed this long: short waits are not worth a line.
const PATIENCE: Duration = Duration::from_secs(3);
/// And again this often.
const REPEAT: Duration = Duration::from_secs(30);

/// Flat, waiting for the gates.
#[derive(Clone, Debug)]
pub struct Idle {
    next_look: Mono,
    next_line: Mono,
}

impl Idle {
    /// Flat now: opens at once when every gate is open.
    pub fn enter(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        Self { next_look: now, next_line: now.after(PATIENCE) }.step(desk, now, actions)
    }

    /// Flat, to be looked at again soon.
    pub fn wait(now: Mono) -> Phase {
        Phase::Idle(Self { next_look: now.after(LOOK_AGAIN), next_line: now.after(PATIENCE) })
    }

    /// One event.
    pub fn step(mut self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        if let Some(end) = may_not_go_on(desk, now, actions) {
            return end;
        }
        match gate::entry(desk, now) {
            Ok(entry) => Opening::enter(desk, now, entry, actions),
            Err(GateRefusal::Balance { venue, free }) => {
                let required = desk.settings.required_balance();
                actions.push(Action::Notice(Notice::InsufficientBalance { venue, free, required }));
                leave(desk, ExitReason::Limit, actions)
            }
            Err(refusal) => {
                if now >= self.next_line {
                    actions.push(Action::Notice(Notice::NotOpening(refusal)));
                    self.next_line = now.after(REPEAT);
                }
                self.next_look = now.after(LOOK_AGAIN);
                Phase::Idle(self)
            }
        }
    }

    /// Next look at the gates.
    pub fn deadline(&self) -> Option<Mono> {
        Some(self.next_look)
    }
}

/// What keeps a flat run from going on: a position nobody recorded, something of ours that is open after all, a broken part,
/// the operator, all that was asked for done, too many failures, too much lost.
pub fn may_not_go_on(desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Option<Phase> {
    desk.settle_contradiction(now, actions);
    if !Venue::ALL.into_iter().all(|venue| desk.foreign(venue).is_zero()) {
        return Some(Halted::enter(desk, now, actions));
    }
    if !desk.flat() {
        // A late fill, or a fill taken back: something is open that nobody holds.
        return Some(Flattening::unwind(desk, now, actions));
    }
    if let Some(reason) = desk.broken {
        return Some(leave(desk, reason, actions));
    }
    let all_done = desk.settings.cycles.is_some_and(|cycles| desk.completed >= cycles);
    if desk.stopping || all_done || desk.settings.mission == Mission::Flatten {
        return Some(leave(desk, ExitReason::Done, actions));
    }
    if desk.failures >= desk.settings.failures_max {
        actions.push(Action::Notice(Notice::FailureLimit(desk.failures)));
        actions.push(Action::Record(Record::Failures(0)));
        return Some(leave(desk, ExitReason::Limit, actions));
    }
    let loss = desk.day_loss(now);
    if let Some(limit) = desk.settings.day_loss_max.filter(|limit| loss >= *limit) {
        actions.push(Action::Notice(Notice::LossLimit(loss, limit)));
        return Some(leave(desk, ExitReason::Limit, actions));
    }
    None
}
