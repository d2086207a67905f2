//! The coordinator with everything it can reach: takes events off the queues, hands actions out. The same in a thread of its
//! own and in the thread of everything.

use super::clock::Clock;
use super::engine::{COORDINATOR, Surroundings};
use super::feed::{FeedReader, FromVenue};
use super::panics::Panicked;
use super::patience::Patience;
use super::rehearsals::Rehearsals;
use super::venue_thread::Commands;
use crate::coordinator::journal::{Entry, LedgerReport, Record};
use crate::coordinator::{Action, Coordinator, Event, ExitReason, Notice};
use crate::domain::{Mono, PerVenue, Venue};
use crate::latency::Latencies;
use crate::ledger::{LedgerLink, ToLedger};
use crossbeam_channel::{Receiver, TryRecvError, never};
use std::sync::Arc;
use std::time::Duration;

/// Waiting longer than this for nothing is pointless; the coordinator is asked again.
pub(super) const IDLE: Duration = Duration::from_secs(1);

/// The coordinator with everything it can reach.
pub(super) struct Desk<T> {
    pub(super) coordinator: Coordinator,
    pub(super) commands: PerVenue<Commands>,
    pub(super) reader: FeedReader,
    pub(super) ledger: LedgerLink,
    pub(super) around: Surroundings,
    pub(super) clock: Clock,
    pub(super) latencies: Arc<Latencies>,
    pub(super) tell: T,
    /// What the coordinator wanted last, and has not got yet; when nothing is left, kept for its memory.
    pub(super) actions: Vec<Action>,
    /// When it wanted it.
    pub(super) decided: Mono,
    /// When the next decision is rehearsed.
    pub(super) rehearsals: Rehearsals,
}

/// How long the end of a run waits for ids that were asked for.
const IDS_WITHIN: Duration = Duration::from_millis(500);

/// What comes next.
pub(super) enum Next {
    Event(Event),
    Broken(String),
}

impl<T: Fn(Notice)> Desk<T> {
    /// Lets the coordinator take one event and hands out all it wants; the reason when it leaves.
    pub(super) fn step(&mut self, event: &Event) -> Option<ExitReason> {
        self.decide(event);
        self.command();
        self.tell()
    }

    /// Lets the coordinator take one event. [`Desk::command`] and then [`Desk::tell`] follow: what is recorded or said about
    /// an order never holds it up.
    pub(super) fn decide(&mut self, event: &Event) {
        self.around.beats.beat();
        self.decided = self.clock.mono();
        self.coordinator.step(self.decided, event, &mut self.actions);
    }

    /// Puts every command down before a thread is woken for one, in their order; whether there was any.
    pub(super) fn command(&mut self) -> bool {
        let mut commanded = PerVenue::<bool>::default();
        for action in &self.actions {
            if let Action::Command(venue, command) = action {
                self.commands[*venue].put(*command, self.decided);
                commanded[*venue] = true;
            }
        }
        for venue in Venue::ALL.into_iter().filter(|venue| commanded[*venue]) {
            self.commands[venue].wake();
        }
        commanded.any(|commanded| *commanded)
    }

    /// Hands out what is no command, in its order; the reason when the coordinator leaves.
    pub(super) fn tell(&mut self) -> Option<ExitReason> {
        let mut exit = None;
        let mut actions = std::mem::take(&mut self.actions);
        for action in actions.drain(..) {
            match action {
                Action::Command(..) => {}
                Action::Reserve(wish) => self.to_ledger(ToLedger::Reserve(self.clock.now().wall, wish)),
                Action::Record(record) => {
                    self.to_ledger(ToLedger::Keep(Entry { at: self.clock.now().wall, record }));
                }
                Action::Notice(notice) => {
                    if let Notice::Placing { intent, quote } = &notice {
                        let age = self.decided.since(quote.received);
                        self.latencies.quote_age[intent.venue].record(age);
                    }
                    (self.tell)(notice);
                }
                Action::Exit(reason) => exit = Some(reason),
            }
        }
        self.actions = actions;
        exit
    }

    /// Puts the orders of the next decision down to be rehearsed, when that may be now; whether there were any.
    pub(super) fn rehearse(&mut self) -> bool {
        let now = self.clock.mono();
        if !self.rehearsals.may_be(now) {
            return false;
        }
        let orders = self.coordinator.rehearse(now);
        self.rehearsals.held(now, orders.is_empty());
        for intent in &orders {
            self.commands[intent.venue].put_rehearsal(*intent);
        }
        orders.iter().for_each(|intent| self.commands[intent.venue].wake());
        !orders.is_empty()
    }

    fn to_ledger(&self, request: ToLedger) {
        // A ledger that is gone answers no reservation, and without one nothing is opened.
        let _ = self.ledger.requests.send(request);
    }

    /// When the coordinator wants to be woken at the latest.
    pub(super) fn due(&self, now: Mono) -> Mono {
        let idle = now.after(IDLE);
        self.coordinator.deadline().map_or(idle, |deadline| deadline.min(idle))
    }

