//! The process under test: starts, steps, pauses, dies between any two actions, starts again.

use super::{Item, World};
use crate::coordinator::{Action, Event, ExitReason, Settings};
use crate::domain::{Mono, PerVenue, Purpose, Venue};
use crate::dst::fault::Fault;
use crate::dst::figures::phase_index;
use crate::dst::plan::{MS, SECOND, draw_settings};
use crate::dst::subject::Subject;
use crate::dst::world::line::Line;
use crate::sim::rng::Rng;
use crate::venue::{VenueCommand, VenueReport};
use std::collections::VecDeque;

/// Processes a run may see die.
const CRASHES_MAX: u32 = 8;

/// The process, while there is one.
pub(super) struct Process {
    subject: Option<Box<dyn Subject>>,
    /// Counts processes: what was on its way to an earlier one is lost.
    epoch: u32,
    settings: Settings,
    paused_until: u64,
    /// What reached it while it had no time, in order.
    backlog: VecDeque<Event>,
    /// Dies after this many more actions.
    dies_in: Option<u64>,
    crashes: u32,
    actions: u64,
    buffer: Vec<Action>,
}

impl Process {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            subject: None,
            epoch: 0,
            settings,
            paused_until: 0,
            backlog: VecDeque::new(),
            dies_in: None,
            crashes: 0,
            actions: 0,
            buffer: Vec::with_capacity(32),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.subject.is_some()
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(super) fn phase(&self) -> &'static str {
        self.subject.as_ref().map_or("down", |subject| subject.phase())
    }

    pub(super) fn actions_done(&self) -> u64 {
        self.actions
    }

    /// When it wants to be woken and can be.
    pub(super) fn wake_at(&self, now: u64) -> Option<u64> {
        let Mono(deadline) = self.subject.as_ref()?.deadline()?;
        Some(deadline.max(now).max(self.paused_until))
    }

    pub(super) fn may_crash(&self) -> bool {
        self.is_up() && self.crashes < CRASHES_MAX && self.dies_in.is_none()
    }

    pub(super) fn dies_after(&mut self, actions: u64) {
        self.dies_in = Some(actions);
    }

    /// Gets no time until then.
    pub(super) fn pause(&mut self, until: u64) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Nothing more is planned against it. A pause under way ends when it ends: what waits for its end must stay in order.
    pub(super) fn calm(&mut self) {
        self.dies_in = None;
    }
}

