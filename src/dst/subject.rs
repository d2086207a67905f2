//! What is under test. The real coordinator, or one that was broken on purpose to see the oracle catch it.

use crate::coordinator::journal::Memory;
use crate::coordinator::{Action, Coordinator, Event, Settings};
use crate::domain::Mono;

/// Something that decides.
pub trait Subject {
    /// Takes one event and says what is to be done, in order.
    fn step(&mut self, now: Mono, event: &Event, actions: &mut Vec<Action>);

    /// When it wants to be woken at the latest.
    fn deadline(&self) -> Option<Mono>;

    /// Name of the phase it is in, for coverage and traces only.
    fn phase(&self) -> &'static str;
}

impl Subject for Coordinator {
    fn step(&mut self, now: Mono, event: &Event, actions: &mut Vec<Action>) {
        Self::step(self, now, event, actions);
    }

    fn deadline(&self) -> Option<Mono> {
        Self::deadline(self)
    }

    fn phase(&self) -> &'static str {
        self.phase_name()
    }
}

/// Makes the subject of one process from its settings and what earlier processes left.
pub type Maker<'a> = dyn Fn(Settings, Memory) -> Box<dyn Subject> + Sync + 'a;

/// The coordinator as it trades.
pub fn real(settings: Settings, memory: Memory) -> Box<dyn Subject> {
    Box::new(Coordinator::new(settings, memory))
}
