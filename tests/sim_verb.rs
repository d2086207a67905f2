//! `hedge-fast sim`: what any other program may count on that trades against it.

#[allow(dead_code, reason = "each test file uses its part of it")]
mod support;

use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use support::{Venues, run};

fn value<'a>(venues: &'a Venues, name: &str) -> &'a str {
    let found = venues.environment.iter().find(|(known, _)| known == name);
    found.map_or_else(|| panic!("no {name}"), |(_, value)| value)
}

#[test]
fn once_ready_both_venues_answer_and_a_stop_does_not_wait_for_idle_connections() {
    let dir = tempfile::tempdir().expect("a folder");
    let venues = Venues::start(dir.path(), 0);
    let (paradex, lighter) = (value(&venues, "PARADEX_REST_URL"), value(&venues, "LIGHTER_REST_URL"));
    for (url, text) in [
        (format!("{paradex}/system/time"), "server_time"),
        (format!("{paradex}/markets"), "BTC-USD-PERP"),
        (format!("{lighter}/"), "network_id"),
        (format!("{lighter}/api/v1/orderBooks"), "\"symbol\":\"SOL\""),
    ] {
        let mut answer = ureq::get(&url).call().unwrap_or_else(|cause| panic!("{url}: {cause}"));
        let body = answer.body_mut().read_to_string().expect("text");
        assert!(body.contains(text), "{url}: {body}");
    }
    let idle: Vec<TcpStream> = [paradex, lighter]
        .map(|url| url.trim_start_matches("http://").split('/').next().expect("an address"))
        .map(|address| TcpStream::connect(address).expect("connects"))
        .into();
    venues.stop();
    drop(idle);
}

#[test]
fn the_file_of_test_keys_holds_what_was_printed_for_its_owner_alone_whatever_stood_there() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("sim.env");
    std::fs::write(&file, "OLD=1\n".repeat(1_000)).expect("written");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("a file of ours");
    let venues = Venues::start(dir.path(), 1);
    let printed: String =
        venues.environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    assert_eq!(std::fs::read_to_string(&file).expect("written"), printed);
    assert_eq!(std::fs::metadata(&file).expect("written").permissions().mode() & 0o777, 0o600);
    venues.stop();
}

#[test]
fn a_port_in_use_is_named_with_the_flag_that_chooses_another() {
    let dir = tempfile::tempdir().expect("a folder");
    // The port below must be free: it is the other venue's in the second round.
    let (taken, port) = std::iter::repeat_with(|| TcpListener::bind("127.0.0.1:0").expect("a free port"))
        .map(|taken| (taken.local_addr().expect("bound").port(), taken))
        .find(|(port, _)| TcpListener::bind(("127.0.0.1", port - 1)).is_ok())
        .map(|(port, taken)| (taken, port))
        .expect("a free pair");
    for base in [port - 1, port - 2] {
        let ended = run(dir.path(), &["sim", "--port-base", &base.to_string()]);
        ended.expect(2, &[&port.to_string(), "--port-base"]);
        assert!(ended.text.lines().all(|line| line != "ready"), "{}", ended.text);
    }
    drop(taken);
}
