//! A service for the tests of everything that needs a server: it repeats what it hears and obeys a few words.

use crate::domain::Wall;
use crate::transport::client::TlsConfig;
use crate::transport::service::{ConnId, Delivery, Request, Response, Sent, Service};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use std::time::Duration;

/// A certificate for `localhost`, `venue.test` and 127.0.0.1, and the authority that signed it; made for these tests alone.
pub(crate) fn test_tls() -> (Arc<rustls::ServerConfig>, TlsConfig) {
    let server = CertificateDer::from(&include_bytes!("../../tests/data/tls/server.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("../../tests/data/tls/server_key.der")[..]);
    let authority = CertificateDer::from(&include_bytes!("../../tests/data/tls/authority.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![server], key.into())
        .expect("test certificate");
    (Arc::new(config), TlsConfig::only(authority).expect("test authority"))
}

/// Repeats texts and bytes. `cut`, `close`, `ping` and `flood <bytes>` are obeyed, `later <ms>` is answered then.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    /// Connections opened, in order.
    pub(crate) opened: Vec<ConnId>,
    /// Connections gone, and whether cleanly.
    pub(crate) closed: Vec<(ConnId, bool)>,
    /// Pings and pongs heard.
    pub(crate) alive: usize,
    /// Requests answered, as `METHOD path`.
    pub(crate) requests: Vec<String>,
    /// Set from outside: cut every connection.
    pub(crate) cut_all: bool,
    /// Set from outside: send so many binary frames to every connection.
    pub(crate) flood: usize,
    later: Vec<(Wall, ConnId)>,
}

impl Service for Echo {
    fn http(&mut self, _now: Wall, request: &Request, _out: &mut Vec<Sent>) -> Response {
        self.requests.push(format!("{} {}", request.method, request.path));
        match request.path.as_str() {
            "/slow-down" => {
                let headers = vec![("retry-after", "7".to_owned())];
                Response { headers, ..Response::plain(429, b"{}".to_vec()) }
            }
            "/elsewhere" => {
                let headers = vec![("location", "/".to_owned())];
                Response { headers, ..Response::plain(302, Vec::new()) }
            }
            "/late" => {
                let delivery = Delivery::Late(std::time::Duration::from_millis(300));
                Response { delivery, ..Response::plain(200, b"late".to_vec()) }
            }
            "/never" => Response { delivery: Delivery::Never, ..Response::plain(200, b"never".to_vec()) },
            "/big" => {
                let size = request.query("size").and_then(|size| size.parse().ok()).unwrap_or(0);
                Response::plain(200, vec![b'x'; size])
            }
            _ => Response::json(
                200,
                &serde_json::json!({
                    "method": request.method, "path": request.path, "query": request.query,
                    "headers": request.headers, "body": String::from_utf8_lossy(&request.body),
                }),
            ),
        }
    }

    fn open(
        &mut self,
        _now: Wall,
        conn: ConnId,
        request: &Request,
        out: &mut Vec<Sent>,
    ) -> Result<(), Response> {
        if let Some(status) = request.query("refuse").and_then(|status| status.parse().ok()) {
            return Err(Response::json(status, &serde_json::json!({"error": "refused"})));
        }
        self.opened.push(conn);
        out.push(Sent::Text(conn, "hello".to_owned()));
        Ok(())
    }

    fn text(&mut self, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
        let (word, number) = text.split_once(' ').unwrap_or((text, ""));
        let number: Option<u64> = number.parse().ok();
        match (word, number) {
            ("cut", None) => out.push(Sent::Cut(conn)),
            ("close", None) => out.push(Sent::Close(conn, 4001, "as asked".to_owned())),
            ("ping", None) => out.push(Sent::Ping(conn)),
            ("flood", Some(size)) => {
                for _ in 0..size.div_ceil(1 << 16) {
                    out.push(Sent::Binary(conn, vec![7; 1 << 16]));
                }
            }
            ("later", Some(ms)) => self.later.push((now.after(Duration::from_millis(ms)), conn)),
            _ => out.push(Sent::Text(conn, text.to_owned())),
        }
    }

    fn binary(&mut self, _now: Wall, conn: ConnId, bytes: &[u8], out: &mut Vec<Sent>) {
        out.push(Sent::Binary(conn, bytes.to_vec()));
    }

    fn alive(&mut self, _now: Wall, _conn: ConnId) {
        self.alive += 1;
    }

    fn closed(&mut self, _now: Wall, conn: ConnId, clean: bool, _out: &mut Vec<Sent>) {
        self.closed.push((conn, clean));
    }

    fn advance(&mut self, now: Wall, out: &mut Vec<Sent>) {
        let gone: Vec<ConnId> = self.closed.iter().map(|(conn, _)| *conn).collect();
        for conn in self.opened.iter().filter(|conn| !gone.contains(conn)) {
            if self.cut_all {
                out.push(Sent::Cut(*conn));
            }
            out.extend((0..self.flood).map(|_| Sent::Binary(*conn, vec![7; 1 << 10])));
        }
        (self.cut_all, self.flood) = (false, 0);
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= now);
        self.later = later;
        let due: Vec<(Wall, ConnId)> = due;
        out.extend(due.into_iter().map(|(_, conn)| Sent::Text(conn, "now".to_owned())));
    }

    fn next_due(&self) -> Option<Wall> {
        self.later.iter().map(|(at, _)| *at).min()
    }
}
