//! What one client gets done when its turn has come.

use super::{EventLoop, MESSAGES_PER_TURN, Peer, Turn};
use crate::transport::server::http_peer::Received as HttpReceived;
use crate::transport::server::request::Step;
use crate::transport::server::response::{CONTINUE, Upgrade, refusal, upgrade};
use crate::transport::server::socket_peer::{End, Received, SocketPeer};
use crate::transport::service::{ConnId, Delivery, Request, Response, Service};
use mio::Token;
use std::io;
use std::time::Instant;

impl<S: Service> EventLoop<S> {
    /// Does what can be done for one client now.
    pub(super) fn turn(&mut self, token: Token) -> Turn {
        match self.peers.get_mut(&token) {
            None => Turn::Done,
            Some(Peer::Http(_)) => self.http_turn(token).unwrap_or_else(|error| {
                log::debug!("HTTP client lost: {error}");
                self.forget(token);
                Turn::Done
            }),
            Some(Peer::Socket(peer)) => match peer.flush() {
                Ok(()) => self.socket_turn(token),
                Err(end) => {
                    self.lose(token, end);
                    self.dispatch();
                    Turn::Done
                }
            },
            Some(Peer::Lingering(peer)) => {
                if peer.turn().unwrap_or(true) {
                    self.forget(token);
                }
                Turn::Done
            }
        }
    }

    fn http_turn(&mut self, token: Token) -> io::Result<Turn> {
        let Some(Peer::Http(peer)) = self.peers.get_mut(&token) else { return Ok(Turn::Done) };
        let received = peer.receive()?;
        while let Some(Peer::Http(peer)) = self.peers.get_mut(&token) {
            if peer.is_holding() {
                break;
            }
            match peer.reader.next() {
                Ok(Step::NeedMore) => break,
                Ok(Step::SendContinue) => peer.push(CONTINUE),
                Ok(Step::Complete(request, keep_alive)) => self.serve(token, &request, keep_alive)?,
                Err(bad) => self.respond(token, &refusal(bad), "", false),
            }
        }
        let Some(Peer::Http(peer)) = self.peers.get_mut(&token) else { return Ok(Turn::Again) };
        let flushed = peer.flush()?;
        if received == HttpReceived::Bytes {
            peer.note_progress(Instant::now());
            return Ok(Turn::Again);
        }
        if received == HttpReceived::End && !peer.is_holding() {
            if flushed {
                self.forget(token);
            } else {
                self.linger(token);
            }
        }
        Ok(Turn::Done)
    }

    fn serve(&mut self, token: Token, request: &Request, keep_alive: bool) -> io::Result<()> {
        match upgrade(request) {
            Upgrade::No => {
                let response = self.service.http(self.clock.now(), request, &mut self.out);
                self.deliver(token, response, &request.method, keep_alive);
            }
            Upgrade::Bad(response) => self.respond(token, &response, &request.method, false),
            Upgrade::Asked(answer) => {
                let conn = ConnId(self.next_conn);
                self.next_conn += 1;
                match self.service.open(self.clock.now(), conn, request, &mut self.out) {
                    Ok(()) => self.switch_protocol(token, conn, &answer)?,
                    Err(response) => self.deliver(token, response, &request.method, keep_alive),
                }
            }
        }
        self.dispatch();
        Ok(())
    }

    /// Sends an answer now, later or never, as the service wants it.
    fn deliver(&mut self, token: Token, response: Response, method: &str, keep_alive: bool) {
        match (response.delivery, self.peers.get_mut(&token)) {
            (Delivery::Late(by), Some(Peer::Http(peer))) => {
                peer.hold(Instant::now() + by, response, method, keep_alive);
            }
            (Delivery::Never, Some(_)) => self.forget(token),
            (Delivery::Now | Delivery::Late(_), _) => self.respond(token, &response, method, keep_alive),
            (Delivery::Never, None) => {}
        }
    }

    pub(super) fn respond(&mut self, token: Token, response: &Response, method: &str, keep_alive: bool) {
        let Some(Peer::Http(peer)) = self.peers.get_mut(&token) else { return };
        peer.respond(response, method, keep_alive);
        if !keep_alive {
            self.linger(token);
        }
    }

    fn switch_protocol(&mut self, token: Token, conn: ConnId, answer: &[u8]) -> io::Result<()> {
        let Some(Peer::Http(mut peer)) = self.peers.remove(&token) else { return Ok(()) };
        peer.push(answer);
        // A fresh connection takes these few bytes at once; one that cannot is a client that reads nothing.
        let sent = peer.flush().unwrap_or(false);
        let (stream, rest) = peer.into_parts();
        let peer = SocketPeer::new(conn, stream, rest, self.limits);
        self.peers.insert(token, Peer::Socket(Box::new(peer)));
        self.sockets.insert(conn, token);
        if !sent {
            self.lose(token, End::Gone);
        }
        Ok(())
    }

    fn socket_turn(&mut self, token: Token) -> Turn {
        for _ in 0..MESSAGES_PER_TURN {
            let Some(Peer::Socket(peer)) = self.peers.get_mut(&token) else { return Turn::Done };
            let conn = peer.conn;
            match peer.receive() {
                Ok(Received::Text(text)) => {
                    self.call(|service, now, out| service.text(now, conn, &text, out))
                }
                Ok(Received::Binary(bytes)) => {
                    self.call(|service, now, out| service.binary(now, conn, &bytes, out));
                }
                Ok(Received::Alive) => self.call(|service, now, _| service.alive(now, conn)),
                Ok(Received::Silent) => {}
                Ok(Received::Nothing) => return Turn::Done,
                Err(end) => {
                    self.lose(token, end);
                    self.dispatch();
                    return Turn::Done;
                }
            }
        }
        Turn::Again
    }
}
