//! One venue's thread: gives its session sockets, time and mail, and does what the session wants, in order.

mod carrier;
mod links;
mod mailbox;
mod stopwatch;

pub use carrier::{Carrier, Common, Freight};
pub use mailbox::Sleeper;

use super::panics::words_of;
use super::patience::Patience;
use super::pinning;
use super::tuning::Wait;
use crate::domain::{Mono, OrderIntent};
use crate::transport::client::connector::Dialed;
use crate::transport::client::http::Answered;
use crate::venue::VenueCommand;
use crossbeam_channel::Receiver;
use mailbox::Outgoing;
use mio::{Events, Poll, Token, Waker};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::Duration;

/// The token of a thread's waker.
pub const WAKER: Token = Token(0);
/// How long a session may take after [`VenueCommand::Shutdown`] to get its last words out.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What reaches a carrier from its helpers.
enum Mail {
    Answered(Answered),
    Dialed(Box<Dialed>),
}

/// What reaches a carrier from the coordinator.
#[derive(Clone, Copy)]
enum Order {
    /// With the time of the decision.
    Command(VenueCommand, Mono),
    /// Go the way of this order without sending it.
    Rehearse(OrderIntent),
    End,
}

/// The way of the coordinator's commands to one venue.
pub struct Commands(Outgoing<Order>);

impl Commands {
    /// A way to a thread that does not exist: what hands commands over can be measured without one.
    ///
    /// # Errors
    /// When the system has no event queue.
    pub fn to_nobody() -> io::Result<(Self, Nobody)> {
        let poll = Poll::new()?;
        let sleeper = Sleeper::new(Waker::new(poll.registry(), WAKER)?);
        let (outgoing, commands) = mailbox::outgoing(&sleeper);
        Ok((Self(outgoing), Nobody { commands, _poll: poll }))
    }

    /// Hands a command over. The venue's thread is not woken before [`Commands::wake`].
    pub fn put(&mut self, command: VenueCommand, decided: Mono) {
        self.0.put(Order::Command(command, decided));
    }

    /// Hands an order over that is to be rehearsed and not sent, unless something is waiting already: no order ever stands
    /// behind more than one rehearsal.
    pub fn put_rehearsal(&mut self, intent: OrderIntent) {
        if self.0.is_empty() {
            self.0.put(Order::Rehearse(intent));
        }
    }

    /// Wakes the venue's thread if it sleeps.
    pub fn wake(&mut self) {
        self.0.wake();
    }

    /// Asks the session to shut down and its carrier to end once every connection has closed and every request was
    /// answered, at the latest after two seconds.
    pub fn shut_down(&mut self, now: Mono) {
        self.put(VenueCommand::Shutdown, now);
        self.0.put(Order::End);
        self.wake();
    }
}

/// The other end of [`Commands::to_nobody`].
pub struct Nobody {
    commands: Receiver<Order>,
    _poll: Poll,
}

impl Nobody {
    /// Throws away what was commanded; how much it was.
    pub fn forget(&self) -> usize {
        self.commands.try_iter().count()
    }
}

/// A running venue thread.
pub struct VenueThread(JoinHandle<()>);

impl VenueThread {
    /// Starts the thread of a venue and its HTTP threads. A panic in it is caught and told to the coordinator.
    ///
    /// # Errors
    /// When the system has no thread or no event queue for it.
    pub fn spawn(
        freight: Freight,
        common: &Common,
        core: Option<usize>,
        wait: Wait,
    ) -> io::Result<(Self, Commands)> {
        let poll = Poll::new()?;
        let sleeper = Sleeper::new(Waker::new(poll.registry(), WAKER)?);
        let (venue, feed, patience) =
            (freight.venue, freight.feed.clone(), Patience::new(wait, common.clock));
        let (carrier, commands) = Carrier::new(freight, common, poll.registry().try_clone()?, &sleeper)?;
        let name = venue.to_string().to_ascii_lowercase();
        let mut post = Post { carrier, poll, sleeper, patience };
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            pinning::pin(core, &venue.to_string());
            // The session is not used after a panic, so nothing half-changed is ever seen.
            match catch_unwind(AssertUnwindSafe(|| post.run())) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    feed.died(format!("the {venue} thread cannot wait for its sockets: {error}"))
                }
                Err(panic) => feed.died(format!("the {venue} thread panicked: {}", words_of(panic.as_ref()))),
            }
        })?;
        Ok((Self(thread), commands))
    }

    /// Waits for the end of the thread after [`Commands::shut_down`].
    pub fn join(self) {
        if self.0.join().is_err() {
            log::error!("a venue thread ended in a panic");
        }
    }
}

/// The loop of a thread with one carrier.
struct Post {
    carrier: Carrier,
    poll: Poll,
    sleeper: Sleeper,
    patience: Patience,
}

impl Post {
    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(64);
        while !self.carrier.may_end() {
            let deadline = self.carrier.deadline();
            let look = |into_sockets| self.carrier.look(into_sockets);
            self.patience.poll(&mut self.poll, &mut events, &self.sleeper, deadline, look)?;
            events.iter().for_each(|event| self.carrier.mark_ready(event.token()));
            self.carrier.turn();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
