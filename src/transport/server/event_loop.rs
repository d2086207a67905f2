//! The loop of the live server: sockets in, service calls, sockets out.

use super::connection::{Connection, Incoming, wants_upgrade, websocket_key};
use crate::domain::Wall;
use crate::transport::service::{ConnId, Request, Response, Sent, Service};
use crossbeam_channel::Receiver;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tungstenite::protocol::Message;
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);
const FIRST_CONNECTION: usize = 2;
/// Without anything due the loop still looks around this often.
const IDLE: Duration = Duration::from_millis(500);

/// What a handle asks of the loop.
pub enum Control<S> {
    /// Run this on the service.
    Look(Box<dyn FnOnce(&mut S) + Send>),
    /// Close everything and end.
    Stop,
}

/// The loop and all it owns.
pub struct EventLoop<S> {
    poll: Poll,
    waker: Arc<Waker>,
    listener: TcpListener,
    service: S,
    orders: Receiver<Control<S>>,
    connections: BTreeMap<usize, Connection>,
    next_token: usize,
    started: Instant,
    started_wall: i64,
    out: Vec<Sent>,
}

impl<S: Service> EventLoop<S> {
    /// Registers the listener.
    pub fn new(mut listener: TcpListener, service: S, orders: Receiver<Control<S>>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started_wall = i64::try_from(since_epoch.as_micros()).unwrap_or_default();
        let connections = BTreeMap::new();
        let started = Instant::now();
        let (next_token, out) = (FIRST_CONNECTION, Vec::new());
        Ok(Self {
            poll,
            waker,
            listener,
            service,
            orders,
            connections,
            next_token,
            started,
            started_wall,
            out,
        })
    }

    /// Wakes the loop from another thread.
    pub fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    /// One reading of the wall clock at the start, monotonic time since: the simulated venue's time never goes back.
    fn now(&self) -> Wall {
        Wall(self.started_wall).after(self.started.elapsed())
    }

    /// Serves until told to stop.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            let now = self.now();
            let wait = self.service.next_due().map_or(IDLE, |due| {
                Duration::from_micros(u64::try_from(due.0.saturating_sub(now.0)).unwrap_or_default())
                    .min(IDLE)
            });
            match self.poll.poll(&mut events, Some(wait)) {
                Ok(()) => {}
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return log::error!("a simulated venue cannot wait for its sockets: {cause}"),
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept(),
                    WAKER => {}
                    Token(token) => self.serve(token),
                }
            }
            while let Ok(order) = self.orders.try_recv() {
                match order {
                    Control::Look(look) => look(&mut self.service),
                    Control::Stop => return self.close_all(),
                }
            }
            let now = self.now();
            self.service.advance(now, &mut self.out);
            self.deliver();
        }
    }

    fn accept(&mut self) {
        while let Ok((mut stream, _)) = self.listener.accept() {
            let token = self.next_token;
            self.next_token += 1;
            let _ = stream.set_nodelay(true);
            let interest = Interest::READABLE | Interest::WRITABLE;
            if self.poll.registry().register(&mut stream, Token(token), interest).is_ok() {
                self.connections.insert(token, Connection::new(stream));
            }
        }
    }

    fn serve(&mut self, token: usize) {
        while let Some(connection) = self.connections.get_mut(&token) {
            let Some(incoming) = connection.read() else { break };
            let now = self.now();
            match incoming {
                Incoming::Http(request, keep_alive) => self.on_http(token, &request, keep_alive, now),
                Incoming::Text(text) => self.service.text(now, conn(token), &text, &mut self.out),
                Incoming::Binary(bytes) => self.service.binary(now, conn(token), &bytes, &mut self.out),
                Incoming::Alive => self.service.alive(now, conn(token)),
                Incoming::Gone { clean } => self.gone(token, clean),
            }
        }
        if let Some(connection) = self.connections.get_mut(&token)
            && !connection.flush()
        {
            self.gone(token, false);
        }
        self.deliver();
    }

    fn on_http(&mut self, token: usize, request: &Request, keep_alive: bool, now: Wall) {
        if wants_upgrade(request) {
            return self.on_upgrade(token, request, now);
        }
        let response = self.service.http(now, request, &mut self.out);
        if let Some(connection) = self.connections.get_mut(&token) {
            connection.answer(&response, keep_alive);
        }
    }

    fn on_upgrade(&mut self, token: usize, request: &Request, now: Wall) {
        let Some(connection) = self.connections.get_mut(&token) else { return };
        let Some(key) = websocket_key(request) else {
            let body = br#"{"error":"BAD_REQUEST","message":"not a WebSocket request"}"#.to_vec();
            return connection.answer(&Response::plain(400, body), true);
        };
        // The service may greet the connection at once, so it has to be a WebSocket before its frames are delivered.
        let mut greeting = Vec::new();
        match self.service.open(now, conn(token), request, &mut greeting) {
            Ok(()) if connection.upgrade(key) => self.out.append(&mut greeting),
            Ok(()) => self.gone_service(token, false),
            Err(response) => connection.answer(&response, true),
        }
    }

    /// Sends everything the service wanted sent; connections that end make it want more.
    fn deliver(&mut self) {
        let mut touched = BTreeSet::new();
        while !self.out.is_empty() {
            for sent in std::mem::take(&mut self.out) {
                let (conn, ok) = self.deliver_one(sent);
                let token = usize::try_from(conn.0).unwrap_or_default();
                touched.insert(token);
                if !ok {
                    self.gone(token, false);
                }
            }
        }
        for token in touched {
            if let Some(connection) = self.connections.get_mut(&token)
                && !connection.flush()
            {
                self.gone(token, false);
            }
        }
    }

    /// False when the connection is over.
    fn deliver_one(&mut self, sent: Sent) -> (ConnId, bool) {
        let (conn, message) = match sent {
            Sent::Text(conn, text) => (conn, Message::text(text)),
            Sent::Binary(conn, bytes) => (conn, Message::binary(bytes)),
            Sent::Ping(conn) => (conn, Message::Ping(Default::default())),
            Sent::Close(conn, code, reason) => {
                let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
                (conn, Message::Close(Some(frame)))
            }
            Sent::Cut(conn) => return (conn, false),
        };
        let closing = matches!(message, Message::Close(_));
        let token = usize::try_from(conn.0).unwrap_or_default();
        match self.connections.get_mut(&token) {
            Some(connection) => {
                let sent = connection.send(message);
                (
                    conn,
                    sent && !(closing && {
                        connection.flush();
                        true
                    }),
                )
            }
            // Already gone: the service learns of it through `closed`.
            None => (conn, true),
        }
    }

    fn gone(&mut self, token: usize, clean: bool) {
        if let Some(mut connection) = self.connections.remove(&token) {
            if let Some(stream) = connection.stream() {
                let _ = self.poll.registry().deregister(stream);
            }
            if connection.is_websocket() {
                self.gone_service(token, clean);
            }
        }
    }

    fn gone_service(&mut self, token: usize, clean: bool) {
        let now = self.now();
        self.service.closed(now, conn(token), clean, &mut self.out);
    }

    fn close_all(&mut self) {
        for connection in self.connections.values_mut().filter(|connection| connection.is_websocket()) {
            connection.send(Message::Close(Some(CloseFrame { code: CloseCode::Away, reason: "".into() })));
            connection.flush();
        }
    }
}

fn conn(token: usize) -> ConnId {
    ConnId(u64::try_from(token).unwrap_or(u64::MAX))
}
