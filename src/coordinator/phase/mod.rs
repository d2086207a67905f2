//! The phases of a run. Each file starts with what the phase waits for, where it leaves to and its deadlines.
//! A transition consumes the phase and returns the next one.

mod ahead;
pub mod cooling;
pub mod evening;
pub mod flattening;
pub mod halted;
pub mod holding;
pub mod idle;
pub mod opening;
pub mod recovering;
pub mod reducer;
pub mod starting;

use super::desk::Desk;
use super::event::{Action, Event, ExitReason};
use super::notice::Notice;
use crate::domain::{ClientOrderId, Mono, Venue};

/// Where the run stands.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Nothing known yet.
    Starting(starting::Starting),
    /// Finding out what earlier runs left.
    Recovering(recovering::Recovering),
    /// Flat, waiting for the gates.
    Idle(idle::Idle),
    /// Both opening orders are out.
    Opening(opening::Opening),
    /// The legs filled differently and are being made equal.
    Evening(evening::Evening),
    /// A pair is held.
    Holding(holding::Holding),
    /// Everything is being brought to zero.
    Flattening(flattening::Flattening),
    /// Flat, waiting for the next cycle.
    Cooling(cooling::Cooling),
    /// Something is open that cannot or must not be closed by this run.
    Halted(halted::Halted),
    /// Over; nothing is done any more.
    Ended,
}

impl Phase {
    /// Hands one event to the phase and returns where that leads.
    pub fn step(self, desk: &mut Desk, now: Mono, event: &Event, actions: &mut Vec<Action>) -> Self {
        match self {
            Self::Starting(phase) => phase.step(desk, now, event, actions),
            Self::Recovering(phase) => phase.step(desk, now, event, actions),
            Self::Idle(phase) => phase.step(desk, now, actions),
            Self::Opening(phase) => phase.step(desk, now, event, actions),
            Self::Evening(phase) => phase.step(desk, now, event, actions),
            Self::Holding(phase) => phase.step(desk, now, event, actions),
            Self::Flattening(phase) => phase.step(desk, now, event, actions),
            Self::Cooling(phase) => phase.step(desk, now, actions),
            Self::Halted(phase) => phase.step(desk, now, actions),
            Self::Ended => Self::Ended,
        }
    }

    /// In one word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Starting(_) => "starting",
            Self::Recovering(_) => "recovering",
            Self::Idle(_) => "idle",
            Self::Opening(_) => "opening",
            Self::Evening(_) => "evening",
            Self::Holding(_) => "holding",
            Self::Flattening(_) => "flattening",
            Self::Cooling(_) => "cooling",
            Self::Halted(_) => "halted",
            Self::Ended => "ended",
        }
    }

    /// When the phase wants to be woken at the latest.
    pub fn deadline(&self, desk: &Desk) -> Option<Mono> {
        match self {
            Self::Starting(phase) => Some(phase.deadline(desk)),
            Self::Recovering(phase) => phase.deadline(),
            Self::Idle(phase) => phase.deadline(),
            Self::Opening(phase) => phase.deadline(),
            Self::Evening(phase) => phase.deadline(desk),
            Self::Holding(phase) => Some(phase.deadline()),
            Self::Flattening(phase) => phase.deadline(),
            Self::Cooling(phase) => Some(phase.deadline()),
            Self::Halted(phase) => Some(phase.deadline()),
            Self::Ended => None,
        }
    }

    /// Orders whose end is not known.
    pub fn unresolved(&self) -> Vec<(Venue, ClientOrderId)> {
        match self {
            Self::Starting(phase) => phase.unresolved(),
            Self::Recovering(phase) => phase.unresolved(),
            Self::Opening(phase) => phase.unresolved(),
            Self::Evening(phase) => phase.unresolved().into_iter().collect(),
            Self::Flattening(phase) => phase.unresolved(),
            Self::Idle(_) | Self::Holding(_) | Self::Cooling(_) | Self::Halted(_) | Self::Ended => Vec::new(),
        }
    }
}

/// Ends the run: says where both positions stand, then leaves.
pub fn leave(desk: &mut Desk, reason: ExitReason, actions: &mut Vec<Action>) -> Phase {
    leave_unresolved(desk, reason, Vec::new(), actions)
}

/// As [`leave`], with orders of whose end nothing is known.
fn leave_unresolved(
    desk: &mut Desk,
    reason: ExitReason,
    unresolved: Vec<(Venue, ClientOrderId)>,
    actions: &mut Vec<Action>,
) -> Phase {
    let positions = desk.positions();
    desk.release(actions);
    actions.push(Action::Notice(Notice::FinalPositions { positions, unresolved }));
    actions.push(Action::Exit(reason));
    Phase::Ended
}

/// Both orders leave before anybody writes a line about them.
fn commands_first(actions: &mut [Action]) {
    actions.sort_by_key(|action| !matches!(action, Action::Command(..)));
}
