//! The loop of a venue thread: carries everything between a session and the world, decides nothing.

use super::links::Links;
use super::mailbox::{Inbox, Mailbox};
use super::{LAST_WORDS, Mail, WAKER};
use crate::domain::Mono;
use crate::runtime::clock::Clock;
use crate::runtime::feed::FeedWriter;
use crate::transport::client::Outbound;
use crate::transport::client::connector::{self, Dial};
use crate::transport::client::link::{Arrival, Link};
use crate::venue::http::{HttpFailure, HttpRequest};
use crate::venue::{Input, LinkFailure, LinkId, Outbox, Output, Session};
use crossbeam_channel::Sender;
use mio::{Events, Poll, Token};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::time::Duration;

/// Frames of one link that are handled before mail and the other links get their turn.
const FRAMES_PER_TURN: usize = 16;
/// How long a venue may take to answer our close frame.
const GOODBYE: Duration = Duration::from_secs(1);

/// The threads that may block in place of this one.
pub(super) struct Helpers {
    pub(super) http: Sender<HttpRequest>,
    /// Name of the dialling threads.
    pub(super) dialer: String,
    pub(super) outbound: Outbound,
    /// Where they leave their results.
    pub(super) mailbox: Mailbox<Mail>,
}

/// What a session has to be told, caused by its own wishes.
enum Consequence {
    Closed(LinkId, LinkFailure),
    Unanswered(u64, HttpFailure),
}

/// The loop and all it owns.
pub(super) struct Carrier {
    session: Box<dyn Session>,
    feed: FeedWriter,
    clock: Clock,
    poll: Poll,
    mail: Inbox<Mail>,
    helpers: Helpers,
    links: Links,
    consequences: VecDeque<Consequence>,
    outbox: Outbox,
    /// Ready tokens of this turn; kept for its memory.
    turn: Vec<Token>,
    requests_open: usize,
    /// Set by [`Mail::End`]: when to end even if somebody has not answered.
    end: Option<Mono>,
}

impl Carrier {
    pub(super) fn new(
        session: Box<dyn Session>,
        feed: FeedWriter,
        clock: Clock,
        poll: Poll,
        mail: Inbox<Mail>,
        helpers: Helpers,
    ) -> Self {
        Self {
            session,
            feed,
            clock,
            poll,
            mail,
            helpers,
            links: Links::new(),
            consequences: VecDeque::new(),
            outbox: Outbox::default(),
            turn: Vec::new(),
            requests_open: 0,
            end: None,
        }
    }

