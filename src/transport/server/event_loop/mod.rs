//! The server thread: waits for sockets, timers and controls and carries everything to and from the service.

mod turns;

use super::http_peer::{HttpPeer, Lingering};
use super::socket_peer::{End, SocketPeer};
use super::{Bound, Clock, Control, Limits};
use crate::domain::Wall;
use crate::transport::service::{ConnId, Sent, Service};
use crate::transport::stream::Stream;
use crossbeam_channel::Receiver;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tungstenite::{Bytes, Message};

pub(super) const WAKER: Token = Token(0);
const LISTENER: Token = Token(1);
const FIRST_PEER: usize = 2;
/// Messages one client may have handled before the others get their turn.
const MESSAGES_PER_TURN: usize = 32;
/// Pause after the system refused a new connection (too many open files).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

enum Peer {
    Http(Box<HttpPeer>),
    Socket(Box<SocketPeer>),
    Lingering(Box<Lingering>),
}

/// Whether a peer may have more to read: events are reported once, on change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Again,
    Done,
}

/// Everything the server thread owns.
pub(super) struct EventLoop<S> {
    service: S,
    clock: Clock,
    limits: Limits,
    tls: Option<Arc<rustls::ServerConfig>>,
    poll: Poll,
    listener: TcpListener,
    controls: Receiver<Control<S>>,
    peers: BTreeMap<Token, Peer>,
    sockets: BTreeMap<ConnId, Token>,
    ready: BTreeSet<Token>,
    out: Vec<Sent>,
    next_token: usize,
    next_conn: u64,
    /// When to try again to accept, after the system refused.
    accept_at: Option<Instant>,
}

