//! Carries everything between a session and the world, decides nothing. Turns when its thread says so: it shares that thread
//! with nobody, or with everything else that trades.

mod reading;

use super::links::{Links, PRACTICE};
use super::mailbox::{Mailbox, Sleeper, mailbox, outgoing};
use super::stopwatch::Stopwatch;
use super::{Commands, LAST_WORDS, Mail, Order};
use crate::domain::{Mono, OrderIntent, Venue};
use crate::latency::Latencies;
use crate::runtime::clock::Clock;
use crate::runtime::feed::FeedWriter;
use crate::transport::client::Outbound;
use crate::transport::client::connector::{self, Dial, Dialed};
use crate::transport::client::http;
use crate::transport::client::link::{Arrival, Link};
use crate::venue::http::{HttpFailure, HttpRequest};
use crate::venue::{Input, LinkFailure, LinkId, Outbox, Output, Session, VenueCommand};
use crossbeam_channel::{Receiver, Sender, unbounded};
use mio::{Registry, Token};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a venue may take to answer our close frame.
const GOODBYE: Duration = Duration::from_secs(1);

/// After so many turns that brought something a session gets its time all the same.
const PUT_OFF_MAX: u8 = 8;

/// The threads that may block in place of this one.
struct Helpers {
    http: Sender<HttpRequest>,
    dials: Sender<Dial>,
}

/// What a session has to be told, caused by its own wishes.
enum Consequence {
    Closed(LinkId, LinkFailure),
    Unanswered(u64, HttpFailure),
}

/// What a carrier is made for.
pub struct Freight {
    /// Whose session it is.
    pub venue: Venue,
    /// The session.
    pub session: Box<dyn Session>,
    /// Where its reports and quotes go.
    pub feed: FeedWriter,
}

/// What carriers of one engine share.
#[derive(Clone)]
pub struct Common {
    /// Time.
    pub clock: Clock,
    /// How the world is reached.
    pub outbound: Outbound,
    /// Where times are counted.
    pub latencies: Arc<Latencies>,
}

/// A session, its connections, and its post.
pub struct Carrier {
    session: Box<dyn Session>,
    feed: FeedWriter,
    clock: Clock,
    registry: Registry,
    commands: Receiver<Order>,
    mail: Receiver<Mail>,
    helpers: Helpers,
    links: Links,
    consequences: VecDeque<Consequence>,
    outbox: Outbox,
    /// Ready tokens of this turn; kept for its memory.
    turn: Vec<Token>,
    requests_open: usize,
    stopwatch: Stopwatch,
    /// How often in a row the session's own wishes had to wait.
    put_off: u8,
    /// The order that the outbox holds, and when it was decided.
    ordered: Option<(OrderIntent, Mono)>,
    /// The order that was written last, when it was decided and when it was written; before that is counted.
    written: Option<(OrderIntent, Mono, Mono)>,
    /// What was read while nothing else was to be done.
    found: Option<(Token, Result<Arrival, LinkFailure>)>,
    /// Something was written to the practice connection, and not read off yet.
    practised: bool,
    /// Set by [`Order::End`]: when to end even if somebody has not answered.
    end: Option<Mono>,
}

impl Carrier {
    /// A carrier whose thread is `sleeper`, and the way for its commands. `registry` is that of the thread's poll; its tokens
    /// are told from those of other carriers by the venue.
    ///
    /// # Errors
    /// When the system has no threads for its HTTP requests.
    pub fn new(
        freight: Freight,
        common: &Common,
        registry: Registry,
        sleeper: &Sleeper,
    ) -> io::Result<(Self, Commands)> {
        let Freight { venue, session, feed } = freight;
        let (mailbox, mail) = mailbox(sleeper);
        let (outgoing, commands) = outgoing(sleeper);
        let name = venue.to_string().to_ascii_lowercase();
        let answers = mailbox.clone();
        let answer = move |answer| answers.post(Mail::Answered(answer));
        let http = http::spawn(&format!("{name}-http"), &common.outbound, answer)?;
        let dials = dialer(format!("{name}-connect"), common.outbound.clone(), mailbox)?;
        let carrier = Self {
            session,
            feed,
            clock: common.clock,
            registry,
            commands,
            mail,
            helpers: Helpers { http, dials },
            links: Links::new(venue),
            consequences: VecDeque::new(),
            outbox: Outbox::default(),
            turn: Vec::new(),
            requests_open: 0,
            stopwatch: Stopwatch::new(venue, Arc::clone(&common.latencies)),
            put_off: 0,
            ordered: None,
            written: None,
            found: None,
            practised: false,
            end: None,
        };
        Ok((carrier, Commands(outgoing)))
    }

