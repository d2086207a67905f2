//! Starting. Waits for: rules, balance, position, quote and readiness of both venues. Leaves to: idle, or the end of the
//! run when something refuses. Deadline: `ready_deadline`, with a line every tenth of it. On restart: starts here.

use super::{Phase, idle::Idle, leave};
use crate::coordinator::desk::Desk;
use crate::coordinator::event::{Action, Event, ExitReason};
use crate::coordinator::notice::Notice;
use crate::domain::{Mono, Venue, common_quantity};
use crate::venue::VenueCommand;
use std::time::Duration;

/// How often the wait is reported until the deadline.
const REPORTS: u32 = 10;

/// Waiting for everything a first cycle needs.
#[derive(Clone, Debug)]
pub struct Starting {
    next_report: Mono,
    reports: u32,
}

impl Starting {
    /// Before the first event.
    pub fn new() -> Self {
        Self { next_report: Mono(u64::MAX), reports: 0 }
    }

    /// One event.
    pub fn step(mut self, desk: &mut Desk, now: Mono, event: &Event, actions: &mut Vec<Action>) -> Phase {
        if matches!(event, Event::Begin) {
            for venue in Venue::ALL {
                actions.push(Action::Command(venue, VenueCommand::Start));
            }
            self.next_report = now.after(pause(desk));
        }
        if desk.stopping {
            return leave(desk, ExitReason::Done, actions);
        }
        if let Some(reason) = refusal(desk, actions) {
            return leave(desk, reason, actions);
        }
        let missing = missing(desk);
        if missing.is_none() {
            return Idle::enter(desk, now, actions);
        }
        if now >= self.next_report {
            self.reports += 1;
            if self.reports > REPORTS {
                actions.push(Action::Notice(Notice::NotReadyInTime(missing.unwrap_or_default())));
                return leave(desk, ExitReason::Refused, actions);
            }
            actions.push(Action::Notice(Notice::Waiting { attempt: self.reports, of: REPORTS }));
            self.next_report = now.after(pause(desk));
        }
        Phase::Starting(self)
    }

    /// Next report.
    pub fn deadline(&self) -> Mono {
        self.next_report
    }
}

impl Default for Starting {
    fn default() -> Self {
        Self::new()
    }
}

fn pause(desk: &Desk) -> Duration {
    desk.settings.ready_deadline / REPORTS
}

/// Facts that refuse the start at once. All of them are said, not only the first.
fn refusal(desk: &Desk, actions: &mut Vec<Action>) -> Option<ExitReason> {
    let mut reason = None;
    let required = desk.settings.required_balance();
    let balances_known = desk.venues.all(|view| view.free.is_some());
    for (venue, view) in desk.venues.iter() {
        let position = desk.watch[venue].stated();
        if view.position_known && position.is_some_and(|qty| !qty.is_zero()) {
            let position = position.unwrap_or_default();
            actions.push(Action::Notice(Notice::ForeignPosition { venue, position }));
            reason = Some(ExitReason::Refused);
        }
        // Both balances are judged together, so that the operator reads of both at once.
        if let Some(free) = view.free.filter(|free| balances_known && *free < required) {
            actions.push(Action::Notice(Notice::InsufficientBalance { venue, free, required }));
            reason = Some(ExitReason::Refused);
        }
    }
    if reason.is_none() {
        reason = size_refusal(desk, actions);
    }
    reason
}

fn size_refusal(desk: &Desk, actions: &mut Vec<Action>) -> Option<ExitReason> {
    let (a, b) = (&desk.venues.paradex, &desk.venues.lighter);
    let specs = crate::domain::PerVenue { paradex: a.spec?, lighter: b.spec? };
    let average = a.quote.ok()?.mid().midpoint(b.quote.ok()?.mid());
    let refusal = common_quantity(desk.settings.margin, average, &specs).err()?;
    actions.push(Action::Notice(Notice::NoSize(refusal)));
    Some(ExitReason::Configuration)
}

/// What is still missing, in words; `None` when all is there.
fn missing(desk: &Desk) -> Option<String> {
    let mut parts = Vec::new();
    for (venue, view) in desk.venues.iter() {
        let facts = [
            (view.spec.is_some(), "market rules"),
            (view.free.is_some(), "balance"),
            (view.position_known, "position"),
            (view.quote.is_ok(), "a usable quote"),
            (view.ready, "confirmed private streams"),
        ];
        parts.extend(facts.iter().filter(|(known, _)| !known).map(|(_, what)| format!("{venue}: {what}")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
