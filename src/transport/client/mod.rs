//! The client side: WebSocket links for a venue thread, and the helper threads that may block in its place.

pub mod connector;
pub mod http;
pub mod link;
mod stream;
mod tls;

pub use tls::TlsConfig;
