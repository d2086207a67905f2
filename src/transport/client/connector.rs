//! Opens WebSockets on threads that may block: name look-up, TCP, TLS, upgrade. A venue thread gets them ready to use.

use super::link::Link;
use super::{Outbound, PLAIN_REFUSED, is_this_machine, tls};
use crate::transport::stream::Stream;
use crate::venue::{LinkFailure, LinkId};
use mio::{Events, Interest, Poll, Token};
use rustls::pki_types::ServerName;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};
use tungstenite::client::{IntoClientRequest, client_with_config, uri_mode};
use tungstenite::error::ProtocolError;
use tungstenite::handshake::client::{Request, Response};
use tungstenite::http::{HeaderName, HeaderValue, header};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::Mode;
use tungstenite::{Error, HandshakeError, WebSocket};

/// Longest wait for one address to answer.
const TCP_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest wait for everything after the name look-up, however slowly the bytes drip in.
const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);
/// tungstenite clears its whole read buffer on every read: a small one costs less per frame.
const READ_BUFFER: usize = 4 << 10;
/// Lighter's whole-book snapshot is a few hundred KiB; nothing real comes near this.
const MESSAGE_MAX: usize = 16 << 20;
/// Frames that a venue does not take wait up to this much.
const BACKLOG_MAX: usize = 1 << 20;
const USER_AGENT: &str = concat!("hedge-fast/", env!("CARGO_PKG_VERSION"));

/// One connection to open.
pub struct Dial {
    /// The session's number for it.
    pub link: LinkId,
    /// Tells this attempt from earlier ones for the same link.
    pub attempt: u64,
    /// `ws://` (this machine only) or `wss://`.
    pub url: String,
    /// Extra request headers.
    pub headers: Vec<(&'static str, String)>,
}

/// What became of a [`Dial`].
pub struct Dialed {
    /// The link asked for.
    pub link: LinkId,
    /// The attempt asked for.
    pub attempt: u64,
    /// Ready to use, or why not.
    pub opened: Result<Link, LinkFailure>,
}

/// Dials on a thread of its own, so that a host that does not answer holds nobody up. `done` is called once.
///
/// # Errors
/// When the system has no thread for it; `done` is not called then.
pub fn spawn(
    name: &str,
    outbound: Outbound,
    dial: Dial,
    done: impl FnOnce(Dialed) + Send + 'static,
) -> io::Result<()> {
    let dialing = move || {
        let opened = open(&dial, &outbound, WHOLE_TIMEOUT);
        done(Dialed { link: dial.link, attempt: dial.attempt, opened });
    };
    std::thread::Builder::new().name(name.to_owned()).spawn(dialing).map(drop)
}

/// Opens one WebSocket, blocking for `within` at most, apart from the name look-up.
///
/// # Errors
/// Everything of [`LinkFailure`] but `Lost` and `ByUs`.
pub fn open(dial: &Dial, outbound: &Outbound, within: Duration) -> Result<Link, LinkFailure> {
    let request = upgrade_request(dial)?;
    let mode = uri_mode(request.uri()).map_err(|error| refuse(&error))?;
    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let plain = matches!(mode, Mode::Plain);
    if plain && !is_this_machine(&host) {
        return Err(LinkFailure::Connect(PLAIN_REFUSED.to_owned()));
    }
    let port = request.uri().port_u16().unwrap_or(if plain { 80 } else { 443 });
    let tcp = reach(&host, port, outbound, within).map_err(|error| unreachable(&host, port, &error))?;
    let deadline = Instant::now() + within;
    let tcp = mio::net::TcpStream::from_std(tcp);
    let stream = match mode {
        Mode::Plain => Stream::Plain(tcp),
        Mode::Tls => {
            let name = ServerName::try_from(host).map_err(|error| refuse(&error))?;
            let connection = rustls::ClientConnection::new(outbound.tls.websocket(), name);
            Stream::tls(tcp, connection.map_err(|error| refuse(&error))?)
        }
    };
    shake_hands(stream, request, deadline).map(Link::new)
}

fn refuse(error: &dyn std::fmt::Display) -> LinkFailure {
    LinkFailure::Connect(error.to_string())
}

fn unreachable(host: &str, port: u16, error: &io::Error) -> LinkFailure {
    LinkFailure::Connect(format!("{host}:{port}: {error}"))
}

fn upgrade_request(dial: &Dial) -> Result<Request, LinkFailure> {
    let mut request = dial.url.as_str().into_client_request().map_err(|error| refuse(&error))?;
    let headers = request.headers_mut();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    for (name, value) in &dial.headers {
        // The value may be a token: an error names the header only.
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| refuse(&error))?;
        let value = HeaderValue::from_str(value)
            .map_err(|_| LinkFailure::Connect(format!("the value of header {name} cannot be sent")))?;
        headers.insert(name, value);
    }
    Ok(request)
}

