//! HTTP requests on threads that may block. Never repeats a request by itself and follows no redirect: a token goes only
//! where its owner sent it.

use super::{Outbound, PLAIN_REFUSED, Proxy, is_this_machine, tls};
use crate::venue::http::{Body, HttpFailure, HttpReply, HttpRequest, Method, RateLeft};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::io::{self, ErrorKind};
use std::time::Duration;
use ureq::http::{Request, Response, Uri, header};
use ureq::{Agent, Timeout};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const WHOLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Lighter's market list is a few hundred KiB.
const BODY_MAX: u64 = 16 << 20;
/// Requests at the same time: a slow answer must not hold up the question about an order.
const WORKERS: usize = 2;
/// Every connection has these two for good. Larger than any header; bodies go through piece by piece.
const READ_BUFFER: usize = 16 << 10;
const WRITE_BUFFER: usize = 8 << 10;
const USER_AGENT: &str = concat!("hedge-fast/", env!("CARGO_PKG_VERSION"));

/// The answer to one request.
pub type Answered = (u64, Result<HttpReply, HttpFailure>);

/// Starts the HTTP threads of one venue; every request is answered once through `done`, in the order in which the answers
/// arrive. The threads end when the sender is dropped.
///
/// # Errors
/// When the system has no thread for it.
pub fn spawn(
    name: &str,
    outbound: &Outbound,
    done: impl Fn(Answered) + Clone + Send + 'static,
) -> io::Result<Sender<HttpRequest>> {
    let (sender, requests): (Sender<HttpRequest>, Receiver<HttpRequest>) = unbounded();
    let agents = Agents::new(outbound, WHOLE_TIMEOUT);
    for _ in 0..WORKERS {
        let (agents, requests, done) = (agents.clone(), requests.clone(), done.clone());
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            for request in requests {
                let ticket = request.ticket;
                done((ticket, perform(&agents, request)));
            }
        })?;
    }
    Ok(sender)
}

/// One request on this thread, which waits for the answer.
///
/// # Errors
/// When there is no answer.
pub fn fetch(outbound: &Outbound, request: HttpRequest) -> Result<HttpReply, HttpFailure> {
    perform(&Agents::new(outbound, WHOLE_TIMEOUT), request)
}

/// One keeps connections to servers, the other to servers behind the proxy.
#[derive(Clone)]
pub(super) struct Agents {
    direct: Agent,
    proxied: Option<(Proxy, Agent)>,
}

impl Agents {
    pub(super) fn new(outbound: &Outbound, whole: Duration) -> Self {
        let through = |proxy: &Proxy| {
            let known = ureq::Proxy::new(proxy.url()).ok()?;
            Some((proxy.clone(), agent(outbound, whole, Some(known))))
        };
        let proxied = outbound.proxy.as_ref().and_then(through);
        Self { direct: agent(outbound, whole, None), proxied }
    }

    fn of(&self, host: &str) -> &Agent {
        let proxied = self.proxied.as_ref().filter(|(proxy, _)| proxy.covers(host));
        proxied.map_or(&self.direct, |(_, agent)| agent)
    }
}

fn agent(outbound: &Outbound, whole: Duration, proxy: Option<ureq::Proxy>) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_global(Some(whole))
        .tls_config(ureq::tls::TlsConfig::builder().root_certs(outbound.tls.http()).build())
        .proxy(proxy)
        .user_agent(USER_AGENT)
        .input_buffer_size(READ_BUFFER)
        .output_buffer_size(WRITE_BUFFER)
        .build()
        .into()
}

pub(super) fn perform(agents: &Agents, request: HttpRequest) -> Result<HttpReply, HttpFailure> {
    let uri: Uri = request.url.parse().map_err(|_| HttpFailure::Connect("not a URL".to_owned()))?;
    let host = uri.host().unwrap_or_default().to_owned();
    if uri.scheme_str() != Some("https") && !is_this_machine(&host) {
        return Err(HttpFailure::Connect(PLAIN_REFUSED.to_owned()));
    }
    let mut response = send(agents.of(&host), uri, request).map_err(failure)?;
    let status = response.status().as_u16();
    let retry_after_s = number(&response, "retry-after").and_then(|seconds| u32::try_from(seconds).ok());
    let rate_left = rate_left(&response);
    let body = response.body_mut().with_config().limit(BODY_MAX).read_to_vec();
    let body = body.map_err(|error| match failure(error) {
        // The head of an answer has arrived, so whatever follows, the request had left.
        HttpFailure::Connect(cause) | HttpFailure::Certificate(cause) => HttpFailure::Broken(cause),
        other => other,
    })?;
    Ok(HttpReply { status, retry_after_s, rate_left, body })
}

fn send(agent: &Agent, uri: Uri, request: HttpRequest) -> Result<Response<ureq::Body>, ureq::Error> {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let mut builder = Request::builder().method(method).uri(uri);
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    match request.body {
        Body::Empty if matches!(request.method, Method::Post | Method::Put) => {
            agent.run(builder.body(String::new())?)
        }
        Body::Empty => agent.run(builder.body(())?),
        Body::Json(text) => agent.run(builder.header(header::CONTENT_TYPE, "application/json").body(text)?),
        Body::Form(text) => {
            agent.run(builder.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(text)?)
        }
    }
}

fn rate_left(response: &Response<ureq::Body>) -> Option<RateLeft> {
    let remaining = u32::try_from(number(response, "x-ratelimit-remaining")?).ok()?;
    Some(RateLeft { remaining, reset_unix_s: number(response, "x-ratelimit-reset")? })
}

/// A header that is a whole number; `Retry-After` as a date is not used by the venues.
fn number(response: &Response<ureq::Body>, name: &str) -> Option<i64> {
    response.headers().get(name)?.to_str().ok()?.trim().parse().ok()
}

/// `Connect` and `Certificate` promise that the request did not leave; everything doubtful is `Broken` or `Timeout`.
fn failure(error: ureq::Error) -> HttpFailure {
    match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            HttpFailure::Connect("no connection in time".to_owned())
        }
        ureq::Error::Timeout(_) => HttpFailure::Timeout,
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::Tls(_) => HttpFailure::Connect(error.to_string()),
        ureq::Error::Rustls(cause) if tls::is_certificate_fault(&cause) => {
            HttpFailure::Certificate(cause.to_string())
        }
        ureq::Error::BodyExceedsLimit(limit) => {
            HttpFailure::Broken(format!("the answer is longer than {limit} bytes"))
        }
        ureq::Error::Io(cause) => io_failure(&cause),
        other => HttpFailure::Broken(other.to_string()),
    }
}

fn io_failure(cause: &io::Error) -> HttpFailure {
    if let Some(fault) = tls::certificate_fault(cause) {
        return HttpFailure::Certificate(fault);
    }
    match cause.kind() {
        // Only the start of a TCP connection fails in these ways.
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::AddrNotAvailable => HttpFailure::Connect(cause.to_string()),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => HttpFailure::Timeout,
        _ => HttpFailure::Broken(cause.to_string()),
    }
}
