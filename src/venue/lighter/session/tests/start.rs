//! What has to be known before the session is ready, and what stops it.

use crate::domain::{Mono, Qty, Usd};
use crate::venue::http::HttpFailure;
use crate::venue::lighter::session::testing::{ACCOUNT, MARKETS, Rig, START_S, config};
use crate::venue::{Input, Session, TradingState, VenueCommand, VenueReport};
use std::time::Duration;

fn fatal(rig: &Rig) -> Option<String> {
    rig.picked(|report| if let VenueReport::Fatal(words) = report { Some(words.clone()) } else { None }).pop()
}

fn status(seconds: i64) -> String {
    format!(r#"{{"status":1,"network_id":1,"timestamp":{seconds}}}"#)
}

fn started() -> Rig {
    let mut rig = Rig::new(config());
    rig.command(VenueCommand::Start);
    rig.answer("/", 200, &status(START_S));
    rig
}

#[test]
fn ready_comes_after_market_account_key_nonce_and_all_private_channels() {
    let mut rig = Rig::new(config());
    rig.load();
    assert_eq!((rig.opened, rig.reports.contains(&VenueReport::Ready)), (1, false));
    let contracts = rig.picked(|r| {
        if let VenueReport::Market { contract, spec } = r { Some((contract.clone(), *spec)) } else { None }
    });
    assert_eq!(contracts[0].0, "1");
    assert_eq!(
        (contracts[0].1.tick.to_string(), contracts[0].1.step.to_string()),
        ("0.1".to_owned(), "0.00001".to_owned())
    );
    assert!(rig.reports.contains(&VenueReport::Balance { free: "1945.003244".parse::<Usd>().expect("usd") }));
    let qty: Qty = "-0.001".parse().expect("qty");
    assert!(rig.reports.contains(&VenueReport::Position { qty, asked: Mono(7_000_000_000), answer: false }));
    assert!(rig.reports.contains(&VenueReport::Trading(TradingState::Open)));
    rig.connect();
    assert_eq!(rig.reports.iter().filter(|r| **r == VenueReport::Ready).count(), 1);
    assert!(rig.quotes.last().is_some_and(Result::is_ok), "{:?}", rig.quotes);
}

#[test]
fn four_of_five_private_channels_are_not_enough() {
    let mut rig = Rig::new(config());
    rig.load();
    rig.input(Input::Opened(super::super::LINK));
    for name in ["account_all_orders", "account_all_trades", "account_all_positions", "user_stats"] {
        rig.text(&format!(r#"{{"channel":"{name}:10","stats":{{}},"type":"subscribed/{name}"}}"#));
    }
    assert!(!rig.reports.contains(&VenueReport::Ready));
    let foreign = r#"{"channel":"account_tx:11","txs":[],"type":"subscribed/account_tx"}"#;
    rig.text(foreign);
    assert!(!rig.reports.contains(&VenueReport::Ready), "another account's channel confirms nothing");
    rig.text(&foreign.replace(":11", ":10"));
    assert!(rig.reports.contains(&VenueReport::Ready));
}

#[test]
fn private_channels_carry_a_token_for_our_slot_and_market_channels_none() {
    let mut rig = Rig::new(config());
    rig.load();
    rig.input(Input::Opened(super::super::LINK));
    let with_token: Vec<&String> = rig.texts.iter().filter(|text| text.contains("\"auth\"")).collect();
    assert_eq!((rig.texts.len(), with_token.len()), (7, 5));
    let prefix = format!("\"auth\":\"{}:10:4:", START_S + 7 * 3600);
    assert!(with_token.iter().all(|text| text.contains(&prefix)), "{with_token:?}");
}

#[test]
fn an_unknown_market_names_those_that_exist() {
    let mut rig = started();
    rig.answer("orderBookDetails", 200, &MARKETS.replace("BTC", "ETH"));
    let words = fatal(&rig).expect("fatal");
    assert!(words.contains("BTC") && words.contains("ETH") && words.contains("ticker"), "{words}");
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn a_key_that_is_not_the_registered_one_stops_with_words_that_help() {
    let other = "ab".repeat(40);
    for keys in [
        format!(r#"{{"code":200,"api_keys":[{{"api_key_index":4,"public_key":"{other}"}}]}}"#),
        format!(r#"{{"code":200,"api_keys":[{{"api_key_index":4,"public_key":"{}"}}]}}"#, "0".repeat(80)),
        r#"{"code":200,"api_keys":[]}"#.to_owned(),
        r#"{"code":21109,"message":"api key not found"}"#.to_owned(),
    ] {
        let mut rig = started();
        rig.answer("apikeys", 200, &keys);
        let words = fatal(&rig).expect("fatal");
        assert!(words.contains("LIGHTER_API_KEY_INDEX") && words.contains("slot 4"), "{words}");
    }
}

#[test]
fn an_unknown_account_stops_and_another_account_is_not_believed() {
    let mut rig = started();
    rig.answer("account?", 400, r#"{"code":29404,"message":"not found"}"#);
    assert!(fatal(&rig).expect("fatal").contains("LIGHTER_ACCOUNT_INDEX"));
    let mut rig = started();
    rig.answer("account?", 200, &ACCOUNT.replace("\"index\":10", "\"index\":99"));
    assert_eq!(fatal(&rig), None);
    assert!(matches!(rig.reports.last(), Some(VenueReport::NotReady(words)) if words.contains("account 99")));
}

#[test]
fn what_time_may_mend_is_asked_again_and_told_once() {
    let mut rig = Rig::new(config());
    rig.command(VenueCommand::Start);
    for _ in 0..5 {
        let ticket = rig.requests.pop().expect("asked").ticket;
        rig.input(Input::Http(ticket, Err(HttpFailure::Timeout)));
        assert!(rig.requests.is_empty(), "not at once");
        rig.wait(Duration::from_secs(21));
    }
    assert_eq!(rig.picked(|r| matches!(r, VenueReport::NotReady(_)).then_some(())).len(), 1);
    rig.answer("/", 502, "<html>bad gateway</html>");
    rig.wait(Duration::from_secs(21));
    rig.answer("/", 200, &status(START_S + 126));
    assert_eq!(rig.requests.len(), 6);
}

#[test]
fn an_unproven_server_is_never_asked_again() {
    let mut rig = Rig::new(config());
    rig.command(VenueCommand::Start);
    let ticket = rig.requests[0].ticket;
    rig.input(Input::Http(ticket, Err(HttpFailure::Certificate("self-signed".to_owned()))));
    assert!(fatal(&rig).expect("fatal").contains("certificate"));
    assert_eq!(rig.session.deadline(), None);
}

#[test]
fn a_clock_that_is_off_takes_no_openings() {
    let mut rig = Rig::new(config());
    rig.command(VenueCommand::Start);
    rig.answer("/", 200, &status(START_S - 30));
    rig.answer("orderBookDetails", 200, MARKETS);
    let trading =
        rig.picked(|r| if let VenueReport::Trading(verdict) = r { Some(verdict.clone()) } else { None });
    assert!(
        matches!(&trading[0], TradingState::ClosingOnly(words) if words.contains("clock")),
        "{trading:?}"
    );
}

#[test]
fn a_cancel_all_that_somebody_scheduled_holds_openings_when_it_is_near() {
    for (ahead_s, held) in [(60, true), (-60, true), (600, false)] {
        let mut rig = Rig::ready();
        let at = rig.now.wall.millis() + ahead_s * 1_000;
        rig.command(VenueCommand::AskPosition);
        let account = ACCOUNT.replace("\"index\":10", &format!("\"index\":10,\"cancel_all_time\":{at}"));
        rig.answer("account?", 200, &account);
        let verdict =
            rig.picked(|r| if let VenueReport::Trading(verdict) = r { Some(verdict.clone()) } else { None });
        let closing =
            matches!(verdict.last(), Some(TradingState::ClosingOnly(words)) if words.contains("cancel-all"));
        assert_eq!(closing, held, "{ahead_s} s: {verdict:?}");
    }
}

#[test]
fn a_closed_market_is_told_but_does_not_stop_the_session() {
    let mut rig = started();
    rig.answer("orderBookDetails", 200, &MARKETS.replace("active", "inactive"));
    assert_eq!(fatal(&rig), None);
    assert!(rig.reports.iter().any(
        |r| matches!(r, VenueReport::Trading(TradingState::Closed(words)) if words.contains("inactive"))
    ));
}

#[test]
fn the_private_questions_are_signed_in_and_a_refused_token_is_replaced_once() {
    let mut rig = started();
    let limits =
        |rig: &Rig| rig.requests.iter().find(|request| request.url.contains("accountLimits")).cloned();
    let first = limits(&rig).expect("asked").headers;
    assert_eq!(first[0].0, "Authorization");
    rig.answer("accountLimits", 401, r#"{"code":20013,"message":"invalid auth: invalid deadline"}"#);
    let second = limits(&rig).expect("asked again").headers;
    assert_ne!(first, second);
    rig.answer("accountLimits", 401, r#"{"code":20013,"message":"invalid auth"}"#);
    assert!(limits(&rig).is_none(), "not a third time");
}
