//! Both venues and the coordinator in one thread: every event is carried to its end, orders written, before the next is
//! looked at. The same carriers, desk and queues as with three threads; only the loop is another.

use super::desk::{Desk, Next, ring_for};
use super::engine::{COORDINATOR, Ended};
use super::panics::words_of;
use super::patience::{Patience, Sight};
use super::pinning;
use super::venue_thread::{Carrier, Commands, Common, Freight, Sleeper, WAKER};
use crate::coordinator::{Event, Notice};
use crate::domain::{PerVenue, Venue};
use crossbeam_channel::{Sender, bounded};
use mio::{Events, Poll, Waker};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// While the venues say goodbye, the thread looks at the time this often.
const GOODBYE_LOOK: Duration = Duration::from_millis(20);

/// Where the thread sleeps.
pub(super) struct Post {
    poll: Poll,
    sleeper: Sleeper,
}

/// Carriers that share one poll, and the ways for their commands.
///
/// # Errors
/// When the system has no event queue or no threads for HTTP requests.
pub(super) fn carriers(
    freights: PerVenue<Freight>,
    common: &Common,
) -> io::Result<(PerVenue<Carrier>, Post, PerVenue<Commands>)> {
    let poll = Poll::new()?;
    let sleeper = Sleeper::new(Waker::new(poll.registry(), WAKER)?);
    let carrier = |freight| Carrier::new(freight, common, poll.registry().try_clone()?, &sleeper);
    let (paradex, to_paradex) = carrier(freights.paradex)?;
    let (lighter, to_lighter) = carrier(freights.lighter)?;
    let post = Post { poll, sleeper };
    Ok((PerVenue { paradex, lighter }, post, PerVenue { paradex: to_paradex, lighter: to_lighter }))
}

/// The loop and all it owns.
pub(super) struct Single<T> {
    desk: Desk<T>,
    /// A carrier that panicked is gone.
    carriers: PerVenue<Option<Carrier>>,
    post: Post,
    patience: Patience,
    events: Events,
}

/// A turn's result: what broke, if anything did.
type Turn<T> = Result<T, String>;

impl<T: Fn(Notice)> Single<T> {
    pub(super) fn new(desk: Desk<T>, carriers: PerVenue<Carrier>, post: Post, patience: Patience) -> Self {
        let PerVenue { paradex, lighter } = carriers;
        let carriers = PerVenue { paradex: Some(paradex), lighter: Some(lighter) };
        Self { desk, carriers, post, patience, events: Events::with_capacity(64) }
    }

    /// Runs until the coordinator leaves or something breaks, then lets the venues say goodbye.
    pub(super) fn run(mut self, core: Option<usize>) -> Ended {
        // Before this thread is pinned: the bell must not ring on a core that never rests.
        let bell = self.hang_up_bell();
        pinning::pin(core, COORDINATOR);
        let ended = match bell {
            Ok(_) => self.turns().unwrap_or_else(Ended::Broken),
            Err(ref error) => Ended::Broken(format!("no thread to be woken by: {error}")),
        };
        self.desk.shut_down();
        while self.carriers.any(|carrier| carrier.as_ref().is_some_and(|carrier| !carrier.may_end())) {
            let served = self.wait(Some(GOODBYE_LOOK));
            let served =
                Venue::ALL.into_iter().fold(served, |done, venue| done.and_then(|()| self.serve(venue)));
            self.events.clear();
            if served.is_err() {
                self.drop_broken();
            }
        }
        ended
    }

    /// What the coordinator hears from elsewhere comes by queues, which wake nobody who sleeps in a poll: a thread rings.
    fn hang_up_bell(&self) -> io::Result<Sender<()>> {
        let (alive, over) = bounded(0);
        let (around, ledger) = (self.desk.around.clone(), self.desk.ledger.reports.clone());
        let sleeper = self.post.sleeper.clone();
        let bell = std::thread::Builder::new().name("bell".to_owned());
        bell.spawn(move || ring_for(&around, &ledger, &over, || sleeper.wake()))?;
        Ok(alive)
    }

    fn turns(&mut self) -> Turn<Ended> {
        if let Some(ended) = self.step(&Event::Begin)? {
            return Ok(ended);
        }
        loop {
            self.wait(None)?;
            for venue in Venue::ALL {
                self.serve(venue)?;
                if let Some(ended) = self.decide()? {
                    return Ok(ended);
                }
            }
            self.events.clear();
            if let Some(ended) = self.decide_on_time()? {
                return Ok(ended);
            }
            self.rehearse()?;
        }
    }

    /// Orders that are likely to be next go the way of orders that are sent, when that is due.
    fn rehearse(&mut self) -> Turn<()> {
        let desk = &mut self.desk;
        if guarded(&"the coordinator", || desk.rehearse())? { self.carry_out_commands() } else { Ok(()) }
    }