impl World<'_> {
    /// A process begins, with what the disk knows.
    pub(super) fn start(&mut self) {
        if self.process.is_up() || self.over {
            return;
        }
        if self.process.epoch > 0 {
            if self.strikes(Fault::LedgerLost) {
                self.disk.lose();
                self.oracle.ledger_lost();
                for venue in Venue::ALL {
                    self.venues[venue].disown();
                    self.oracle.disturbed(self.now, venue);
                }
            }
            if self.strikes(Fault::NewSettings) {
                let number = self.faults.between(Fault::NewSettings, 0, u64::MAX - 1);
                self.process.settings = draw_settings(&mut Rng::new(number));
            }
        }
        self.process.epoch += 1;
        self.process.paused_until = 0;
        self.process.dies_in = None;
        self.figures.starts += 1;
        let memory = self.disk.memory(self.wall());
        let open = !memory.cycles.is_empty();
        let (number, settings) = (self.process.epoch, self.process.settings);
        self.trace
            .line(self.now, || format!("== process {number} starts, {} open cycles", memory.cycles.len()));
        self.oracle.process_begins(self.now, settings);
        self.oracle.on_memory(self.now, &memory, &self.venues);
        self.process.subject = Some((self.make)(settings, memory));
        if let Some(script) = &self.plan.script
            && let Some(at) = script.crash_at.filter(|_| number == 1)
        {
            self.process.dies_in = Some(at);
        }
        if open && number > 1 && self.process.may_crash() && self.strikes(Fault::CrashAgain) {
            self.process.dies_in = Some(self.faults.between(Fault::CrashAgain, 0, 60));
        }
        self.step(&Event::Begin);
    }

    /// Something reaches the process: dropped when it is gone, put off while it has no time.
    pub(super) fn event_arrives(&mut self, epoch: u32, event: Event) {
        if epoch != self.process.epoch || !self.process.is_up() {
            return;
        }
        if self.now < self.process.paused_until || !self.process.backlog.is_empty() {
            return self.process.backlog.push_back(event);
        }
        self.take_in(&event);
    }

    /// The process has time again and takes in what waited for it.
    pub(super) fn resume(&mut self) {
        if self.now < self.process.paused_until {
            return self.agenda.add(self.process.paused_until, Item::Resume);
        }
        let epoch = self.process.epoch;
        while let Some(event) = self.process.backlog.pop_front() {
            if self.process.is_up() && self.process.epoch == epoch {
                self.take_in(&event);
            }
        }
    }

    fn take_in(&mut self, event: &Event) {
        if matches!(event, Event::Report(_, VenueReport::Filled(_)))
            && self.process.may_crash()
            && self.strikes(Fault::CrashOnFill)
        {
            match self.faults.between(Fault::CrashOnFill, 0, 4) {
                0 => return self.crash(),
                actions => self.process.dies_in = Some(actions - 1),
            }
        }
        self.step(event);
    }

    /// One step of the process and everything it wants done.
    pub(super) fn step(&mut self, event: &Event) {
        let Some(mut subject) = self.process.subject.take() else { return };
        self.figures.coverage[phase_index(subject.phase())][super::chaos::event_index(event)] += 1;
        if !matches!(event, Event::Quote(_, Ok(_)) | Event::Wake) {
            self.trace.line(self.now, || format!("   -> {event:?}"));
        }
        self.oracle.on_event(event);
        let mut actions = std::mem::take(&mut self.process.buffer);
        subject.step(Mono(self.now), event, &mut actions);
        self.figures.steps += 1;
        self.process.subject = Some(subject);
        for action in actions.drain(..) {
            if self.process.dies_in == Some(0) {
                self.crash();
                break;
            }
            if let Some(left) = &mut self.process.dies_in {
                *left -= 1;
            }
            self.process.actions += 1;
            if self.perform(action) {
                break;
            }
        }
        actions.clear();
        self.process.buffer = actions;
        if self.process.is_up() {
            self.oracle.after_step(self.now);
        }
        self.plan_disk();
    }

    /// Does what the process wants done; true when it is gone after that.
    fn perform(&mut self, action: Action) -> bool {
        match action {
            Action::Command(venue, command) => self.command(venue, command),
            Action::Reserve(wish) => {
                self.disk.reserve(self.wall(), wish);
                false
            }
            Action::Record(record) => {
                self.trace.line(self.now, || format!("      record {record:?}"));
                self.oracle.on_record(self.now, &record, &self.venues);
                self.disk.keep(self.wall(), record);
                false
            }
            Action::Notice(notice) => {
                self.trace.line(self.now, || format!("      notice {notice:?}"));
                self.oracle.on_notice(self.now, &notice, &self.venues, &mut self.figures);
                false
            }
            Action::Exit(reason) => {
                self.exit(reason);
                true
            }
        }
    }

    fn command(&mut self, venue: Venue, command: VenueCommand) -> bool {
        self.trace.line(self.now, || format!("   <- {venue} {command:?}"));
        self.oracle.on_command(self.now, venue, &command, &self.venues, &self.disk);
        match command {
            VenueCommand::Start => self.connect(venue),
            VenueCommand::Submit(intent) => {
                if intent.purpose == Purpose::Open && venue == Venue::ALL[0] && intent.cid.attempt() == 0 {
                    self.figures.cycles += 1;
                }
                self.submit(venue, intent);
                if self.process.may_crash() && self.strikes(Fault::CrashOnSubmit) {
                    self.crash();
                    return true;
                }
            }
            VenueCommand::Cancel(cid) => {
                if self.lines[venue].up {
                    let at = self.now + self.latency(venue);
                    self.agenda.add(at, Item::CancelArrives(venue, cid));
                }
            }
            VenueCommand::AskOrder(_)
            | VenueCommand::AskPosition
            | VenueCommand::AskOpenOrders
            | VenueCommand::AskBalance => {
                let at = self.now + self.latency(venue);
                self.agenda.add(at, Item::Ask(self.process.epoch, self.now, venue, command));
            }
            // Nothing leaves for it.
            VenueCommand::Prepare(_) => {}
            VenueCommand::Shutdown => self.lines[venue].started = false,
        }
        false
    }

    /// The process is gone without a word.
    pub(super) fn crash(&mut self) {
        self.trace.line(self.now, || "== the process dies".to_owned());
        self.process.subject = None;
        self.process.backlog.clear();
        self.process.dies_in = None;
        self.process.crashes += 1;
        self.figures.crashes += 1;
        let survives = match &self.plan.script {
            Some(script) => script.survives,
            None => self.faults.between(Fault::Crash, 0, 1_000),
        };
        self.disk.crash(survives);
        self.disconnect_all();
        self.oracle.process_gone();
        let down = if self.faults.on && self.plan.script.is_none() {
            self.faults.between(Fault::Crash, 100 * MS, 20 * SECOND)
        } else {
            500 * MS
        };
        self.agenda.add(self.now + down, Item::Start);
    }

    fn disconnect_all(&mut self) {
        self.lines = PerVenue::from_fn(|venue| Line {
            up: false,
            started: false,
            dead: false,
            ..self.lines[venue].clone()
        });
    }

    fn exit(&mut self, reason: ExitReason) {
        self.trace.line(self.now, || format!("== exit {reason:?}"));
        self.figures.ended(reason);
        self.oracle.on_exit(self.now, reason, &self.venues);
        self.oracle.after_step(self.now);
        self.process.subject = None;
        self.process.backlog.clear();
        self.disconnect_all();
        self.disk.work();
        if !self.disk.has_work() {
            let memory = self.disk.memory(self.wall());
            self.oracle.on_final_memory(self.now, reason, &memory, &self.venues);
        }
        self.disk.crash(1_000);
        self.oracle.process_gone();
        if self.plan.script.is_none() && self.process.epoch < 12 && self.strikes(Fault::NewSettings) {
            // Somebody starts it again.
            let wait = self.faults.between(Fault::NewSettings, SECOND, 10 * SECOND);
            self.agenda.add(self.now + wait, Item::Start);
        } else {
            self.over = true;
        }
    }
}
