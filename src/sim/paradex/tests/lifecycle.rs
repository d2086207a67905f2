//! What happens to orders after they were taken: delays, risk, matching, cancels, modification.

use super::desk::{BTC, Client, Desk, Ticket, options, qty};
use crate::domain::{Price, Qty, Side};
use crate::sim::paradex::ParadexOptions;
use serde_json::{Value, json};
use std::time::Duration;

const TICK: Price = Price::from_units(10_000_000);

/// A price `ppm` away from the touch of the other side, towards better for a taker of `side` where positive.
fn through(desk: &Desk, side: Side, ppm: i64) -> Price {
    let (bid, ask) = desk.touch();
    match side {
        Side::Buy => ask.0.scaled_ppm(ppm).floor_to(TICK),
        Side::Sell => bid.0.scaled_ppm(-ppm).ceil_to(TICK),
    }
}

fn ioc(desk: &Desk, side: Side, size: &str) -> Ticket {
    Ticket::limit(side, qty(size), through(desk, side, 5_000), "IOC")
}

/// Places an order and returns how it ended or stands now.
fn outcome(desk: &mut Desk, client: &mut Client, ticket: &Ticket) -> Value {
    let ack = desk.place(client, ticket).expect("an acknowledgement");
    assert_eq!(ack["status"], "NEW");
    desk.order(client, &ack["id"])
}

fn position(desk: &Desk, account: usize) -> Qty {
    desk.sim.position(account, BTC).expect("a known account")
}

#[test]
fn reduce_only_orders_that_would_open_turn_or_exceed_are_cancelled() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let flat = ioc(&desk, Side::Sell, "0.01").reduce_only();
    let ended = outcome(&mut desk, &mut client, &flat);
    assert_eq!(ended["cancel_reason"], "REDUCE_ONLY_WILL_INCREASE");
    let open = ioc(&desk, Side::Buy, "0.01");
    outcome(&mut desk, &mut client, &open);
    for (side, size) in [(Side::Buy, "0.01"), (Side::Sell, "0.01001")] {
        let ticket = ioc(&desk, side, size).reduce_only();
        let ended = outcome(&mut desk, &mut client, &ticket);
        assert_eq!(ended["cancel_reason"], "REDUCE_ONLY_WILL_INCREASE", "{side} {size}");
        assert_eq!(ended["remaining_size"], size);
    }
    assert_eq!(position(&desk, 0), qty("0.01"));
    let close = ioc(&desk, Side::Sell, "0.01").reduce_only();
    assert_eq!(outcome(&mut desk, &mut client, &close)["remaining_size"], "0");
    assert_eq!(position(&desk, 0), Qty::ZERO);
}

#[test]
fn a_position_below_the_minimum_can_be_closed_whole_and_only_whole() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let open = ioc(&desk, Side::Buy, "0.00015");
    outcome(&mut desk, &mut client, &open);
    let most = ioc(&desk, Side::Sell, "0.0001").reduce_only();
    assert!(desk.place(&mut client, &most).is_err(), "less than the whole is below the minimum");
    let part = ioc(&desk, Side::Sell, "0.00011").reduce_only();
    outcome(&mut desk, &mut client, &part);
    let rest = ioc(&desk, Side::Sell, "0.00004").reduce_only();
    assert_eq!(outcome(&mut desk, &mut client, &rest)["remaining_size"], "0");
}

#[test]
fn an_order_the_account_cannot_carry_is_cancelled_after_its_acknowledgement() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let large = ioc(&desk, Side::Buy, "90");
    let ended = outcome(&mut desk, &mut client, &large);
    assert_eq!((&ended["status"], &ended["cancel_reason"]), (&json!("CLOSED"), &json!("NOT_ENOUGH_MARGIN")));
    let account = desk.get(&client, "/account");
    assert_eq!(
        (&account["account_value"], &account["initial_margin_requirement"]),
        (&json!("100000"), &json!("0"))
    );
}

#[test]
fn an_ioc_takes_what_is_there_within_its_limit_and_the_rest_ends() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let (price, size) = desk.touch().1;
    let ticket = Ticket::limit(Side::Buy, size + size, price, "IOC");
    let ended = outcome(&mut desk, &mut client, &ticket);
    assert_eq!((&ended["status"], &ended["remaining_size"]), (&json!("CLOSED"), &json!(size.to_string())));
    assert_ne!(ended["cancel_reason"], "");
    assert_eq!(ended["avg_fill_price"], price.to_string());
}

