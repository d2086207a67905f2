//! What happens to messages and to the venue, seen from outside, with a venue that answers every frame with its echo.

use super::super::*;
use crate::domain::Venue;
use crate::transport::service::{ConnId, Delivery};
use std::time::Duration;

/// Answers every text with itself, counts what reaches it.
#[derive(Debug, Default)]
struct Echo {
    heard: Vec<String>,
    asked: usize,
    struck: Vec<String>,
    closed: Vec<ConnId>,
}

impl Service for Echo {
    fn http(&mut self, _: Wall, _: &Request, _: &mut Vec<Sent>) -> Response {
        self.asked += 1;
        Response::json(200, &serde_json::json!({"asked": self.asked}))
    }

    fn open(&mut self, _: Wall, _: ConnId, _: &Request, _: &mut Vec<Sent>) -> Result<(), Response> {
        Ok(())
    }

    fn text(&mut self, _: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
        self.heard.push(text.to_owned());
        out.push(Sent::Text(conn, format!("echo {text}")));
    }

    fn binary(&mut self, _: Wall, _: ConnId, _: &[u8], _: &mut Vec<Sent>) {}

    fn alive(&mut self, _: Wall, _: ConnId) {}

    fn closed(&mut self, _: Wall, conn: ConnId, _: bool, _: &mut Vec<Sent>) {
        self.closed.push(conn);
    }

    fn advance(&mut self, _: Wall, _: &mut Vec<Sent>) {}

    fn next_due(&self) -> Option<Wall> {
        None
    }
}

impl Faultable for Echo {
    fn class_of_sent(&self, frame: &Frame) -> Class {
        let Frame::Text(text) = frame else { return Class::Other };
        if text.contains("order") { Class::Answer } else { Class::Other }
    }

    fn class_of_text(&self, text: &str) -> Class {
        if text.starts_with("order") { Class::Send } else { Class::Control }
    }

    fn class_of_request(&self, _: &Request) -> Class {
        Class::HttpOrder
    }

    fn refusal_frame(&self, _: Wall, request: &str, code: &str) -> Option<String> {
        Some(format!("{request} refused with {code}"))
    }

    fn refusal_response(&self, code: &str) -> Response {
        Response::plain(400, code.as_bytes().to_vec())
    }

    fn strike(&mut self, _: Wall, strike: &Strike, _: &mut Vec<Sent>) {
        self.struck.push(format!("{strike:?}"));
    }

    fn recover(&mut self, _: Wall, strike: &Strike, _: &mut Vec<Sent>) {
        self.struck.push(format!("end of {strike:?}"));
    }
}

const CONN: ConnId = ConnId(1);

fn at(millis: i64) -> Wall {
    Wall(millis * 1_000)
}

