//! HTTP as a session speaks of it and as a venue speaks of it.

use super::super::service::{Request, Response};
use crate::transport::server::pairs;
use crate::venue::http::{Body, HttpReply, HttpRequest, Method, RateLeft};

/// A request of the session as the venue receives it.
pub fn as_received(request: &HttpRequest) -> Request {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let (content_type, body) = match &request.body {
        Body::Empty => (None, Vec::new()),
        Body::Json(text) => (Some("application/json"), text.clone().into_bytes()),
        Body::Form(text) => (Some("application/x-www-form-urlencoded"), text.clone().into_bytes()),
    };
    let mut received = received(method, &request.url, &request.headers, body);
    received.headers.extend(content_type.map(|kind| ("content-type".to_owned(), kind.to_owned())));
    received
}

/// A request as the server sees it: path and decoded query of the URL, header names in lower case.
pub fn received(method: &str, url: &str, headers: &[(&'static str, String)], body: Vec<u8>) -> Request {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path_and_query = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: pairs(query),
        headers: headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())).collect(),
        body,
    }
}

/// The venue's answer as the session receives it.
pub fn as_reply(response: Response) -> HttpReply {
    let number = |wanted: &str| -> Option<i64> {
        let found = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        found.1.parse().ok()
    };
    let remaining = number("x-ratelimit-remaining").and_then(|left| u32::try_from(left).ok());
    let rate_left = remaining
        .zip(number("x-ratelimit-reset"))
        .map(|(remaining, reset_unix_s)| RateLeft { remaining, reset_unix_s });
    HttpReply {
        status: response.status,
        retry_after_s: number("retry-after").and_then(|seconds| u32::try_from(seconds).ok()),
        rate_left,
        body: response.body,
    }
}
