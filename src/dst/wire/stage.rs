//! Drives one run of depth 2: both worlds, the ledger and the process side by side, always the one that is due first.

use super::judge::Judge;
use super::place::{Place, Truth, places};
use super::plan::{EPOCH, WirePlan};
use crate::coordinator::journal::Memory;
use crate::coordinator::{Action, Event, ExitReason};
use crate::domain::{Mono, PerVenue, Purpose, Venue, Wall};
use crate::dst::agenda::Agenda;
use crate::dst::disk::Disk;
use crate::dst::figures::{Figures, phase_index};
use crate::dst::oracle::Invariant;
use crate::dst::plan::{MS, SECOND};
use crate::dst::subject::{Maker, Subject};
use crate::dst::trace::Trace;
use crate::dst::world::{End, event_index};
use crate::sim::rng::Rng;
use crate::sim::world::{DialFate, HttpFate, What};
use crate::venue::{VenueCommand, VenueReport};
use std::collections::VecDeque;
use std::time::Duration;

/// From the end of faults to the judgement.
const SETTLED_WITHIN: u64 = 60 * SECOND;
/// From the request to stop to the end.
const STOPPED_WITHIN: u64 = 120 * SECOND;
/// After an exit, until nothing can be under way any more.
const AFTERMATH: u64 = 5 * SECOND;
const CRASHES_MAX: u64 = 6;
const BUSY_STEPS: u32 = 20_000;

enum Item {
    Start,
    Disk,
    Second,
    NetworkWell(Venue),
    Quiet,
    Judge,
    Stop,
    TooLate,
    Aftermath(ExitReason),
}

struct Stage<'a> {
    plan: &'a WirePlan,
    make: &'a Maker<'a>,
    now: u64,
    places: PerVenue<Box<dyn Place>>,
    agenda: Agenda<Item>,
    disk: Disk,
    disk_planned: bool,
    subject: Option<Box<dyn Subject>>,
    process: u32,
    dies_in: Option<u64>,
    pending: VecDeque<Event>,
    judge: Judge,
    figures: Figures,
    trace: Trace,
    dice: Rng,
    quiet: bool,
    actions: u64,
    over: bool,
}

/// Runs the plan of a seed with whatever `make` makes.
pub fn run(plan: &WirePlan, trace: Trace, make: &Maker<'_>) -> End {
    let mut stage = Stage {
        plan,
        make,
        now: MS,
        places: places(plan),
        agenda: Agenda::new(),
        disk: Disk::new(),
        disk_planned: false,
        subject: None,
        process: 0,
        dies_in: None,
        pending: VecDeque::new(),
        judge: Judge::new(plan.settings),
        figures: Figures { runs: 1, ..Figures::default() },
        trace,
        dice: Rng::stream(plan.seed, "wire-dice"),
        quiet: false,
        actions: 0,
        over: false,
    };
    stage.live();
    stage.end()
}

