//! What is under way between a session and its venue.

use super::super::service::{ConnId, Request};
use super::network::HttpFate;
use crate::domain::Mono;
use crate::venue::http::{HttpFailure, HttpReply};
use crate::venue::{LinkFailure, LinkId};

/// What a frame carries.
#[derive(Debug)]
pub(super) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Ping,
    /// The answer to a ping, which transports give by themselves.
    Pong,
}

/// Something on its way, where it is going, and what becomes of it there.
#[derive(Debug)]
pub(super) enum Arrival {
    RequestAtVenue(u64, Request, HttpFate),
    AnswerAtClient(u64, Result<HttpReply, HttpFailure>),
    DialAtVenue(ConnId, Request),
    OpenedAtClient(ConnId),
    FrameAtVenue(ConnId, Frame),
    FrameAtClient(ConnId, Frame),
    HangUpAtVenue(ConnId),
    EndAtClient(ConnId, LinkFailure),
}

impl Arrival {
    /// Whether it still happens when the client's process is gone. Questions are dropped: their answers would be taken for
    /// those of the next process.
    pub(super) fn outlives_the_client(&self) -> bool {
        match self {
            Self::DialAtVenue(..) | Self::FrameAtVenue(..) | Self::HangUpAtVenue(_) => true,
            Self::RequestAtVenue(..)
            | Self::AnswerAtClient(..)
            | Self::OpenedAtClient(_)
            | Self::FrameAtClient(..)
            | Self::EndAtClient(..) => false,
        }
    }
}

/// The client's end of a connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) link: LinkId,
    /// Messages of one direction never overtake each other.
    pub(super) last_to_venue: Mono,
    pub(super) last_to_client: Mono,
}
