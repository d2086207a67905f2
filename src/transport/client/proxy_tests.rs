//! Proxies of the environment, and real connections through one.

use super::*;
use crate::transport::client::connector::{self, Dial};
use crate::transport::client::{Outbound, http, is_this_machine};
use crate::transport::server::{Limits, bind};
use crate::transport::testing::{Echo, test_tls};
use crate::venue::LinkId;
use crate::venue::http::{Body, HttpRequest, Method};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

fn environment(set: &[(&str, &str)]) -> Result<Option<Proxy>, ProxyError> {
    Proxy::from_environment(|name| {
        set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_environment_names_a_proxy_its_exceptions_and_its_password_that_never_shows() {
    assert!(environment(&[]).is_ok_and(|proxy| proxy.is_none()));
    assert!(environment(&[("HTTPS_PROXY", " ")]).is_ok_and(|proxy| proxy.is_none()));
    let set = [
        ("HTTPS_PROXY", "http://me:s%40cret@proxy.example:3128/"),
        ("ALL_PROXY", "http://other:1"),
        ("NO_PROXY", "lighter.test, .paradex.test"),
    ];
    let proxy = environment(&set).expect("usable").expect("named");
    assert_eq!(format!("{proxy:?} {proxy}"), "proxy.example:3128 proxy.example:3128");
    let basic = proxy.authorization.as_ref().map(|secret| secret.expose().to_owned());
    assert_eq!(basic, Some(format!("Basic {}", STANDARD.encode("me:s@cret"))));
    for (host, covered) in [
        ("api.prod.paradex.trade", true),
        ("lighter.test", false),
        ("ws.lighter.test", false),
        ("notlighter.test", true),
        ("paradex.test", false),
        ("127.0.0.1", false),
        ("localhost", false),
        ("[::1]", false),
    ] {
        assert_eq!(proxy.covers(host), covered, "{host}");
    }
    let everything = [("all_proxy", "proxy:1"), ("no_proxy", "*")];
    assert!(!environment(&everything).expect("usable").expect("named").covers("api.paradex.trade"));
}

#[test]
fn a_proxy_that_cannot_be_used_is_an_error_that_does_not_repeat_the_password() {
    for url in
        ["socks5://me:secret@p:1", "https://p:1", "http://me:secret@p", "http://me:secret@:1", "http://p:x"]
    {
        let error = environment(&[("HTTPS_PROXY", url)]).expect_err(url).to_string();
        assert!(error.starts_with("HTTPS_PROXY: ") && !error.contains("secret"), "{error}");
    }
}

/// A proxy that connects every name to `target`, wants this authorization, and tells what it was asked.
fn serve(
    target: std::net::SocketAddr,
    wanted: Option<&'static str>,
) -> (std::net::SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.expect("a client");
            let deadline = Instant::now() + Duration::from_secs(5);
            let head = String::from_utf8(read_head(&mut client, deadline).expect("a head")).expect("text");
            let allowed = wanted.is_none_or(|wanted| head.contains(wanted));
            let _ = tell.send(head);
            if !allowed {
                let _ = client
                    .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
                continue;
            }
            client.set_read_timeout(None).expect("no timeout");
            client.write_all(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n").expect("answered");
            let server = TcpStream::connect(target).expect("the target");
            for (mut from, mut to) in
                [(client.try_clone().expect("a copy"), server.try_clone().expect("a copy")), (server, client)]
            {
                std::thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        }
    });
    (addr, told)
}

fn dial(url: &str, outbound: &Outbound) -> Result<(), crate::venue::LinkFailure> {
    let dial = Dial { link: LinkId(0), attempt: 1, url: url.to_owned(), headers: Vec::new() };
    connector::open(&dial, outbound, Duration::from_secs(5)).map(drop)
}

fn get(url: &str, outbound: &Outbound) -> Result<u16, crate::venue::http::HttpFailure> {
    let request = HttpRequest {
        ticket: 1,
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Body::Empty,
    };
    http::perform(&http::Agents::new(outbound, Duration::from_secs(5)), request).map(|reply| reply.status)
}

#[test]
fn http_and_websockets_go_through_the_proxy_encrypted_from_end_to_end() {
    let (config, tls) = test_tls();
    let server =
        bind(([127, 0, 0, 1], 0).into()).expect("a port").with_limits(Limits::default()).with_tls(config);
    let server = server.spawn("echo", Echo::default()).expect("a server");
    let (proxy, told) = serve(server.addr(), Some("Proxy-Authorization: Basic bWU6c2VjcmV0"));
    // A name of the test certificate that is not this machine's.
    let host = "venue.test";
    assert!(!is_this_machine(host));
    let url = format!("http://me:secret@{proxy}");
    let named = Proxy::parse("HTTPS_PROXY", &url, "").expect("usable");
    let outbound = Outbound { tls: tls.clone(), proxy: Some(named) };
    assert_eq!(dial(&format!("wss://{host}/ws"), &outbound), Ok(()));
    assert!(told.recv().expect("asked").starts_with("CONNECT venue.test:443 HTTP/1.1\r\n"));
    assert_eq!(get(&format!("https://{host}/x"), &outbound), Ok(200));
    assert!(told.recv().expect("asked").starts_with("CONNECT venue.test:443 HTTP/1.1\r\n"));

    let wrong = Proxy::parse("HTTPS_PROXY", &format!("http://me:wrong@{proxy}"), "").expect("usable");
    let outbound = Outbound { tls, proxy: Some(wrong) };
    let refused = dial(&format!("wss://{host}/ws"), &outbound).expect_err("refused").to_string();
    assert!(refused.contains("refuses user and password") && !refused.contains("wrong"), "{refused}");
    let refused = get(&format!("https://{host}/x"), &outbound).expect_err("refused").to_string();
    assert!(!refused.contains("wrong"), "{refused}");
}
