//! One connection that speaks WebSocket, seen from the server.

use super::Limits;
use crate::transport::service::ConnId;
use crate::transport::stream::Stream;
use std::io::ErrorKind;
use std::time::Instant;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Bytes, Error, Message, Utf8Bytes, WebSocket};

const READ_BUFFER: usize = 8 << 10;

/// The connection cannot go on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is gone, or has ended in the orderly way, or the client reads too slowly.
    Gone,
    /// The client broke the protocol or a limit and is told so.
    Violation(CloseCode, &'static str),
}

/// What one read brought.
#[derive(Debug)]
pub(super) enum Received {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// A ping or pong.
    Alive,
    /// Nothing that the service needs to know.
    Silent,
    /// Nothing at the moment.
    Nothing,
}

/// An upgraded connection.
#[derive(Debug)]
pub(super) struct SocketPeer {
    pub(super) conn: ConnId,
    socket: WebSocket<Stream>,
    /// When a client that does not answer our close frame is dropped.
    pub(super) deadline: Option<Instant>,
    /// The client has sent a close frame.
    pub(super) clean: bool,
}

impl SocketPeer {
    /// `rest`: bytes the client has already sent after its upgrade request.
    pub(super) fn new(conn: ConnId, stream: Stream, rest: Vec<u8>, limits: Limits) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(limits.backlog_max)
            .max_frame_size(Some(limits.message_max))
            .max_message_size(Some(limits.message_max));
        let socket = WebSocket::from_partially_read(stream, rest, Role::Server, Some(config));
        Self { conn, socket, deadline: None, clean: false }
    }

    pub(super) fn stream(&mut self) -> &mut Stream {
        self.socket.get_mut()
    }

    pub(super) fn receive(&mut self) -> Result<Received, End> {
        let closing = self.deadline.is_some();
        match self.socket.read() {
            // What a client says after we said goodbye reaches nobody.
            Ok(Message::Text(_) | Message::Binary(_)) if closing => Ok(Received::Silent),
            Ok(Message::Text(text)) => Ok(Received::Text(text)),
            Ok(Message::Binary(bytes)) => Ok(Received::Binary(bytes)),
            Ok(Message::Ping(_) | Message::Pong(_)) => Ok(Received::Alive),
            Ok(Message::Close(_)) => {
                self.clean = true;
                Ok(Received::Silent)
            }
            Ok(Message::Frame(_)) => Ok(Received::Silent),
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(Received::Nothing),
            Err(error) => Err(end(&error)),
        }
    }

    /// Sends now what can be sent now; the rest waits for [`SocketPeer::flush`].
    pub(super) fn send(&mut self, message: Message) -> Result<(), End> {
        if !self.socket.can_write() {
            return Ok(());
        }
        waiting_is_fine(self.socket.send(message))
    }

    pub(super) fn close(&mut self, code: u16, reason: String, until: Instant) -> Result<(), End> {
        if self.deadline.is_none() {
            self.deadline = Some(until);
        }
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        waiting_is_fine(self.socket.close(Some(frame)))
    }

    pub(super) fn flush(&mut self) -> Result<(), End> {
        waiting_is_fine(self.socket.flush())
    }

    /// Tells the client what it did wrong, as far as that can be sent at once, and gives the stream back.
    pub(super) fn into_refused(mut self, code: CloseCode, reason: &'static str) -> Stream {
        let _ = self.socket.close(Some(CloseFrame { code, reason: reason.into() }));
        self.socket.into_inner()
    }
}

fn waiting_is_fine(outcome: tungstenite::Result<()>) -> Result<(), End> {
    match outcome {
        Ok(()) => Ok(()),
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(Error::WriteBufferFull(_)) => {
            log::warn!("dropping a client that reads too slowly");
            Err(End::Gone)
        }
        Err(_) => Err(End::Gone),
    }
}

fn end(error: &Error) -> End {
    match error {
        Error::Capacity(_) => End::Violation(CloseCode::Size, "message too large"),
        Error::Utf8(_) => End::Violation(CloseCode::Invalid, "text is not UTF-8"),
        Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => End::Gone,
        Error::Protocol(_) => End::Violation(CloseCode::Protocol, "protocol violation"),
        _ => End::Gone,
    }
}
