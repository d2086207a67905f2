//! The client side over real sockets, against the live server and against servers that misbehave.

use super::connector::{Dial, open};
use super::http::{Agents, perform};
use super::link::{Arrival, Link};
use super::*;
use crate::transport::server::{Limits, ServerHandle, bind};
use crate::transport::testing::{Echo, test_tls};
use crate::venue::http::{Body, HttpFailure, HttpReply, HttpRequest, Method};
use crate::venue::{LinkFailure, LinkId};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use tungstenite::handshake::derive_accept_key;

const PATIENCE: Duration = Duration::from_secs(5);

fn loopback(last: u8) -> SocketAddr {
    ([127, 0, 0, last], 0).into()
}

fn server() -> ServerHandle<Echo> {
    bind(loopback(1)).expect("port").spawn("echo", Echo::default()).expect("server")
}

fn tls_server(last: u8) -> (ServerHandle<Echo>, TlsConfig) {
    let (config, trust) = test_tls();
    let bound = bind(loopback(last)).expect("port").with_tls(config);
    (bound.spawn("echo", Echo::default()).expect("server"), trust)
}

fn public() -> TlsConfig {
    TlsConfig::public_roots().expect("TLS")
}

fn get(url: String) -> HttpRequest {
    HttpRequest { ticket: 1, method: Method::Get, url, headers: Vec::new(), body: Body::Empty }
}

fn ask(request: HttpRequest, trust: &TlsConfig) -> Result<HttpReply, HttpFailure> {
    perform(&Agents::new(&trust.clone().into(), PATIENCE), request)
}

fn dial(url: String) -> Dial {
    Dial { link: LinkId(0), attempt: 1, url, headers: vec![("X-Token", "abc".to_owned())] }
}

fn connect(url: String, trust: &TlsConfig) -> Result<Link, LinkFailure> {
    open(&dial(url), &trust.clone().into(), PATIENCE)
}

fn next(link: &mut Link) -> Result<Arrival, LinkFailure> {
    let start = Instant::now();
    loop {
        link.flush()?;
        if let Some(arrival) = link.read()? {
            return Ok(arrival);
        }
        assert!(start.elapsed() < PATIENCE, "nothing arrived");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn text(words: &str) -> Arrival {
    Arrival::Text(words.into())
}

/// A server of one connection that does as it is told, to show what a broken one may do.
fn broken_server(treat: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind(loopback(1)).expect("port");
    let addr = listener.local_addr().expect("address");
    std::thread::spawn(move || treat(listener.accept().expect("client").0));
    addr
}

/// Reads the upgrade request and returns the proper answer to it.
fn upgrade_answer(stream: &mut TcpStream, extra: &str) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("request");
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).expect("text");
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).expect("key");
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extra}\r\n"
    )
}

#[test]
fn requests_arrive_as_the_session_wrote_them() {
    let server = server();
    let cases = [
        (Method::Get, Body::Empty, "GET", "", None),
        (Method::Delete, Body::Empty, "DELETE", "", None),
        (Method::Post, Body::Empty, "POST", "", None),
        (Method::Put, Body::Json("{}".into()), "PUT", "{}", Some("application/json")),
        (Method::Post, Body::Form("a=b".into()), "POST", "a=b", Some("application/x-www-form-urlencoded")),
    ];
    for (method, body, word, sent, content_type) in cases {
        let url = format!("http://{}/v1/x?a=b%20c", server.addr());
        let headers = vec![("Authorization", "Bearer t".to_owned())];
        let reply = ask(HttpRequest { ticket: 1, method, url, headers, body }, &public()).expect("reply");
        let seen: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        let header = |name: &str| {
            let pairs = seen["headers"].as_array().expect("headers");
            pairs.iter().find(|pair| pair[0] == name).and_then(|pair| pair[1].as_str()).map(str::to_owned)
        };
        assert_eq!((reply.status, &seen["method"], &seen["path"]), (200, &word.into(), &"/v1/x".into()));
        assert_eq!(seen["query"], serde_json::json!([["a", "b c"]]));
        assert_eq!(seen["body"], sent);
        assert_eq!(header("authorization").as_deref(), Some("Bearer t"));
        assert_eq!(header("content-type").as_deref(), content_type, "{word}");
    }
}

