//! The world of one run: one thread, one agenda, virtual time. It carries commands to the venues and reports back, lets
//! faults strike, kills and restarts the process, and calls the oracle at every boundary.

mod answers;
mod chaos;
mod line;
mod orders;
mod process;

use super::agenda::Agenda;
use super::disk::Disk;
use super::exchange::Exchange;
use super::fault::{Fault, Faults};
use super::figures::{Figures, phase_index};
use super::market::Market;
use super::oracle::{Invariant, Oracle, Violation};
use super::plan::{MS, Plan, SECOND};
use super::subject::{Maker, real};
use super::trace::Trace;
use crate::coordinator::Event;
use crate::domain::{ClientOrderId, Mono, PerVenue, Venue, Wall};
use crate::sim::rng::Rng;
use crate::venue::{VenueCommand, VenueReport};
pub(super) use chaos::event_index;
use line::Line;
use process::Process;

/// Steps of the process without time passing after which it counts as stuck.
const BUSY_STEPS: u32 = 2_000;
/// Wall time at virtual zero, in microseconds.
const EPOCH: i64 = 1_790_000_000_000_000;
/// From the last judgement to the request to stop.
const STOP_AFTER_JUDGEMENT: u64 = 5 * SECOND;

/// Something that happens at its time.
#[derive(Debug)]
enum Item {
    /// Reaches the process, if it is still the one of this number.
    Event(u32, Event),
    /// An order reaches its venue.
    Arrive(Venue, ClientOrderId),
    /// A cancellation reaches its venue.
    CancelArrives(Venue, ClientOrderId),
    /// An order that has been working is matched, or dies.
    Match(Venue, ClientOrderId),
    /// A question of this process reaches its venue; it left at the second number.
    Ask(u32, u64, Venue, VenueCommand),
    /// The next quote of a venue.
    Quote(Venue),
    /// A connection may be up again.
    Line(Venue),
    /// A connection is replaced.
    Replace(Venue),
    /// A venue's state may have changed back.
    Reopen(Venue),
    /// The ledger writes.
    Disk,
    /// The disk works again.
    DiskWorks,
    /// The next second: faults that need no occasion.
    Second,
    /// The process may have time again.
    Resume,
    /// The process starts.
    Start,
    /// Faults stop.
    Quiet,
    /// All must be settled.
    Judge,
    /// The operator asks to stop.
    Stop,
    /// The process must have ended.
    End,
}

/// How a run went.
#[derive(Debug)]
pub struct End {
    /// Counts.
    pub figures: Figures,
    /// Rules broken, the first one first.
    pub violations: Vec<Violation>,
    /// What was traced.
    pub trace: Trace,
    /// Classes that could strike.
    pub classes: Vec<Fault>,
    /// Actions of all processes.
    pub actions: u64,
    /// Virtual time at the end.
    pub at: u64,
}

/// Runs a plan with the real coordinator.
pub fn run(plan: &Plan, trace: Trace) -> End {
    run_with(plan, trace, &real)
}

/// Runs a plan with whatever `make` makes.
pub fn run_with(plan: &Plan, trace: Trace, make: &Maker<'_>) -> End {
    let mut world = World::new(plan, trace, make);
    world.live();
    world.end()
}

struct World<'a> {
    plan: Plan,
    make: &'a Maker<'a>,
    now: u64,
    agenda: Agenda<Item>,
    faults: Faults,
    venues: PerVenue<Exchange>,
    lines: PerVenue<Line>,
    market: Market,
    disk: Disk,
    disk_planned: bool,
    disk_slow_until: u64,
    process: Process,
    oracle: Oracle,
    figures: Figures,
    trace: Trace,
    /// Latencies.
    dice: Rng,
    /// How far the process's wall clock is off, in microseconds.
    wall_offset: i64,
    over: bool,
}

impl<'a> World<'a> {
    fn new(plan: &Plan, trace: Trace, make: &'a Maker<'a>) -> Self {
        Self {
            make,
            now: MS,
            agenda: Agenda::new(),
            faults: Faults::draw(plan.seed, plan.allowed),
            venues: PerVenue::from_fn(|venue| Exchange::new(venue, plan.specs[venue])),
            lines: PerVenue::from_fn(|_| Line::default()),
            market: Market::new(plan.seed),
            disk: Disk::new(),
            disk_planned: false,
            disk_slow_until: 0,
            process: Process::new(plan.settings),
            oracle: Oracle::new(plan.settings),
            figures: Figures { runs: 1, ..Figures::default() },
            trace,
            dice: Rng::stream(plan.seed, "dst-latency"),
            wall_offset: 0,
            over: false,
            plan: plan.clone(),
        }
    }

