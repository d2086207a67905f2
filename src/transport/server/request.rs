//! HTTP/1.1 requests out of a byte stream, sans-I/O: heads, sized and chunked bodies, limits.
//! Refuses what is ambiguous instead of guessing.

use super::Limits;
use crate::transport::service::Request;
use httparse::Status;

const HEADERS_MAX: usize = 64;
const CHUNK_LINE_MAX: usize = 256;

/// A request that is answered with this status, after which the connection ends: its end in the stream is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadRequest {
    pub(super) status: u16,
    pub(super) text: &'static str,
}

const fn bad(status: u16, text: &'static str) -> BadRequest {
    BadRequest { status, text }
}

/// What the bytes received so far amount to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing complete yet.
    NeedMore,
    /// The client waits for `100 Continue` before it sends the body.
    SendContinue,
    /// One whole request, and whether the connection outlives it.
    Complete(Request, bool),
}

/// Collects bytes and yields requests in order.
#[derive(Debug)]
pub(super) struct RequestReader {
    buffer: Vec<u8>,
    phase: Phase,
    limits: Limits,
}

#[derive(Debug)]
enum Phase {
    Head,
    Body { head: Head, framing: Framing },
}

#[derive(Debug)]
struct Head {
    request: Request,
    keep_alive: bool,
}

/// How much of the body is still to come.
#[derive(Clone, Copy, Debug)]
enum Framing {
    Sized { left: usize },
    ChunkSize,
    ChunkData { left: usize },
    ChunkEnd,
    Trailers,
    Done,
}

impl RequestReader {
    pub(super) fn new(limits: Limits) -> Self {
        Self { buffer: Vec::new(), phase: Phase::Head, limits }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// True between two requests.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty() && matches!(self.phase, Phase::Head)
    }

    /// Bytes after the last complete request: the first frames of a client that did not wait for the upgrade.
    pub(super) fn into_rest(self) -> Vec<u8> {
        self.buffer
    }

    pub(super) fn next(&mut self) -> Result<Step, BadRequest> {
        if matches!(self.phase, Phase::Head) {
            let Some((length, head, framing, expects)) = parse_head(&self.buffer, self.limits)? else {
                return Ok(Step::NeedMore);
            };
            self.buffer.drain(..length);
            self.phase = Phase::Body { head, framing };
            if expects && self.buffer.is_empty() && !matches!(framing, Framing::Done) {
                return Ok(Step::SendContinue);
            }
        }
        self.read_body()?;
        match std::mem::replace(&mut self.phase, Phase::Head) {
            Phase::Body { head, framing: Framing::Done } => Ok(Step::Complete(head.request, head.keep_alive)),
            unfinished => {
                self.phase = unfinished;
                Ok(Step::NeedMore)
            }
        }
    }

    fn read_body(&mut self) -> Result<(), BadRequest> {
        let Phase::Body { head, framing } = &mut self.phase else { return Ok(()) };
        let mut used = 0;
        while let Some((taken, next)) =
            advance(*framing, &self.buffer[used..], &mut head.request.body, self.limits)?
        {
            used += taken;
            *framing = next;
        }
        self.buffer.drain(..used);
        Ok(())
    }
}

/// One step through a body: how many bytes it took and what follows; `None` when more bytes are needed or it is done.
fn advance(
    framing: Framing,
    bytes: &[u8],
    body: &mut Vec<u8>,
    limits: Limits,
) -> Result<Option<(usize, Framing)>, BadRequest> {
    Ok(match framing {
        Framing::Done => None,
        Framing::Sized { left: 0 } => Some((0, Framing::Done)),
        Framing::ChunkData { left: 0 } => Some((0, Framing::ChunkEnd)),
        Framing::Sized { .. } | Framing::ChunkData { .. } if bytes.is_empty() => None,
        Framing::Sized { left } => {
            let taken = left.min(bytes.len());
            body.extend_from_slice(&bytes[..taken]);
            Some((taken, Framing::Sized { left: left - taken }))
        }
        Framing::ChunkData { left } => {
            let taken = left.min(bytes.len());
            body.extend_from_slice(&bytes[..taken]);
            Some((taken, Framing::ChunkData { left: left - taken }))
        }
        Framing::ChunkSize => chunk_size(bytes, body.len(), limits)?,
        Framing::ChunkEnd => match bytes {
            [b'\r', b'\n', ..] => Some((2, Framing::ChunkSize)),
            [] | [b'\r'] => None,
            _ => return Err(bad(400, "chunk is longer than announced")),
        },
        Framing::Trailers => trailers(bytes, limits)?,
    })
}