    /// An event of the poll; ignored when it is not for this carrier.
    pub fn mark_ready(&mut self, token: Token) {
        self.links.mark_ready(token);
    }

    /// Everything that can be done now. Of each connection at most one frame is handled: whoever shares the thread may have
    /// to act on it before the next. [`Carrier::look`] tells whether there is more.
    pub fn turn(&mut self) {
        // Orders first: they come by mail.
        self.read_commands();
        self.read_mail();
        let brought_something = self.serve_links();
        let now = self.clock.mono();
        if self.session.deadline().is_some_and(|deadline| now >= deadline) {
            self.wake_session(now, brought_something);
        }
        self.links.expire(now);
    }

    /// What is due by the session's clock, idle work among it, which may take most of a millisecond: whoever waits for what the
    /// turn has brought comes first, but not for ever.
    fn wake_session(&mut self, now: Mono, brought_something: bool) {
        if brought_something && self.put_off < PUT_OFF_MAX {
            self.put_off += 1;
            return;
        }
        self.put_off = 0;
        self.input(Input::Wake);
        self.stopwatch.woken(self.clock.mono().since(now));
    }

    /// Until when it may stay idle; `None` is for ever.
    pub fn deadline(&self) -> Option<Mono> {
        [self.session.deadline(), self.links.deadline(), self.end].into_iter().flatten().min()
    }

    /// The end was commanded, and there is nothing more to wait for.
    pub fn may_end(&self) -> bool {
        let at_rest = self.links.is_empty() && self.requests_open == 0;
        self.end.is_some_and(|latest| at_rest || self.clock.mono() >= latest)
    }

    /// Does what was commanded so far.
    pub fn read_commands(&mut self) {
        while self.prepare_command() {
            self.carry_out();
            self.count_written();
        }
    }

    /// Counts how long the order took that [`Carrier::carry_out`] has written: the other venue's need not wait for that.
    pub fn count_written(&mut self) {
        if std::mem::take(&mut self.practised) {
            self.links.read_practice();
        }
        if let Some((intent, decided, written)) = self.written.take() {
            self.stopwatch.written(&intent, decided, written);
        }
    }

    /// Lets the session answer the next command without carrying anything out, so that another venue's session can answer
    /// its own before either order is written; false when there is no command. [`Carrier::carry_out`] follows.
    pub fn prepare_command(&mut self) -> bool {
        match self.commands.try_recv() {
            Ok(Order::Command(command, decided)) => {
                let order = match command {
                    VenueCommand::Submit(intent) => Some((intent, decided)),
                    _ => None,
                };
                self.prepare(Input::Command(command), order);
                true
            }
            Ok(Order::Rehearse(intent)) => {
                self.rehearse(&intent);
                true
            }
            Ok(Order::End) => {
                self.end = Some(self.clock.mono().after(LAST_WORDS));
                true
            }
            Err(_) => false,
        }
    }

    /// Lets an order that is only rehearsed go the way of one that is sent, but for the connection: nothing reaches the venue,
    /// and the session stays as it is.
    fn rehearse(&mut self, intent: &OrderIntent) {
        if let Some(text) = self.session.rehearse(self.clock.now(), intent) {
            self.practised = true;
            self.outbox.push(Output::Text(PRACTICE, text));
        }
    }

    fn read_mail(&mut self) {
        while let Ok(mail) = self.mail.try_recv() {
            match mail {
                Mail::Answered((ticket, reply)) => {
                    self.requests_open = self.requests_open.saturating_sub(1);
                    self.input(Input::Http(ticket, reply));
                }
                Mail::Dialed(dialed) => match self.links.dialed(*dialed, &self.registry) {
                    Some((link, Ok(()))) => self.input(Input::Opened(link)),
                    Some((link, Err(failure))) => self.input(Input::Closed(link, failure)),
                    None => {}
                },
            }
        }
    }

    /// One input and everything that follows from it at once.
    fn input(&mut self, input: Input<'_>) {
        self.prepare(input, None);
        self.carry_out();
    }

