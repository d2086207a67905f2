//! One TLS configuration for everything: there is no way to switch verification off, and sessions are resumed.

use crate::venue::LinkFailure;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts};

/// Whom to trust. Copies share their session tickets, so that a reconnect costs less than the first connection.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    websocket: Arc<ClientConfig>,
    http: RootCerts,
}

impl TlsConfig {
    /// The public web roots and TLS 1.2 or 1.3.
    ///
    /// # Errors
    /// When the cryptography of this build supports neither version.
    pub fn public_roots() -> Result<Self, rustls::Error> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Ok(Self { websocket: client_config(roots)?, http: RootCerts::WebPki })
    }

    /// Exactly this authority and no public one: for a server of one's own.
    ///
    /// # Errors
    /// When the certificate cannot be an authority.
    pub fn only(authority: CertificateDer<'static>) -> Result<Self, rustls::Error> {
        let http = RootCerts::new_with_certs(&[Certificate::from_der(&authority).to_owned()]);
        let mut roots = RootCertStore::empty();
        roots.add(authority)?;
        Ok(Self { websocket: client_config(roots)?, http })
    }

    pub(super) fn websocket(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.websocket)
    }

    pub(super) fn http(&self) -> RootCerts {
        self.http.clone()
    }
}

fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What a certificate that must not be accepted has against it; `None` for any other trouble.
pub(super) fn certificate_fault(cause: &io::Error) -> Option<String> {
    let error = cause.get_ref()?.downcast_ref::<rustls::Error>()?;
    is_certificate_fault(error).then(|| error.to_string())
}

pub(super) fn is_certificate_fault(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
}

/// Tells a certificate that must not be accepted from any other trouble of opening a connection.
pub(super) fn open_failure(cause: &io::Error) -> LinkFailure {
    certificate_fault(cause).map_or_else(|| LinkFailure::Connect(cause.to_string()), LinkFailure::Certificate)
}