#[test]
fn a_resting_order_is_filled_by_others_at_its_own_price_as_maker() {
    let mut desk = Desk::new(options());
    let (mut maker, mut taker) = (desk.pro(1001), desk.pro(1002));
    desk.subscribe(maker.conn, "fills.ALL");
    let inside = desk.touch().1.0 - TICK;
    let rest = Ticket::limit(Side::Sell, qty("0.02"), inside, "POST_ONLY");
    assert_eq!(outcome(&mut desk, &mut maker, &rest)["status"], "OPEN");
    let take = Ticket::limit(Side::Buy, qty("0.005"), inside, "IOC");
    outcome(&mut desk, &mut taker, &take);
    let fills = desk.take(maker.conn, "fills.ALL");
    assert_eq!(fills.len(), 1);
    let fill = &fills[0];
    assert_eq!(
        (&fill["liquidity"], &fill["side"], &fill["remaining_size"]),
        (&json!("MAKER"), &json!("SELL"), &json!("0.015"))
    );
    assert_eq!((position(&desk, 0), position(&desk, 1)), (qty("-0.005"), qty("0.005")));
    let fee = |fill: &Value| fill["fee"].as_str().expect("a text").parse::<Price>().expect("a number");
    let taken = desk.get(&taker, "/fills")["results"][0].clone();
    let apart = fee(fill).units() * 15 - fee(&taken).units();
    assert!(apart.abs() <= 15, "0.003 % against 0.045 %, cut to 1e-8");
}

#[test]
fn post_only_orders_that_would_take_are_cancelled() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let ticket = Ticket { instruction: "POST_ONLY", ..ioc(&desk, Side::Buy, "0.01") };
    assert_eq!(outcome(&mut desk, &mut client, &ticket)["cancel_reason"], "POST_ONLY_WOULD_CROSS");
}

#[test]
fn own_orders_never_trade_with_each_other() {
    for (mode, taker_ends, maker_ends) in
        [("EXPIRE_TAKER", true, false), ("EXPIRE_MAKER", false, true), ("EXPIRE_BOTH", true, true)]
    {
        let mut desk = Desk::new(options());
        let mut client = desk.pro(1001);
        let inside = desk.touch().1.0 - TICK;
        let rest = Ticket::limit(Side::Sell, qty("0.01"), inside, "GTC");
        let resting = outcome(&mut desk, &mut client, &rest);
        let take = Ticket::limit(Side::Buy, qty("0.01"), inside, "GTC").with("stp", json!(mode));
        let taking = outcome(&mut desk, &mut client, &take);
        let resting = desk.order(&client, &resting["id"]);
        assert_eq!(taking["cancel_reason"] == "SELF_TRADE", taker_ends, "{mode}");
        assert_eq!(resting["cancel_reason"] == "SELF_TRADE", maker_ends, "{mode}");
        assert_eq!(position(&desk, 0), Qty::ZERO);
    }
}

#[test]
fn a_cancel_is_queued_first_and_final_when_the_order_says_closed() {
    let mut desk = Desk::new(options());
    let mut client = desk.retail(1001);
    let ticket = Ticket::limit(Side::Buy, qty("0.01"), through(&desk, Side::Buy, -20_000), "GTC");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    desk.wait(300);
    let id = ack["id"].as_str().expect("an id").to_owned();
    assert_eq!(desk.get(&client, &format!("/orders/{id}"))["status"], "OPEN");
    let queued = desk.rpc(client.conn, "order.cancel", json!({"id": id})).expect("queued");
    assert_eq!(queued, json!({"order_id": id, "status": "QUEUED_FOR_CANCELLATION"}));
    desk.wait(299);
    assert_eq!(
        desk.get(&client, &format!("/orders/{id}"))["status"],
        "OPEN",
        "the speed bump holds cancels too"
    );
    desk.wait(1);
    assert_eq!(desk.order(&client, &ack["id"])["cancel_reason"], "USER_CANCELED");
    let (status, body) = desk.call(&client, "DELETE", &format!("/orders/{id}"), "");
    assert_eq!((status, &body["error"]), (400, &json!("ORDER_IS_CLOSED")));
    let (status, body) = desk.call(&client, "DELETE", "/orders/123", "");
    assert_eq!((status, &body["error"]), (400, &json!("ORDER_ID_NOT_FOUND")));
    let (status, body) = desk.call(&client, "GET", "/orders/by_client_id/nobody", "");
    assert_eq!((status, &body["error"]), (400, &json!("CLIENT_ORDER_ID_NOT_FOUND")));
}