    fn live(&mut self) {
        self.agenda.add(self.now, Item::Start);
        for venue in Venue::ALL {
            self.agenda.add(self.now + 2 * MS, Item::Quote(venue));
        }
        self.agenda.add(self.now + SECOND, Item::Second);
        self.agenda.add(self.now + self.plan.safety, Item::Quiet);
        let mut busy = (0, 0);
        while !self.over && self.oracle.violations.is_empty() {
            let wake = self.process.wake_at(self.now);
            let next = self.agenda.next_at();
            let before = self.now;
            match (wake, next) {
                (Some(wake), next) if next.is_none_or(|next| wake < next) => {
                    self.now = self.now.max(wake);
                    self.step(&Event::Wake);
                }
                _ => {
                    let Some((at, item)) = self.agenda.take() else { return };
                    self.now = self.now.max(at);
                    self.happen(item);
                }
            }
            busy = if self.now > before { (self.now, 0) } else { (busy.0, busy.1 + 1) };
            if busy.1 > BUSY_STEPS {
                self.oracle.broken(Invariant::Bounded, self.now, "time stands still".to_owned());
            }
        }
    }

    fn end(mut self) -> End {
        self.oracle.end(self.now, &mut self.figures);
        self.figures.virtual_ns = u128::from(self.now);
        self.figures.violations = u64::try_from(self.oracle.violations.len()).unwrap_or(u64::MAX);
        for violation in &self.oracle.violations {
            self.trace.line(self.now, || format!("!! {violation}"));
        }
        End {
            classes: self.faults.classes().collect(),
            actions: self.process.actions_done(),
            figures: self.figures,
            violations: self.oracle.violations,
            trace: self.trace,
            at: self.now,
        }
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Event(epoch, event) => self.event_arrives(epoch, event),
            Item::Arrive(venue, cid) => self.order_arrives(venue, cid),
            Item::CancelArrives(venue, cid) => self.cancel_arrives(venue, cid),
            Item::Match(venue, cid) => self.working_order(venue, cid),
            Item::Ask(epoch, asked, venue, question) => self.question_arrives(epoch, asked, venue, question),
            Item::Quote(venue) => self.quote(venue),
            Item::Line(venue) => self.try_up(venue),
            Item::Replace(venue) => self.replace_line(venue),
            Item::Reopen(venue) => self.tell_trading(venue),
            Item::Disk => self.disk_writes(),
            Item::DiskWorks => {
                self.disk.set_failing(false);
                self.plan_disk();
            }
            Item::Second => self.second(),
            Item::Resume => self.resume(),
            Item::Start => self.start(),
            Item::Quiet => self.quiet(),
            Item::Judge => {
                self.oracle.judge(self.now, &self.venues);
                self.agenda.add(self.now + STOP_AFTER_JUDGEMENT, Item::Stop);
            }
            Item::Stop => {
                self.deliver(self.now, Event::StopRequested);
                self.agenda.add(self.now + super::oracle::STOPPED_WITHIN, Item::End);
            }
            Item::End => {
                let text = "still running long after it was asked to stop".to_owned();
                self.oracle.broken(Invariant::StopsInTime, self.now, text);
            }
        }
    }

    /// Rolls the dice of a fault and counts it.
    fn strikes(&mut self, fault: Fault) -> bool {
        let struck = self.faults.strikes(fault);
        if struck {
            self.struck(fault, None);
        }
        struck
    }

    fn struck(&mut self, fault: Fault, venue: Option<Venue>) {
        let phase = phase_index(self.process.phase());
        self.figures.faults[fault as usize][phase] += 1;
        self.trace.line(self.now, || {
            let place = venue.map_or(String::new(), |venue| format!(" {venue}"));
            format!("      ** {}{place}: {}", fault.name(), fault.what())
        });
    }

    /// Sends an event on its way to the process that runs now.
    fn deliver(&mut self, at: u64, event: Event) {
        if self.process.is_up() {
            self.agenda.add(at, Item::Event(self.process.epoch(), event));
        }
    }

    /// As [`World::deliver`], for what a session tells of itself.
    fn tell(&mut self, at: u64, venue: Venue, report: VenueReport) {
        self.deliver(at, Event::Report(venue, report));
    }

    fn mono(&self) -> Mono {
        Mono(self.now)
    }

    fn wall(&self) -> Wall {
        Wall(EPOCH + i64::try_from(self.now / 1_000).unwrap_or(i64::MAX / 2) + self.wall_offset)
    }

    fn plan_disk(&mut self) {
        if !self.disk_planned && self.disk.has_work() {
            self.disk_planned = true;
            let slow = self.disk_slow_until.saturating_sub(self.now);
            self.agenda.add(self.now + self.plan.disk_delay + slow, Item::Disk);
        }
    }

    fn disk_writes(&mut self) {
        self.disk_planned = false;
        for report in self.disk.work() {
            self.deliver(self.now, Event::Ledger(report));
        }
    }
}
