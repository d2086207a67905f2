//! Brings the threads up, drives the coordinator, takes the threads down.

use super::clock::Clock;
use super::feed::{FeedReader, FromVenue, feed};
use super::heartbeat::Beats;
use super::panics::{Panicked, words_of};
use super::pinning::{self, Cores};
use super::venue_thread::VenueThread;
use crate::coordinator::journal::{Entry, LedgerReport};
use crate::coordinator::{Action, Coordinator, Event, ExitReason, Notice};
use crate::domain::{PerVenue, Venue};
use crate::ledger::{LedgerLink, ToLedger};
use crate::transport::client::Outbound;
use crate::venue::Session;
use crossbeam_channel::{Receiver, after, select_biased};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Waiting longer than this for nothing is pointless; the coordinator is asked again.
const IDLE: Duration = Duration::from_secs(1);

/// What trades.
pub struct Parts {
    /// Decides.
    pub coordinator: Coordinator,
    /// Talk to the venues.
    pub sessions: PerVenue<Box<dyn Session>>,
    /// Remembers.
    pub ledger: LedgerLink,
}

/// What lives longer than one engine.
#[derive(Clone)]
pub struct Surroundings {
    /// Requests to stop.
    pub stop_requests: Receiver<()>,
    /// Panics of any thread of the process.
    pub panics: Receiver<Panicked>,
    /// How the world is reached.
    pub outbound: Outbound,
    /// Signs of life.
    pub beats: Beats,
}

/// How an engine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The coordinator left.
    Left(ExitReason),
    /// A thread that trades is gone; everything else was taken down. What is open has to be found out anew.
    Broken(String),
}

/// Runs one coordinator against two sessions until it leaves. `tell` gets every notice and must not block.
pub fn run(
    parts: Parts,
    around: &Surroundings,
    tell: impl Fn(Notice) + Send + 'static,
) -> io::Result<Ended> {
    let clock = Clock::start();
    let cores = pinning::choose();
    let (writers, reader) = feed();
    let spawn = |venue, session, feed, core| {
        VenueThread::spawn(venue, session, feed, clock, core, &around.outbound)
    };
    let paradex = spawn(Venue::Paradex, parts.sessions.paradex, writers.paradex, cores.venues.paradex)?;
    let lighter = spawn(Venue::Lighter, parts.sessions.lighter, writers.lighter, cores.venues.lighter)?;
    let around = around.clone();
    let venues = PerVenue { paradex, lighter };
    let desk = Desk { coordinator: parts.coordinator, venues, reader, ledger: parts.ledger, around, clock, tell };
    let thread = std::thread::Builder::new().name(COORDINATOR.to_owned());
    let running = thread.spawn(move || desk.run(cores))?;
    running.join().map_err(|_| {
        io::Error::other("the coordinator thread panicked; look at both venues for open positions")
    })
}

const COORDINATOR: &str = "coordinator";

/// The coordinator with everything it can reach.
struct Desk<T> {
    coordinator: Coordinator,
    venues: PerVenue<VenueThread>,
    reader: FeedReader,
    ledger: LedgerLink,
    around: Surroundings,
    clock: Clock,
    tell: T,
}

/// What the loop waits for.
enum Next {
    Event(Event),
    Broken(String),
}

impl<T: Fn(Notice)> Desk<T> {
    fn run(mut self, cores: Cores) -> Ended {
        pinning::pin(cores.coordinator, COORDINATOR);
        // The coordinator is not used after a panic, and a new one begins from the ledger.
        let ended = catch_unwind(AssertUnwindSafe(|| self.turn()));
        self.shut_down();
        ended.unwrap_or_else(|panic| {
            Ended::Broken(format!("the coordinator panicked: {}", words_of(panic.as_ref())))
        })
    }

    fn turn(&mut self) -> Ended {
        let mut actions = Vec::with_capacity(32);
        let mut event = Event::Begin;
        loop {
            self.around.beats.beat();
            self.coordinator.step(self.clock.mono(), &event, &mut actions);
            if let Some(reason) = self.perform(&mut actions) {
                return Ended::Left(reason);
            }
            event = match self.next_event() {
                Next::Event(event) => event,
                Next::Broken(what) => return Ended::Broken(what),
            };
        }
    }

    /// Commands leave first and in order; a notice is a copy into a queue.
    fn perform(&self, actions: &mut Vec<Action>) -> Option<ExitReason> {
        let mut exit = None;
        for action in actions.drain(..) {
            match action {
                Action::Command(venue, command) => self.venues[venue].command(command),
                Action::Reserve(wish) => self.to_ledger(ToLedger::Reserve(self.clock.now().wall, wish)),
                Action::Record(record) => {
                    self.to_ledger(ToLedger::Keep(Entry { at: self.clock.now().wall, record }));
                }
                Action::Notice(notice) => (self.tell)(notice),
                Action::Exit(reason) => exit = Some(reason),
            }
        }
        exit
    }

    fn to_ledger(&self, request: ToLedger) {
        // A ledger that is gone answers no reservation, and without one nothing is opened.
        let _ = self.ledger.requests.send(request);
    }

    fn next_event(&mut self) -> Next {
        let wait = match self.coordinator.deadline() {
            Some(deadline) => deadline.since(self.clock.mono()).min(IDLE),
            None => IDLE,
        };
        if wait.is_zero() && self.nothing_waits() {
            return Next::Event(Event::Wake);
        }
        select_biased! {
            recv(self.around.stop_requests) -> _ => Next::Event(Event::StopRequested),
            recv(self.reader.queue()) -> message => match message {
                Ok(message) => self.event_of(message),
                Err(_) => Next::Broken("both venue threads are gone".to_owned()),
            },
            recv(self.ledger.reports) -> report => Next::Event(match report {
                Ok(report) => Event::Ledger(report),
                Err(_) => self.without_ledger(),
            }),
            recv(self.around.panics) -> panicked => match panicked {
                // Those that trade are caught and reported by themselves.
                Ok(Panicked { thread, .. }) if is_trading(&thread) => Next::Event(Event::Wake),
                Ok(Panicked { thread, words }) => {
                    Next::Event(Event::ThreadDied(format!("the {thread} thread panicked: {words}")))
                }
                Err(_) => {
                    self.around.panics = crossbeam_channel::never();
                    Next::Event(Event::Wake)
                }
            },
            recv(after(wait)) -> _ => Next::Event(Event::Wake),
        }
    }

    /// What is open can be closed without a ledger; nothing more can be opened.
    fn without_ledger(&mut self) -> Event {
        self.ledger.reports = crossbeam_channel::never();
        Event::Ledger(LedgerReport::Failing("its thread is gone".to_owned()))
    }

    fn nothing_waits(&self) -> bool {
        self.reader.queue().is_empty()
            && self.around.stop_requests.is_empty()
            && self.ledger.reports.is_empty()
            && self.around.panics.is_empty()
    }

    fn event_of(&self, message: FromVenue) -> Next {
        match message {
            FromVenue::Report(venue, report) => Next::Event(Event::Report(venue, report)),
            FromVenue::QuoteChanged(venue) => Next::Event(Event::Quote(venue, self.reader.quote(venue))),
            FromVenue::ThreadDied(_, why) => Next::Broken(why),
        }
    }

    fn shut_down(self) {
        for venue in Venue::ALL {
            self.venues[venue].shut_down();
        }
        self.venues.paradex.join();
        self.venues.lighter.join();
    }
}

fn is_trading(thread: &str) -> bool {
    thread == COORDINATOR || Venue::ALL.iter().any(|venue| thread == venue.to_string().to_ascii_lowercase())
}
