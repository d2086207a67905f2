//! One venue's thread: gives its session sockets, time and mail, and does what the session wants, in order.

use super::clock::Clock;
use super::feed::FeedWriter;
use super::pinning;
use crate::domain::{Mono, Venue};
use crate::transport::client::TlsConfig;
use crate::transport::client::connector::{self, Dial, Dialed};
use crate::transport::client::http::{self, Answered};
use crate::transport::client::link::{Arrival, Link};
use crate::venue::http::HttpRequest;
use crate::venue::{Input, LinkFailure, LinkId, Outbox, Output, Session, VenueCommand};
use crossbeam_channel::{Receiver, Sender, unbounded};
use mio::{Events, Poll, Token, Waker};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tungstenite::Message;

const WAKER: Token = Token(usize::MAX);
/// Without a deadline the loop still looks around this often.
const IDLE: Duration = Duration::from_secs(1);

/// What reaches a venue thread from outside its sockets.
enum Mail {
    Command(VenueCommand),
    Answered(Answered),
    Dialed(Box<Dialed>),
    End,
}

/// Sends mail and wakes the thread.
#[derive(Clone)]
struct Mailbox {
    mail: Sender<Mail>,
    waker: Arc<Waker>,
}

impl Mailbox {
    fn post(&self, mail: Mail) {
        // A thread that is gone reads no mail; its end was reported through the feed.
        let _ = self.mail.send(mail);
        let _ = self.waker.wake();
    }
}

/// A running venue thread.
pub struct VenueThread {
    mailbox: Mailbox,
    thread: JoinHandle<()>,
}

impl VenueThread {
    /// Starts the thread of `venue`, its HTTP thread and its connector thread.
    pub fn spawn(
        venue: Venue,
        session: Box<dyn Session>,
        feed: FeedWriter,
        clock: Clock,
        core: Option<usize>,
        tls: &TlsConfig,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (sender, mail) = unbounded();
        let mailbox = Mailbox { mail: sender, waker };
        let name = venue.to_string().to_ascii_lowercase();
        let box_of_http = mailbox.clone();
        let http =
            http::spawn(&format!("{name}-http"), move |answer| box_of_http.post(Mail::Answered(answer)))?;
        let box_of_dials = mailbox.clone();
        let done = move |dialed| box_of_dials.post(Mail::Dialed(Box::new(dialed)));
        let dials = connector::spawn(&format!("{name}-connect"), tls.clone(), done)?;
        let (links, pending, outbox) = (BTreeMap::new(), VecDeque::new(), Outbox::default());
        let mut carrier = Carrier { session, feed, clock, poll, mail, http, dials, links, pending, outbox };
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            pinning::pin(core, &venue.to_string());
            let ended = catch_unwind(AssertUnwindSafe(|| carrier.run()));
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(cause)) => {
                    carrier.feed.died(format!("the {venue} thread cannot wait for its sockets: {cause}"))
                }
                Err(panic) => {
                    carrier.feed.died(format!("the {venue} thread panicked: {}", words(panic.as_ref())))
                }
            }
        })?;
        Ok(Self { mailbox, thread })
    }

    /// Hands a command over.
    pub fn command(&self, command: VenueCommand) {
        self.mailbox.post(Mail::Command(command));
    }

    /// Ends the thread after the mail before this.
    pub fn finish(self) {
        self.mailbox.post(Mail::End);
        if self.thread.join().is_err() {
            log::error!("a venue thread ended in a panic");
        }
    }
}

/// The words of a panic.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}

/// A connection of the session.
enum LinkState {
    /// The connector is at work; `wanted` until the session changes its mind.
    Dialing {
        wanted: bool,
    },
    Open(Box<Link>),
}

/// The loop and all it owns.
struct Carrier {
    session: Box<dyn Session>,
    feed: FeedWriter,
    clock: Clock,
    poll: Poll,
    mail: Receiver<Mail>,
    http: Sender<HttpRequest>,
    dials: Sender<Dial>,
    links: BTreeMap<LinkId, LinkState>,
    /// Ends of links that the session has not been told yet.
    pending: VecDeque<(LinkId, LinkFailure)>,
    outbox: Outbox,
}

