//! The seam between a simulated venue and its sockets, sans-I/O: requests and frames in, replies and frames out.
//!
//! The live server (`transport::server`) and the deterministic simulation drive the same [`Service`]. Time is a parameter;
//! a service does nothing by itself between two calls.

use crate::domain::Wall;
use std::time::Duration;

/// One WebSocket connection, numbered by the server, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// One HTTP request, also the one that asks for a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Path without query, as sent.
    pub path: String,
    /// Decoded query pairs in order.
    pub query: Vec<(String, String)>,
    /// Header names in lower case, in order.
    pub headers: Vec<(String, String)>,
    /// Body bytes.
    pub body: Vec<u8>,
}

impl Request {
    /// First value of a header, by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// First value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Extra headers; content length and type are added by the server (`application/json` unless given here).
    pub headers: Vec<(&'static str, String)>,
    /// Body bytes.
    pub body: Vec<u8>,
    /// When it leaves the venue.
    pub delivery: Delivery,
}

/// When an answer leaves the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Delivery {
    /// As soon as it is made.
    #[default]
    Now,
    /// So much later; other connections go on meanwhile.
    Late(Duration),
    /// The connection ends instead, unanswered, although what the request asked for is done.
    Never,
}

impl Response {
    /// An answer without extra headers, delivered now.
    pub fn plain(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: Vec::new(), body, delivery: Delivery::Now }
    }

    /// A JSON answer.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::plain(status, body.to_string().into_bytes())
    }
}

/// What a service wants sent, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A text frame.
    Text(ConnId, String),
    /// A binary frame.
    Binary(ConnId, Vec<u8>),
    /// A WebSocket ping frame.
    Ping(ConnId),
    /// An orderly close with a code and reason.
    Close(ConnId, u16, String),
    /// Cut the connection without a close frame.
    Cut(ConnId),
}

/// A simulated venue. Same calls, same answers.
pub trait Service: Send {
    /// Answers one HTTP request. Frames that it causes go to `out`.
    fn http(&mut self, now: Wall, request: &Request, out: &mut Vec<Sent>) -> Response;

    /// Decides on a WebSocket upgrade: `Ok` opens `conn`, `Err` is sent instead of the upgrade.
    fn open(
        &mut self,
        now: Wall,
        conn: ConnId,
        request: &Request,
        out: &mut Vec<Sent>,
    ) -> Result<(), Response>;

    /// Takes a text frame of the client.
    fn text(&mut self, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>);

    /// Takes a binary frame of the client.
    fn binary(&mut self, now: Wall, conn: ConnId, bytes: &[u8], out: &mut Vec<Sent>);

    /// Notes a ping or pong frame of the client (a ping is answered by the server).
    fn alive(&mut self, now: Wall, conn: ConnId);

    /// The connection is gone; `clean` when the client sent a close frame first.
    fn closed(&mut self, now: Wall, conn: ConnId, clean: bool, out: &mut Vec<Sent>);

    /// Does everything that is due up to `now`: order delays, market moves, timers.
    fn advance(&mut self, now: Wall, out: &mut Vec<Sent>);

    /// When [`Service::advance`] is next needed; `None` when nothing is pending.
    fn next_due(&self) -> Option<Wall>;
}
