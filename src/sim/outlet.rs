//! A simulated venue behind a port that can be closed and opened again. Closed, nobody reaches it, and it keeps its state.

use crate::transport::server::{self, Bound, ServerHandle};
use crate::transport::service::Service;
use std::io;
use std::net::SocketAddr;

/// A venue and its port.
pub(super) struct Outlet<S> {
    name: &'static str,
    addr: SocketAddr,
    venue: Venue<S>,
}

enum Venue<S> {
    Open(ServerHandle<S>),
    Closed(Box<S>),
    /// It panicked.
    Lost,
}

impl<S: Service + 'static> Outlet<S> {
    /// Serves a venue on a port that is taken already, on a thread of this name.
    pub(super) fn open(bound: Bound, name: &'static str, venue: S) -> io::Result<Self> {
        let addr = bound.addr();
        Ok(Self { name, addr, venue: Venue::Open(bound.spawn(name, venue)?) })
    }

    /// Where it is to be found.
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Runs `visit` on the venue between two of its calls; `None` while it is closed, or when it panicked.
    pub(super) fn with<R: Send + 'static>(
        &self,
        visit: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Option<R> {
        match &self.venue {
            Venue::Open(server) => server.with(visit),
            Venue::Closed(_) | Venue::Lost => None,
        }
    }

    /// Closes the port and every connection.
    pub(super) fn close(&mut self) {
        self.venue = match std::mem::replace(&mut self.venue, Venue::Lost) {
            Venue::Open(server) => server.stop().map_or(Venue::Lost, |venue| Venue::Closed(Box::new(venue))),
            other @ (Venue::Closed(_) | Venue::Lost) => other,
        };
    }

    /// Opens the same port again.
    ///
    /// # Errors
    /// When another process has taken the port meanwhile, or the system has no thread.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        let bound = match &self.venue {
            Venue::Open(_) => return Ok(()),
            Venue::Closed(_) | Venue::Lost => server::bind(self.addr)?,
        };
        if let Venue::Closed(venue) = std::mem::replace(&mut self.venue, Venue::Lost) {
            self.venue = Venue::Open(bound.spawn(self.name, *venue)?);
        }
        Ok(())
    }
}