#[test]
fn one_account_sees_and_cancels_only_its_own_orders() {
    let mut desk = Desk::new(options());
    let (mut mine, other) = (desk.pro(1001), desk.pro(1002));
    let ticket = Ticket::limit(Side::Buy, qty("0.01"), through(&desk, Side::Buy, -20_000), "GTC");
    let ack = desk.place(&mut mine, &ticket).expect("an acknowledgement");
    let path = format!("/orders/{}", ack["id"].as_str().expect("an id"));
    assert_eq!(desk.call(&other, "GET", &path, "").0, 400);
    assert_eq!(desk.call(&other, "DELETE", &path, "").0, 400);
    assert_eq!(desk.call(&other, "DELETE", "/orders", "").0, 200);
    assert_eq!(desk.get(&mine, &path)["status"], "OPEN");
    assert_eq!(desk.call(&mine, "DELETE", &path, "").0, 204);
}

#[test]
fn a_modified_order_keeps_its_id_and_must_be_signed_anew() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let ticket = Ticket::limit(Side::Buy, qty("0.01"), through(&desk, Side::Buy, -20_000), "GTC");
    let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
    let id = ack["id"].as_str().expect("an id").to_owned();
    let changed = Ticket { size: "0.02".to_owned(), ..ticket };
    let as_new = desk.sign(&mut client, &changed);
    let mut unsigned = as_new.clone();
    unsigned["id"] = json!(id);
    let error = desk.rpc(client.conn, "order.modify", unsigned).expect_err("signed as a new order");
    assert!(error["data"].as_str().is_some_and(|data| data.starts_with("INVALID_ORDER_SIGNATURE")));
    let body = desk.sign_on(&mut client, &changed, super::desk::CHAIN_ID, Some(&id));
    let result = desk.rpc(client.conn, "order.modify", body).expect("pending");
    assert_eq!(result["order"]["request_info"]["status"], "PENDING");
    let order = desk.get(&client, &format!("/orders/{id}"));
    assert_eq!((&order["size"], &order["request_info"]["status"]), (&json!("0.02"), &json!("SUCCESS")));
}

#[test]
fn cancel_on_disconnect_takes_the_orders_of_its_connection() {
    for (clean, armed) in [(false, true), (true, true), (false, false)] {
        let mut desk = Desk::new(options());
        let mut client = desk.pro(1001);
        let ticket = Ticket::limit(Side::Buy, qty("0.01"), through(&desk, Side::Buy, -20_000), "GTC");
        let before = desk.place(&mut client, &ticket).expect("an acknowledgement");
        let on = desk.rpc(client.conn, "order.cancel_on_disconnect", json!({"enabled": armed}));
        assert_eq!(on, Ok(json!({"enabled": armed})));
        let after = desk.place(&mut client, &ticket).expect("an acknowledgement");
        desk.disconnect(client.conn, clean);
        let status = if clean || !armed { "OPEN" } else { "CLOSED" };
        for ack in [before, after] {
            assert_eq!(desk.order(&client, &ack["id"])["status"], status);
        }
    }
}

#[test]
fn over_a_retail_limit_an_order_silently_becomes_pro() {
    let mut desk = Desk::new(options());
    let mut client = desk.retail(1001);
    let ticket = Ticket::limit(Side::Buy, qty("0.01"), through(&desk, Side::Buy, -20_000), "GTC");
    let interactive =
        |order: &Value| order["flags"].as_array().is_some_and(|flags| flags.contains(&json!("INTERACTIVE")));
    let classes: Vec<bool> =
        (0..5).map(|_| interactive(&desk.place(&mut client, &ticket).expect("an acknowledgement"))).collect();
    assert_eq!(classes, [true, true, true, false, false]);
    desk.wait(1_001);
    assert!(interactive(&desk.place(&mut client, &ticket).expect("an acknowledgement")));
}

