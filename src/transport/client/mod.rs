//! The client side: WebSocket links for a venue thread, and the helper threads that may block in its place.

pub mod connector;
pub mod http;
pub mod link;
mod tls;

pub use tls::TlsConfig;

/// Whether a host of a URL is this machine. Everything else is spoken to over TLS only.
fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|addr| addr.is_loopback())
}

/// Why a URL without TLS was refused.
const PLAIN_REFUSED: &str = "without TLS only this machine may be spoken to; use https:// or wss://";

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