    /// Takes what the sockets have, or sleeps until there is something to do, `longest` at most.
    fn wait(&mut self, longest: Option<Duration>) -> Turn<()> {
        let Self { desk, carriers, post, patience, events } = self;
        let now = desk.clock.mono();
        let of_carriers = carriers.iter().filter_map(|(_, carrier)| carrier.as_ref()?.deadline());
        // Nobody rehearses while the venues say goodbye.
        let rehearsal = longest.is_none().then(|| desk.rehearsals.due());
        let deadline = of_carriers.chain([desk.due(now)]).chain(rehearsal).min();
        let deadline = deadline.map(|at| longest.map_or(at, |longest| at.min(now.after(longest))));
        let mut broken = None;
        let mut look_at = |venue: Venue, into_sockets| {
            let Some(carrier) = &mut carriers[venue] else { return Sight::Nothing };
            let seen = guarded(&format_args!("the {venue} session"), || carrier.look(into_sockets));
            seen.unwrap_or_else(|what| {
                broken = Some((venue, what));
                Sight::Work
            })
        };
        let look = |into_sockets| {
            if !desk.nothing_waits() {
                return Sight::Work;
            }
            let [first, second] = Venue::ALL;
            match look_at(first, into_sockets) {
                Sight::Nothing => look_at(second, into_sockets),
                seen => seen,
            }
        };
        patience
            .poll(&mut post.poll, events, &post.sleeper, deadline, look)
            .map_err(|error| format!("the trading thread cannot wait for its sockets: {error}"))?;
        let Some((venue, what)) = broken else { return Ok(()) };
        carriers[venue] = None;
        Err(what)
    }

    /// One turn of a venue.
    fn serve(&mut self, venue: Venue) -> Turn<()> {
        let Some(carrier) = &mut self.carriers[venue] else { return Ok(()) };
        self.events.iter().for_each(|event| carrier.mark_ready(event.token()));
        self.with(venue, Carrier::turn).map(drop)
    }

    /// What is due without anybody having said anything.
    fn decide_on_time(&mut self) -> Turn<Option<Ended>> {
        let now = self.desk.clock.mono();
        if now >= self.desk.due(now) { self.step(&Event::Wake) } else { Ok(None) }
    }

    /// Everything the coordinator has to hear, and the commands that follow from it.
    fn decide(&mut self) -> Turn<Option<Ended>> {
        while let Some(next) = self.desk.take() {
            let ended = match next {
                Next::Event(event) => self.step(&event)?,
                Next::Broken(what) => return Err(what),
            };
            if ended.is_some() {
                return Ok(ended);
            }
        }
        Ok(None)
    }

    /// The orders are written before anything is recorded or said: to hand that over may mean to wake a thread.
    fn step(&mut self, event: &Event) -> Turn<Option<Ended>> {
        let desk = &mut self.desk;
        let commanded = guarded(&"the coordinator", || {
            desk.decide(event);
            desk.command()
        })?;
        let carried_out = if commanded { self.carry_out_commands() } else { Ok(()) };
        let desk = &mut self.desk;
        let reason = guarded(&"the coordinator", || desk.tell())?;
        carried_out?;
        Ok(reason.map(Ended::Left))
    }

    /// Both orders of a decision are made before either is written: the legs stand apart for one write only.
    fn carry_out_commands(&mut self) -> Turn<()> {
        loop {
            let mut prepared = PerVenue::<bool>::default();
            for venue in Venue::ALL {
                let done = self.with(venue, Carrier::prepare_command);
                if done.is_err() {
                    self.with(venue.other(), Carrier::discard)?;
                }
                prepared[venue] = done?.unwrap_or_default();
            }
            if !prepared.any(|prepared| *prepared) {
                return Ok(());
            }
            for venue in Venue::ALL.into_iter().filter(|venue| prepared[*venue]) {
                self.with(venue, Carrier::carry_out)?;
            }
            for venue in Venue::ALL {
                self.with(venue, Carrier::count_written)?;
            }
        }
    }

    /// Lets a carrier work; one that panics is gone.
    fn with<R>(&mut self, venue: Venue, work: impl FnOnce(&mut Carrier) -> R) -> Turn<Option<R>> {
        let Some(carrier) = &mut self.carriers[venue] else { return Ok(None) };
        let done = guarded(&format_args!("the {venue} session"), || work(carrier));
        if done.is_err() {
            self.carriers[venue] = None;
        }
        done.map(Some)
    }

    /// After something broke while the venues were saying goodbye: nobody waits for it any longer.
    fn drop_broken(&mut self) {
        self.carriers = PerVenue::default();
    }
}

/// Runs a part of the engine. After a panic the part is not used again, so nothing half-changed is ever seen.
fn guarded<R>(who: &dyn fmt::Display, work: impl FnOnce() -> R) -> Turn<R> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| format!("{who} panicked: {}", words_of(panic.as_ref())))
}
