//! The live server of one simulated venue: HTTP/1.1 and WebSocket on one loopback port, one thread, one `mio` loop.
//!
//! Gives a [`Service`] its sockets and its clock and keeps bad clients away from it. Knows nothing of venues.

mod event_loop;
mod http_peer;
mod request;
mod response;
mod socket_peer;

pub use request::pairs;

use crate::domain::Wall;
use crate::transport::service::Service;
use crossbeam_channel::{Sender, bounded, unbounded};
use mio::net::TcpListener;
use mio::{Poll, Waker};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How much a client may ask of the server. Beyond it: an HTTP error, a close frame or the end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of request line and headers (431).
    pub head_max: usize,
    /// Bytes of a request body (413).
    pub body_max: usize,
    /// Bytes of an incoming WebSocket message, also of all its fragments together (close code 1009).
    pub message_max: usize,
    /// Bytes waiting for a client that reads too slowly; beyond it the client is dropped.
    pub backlog_max: usize,
    /// Connections at the same time; more are accepted and closed at once.
    pub connections_max: usize,
    /// Time for one whole request to arrive (408).
    pub request: Duration,
    /// How long an HTTP connection may rest between two requests.
    pub idle: Duration,
    /// How long a client may take to answer a close frame, or to read the last answer.
    pub closing: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_max: 16 << 10,
            body_max: 1 << 20,
            message_max: 64 << 10,
            backlog_max: 4 << 20,
            connections_max: 1024,
            request: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            closing: Duration::from_secs(3),
        }
    }
}

/// Wall time that never jumps: one reading at the start, then monotonic.
#[derive(Clone, Copy, Debug)]
struct Clock {
    wall: Wall,
    start: Instant,
}

impl Clock {
    fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { wall: Wall::default().after(wall), start: Instant::now() }
    }

    fn now(&self) -> Wall {
        self.wall.after(self.start.elapsed())
    }
}

/// Takes a port; port 0 lets the system choose one. Clients can connect from now on and are served after
/// [`Bound::spawn`].
///
/// # Errors
/// Those of the system: mostly that the port is taken.
pub fn bind(addr: SocketAddr) -> io::Result<Bound> {
    let listener = TcpListener::bind(addr)?;
    let addr = listener.local_addr()?;
    Ok(Bound { listener, addr, limits: Limits::default(), tls: None })
}

/// A port that is taken and not served yet.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
    limits: Limits,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Bound {
    /// The address to connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Other limits than the default ones.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Speaks TLS on every connection.
    pub fn with_tls(mut self, config: Arc<rustls::ServerConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Serves `service` on a thread of this name until the handle is stopped or dropped.
    ///
    /// # Errors
    /// When the system has no thread or no event queue for it.
    pub fn spawn<S: Service + 'static>(self, name: &str, service: S) -> io::Result<ServerHandle<S>> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), event_loop::WAKER)?);
        let (controls, received) = unbounded();
        let addr = self.addr;
        let event_loop = event_loop::EventLoop::new(self, poll, service, received)?;
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || event_loop.run())?;
        Ok(ServerHandle { addr, controls, waker, thread: Some(thread) })
    }
}

/// What the handle asks of the server thread.
enum Control<S> {
    Visit(Box<dyn FnOnce(&mut S) + Send>),
    Stop,
}

/// A running server. Stops and joins its thread when dropped.
#[derive(Debug)]
pub struct ServerHandle<S> {
    addr: SocketAddr,
    controls: Sender<Control<S>>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<S>>,
}

impl<S: Service + 'static> ServerHandle<S> {
    /// The address to connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Runs `visit` on the service between two of its calls, then [`Service::advance`], and waits for the result;
    /// `None` when the service panicked and nobody is there to run it.
    pub fn with<R: Send + 'static>(&self, visit: impl FnOnce(&mut S) -> R + Send + 'static) -> Option<R> {
        let (answer, result) = bounded(1);
        let visit = Box::new(move |service: &mut S| {
            // Nobody waits for the answer only when the asking thread is gone.
            let _ = answer.send(visit(service));
        });
        self.controls.send(Control::Visit(visit)).ok()?;
        self.waker.wake().ok()?;
        result.recv().ok()
    }

    /// Closes every connection and hands the service back; `None` when it panicked.
    pub fn stop(mut self) -> Option<S> {
        self.end()
    }
}

impl<S> ServerHandle<S> {
    fn end(&mut self) -> Option<S> {
        let thread = self.thread.take()?;
        let _ = self.controls.send(Control::Stop);
        let _ = self.waker.wake();
        let ended = thread.join().ok();
        if ended.is_none() {
            log::error!("the server of a simulated venue ended in a panic");
        }
        ended
    }
}

impl<S> Drop for ServerHandle<S> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
