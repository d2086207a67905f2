//! One client of the live server: first HTTP requests, then, after an upgrade, a WebSocket.

use super::http1::{self, Parsed};
use crate::transport::service::{Request, Response};
use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Message, Role, WebSocket, WebSocketConfig};

/// Frames of a client larger than this end its connection (lighter.md 5: client frames up to 64 KB).
const FRAME_MAX: usize = 64 * 1024;
/// A client that does not read is dropped when this much waits for it.
const BACKLOG_MAX: usize = 8 * 1024 * 1024;
const READ_CHUNK: usize = 16 * 1024;

/// What came from the client.
#[derive(Debug)]
pub enum Incoming {
    /// A request, and whether the client wants to send more on this connection.
    Http(Request, bool),
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
    /// A ping or pong.
    Alive,
    /// Gone; `clean` after a close frame.
    Gone {
        /// The client said goodbye.
        clean: bool,
    },
}

enum Phase {
    Http { stream: TcpStream, received: Vec<u8>, pending: Vec<u8>, last: bool },
    Ws(Box<WebSocket<TcpStream>>),
    Gone,
}

/// One connection.
pub struct Connection {
    phase: Phase,
}

impl Connection {
    /// A fresh connection speaks HTTP.
    pub fn new(stream: TcpStream) -> Self {
        Self { phase: Phase::Http { stream, received: Vec::new(), pending: Vec::new(), last: false } }
    }

    /// The socket, to register it.
    pub fn stream(&mut self) -> Option<&mut TcpStream> {
        match &mut self.phase {
            Phase::Http { stream, .. } => Some(stream),
            Phase::Ws(ws) => Some(ws.get_mut()),
            Phase::Gone => None,
        }
    }

    /// The next thing the client sent; `None` when nothing more has arrived.
    pub fn read(&mut self) -> Option<Incoming> {
        match &mut self.phase {
            Phase::Http { stream, received, pending, last } => {
                let incoming = read_http(stream, received, pending, *last);
                if matches!(incoming, Some(Incoming::Http(_, false))) {
                    *last = true;
                }
                incoming
            }
            Phase::Ws(ws) => read_ws(ws),
            Phase::Gone => None,
        }
    }

    /// Queues an HTTP answer.
    pub fn answer(&mut self, response: &Response, keep_alive: bool) {
        if let Phase::Http { pending, .. } = &mut self.phase {
            http1::render(response, keep_alive, pending);
        }
    }

    /// Turns the connection into a WebSocket. Returns false when the request does not ask for one properly.
    pub fn upgrade(&mut self, key: &str) -> bool {
        let headers = vec![
            ("upgrade", "websocket".to_owned()),
            ("connection", "Upgrade".to_owned()),
            ("sec-websocket-accept", derive_accept_key(key.as_bytes())),
        ];
        self.answer(&Response { headers, ..Response::plain(101, Vec::new()) }, true);
        if !self.flush() {
            return false;
        }
        let Phase::Http { stream, received, .. } = std::mem::replace(&mut self.phase, Phase::Gone) else {
            return false;
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_CHUNK)
            .max_write_buffer_size(BACKLOG_MAX)
            .write_buffer_size(0)
            .max_message_size(Some(FRAME_MAX))
            .max_frame_size(Some(FRAME_MAX));
        let ws = WebSocket::from_partially_read(stream, received, Role::Server, Some(config));
        self.phase = Phase::Ws(Box::new(ws));
        true
    }

    /// Queues a frame; false when the client reads too slowly or is gone.
    pub fn send(&mut self, message: Message) -> bool {
        match &mut self.phase {
            Phase::Ws(ws) => going_on(ws.write(message)),
            Phase::Http { .. } | Phase::Gone => false,
        }
    }

    /// Writes what is queued as far as the client takes it; false when the connection is over.
    pub fn flush(&mut self) -> bool {
        match &mut self.phase {
            Phase::Http { stream, pending, last, .. } => match write_some(stream, pending) {
                Ok(()) => !(*last && pending.is_empty()) && pending.len() <= BACKLOG_MAX,
                Err(_) => false,
            },
            Phase::Ws(ws) => going_on(ws.flush()),
            Phase::Gone => false,
        }
    }

    /// True after an upgrade.
    pub fn is_websocket(&self) -> bool {
        matches!(self.phase, Phase::Ws(_))
    }
}

/// The key of a proper WebSocket request (RFC 6455 4.2.1).
pub fn websocket_key(request: &Request) -> Option<&str> {
    let has = |name: &str, word: &str| {
        request
            .header(name)
            .is_some_and(|value| value.to_ascii_lowercase().split(',').any(|part| part.trim() == word))
    };
    let proper = request.method == "GET"
        && has("upgrade", "websocket")
        && has("connection", "upgrade")
        && request.header("sec-websocket-version") == Some("13");
    request.header("sec-websocket-key").filter(|_| proper)
}

/// True when the client asks for any upgrade.
pub fn wants_upgrade(request: &Request) -> bool {
    request.header("upgrade").is_some()
}

fn going_on(result: Result<(), tungstenite::Error>) -> bool {
    match result {
        Ok(()) => true,
        Err(tungstenite::Error::Io(cause)) => cause.kind() == ErrorKind::WouldBlock,
        Err(_) => false,
    }
}

fn read_http(
    stream: &mut TcpStream,
    received: &mut Vec<u8>,
    pending: &mut Vec<u8>,
    last: bool,
) -> Option<Incoming> {
    loop {
        match http1::parse(received) {
            Parsed::Whole { request, used, keep_alive } if !last => {
                received.drain(..used);
                return Some(Incoming::Http(request, keep_alive));
            }
            Parsed::Bad(status) if !last => {
                received.clear();
                let body =
                    format!("{{\"error\":\"BAD_REQUEST\",\"message\":\"status {status}\"}}").into_bytes();
                http1::render(&Response::plain(status, body), false, pending);
                let _ = write_some(stream, pending);
                return Some(Incoming::Gone { clean: false });
            }
            Parsed::Partial { expects_continue: true } if pending.is_empty() => {
                pending.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
                let _ = write_some(stream, pending);
            }
            Parsed::Whole { .. } | Parsed::Bad(_) | Parsed::Partial { .. } => {}
        }
        let mut chunk = [0; READ_CHUNK];
        match stream.read(&mut chunk) {
            Ok(0) => return Some(Incoming::Gone { clean: false }),
            Ok(count) => received.extend_from_slice(&chunk[..count]),
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => return None,
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Some(Incoming::Gone { clean: false }),
        }
    }
}

fn read_ws(ws: &mut WebSocket<TcpStream>) -> Option<Incoming> {
    match ws.read() {
        Ok(Message::Text(text)) => Some(Incoming::Text(text.as_str().to_owned())),
        Ok(Message::Binary(bytes)) => Some(Incoming::Binary(bytes.to_vec())),
        Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Some(Incoming::Alive),
        Ok(Message::Close(_)) => {
            let _ = ws.flush();
            Some(Incoming::Gone { clean: true })
        }
        Err(tungstenite::Error::Io(cause)) if cause.kind() == ErrorKind::WouldBlock => None,
        Err(tungstenite::Error::ConnectionClosed) => Some(Incoming::Gone { clean: true }),
        Err(_) => Some(Incoming::Gone { clean: false }),
    }
}

fn write_some(stream: &mut TcpStream, pending: &mut Vec<u8>) -> io::Result<()> {
    while !pending.is_empty() {
        match stream.write(pending) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                pending.drain(..count);
            }
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(())
}