impl<S: Service> EventLoop<S> {
    pub(super) fn new(
        bound: Bound,
        poll: Poll,
        service: S,
        controls: Receiver<Control<S>>,
    ) -> io::Result<Self> {
        let Bound { mut listener, limits, tls, .. } = bound;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            service,
            clock: Clock::start(),
            limits,
            tls,
            poll,
            listener,
            controls,
            peers: BTreeMap::new(),
            sockets: BTreeMap::new(),
            ready: BTreeSet::new(),
            out: Vec::new(),
            next_token: FIRST_PEER,
            next_conn: 1,
            accept_at: None,
        })
    }

    /// Serves until told to stop; hands the service back.
    pub(super) fn run(mut self) -> S {
        let mut events = Events::with_capacity(256);
        loop {
            let timeout = self.timeout();
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != ErrorKind::Interrupted
            {
                log::error!("server stops: waiting for sockets failed: {error}");
                return self.service;
            }
            if self.obey() {
                return self.close_all();
            }
            self.advance();
            for event in &events {
                match event.token() {
                    WAKER => {}
                    LISTENER => self.accept(),
                    token => {
                        self.ready.insert(token);
                    }
                }
            }
            for token in std::mem::take(&mut self.ready) {
                if self.turn(token) == Turn::Again {
                    self.ready.insert(token);
                }
            }
            self.expire();
        }
    }

    /// The service learns that its connections are gone: it may be served again.
    fn close_all(mut self) -> S {
        for token in self.sockets.values().copied().collect::<Vec<_>>() {
            self.lose(token, End::Gone);
        }
        self.service
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.ready.is_empty() {
            return Some(Duration::ZERO);
        }
        let now = Instant::now();
        let due = self.service.next_due().map(|due| {
            let wait = due.0.saturating_sub(self.clock.now().0);
            Duration::from_micros(u64::try_from(wait).unwrap_or(0))
        });
        let deadlines = self.peers.values().filter_map(Peer::deadline).chain(self.accept_at);
        deadlines.map(|deadline| deadline.saturating_duration_since(now)).chain(due).min()
    }

    /// Runs what the handle sent; true when it asked to stop.
    fn obey(&mut self) -> bool {
        while let Ok(control) = self.controls.try_recv() {
            match control {
                Control::Visit(visit) => {
                    visit(&mut self.service);
                    self.call(|service, now, out| service.advance(now, out));
                }
                Control::Stop => return true,
            }
        }
        false
    }

    fn advance(&mut self) {
        if self.service.next_due().is_some_and(|due| due <= self.clock.now()) {
            self.call(|service, now, out| service.advance(now, out));
        }
    }

    /// One call of the service, then everything it wants sent.
    fn call<R>(&mut self, call: impl FnOnce(&mut S, Wall, &mut Vec<Sent>) -> R) -> R {
        let result = call(&mut self.service, self.clock.now(), &mut self.out);
        self.dispatch();
        result
    }

    fn dispatch(&mut self) {
        // Sending may end a connection, and the service may have something to say about that.
        while !self.out.is_empty() {
            for sent in std::mem::take(&mut self.out) {
                self.send(sent);
            }
        }
    }

    fn send(&mut self, sent: Sent) {
        let (Sent::Text(conn, _)
        | Sent::Binary(conn, _)
        | Sent::Ping(conn)
        | Sent::Close(conn, ..)
        | Sent::Cut(conn)) = &sent;
        let Some(&token) = self.sockets.get(conn) else { return };
        let Some(Peer::Socket(peer)) = self.peers.get_mut(&token) else { return };
        let outcome = match sent {
            Sent::Text(_, text) => peer.send(Message::text(text)),
            Sent::Binary(_, bytes) => peer.send(Message::binary(bytes)),
            Sent::Ping(_) => peer.send(Message::Ping(Bytes::new())),
            Sent::Close(_, code, reason) => peer.close(code, reason, Instant::now() + self.limits.closing),
            Sent::Cut(_) => Err(End::Gone),
        };
        if let Err(end) = outcome {
            self.lose(token, end);
        }
    }

    fn accept(&mut self) {
        self.accept_at = None;
        loop {
            match self.listener.accept() {
                Ok(_) if self.peers.len() >= self.limits.connections_max => {
                    log::warn!("refusing a connection: {} are open", self.peers.len());
                }
                Ok((socket, _)) => {
                    if let Err(error) = self.welcome(socket) {
                        log::debug!("connection lost while it was accepted: {error}");
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    log::warn!("cannot accept a connection: {error}");
                    self.accept_at = Some(Instant::now() + ACCEPT_PAUSE);
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, mut socket: TcpStream) -> io::Result<()> {
        socket.set_nodelay(true)?;
        let token = Token(self.next_token);
        self.next_token += 1;
        self.poll.registry().register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        let stream = match &self.tls {
            None => Stream::Plain(socket),
            Some(config) => {
                let connection =
                    rustls::ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
                Stream::tls(socket, connection)
            }
        };
        let peer = HttpPeer::new(stream, self.limits, Instant::now());
        self.peers.insert(token, Peer::Http(Box::new(peer)));
        Ok(())
    }

    /// Ends a WebSocket connection and tells the service, once. What it answers waits in `out`.
    fn lose(&mut self, token: Token, end: End) {
        let Some(Peer::Socket(mut peer)) = self.peers.remove(&token) else { return };
        let (conn, clean) = (peer.conn, peer.clean);
        self.sockets.remove(&conn);
        match end {
            End::Gone => {
                let _ = self.poll.registry().deregister(peer.stream());
            }
            End::Violation(code, reason) => {
                let stream = peer.into_refused(code, reason);
                let until = Instant::now() + self.limits.closing;
                self.peers
                    .insert(token, Peer::Lingering(Box::new(Lingering::new(stream, Vec::new(), until))));
                self.ready.insert(token);
            }
        }
        self.service.closed(self.clock.now(), conn, clean, &mut self.out);
    }

    /// Lets an HTTP connection end after its last answer.
    fn linger(&mut self, token: Token) {
        let until = Instant::now() + self.limits.closing;
        if let Some(Peer::Http(peer)) = self.peers.remove(&token) {
            self.peers.insert(token, Peer::Lingering(Box::new(peer.into_lingering(until))));
            self.ready.insert(token);
        }
    }

    fn forget(&mut self, token: Token) {
        if let Some(Peer::Lingering(mut peer)) = self.peers.remove(&token) {
            let _ = self.poll.registry().deregister(peer.stream());
        }
    }

    fn expire(&mut self) {
        let now = Instant::now();
        if self.accept_at.is_some_and(|at| at <= now) {
            self.accept();
        }
        let late = self.peers.iter().filter(|(_, peer)| peer.deadline().is_some_and(|at| at <= now));
        let late: Vec<Token> = late.map(|(token, _)| *token).collect();
        for token in late {
            match self.peers.get_mut(&token) {
                Some(Peer::Http(peer)) if peer.is_holding() => {
                    if let Some((response, method, keep_alive)) = peer.take_due(now) {
                        peer.note_progress(now);
                        self.respond(token, &response, &method, keep_alive);
                        // Requests may be waiting behind it.
                        self.ready.insert(token);
                    }
                }
                Some(Peer::Http(peer)) => match peer.late() {
                    Some(response) => self.respond(token, &response, "", false),
                    None => self.forget(token),
                },
                Some(Peer::Socket(_)) => {
                    self.lose(token, End::Gone);
                    self.dispatch();
                }
                Some(Peer::Lingering(_)) | None => self.forget(token),
            }
        }
    }
}

impl Peer {
    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Http(peer) => Some(peer.next_due()),
            Self::Socket(peer) => peer.deadline,
            Self::Lingering(peer) => Some(peer.deadline),
        }
    }
}
