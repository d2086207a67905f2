//! HTTP/1.1 requests and answers as bytes (RFC 9112, what a venue needs of it). Pure.

use crate::transport::service::{Request, Response};

/// Request line and headers may be this long.
const HEAD_MAX: usize = 32 * 1024;
/// A body may be this long.
const BODY_MAX: usize = 4 * 1024 * 1024;
const HEADERS_MAX: usize = 64;

/// What the bytes received so far are.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// Not a whole request yet.
    Partial {
        /// The client waits for `100 Continue` before it sends the body.
        expects_continue: bool,
    },
    /// A whole request.
    Whole {
        /// The request.
        request: Request,
        /// Bytes it took.
        used: usize,
        /// The client wants to send another on this connection.
        keep_alive: bool,
    },
    /// Not HTTP we take: answer with this status and close.
    Bad(u16),
}

/// Reads one request from the front of `bytes`.
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    let head_len = match head.parse(bytes) {
        Ok(httparse::Status::Complete(len)) if len <= HEAD_MAX => len,
        Ok(httparse::Status::Partial) if bytes.len() <= HEAD_MAX => {
            return Parsed::Partial { expects_continue: false };
        }
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Parsed::Bad(431),
        Err(_) => return Parsed::Bad(400),
    };
    let mut fields = Vec::with_capacity(head.headers.len());
    for header in head.headers.iter() {
        let Ok(value) = std::str::from_utf8(header.value) else { return Parsed::Bad(400) };
        fields.push((header.name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let expects_continue = field("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
    let body = match (field("transfer-encoding"), field("content-length")) {
        (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => chunked(&bytes[head_len..]),
        (Some(_), _) => return Parsed::Bad(400),
        (None, Some(length)) => match length.parse::<usize>() {
            Ok(length) if length <= BODY_MAX => sized(&bytes[head_len..], length),
            Ok(_) => return Parsed::Bad(413),
            Err(_) => return Parsed::Bad(400),
        },
        (None, None) => BodyBytes::Whole(Vec::new(), 0),
    };
    let (body, body_used) = match body {
        BodyBytes::Whole(body, used) => (body, used),
        BodyBytes::Partial => return Parsed::Partial { expects_continue },
        BodyBytes::Bad(status) => return Parsed::Bad(status),
    };
    let (Some(method), Some(target)) = (head.method, head.path) else { return Parsed::Bad(400) };
    let close = field("connection").is_some_and(|value| value.to_ascii_lowercase().contains("close"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        query: pairs(query),
        headers: fields,
        body,
    };
    Parsed::Whole { request, used: head_len + body_used, keep_alive: head.version == Some(1) && !close }
}

enum BodyBytes {
    Whole(Vec<u8>, usize),
    Partial,
    Bad(u16),
}

fn sized(bytes: &[u8], length: usize) -> BodyBytes {
    match bytes.get(..length) {
        Some(body) => BodyBytes::Whole(body.to_vec(), length),
        None => BodyBytes::Partial,
    }
}

fn chunked(bytes: &[u8]) -> BodyBytes {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let (line, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(httparse::Status::Complete((line, size))) => (line, size),
            Ok(httparse::Status::Partial) => return BodyBytes::Partial,
            Err(_) => return BodyBytes::Bad(400),
        };
        let Some(size) = usize::try_from(size).ok().filter(|size| body.len() + size <= BODY_MAX) else {
            return BodyBytes::Bad(413);
        };
        at += line;
        // The chunk and the line end behind it; trailers after the last chunk are not taken.
        let Some(chunk) = bytes.get(at..at + size + 2) else { return BodyBytes::Partial };
        if &chunk[size..] != b"\r\n" {
            return BodyBytes::Bad(400);
        }
        body.extend_from_slice(&chunk[..size]);
        at += size + 2;
        if size == 0 {
            return BodyBytes::Whole(body, at);
        }
    }
}

/// Decoded pairs of a query or of a form body.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (b'+', _) => {
                decoded.push(b' ');
                at += 1;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The bytes of an answer.
pub fn render(response: &Response, keep_alive: bool, out: &mut Vec<u8>) {
    let reason = match response.status {
        101 => "Switching Protocols",
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Status",
    };
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", response.status);
    let has_type = response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !has_type && !matches!(response.status, 101 | 204) {
        head.push_str("content-type: application/json\r\n");
    }
    if !matches!(response.status, 101 | 204) {
        head.push_str(&format!("content-length: {}\r\n", response.body.len()));
    }
    if !keep_alive && response.status != 101 {
        head.push_str("connection: close\r\n");
    }
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    out.extend_from_slice(head.as_bytes());
    if response.status != 204 {
        out.extend_from_slice(&response.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_is_the_same_however_it_is_cut() {
        let bytes = b"POST /v1/x?a=1%202&b= HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET";
        let whole = parse(bytes);
        let Parsed::Whole { request, used, keep_alive: true } = &whole else { panic!("{whole:?}") };
        assert_eq!(
            (request.path.as_str(), request.query("a"), *used),
            ("/v1/x", Some("1 2"), bytes.len() - 3)
        );
        for cut in 0..*used {
            assert!(matches!(parse(&bytes[..cut]), Parsed::Partial { .. }), "cut at {cut}");
        }
    }

    #[test]
    fn chunks_are_joined_and_bad_lengths_refused() {
        let bytes = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let Parsed::Whole { request, used, .. } = parse(bytes) else { panic!("whole") };
        assert_eq!((request.body.as_slice(), used), (b"abcde".as_slice(), bytes.len()));
        assert_eq!(parse(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), Parsed::Bad(400));
        assert_eq!(parse(b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"), Parsed::Bad(413));
        assert_eq!(parse(&vec![b'A'; HEAD_MAX + 1]), Parsed::Bad(431));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes);
            let mut prefixed = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            prefixed.extend_from_slice(&bytes);
            let _ = parse(&prefixed);
        }
    }
}
