//! Data frames out of what a venue sends, and back.

use super::Frame;
use crate::transport::service::{ConnId, Sent};

/// A data frame with its connection; anything else comes back as it is.
pub(super) fn frame_of(sent: Sent) -> Result<(ConnId, Frame), Sent> {
    match sent {
        Sent::Text(conn, text) => Ok((conn, Frame::Text(text))),
        Sent::Binary(conn, bytes) => Ok((conn, Frame::Binary(bytes))),
        Sent::Ping(_) | Sent::Close(..) | Sent::Cut(_) => Err(sent),
    }
}

/// A frame on its way to a client.
pub(super) fn sent_of(conn: ConnId, frame: Frame) -> Sent {
    match frame {
        Frame::Text(text) => Sent::Text(conn, text),
        Frame::Binary(bytes) => Sent::Binary(conn, bytes),
    }
}
