//! The simulated Paradex as a service: every call first lets time pass, then acts, then tells.

use super::ParadexSim;
use super::rate::Scope;
use super::refusal::{Code, Refusal};
use super::ws::hub::{Conn, Encoding};
use crate::domain::Wall;
use crate::sim::service::{ConnId, Request, Response, Sent, Service};

/// The path of the WebSocket.
const WS_PATH: &str = "/v1";

impl ParadexSim {
    fn pass_time(&mut self, now: Wall, out: &mut Vec<Sent>) {
        self.exchange.advance(now);
        self.publish(now, out);
    }

    /// A connection is gone.
    pub(super) fn lose(&mut self, conn: ConnId, clean: bool) {
        let Some(connection) = self.hub.conns.remove(&conn) else { return };
        let counts = !clean || self.options.switches.cancel_on_clean_close;
        if connection.cancel_on_disconnect && counts {
            self.exchange.disconnect(conn);
        }
    }

    fn refuse_upgrade(&mut self, now: Wall, request: &Request) -> Result<Encoding, Response> {
        if request.path.trim_end_matches('/') != WS_PATH {
            return Err(Refusal::new(Code::NotFound, "there is no WebSocket here").response());
        }
        if !self.rates.count(now, Scope::Connect).allowed {
            return Err(Refusal::new(Code::RateLimited, "too many new connections").response());
        }
        let unsupported = || {
            let message = "this pair of sbeSchemaId and sbeSchemaVersion is not supported";
            Refusal::new(Code::InvalidRequestParameter, message).response()
        };
        Encoding::of(request).ok_or_else(unsupported)
    }
}

impl Service for ParadexSim {
    fn http(&mut self, now: Wall, request: &Request, out: &mut Vec<Sent>) -> Response {
        self.pass_time(now, out);
        let response = self.answer(now, request);
        self.pass_time(now, out);
        response
    }

    fn open(
        &mut self,
        now: Wall,
        conn: ConnId,
        request: &Request,
        out: &mut Vec<Sent>,
    ) -> Result<(), Response> {
        self.pass_time(now, out);
        let encoding = self.refuse_upgrade(now, request)?;
        self.hub.conns.insert(conn, Conn::new(now, encoding));
        Ok(())
    }

    fn text(&mut self, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
        self.pass_time(now, out);
        self.take_text(now, conn, text, out);
        self.pass_time(now, out);
    }

    fn binary(&mut self, now: Wall, conn: ConnId, _bytes: &[u8], out: &mut Vec<Sent>) {
        // Requests are text; the venue has no binary ones.
        self.pass_time(now, out);
        self.lose(conn, false);
        out.push(Sent::Close(conn, 1003, "binary frames are not accepted".to_owned()));
    }

    fn alive(&mut self, _now: Wall, conn: ConnId) {
        if let Some(connection) = self.hub.conns.get_mut(&conn) {
            connection.alive();
        }
    }

    fn closed(&mut self, now: Wall, conn: ConnId, clean: bool, out: &mut Vec<Sent>) {
        self.pass_time(now, out);
        self.lose(conn, clean);
        self.pass_time(now, out);
    }

    fn advance(&mut self, now: Wall, out: &mut Vec<Sent>) {
        self.pass_time(now, out);
        self.care(now, out);
        self.pass_time(now, out);
    }

    fn next_due(&self) -> Option<Wall> {
        [self.exchange.next_due(), self.hub.next_due()].into_iter().flatten().min()
    }
}