    /// Runs until the mail says to end.
    pub(super) fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(64);
        while !self.may_end() {
            self.wait(&mut events)?;
            for event in &events {
                if event.token() != WAKER {
                    self.links.mark_ready(event.token());
                }
            }
            // Orders first: they come by mail.
            self.read_mail();
            self.serve_links();
            let now = self.clock.mono();
            if self.session.deadline().is_some_and(|deadline| now >= deadline) {
                self.input(Input::Wake);
            }
            self.links.expire(now);
        }
        Ok(())
    }

    fn may_end(&self) -> bool {
        let at_rest = self.links.is_empty() && self.requests_open == 0;
        self.end.is_some_and(|latest| at_rest || self.clock.mono() >= latest)
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let patience = self.patience();
        let patience = if self.mail.may_sleep() { patience } else { Some(Duration::ZERO) };
        let waited = self.poll.poll(events, patience);
        self.mail.awake();
        match waited {
            Err(error) if error.kind() != ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// How long there is nothing to do unless something happens; `None` is for ever.
    fn patience(&self) -> Option<Duration> {
        if self.links.any_ready() {
            return Some(Duration::ZERO);
        }
        let deadlines = [self.session.deadline(), self.links.deadline(), self.end];
        let next = deadlines.into_iter().flatten().min()?;
        Some(next.since(self.clock.mono()))
    }

    fn read_mail(&mut self) {
        while let Some(mail) = self.mail.take() {
            match mail {
                Mail::Command(command) => self.input(Input::Command(command)),
                Mail::Answered((ticket, reply)) => {
                    self.requests_open = self.requests_open.saturating_sub(1);
                    self.input(Input::Http(ticket, reply));
                }
                Mail::Dialed(dialed) => match self.links.dialed(*dialed, self.poll.registry()) {
                    Some((link, Ok(()))) => self.input(Input::Opened(link)),
                    Some((link, Err(failure))) => self.input(Input::Closed(link, failure)),
                    None => {}
                },
                Mail::End => self.end = Some(self.clock.mono().after(LAST_WORDS)),
            }
        }
    }

    fn serve_links(&mut self) {
        let mut turn = std::mem::take(&mut self.turn);
        self.links.take_ready(&mut turn);
        for token in turn.drain(..) {
            match self.links.of(token) {
                None => self.links.see_off(token),
                Some(link) => {
                    if self.serve(link) {
                        self.links.mark_ready(token);
                    }
                }
            }
        }
        self.turn = turn;
    }

    /// Writes and reads one link; true when it may have more to read.
    fn serve(&mut self, link: LinkId) -> bool {
        if let Some(Err(failure)) = self.links.open(link).map(Link::flush) {
            self.lose(link, failure);
            return false;
        }
        for _ in 0..FRAMES_PER_TURN {
            match self.links.open(link).map(Link::read) {
                // Reading may make the session close the link: then there is nothing more to read for it.
                None | Some(Ok(None)) => return false,
                Some(Ok(Some(Arrival::Text(text)))) => self.input(Input::Text(link, &text)),
                Some(Ok(Some(Arrival::Binary(bytes)))) => self.input(Input::Binary(link, &bytes)),
                Some(Ok(Some(Arrival::Alive))) => self.input(Input::Alive(link)),
                Some(Err(failure)) => {
                    self.lose(link, failure);
                    return false;
                }
            }
        }
        true
    }

    fn lose(&mut self, link: LinkId, failure: LinkFailure) {
        self.links.forget(link);
        self.input(Input::Closed(link, failure));
    }

    /// One input and everything that follows from it at once.
    fn input(&mut self, input: Input<'_>) {
        self.handle(input);
        while let Some(consequence) = self.consequences.pop_front() {
            self.handle(match consequence {
                Consequence::Closed(link, failure) => Input::Closed(link, failure),
                Consequence::Unanswered(ticket, failure) => Input::Http(ticket, Err(failure)),
            });
        }
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
            Output::Open { link, url, headers } => self.dial(link, url, headers),
            Output::Close(link) => {
                if self.links.close(link, self.clock.mono().after(GOODBYE)) {
                    self.consequences.push_back(Consequence::Closed(link, LinkFailure::ByUs));
                }
            }
            Output::Text(link, text) => self.send(link, |open| open.send_text(text)),
            Output::Ping(link) => self.send(link, Link::send_ping),
            Output::Http(request) => self.request(request),
            Output::Quote(quote) => self.feed.quote(&quote),
            Output::Report(report) => self.feed.report(report),
            Output::Log(level, text) => log::log!(level, "{text}"),
        }
    }

    fn dial(&mut self, link: LinkId, url: String, headers: Vec<(&'static str, String)>) {
        let Some(attempt) = self.links.dial(link) else {
            log::error!("a session asked to open connection {} twice; the first one stays", link.0);
            return;
        };
        let mailbox = self.helpers.mailbox.clone();
        let done = move |dialed| mailbox.post(Mail::Dialed(Box::new(dialed)));
        let dial = Dial { link, attempt, url, headers };
        if let Err(error) = connector::spawn(&self.helpers.dialer, self.helpers.outbound.clone(), dial, done)
        {
            self.links.forget(link);
            let failure = LinkFailure::Connect(format!("no thread to connect with: {error}"));
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
            self.consequences.push_back(Consequence::Closed(link, failure));
        }
    }
}
