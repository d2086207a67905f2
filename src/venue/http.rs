//! HTTP as data: what a session asks for and what came back. Not an HTTP client: `transport` performs it.

use std::fmt;

/// Request method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

/// A request body with its content type.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// No body.
    Empty,
    /// `application/json`
    Json(String),
    /// `application/x-www-form-urlencoded`, already encoded.
    Form(String),
}

/// One request of a session. `Debug` shows neither headers nor body: they carry tokens and signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Echoed with the answer.
    pub ticket: u64,
    /// Method.
    pub method: Method,
    /// Whole URL with query.
    pub url: String,
    /// Extra headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Body,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.url.split('?').next().unwrap_or_default();
        write!(f, "HttpRequest({} {:?} {path})", self.ticket, self.method)
    }
}

/// An answer, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// HTTP status.
    pub status: u16,
    /// Seconds of `Retry-After`, when sent.
    pub retry_after_s: Option<u32>,
    /// What is left of a limit, when the answer says so.
    pub rate_left: Option<RateLeft>,
    /// Body, at most a few MiB.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// An answer without any header that matters.
    pub fn plain(status: u16, body: Vec<u8>) -> Self {
        Self { status, retry_after_s: None, rate_left: None, body }
    }
}

/// What a server says of its limit in `x-ratelimit-remaining` and `x-ratelimit-reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLeft {
    /// Requests left in the window.
    pub remaining: u32,
    /// When the window is whole again, unix seconds.
    pub reset_unix_s: i64,
}

impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpReply(status {}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer. Whether the server acted on the request is unknown, except for `Connect` and `Certificate`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpFailure {
    /// No connection; the request did not leave.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The certificate is not acceptable; the request did not leave.
    #[error("certificate not acceptable: {0}")]
    Certificate(String),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke or the answer is not HTTP.
    #[error("broken answer: {0}")]
    Broken(String),
}