impl Stage<'_> {
    fn live(&mut self) {
        self.agenda.add(self.now, Item::Start);
        self.agenda.add(SECOND, Item::Second);
        self.agenda.add(self.plan.safety, Item::Quiet);
        let mut busy = 0;
        while !self.over && self.judge.violations.is_empty() {
            let wake = self.subject.as_ref().and_then(|subject| subject.deadline()).map(|Mono(at)| at);
            let due = |venue: Venue| self.places[venue].next_due().map(|Mono(at)| at);
            let dues = [due(Venue::Paradex), due(Venue::Lighter), self.agenda.next_at(), wake];
            let Some((first, at)) = earliest(dues) else { return };
            let at = at.max(self.now);
            busy = if at > self.now { 0 } else { busy + 1 };
            if busy > BUSY_STEPS {
                return self.judge.broken(Invariant::Bounded, self.now, "time stands still".to_owned());
            }
            self.now = at;
            match first {
                0 => self.advance(Venue::Paradex),
                1 => self.advance(Venue::Lighter),
                2 => {
                    if let Some((_, item)) = self.agenda.take() {
                        self.happen(item);
                    }
                }
                _ => self.pending.push_back(Event::Wake),
            }
            self.hear();
        }
    }

    fn end(mut self) -> End {
        self.judge.end(self.now, &mut self.figures);
        self.figures.virtual_ns = u128::from(self.now);
        self.figures.violations = u64::try_from(self.judge.violations.len()).unwrap_or(u64::MAX);
        for (venue, place) in self.places.iter() {
            for (word, count) in place.tally() {
                *self.figures.by_word.entry(format!("{venue} {word}")).or_default() += count;
            }
        }
        for violation in &self.judge.violations {
            self.trace.line(self.now, || format!("!! {violation}"));
        }
        End {
            figures: self.figures,
            violations: self.judge.violations,
            trace: self.trace,
            classes: Vec::new(),
            actions: self.actions,
            at: self.now,
        }
    }

    /// Lets a venue live up to now and takes in what its session tells.
    fn advance(&mut self, venue: Venue) {
        if let Err(stuck) = self.places[venue].run_to(Mono(self.now)) {
            self.judge.broken(Invariant::Bounded, self.now, stuck.to_string());
        }
        self.collect(venue);
    }

    fn collect(&mut self, venue: Venue) {
        for told in self.places[venue].take_told() {
            match told.what {
                What::Report(report) => self.pending.push_back(Event::Report(venue, report)),
                // Counted, and nothing else comes of it.
                What::Ahead(_) => {}
                What::Quote(quote) => self.pending.push_back(Event::Quote(venue, quote)),
                What::Log(level, text) => {
                    self.trace.line(self.now, || format!("      log {venue} {level} {text}"));
                }
            }
        }
    }

    /// The process takes in what waits for it.
    fn hear(&mut self) {
        let mut news = false;
        while let Some(event) = self.pending.pop_front() {
            news |= !matches!(event, Event::Quote(..) | Event::Wake);
            self.step(&event);
            if !self.judge.violations.is_empty() {
                return;
            }
        }
        if news {
            self.look();
        }
    }

    fn truths(&self) -> PerVenue<Truth> {
        PerVenue::from_fn(|venue| self.places[venue].truth())
    }

    fn look(&mut self) {
        let truths = self.truths();
        self.judge.look(self.now, &truths, &mut self.figures);
    }

    fn step(&mut self, event: &Event) {
        let Some(mut subject) = self.subject.take() else { return };
        self.figures.coverage[phase_index(subject.phase())][event_index(event)] += 1;
        if !matches!(event, Event::Quote(_, Ok(_)) | Event::Wake) {
            self.trace.line(self.now, || format!("   -> {event:?}"));
        }
        match event {
            Event::Quote(venue, Ok(quote)) => self.judge.quotes[*venue] = Some(*quote),
            Event::Report(venue, VenueReport::Market { spec, .. }) => self.judge.specs[*venue] = Some(*spec),
            _ => {}
        }
        let mut actions = Vec::new();
        subject.step(Mono(self.now), event, &mut actions);
        self.figures.steps += 1;
        self.subject = Some(subject);
        for action in actions {
            if self.dies_in == Some(0) {
                return self.crash();
            }
            self.dies_in = self.dies_in.map(|left| left - 1);
            self.actions += 1;
            self.perform(action);
            if self.subject.is_none() {
                return;
            }
        }
        self.plan_disk();
    }

    fn wall(&self) -> Wall {
        EPOCH.after(Duration::from_nanos(self.now))
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Command(venue, command) => self.command(venue, command),
            Action::Reserve(wish) => self.disk.reserve(self.wall(), wish),
            Action::Record(record) => {
                self.trace.line(self.now, || format!("      record {record:?}"));
                self.disk.keep(self.wall(), record);
            }
            Action::Notice(notice) => {
                self.trace.line(self.now, || format!("      notice {notice:?}"));
                self.judge.on_notice(self.now, &notice, &mut self.figures);
            }
            Action::Exit(reason) => self.exit(reason),
        }
    }

    fn command(&mut self, venue: Venue, command: VenueCommand) {
        self.trace.line(self.now, || format!("   <- {venue} {command:?}"));
        self.advance(venue);
        if let VenueCommand::Submit(intent) = &command {
            self.figures.orders += 1;
            let first = intent.purpose == Purpose::Open && intent.cid.attempt() == 0;
            self.figures.cycles += u64::from(first && venue == Venue::Paradex);
            let truth = self.places[venue].truth();
            self.judge.on_submit(self.now, intent, &truth, &self.disk);
        }
        self.places[venue].command(command);
        self.collect(venue);
    }

    fn plan_disk(&mut self) {
        if !self.disk_planned && self.disk.has_work() {
            self.disk_planned = true;
            self.agenda.add(self.now + self.plan.disk_delay, Item::Disk);
        }
    }

    fn start(&mut self) {
        if self.subject.is_some() || self.over {
            return;
        }
        self.process += 1;
        self.figures.starts += 1;
        self.dies_in = None;
        let memory: Memory = self.disk.memory(self.wall());
        let (number, open) = (self.process, memory.cycles.len());
        self.trace.line(self.now, || format!("== process {number} starts, {open} open cycles"));
        self.judge.process_begins(self.now);
        self.subject = Some((self.make)(self.plan.settings, memory));
        self.pending.push_back(Event::Begin);
    }

    /// Sessions and connections are gone; what has left lives on at the venues.
    fn process_gone(&mut self) {
        self.subject = None;
        self.pending.clear();
        for venue in Venue::ALL {
            self.advance(venue);
            self.places[venue].restart(self.process);
        }
        self.pending.clear();
        self.judge.process_gone();
    }

    fn crash(&mut self) {
        self.trace.line(self.now, || "== the process dies".to_owned());
        self.figures.crashes += 1;
        let survives = self.dice.below(1_001);
        self.disk.crash(survives);
        self.process_gone();
        let down = if self.quiet { 100 * MS } else { 100 * MS + self.dice.below(10 * SECOND) };
        self.agenda.add(self.now + down, Item::Start);
    }

    fn exit(&mut self, reason: ExitReason) {
        self.trace.line(self.now, || format!("== exit {reason:?}"));
        self.figures.ended(reason);
        let truths = self.truths();
        self.judge.look(self.now, &truths, &mut self.figures);
        self.judge.on_exit(self.now, reason, &truths);
        self.subject = None;
        self.judge.process_gone();
        self.disk.work();
        if reason == ExitReason::Done {
            let memory = self.disk.memory(self.wall());
            self.judge.on_final_memory(self.now, &memory, &truths);
        }
        self.agenda.add(self.now + AFTERMATH, Item::Aftermath(reason));
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Start => self.start(),
            Item::Disk => {
                self.disk_planned = false;
                for report in self.disk.work() {
                    self.pending.push_back(Event::Ledger(report));
                }
            }
            Item::Second => self.second(),
            Item::NetworkWell(venue) => self.network_well(venue),
            Item::Quiet => {
                self.trace.line(self.now, || "== faults stop".to_owned());
                self.quiet = true;
                self.dies_in = None;
                Venue::ALL.into_iter().for_each(|venue| self.network_well(venue));
                self.agenda.add(self.now + SETTLED_WITHIN, Item::Judge);
            }
            Item::Judge => {
                self.look();
                let truths = self.truths();
                self.judge.judge(self.now, &truths);
                self.agenda.add(self.now + 5 * SECOND, Item::Stop);
            }
            Item::Stop => {
                self.pending.push_back(Event::StopRequested);
                self.agenda.add(self.now + STOPPED_WITHIN, Item::TooLate);
            }
            Item::TooLate => {
                let text = "still running long after it was asked to stop".to_owned();
                self.judge.broken(Invariant::StopsInTime, self.now, text);
            }
            Item::Aftermath(reason) => {
                let truths = self.truths();
                self.judge.on_exit(self.now, reason, &truths);
                self.over = true;
            }
        }
    }

    fn second(&mut self) {
        self.agenda.add(self.now + SECOND, Item::Second);
        self.look();
        if self.quiet || self.subject.is_none() {
            return;
        }
        for venue in Venue::ALL {
            if self.dice.chance_ppm(self.plan.network_ppm) {
                self.network_ill(venue);
            }
        }
        if self.figures.crashes < CRASHES_MAX && self.dice.chance_ppm(self.plan.crash_ppm) {
            self.dies_in = Some(self.dice.below(30));
        }
        if self.dice.chance_ppm(self.plan.stop_ppm) {
            self.pending.push_back(Event::StopRequested);
        }
    }

    fn network_ill(&mut self, venue: Venue) {
        let well = self.now + 200 * MS + self.dice.below(12 * SECOND);
        let what = self.dice.below(5);
        let place = &mut self.places[venue];
        match what {
            0 => place.network().muted = true,
            1 => place.network().http = HttpFate::AnswerLost,
            2 => place.network().http = HttpFate::Unreachable,
            3 => {
                place.network().dial = DialFate::Unreachable;
                place.cut();
            }
            _ => place.cut(),
        }
        let word = ["muted", "http answers lost", "http unreachable", "unreachable", "cut"];
        let word = word[usize::try_from(what).unwrap_or_default()];
        *self.figures.by_word.entry(format!("{venue} network {word}")).or_default() += 1;
        self.trace.line(self.now, || format!("      ** {venue} network: {word}"));
        self.collect(venue);
        self.agenda.add(well, Item::NetworkWell(venue));
    }

    fn network_well(&mut self, venue: Venue) {
        let network = self.places[venue].network();
        (network.muted, network.http, network.dial) = (false, HttpFate::Answered, DialFate::Arrives);
    }
}

/// Which of them is first, and when.
fn earliest(dues: [Option<u64>; 4]) -> Option<(usize, u64)> {
    let known = dues.into_iter().enumerate().filter_map(|(at, due)| due.map(|due| (at, due)));
    known.min_by_key(|(at, due)| (*due, *at))
}
