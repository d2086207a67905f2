//! One venue's thread: gives its session sockets, time and mail, and does what the session wants, in order.

mod carrier;
mod links;
mod mailbox;

use super::clock::Clock;
use super::feed::FeedWriter;
use super::panics::words_of;
use super::pinning;
use crate::domain::Venue;
use crate::transport::client::Outbound;
use crate::transport::client::connector::Dialed;
use crate::transport::client::http::{self, Answered};
use crate::venue::{Session, VenueCommand};
use carrier::{Carrier, Helpers};
use mailbox::{Mailbox, mailbox};
use mio::{Poll, Token, Waker};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::Duration;

const WAKER: Token = Token(0);
/// How long a session may take after [`VenueCommand::Shutdown`] to get its last words out.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What reaches a venue thread from outside its sockets.
enum Mail {
    Command(VenueCommand),
    Answered(Answered),
    Dialed(Box<Dialed>),
    End,
}

/// A running venue thread.
pub struct VenueThread {
    mailbox: Mailbox<Mail>,
    thread: JoinHandle<()>,
}

impl VenueThread {
    /// Starts the thread of `venue` and its HTTP threads. A panic in it is caught and told to the coordinator.
    ///
    /// # Errors
    /// When the system has no thread or no event queue for it.
    pub fn spawn(
        venue: Venue,
        session: Box<dyn Session>,
        feed: FeedWriter,
        clock: Clock,
        core: Option<usize>,
        outbound: &Outbound,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let (mailbox, mail) = mailbox(Waker::new(poll.registry(), WAKER)?);
        let name = venue.to_string().to_ascii_lowercase();
        let answers = mailbox.clone();
        let http = http::spawn(&format!("{name}-http"), outbound, move |answer| {
            answers.post(Mail::Answered(answer))
        })?;
        let dialer = format!("{name}-connect");
        let helpers = Helpers { http, dialer, outbound: outbound.clone(), mailbox: mailbox.clone() };
        let mut carrier = Carrier::new(session, feed.clone(), clock, poll, mail, helpers);
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            pinning::pin(core, &venue.to_string());
            // The session is not used after a panic, so nothing half-changed is ever seen.
            match catch_unwind(AssertUnwindSafe(|| carrier.run())) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    feed.died(format!("the {venue} thread cannot wait for its sockets: {error}"))
                }
                Err(panic) => feed.died(format!("the {venue} thread panicked: {}", words_of(panic.as_ref()))),
            }
        })?;
        Ok(Self { mailbox, thread })
    }

    /// Hands a command over.
    pub fn command(&self, command: VenueCommand) {
        self.mailbox.post(Mail::Command(command));
    }

    /// Asks the session to shut down and the thread to end once every connection has closed and every request was
    /// answered, at the latest after two seconds.
    pub fn shut_down(&self) {
        self.command(VenueCommand::Shutdown);
        self.mailbox.post(Mail::End);
    }

    /// Waits for the end of the thread after [`VenueThread::shut_down`].
    pub fn join(self) {
        if self.thread.join().is_err() {
            log::error!("a venue thread ended in a panic");
        }
    }
}

#[cfg(test)]
mod tests;
