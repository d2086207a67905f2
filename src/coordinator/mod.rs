//! Every decision of a run, as a pure function over time: one event in, actions out.
//!
//! No socket, no JSON, no key, no clock, no global. The live threads, the simulation and the replay of a recording drive
//! the same [`Coordinator::step`]. Laws R1 to R7 live here: `inflight` (R1, R2, R5, R7), `evidence` (R2, R3), `phase::reducer`
//! (R4).

mod desk;
mod event;
mod evidence;
mod gate;
mod inflight;
pub mod journal;
mod notice;
mod phase;
mod rehearsal;
mod settings;
mod tally;
pub mod watch;

pub use crate::venue::{ForeignMove, TradingState};
pub use event::{Action, Event, ExitReason};
pub use gate::GateRefusal;
pub use notice::{MismatchCause, Notice, RecoveryOutcome, Stop};
pub use settings::{Imbalance, Mission, OnRestart, OnVenueDown, Settings, open_side};

use crate::domain::{Mono, PerVenue, Qty, Venue};
use crate::venue::VenueReport;
use desk::Desk;
use journal::Memory;
use phase::Phase;
use phase::starting::Starting;

/// The state machine of one run in one market.
#[derive(Clone, Debug)]
pub struct Coordinator {
    desk: Desk,
    phase: Phase,
}

impl Coordinator {
    /// A run that has not begun: its first event is [`Event::Begin`]. `memory` is what earlier runs left.
    pub fn new(settings: Settings, memory: Memory) -> Self {
        Self { desk: Desk::new(settings, &memory), phase: Phase::Starting(Starting::new(memory)) }
    }

    /// Takes one event at `now` and says what is to be done, in order. `now` never goes back.
    pub fn step(&mut self, now: Mono, event: &Event, actions: &mut Vec<Action>) {
        if self.has_ended() {
            return;
        }
        let event = if self.desk.is_undone(event) { &Event::Wake } else { event };
        self.desk.observe(now, event, actions);
        if self.notice_trouble(event, actions) {
            return;
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Ended);
        self.phase = phase.step(&mut self.desk, now, event, actions);
        if !self.has_ended() {
            self.desk.on_time(now, actions);
            self.phase.prepare(&mut self.desk, now, actions);
        }
    }

    /// Requests to stop and failures for good. Returns true when the run ended at once.
    fn notice_trouble(&mut self, event: &Event, actions: &mut Vec<Action>) -> bool {
        match event {
            Event::StopRequested if self.desk.stopping => {
                self.stop_at_once(actions);
                return true;
            }
            Event::StopRequested => {
                self.desk.stopping = true;
                actions.push(Action::Notice(Notice::Stopping));
            }
            Event::ThreadDied(what) => {
                actions.push(Action::Notice(Notice::ThreadDied(what.clone())));
                self.desk.broken.get_or_insert(ExitReason::Limit);
            }
            Event::Report(venue, VenueReport::Fatal(text)) => return self.on_fatal(*venue, text, actions),
            Event::Begin | Event::Report(..) | Event::Quote(..) | Event::Ledger(_) | Event::Wake => {}
        }
        false
    }

    fn on_fatal(&mut self, venue: Venue, text: &str, actions: &mut Vec<Action>) -> bool {
        actions.push(Action::Notice(Notice::Fatal(venue, text.to_owned())));
        self.desk.broken = Some(ExitReason::Configuration);
        let Phase::Starting(starting) = &self.phase else { return false };
        // Nothing was sent by this run; what an earlier one left is still there.
        let reason = if starting.is_recovery() { ExitReason::Exposure } else { ExitReason::Configuration };
        self.phase = phase::leave(&mut self.desk, reason, actions);
        true
    }

    fn stop_at_once(&mut self, actions: &mut Vec<Action>) {
        actions.push(Action::Notice(Notice::StoppedAtOnce));
        let clean = self.phase.unresolved().is_empty() && self.desk.flat() && !self.desk.has_open_cycles();
        self.end_at_once(if clean { ExitReason::Done } else { ExitReason::Exposure }, actions);
    }

    fn end_at_once(&mut self, reason: ExitReason, actions: &mut Vec<Action>) {
        let unresolved = self.phase.unresolved();
        self.desk.release(actions);
        actions.push(Action::Notice(Notice::FinalPositions { positions: self.desk.positions(), unresolved }));
        actions.push(Action::Exit(reason));
        self.phase = Phase::Ended;
    }

    /// When [`Event::Wake`] is due at the latest; `None` when only an event can change anything.
    pub fn deadline(&self) -> Option<Mono> {
        if self.has_ended() {
            return None;
        }
        [self.phase.deadline(&self.desk), self.desk.deadline()].into_iter().flatten().min()
    }

    /// Whether ids were asked for that have not come yet. After the end of a run they are to be given back when they come:
    /// ids without an end look like orders that nobody recorded.
    pub fn waits_for_ids(&self) -> bool {
        self.desk.waits_for_ids()
    }

    /// True after [`Action::Exit`].
    pub fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    /// Name of the phase it is in, for logs, traces and coverage.
    pub fn phase_name(&self) -> &'static str {
        self.phase.name()
    }

    /// Signed positions as recorded.
    pub fn positions(&self) -> PerVenue<Qty> {
        self.desk.positions()
    }
}