#[test]
fn every_status_is_an_answer_and_no_redirect_is_followed() {
    let server = server();
    let at = |path: &str| ask(get(format!("http://{}{path}", server.addr())), &public()).expect("reply");
    let slow = at("/slow-down");
    assert_eq!((slow.status, slow.retry_after_s), (429, Some(7)));
    assert_eq!(at("/elsewhere").status, 302);
    assert_eq!(
        server.with(|echo| echo.requests.clone()).expect("server"),
        ["GET /slow-down", "GET /elsewhere"]
    );
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let limits = Limits { backlog_max: 64 << 20, ..Limits::default() };
    let bound = bind(loopback(1)).expect("port").with_limits(limits);
    let server = bound.spawn("echo", Echo::default()).expect("server");
    let at = |size: usize| ask(get(format!("http://{}/big?size={size}", server.addr())), &public());
    assert_eq!(at(16 << 20).expect("just fits").body.len(), 16 << 20);
    assert!(matches!(at((16 << 20) + 1), Err(HttpFailure::Broken(_))));
}

#[test]
fn failures_say_whether_the_request_can_have_left() {
    let closed = TcpListener::bind(loopback(1)).expect("port").local_addr().expect("address");
    let refused = ask(get(format!("http://{closed}/")), &public());
    assert!(matches!(refused, Err(HttpFailure::Connect(_))), "{refused:?}");

    let silent = broken_server(|stream| {
        std::thread::sleep(PATIENCE);
        drop(stream);
    });
    let late =
        perform(&Agents::new(&public().into(), Duration::from_millis(100)), get(format!("http://{silent}/")));
    assert_eq!(late, Err(HttpFailure::Timeout));

    let garbage =
        broken_server(|mut stream| stream.write_all(b"\x15\x03\x01 nonsense\r\n\r\n").expect("sent"));
    let broken = ask(get(format!("http://{garbage}/")), &public());
    assert!(matches!(broken, Err(HttpFailure::Broken(_))), "{broken:?}");

    let hung_up = broken_server(drop);
    let broken = ask(get(format!("http://{hung_up}/")), &public());
    assert!(matches!(broken, Err(HttpFailure::Broken(_))), "{broken:?}");

    let unspeakable = HttpRequest { headers: vec![("a", "\n".into())], ..get(format!("http://{closed}/")) };
    assert!(matches!(ask(unspeakable, &public()), Err(HttpFailure::Connect(_))));
}

#[test]
fn nothing_is_sent_in_the_clear_to_another_machine() {
    for host in
        ["example.org", "127.0.0.1.example.org", "192.0.2.1", "[2001:db8::1]", "localhost.example.org"]
    {
        let refused = ask(get(format!("http://{host}/")), &public());
        assert_eq!(refused, Err(HttpFailure::Connect(PLAIN_REFUSED.to_owned())), "{host}");
        let refused = connect(format!("ws://{host}/"), &public()).expect_err("refused");
        assert_eq!(refused, LinkFailure::Connect(PLAIN_REFUSED.to_owned()), "{host}");
    }
    assert!(["localhost", "127.0.0.1", "127.9.9.9", "[::1]"].into_iter().all(is_this_machine));
}

