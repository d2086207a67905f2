//! The bench's venue: three WebSockets on loopback that never sleep. It sends ticks and reads orders, and adds no wake-up.

use std::io::ErrorKind;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tungstenite::handshake::server::{Request, Response};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

/// An order that has not come by then does not come.
const LONGEST: Duration = Duration::from_millis(100);

pub trait Bytes: Read + Write {}
impl<T: Read + Write> Bytes for T {}
type Socket = WebSocket<Box<dyn Bytes>>;

/// Which socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    Public,
    Private,
    Lighter,
}

pub struct Door {
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Door {
    pub fn open(tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").expect("a port"), tls }
    }

    pub fn url(&self) -> String {
        let port = self.listener.local_addr().expect("bound").port();
        if self.tls.is_some() { format!("wss://localhost:{port}") } else { format!("ws://127.0.0.1:{port}") }
    }

    pub fn port(&self) -> u16 {
        self.listener.local_addr().expect("bound").port()
    }

    /// Waits until a client has opened all three.
    pub fn let_in(&self) -> Venue {
        let (mut public, mut private, mut lighter) = (None, None, None);
        while public.is_none() || private.is_none() || lighter.is_none() {
            let (tcp, _) = self.listener.accept().expect("a client");
            let (path, socket) = shake_hands(tcp, self.tls.as_ref());
            match path.as_str() {
                "/Paradex/0" => public = Some(socket),
                "/Paradex/1" => private = Some(socket),
                "/Lighter/0" => lighter = Some(socket),
                other => panic!("{other} is no path of this venue"),
            }
        }
        Venue {
            public: public.expect("in"),
            private: private.expect("in"),
            lighter: lighter.expect("in"),
            seq: 1 << 41,
        }
    }
}

#[expect(clippy::result_large_err, reason = "the signature is the library's")]
fn shake_hands(tcp: TcpStream, tls: Option<&Arc<rustls::ServerConfig>>) -> (String, Socket) {
    tcp.set_nodelay(true).expect("an option");
    let raw = tcp.try_clone().expect("a handle");
    let stream: Box<dyn Bytes> = match tls {
        None => Box::new(tcp),
        Some(config) => {
            let connection = rustls::ServerConnection::new(Arc::clone(config)).expect("TLS");
            Box::new(rustls::StreamOwned::new(connection, tcp))
        }
    };
    let mut path = String::new();
    let look = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let socket = tungstenite::accept_hdr_with_config(stream, look, Some(config)).expect("an upgrade");
    raw.set_nonblocking(true).expect("an option");
    (path, socket)
}

pub struct Venue {
    public: Socket,
    private: Socket,
    lighter: Socket,
    /// Number of the last touch.
    pub seq: i64,
}

/// An order that opens, not one that closes what the cycle before has opened.
fn opens(text: &str) -> bool {
    is_order(text) && (text.contains("\"flags\":[]") || text.contains("\"ReduceOnly\":0"))
}

/// Pings and subscriptions are none.
fn is_order(text: &str) -> bool {
    text.contains("\"order.create\"") || text.contains("\"jsonapi/sendtx\"")
}

/// How long after the tick each order was readable as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Arrived {
    pub paradex: Duration,
    pub lighter: Duration,
}

impl Venue {
    pub fn socket(&mut self, which: Which) -> &mut Socket {
        match which {
            Which::Public => &mut self.public,
            Which::Private => &mut self.private,
            Which::Lighter => &mut self.lighter,
        }
    }

    pub fn send(&mut self, which: Which, message: Message) {
        self.socket(which).send(message).expect("the client reads");
    }

    /// The next text of the client, if it is there already.
    pub fn text(&mut self, which: Which) -> Option<String> {
        match self.socket(which).read() {
            Ok(Message::Text(text)) => Some(text.to_string()),
            Ok(_) => None,
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{which:?}: {error}"),
        }
    }

    /// Reads over what is there.
    pub fn drain(&mut self) {
        for which in [Which::Private, Which::Lighter, Which::Public] {
            while self.text(which).is_some() {}
        }
    }

    /// Reads over what is there while the client says goodbye, whatever becomes of the connections.
    pub fn drain_until_closed(&mut self) {
        for which in [Which::Private, Which::Lighter, Which::Public] {
            while self.socket(which).read().is_ok() {}
        }
    }

    /// Sends `tick` and waits for both orders; `None` when one does not come.
    pub fn trigger(&mut self, which: Which, tick: Message) -> Option<(Arrived, String)> {
        let begun = Instant::now();
        self.send(which, tick);
        let (mut paradex, mut lighter) = (None, None);
        while paradex.is_none() || lighter.is_none() {
            if paradex.is_none() && self.text(Which::Private).is_some_and(|text| opens(&text)) {
                paradex = Some(begun.elapsed());
            }
            if lighter.is_none()
                && let Some(text) = self.text(Which::Lighter).filter(|text| opens(text))
            {
                lighter = Some((begun.elapsed(), text));
            }
            if begun.elapsed() > LONGEST {
                return None;
            }
        }
        let (lighter, text) = lighter.expect("come");
        Some((Arrived { paradex: paradex.expect("come"), lighter }, text))
    }

    /// Waits until both legs are being closed; false when they are not.
    pub fn closes(&mut self) -> bool {
        let begun = Instant::now();
        let mut closed = [false; 2];
        while closed != [true; 2] && begun.elapsed() < 5 * LONGEST {
            for (which, closed) in [Which::Private, Which::Lighter].into_iter().zip(&mut closed) {
                *closed |= self.text(which).is_some_and(|text| is_order(&text) && !opens(&text));
            }
        }
        closed == [true; 2]
    }

    /// Sends `news` to the Lighter socket and waits for an order to Paradex.
    pub fn provoke(&mut self, news: Message) -> Option<Duration> {
        let begun = Instant::now();
        self.send(Which::Lighter, news);
        while !self.text(Which::Private).is_some_and(|text| is_order(&text) && !opens(&text)) {
            if begun.elapsed() > LONGEST {
                return None;
            }
        }
        Some(begun.elapsed())
    }
}