fn request() -> Request {
    Request {
        method: "POST".to_owned(),
        path: "/orders".to_owned(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn venue(plan: &str) -> Faulty<Echo> {
    let rules = parse(plan).expect("a plan").rules_of(Venue::Paradex);
    let mut venue = Faulty::new(Echo::default(), rules, 7, "test", at(0));
    venue.open(at(0), CONN, &request(), &mut Vec::new()).expect("opened");
    venue
}

/// What the client sees, with the time it sees it at.
fn seen(venue: &mut Faulty<Echo>, say: &[(i64, &str)], until: i64) -> Vec<(i64, String)> {
    let mut seen = Vec::new();
    let mut say = say.iter().peekable();
    for millis in 0..=until {
        let mut out = Vec::new();
        while let Some((_, text)) = say.next_if(|(when, _)| *when == millis) {
            venue.text(at(millis), CONN, text, &mut out);
        }
        venue.advance(at(millis), &mut out);
        for sent in out {
            seen.push(match sent {
                Sent::Text(_, text) => (millis, text),
                Sent::Cut(_) => (millis, "cut".to_owned()),
                other => (millis, format!("{other:?}")),
            });
        }
    }
    seen
}

fn words(seen: &[(i64, String)]) -> Vec<(i64, &str)> {
    seen.iter().map(|(when, text)| (*when, text.as_str())).collect()
}

#[test]
fn without_rules_nothing_happens() {
    let mut venue = venue("");
    assert_eq!(
        words(&seen(&mut venue, &[(0, "order 1"), (5, "hello")], 10)),
        [(0, "echo order 1"), (5, "echo hello")]
    );
    assert!(venue.tally().is_empty());
}

#[test]
fn messages_are_lost_doubled_late_or_overtaken_by_their_class_alone() {
    let say = [(0, "order 1"), (1, "hello"), (2, "order 2")];
    for (plan, expected) in [
        ("both on answer 100% drop", vec![(1, "echo hello")]),
        ("both on answer 100% drop times 1", vec![(1, "echo hello"), (2, "echo order 2")]),
        (
            "both on answer 100% duplicate from 2ms",
            vec![(0, "echo order 1"), (1, "echo hello"), (2, "echo order 2"), (2, "echo order 2")],
        ),
        // What is behind a late message on its connection is late, too.
        (
            "both on answer 100% delay 10ms times 1",
            vec![(10, "echo order 1"), (10, "echo hello"), (10, "echo order 2")],
        ),
        (
            "both on answer 100% reorder 10ms times 1",
            vec![(1, "echo hello"), (2, "echo order 2"), (10, "echo order 1")],
        ),
        ("both on answer 100% cut times 1", vec![(0, "cut")]),
        ("both on answer 100% cut-after times 1", vec![(0, "echo order 1"), (0, "cut")]),
        ("both on send 100% drop times 1", vec![(1, "echo hello"), (2, "echo order 2")]),
        ("both on send 100% cut times 1", vec![(0, "cut")]),
        ("both on send 100% cut-after times 1", vec![(0, "cut")]),
        (
            "both on send 100% refuse 42 times 1",
            vec![(0, "order 1 refused with 42"), (1, "echo hello"), (2, "echo order 2")],
        ),
        (
            "both on send 100% delay 10ms times 1",
            vec![(10, "echo order 1"), (10, "echo hello"), (10, "echo order 2")],
        ),
        ("both at 1ms stall 20ms", vec![(0, "echo order 1"), (21, "echo hello"), (21, "echo order 2")]),
    ] {
        assert_eq!(words(&seen(&mut venue(plan), &say, 40)), expected, "{plan}");
    }
}

#[test]
fn a_frame_cut_after_reaches_the_venue_and_one_cut_before_does_not() {
    for (plan, heard) in [("both on send 100% cut-after", 1), ("both on send 100% cut", 0)] {
        let mut venue = venue(plan);
        seen(&mut venue, &[(0, "order 1"), (1, "order 2")], 3);
        assert_eq!(venue.venue().heard.len(), heard, "{plan}");
    }
}

#[test]
fn http_requests_meet_their_fate() {
    for (plan, status, delivery, asked) in [
        ("", 200, Delivery::Now, 1),
        ("both on http-order 100% drop", 502, Delivery::Never, 0),
        ("both on http-order 100% cut-after", 200, Delivery::Never, 1),
        ("both on http-order 100% duplicate", 200, Delivery::Now, 2),
        ("both on http-order 100% status 405", 405, Delivery::Now, 0),
        ("both on http-order 100% refuse X", 400, Delivery::Now, 0),
        ("both on http-order 100% delay 7ms", 200, Delivery::Late(Duration::from_millis(7)), 1),
        ("both at 0ms status 429 5s", 429, Delivery::Now, 0),
        ("both at 1ms away 503 5s", 503, Delivery::Now, 0),
        ("both at 0ms stall 50ms", 200, Delivery::Late(Duration::from_millis(49)), 1),
    ] {
        let mut venue = venue(plan);
        let response = venue.http(at(1), &request(), &mut Vec::new());
        assert_eq!((response.status, response.delivery), (status, delivery), "{plan}");
        assert_eq!(venue.venue().asked, asked, "{plan}");
    }
}

#[test]
fn a_venue_that_is_away_cuts_its_clients_and_takes_no_new_ones_until_it_is_back() {
    let mut venue = venue("both at 5ms away 503 20ms");
    assert_eq!(words(&seen(&mut venue, &[], 10)), [(5, "cut")]);
    let refused = venue.open(at(20), ConnId(2), &request(), &mut Vec::new());
    assert_eq!(refused.map_err(|response| response.status), Err(503));
    assert_eq!(venue.open(at(26), ConnId(2), &request(), &mut Vec::new()), Ok(()));
}

#[test]
fn a_cut_connection_hears_nothing_more_and_its_end_reaches_the_venue_once() {
    let mut venue = venue("both on answer 100% delay 10ms\nboth at 5ms cut");
    assert_eq!(words(&seen(&mut venue, &[(0, "order 1"), (6, "hello")], 30)), [(5, "cut")]);
    venue.closed(at(31), CONN, false, &mut Vec::new());
    assert_eq!(venue.venue().closed, [CONN]);
}

#[test]
fn strikes_of_the_venue_begin_and_end_when_planned() {
    let mut venue = venue("both every 10ms empty-book 3ms until 35ms");
    seen(&mut venue, &[], 60);
    let (strike, end) = ("EmptyBook(3ms)".to_owned(), "end of EmptyBook(3ms)".to_owned());
    assert_eq!(venue.venue().struck, [&strike, &end, &strike, &end, &strike, &end].map(String::clone));
    assert_eq!(venue.tally().get("empty-book"), Some(&3));
}

#[test]
fn the_same_seed_brings_the_same_faults_and_another_seed_others() {
    let run = |seed| {
        let rules = preset("storm").expect("listed").expect("readable").rules_of(Venue::Paradex);
        let mut venue = Faulty::new(Echo::default(), rules, seed, "test", at(0));
        venue.open(at(0), CONN, &request(), &mut Vec::new()).ok();
        let say: Vec<(i64, &str)> = (0..4_000).map(|when| (when, "order")).collect();
        (seen(&mut venue, &say, 5_000), venue.tally().clone())
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3), run(4));
}

#[test]
fn new_fields_and_words_come_in_and_known_ones_stay() {
    let text = r#"{"id":1,"data":{"flags":["A"],"price":"3","liquidity":"TAKER"}}"#;
    let fields = new_things::with_new_fields(text);
    assert!(fields.contains("added_in_2027") && fields.contains(r#""price":"3""#), "{fields}");
    let changed = new_things::with_new_words(text);
    assert!(changed.contains(r#""flags":["A","ADDED_IN_2027"]"#), "{changed}");
    assert!(!changed.contains("TAKER") && changed.contains(r#""price":"3""#), "{changed}");
    assert_eq!(new_things::with_new_fields("no JSON"), "no JSON");
}