fn chunk_size(bytes: &[u8], held: usize, limits: Limits) -> Result<Option<(usize, Framing)>, BadRequest> {
    match httparse::parse_chunk_size(bytes) {
        Ok(Status::Complete((taken, 0))) => Ok(Some((taken, Framing::Trailers))),
        Ok(Status::Complete((taken, size))) => {
            let left = usize::try_from(size).unwrap_or(usize::MAX);
            if left > limits.body_max.saturating_sub(held) {
                return Err(bad(413, "body too large"));
            }
            Ok(Some((taken, Framing::ChunkData { left })))
        }
        Ok(Status::Partial) if bytes.len() <= CHUNK_LINE_MAX => Ok(None),
        Ok(Status::Partial) | Err(_) => Err(bad(400, "bad chunk size")),
    }
}

/// Trailer fields are read over: nothing here gives them a meaning.
fn trailers(bytes: &[u8], limits: Limits) -> Result<Option<(usize, Framing)>, BadRequest> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        if bytes.len() > limits.head_max {
            return Err(bad(431, "trailer too large"));
        }
        return Ok(None);
    };
    let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
    let next = if line.is_empty() { Framing::Done } else { Framing::Trailers };
    Ok(Some((end + 1, next)))
}

type ParsedHead = (usize, Head, Framing, bool);

fn parse_head(bytes: &[u8], limits: Limits) -> Result<Option<ParsedHead>, BadRequest> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(Status::Complete(length)) if length <= limits.head_max => length,
        Ok(Status::Partial) if bytes.len() <= limits.head_max => return Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(bad(431, "request head too large")),
        Err(_) => return Err(bad(400, "not an HTTP/1.1 request")),
    };
    let headers: Vec<(String, String)> = parsed
        .headers
        .iter()
        .map(|header| {
            let value = String::from_utf8_lossy(header.value).trim().to_owned();
            (header.name.to_ascii_lowercase(), value)
        })
        .collect();
    let (path, query) = parse_target(parsed.path.unwrap_or_default())?;
    let method = parsed.method.unwrap_or_default().to_owned();
    let request = Request { method, path, query, headers, body: Vec::new() };
    let http_11 = parsed.version == Some(1);
    if http_11 && request.header("host").is_none() {
        return Err(bad(400, "no Host header"));
    }
    let framing = body_framing(&request, limits)?;
    let keep_alive = !has_token(&request, "connection", "close")
        && (http_11 || has_token(&request, "connection", "keep-alive"));
    let expects = has_token(&request, "expect", "100-continue");
    Ok(Some((length, Head { request, keep_alive }, framing, expects)))
}

fn body_framing(request: &Request, limits: Limits) -> Result<Framing, BadRequest> {
    let all = |name: &'static str| request.headers.iter().filter(move |(key, _)| key == name);
    let lengths: Vec<&String> = all("content-length").map(|(_, value)| value).collect();
    let codings: Vec<&String> = all("transfer-encoding").map(|(_, value)| value).collect();
    match (lengths.as_slice(), codings.as_slice()) {
        ([], []) => Ok(Framing::Done),
        ([], [coding]) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::ChunkSize),
        ([], _) => Err(bad(501, "transfer encoding not supported")),
        ([first, rest @ ..], []) if rest.iter().all(|other| other == first) => {
            if first.is_empty() || !first.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(bad(400, "bad Content-Length"));
            }
            match first.parse::<usize>() {
                Ok(left) if left <= limits.body_max => Ok(Framing::Sized { left }),
                _ => Err(bad(413, "body too large")),
            }
        }
        // Two statements about the same length: whoever is in front of us may believe the other one.
        _ => Err(bad(400, "ambiguous body length")),
    }
}

/// Whether a comma separated header contains a word, in any case.
pub(super) fn has_token(request: &Request, header: &str, token: &str) -> bool {
    request
        .headers
        .iter()
        .filter(|(name, _)| name == header)
        .flat_map(|(_, value)| value.split(','))
        .any(|word| word.trim().eq_ignore_ascii_case(token))
}

fn parse_target(target: &str) -> Result<(String, Vec<(String, String)>), BadRequest> {
    let local = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
            rest.find(['/', '?']).map_or("/", |start| &rest[start..])
        }
        _ => target,
    };
    let (path, query) = local.split_once('?').unwrap_or((local, ""));
    if !path.starts_with('/') {
        return Err(bad(400, "request target is not a path"));
    }
    Ok((path.to_owned(), pairs(query)))
}

/// Decoded pairs of a query or of a form: `%41` is `A`, `+` is a space. What is no escape stays as it was sent, for the
/// service to judge.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((&first, behind)) = rest.split_first() {
        let (byte, left) = match (first, behind) {
            (b'+', _) => (b' ', behind),
            (b'%', [high, low, left @ ..]) => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, left),
                _ => (first, behind),
            },
            _ => (first, behind),
        };
        decoded.push(byte);
        rest = left;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
