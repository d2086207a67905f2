//! One session and one simulated venue with the network between them, in virtual time: no sockets, no threads, no clock.
//!
//! Same session, same venue, same network, same calls: same outcome, whatever the machine does. Several worlds are run side
//! by side by always letting the one whose [`World::next_due`] is earliest go first. Not a judge: what a run proves is for
//! the caller, who sees the coordinator's side ([`Told`]) and the venue itself ([`World::venue`]).

mod network;
#[cfg(test)]
mod tests;
mod told;
mod translation;
mod under_way;

pub use network::{DialFate, HttpFate, Network};
pub use told::{Told, What};

use super::service::{ConnId, Delivery, Request, Sent, Service};
use crate::domain::{Mono, Now, Wall};
use crate::venue::http::{HttpFailure, HttpRequest};
use crate::venue::{Input, LinkFailure, LinkId, Outbox, Output, Session, VenueCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use translation::{as_received, as_reply, received};
use under_way::{Arrival, Connection, Frame};

/// Session and venue kept each other busy without time passing: one of them is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("session and venue are stuck at {0:?}: a deadline that never moves, or messages without end")]
pub struct Stuck(pub Mono);

/// A session, a venue, and everything under way between them.
pub struct World<S, V> {
    session: S,
    venue: V,
    /// The network; change it to make faults.
    pub network: Network,
    /// How far the client's wall clock is ahead of the venue's (below zero: behind), in microseconds.
    pub client_clock_ahead_us: i64,
    mono: Mono,
    epoch: Wall,
    under_way: BTreeMap<(Mono, u64), Arrival>,
    sequence: u64,
    /// The client's ends.
    connections: BTreeMap<ConnId, Connection>,
    /// The venue's ends.
    at_venue: BTreeSet<ConnId>,
    last_conn: u64,
    told: Vec<Told>,
}

/// Steps without time passing after which a run counts as stuck.
const BUSY_STEPS: u32 = 100_000;

impl<S: Session, V: Service> World<S, V> {
    /// A world at monotonic zero, whose venue's clock shows `epoch`.
    pub fn new(session: S, venue: V, network: Network, epoch: Wall) -> Self {
        Self {
            session,
            venue,
            network,
            client_clock_ahead_us: 0,
            mono: Mono(0),
            epoch,
            under_way: BTreeMap::new(),
            sequence: 0,
            connections: BTreeMap::new(),
            at_venue: BTreeSet::new(),
            last_conn: 0,
            told: Vec::new(),
        }
    }

    /// The client's clocks.
    pub fn now(&self) -> Now {
        Now { mono: self.mono, wall: Wall(self.venue_wall().0.saturating_add(self.client_clock_ahead_us)) }
    }

    /// The venue's clock.
    pub fn venue_wall(&self) -> Wall {
        self.epoch.after(Duration::from_nanos(self.mono.0))
    }

    /// The session.
    pub fn session(&self) -> &S {
        &self.session
    }

    /// The venue, to look at.
    pub fn venue(&self) -> &V {
        &self.venue
    }

    /// The session as it stands, out of its world: for measurements of the session alone.
    pub fn into_session(self) -> S {
        self.session
    }

    /// Attempts to connect so far.
    pub fn dials(&self) -> u64 {
        self.last_conn
    }

    /// Does something to the venue (a fault, a change of its rules); frames it causes are delivered.
    pub fn meddle<R>(&mut self, change: impl FnOnce(&mut V, Wall, &mut Vec<Sent>) -> R) -> R {
        let (now, mut out) = (self.venue_wall(), Vec::new());
        let result = change(&mut self.venue, now, &mut out);
        self.post(out);
        result
    }

    /// Everything the session told since the last call, in order.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Gives the session a command now.
    pub fn command(&mut self, command: VenueCommand) {
        self.input(Input::Command(command));
    }

    /// Another process begins: the last one's connections are gone, clocks and venue go on.
    pub fn restart(&mut self, session: S) {
        self.cut();
        self.under_way.retain(|_, arrival| arrival.outlives_the_client());
        self.session = session;
    }

    /// Breaks every connection now; whatever is under way on them is lost.
    pub fn cut(&mut self) {
        for conn in self.connections.keys().copied().collect::<Vec<_>>() {
            self.end_connection(conn, LinkFailure::Lost("cut".to_owned()));
        }
    }

    /// When something happens next by itself.
    pub fn next_due(&self) -> Option<Mono> {
        let arrival = self.under_way.first_key_value().map(|((at, _), _)| *at);
        let venue = self.venue.next_due().map(|wall| self.mono_of(wall));
        [arrival, venue, self.session.deadline()].into_iter().flatten().min()
    }

    /// Lets time pass to `until`, living through everything that is due on the way.
    pub fn run_to(&mut self, until: Mono) -> Result<(), Stuck> {
        let mut busy = 0;
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            busy = if due > self.mono { 0 } else { busy + 1 };
            if busy > BUSY_STEPS {
                return Err(Stuck(self.mono));
            }
            self.mono = self.mono.max(due);
            self.step();
        }
        self.mono = self.mono.max(until);
        Ok(())
    }

    /// Lets this much time pass.
    pub fn run_for(&mut self, time: Duration) -> Result<(), Stuck> {
        self.run_to(self.mono.after(time))
    }

    /// One thing that is due now: first what arrives, then the venue's own affairs, then the session's deadline.
    fn step(&mut self) {
        let now = self.mono;
        if let Some(entry) = self.under_way.first_entry().filter(|entry| entry.key().0 <= now) {
            let arrival = entry.remove();
            return self.arrive(arrival);
        }
        if self.venue.next_due().is_some_and(|wall| self.mono_of(wall) <= now) {
            let mut out = Vec::new();
            self.venue.advance(self.venue_wall(), &mut out);
            return self.post(out);
        }
        self.input(Input::Wake);
    }

    /// Rounded up: the venue counts microseconds, and must not be called before its time.
    fn mono_of(&self, wall: Wall) -> Mono {
        let micros = wall.0.saturating_sub(self.epoch.0);
        Mono(u64::try_from(micros).unwrap_or(0).saturating_mul(1_000))
    }

    fn send(&mut self, at: Mono, arrival: Arrival) {
        self.sequence += 1;
        self.under_way.insert((at, self.sequence), arrival);
    }

    fn arrive(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::RequestAtVenue(ticket, request, fate) => self.request_at_venue(ticket, &request, fate),
            Arrival::AnswerAtClient(ticket, answer) => self.input(Input::Http(ticket, answer)),
            Arrival::DialAtVenue(conn, request) => self.dial_at_venue(conn, &request),
            Arrival::OpenedAtClient(conn) => {
                if let Some(link) = self.link_of(conn) {
                    self.input(Input::Opened(link));
                }
            }
            Arrival::FrameAtVenue(conn, frame) => self.frame_at_venue(conn, frame),
            Arrival::FrameAtClient(conn, frame) => self.frame_at_client(conn, &frame),
            Arrival::HangUpAtVenue(conn) => self.end_at_venue(conn, true),
            Arrival::EndAtClient(conn, failure) => self.end_connection(conn, failure),
        }
    }

    fn link_of(&self, conn: ConnId) -> Option<LinkId> {
        self.connections.get(&conn).map(|connection| connection.link)
    }

    /// Hands an input to the session and carries out what it wants.
    fn input(&mut self, input: Input<'_>) {
        let (now, mut out) = (self.now(), Outbox::default());
        self.session.handle(now, input, &mut out);
        for output in out.drain() {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        let tell = |what| Told { at: self.mono, what };
        match output {
            Output::Report(report) => self.told.push(tell(What::Report(report))),
            Output::Quote(quote) => self.told.push(tell(What::Quote(quote))),
            Output::Log(level, text) => self.told.push(tell(What::Log(level, text))),
            Output::Ahead(news) => self.told.push(tell(What::Ahead(news))),
            Output::Text(link, text) => self.deliver_to_venue(link, Frame::Text(text)),
            Output::Ping(link) => self.deliver_to_venue(link, Frame::Ping),
            Output::Http(request) => self.ask(request),
            Output::Open { link, url, headers } => self.dial(link, &url, &headers),
            Output::Close(link) => self.hang_up(link),
        }
    }

    fn ask(&mut self, request: HttpRequest) {
        let fate = self.network.http;
        let arrival = self.network.arrival(self.mono);
        match fate {
            HttpFate::Unreachable => {
                let failure = HttpFailure::Connect("unreachable".to_owned());
                self.send(arrival, Arrival::AnswerAtClient(request.ticket, Err(failure)));
            }
            HttpFate::Answered | HttpFate::AnswerLost => {
                let at_venue = as_received(&request);
                self.send(arrival, Arrival::RequestAtVenue(request.ticket, at_venue, fate));
            }
        }
    }

    fn request_at_venue(&mut self, ticket: u64, request: &Request, fate: HttpFate) {
        let mut out = Vec::new();
        let response = self.venue.http(self.venue_wall(), request, &mut out);
        self.post(out);
        let leaves = match (fate, response.delivery) {
            (HttpFate::AnswerLost, _) => None,
            (_, Delivery::Now) => Some(self.mono),
            (_, Delivery::Late(by)) => Some(self.mono.after(by)),
            (_, Delivery::Never) => {
                let (at, cut) = (self.network.arrival(self.mono), HttpFailure::Broken("cut".to_owned()));
                return self.send(at, Arrival::AnswerAtClient(ticket, Err(cut)));
            }
        };
        let in_time = leaves.filter(|at| *at < self.mono.after(Network::HTTP_TIMEOUT));
        let (at, answer) = match in_time {
            Some(at) => (self.network.arrival(at), Ok(as_reply(response))),
            None => (self.mono.after(Network::HTTP_TIMEOUT), Err(HttpFailure::Timeout)),
        };
        self.send(at, Arrival::AnswerAtClient(ticket, answer));
    }

    fn dial(&mut self, link: LinkId, url: &str, headers: &[(&'static str, String)]) {
        self.last_conn += 1;
        let conn = ConnId(self.last_conn);
        let at = self.network.arrival(self.mono);
        let connection = Connection { link, last_to_venue: at, last_to_client: at };
        self.connections.insert(conn, connection);
        let failure = match self.network.dial {
            DialFate::Arrives => {
                return self.send(at, Arrival::DialAtVenue(conn, received("GET", url, headers, Vec::new())));
            }
            DialFate::Unreachable => LinkFailure::Connect("unreachable".to_owned()),
            DialFate::WrongCertificate => LinkFailure::Certificate("does not fit".to_owned()),
        };
        self.send(at, Arrival::EndAtClient(conn, failure));
    }

    fn dial_at_venue(&mut self, conn: ConnId, request: &Request) {
        if !self.connections.contains_key(&conn) {
            return;
        }
        let mut greeting = Vec::new();
        match self.venue.open(self.venue_wall(), conn, request, &mut greeting) {
            Ok(()) => {
                self.at_venue.insert(conn);
                self.deliver_to_client(conn, Arrival::OpenedAtClient(conn));
                self.post(greeting);
            }
            Err(response) => {
                self.deliver_to_client(
                    conn,
                    Arrival::EndAtClient(conn, LinkFailure::Upgrade(response.status)),
                );
            }
        }
    }

    /// An orderly close by the client: the venue learns of it after all that was sent before, the session at once.
    fn hang_up(&mut self, link: LinkId) {
        let arrival = self.network.arrival(self.mono);
        let found = self.connections.iter().find(|(_, connection)| connection.link == link);
        if let Some((conn, connection)) = found {
            let (conn, at) = (*conn, arrival.max(connection.last_to_venue));
            self.send(at, Arrival::HangUpAtVenue(conn));
            self.send(self.mono, Arrival::EndAtClient(conn, LinkFailure::ByUs));
        }
    }

    fn deliver_to_venue(&mut self, link: LinkId, frame: Frame) {
        let arrival = self.network.arrival(self.mono);
        let found = self.connections.iter_mut().find(|(_, connection)| connection.link == link);
        let Some((conn, connection)) = found.filter(|_| !self.network.muted) else { return };
        let (conn, at) = (*conn, arrival.max(connection.last_to_venue));
        connection.last_to_venue = at;
        self.send(at, Arrival::FrameAtVenue(conn, frame));
    }

    fn frame_at_venue(&mut self, conn: ConnId, frame: Frame) {
        if !self.at_venue.contains(&conn) {
            return;
        }
        let (now, mut out) = (self.venue_wall(), Vec::new());
        match frame {
            Frame::Text(text) => self.venue.text(now, conn, &text, &mut out),
            Frame::Binary(bytes) => self.venue.binary(now, conn, &bytes, &mut out),
            Frame::Ping => {
                self.venue.alive(now, conn);
                self.frame_to_client(conn, Frame::Pong);
            }
            Frame::Pong => self.venue.alive(now, conn),
        }
        self.post(out);
    }

    /// Sends on their way what the venue wants sent.
    fn post(&mut self, out: Vec<Sent>) {
        for sent in out {
            match sent {
                Sent::Text(conn, text) => self.frame_to_client(conn, Frame::Text(text)),
                Sent::Binary(conn, bytes) => self.frame_to_client(conn, Frame::Binary(bytes)),
                Sent::Ping(conn) => self.frame_to_client(conn, Frame::Ping),
                Sent::Close(conn, code, reason) => {
                    self.end_from_venue(conn, format!("closed with {code} {reason}"))
                }
                Sent::Cut(conn) => self.end_from_venue(conn, "cut by the venue".to_owned()),
            }
        }
    }

    fn frame_to_client(&mut self, conn: ConnId, frame: Frame) {
        if !self.network.muted {
            self.deliver_to_client(conn, Arrival::FrameAtClient(conn, frame));
        }
    }

    fn deliver_to_client(&mut self, conn: ConnId, arrival: Arrival) {
        let at = self.network.arrival(self.mono);
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let at = at.max(connection.last_to_client);
        connection.last_to_client = at;
        self.send(at, arrival);
    }

    fn frame_at_client(&mut self, conn: ConnId, frame: &Frame) {
        let Some(link) = self.link_of(conn) else { return };
        match frame {
            Frame::Text(text) => self.input(Input::Text(link, text)),
            Frame::Binary(bytes) => self.input(Input::Binary(link, bytes)),
            Frame::Ping => {
                self.deliver_to_venue(link, Frame::Pong);
                self.input(Input::Alive(link));
            }
            Frame::Pong => self.input(Input::Alive(link)),
        }
    }

    fn end_from_venue(&mut self, conn: ConnId, cause: String) {
        self.end_at_venue(conn, false);
        self.deliver_to_client(conn, Arrival::EndAtClient(conn, LinkFailure::Lost(cause)));
    }

    fn end_at_venue(&mut self, conn: ConnId, clean: bool) {
        if self.at_venue.remove(&conn) {
            let mut out = Vec::new();
            self.venue.closed(self.venue_wall(), conn, clean, &mut out);
            self.post(out);
        }
    }

    /// The client's end: forgotten, and the session told once. A broken connection is noticed by the venue, too.
    fn end_connection(&mut self, conn: ConnId, failure: LinkFailure) {
        if failure != LinkFailure::ByUs {
            self.end_at_venue(conn, false);
        }
        if let Some(connection) = self.connections.remove(&conn) {
            self.input(Input::Closed(connection.link, failure));
        }
    }
}