#[test]
fn the_retail_delay_can_be_set_and_counts_against_recv_window_only_by_switch() {
    for (counts, reason) in [(false, ""), (true, "RECV_WINDOW_EXCEEDED")] {
        let mut settings = ParadexOptions { delay: Some(Duration::from_millis(80)), ..options() };
        settings.switches.delay_counts_in_recv_window = counts;
        let mut desk = Desk::new(settings);
        let mut client = desk.retail(1001);
        let ticket = ioc(&desk, Side::Buy, "0.01").with("recv_window", json!(50));
        let ack = desk.place(&mut client, &ticket).expect("an acknowledgement");
        desk.wait(79);
        assert_eq!(desk.order(&client, &ack["id"])["status"], "NEW");
        desk.wait(1);
        assert_eq!(desk.order(&client, &ack["id"])["cancel_reason"], reason);
    }
}

#[test]
fn an_order_at_market_fills_within_band_and_slippage_only() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let touch = desk.touch().1.0;
    let ticket = Ticket { kind: "MARKET", price: None, ..Ticket::limit(Side::Buy, qty("40"), touch, "IOC") };
    let ended = outcome(&mut desk, &mut client, &ticket);
    let average: Price = ended["avg_fill_price"].as_str().expect("a text").parse().expect("a price");
    assert!(average > touch && average <= touch.scaled_ppm(1_000), "{average} against {touch}");
    assert_ne!(ended["remaining_size"], "0", "the rest is cancelled");
    assert!(ended["flags"].as_array().is_some_and(|flags| flags.contains(&json!("TARGET_STRATEGY_VWAP"))));
}

#[test]
fn a_stop_waits_for_its_trigger_and_then_trades() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let far = through(&desk, Side::Sell, 30_000).to_string();
    let near = through(&desk, Side::Sell, -30_000).to_string();
    let stop = |trigger: String| {
        let base = Ticket::limit(Side::Sell, qty("0.01"), Price::from_whole(90_000), "GTC");
        Ticket { kind: "STOP_MARKET", price: Some("0".to_owned()), ..base }
            .with("trigger_price", json!(trigger))
    };
    let waiting = desk.place(&mut client, &stop(far)).expect("an acknowledgement");
    let reached = desk.place(&mut client, &stop(near)).expect("an acknowledgement");
    assert_eq!(desk.order(&client, &waiting["id"])["status"], "UNTRIGGERED");
    desk.wait(200);
    assert_eq!(desk.order(&client, &waiting["id"])["status"], "UNTRIGGERED");
    assert_eq!(desk.order(&client, &reached["id"])["remaining_size"], "0");
    assert_eq!(position(&desk, 0), qty("-0.01"));
}

#[test]
fn a_batch_is_answered_entry_by_entry_but_one_bad_signature_refuses_it_all() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let good = Ticket::limit(Side::Buy, qty("0.01"), through(&desk, Side::Buy, -20_000), "GTC");
    let small = Ticket { size: "0.00001".to_owned(), ..good.clone() };
    let batch = json!([desk.sign(&mut client, &good), desk.sign(&mut client, &small)]);
    let (status, body) = desk.call(&client, "POST", "/orders/batch", &batch.to_string());
    assert_eq!(status, 201, "{body}");
    assert_eq!((&body["orders"][0]["status"], &body["errors"][0]), (&json!("NEW"), &Value::Null));
    assert_eq!(
        (&body["orders"][1], &body["errors"][1]["error"]),
        (&Value::Null, &json!("INVALID_ORDER_SIZE"))
    );
    let mut forged = desk.sign(&mut client, &good);
    forged["size"] = json!("0.02");
    let batch = json!({"orders": [desk.sign(&mut client, &good), forged]});
    assert!(desk.rpc(client.conn, "order.create_batch", batch).is_err());
    assert_eq!(desk.get(&client, "/orders")["results"].as_array().map(Vec::len), Some(1));
    let eleven: Vec<Value> = (0..11).map(|_| desk.sign(&mut client, &good)).collect();
    let (status, body) = desk.call(&client, "POST", "/orders/batch", &json!(eleven).to_string());
    assert_eq!((status, &body["error"]), (400, &json!("BATCH_SIZE_OUT_OF_RANGE")));
}