#[test]
fn only_certificates_of_a_trusted_authority_and_the_right_name_are_accepted() {
    let (server, trust) = tls_server(1);
    let port = server.addr().port();
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(ask(get(format!("https://{host}:{port}/")), &trust).expect("reply").status, 200);
        let mut link = connect(format!("wss://{host}:{port}/"), &trust).expect("link");
        assert_eq!(next(&mut link), Ok(text("hello")));
    }
    let (elsewhere, _) = tls_server(2);
    for (addr, trust) in [(server.addr(), public()), (elsewhere.addr(), trust)] {
        let http = ask(get(format!("https://{addr}/")), &trust);
        assert!(matches!(http, Err(HttpFailure::Certificate(_))), "{http:?}");
        let socket = connect(format!("wss://{addr}/"), &trust);
        assert!(matches!(socket, Err(LinkFailure::Certificate(_))), "{socket:?}");
    }
    assert_eq!(elsewhere.with(|echo| echo.requests.len()), Some(0), "nothing was said to a stranger");
}

#[test]
fn links_carry_frames_both_ways_plain_and_encrypted() {
    let (plain, (encrypted, trust)) = (server(), tls_server(1));
    for url in [format!("ws://{}/ws", plain.addr()), format!("wss://{}/ws", encrypted.addr())] {
        let mut link = connect(url, &trust).expect("link");
        assert_eq!(next(&mut link), Ok(text("hello")));
        link.send_text("one".into()).expect("sent");
        assert_eq!(next(&mut link), Ok(text("one")));
        link.send_ping().expect("sent");
        assert_eq!(next(&mut link), Ok(Arrival::Alive));
        link.send_text("flood 3000000".into()).expect("sent");
        let received: usize = std::iter::repeat_with(|| match next(&mut link) {
            Ok(Arrival::Binary(bytes)) => bytes.len(),
            other => panic!("{other:?}"),
        })
        .take(46)
        .sum();
        assert_eq!(received, 46 << 16);
        link.send_text("close".into()).expect("sent");
        let over = next(&mut link);
        assert_eq!(over, Err(LinkFailure::Lost("closed by the venue: 4001 as asked".into())));
    }
}

#[test]
fn a_second_connection_resumes_the_tls_session_of_the_first() {
    let (server, trust) = tls_server(1);
    let url = format!("wss://{}/ws", server.addr());
    let mut first = connect(url.clone(), &trust).expect("link");
    assert!(!first.is_resumed());
    // The ticket comes behind the handshake, with the first bytes that are read.
    assert_eq!(next(&mut first), Ok(text("hello")));
    let second = connect(url, &trust).expect("link");
    assert!(second.is_resumed());
}

#[test]
fn reading_goes_on_while_writing_is_blocked() {
    let (server, trust) = tls_server(1);
    let mut link = connect(format!("wss://{}/ws", server.addr()), &trust).expect("link");
    assert_eq!(next(&mut link), Ok(text("hello")));
    let sent: Vec<String> = (0..40).map(|number| format!("{number}{}", "x".repeat(60_000))).collect();
    for (number, words) in sent.iter().enumerate() {
        link.send_text(words.clone()).unwrap_or_else(|error| panic!("message {number}: {error}"));
        if number % 15 == 14 {
            std::thread::sleep(Duration::from_millis(20));
            link.flush().expect("open");
        }
    }
    for words in &sent {
        assert!(next(&mut link) == Ok(text(words)), "the echoes come whole and in order");
    }
}

#[test]
fn what_a_venue_does_not_read_waits_only_up_to_a_bound() {
    let addr = broken_server(|mut stream| {
        let answer = upgrade_answer(&mut stream, "");
        stream.write_all(answer.as_bytes()).expect("sent");
        std::thread::sleep(PATIENCE);
    });
    let mut link = connect(format!("ws://{addr}/"), &public()).expect("link");
    let outcome = (0..1_000).try_for_each(|_| link.send_text("x".repeat(100_000)));
    assert_eq!(outcome, Err(LinkFailure::Lost("the venue does not read what we send".into())));
}

