//! One ready WebSocket of a venue thread: non-blocking, frames out of the socket and into it.

use super::stream::Stream;
use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind};
use tungstenite::protocol::{Message, WebSocket};

/// What a link brought.
#[derive(Debug)]
pub enum Arrival {
    /// A text or binary frame.
    Frame(Message),
    /// A ping or pong: the peer lives.
    Alive,
    /// Nothing more has arrived.
    Empty,
    /// The connection is over; why.
    Over(String),
}

/// A WebSocket that never blocks.
pub struct Link {
    ws: WebSocket<Stream>,
}

impl Link {
    /// Takes over a WebSocket whose upgrade is done.
    pub(super) fn new(ws: WebSocket<Stream>) -> io::Result<Self> {
        let tcp = ws.get_ref().tcp();
        tcp.set_read_timeout(None)?;
        tcp.set_write_timeout(None)?;
        tcp.set_nonblocking(true)?;
        Ok(Self { ws })
    }

    /// Registers the socket; events are edge-triggered, so read until [`Arrival::Empty`].
    pub fn register(&self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(
            &mut SourceFd(&self.ws.get_ref().fd()),
            token,
            Interest::READABLE | Interest::WRITABLE,
        )
    }

    /// Takes the socket out of the poll again.
    pub fn deregister(&self, registry: &Registry) -> io::Result<()> {
        registry.deregister(&mut SourceFd(&self.ws.get_ref().fd()))
    }

    /// The next arrival. Pings are answered here.
    pub fn read(&mut self) -> Arrival {
        match self.ws.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => Arrival::Frame(message),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Arrival::Alive,
            Ok(Message::Close(frame)) => {
                let _ = self.ws.flush();
                let said = frame.map(|frame| format!("{} {}", u16::from(frame.code), frame.reason));
                Arrival::Over(format!("closed by the venue ({})", said.unwrap_or_default().trim()))
            }
            Err(tungstenite::Error::Io(cause)) if cause.kind() == ErrorKind::WouldBlock => Arrival::Empty,
            Err(cause) => Arrival::Over(cause.to_string()),
        }
    }

    /// Sends a text frame now, as far as the socket takes it; the rest follows when it is writable.
    pub fn send_text(&mut self, text: String) -> Result<(), String> {
        self.send(Message::text(text))
    }

    /// Sends a ping.
    pub fn send_ping(&mut self) -> Result<(), String> {
        self.send(Message::Ping(Default::default()))
    }

    fn send(&mut self, message: Message) -> Result<(), String> {
        going_on(self.ws.send(message))
    }

    /// Writes what is still queued.
    pub fn flush(&mut self) -> Result<(), String> {
        going_on(self.ws.flush())
    }

    /// Says goodbye as far as that goes without waiting.
    pub fn close(&mut self) {
        let _ = self.ws.close(None);
        let _ = self.ws.flush();
    }
}

fn going_on(result: Result<(), tungstenite::Error>) -> Result<(), String> {
    match result {
        Ok(()) => Ok(()),
        Err(tungstenite::Error::Io(cause)) if cause.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(cause) => Err(cause.to_string()),
    }
}
