//! One connection that speaks HTTP, and one that only waits for its end.

use super::Limits;
use super::request::{BadRequest, RequestReader};
use super::response::{refusal, write_response};
use crate::transport::service::Response;
use crate::transport::stream::Stream;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

const READ_SIZE: usize = 16 << 10;
/// What is read over from a client that goes on sending after it was refused.
const LINGER_BYTES_MAX: usize = 8 << 20;

/// What one read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// Something; there may be more.
    Bytes,
    /// Nothing at the moment.
    Nothing,
    /// The client will send nothing more.
    End,
}

/// A connection between requests, or in the middle of one.
#[derive(Debug)]
pub(super) struct HttpPeer {
    stream: Stream,
    outgoing: Vec<u8>,
    pub(super) reader: RequestReader,
    /// When the client has waited too long: with the rest of a request, or with the next one.
    pub(super) deadline: Instant,
    mid_request: bool,
    limits: Limits,
    held: Option<Held>,
}

/// An answer that leaves later; the requests behind it wait, as answers come in the order of requests.
#[derive(Debug)]
struct Held {
    due: Instant,
    response: Response,
    method: String,
    keep_alive: bool,
}

impl HttpPeer {
    pub(super) fn new(stream: Stream, limits: Limits, now: Instant) -> Self {
        let reader = RequestReader::new(limits);
        let deadline = now + limits.idle;
        Self { stream, outgoing: Vec::new(), reader, deadline, mid_request: false, limits, held: None }
    }

    pub(super) fn receive(&mut self) -> io::Result<Received> {
        let mut buffer = [0; READ_SIZE];
        match read_some(&mut self.stream, &mut buffer)? {
            None => Ok(Received::Nothing),
            Some(0) => Ok(Received::End),
            Some(size) => {
                self.reader.feed(&buffer[..size]);
                Ok(Received::Bytes)
            }
        }
    }

    /// Sets the deadline after input was handled: one for the whole of a request, one for the rest between two.
    pub(super) fn note_progress(&mut self, now: Instant) {
        let mid_request = !self.reader.is_empty();
        if !mid_request {
            self.deadline = now + self.limits.idle;
        } else if !self.mid_request {
            self.deadline = now + self.limits.request;
        }
        self.mid_request = mid_request;
    }

    /// The answer a late client gets: none between two requests.
    pub(super) fn late(&self) -> Option<Response> {
        self.mid_request.then(|| refusal(BadRequest { status: 408, text: "request too slow" }))
    }

    pub(super) fn respond(&mut self, response: &Response, method: &str, keep_alive: bool) {
        write_response(&mut self.outgoing, response, method, keep_alive);
    }

    /// Keeps an answer back until `due`.
    pub(super) fn hold(&mut self, due: Instant, response: Response, method: &str, keep_alive: bool) {
        self.held = Some(Held { due, response, method: method.to_owned(), keep_alive });
    }

    /// Whether an answer is being kept back.
    pub(super) fn is_holding(&self) -> bool {
        self.held.is_some()
    }

    /// The answer whose time has come, with the method and whether the connection stays.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(Response, String, bool)> {
        let held = self.held.take_if(|held| held.due <= now)?;
        Some((held.response, held.method, held.keep_alive))
    }

    /// When something has to be done for this client at the latest.
    pub(super) fn next_due(&self) -> Instant {
        self.held.as_ref().map_or(self.deadline, |held| held.due)
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.outgoing.extend_from_slice(bytes);
    }

    /// Writes what can be written now; true when nothing is left.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        let done = flush(&mut self.stream, &mut self.outgoing)?;
        if self.outgoing.len() > self.limits.backlog_max {
            return Err(io::Error::other("client does not read its answers"));
        }
        Ok(done)
    }

    /// Gives up HTTP: the stream and the bytes the client sent after its last request.
    pub(super) fn into_parts(self) -> (Stream, Vec<u8>) {
        (self.stream, self.reader.into_rest())
    }

    /// Sends what is left and then ends the connection.
    pub(super) fn into_lingering(self, until: Instant) -> Lingering {
        Lingering::new(self.stream, self.outgoing, until)
    }
}

/// A connection whose last bytes are on their way out. Input is read over until the client is done too: closing with
/// unread input would reset the connection and could take the last answer with it.
#[derive(Debug)]
pub(super) struct Lingering {
    stream: Stream,
    outgoing: Vec<u8>,
    finished: bool,
    read_over: usize,
    pub(super) deadline: Instant,
}

impl Lingering {
    pub(super) fn new(stream: Stream, outgoing: Vec<u8>, until: Instant) -> Self {
        Self { stream, outgoing, finished: false, read_over: 0, deadline: until }
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// Goes on with the end; true when the connection can be dropped.
    pub(super) fn turn(&mut self) -> io::Result<bool> {
        if !self.finished && flush(&mut self.stream, &mut self.outgoing)? {
            self.stream.finish();
            self.finished = true;
        }
        let mut buffer = [0; READ_SIZE];
        while let Some(size) = read_some(&mut self.stream, &mut buffer)? {
            self.read_over += size;
            if size == 0 || self.read_over > LINGER_BYTES_MAX {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Bytes read, zero at the end of the stream, `None` when there are none yet.
fn read_some(stream: &mut Stream, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match stream.read(buffer) {
            Ok(size) => return Ok(Some(size)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn flush(stream: &mut Stream, outgoing: &mut Vec<u8>) -> io::Result<bool> {
    let mut sent = 0;
    let outcome = loop {
        if sent == outgoing.len() {
            break stream.flush();
        }
        match stream.write(&outgoing[sent..]) {
            Ok(0) => break Err(ErrorKind::WriteZero.into()),
            Ok(size) => sent += size,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    outgoing.drain(..sent);
    match outcome {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}
