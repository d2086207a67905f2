//! The way out for users whose network lets only an HTTP proxy through: `CONNECT host:port`, then TLS end to end, so that the
//! proxy sees names and sizes and nothing else. Not for proxies that want TLS themselves, and not for SOCKS.

use crate::domain::SecretText;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Names of the environment, the first that is set counts; then those that name exceptions.
const NAMES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPT_NAMES: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// Longest answer of a proxy to `CONNECT`.
const HEAD_MAX: usize = 8 << 10;

/// A proxy. Its password shows nowhere.
#[derive(Clone)]
pub struct Proxy {
    host: String,
    port: u16,
    url: SecretText,
    authorization: Option<SecretText>,
    except: Vec<String>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Why a proxy cannot be used. The address is left out: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}; it must be http://host:port or http://user:password@host:port")]
pub struct ProxyError {
    /// Where it was named.
    pub name: &'static str,
    problem: &'static str,
}

impl Proxy {
    /// The proxy that the environment names, `None` without one.
    ///
    /// # Errors
    /// One is named and cannot be used: going out without it could tell the venue what its user wants hidden.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, ProxyError> {
        let set = |name: &&'static str| Some((*name, get(name).filter(|value| !value.trim().is_empty())?));
        let Some((name, url)) = NAMES.iter().find_map(set) else { return Ok(None) };
        let except = EXCEPT_NAMES.iter().find_map(set).map(|(_, list)| list).unwrap_or_default();
        Self::parse(name, url.trim(), &except).map(Some)
    }

    fn parse(name: &'static str, url: &str, except: &str) -> Result<Self, ProxyError> {
        let fail = |problem| ProxyError { name, problem };
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest,
            Some(_) => return Err(fail("another scheme than http")),
            None => url,
        };
        let rest = rest.trim_end_matches('/');
        let (login, address) =
            rest.rsplit_once('@').map_or((None, rest), |(login, rest)| (Some(login), rest));
        let (host, port) = address.rsplit_once(':').ok_or_else(|| fail("no port"))?;
        let port = port.parse().map_err(|_| fail("the port is no port"))?;
        let host = host.trim_matches(['[', ']']);
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        if host.is_empty() || host.contains(odd) {
            return Err(fail("no host"));
        }
        let authorization = login
            .map(|login| unescaped(login).map(|login| format!("Basic {}", STANDARD.encode(login))))
            .map(|basic| basic.ok_or_else(|| fail("user or password cannot be read")))
            .transpose()?;
        let except = except.split(',').map(|entry| entry.trim().trim_start_matches('.').to_lowercase());
        Ok(Self {
            host: host.to_owned(),
            port,
            url: SecretText::new(format!("http://{rest}")),
            authorization: authorization.map(SecretText::new),
            except: except.filter(|entry| !entry.is_empty()).collect(),
        })
    }

    /// Whether what goes to this host goes through the proxy. This machine never does.
    pub(super) fn covers(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).to_lowercase();
        let excepted = |entry: &String| {
            entry == "*"
                || host == *entry
                || host.strip_suffix(entry.as_str()).is_some_and(|h| h.ends_with('.'))
        };
        !super::is_this_machine(&host) && !self.except.iter().any(excepted)
    }

    /// The address in the form the HTTP library takes.
    pub(super) fn url(&self) -> &str {
        self.url.expose()
    }

    /// A connection to `host` through the proxy.
    pub(super) fn tunnel(&self, host: &str, port: u16, deadline: Instant) -> io::Result<TcpStream> {
        let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(deadline)?) {
                Ok(tcp) => return self.ask(tcp, host, port, deadline),
                Err(cause) => last = cause,
            }
        }
        Err(last)
    }

    fn ask(&self, mut tcp: TcpStream, host: &str, port: u16, deadline: Instant) -> io::Result<TcpStream> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str(&format!("Proxy-Authorization: {}\r\n", authorization.expose()));
        }
        request.push_str("\r\n");
        tcp.set_write_timeout(Some(left(deadline)?))?;
        tcp.write_all(request.as_bytes())?;
        let head = read_head(&mut tcp, deadline)?;
        match status(&head) {
            Some(200..=299) => {
                tcp.set_read_timeout(None)?;
                tcp.set_write_timeout(None)?;
                Ok(tcp)
            }
            Some(407) => Err(io::Error::other("the proxy refuses user and password")),
            Some(status) => {
                Err(io::Error::other(format!("the proxy refuses the connection (HTTP {status})")))
            }
            None => Err(io::Error::other("the proxy does not speak HTTP")),
        }
    }
}

/// Byte by byte: what follows the head belongs to the server behind the proxy.
fn read_head(tcp: &mut TcpStream, deadline: Instant) -> io::Result<Vec<u8>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        tcp.set_read_timeout(Some(left(deadline)?))?;
        tcp.read_exact(&mut byte)?;
        head.push(byte[0]);
        if head.len() > HEAD_MAX {
            return Err(io::Error::other("the proxy answers without end"));
        }
    }
    Ok(head)
}

fn status(head: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(head).ok()?.lines().next()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// `%xx` as the bytes they stand for.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    Some(bytes)
}

#[cfg(test)]
#[path = "proxy_tests.rs"]
mod tests;
