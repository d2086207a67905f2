//! Limits, liveness, pages, and the state of the venue.

use super::desk::{Desk, Ticket, options, qty};
use crate::domain::{Price, Side};
use crate::sim::paradex::model::SystemStatus;
use crate::sim::service::{Sent, Service};
use serde_json::{Value, json};

#[test]
fn calls_beyond_the_limit_are_refused_and_told_when_to_return() {
    let mut desk = Desk::new(options());
    let header = |response: &crate::sim::service::Response, name: &str| {
        response.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
    };
    let first = desk.http("GET", "/system/time", &[], "");
    assert_eq!(
        (header(&first, "x-ratelimit-limit"), header(&first, "x-ratelimit-remaining")),
        (Some("1500".into()), Some("1499".into()))
    );
    let statuses: Vec<u16> = (0..1_500).map(|_| desk.http("GET", "/system/time", &[], "").status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1_499);
    let refused = desk.http("GET", "/system/time", &[], "");
    assert_eq!((refused.status, header(&refused, "retry-after")), (429, Some("1".into())));
    desk.wait(40);
    assert_eq!(desk.http("GET", "/system/time", &[], "").status, 200, "one call comes back every 40 ms");
}

#[test]
fn a_connection_that_answers_no_ping_is_closed_and_one_that_does_lives() {
    let mut desk = Desk::new(options());
    desk.answers_pings = false;
    let (quiet, lively) = (desk.connect("").expect("an upgrade"), desk.connect("").expect("an upgrade"));
    desk.wait(55_000);
    assert!(desk.sent.contains(&Sent::Ping(quiet)) && desk.sent.contains(&Sent::Ping(lively)));
    desk.sim.alive(desk.now, lively);
    desk.wait(5_000);
    let closed: Vec<_> = desk
        .sent
        .iter()
        .filter_map(|sent| if let Sent::Close(conn, ..) = sent { Some(*conn) } else { None })
        .collect();
    assert_eq!(closed, [quiet]);
}

#[test]
fn the_state_of_the_venue_decides_what_is_taken() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let low = desk.touch().0.0.scaled_ppm(-20_000).floor_to(Price::from_units(10_000_000));
    let rest = Ticket::limit(Side::Buy, qty("0.01"), low, "POST_ONLY");
    let take = Ticket::limit(Side::Buy, qty("0.01"), desk.touch().1.0, "IOC");
    for (status, word, rests, takes) in [
        (SystemStatus::PostOnly, "post_only", None, Some("SYSTEM_STATUS_POST_ONLY")),
        (
            SystemStatus::CancelOnly,
            "cancel_only",
            Some("SYSTEM_STATUS_CANCEL_ONLY"),
            Some("SYSTEM_STATUS_CANCEL_ONLY"),
        ),
        (SystemStatus::Maintenance, "maintenance", Some("SERVICE_UNAVAILABLE"), Some("SERVICE_UNAVAILABLE")),
    ] {
        desk.sim.exchange_mut().status = status;
        assert_eq!(desk.get(&client, "/system/state"), json!({"status": word}));
        for (ticket, code) in [(&rest, rests), (&take, takes)] {
            let answer = desk.place(&mut client, ticket);
            let refused = answer.err().map(|error| error["data"].as_str().unwrap_or_default().to_owned());
            assert!(
                refused.as_deref().map(|data| data.split(':').next().unwrap_or_default()) == code,
                "{word}: {refused:?}"
            );
        }
        desk.rpc(client.conn, "order.cancel_all", json!({})).expect("cancels always work");
    }
}

#[test]
fn pages_cover_everything_once_and_cursors_cannot_be_made_up() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let low = desk.touch().0.0.scaled_ppm(-20_000).floor_to(Price::from_units(10_000_000));
    for _ in 0..7 {
        desk.place(&mut client, &Ticket::limit(Side::Buy, qty("0.01"), low, "GTC")).expect("taken");
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = desk.get(&client, &format!("/orders-history?page_size=3&cursor={cursor}"));
        seen.extend(
            page["results"].as_array().expect("a list").iter().map(|order| order["client_id"].clone()),
        );
        // What arrives between two pages shifts nothing.
        desk.place(&mut client, &Ticket::limit(Side::Buy, qty("0.01"), low, "GTC")).expect("taken");
        match &page["next"] {
            Value::String(next) => cursor.clone_from(next),
            _ => break,
        }
    }
    let expected: Vec<Value> = (1..=7).rev().map(|number| json!(format!("c{number}"))).collect();
    assert_eq!(seen, expected);
    for forged in ["abc", "Mw", &cursor[1..]] {
        assert_eq!(desk.call(&client, "GET", &format!("/orders-history?cursor={forged}"), "").0, 400);
    }
    assert_eq!(desk.call(&client, "GET", "/fills?page_size=5001", "").0, 400);
}

#[test]
fn funding_accrues_and_is_settled_with_the_position() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    desk.subscribe(client.conn, "funding_payments.ALL");
    let ask = desk.touch().1.0;
    desk.place(
        &mut client,
        &Ticket::limit(
            Side::Buy,
            qty("0.05"),
            ask.scaled_ppm(2_000).floor_to(Price::from_units(10_000_000)),
            "IOC",
        ),
    )
    .expect("taken");
    desk.wait(60_000);
    let accrued = desk.get(&client, "/positions")["results"][0]["unrealized_funding_pnl"].clone();
    assert_ne!(accrued, "0");
    let bid = desk.touch().0.0;
    desk.place(
        &mut client,
        &Ticket::limit(
            Side::Sell,
            qty("0.05"),
            bid.scaled_ppm(-2_000).ceil_to(Price::from_units(10_000_000)),
            "IOC",
        ),
    )
    .expect("taken");
    let payments = desk.take(client.conn, "funding_payments.ALL");
    assert_eq!(payments.iter().map(|payment| payment["payment"].clone()).collect::<Vec<_>>(), [accrued]);
    let listed = desk.get(&client, "/funding/payments");
    assert_eq!(listed["results"][0], payments[0]);
}

#[test]
fn unknown_paths_are_404_with_the_venues_error_form() {
    let mut desk = Desk::new(options());
    let client = desk.pro(1001);
    for (method, path) in
        [("GET", "/nothing"), ("POST", "/system/time"), ("GET", "/orders/a/b/c"), ("PATCH", "/orders")]
    {
        let (status, body) = desk.call(&client, method, path, "");
        assert_eq!(status, 404, "{method} {path}");
        assert!(body["error"].is_string() && body["message"].is_string());
    }
}
