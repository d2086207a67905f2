//! Brings the threads up, drives the coordinator, takes the threads down.

use super::clock::Clock;
use super::feed::{FeedReader, FromVenue, feed};
use super::pinning::{self, Cores};
use super::venue_thread::VenueThread;
use crate::coordinator::journal::Entry;
use crate::coordinator::{Action, Coordinator, Event, ExitReason, Notice};
use crate::domain::{PerVenue, Venue};
use crate::ledger::{LedgerLink, ToLedger};
use crate::transport::client::Outbound;
use crate::venue::Session;
use crossbeam_channel::{Receiver, after, never, select_biased};
use std::io;
use std::time::Duration;

/// Waiting longer than this for nothing is pointless; the coordinator is asked again.
const IDLE: Duration = Duration::from_secs(5);

/// Runs one coordinator against two sessions until it leaves. `tell` gets every notice and must not block.
pub fn run(
    coordinator: Coordinator,
    sessions: PerVenue<Box<dyn Session>>,
    ledger: LedgerLink,
    stop_requests: &Receiver<()>,
    outbound: &Outbound,
    tell: impl Fn(Notice) + Send + 'static,
) -> io::Result<ExitReason> {
    let clock = Clock::start();
    let cores = pinning::choose();
    let (writers, reader) = feed();
    let spawn = |venue, session, feed, core| VenueThread::spawn(venue, session, feed, clock, core, outbound);
    let paradex = spawn(Venue::Paradex, sessions.paradex, writers.paradex, cores.venues.paradex)?;
    let lighter = spawn(Venue::Lighter, sessions.lighter, writers.lighter, cores.venues.lighter)?;
    let stop_requests = stop_requests.clone();
    let venues = PerVenue { paradex, lighter };
    let desk = Desk { coordinator, venues, reader, ledger, clock, tell };
    let thread = std::thread::Builder::new().name("coordinator".to_owned());
    let running = thread.spawn(move || desk.run(&stop_requests, cores))?;
    running.join().map_err(|_| {
        io::Error::other("the coordinator thread panicked; look at both venues for open positions")
    })
}

/// The coordinator with everything it can reach.
struct Desk<T> {
    coordinator: Coordinator,
    venues: PerVenue<VenueThread>,
    reader: FeedReader,
    ledger: LedgerLink,
    clock: Clock,
    tell: T,
}

impl<T: Fn(Notice)> Desk<T> {
    fn run(mut self, stop_requests: &Receiver<()>, cores: Cores) -> ExitReason {
        pinning::pin(cores.coordinator, "coordinator");
        let mut actions = Vec::with_capacity(32);
        let mut event = Event::Begin;
        loop {
            self.coordinator.step(self.clock.mono(), &event, &mut actions);
            if let Some(reason) = self.perform(&mut actions) {
                self.shut_down();
                return reason;
            }
            event = self.next_event(stop_requests);
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

    fn next_event(&self, stop_requests: &Receiver<()>) -> Event {
        let wait = match self.coordinator.deadline() {
            Some(deadline) => deadline.since(self.clock.mono()).min(IDLE),
            None => IDLE,
        };
        if wait.is_zero() && self.nothing_waits(stop_requests) {
            return Event::Wake;
        }
        let timer = if wait == Duration::MAX { never() } else { after(wait) };
        select_biased! {
            recv(stop_requests) -> _ => Event::StopRequested,
            recv(self.ledger.reports) -> report => match report {
                Ok(report) => Event::Ledger(report),
                Err(_) => Event::ThreadDied("the ledger thread is gone".to_owned()),
            },
            recv(self.reader.queue()) -> message => match message {
                Ok(message) => self.event_of(message),
                Err(_) => Event::ThreadDied("both venue threads are gone".to_owned()),
            },
            recv(timer) -> _ => Event::Wake,
        }
    }

    fn nothing_waits(&self, stop_requests: &Receiver<()>) -> bool {
        self.reader.queue().is_empty() && stop_requests.is_empty() && self.ledger.reports.is_empty()
    }

    fn event_of(&self, message: FromVenue) -> Event {
        match message {
            FromVenue::Report(venue, report) => Event::Report(venue, report),
            FromVenue::QuoteChanged(venue) => Event::Quote(venue, self.reader.quote(venue)),
            FromVenue::ThreadDied(_, why) => Event::ThreadDied(why),
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
