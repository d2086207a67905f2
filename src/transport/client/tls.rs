//! One TLS configuration for everything: public roots, no way to switch verification off, sessions resumed (invariant S3).

use crate::venue::LinkFailure;
use std::sync::Arc;

/// Shared by all connections so that reconnects resume their session.
#[derive(Clone)]
pub struct TlsConfig(pub(super) Arc<rustls::ClientConfig>);

impl TlsConfig {
    /// The public web roots and TLS 1.2 or 1.3.
    pub fn public_roots() -> Result<Self, rustls::Error> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }
}

/// Tells a certificate that must not be accepted from any other trouble.
pub(super) fn failure_of(cause: &std::io::Error) -> LinkFailure {
    match cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error @ (rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)) => {
            LinkFailure::Certificate(error.to_string())
        }
        _ => LinkFailure::Connect(cause.to_string()),
    }
}