    fn prepare(&mut self, input: Input<'_>, order: Option<(OrderIntent, Mono)>) {
        self.session.handle(self.clock.now(), input, &mut self.outbox);
        self.ordered = order;
    }

    /// Carries out what the session wants, and what follows from that at once.
    pub fn carry_out(&mut self) {
        self.perform_all();
        while let Some(consequence) = self.consequences.pop_front() {
            let input = match consequence {
                Consequence::Closed(link, failure) => Input::Closed(link, failure),
                Consequence::Unanswered(ticket, failure) => Input::Http(ticket, Err(failure)),
            };
            self.prepare(input, None);
            self.perform_all();
        }
    }

    /// Forgets what was prepared: the other venue's session broke while it made its own order, and a leg alone is not written.
    pub fn discard(&mut self) {
        self.outbox.drain().for_each(drop);
        self.ordered = None;
    }

    fn perform_all(&mut self) {
        let mut outbox = std::mem::take(&mut self.outbox);
        for output in outbox.drain() {
            self.perform(output);
        }
        self.outbox = outbox;
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Open { link, url, headers } => self.dial(link, url, headers),
            Output::Close(link) => {
                if self.links.close(link, self.clock.mono().after(GOODBYE)) {
                    self.consequences.push_back(Consequence::Closed(link, LinkFailure::ByUs));
                }
            }
            Output::Text(link, text) => {
                self.send(link, |open| open.send_text(text));
                // A session answers the command to submit by the order, before anything else.
                if let Some((intent, decided)) = self.ordered.take() {
                    self.written = Some((intent, decided, self.clock.mono()));
                }
            }
            Output::Ping(link) => self.send(link, Link::send_ping),
            Output::Http(request) => self.request(request),
            Output::Quote(quote) => self.feed.quote(&quote),
            Output::Report(report) => {
                self.stopwatch.reported(self.clock.mono(), &report);
                self.feed.report(report);
            }
            Output::Ahead(news) => self.stopwatch.ahead(news),
            Output::Log(level, text) => log::log!(level, "{text}"),
        }
    }

    fn dial(&mut self, link: LinkId, url: String, headers: Vec<(&'static str, String)>) {
        let Some(attempt) = self.links.dial(link) else {
            log::error!("a session asked to open connection {} twice; the first one stays", link.0);
            return;
        };
        if self.helpers.dials.send(Dial { link, attempt, url, headers }).is_err() {
            self.links.forget(link);
            let failure = LinkFailure::Connect("the connecting thread is gone".to_owned());
            self.consequences.push_back(Consequence::Closed(link, failure));
        }
    }

    fn request(&mut self, request: HttpRequest) {
        let ticket = request.ticket;
        if self.helpers.http.send(request).is_ok() {
            self.requests_open += 1;
        } else {
            let failure = HttpFailure::Connect("the HTTP threads are gone".to_owned());
            self.consequences.push_back(Consequence::Unanswered(ticket, failure));
        }
    }

    /// A frame for a connection that is not open goes nowhere: the session hears of the end of the connection instead.
    fn send(&mut self, link: LinkId, send: impl FnOnce(&mut Link) -> Result<(), LinkFailure>) {
        if let Some(Err(failure)) = self.links.open(link).map(send) {
            self.links.forget(link);
            if link != PRACTICE {
                self.consequences.push_back(Consequence::Closed(link, failure));
            }
        }
    }
}

/// Dials on behalf of a thread that may be pinned: a thread inherits the core of the one that starts it, and must not share
/// that of one that never sleeps.
fn dialer(name: String, outbound: Outbound, mailbox: Mailbox<Mail>) -> io::Result<Sender<Dial>> {
    let (dials, wanted) = unbounded::<Dial>();
    std::thread::Builder::new().name(name.clone()).spawn(move || {
        for dial in wanted {
            let (link, attempt, answers) = (dial.link, dial.attempt, mailbox.clone());
            let done = move |dialed| answers.post(Mail::Dialed(Box::new(dialed)));
            if let Err(error) = connector::spawn(&name, outbound.clone(), dial, done) {
                let opened = Err(LinkFailure::Connect(format!("no thread to connect with: {error}")));
                mailbox.post(Mail::Dialed(Box::new(Dialed { link, attempt, opened })));
            }
        }
    })?;
    Ok(dials)
}