impl Carrier {
    fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(64);
        loop {
            match self.poll.poll(&mut events, Some(self.patience())) {
                Ok(()) => {}
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(cause),
            }
            for event in &events {
                if event.token() != WAKER {
                    self.serve(link_of(event.token()));
                }
            }
            while let Ok(mail) = self.mail.try_recv() {
                match mail {
                    Mail::Command(command) => self.input(Input::Command(command)),
                    Mail::Answered((ticket, reply)) => self.input(Input::Http(ticket, reply)),
                    Mail::Dialed(dialed) => self.dialed(dialed.0, dialed.1),
                    Mail::End => return Ok(()),
                }
            }
            if self.session.deadline().is_some_and(|deadline| self.clock.mono() >= deadline) {
                self.input(Input::Wake);
            }
        }
    }

    fn patience(&self) -> Duration {
        let wait = |deadline: Mono| deadline.since(self.clock.mono());
        // Rounded up: the poll counts milliseconds, and waking early would only spin.
        self.session
            .deadline()
            .map_or(IDLE, |deadline| (wait(deadline) + Duration::from_micros(900)).min(IDLE))
    }

    fn serve(&mut self, link: LinkId) {
        while let Some(LinkState::Open(open)) = self.links.get_mut(&link) {
            match open.read() {
                Arrival::Frame(Message::Text(text)) => self.input(Input::Text(link, text.as_str())),
                Arrival::Frame(Message::Binary(bytes)) => self.input(Input::Binary(link, &bytes)),
                Arrival::Frame(_) | Arrival::Alive => self.input(Input::Alive(link)),
                Arrival::Over(why) => return self.drop_link(link, LinkFailure::Lost(why)),
                Arrival::Empty => break,
            }
        }
        if let Some(LinkState::Open(open)) = self.links.get_mut(&link)
            && let Err(why) = open.flush()
        {
            self.drop_link(link, LinkFailure::Lost(why));
        }
    }

    fn dialed(&mut self, link: LinkId, opened: Result<Link, LinkFailure>) {
        let wanted = matches!(self.links.remove(&link), Some(LinkState::Dialing { wanted: true }));
        match opened {
            Ok(mut unwanted) if !wanted => {
                unwanted.close();
                self.end_of(link, LinkFailure::ByUs);
            }
            Ok(open) => match open.register(self.poll.registry(), token_of(link)) {
                Ok(()) => {
                    self.links.insert(link, LinkState::Open(Box::new(open)));
                    self.input(Input::Opened(link));
                    // Frames may have arrived with the upgrade; no event announces what is already buffered.
                    self.serve(link);
                }
                Err(cause) => self.end_of(link, LinkFailure::Connect(cause.to_string())),
            },
            Err(failure) => self.end_of(link, failure),
        }
    }

    fn drop_link(&mut self, link: LinkId, failure: LinkFailure) {
        if let Some(LinkState::Open(open)) = self.links.remove(&link) {
            let _ = open.deregister(self.poll.registry());
        }
        self.end_of(link, failure);
    }

    fn end_of(&mut self, link: LinkId, failure: LinkFailure) {
        self.pending.push_back((link, failure));
        self.tell_ends();
    }

    fn tell_ends(&mut self) {
        while let Some((link, failure)) = self.pending.pop_front() {
            self.handle(Input::Closed(link, failure));
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.handle(input);
        self.tell_ends();
    }

    fn handle(&mut self, input: Input<'_>) {
        let mut outbox = std::mem::take(&mut self.outbox);
        self.session.handle(self.clock.now(), input, &mut outbox);
        for output in outbox.drain() {
            self.perform(output);
        }
        self.outbox = outbox;
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Open { link, url, headers } => {
                self.links.insert(link, LinkState::Dialing { wanted: true });
                if self.dials.send(Dial { link, url, headers }).is_err() {
                    self.links.remove(&link);
                    self.pending
                        .push_back((link, LinkFailure::Connect("the connector thread is gone".to_owned())));
                }
            }
            Output::Close(link) => self.close(link),
            Output::Text(link, text) => self.send(link, |open| open.send_text(text)),
            Output::Ping(link) => self.send(link, Link::send_ping),
            Output::Http(request) => {
                let _ = self.http.send(request);
            }
            Output::Quote(quote) => self.feed.quote(&quote),
            Output::Report(report) => self.feed.report(report),
            Output::Log(level, text) => log::log!(level, "{text}"),
        }
    }

    fn close(&mut self, link: LinkId) {
        match self.links.get_mut(&link) {
            Some(LinkState::Dialing { wanted }) => *wanted = false,
            Some(LinkState::Open(open)) => {
                open.close();
                let _ = open.deregister(self.poll.registry());
                self.links.remove(&link);
                self.pending.push_back((link, LinkFailure::ByUs));
            }
            None => {}
        }
    }

    fn send(&mut self, link: LinkId, send: impl FnOnce(&mut Link) -> Result<(), String>) {
        let Some(LinkState::Open(open)) = self.links.get_mut(&link) else { return };
        if let Err(why) = send(open) {
            let _ = open.deregister(self.poll.registry());
            self.links.remove(&link);
            self.pending.push_back((link, LinkFailure::Lost(why)));
        }
    }
}

fn token_of(link: LinkId) -> Token {
    Token(usize::from(link.0))
}

fn link_of(token: Token) -> LinkId {
    LinkId(u8::try_from(token.0).unwrap_or(u8::MAX))
}
