//! What a request reader promises.

use super::*;
use proptest::prelude::*;

fn read_all(bytes: &[u8]) -> Result<Vec<(Request, bool)>, BadRequest> {
    read_in_pieces(bytes, bytes.len().max(1))
}

fn read_in_pieces(bytes: &[u8], size: usize) -> Result<Vec<(Request, bool)>, BadRequest> {
    let mut reader = RequestReader::new(Limits { body_max: 1000, ..Limits::default() });
    let mut requests = Vec::new();
    for piece in bytes.chunks(size) {
        reader.feed(piece);
        loop {
            match reader.next()? {
                Step::NeedMore => break,
                Step::SendContinue => {}
                Step::Complete(request, keep_alive) => requests.push((request, keep_alive)),
            }
        }
    }
    Ok(requests)
}

const PIPELINE: &[u8] = b"GET /v1/bbo/BTC-USD-PERP?depth=5&name=a%20b+c&flag HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two: 2\r\n\r\n\
POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"a\":1}\
PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n";

#[test]
fn requests_are_the_same_however_their_bytes_are_cut() {
    let whole = read_all(PIPELINE).expect("good requests");
    assert_eq!(whole.len(), 3);
    let (first, keep_alive) = &whole[0];
    assert_eq!((first.method.as_str(), first.path.as_str()), ("GET", "/v1/bbo/BTC-USD-PERP"));
    assert_eq!(first.query("depth"), Some("5"));
    assert_eq!(first.query("name"), Some("a b c"));
    assert_eq!(first.query("flag"), Some(""));
    assert_eq!(first.headers.iter().filter(|(name, _)| name == "x-two").count(), 2);
    assert!(keep_alive);
    assert_eq!(whole[1].0.body, b"{\"a\":1}");
    assert_eq!((whole[2].0.body.as_slice(), whole[2].1), (&b"abcdefg"[..], false));
    for size in 1..PIPELINE.len() {
        assert_eq!(read_in_pieces(PIPELINE, size).expect("good requests"), whole, "pieces of {size}");
    }
}

#[test]
fn escapes_are_decoded_and_what_is_none_stays_as_it_is() {
    let decoded = pairs("a=%41%2b+%c3%a9&b=%zz%4&%26=&&c");
    let expected = [("a", "A+ \u{e9}"), ("b", "%zz%4"), ("&", ""), ("c", "")];
    assert_eq!(decoded, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn old_clients_and_proxies_are_understood() {
    let old = read_all(b"GET / HTTP/1.0\r\n\r\n").expect("HTTP/1.0");
    assert!(!old[0].1, "HTTP/1.0 ends after one request");
    let proxied =
        read_all(b"GET http://host:1/a/b?c=d HTTP/1.1\r\nHost: host:1\r\n\r\n").expect("absolute form");
    assert_eq!((proxied[0].0.path.as_str(), proxied[0].0.query("c")), ("/a/b", Some("d")));
}

#[test]
fn a_client_that_waits_for_continue_is_told_to_go_on() {
    let mut reader = RequestReader::new(Limits::default());
    reader.feed(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_eq!(reader.next(), Ok(Step::SendContinue));
    assert_eq!(reader.next(), Ok(Step::NeedMore));
    reader.feed(b"ok");
    assert!(matches!(reader.next(), Ok(Step::Complete(request, true)) if request.body == b"ok"));
}

#[test]
fn ambiguous_or_oversized_requests_are_refused_with_the_right_status() {
    let long = "a".repeat(20_000);
    let cases: [(String, u16); 14] = [
        ("\x16\x03\x01 not http\r\n\r\n".into(), 400),
        ("GET / HTTP/2.0\r\nHost: x\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET example.org HTTP/1.1\r\nHost: x\r\n\r\n".into(), 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".into(), 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".into(), 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".into(), 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".into(), 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n".into(), 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n".into(), 501),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n".into(), 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n".into(), 413),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n".into(), 413),
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), 431),
    ];
    for (bytes, status) in cases {
        let refused = read_all(bytes.as_bytes()).map_err(|bad| bad.status);
        assert_eq!(refused, Err(status), "{}", &bytes[..bytes.len().min(120)]);
    }
    let many: String = (0..100).map(|number| format!("h{number}: 1\r\n")).collect();
    let refused = read_all(format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").as_bytes());
    assert_eq!(refused.map_err(|bad| bad.status), Err(431));
}

proptest! {
    #[test]
    fn no_bytes_can_make_the_reader_panic_or_grow_without_bound(
        prefix in 0usize..PIPELINE.len(), noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut bytes = PIPELINE[..prefix].to_vec();
        bytes.extend(noise);
        let whole = read_all(&bytes);
        prop_assert_eq!(read_in_pieces(&bytes, 7).is_ok(), whole.is_ok());
    }
}
