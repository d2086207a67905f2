//! A connection of this program to itself, to write orders to that go nowhere: framing and the kernel's way of sending are in
//! the processor's caches when a real order takes it. Without TLS.

use super::connector::config;
use super::link::Link;
use crate::transport::stream::Stream;
use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;
use tungstenite::WebSocket;
use tungstenite::protocol::Role;

/// Longer than any order.
const BUFFER: usize = 4_096;

/// A system that lets nobody talk to himself holds up no start.
const PATIENCE: Duration = Duration::from_millis(100);

/// The end that is read by hand.
#[derive(Debug)]
pub struct FarEnd {
    socket: TcpStream,
    buffer: Box<[u8; BUFFER]>,
}

/// Connects: the end that orders are written to, and the other.
///
/// # Errors
/// Those of the system, and when somebody else came to the door first.
pub fn open() -> io::Result<(Link, FarEnd)> {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let near = TcpStream::connect_timeout(&door.local_addr()?, PATIENCE)?;
    let (socket, guest) = door.accept()?;
    if guest != near.local_addr()? {
        return Err(io::Error::other("a stranger connected"));
    }
    near.set_nodelay(true)?;
    near.set_nonblocking(true)?;
    socket.set_nonblocking(true)?;
    let near = Stream::Plain(mio::net::TcpStream::from_std(near));
    let link = Link::new(WebSocket::from_raw_socket(near, Role::Client, Some(config())));
    Ok((link, FarEnd { socket, buffer: Box::new([0; BUFFER]) }))
}

impl FarEnd {
    /// Reads off what is there.
    pub fn read_off(&mut self) {
        while self.socket.read(&mut self.buffer[..]).is_ok_and(|length| length == BUFFER) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_off_so_that_it_never_fills_up() {
        let (mut link, mut far) = open().expect("loopback");
        for _ in 0..5_000 {
            assert!(link.send_text("x".repeat(700)).is_ok());
            far.read_off();
        }
        assert!(link.send_text("still takes it".to_owned()).is_ok());
        let read = far.socket.read(&mut far.buffer[..]).expect("there");
        // A header of two bytes, a mask of four.
        assert_eq!(read, "still takes it".len() + 6, "nothing else was left");
    }
}
