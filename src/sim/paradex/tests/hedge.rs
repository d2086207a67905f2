//! The hedger's way: sign in, read, quote, order, fill, close.

use super::desk::{BTC, Desk, Ticket, options, qty};
use crate::domain::{Price, Qty, Side};
use crate::venue::paradex::sbe;
use serde_json::{Value, json};

#[test]
fn a_signed_ioc_goes_from_quote_to_fill_and_back_to_flat() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let public = desk.connect("sbeSchemaId=1&sbeSchemaVersion=1").expect("an upgrade");
    desk.subscribe(public, "bbo.BTC-USD-PERP");
    for channel in ["orders.ALL", "fills.BTC-USD-PERP", "positions", "account", "balance_events"] {
        desk.subscribe(client.conn, channel);
    }
    desk.wait(1_000);
    let frames = desk.take_binary(public);
    let frame = frames.last().expect("a quote within a second");
    let Ok(sbe::Message::Bbo(quote)) = sbe::decode(frame) else { panic!("a BBO") };
    assert_eq!(quote.market, BTC);
    let ask = quote.ask_price.expect("an ask");

    let ticket = Ticket::limit(Side::Buy, qty("0.01"), ask, "IOC");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    assert_eq!((&ack["status"], &ack["remaining_size"]), (&json!("NEW"), &json!("0.01")));
    let statuses: Vec<Value> =
        desk.take(client.conn, "orders.ALL").iter().map(|order| order["status"].clone()).collect();
    assert_eq!(statuses, ["NEW", "CLOSED"]);
    let fills = desk.take(client.conn, "fills.BTC-USD-PERP");
    let filled: Qty = fills.iter().map(|fill| qty(fill["size"].as_str().expect("a text"))).sum();
    assert_eq!(filled, qty("0.01"));
    assert!(fills.iter().all(|fill| fill["liquidity"] == "TAKER" && fill["order_id"] == ack["id"]));
    let positions = desk.take(client.conn, "positions");
    assert_eq!((&positions[0]["side"], &positions[0]["size"]), (&json!("LONG"), &json!("0.01")));
    assert_eq!(desk.take(client.conn, "account").len(), 1);
    assert_eq!(desk.take(client.conn, "balance_events").len(), fills.len());
    let done = desk.order(&client, &ack["id"]);
    assert_eq!((&done["remaining_size"], &done["cancel_reason"]), (&json!("0"), &json!("")));

    let bid = desk.touch().0.0;
    let ticket = Ticket::limit(Side::Sell, qty("0.01"), bid, "IOC").reduce_only();
    desk.place(&mut client, &ticket).expect("an acknowledgement");
    let positions = desk.get(&client, "/positions");
    assert_eq!(positions["results"][0]["status"], "CLOSED");
    assert_eq!(positions["results"][0]["size"], "0");
}

#[test]
fn retail_waits_pays_nothing_and_is_flagged() {
    let mut desk = Desk::new(options());
    let mut client = desk.retail(1001);
    desk.subscribe(client.conn, "orders.ALL");
    let ask = desk.touch().1.0;
    let ticket = Ticket::limit(Side::Buy, qty("0.01"), ask.scaled_ppm(1_000).floor_to(tick()), "IOC");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    desk.wait(299);
    assert_eq!(desk.take(client.conn, "orders.ALL").len(), 1, "only NEW before the delay is over");
    desk.wait(1);
    let news = desk.take(client.conn, "orders.ALL");
    assert_eq!(news.last().map(|order| order["status"].clone()), Some(json!("CLOSED")));
    assert!(ack["flags"].as_array().is_some_and(|flags| flags.contains(&json!("INTERACTIVE"))));
    let fills = desk.get(&client, "/fills");
    for fill in fills["results"].as_array().expect("a list") {
        assert_eq!((&fill["fee"], &fill["flags"]), (&json!("0"), &json!(["interactive"])));
    }
    assert!(!fills["results"].as_array().expect("a list").is_empty());
}

fn tick() -> Price {
    "0.1".parse().expect("a price")
}
