//! Opens WebSockets on a thread that may block: name look-up, TCP, TLS, upgrade. A venue thread gets them ready to use.

use super::link::Link;
use super::stream::Stream;
use super::tls::{self, TlsConfig};
use crate::venue::{LinkFailure, LinkId};
use crossbeam_channel::{Receiver, Sender, unbounded};
use rustls::pki_types::ServerName;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;
use tungstenite::HandshakeError;
use tungstenite::client::{IntoClientRequest, client_with_config, uri_mode};
use tungstenite::http::{HeaderName, HeaderValue};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::Mode;

/// Longest wait for one step of opening a connection.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// tungstenite clears its whole read buffer on every read: a small one costs less per frame.
const READ_BUFFER: usize = 8 * 1024;
/// Lighter's whole-book snapshot is a few hundred KiB; nothing real comes near this.
const MESSAGE_MAX: usize = 16 * 1024 * 1024;
/// Frames that a venue does not take wait up to this much.
const BACKLOG_MAX: usize = 1024 * 1024;

/// One connection to open.
pub struct Dial {
    /// The session's number for it.
    pub link: LinkId,
    /// `ws://` (this machine only) or `wss://`.
    pub url: String,
    /// Extra request headers.
    pub headers: Vec<(&'static str, String)>,
}

/// What became of a [`Dial`].
pub type Dialed = (LinkId, Result<Link, LinkFailure>);

/// Starts a connector thread; every dial is answered once through `done`. The thread ends when the sender is dropped.
pub fn spawn(name: &str, tls: TlsConfig, done: impl Fn(Dialed) + Send + 'static) -> io::Result<Sender<Dial>> {
    let (sender, dials): (Sender<Dial>, Receiver<Dial>) = unbounded();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        for dial in dials {
            let opened = open(&dial, &tls);
            done((dial.link, opened));
        }
    })?;
    Ok(sender)
}

/// Opens one WebSocket, blocking.
pub fn open(dial: &Dial, tls: &TlsConfig) -> Result<Link, LinkFailure> {
    let connect = |cause: &dyn std::fmt::Display| LinkFailure::Connect(cause.to_string());
    let mut request = dial.url.as_str().into_client_request().map_err(|cause| connect(&cause))?;
    for (name, value) in &dial.headers {
        let value = HeaderValue::from_str(value).map_err(|cause| connect(&cause))?;
        request.headers_mut().insert(HeaderName::from_static(name), value);
    }
    let mode = uri_mode(request.uri()).map_err(|cause| connect(&cause))?;
    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = request.uri().port_u16().unwrap_or(match mode {
        Mode::Plain => 80,
        Mode::Tls => 443,
    });
    let tcp = dial_tcp(&host, port, matches!(mode, Mode::Plain))?;
    let stream = match mode {
        Mode::Plain => Stream::Plain(tcp),
        Mode::Tls => start_tls(tcp, &host, tls)?,
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(BACKLOG_MAX)
        .max_message_size(Some(MESSAGE_MAX))
        .max_frame_size(Some(MESSAGE_MAX));
    let (ws, _) = client_with_config(request, stream, Some(config)).map_err(upgrade_failure)?;
    Link::new(ws).map_err(|cause| connect(&cause))
}

fn dial_tcp(host: &str, port: u16, plain: bool) -> Result<TcpStream, LinkFailure> {
    let failed = |cause: io::Error| LinkFailure::Connect(format!("{host}:{port}: {cause}"));
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for addr in (host, port).to_socket_addrs().map_err(failed)? {
        // Configuration refuses this too; a session must never be able to talk without TLS to anywhere else.
        if plain && !addr.ip().is_loopback() {
            return Err(LinkFailure::Connect("without TLS only this machine is allowed".to_owned()));
        }
        match dial_addr(&addr) {
            Ok(tcp) => return Ok(tcp),
            Err(cause) => last = cause,
        }
    }
    Err(failed(last))
}

fn dial_addr(addr: &SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect_timeout(addr, STEP_TIMEOUT)?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(STEP_TIMEOUT))?;
    tcp.set_write_timeout(Some(STEP_TIMEOUT))?;
    Ok(tcp)
}

fn start_tls(mut tcp: TcpStream, host: &str, tls: &TlsConfig) -> Result<Stream, LinkFailure> {
    let name =
        ServerName::try_from(host.to_owned()).map_err(|cause| LinkFailure::Connect(cause.to_string()))?;
    let mut connection = rustls::ClientConnection::new(Arc::clone(&tls.0), name)
        .map_err(|cause| LinkFailure::Connect(cause.to_string()))?;
    while connection.is_handshaking() {
        connection.complete_io(&mut tcp).map_err(|cause| tls::failure_of(&cause))?;
    }
    Ok(Stream::Tls(Box::new(rustls::StreamOwned::new(connection, tcp))))
}

fn upgrade_failure<R: tungstenite::handshake::HandshakeRole>(error: HandshakeError<R>) -> LinkFailure {
    match error {
        HandshakeError::Failure(tungstenite::Error::Http(response)) => {
            LinkFailure::Upgrade(response.status().as_u16())
        }
        HandshakeError::Failure(cause) => LinkFailure::Connect(cause.to_string()),
        HandshakeError::Interrupted(_) => LinkFailure::Connect("no answer to the upgrade in time".to_owned()),
    }
}
