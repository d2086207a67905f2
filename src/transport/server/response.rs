//! HTTP answers as bytes, and the check and answer of a WebSocket upgrade.

use super::request::{BadRequest, has_token};
use crate::transport::service::{Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tungstenite::handshake::derive_accept_key;

pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Appends an answer. A `HEAD` request gets the head alone.
pub(super) fn write_response(out: &mut Vec<u8>, response: &Response, method: &str, keep_alive: bool) {
    let status = response.status;
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    let bodiless = status == 204 || status == 304;
    if !bodiless {
        if !response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            head.push_str("content-type: application/json\r\n");
        }
        head.push_str(&format!("content-length: {}\r\n", response.body.len()));
    }
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(if keep_alive { "connection: keep-alive\r\n\r\n" } else { "connection: close\r\n\r\n" });
    out.extend_from_slice(head.as_bytes());
    if !bodiless && method != "HEAD" {
        out.extend_from_slice(&response.body);
    }
}

/// The answer to bytes that are not a request.
pub(super) fn refusal(bad: BadRequest) -> Response {
    let headers = vec![("content-type", "text/plain".to_owned())];
    Response { headers, ..Response::plain(bad.status, bad.text.as_bytes().to_vec()) }
}

/// What a request has to do with WebSockets.
pub(super) enum Upgrade {
    /// Nothing.
    No,
    /// It asks for one; the answer when the service agrees.
    Asked(Vec<u8>),
    /// It asks for one in a way that RFC 6455 section 4.2.1 does not allow.
    Bad(Response),
}

/// Checks the opening handshake (RFC 6455 section 4.2). Extensions and subprotocols on offer are not taken up.
pub(super) fn upgrade(request: &Request) -> Upgrade {
    if !has_token(request, "upgrade", "websocket") {
        return Upgrade::No;
    }
    if request.method != "GET" || !has_token(request, "connection", "upgrade") {
        return Upgrade::Bad(refusal(BadRequest { status: 400, text: "not a WebSocket handshake" }));
    }
    if request.header("sec-websocket-version") != Some("13") {
        let mut response = refusal(BadRequest { status: 426, text: "WebSocket version 13 is needed" });
        response.headers.push(("sec-websocket-version", "13".to_owned()));
        return Upgrade::Bad(response);
    }
    let key = request.header("sec-websocket-key").unwrap_or_default();
    if STANDARD.decode(key).map_or(true, |nonce| nonce.len() != 16) {
        return Upgrade::Bad(refusal(BadRequest { status: 400, text: "bad Sec-WebSocket-Key" }));
    }
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    Upgrade::Asked(answer.into_bytes())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}
