//! Quotes out of ticker and book.

use crate::domain::{Price, QuoteFault};
use crate::venue::lighter::session::testing::{BOOK, Rig, TICKER, book, ticker};
use std::time::Duration;

fn last(rig: &Rig) -> Result<(String, String), QuoteFault> {
    let quote = rig.quotes.last().expect("a quote");
    quote.as_ref().map(|bbo| (bbo.bid.to_string(), bbo.ask.to_string())).map_err(|fault| *fault)
}

fn prices(bid: &str, ask: &str) -> Result<(String, String), QuoteFault> {
    Ok((bid.to_owned(), ask.to_owned()))
}

#[test]
fn the_channel_with_the_later_engine_number_is_believed() {
    let mut rig = Rig::ready();
    rig.text(&ticker(105, "80441.0", "80441.5"));
    assert_eq!(last(&rig), prices("80441", "80441.5"));
    rig.text(&book(100, 103, "", r#"{"price":"80441.65","size":"1"}"#));
    assert_eq!(last(&rig), prices("80441", "80441.5"), "the book is older than the ticker");
    rig.text(&ticker(104, "80000.0", "80000.1"));
    assert_eq!(last(&rig), prices("80441", "80441.5"), "an old ticker changes nothing");
    rig.text(&book(103, 110, "", r#"{"price":"80441.65","size":"0"},{"price":"80441.7","size":"0"}"#));
    assert_eq!(last(&rig), prices("80441.6", "80450"));
}

#[test]
fn every_quote_carries_the_time_it_arrived() {
    let mut rig = Rig::ready();
    rig.wait(Duration::from_millis(40));
    rig.text(&ticker(101, "80441.6", "80441.7"));
    assert_eq!(rig.quotes.last().expect("one").expect("good").received, rig.now.mono);
}

#[test]
fn a_lost_book_message_makes_the_quote_unusable_until_the_next_snapshot() {
    let mut rig = Rig::ready();
    rig.text(&book(101, 102, "", ""));
    assert_eq!(last(&rig), Err(QuoteFault::Gap));
    assert_eq!(rig.texts.len(), 2);
    assert!(
        rig.texts[0].contains("unsubscribe") && rig.texts[1].contains("\"subscribe\""),
        "{:?}",
        rig.texts
    );
    rig.text(&ticker(103, "80441.6", "80441.7"));
    rig.text(&book(102, 104, "", ""));
    assert_eq!(last(&rig), Err(QuoteFault::Gap));
    assert_eq!(rig.quotes.len(), 1, "the same fault is told once");
    rig.text(BOOK);
    assert_eq!(last(&rig), prices("80441.6", "80441.7"));
}

#[test]
fn a_book_that_contradicts_the_ticker_of_the_same_engine_number_is_fetched_again() {
    let mut rig = Rig::ready();
    for nonce in [101, 102, 103] {
        rig.text(&ticker(nonce, "80441.6", "80441.8"));
        rig.text(&book(nonce - 1, nonce, "", ""));
    }
    assert_eq!(last(&rig), Err(QuoteFault::Gap));
}

#[test]
fn quotes_nobody_can_trade_on_say_why() {
    for (frame, fault) in [
        (ticker(101, "80441.7", "80441.7"), QuoteFault::Crossed),
        (ticker(101, "0", "80441.7"), QuoteFault::NotPositive),
        (ticker(101, "-5", "80441.7"), QuoteFault::NotPositive),
        (
            ticker(101, "80441.6", "80441.7").replace("\"size\":\"1\"", "\"size\":\"0.0\""),
            QuoteFault::NotPositive,
        ),
        (ticker(101, "", "80441.7"), QuoteFault::EmptySide),
        (ticker(101, "1e309", "80441.7"), QuoteFault::Corrupt),
        (ticker(101, "NaN", "80441.7"), QuoteFault::Corrupt),
        (ticker(101, "804410000000000000000000000000", "80441.7"), QuoteFault::Corrupt),
        ("{\"type\":".to_owned(), QuoteFault::Corrupt),
    ] {
        let mut rig = Rig::ready();
        rig.text(&frame);
        assert_eq!(last(&rig), Err(fault), "{frame}");
        rig.text(BOOK);
        rig.text(&ticker(102, "80441.6", "80441.7"));
        assert!(last(&rig).is_ok(), "recovers after {frame}: {:?}", last(&rig));
    }
}

#[test]
fn a_jump_is_held_back_until_another_message_agrees() {
    let mut rig = Rig::ready();
    rig.text(&ticker(101, "60000.0", "60000.1"));
    rig.text(&ticker(101, "60000.0", "60000.1"));
    assert_eq!(last(&rig), Err(QuoteFault::Jump), "a repetition of the same message is no second opinion");
    rig.text(&ticker(102, "80441.6", "80441.7"));
    assert!(last(&rig).is_ok(), "a single bad message passes by");
    rig.text(&ticker(103, "60000.0", "60000.1"));
    rig.text(&book(100, 102, "", r#"{"price":"80460.0","size":"1"}"#));
    assert_eq!(last(&rig), Err(QuoteFault::Jump), "an older book message is no second opinion either");
    rig.text(&ticker(104, "60001.0", "60001.1"));
    assert_eq!(last(&rig), prices("60001", "60001.1"));
}

#[test]
fn the_book_alone_can_confirm_a_jump() {
    let mut rig = Rig::ready();
    rig.text(&ticker(110, "60000.0", "60000.1"));
    assert_eq!(last(&rig), Err(QuoteFault::Jump));
    rig.text(&book(
        100,
        111,
        r#"{"price":"80441.6","size":"0"},{"price":"60000","size":"1"}"#,
        r#"{"price":"60000.1","size":"1"}"#,
    ));
    assert_eq!(last(&rig), prices("60000", "60000.1"));
}

#[test]
fn silence_makes_the_quote_stale_then_asks_for_snapshots_then_replaces_the_connection() {
    let mut rig = Rig::ready();
    rig.wait(Duration::from_secs(5));
    assert_eq!(last(&rig), Err(QuoteFault::Stale));
    assert_eq!(rig.texts.iter().filter(|text| text.contains("subscribe")).count(), 4, "{:?}", rig.texts);
    rig.text(BOOK);
    rig.text(TICKER);
    assert!(last(&rig).is_ok());
    assert_eq!(rig.closed, 0);
    rig.wait(Duration::from_secs(10));
    assert_eq!((last(&rig), rig.closed), (Err(QuoteFault::Disconnected), 1));
}

#[test]
fn a_ticker_beside_a_book_that_never_comes_is_no_quote() {
    let mut rig = Rig::ready();
    rig.text(&book(7, 8, "", ""));
    for step in 0..24 {
        rig.wait(Duration::from_millis(500));
        rig.text(&ticker(101 + step, "80441.6", "80441.7"));
    }
    assert!(last(&rig).is_err());
    assert_eq!(rig.closed, 1, "replaced at last");
}

#[test]
fn market_data_of_another_market_is_ignored() {
    let mut rig = Rig::ready();
    rig.text(&ticker(200, "5.0", "6.0").replace("ticker:1", "ticker:2"));
    assert!(rig.quotes.is_empty());
    let mid: Price = "80441.65".parse().expect("price");
    rig.text(&ticker(200, "80441.6", "80441.7").replace("ticker:1", "ticker/1"));
    assert_eq!(rig.quotes[0].expect("good").mid(), mid);
}

#[test]
fn a_book_that_stays_wrong_is_fetched_once_a_second_and_no_more() {
    let mut rig = Rig::ready();
    rig.forget();
    for round in 0..200 {
        rig.text(BOOK);
        rig.text(&book(90_000 + round, 90_001 + round, "", ""));
        rig.wait(Duration::from_millis(20));
    }
    let fetched = rig.texts.iter().filter(|text| text.contains("\"subscribe\"")).count();
    assert!((4..=5).contains(&fetched), "{fetched} in four seconds");
}

#[test]
fn frames_that_cannot_be_read_are_told_now_and_then_not_each() {
    let mut rig = Rig::ready();
    for _ in 0..1_000 {
        rig.text("{broken");
    }
    assert_eq!(rig.logs.iter().filter(|line| line.contains("Lighter")).count(), 1, "{:?}", rig.logs);
}
