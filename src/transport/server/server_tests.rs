//! The live server over real sockets: what it promises its clients and its service.

use super::*;
use crate::transport::service::ConnId;
use crate::transport::testing::Echo;
use std::io::{Read, Write};
use std::net::TcpStream;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Error, Message, WebSocket};

fn start() -> ServerHandle<Echo> {
    start_with(Limits::default())
}

fn start_with(limits: Limits) -> ServerHandle<Echo> {
    let bound = bind(([127, 0, 0, 1], 0).into()).expect("loopback port").with_limits(limits);
    bound.spawn("echo", Echo::default()).expect("server thread")
}

fn dial(server: &ServerHandle<Echo>) -> TcpStream {
    let stream = TcpStream::connect(server.addr()).expect("connection");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("timeout");
    stream
}

fn send(stream: &mut TcpStream, bytes: &[u8]) {
    // A server that has already refused may reset the rest of what we send.
    let _ = stream.write_all(bytes);
}

/// Everything the server says until it closes.
fn say(server: &ServerHandle<Echo>, bytes: &[u8]) -> String {
    let mut stream = dial(server);
    send(&mut stream, bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answer");
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

type Client = WebSocket<MaybeTlsStream<TcpStream>>;

fn open(server: &ServerHandle<Echo>) -> Client {
    let url = format!("ws://{}/ws", server.addr());
    let (mut socket, _) = tungstenite::connect(url).expect("upgrade");
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("timeout");
    }
    assert_eq!(socket.read().expect("greeting"), Message::text("hello"));
    socket
}

fn wait_for(server: &ServerHandle<Echo>, what: impl Fn(&Echo) -> bool + Send + Copy + 'static) {
    let start = Instant::now();
    while !server.with(move |echo| what(echo)).expect("server") {
        assert!(start.elapsed() < Duration::from_secs(5), "did not happen in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_connection_carries_many_requests_in_order() {
    let server = start();
    let answer = say(
        &server,
        b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\nHEAD /h HTTP/1.1\r\nHost: x\r\n\r\n\
          POST /d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    );
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    assert!(answer.contains(r#""query":[["b","c"]]"#) && answer.contains(r#""body":"hi""#), "{answer}");
    let seen = server.with(|echo| echo.requests.clone()).expect("server");
    assert_eq!(seen, ["GET /a", "HEAD /h", "POST /d"]);
}

#[test]
fn large_answers_arrive_whole_at_a_slow_reader() {
    let server = start();
    let mut stream = dial(&server);
    send(&mut stream, b"GET /big?size=3000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::thread::sleep(Duration::from_millis(100));
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answer");
    assert_eq!(answer.iter().filter(|byte| **byte == b'x').count(), 3_000_000);
}

#[test]
fn bad_input_is_refused_and_the_server_lives_on() {
    let server = start();
    let huge_body =
        [&b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n"[..], &vec![b'x'; 3_000_000]]
            .concat();
    let huge_head = [&b"GET / HTTP/1.1\r\nHost: x\r\nX: "[..], &vec![b'x'; 3_000_000]].concat();
    assert_eq!(status(&say(&server, &huge_body)), 413);
    assert_eq!(status(&say(&server, &huge_head)), 431);
    assert_eq!(status(&say(&server, &[0; 100_000])), 400);
    assert_eq!(say(&server, b"GET / HT"), "", "an abandoned request has no answer");
    assert_eq!(status(&say(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
}

#[test]
fn a_client_that_never_finishes_its_request_is_told_so() {
    let server = start_with(Limits { request: Duration::from_millis(50), ..Limits::default() });
    let mut stream = dial(&server);
    send(&mut stream, b"GET / HT");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answer");
    assert_eq!(status(&answer), 408);
}

#[test]
fn only_proper_handshakes_are_upgraded() {
    let server = start();
    let ask = |extra: &str| {
        let request = format!(
            "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n{extra}\r\n"
        );
        say(&server, request.as_bytes())
    };
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    assert_eq!(status(&ask("Sec-WebSocket-Version: 13\r\n")), 400, "no key");
    assert_eq!(
        status(&ask("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2hvcnQ=\r\n")),
        400,
        "short key"
    );
    let old = ask(&format!("Sec-WebSocket-Version: 8\r\n{key}"));
    assert!(status(&old) == 426 && old.contains("sec-websocket-version: 13"), "{old}");
    let good =
        ask(&format!("Sec-WebSocket-Version: 13\r\n{key}Sec-WebSocket-Extensions: permessage-deflate\r\n"));
    assert_eq!(status(&good), 101);
    assert!(good.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "the accept key of RFC 6455 section 1.3: {good}");
    assert!(!good.to_ascii_lowercase().contains("extensions"), "compression is never agreed on: {good}");
}

#[test]
fn a_refused_upgrade_carries_the_answer_of_the_service() {
    let server = start();
    let url = format!("ws://{}/ws?refuse=400", server.addr());
    match tungstenite::connect(url) {
        Err(Error::Http(response)) => assert_eq!(response.status(), 400),
        other => panic!("upgraded: {other:?}"),
    }
    assert_eq!(server.with(|echo| echo.opened.len()), Some(0));
}

#[test]
fn frames_go_both_ways_and_pings_are_answered() {
    let server = start();
    let mut socket = open(&server);
    for message in [Message::text("one"), Message::binary(vec![0, 255]), Message::text("x".repeat(60_000))] {
        socket.send(message.clone()).expect("sent");
        assert_eq!(socket.read().expect("echo"), message);
    }
    socket.send(Message::Ping(tungstenite::Bytes::from_static(b"?"))).expect("sent");
    assert_eq!(socket.read().expect("pong"), Message::Pong(tungstenite::Bytes::from_static(b"?")));
    socket.send(Message::text("ping")).expect("sent");
    assert!(matches!(socket.read(), Ok(Message::Ping(_))));
    socket.flush().expect("our pong");
    wait_for(&server, |echo| echo.alive == 2);
}

#[test]
fn timers_of_the_service_fire_without_input() {
    let server = start();
    let mut socket = open(&server);
    let asked = Instant::now();
    socket.send(Message::text("later 60")).expect("sent");
    assert_eq!(socket.read().expect("timer"), Message::text("now"));
    assert!(asked.elapsed() >= Duration::from_millis(60), "{:?}", asked.elapsed());
}

#[test]
fn every_end_of_a_connection_is_reported_once_and_truthfully() {
    let server = start();
    let mut polite = open(&server);
    polite.close(None).expect("close frame");
    while polite.read().is_ok() {}
    wait_for(&server, |echo| echo.closed == [(ConnId(1), true)]);
    drop(open(&server));
    wait_for(&server, |echo| echo.closed[1..] == [(ConnId(2), false)]);
    let mut cut = open(&server);
    cut.send(Message::text("cut")).expect("sent");
    assert!(!matches!(cut.read(), Ok(_) | Err(Error::ConnectionClosed)), "cut without a close frame");
    wait_for(&server, |echo| echo.closed[2..] == [(ConnId(3), false)]);
    let mut closed = open(&server);
    closed.send(Message::text("close")).expect("sent");
    match closed.read() {
        Ok(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 4001),
        other => panic!("{other:?}"),
    }
    while closed.read().is_ok() {}
    wait_for(&server, |echo| echo.closed[3..] == [(ConnId(4), true)]);
}

#[test]
fn a_client_that_ignores_our_close_frame_is_dropped() {
    let server = start_with(Limits { closing: Duration::from_millis(50), ..Limits::default() });
    let mut socket = open(&server);
    socket.send(Message::text("close")).expect("sent");
    wait_for(&server, |echo| echo.closed == [(ConnId(1), false)]);
}

#[test]
fn broken_and_oversized_frames_end_the_connection_with_the_right_code() {
    let server = start();
    let close_code = |socket: &mut Client| match socket.read() {
        Ok(Message::Close(Some(frame))) => u16::from(frame.code),
        other => panic!("{other:?}"),
    };
    let mut oversized = open(&server);
    let _ = oversized.send(Message::text("x".repeat(3_000_000)));
    assert_eq!(close_code(&mut oversized), 1009);
    let mut unmasked = open(&server);
    if let MaybeTlsStream::Plain(stream) = unmasked.get_mut() {
        stream.write_all(b"\x81\x01x").expect("sent");
    }
    assert_eq!(close_code(&mut unmasked), 1002);
    let mut not_text = open(&server);
    if let MaybeTlsStream::Plain(stream) = not_text.get_mut() {
        stream.write_all(b"\x81\x82\0\0\0\0\xff\xff").expect("sent");
    }
    assert_eq!(close_code(&mut not_text), 1007);
    wait_for(&server, |echo| echo.closed.len() == 3);
}

#[test]
fn a_reader_that_does_not_read_is_dropped_and_the_others_are_not() {
    let server = start_with(Limits { backlog_max: 1 << 20, ..Limits::default() });
    let mut other = open(&server);
    let mut slow = open(&server);
    slow.send(Message::text(format!("flood {}", 64 << 20))).expect("sent");
    wait_for(&server, |echo| echo.closed == [(ConnId(2), false)]);
    other.send(Message::text("still here")).expect("sent");
    assert_eq!(other.read().expect("echo"), Message::text("still here"));
}

#[test]
fn frames_cut_at_every_byte_are_put_together_again() {
    let server = start();
    let mut socket = open(&server);
    // A masked text frame "later 0", twice, one byte at a time.
    let frame = b"\x81\x87\x01\x02\x03\x04m\x63\x77a\x73\x22\x33";
    for byte in frame.iter().chain(frame) {
        if let MaybeTlsStream::Plain(stream) = socket.get_mut() {
            stream.write_all(&[*byte]).expect("sent");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(socket.read().expect("first"), Message::text("now"));
    assert_eq!(socket.read().expect("second"), Message::text("now"));
}

#[test]
fn a_client_may_send_its_first_frame_with_the_upgrade() {
    let server = start();
    let mut stream = dial(&server);
    send(
        &mut stream,
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\0\0\0\0hi",
    );
    let mut answer = Vec::new();
    while !answer.ends_with(b"\x81\x02hi") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the echo");
        answer.push(byte[0]);
    }
}

#[test]
fn stopping_hands_the_service_back_and_frees_the_port() {
    let server = start();
    let addr = server.addr();
    let socket = open(&server);
    let echo = server.stop().expect("service");
    assert_eq!(echo.opened, [ConnId(1)]);
    drop(socket);
    assert!(TcpStream::connect(addr).is_err(), "nobody listens");
}

#[test]
fn a_late_answer_keeps_its_place_and_holds_up_nobody_else() {
    let server = start();
    let mut slow = dial(&server);
    let begun = Instant::now();
    send(&mut slow, b"GET /late HTTP/1.1\r\nhost: x\r\n\r\nGET /big?size=3 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert_eq!(status(&say(&server, b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")), 200);
    let others = begun.elapsed();
    let mut answers = String::new();
    slow.read_to_string(&mut answers).expect("both answers");
    assert!(
        begun.elapsed() >= Duration::from_millis(300) && others < Duration::from_millis(300),
        "{others:?}"
    );
    let (late, big) = (answers.find("late"), answers.find("xxx"));
    assert!(late.is_some() && late < big, "{answers}");
}

#[test]
fn an_answer_that_never_leaves_ends_its_connection_after_the_request_was_carried_out() {
    let server = start();
    assert_eq!(say(&server, b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n"), "");
    assert!(server.with(|echo| echo.requests.contains(&"GET /never".to_owned())).expect("server"));
}
