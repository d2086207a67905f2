//! Brings the threads up, drives the coordinator, takes the threads down.

use super::clock::Clock;
use super::desk::{Desk, Next};
use super::feed::{FeedReader, FeedWriter, feed};
use super::heartbeat::Beats;
use super::panics::{Panicked, words_of};
use super::patience::Patience;
use super::pinning::{self, Layout};
use super::rehearsals::Rehearsals;
use super::single;
use super::tuning::{Tuning, Wait};
use super::venue_thread::{Commands, Common, Freight, VenueThread};
use crate::coordinator::{Coordinator, Event, ExitReason, Notice};
use crate::domain::{PerVenue, Venue};
use crate::latency::Latencies;
use crate::ledger::LedgerLink;
use crate::transport::client::Outbound;
use crate::venue::Session;
use crossbeam_channel::Receiver;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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
    /// Threads, cores, waiting.
    pub tuning: Tuning,
    /// Where times are counted.
    pub latencies: Arc<Latencies>,
}

/// How an engine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The coordinator left.
    Left(ExitReason),
    /// A thread that trades is gone; everything else was taken down. What is open has to be found out anew.
    Broken(String),
}

/// Name of the coordinator's thread, also when it does everything.
pub(super) const COORDINATOR: &str = "coordinator";

/// Runs one coordinator against two sessions until it leaves. `tell` gets every notice and must not block.
///
/// # Errors
/// When the system has no threads or event queues.
pub fn run(parts: Parts, around: &Surroundings, tell: impl Fn(Notice) + Send + 'static) -> io::Result<Ended> {
    let plan = pinning::choose(&around.tuning);
    let clock = Clock::start();
    let (writers, reader) = feed();
    let Parts { coordinator, sessions, ledger } = parts;
    let freights = freights(sessions, writers);
    let common =
        Common { clock, outbound: around.outbound.clone(), latencies: Arc::clone(&around.latencies) };
    let around = around.clone();
    let desk = |commands: PerVenue<Commands>, reader: FeedReader| {
        let latencies = Arc::clone(&around.latencies);
        let actions = Vec::with_capacity(64);
        let (decided, rehearsals) = (clock.mono(), Rehearsals::new(plan.wait));
        Desk {
            coordinator,
            commands,
            reader,
            ledger,
            around,
            clock,
            latencies,
            tell,
            actions,
            decided,
            rehearsals,
        }
    };
    let thread = std::thread::Builder::new().name(COORDINATOR.to_owned());
    let running = match plan.layout {
        Layout::One(core) => {
            let (carriers, post, commands) = single::carriers(freights, &common)?;
            let desk = desk(commands, reader);
            let patience = Patience::new(plan.wait, clock);
            thread.spawn(move || single::Single::new(desk, carriers, post, patience).run(core))?
        }
        Layout::Three { venues, coordinator: core } => {
            let spawn = |freight, core| VenueThread::spawn(freight, &common, core, plan.wait);
            let (paradex, to_paradex) = spawn(freights.paradex, venues.paradex)?;
            let (lighter, to_lighter) = spawn(freights.lighter, venues.lighter)?;
            let desk = desk(PerVenue { paradex: to_paradex, lighter: to_lighter }, reader);
            thread.spawn(move || run_coordinator(desk, [paradex, lighter], core, plan.wait))?
        }
    };
    running.join().map_err(|_| {
        io::Error::other("the coordinator thread panicked; look at both venues for open positions")
    })
}

fn freights(sessions: PerVenue<Box<dyn Session>>, writers: PerVenue<FeedWriter>) -> PerVenue<Freight> {
    let freight = |venue, session, feed| Freight { venue, session, feed };
    PerVenue {
        paradex: freight(Venue::Paradex, sessions.paradex, writers.paradex),
        lighter: freight(Venue::Lighter, sessions.lighter, writers.lighter),
    }
}

/// The thread that decides beside the two that talk.
fn run_coordinator<T: Fn(Notice)>(
    mut desk: Desk<T>,
    venues: [VenueThread; 2],
    core: Option<usize>,
    wait: Wait,
) -> Ended {
    pinning::pin(core, COORDINATOR);
    let patience = Patience::new(wait, desk.clock);
    // The coordinator is not used after a panic, and a new one begins from the ledger.
    let ended = catch_unwind(AssertUnwindSafe(|| decide(&mut desk, patience)));
    desk.shut_down();
    venues.into_iter().for_each(VenueThread::join);
    ended.unwrap_or_else(|panic| {
        Ended::Broken(format!("the coordinator panicked: {}", words_of(panic.as_ref())))
    })
}

fn decide<T: Fn(Notice)>(desk: &mut Desk<T>, mut patience: Patience) -> Ended {
    let mut event = Event::Begin;
    loop {
        if let Some(reason) = desk.step(&event) {
            return Ended::Left(reason);
        }
        event = match desk.next(&mut patience) {
            Next::Event(event) => event,
            Next::Broken(what) => return Ended::Broken(what),
        };
    }
}

#[cfg(test)]
#[path = "engine_tests.rs"]
mod tests;
