//! Loss, silence, shutdown and renewal of the connection.

use super::super::LINK;
use crate::domain::{Purpose, QuoteFault};
use crate::venue::lighter::session::testing::{Rig, START_S, cid, config};
use crate::venue::{Input, LinkFailure, Session, VenueCommand, VenueReport};
use std::time::Duration;

fn lost() -> LinkFailure {
    LinkFailure::Lost("reset by peer".to_owned())
}

fn not_ready(rig: &Rig) -> usize {
    rig.picked(|report| matches!(report, VenueReport::NotReady(_)).then_some(())).len()
}

#[test]
fn a_lost_connection_is_told_once_and_opened_again_with_growing_pauses() {
    let mut rig = Rig::ready();
    rig.input(Input::Closed(LINK, lost()));
    assert_eq!((not_ready(&rig), rig.quotes.last()), (1, Some(&Err(QuoteFault::Disconnected))));
    let mut pauses = Vec::new();
    for _ in 0..9 {
        let (opened, since) = (rig.opened, rig.now.mono);
        while rig.opened == opened {
            rig.wait(Duration::from_millis(10));
        }
        pauses.push(rig.now.mono.since(since));
        rig.wait(Duration::from_secs(30));
        assert_eq!(rig.opened, opened + 1, "never two at once");
        rig.input(Input::Closed(LINK, lost()));
    }
    assert!(pauses[0] <= Duration::from_millis(260) && pauses[8] >= Duration::from_secs(10), "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= Duration::from_secs(21)));
    assert_eq!(not_ready(&rig), 1);
}

#[test]
fn after_a_reconnection_everything_is_subscribed_again_and_ready_is_told_again() {
    let mut rig = Rig::ready();
    rig.input(Input::Closed(LINK, lost()));
    rig.wait(Duration::from_secs(1));
    rig.forget();
    rig.connect();
    assert_eq!(rig.texts.iter().filter(|text| text.contains("\"subscribe\"")).count(), 7);
    assert!(rig.reports.contains(&VenueReport::Ready));
    assert!(rig.quotes.last().is_some_and(Result::is_ok));
}

#[test]
fn an_order_taken_but_not_ended_is_unknown_after_a_cut_because_its_end_is_not_told_again() {
    let mut rig = Rig::ready();
    let (id, hash) = rig.submit(41, Purpose::Open);
    rig.text(&format!(r#"{{"code":200,"id":"{id}","tx_hash":"{hash}","type":"jsonapi/sendtx"}}"#));
    rig.input(Input::Closed(LINK, lost()));
    assert!(
        rig.reports.iter().any(|r| matches!(r, VenueReport::OrderUnknown { cid: c, .. } if *c == cid(41)))
    );
}

#[test]
fn a_certificate_that_does_not_fit_ends_the_session() {
    let mut rig = Rig::ready();
    rig.input(Input::Closed(LINK, LinkFailure::Certificate("wrong host".to_owned())));
    assert!(
        matches!(&rig.reports[..], [.., VenueReport::Fatal(words)] if words.contains("wrong host")),
        "{:?}",
        rig.reports
    );
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn pings_go_both_ways() {
    let mut rig = Rig::ready();
    rig.text(r#"{"type":"ping"}"#);
    assert_eq!(rig.texts.pop().as_deref(), Some(r#"{"type":"pong"}"#));
    for _ in 0..31 {
        rig.wait(Duration::from_secs(1));
        rig.text(crate::venue::lighter::session::testing::BOOK);
    }
    assert_eq!(rig.texts, vec![r#"{"type":"ping"}"#, "ping frame"]);
}

#[test]
fn an_announced_shutdown_moves_us_to_another_connection_between_orders() {
    let mut rig = Rig::ready();
    rig.text(r#"{"type":"shutdown","close_in_ms":10000}"#);
    assert_eq!((not_ready(&rig), rig.closed), (1, 1));
    rig.input(Input::Closed(LINK, LinkFailure::ByUs));
    rig.wait(Duration::from_secs(1));
    assert_eq!(rig.opened, 2);

    let mut rig = Rig::ready();
    rig.submit(41, Purpose::Open);
    rig.text(r#"{"type":"shutdown","close_in_ms":60000}"#);
    assert_eq!(rig.closed, 0, "an order is in flight");
    rig.wait(Duration::from_secs(3));
    assert_eq!(rig.closed, 1);
}

#[test]
fn the_sign_in_is_renewed_at_half_of_its_life_while_no_order_is_in_flight() {
    let mut rig = Rig::ready();
    let half = Duration::from_secs(7 * 3600 / 2);
    let mut passed = Duration::ZERO;
    while passed + Duration::from_secs(4) < half {
        rig.wait(Duration::from_secs(4));
        rig.text(crate::venue::lighter::session::testing::BOOK);
        passed += Duration::from_secs(4);
        if !rig.requests.is_empty() {
            let seconds = rig.now.wall.secs();
            rig.answer("/", 200, &format!(r#"{{"status":1,"timestamp":{seconds}}}"#));
        }
    }
    rig.forget();
    rig.submit(41, Purpose::Open);
    rig.texts.clear();
    rig.wait(Duration::from_millis(2_900));
    assert!(rig.texts.iter().all(|text| !text.contains("subscribe")), "{:?}", rig.texts);
    rig.wait(Duration::from_secs(8));
    let subscribed: Vec<&String> = rig.texts.iter().filter(|text| text.contains("\"auth\"")).collect();
    assert_eq!(subscribed.len(), 5, "{:?}", rig.texts);
    let deadline: i64 = subscribed[0]
        .split('"')
        .nth(3)
        .and_then(|token| token.split(':').next())
        .expect("a token")
        .parse()
        .expect("seconds");
    assert!(deadline > START_S + 10 * 3600, "a fresh one");
    assert_eq!(
        rig.texts.iter().filter(|text| text.contains("\"unsubscribe\"") && text.contains("account")).count(),
        4
    );
}

#[test]
fn private_channels_that_are_not_confirmed_in_time_are_started_over() {
    let mut rig = Rig::ready();
    rig.input(Input::Closed(LINK, lost()));
    rig.wait(Duration::from_secs(1));
    rig.forget();
    rig.input(Input::Opened(LINK));
    rig.text(r#"{"error":{"code":20013,"message":"invalid auth: account_all_orders:10"}}"#);
    assert!(
        matches!(&rig.reports[..], [VenueReport::NotReady(words)] if words.contains("invalid auth")),
        "{:?}",
        rig.reports
    );
    for _ in 0..11 {
        rig.wait(Duration::from_secs(1));
        rig.text(crate::venue::lighter::session::testing::BOOK);
    }
    assert_eq!(rig.closed, 1);
}

#[test]
fn shutdown_closes_the_connection_and_nothing_happens_afterwards() {
    let mut rig = Rig::ready();
    rig.command(VenueCommand::Shutdown);
    assert_eq!((rig.closed, rig.session.deadline()), (1, None));
    rig.input(Input::Closed(LINK, LinkFailure::ByUs));
    rig.wait(Duration::from_secs(100));
    assert_eq!(rig.opened, 1);
}

#[test]
fn a_refused_token_is_replaced_at_once_together_with_the_connection() {
    let mut rig = Rig::new(config());
    rig.load();
    rig.input(Input::Opened(LINK));
    let token = |rig: &Rig| rig.texts.iter().find(|text| text.contains("\"auth\"")).cloned();
    let first = token(&rig).expect("a token");
    rig.text(r#"{"error":{"code":20013,"message":"invalid auth: invalid deadline"}}"#);
    assert_eq!(rig.closed, 1);
    rig.text(r#"{"error":{"code":20013,"message":"invalid auth: invalid deadline"}}"#);
    assert_eq!(rig.closed, 1, "one is enough");
    rig.input(Input::Closed(LINK, LinkFailure::ByUs));
    rig.wait(Duration::from_secs(1));
    rig.forget();
    rig.input(Input::Opened(LINK));
    assert_ne!(token(&rig).expect("a token"), first);
}
