//! The live server of a [`Service`]: HTTP/1.1 and WebSocket on one loopback port, one thread, one mio loop.

mod connection;
mod event_loop;
mod http1;

pub use http1::pairs;

use super::service::Service;
use crossbeam_channel::{Sender, bounded, unbounded};
use event_loop::{Control, EventLoop};
use mio::Waker;
use mio::net::TcpListener;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

/// A bound port that nobody serves yet: connections wait.
pub struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
}

/// Takes a port; port 0 takes any free one.
pub fn bind(addr: SocketAddr) -> io::Result<Bound> {
    let listener = TcpListener::bind(addr)?;
    let addr = listener.local_addr()?;
    Ok(Bound { listener, addr })
}

impl Bound {
    /// The address clients connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serves from a thread of this name until the handle is stopped or dropped.
    pub fn spawn<S: Service + 'static>(self, name: &str, service: S) -> io::Result<ServerHandle<S>> {
        let (control, orders) = unbounded();
        let event_loop = EventLoop::new(self.listener, service, orders)?;
        let waker = event_loop.waker();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || event_loop.run())?;
        Ok(ServerHandle { addr: self.addr, control, waker, thread: Some(thread) })
    }
}

/// A running server. Dropping it stops the thread and closes every connection.
pub struct ServerHandle<S> {
    addr: SocketAddr,
    control: Sender<Control<S>>,
    waker: Arc<Waker>,
    thread: Option<JoinHandle<()>>,
}

impl<S: Service + 'static> ServerHandle<S> {
    /// The address clients connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Runs `look` on the service between two events and returns its result; `None` when the server has ended.
    pub fn with<R: Send + 'static>(&self, look: impl FnOnce(&mut S) -> R + Send + 'static) -> Option<R> {
        let (answer, result) = bounded(1);
        let task = Box::new(move |service: &mut S| {
            let _ = answer.send(look(service));
        });
        self.control.send(Control::Look(task)).ok()?;
        self.waker.wake().ok()?;
        result.recv().ok()
    }
}

impl<S> Drop for ServerHandle<S> {
    fn drop(&mut self) {
        let _ = self.control.send(Control::Stop);
        let _ = self.waker.wake();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("a simulated venue ended in a panic");
        }
    }
}
