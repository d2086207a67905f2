//! What goes wrong on demand, as a client sees it.

use super::desk::{Desk, Ticket, options, qty};
use crate::domain::{Price, Side, Usd};
use crate::sim::exchange::book::Owner;
use crate::sim::paradex::model::{Shape, Symbol};
use crate::venue::paradex::sbe;
use serde_json::{Value, json};
use std::time::Duration;

/// The first client's account.
const OWNER: Owner = Owner(1);
const SBE: &str = "sbeSchemaId=1&sbeSchemaVersion=1";

fn taking(desk: &Desk, size: &str) -> Ticket {
    let ask = desk.touch().1.0;
    Ticket::limit(Side::Buy, qty(size), ask.scaled_ppm(2_000).floor_to(tick()), "IOC")
}

fn tick() -> Price {
    "0.1".parse().expect("a price")
}

#[test]
fn a_busted_fill_takes_position_and_money_back_and_is_told() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    for channel in ["tradebusts", "positions"] {
        desk.subscribe(client.conn, channel);
    }
    let collateral = |desk: &Desk| desk.sim.exchange().account(OWNER).collateral;
    let before = collateral(&desk);
    let ticket = taking(&desk, "0.01");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    assert!(collateral(&desk) < before, "a fee was paid");
    let fills = desk.get(&client, "/fills")["results"].as_array().expect("a list").len();
    for _ in 0..fills {
        assert!(desk.sim.exchange_mut().bust_newest_fill(OWNER));
    }
    assert!(!desk.sim.exchange_mut().bust_newest_fill(OWNER), "nothing is left to take back");
    desk.wait(1);
    let busts = desk.take(client.conn, "tradebusts");
    assert_eq!(busts.len(), fills);
    assert!(busts.iter().all(|bust| bust["busted_fill_id"].is_string() && bust["created_at"].is_i64()));
    assert_eq!(desk.get(&client, "/tradebusts")["results"].as_array().map(Vec::len), Some(fills));
    assert_eq!(desk.get(&client, "/fills")["results"], json!([]));
    let positions = desk.take(client.conn, "positions");
    assert_eq!(positions.last().map(|position| position["size"].clone()), Some(json!("0")));
    assert_eq!(desk.order(&client, &ack["id"])["remaining_size"], "0.01");
    assert!((collateral(&desk) - before).abs() <= Usd::from_units(4), "cut to whole units at most");
}

#[test]
fn the_next_order_is_filled_in_part_late_or_never_and_the_one_after_as_usual() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let status = |desk: &mut Desk, client: &_, ack: &Value| {
        let order = desk.order(client, &ack["id"]);
        (order["status"].as_str().expect("a word").to_owned(), order["remaining_size"].clone())
    };
    desk.sim.exchange_mut().fill_next_in_part(40);
    let ticket = taking(&desk, "0.01");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    assert_eq!(status(&mut desk, &client, &ack), ("CLOSED".to_owned(), json!("0.006")));

    desk.sim.exchange_mut().run_next_late(Duration::from_millis(700));
    let ticket = taking(&desk, "0.01");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    desk.wait(699);
    assert_eq!(status(&mut desk, &client, &ack).0, "NEW");
    desk.wait(1);
    assert_eq!(status(&mut desk, &client, &ack).0, "CLOSED");

    desk.sim.exchange_mut().swallow_next();
    let ticket = taking(&desk, "0.01");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    desk.wait(10_000);
    assert_eq!(status(&mut desk, &client, &ack), ("NEW".to_owned(), json!("0.01")));

    let ticket = taking(&desk, "0.01");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    assert_eq!(status(&mut desk, &client, &ack), ("CLOSED".to_owned(), json!("0")));
}

#[test]
fn odd_books_are_shown_on_every_way_until_their_end() {
    let mut desk = Desk::new(options());
    let client = desk.pro(1001);
    let public = desk.connect(SBE).expect("an upgrade");
    desk.subscribe(public, "bbo.BTC-USD-PERP");
    let until = desk.sim.exchange().now().after(Duration::from_secs(2));
    desk.sim.exchange_mut().warp(Symbol::Btc, Shape::Empty, until);
    desk.wait(1);
    assert_eq!(desk.get(&client, "/bbo/BTC-USD-PERP")["bid"], "");
    let frames = desk.take_binary(public);
    let last = sbe::decode(frames.last().expect("told"));
    assert!(
        matches!(last, Ok(sbe::Message::Bbo(sbe::Bbo { bid_price: None, ask_price: None, .. }))),
        "{last:?}"
    );
    desk.wait(2_500);
    assert_ne!(desk.get(&client, "/bbo/BTC-USD-PERP")["bid"], "");

    let until = desk.sim.exchange().now().after(Duration::from_secs(2));
    desk.sim.exchange_mut().warp(Symbol::Btc, Shape::Crossed, until);
    let book = desk.get(&client, "/bbo/BTC-USD-PERP");
    let price = |side: &str| book[side].as_str().expect("a text").parse::<Price>().expect("a price");
    assert!(price("bid") > price("ask"), "{book}");
}

#[test]
fn a_skipped_number_is_missing_in_the_book() {
    let mut desk = Desk::new(options());
    let public = desk.connect(SBE).expect("an upgrade");
    desk.subscribe(public, "order_book.BTC-USD-PERP.deltas");
    desk.wait(500);
    let numbers = |desk: &mut Desk| -> Vec<i64> {
        let frames = desk.take_binary(public);
        let number = |frame: &Vec<u8>| match sbe::decode(frame) {
            Ok(sbe::Message::Book(book)) => book.seq,
            other => panic!("{other:?}"),
        };
        frames.iter().map(number).collect()
    };
    let whole = numbers(&mut desk);
    assert!(whole.len() > 2 && whole.windows(2).all(|pair| pair[1] == pair[0] + 1), "{whole:?}");
    desk.sim.exchange_mut().skip_book_number(Symbol::Btc);
    desk.wait(500);
    assert_eq!(numbers(&mut desk)[0], whole[whole.len() - 1] + 2);
}

#[test]
fn tokens_that_were_expired_are_refused_and_new_ones_are_not() {
    let mut desk = Desk::new(options());
    let client = desk.pro(1001);
    assert_eq!(desk.call(&client, "GET", "/account", "").0, 200);
    desk.sim.expire_tokens();
    assert_eq!(desk.call(&client, "GET", "/account", "").0, 401);
    let again = desk.pro(1001);
    assert_eq!(desk.call(&again, "GET", "/account", "").0, 200);
}
