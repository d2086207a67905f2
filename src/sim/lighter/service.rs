//! The seam to the sockets: every call first brings the venue up to its time, moment by moment.

use super::LighterSim;
use super::refusal::Refusal;
use crate::domain::Wall;
use crate::transport::service::{ConnId, Request, Response, Sent, Service};

/// Largest frame a client may send, in bytes.
const MAX_FRAME: usize = 64 * 1024;
/// Connections at a time, and new ones per minute.
const MAX_CONNECTIONS: usize = 255;

impl LighterSim {
    /// Lives through everything that is due up to `now`, in order, each at its own time.
    fn catch_up(&mut self, now: Wall) {
        loop {
            let due = self.exchange.next_due().min(self.hub.next_due());
            if due > now {
                break;
            }
            self.live(due);
        }
    }

    /// One moment: the exchange moves, subscribers hear of it, timers fire.
    fn live(&mut self, now: Wall) {
        self.exchange.run(now);
        self.publish_events(now);
        if self.hub.take_batch(now) {
            self.publish_books(now);
        }
        if self.hub.take_second(now) {
            self.publish_second(now);
        }
        self.hub.run_timers(now);
    }
}

impl Service for LighterSim {
    fn http(&mut self, now: Wall, request: &Request, out: &mut Vec<Sent>) -> Response {
        self.catch_up(now);
        let response = self.answer(now, request);
        self.catch_up(now);
        self.hub.drain_into(out);
        response
    }

    fn open(
        &mut self,
        now: Wall,
        conn: ConnId,
        request: &Request,
        out: &mut Vec<Sent>,
    ) -> Result<(), Response> {
        self.catch_up(now);
        if request.path != "/stream" {
            return Err(Response::json(404, &Refusal::NotFound.body()));
        }
        if request.query("encoding").is_some_and(|encoding| encoding != "json") {
            let refusal = Refusal::InvalidParam("encoding".to_owned());
            return Err(Response::json(400, &refusal.body()));
        }
        let open = self.hub.connections.len();
        if open >= MAX_CONNECTIONS || self.hub.opened_lately(now) >= MAX_CONNECTIONS {
            let refusal = Refusal::TooManyConnections;
            return Err(Response::json(refusal.http_status(), &refusal.body()));
        }
        self.hub.open(now, conn, request.query("readonly") == Some("true"));
        self.hub.drain_into(out);
        Ok(())
    }

    fn text(&mut self, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
        self.catch_up(now);
        self.alive(now, conn);
        if text.len() > MAX_FRAME {
            self.hub.close(conn, 1009, "frame too large");
        } else if self.hub.connections.contains_key(&conn) {
            self.read_frame(now, conn, text);
        }
        self.catch_up(now);
        self.hub.drain_into(out);
    }

    fn binary(&mut self, now: Wall, conn: ConnId, bytes: &[u8], out: &mut Vec<Sent>) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text(now, conn, text, out),
            Err(_) => self.text(now, conn, "", out),
        }
    }

    fn alive(&mut self, now: Wall, conn: ConnId) {
        if let Some(connection) = self.hub.connections.get_mut(&conn) {
            connection.hear(now);
        }
    }

    fn closed(&mut self, now: Wall, conn: ConnId, _clean: bool, out: &mut Vec<Sent>) {
        self.hub.forget(conn);
        self.advance(now, out);
    }

    fn advance(&mut self, now: Wall, out: &mut Vec<Sent>) {
        self.catch_up(now);
        self.hub.drain_into(out);
    }

    fn next_due(&self) -> Option<Wall> {
        Some(self.exchange.next_due().min(self.hub.next_due()))
    }
}