/// A socket to the host, through the proxy where one is to be used; name look-up is not part of the time.
fn reach(host: &str, port: u16, outbound: &Outbound, within: Duration) -> io::Result<TcpStream> {
    let tcp = match outbound.proxy.as_ref().filter(|proxy| proxy.covers(host)) {
        Some(proxy) => proxy
            .tunnel(host, port, Instant::now() + within)
            .map_err(|cause| io::Error::new(cause.kind(), format!("through the proxy {proxy}: {cause}")))?,
        None => {
            let addresses = (host, port).to_socket_addrs()?;
            connect(addresses, Instant::now() + within)?
        }
    };
    tcp.set_nodelay(true)?;
    tcp.set_nonblocking(true)?;
    Ok(tcp)
}

/// The first address that answers. Each gets its share of the time, so that a dead one leaves some for the others.
fn connect(addresses: impl Iterator<Item = SocketAddr>, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    let addresses: Vec<SocketAddr> = addresses.collect();
    for (index, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let remaining = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = (left / remaining).min(TCP_TIMEOUT);
        if share.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(address, share) {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// TLS, if any, and the upgrade. The socket is nonblocking already, so one deadline bounds the sum of all waits.
fn shake_hands(
    mut stream: Stream,
    request: Request,
    deadline: Instant,
) -> Result<WebSocket<Stream>, LinkFailure> {
    let mut poll = Poll::new().map_err(|error| refuse(&error))?;
    let interests = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut stream, Token(0), interests).map_err(|error| refuse(&error))?;
    let mut outcome = client_with_config(request, stream, Some(config()));
    loop {
        match outcome {
            Ok((mut socket, response)) => {
                poll.registry().deregister(socket.get_mut()).map_err(|error| refuse(&error))?;
                return no_extension(&response).map(|()| socket);
            }
            Err(HandshakeError::Interrupted(unfinished)) => {
                wait(&mut poll, deadline)?;
                outcome = unfinished.handshake();
            }
            Err(HandshakeError::Failure(error)) => return Err(handshake_failure(error)),
        }
    }
}

pub(super) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(BACKLOG_MAX)
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX))
}

fn wait(poll: &mut Poll, deadline: Instant) -> Result<(), LinkFailure> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(LinkFailure::Connect("no answer to the upgrade in time".to_owned()));
    }
    match poll.poll(&mut Events::with_capacity(4), Some(left)) {
        Err(error) if error.kind() != ErrorKind::Interrupted => Err(refuse(&error)),
        _ => Ok(()),
    }
}

/// None was offered, so none may be in use (RFC 6455 section 4.1).
fn no_extension(response: &Response) -> Result<(), LinkFailure> {
    match response.headers().get(header::SEC_WEBSOCKET_EXTENSIONS) {
        None => Ok(()),
        Some(_) => Err(LinkFailure::Connect("the server uses an extension nobody offered".to_owned())),
    }
}

fn handshake_failure(error: Error) -> LinkFailure {
    match error {
        Error::Http(response) => LinkFailure::Upgrade(response.status().as_u16()),
        Error::Io(error) => tls::open_failure(&error),
        Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            LinkFailure::Connect("closed before the upgrade was answered".to_owned())
        }
        other => refuse(&other),
    }
}