#[test]
fn frames_cut_at_every_byte_and_fragments_are_put_together_again() {
    // Text in two fragments with a ping between them, then a binary frame; the server's frames are not masked.
    const FRAMES: &[u8] = b"\x01\x02he\x89\x00\x80\x03llo\x82\x01\xff";
    for cut in 0..=FRAMES.len() {
        let addr = broken_server(move |mut stream| {
            let answer = upgrade_answer(&mut stream, "");
            stream.set_nodelay(true).expect("option");
            // The first part comes with the upgrade itself.
            stream.write_all(&[answer.as_bytes(), &FRAMES[..cut]].concat()).expect("sent");
            for byte in &FRAMES[cut..] {
                std::thread::sleep(Duration::from_micros(200));
                stream.write_all(&[*byte]).expect("sent");
            }
            std::thread::sleep(Duration::from_millis(300));
        });
        let mut link = connect(format!("ws://{addr}/"), &public()).expect("link");
        assert_eq!(next(&mut link), Ok(Arrival::Alive), "cut at {cut}");
        assert_eq!(next(&mut link), Ok(text("hello")), "cut at {cut}");
        assert_eq!(next(&mut link), Ok(Arrival::Binary(vec![0xff].into())), "cut at {cut}");
    }
}

#[test]
fn a_refused_upgrade_is_told_with_its_status() {
    let server = server();
    for status in [302, 400, 401, 429, 503] {
        let url = format!("ws://{}/ws?refuse={status}", server.addr());
        assert_eq!(connect(url, &public()).expect_err("refused"), LinkFailure::Upgrade(status));
    }
}

#[test]
fn a_connection_that_cannot_be_opened_fails_in_time_whatever_the_server_does() {
    let closed = TcpListener::bind(loopback(1)).expect("port").local_addr().expect("address");
    let silent = broken_server(|_stream| std::thread::sleep(PATIENCE));
    let dripping = broken_server(|mut stream| {
        let drops =
            std::iter::repeat_n(b"HTTP/1.1 101 Switching Protocols\r\nX: ".iter().chain(&[b'x'; 1_000]), 1);
        for drop in drops.flatten() {
            std::thread::sleep(Duration::from_millis(10));
            if stream.write_all(&[*drop]).is_err() {
                return;
            }
        }
    });
    let garbage = broken_server(|mut stream| stream.write_all(&[0xfe; 500]).expect("sent"));
    let hung_up = broken_server(drop);
    let inventive = broken_server(|mut stream| {
        let answer = upgrade_answer(&mut stream, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        stream.write_all(answer.as_bytes()).expect("sent");
        std::thread::sleep(Duration::from_millis(200));
    });
    let wrong_key = broken_server(|mut stream| {
        let answer = upgrade_answer(&mut stream, "").replace("Accept: ", "Accept: A");
        stream.write_all(answer.as_bytes()).expect("sent");
        std::thread::sleep(Duration::from_millis(200));
    });
    for addr in [closed, silent, dripping, garbage, hung_up, inventive, wrong_key] {
        let start = Instant::now();
        let outcome = open(&dial(format!("ws://{addr}/")), &public().into(), Duration::from_millis(300));
        assert!(matches!(outcome, Err(LinkFailure::Connect(_))), "{outcome:?}");
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
    let nonsense = ["", "no url", "ftp://localhost/", "ws://", "wss://no such host/"];
    for url in nonsense {
        assert!(matches!(connect(url.into(), &public()), Err(LinkFailure::Connect(_))), "{url}");
    }
}

#[test]
fn a_header_that_cannot_be_sent_does_not_show_its_value() {
    for header in [("X-Token", "secret\n"), ("X\nToken", "secret")] {
        let dial =
            Dial { headers: vec![(header.0, header.1.to_owned())], ..dial("ws://127.0.0.1:1/".into()) };
        match open(&dial, &public().into(), PATIENCE) {
            Err(LinkFailure::Connect(words)) => assert!(!words.contains("secret"), "{words}"),
            other => panic!("{other:?}"),
        }
    }
}
