//! One nonblocking byte stream, plain or TLS, for both ends of a connection.
//!
//! Reading and writing are independent: a blocked write never keeps received bytes from being read.

use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

/// A connected socket. Reads and writes end with [`ErrorKind::WouldBlock`] when nothing more can be done now.
#[derive(Debug)]
pub enum Stream {
    /// Bytes as they are: loopback only.
    Plain(TcpStream),
    /// TLS, client or server side; the handshake is driven by the first reads and writes.
    Tls(Box<TlsStream>),
}

impl Stream {
    /// A stream that speaks TLS on `socket`.
    pub fn tls(socket: TcpStream, connection: impl Into<rustls::Connection>) -> Self {
        Self::Tls(Box::new(TlsStream { socket, connection: connection.into() }))
    }

    /// How the TLS handshake went; `None` without TLS or before its end.
    pub fn handshake(&self) -> Option<rustls::HandshakeKind> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => tls.connection.handshake_kind(),
        }
    }

    /// Tells the other end that nothing more will be sent. Best effort: the connection is about to be dropped.
    pub fn finish(&mut self) {
        if let Self::Tls(tls) = self {
            tls.connection.send_close_notify();
            let _ = tls.push();
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    fn socket(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(tls) => &mut tls.socket,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(tls) => tls.push(),
        }
    }
}

impl Source for Stream {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.socket().register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        self.socket().reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.socket().deregister(registry)
    }
}

/// TLS records over a nonblocking socket.
#[derive(Debug)]
pub struct TlsStream {
    socket: TcpStream,
    connection: rustls::Connection,
}

impl TlsStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.connection.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                outcome => return outcome,
            }
            self.connection.read_tls(&mut self.socket)?;
            let processed = self.connection.process_new_packets();
            // Handshake answers, key updates and alerts leave with what is read, not with the next message.
            match self.push() {
                Err(error) if error.kind() != ErrorKind::WouldBlock && processed.is_ok() => {
                    return Err(error);
                }
                _ => {}
            }
            processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push()?;
        let taken = self.connection.writer().write(bytes)?;
        if taken == 0 && !bytes.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        match self.push() {
            // The bytes are taken; what is left of the record leaves with the next flush.
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    fn push(&mut self) -> io::Result<()> {
        while self.connection.wants_write() {
            if self.connection.write_tls(&mut self.socket)? == 0 {
                return Err(ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }
}
