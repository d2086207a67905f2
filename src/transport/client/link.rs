//! One ready WebSocket of a venue thread: non-blocking, frames out of the socket and into it.

use crate::transport::stream::Stream;
use crate::venue::LinkFailure;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind};
use tungstenite::protocol::{CloseFrame, Message, WebSocket};
use tungstenite::{Bytes, Error, Utf8Bytes};

/// What a link brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A text frame.
    Text(Utf8Bytes),
    /// A binary frame.
    Binary(Bytes),
    /// A ping or pong: the peer lives. Pings are answered below this.
    Alive,
}

/// A WebSocket that never blocks. What the socket does not take at once waits, bounded, until [`Link::flush`].
#[derive(Debug)]
pub struct Link {
    socket: WebSocket<Stream>,
}

impl Link {
    /// Takes over a WebSocket whose upgrade is done.
    pub(super) fn new(socket: WebSocket<Stream>) -> Self {
        Self { socket }
    }

    /// True when an earlier connection spared this one half of the TLS handshake.
    pub fn is_resumed(&self) -> bool {
        self.socket.get_ref().handshake() == Some(rustls::HandshakeKind::Resumed)
    }

    /// Registers the socket. Events are edge-triggered, so after each [`Link::flush`] and [`Link::read`] until it has
    /// nothing more; also once at the start, for frames that came with the upgrade.
    ///
    /// # Errors
    /// Those of the system.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(self.socket.get_mut(), token, Interest::READABLE | Interest::WRITABLE)
    }

    /// The next arrival, `None` when there is nothing more for now.
    ///
    /// # Errors
    /// [`LinkFailure::Lost`]: the connection is over.
    pub fn read(&mut self) -> Result<Option<Arrival>, LinkFailure> {
        match self.socket.read() {
            Ok(Message::Text(text)) => Ok(Some(Arrival::Text(text))),
            Ok(Message::Binary(bytes)) => Ok(Some(Arrival::Binary(bytes))),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(Some(Arrival::Alive)),
            Ok(Message::Close(frame)) => {
                // Sends our half of the goodbye, as far as that goes at once.
                let _ = self.socket.flush();
                Err(LinkFailure::Lost(goodbye(frame)))
            }
            Err(error) => waiting_is_fine(error).map(|()| None),
        }
    }

    /// Sends a text frame now, as far as the socket takes it.
    ///
    /// # Errors
    /// [`LinkFailure::Lost`]: the connection is over, or the venue reads so slowly that too much is waiting.
    pub fn send_text(&mut self, text: String) -> Result<(), LinkFailure> {
        self.send(Message::text(text))
    }

    /// Sends a ping.
    ///
    /// # Errors
    /// As [`Link::send_text`].
    pub fn send_ping(&mut self) -> Result<(), LinkFailure> {
        self.send(Message::Ping(Bytes::new()))
    }

    fn send(&mut self, message: Message) -> Result<(), LinkFailure> {
        self.socket.send(message).or_else(waiting_is_fine)
    }

    /// Writes what is waiting, as far as the socket takes it.
    ///
    /// # Errors
    /// As [`Link::send_text`].
    pub fn flush(&mut self) -> Result<(), LinkFailure> {
        self.socket.flush().or_else(waiting_is_fine)
    }

    /// Says goodbye. The connection has ended in the orderly way once [`Link::read`] fails.
    pub fn close(&mut self) {
        // A connection that cannot even take a close frame is over, which the next read tells.
        let _ = self.socket.close(None);
    }
}

fn goodbye(frame: Option<CloseFrame>) -> String {
    match frame {
        None => "closed by the venue without a reason".to_owned(),
        // The words come from the network: control characters do not get into a log.
        Some(frame) => {
            format!("closed by the venue: {} {}", u16::from(frame.code), frame.reason.escape_debug())
        }
    }
}

fn waiting_is_fine(error: Error) -> Result<(), LinkFailure> {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Error::WriteBufferFull(_) => {
            Err(LinkFailure::Lost("the venue does not read what we send".to_owned()))
        }
        other => Err(LinkFailure::Lost(other.to_string())),
    }
}