    /// Nothing waits on any queue.
    pub(super) fn nothing_waits(&self) -> bool {
        self.reader.quotes().is_empty()
            && self.reader.reports().is_empty()
            && self.around.stop_requests.is_empty()
            && self.ledger.reports.is_empty()
            && self.around.panics.is_empty()
    }

    /// The next event that is there already, the weightiest first.
    pub(super) fn take(&mut self) -> Option<Next> {
        if self.around.stop_requests.try_recv().is_ok() {
            return Some(Next::Event(Event::StopRequested));
        }
        match self.reader.reports().try_recv() {
            Ok(message) => return Some(of_venue(message)),
            Err(TryRecvError::Disconnected) => {
                return Some(Next::Broken("both venue threads are gone".to_owned()));
            }
            Err(TryRecvError::Empty) => {}
        }
        match self.ledger.reports.try_recv() {
            Ok(report) => return Some(Next::Event(Event::Ledger(report))),
            Err(TryRecvError::Disconnected) => return Some(Next::Event(self.without_ledger())),
            Err(TryRecvError::Empty) => {}
        }
        match self.around.panics.try_recv() {
            Ok(panicked) => return Some(Next::Event(of_panic(panicked))),
            Err(TryRecvError::Disconnected) => self.around.panics = never(),
            Err(TryRecvError::Empty) => {}
        }
        let venue = self.reader.quotes().try_recv().ok()?;
        Some(Next::Event(Event::Quote(venue, self.reader.quote(venue))))
    }

    /// The next event, waited for in the way of this thread; [`Event::Wake`] when the coordinator's deadline comes first.
    pub(super) fn next(&mut self, patience: &mut Patience) -> Next {
        let due = self.due(self.clock.mono());
        loop {
            if let Some(next) = self.take() {
                patience.stir(self.clock.mono());
                return next;
            }
            let now = self.clock.mono();
            if now >= due {
                return Next::Event(Event::Wake);
            }
            // Only when it is due: where threads sleep, a rehearsal wakes two.
            if now >= self.rehearsals.due() {
                self.rehearse();
            } else if patience.may_sleep(now) {
                self.sleep(due.min(self.rehearsals.due()).since(now));
            } else {
                std::hint::spin_loop();
            }
        }
    }

    /// Sleeps until any queue has something, or for `longest`. Nothing is taken off: that is [`Desk::take`]'s, in its order.
    fn sleep(&self, longest: Duration) {
        let mut select = crossbeam_channel::Select::new();
        select.recv(&self.around.stop_requests);
        select.recv(self.reader.reports());
        select.recv(&self.ledger.reports);
        select.recv(&self.around.panics);
        select.recv(self.reader.quotes());
        // Woken or not: whoever called looks.
        let _ = select.ready_timeout(longest);
    }

    /// What is open can be closed without a ledger; nothing more can be opened.
    fn without_ledger(&mut self) -> Event {
        self.ledger.reports = never();
        Event::Ledger(LedgerReport::Failing("its thread is gone".to_owned()))
    }

    /// Asks both venues to end, and gives back ids that come too late to be used.
    pub(super) fn shut_down(&mut self) {
        if self.coordinator.has_ended() && self.coordinator.waits_for_ids() {
            self.give_back_late_ids();
        }
        let now = self.clock.mono();
        Venue::ALL.into_iter().for_each(|venue| self.commands[venue].shut_down(now));
    }

    fn give_back_late_ids(&self) {
        // What the ledger cannot write in this time it will not have given away: nobody waits for it any more.
        let answer = self.ledger.reports.recv_timeout(IDS_WITHIN);
        if let Ok(LedgerReport::Reserved(cycle)) = answer {
            let record = Record::Released(cycle);
            self.to_ledger(ToLedger::Keep(Entry { at: self.clock.now().wall, record }));
        }
    }
}

fn of_venue(message: FromVenue) -> Next {
    match message {
        FromVenue::Report(venue, report) => Next::Event(Event::Report(venue, report)),
        FromVenue::ThreadDied(_, why) => Next::Broken(why),
    }
}

fn of_panic(panicked: Panicked) -> Event {
    let Panicked { thread, words } = panicked;
    // Those that trade are caught and reported by themselves.
    if is_trading(&thread) {
        return Event::Wake;
    }
    Event::ThreadDied(format!("the {thread} thread panicked: {words}"))
}

fn is_trading(thread: &str) -> bool {
    thread == COORDINATOR || Venue::ALL.iter().any(|venue| thread == venue.to_string().to_ascii_lowercase())
}

/// Rings for a thread that sleeps in a poll when one of these queues has something for it; ends when `over` is dropped.
pub(super) fn ring_for<T>(
    around: &Surroundings,
    ledger: &Receiver<LedgerReport>,
    over: &Receiver<T>,
    ring: impl Fn(),
) {
    let pause = Duration::from_millis(1);
    let mut select = crossbeam_channel::Select::new();
    let end = select.recv(over);
    select.recv(&around.stop_requests);
    select.recv(ledger);
    select.recv(&around.panics);
    while select.ready() != end {
        ring();
        // The thread takes it off within this time, or is rung for again.
        std::thread::sleep(pause);
    }
}
