//! HTTP requests on a thread that may block.

use crate::venue::http::{Body, HttpFailure, HttpReply, HttpRequest, Method};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::io;
use std::time::Duration;
use ureq::Agent;
use ureq::http::Response;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Lighter's market list is a few hundred KiB.
const BODY_MAX: u64 = 16 * 1024 * 1024;

/// The answer to one request.
pub type Answered = (u64, Result<HttpReply, HttpFailure>);

/// Starts an HTTP thread; every request is answered once through `done`. The thread ends when the sender is dropped.
pub fn spawn(name: &str, done: impl Fn(Answered) + Send + 'static) -> io::Result<Sender<HttpRequest>> {
    let (sender, requests): (Sender<HttpRequest>, Receiver<HttpRequest>) = unbounded();
    let agent = agent();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        for request in requests {
            let ticket = request.ticket;
            done((ticket, perform(&agent, request)));
        }
    })?;
    Ok(sender)
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(WHOLE_TIMEOUT))
        .user_agent(concat!("hedge-fast/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn perform(agent: &Agent, request: HttpRequest) -> Result<HttpReply, HttpFailure> {
    let sent = match request.method {
        Method::Get => without_body(agent.get(&request.url), &request),
        Method::Delete => without_body(agent.delete(&request.url), &request),
        Method::Post => with_body(agent.post(&request.url), &request),
        Method::Put => with_body(agent.put(&request.url), &request),
    };
    let mut response = sent.map_err(failure)?;
    let status = response.status().as_u16();
    let retry_after_s = retry_after(&response);
    let body = response.body_mut().with_config().limit(BODY_MAX).read_to_vec().map_err(failure)?;
    Ok(HttpReply { status, retry_after_s, body })
}

fn without_body(
    mut builder: ureq::RequestBuilder<ureq::typestate::WithoutBody>,
    request: &HttpRequest,
) -> Result<Response<ureq::Body>, ureq::Error> {
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    builder.call()
}

fn with_body(
    mut builder: ureq::RequestBuilder<ureq::typestate::WithBody>,
    request: &HttpRequest,
) -> Result<Response<ureq::Body>, ureq::Error> {
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    match &request.body {
        Body::Empty => builder.send_empty(),
        Body::Json(text) => builder.content_type("application/json").send(text),
        Body::Form(text) => builder.content_type("application/x-www-form-urlencoded").send(text),
    }
}

fn retry_after(response: &Response<ureq::Body>) -> Option<u32> {
    response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()
}

fn failure(error: ureq::Error) -> HttpFailure {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            HttpFailure::Connect("no connection in time".to_owned())
        }
        ureq::Error::Timeout(_) => HttpFailure::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpFailure::Connect(error.to_string()),
        ureq::Error::Rustls(cause @ rustls::Error::InvalidCertificate(_)) => {
            HttpFailure::Certificate(cause.to_string())
        }
        ureq::Error::Io(cause) => io_failure(&cause),
        other => HttpFailure::Broken(other.to_string()),
    }
}

fn io_failure(cause: &io::Error) -> HttpFailure {
    let rustls = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (rustls, cause.kind()) {
        (Some(error @ rustls::Error::InvalidCertificate(_)), _) => {
            HttpFailure::Certificate(error.to_string())
        }
        (_, io::ErrorKind::ConnectionRefused) => HttpFailure::Connect(cause.to_string()),
        (_, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => HttpFailure::Timeout,
        _ => HttpFailure::Broken(cause.to_string()),
    }
}
