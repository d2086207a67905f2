//! The client side: WebSocket links for a venue thread, and the helper threads that may block in its place.

pub mod connector;
pub mod http;
pub mod link;
pub mod practice;
pub mod proxy;
mod tls;

pub use proxy::Proxy;
pub use tls::TlsConfig;

/// How this program goes out: whom it trusts, and through which proxy, if any.
#[derive(Clone, Debug)]
pub struct Outbound {
    /// Whom to trust.
    pub tls: TlsConfig,
    /// For every host but this machine and the proxy's exceptions.
    pub proxy: Option<Proxy>,
}

impl From<TlsConfig> for Outbound {
    /// Without a proxy.
    fn from(tls: TlsConfig) -> Self {
        Self { tls, proxy: None }
    }
}

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
