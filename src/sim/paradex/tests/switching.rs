//! Questions that no source settles: each switch in both positions, as a client sees it.

use super::desk::{BTC, Client, Desk, Ticket, options, qty};
use crate::domain::{Price, Qty, Side};
use crate::sim::paradex::{PlainPublic, Switches};
use crate::venue::paradex::sbe;
use serde_json::{Value, json};

const SBE: &str = "sbeSchemaId=1&sbeSchemaVersion=1";

fn with(switches: Switches) -> Desk {
    let mut settings = options();
    settings.switches = switches;
    Desk::new(settings)
}

/// A price this far through the touch (below zero: away from it).
fn through(desk: &Desk, side: Side, ppm: i64) -> Price {
    let ((bid, _), (ask, _)) = desk.touch();
    let tick = "0.1".parse().expect("a price");
    match side {
        Side::Buy => ask.scaled_ppm(ppm).floor_to(tick),
        Side::Sell => bid.scaled_ppm(-ppm).ceil_to(tick),
    }
}

fn taking(desk: &Desk, side: Side, size: &str) -> Ticket {
    Ticket::limit(side, qty(size), through(desk, side, 2_000), "IOC")
}

fn resting(desk: &Desk, size: &str) -> Ticket {
    Ticket::limit(Side::Buy, qty(size), through(desk, Side::Buy, -20_000), "GTC")
}

fn place(desk: &mut Desk, client: &mut Client, ticket: &Ticket) -> Value {
    let ack = desk.place(client, ticket).expect("an acknowledgement");
    desk.wait(500);
    ack
}

/// A private connection that speaks SBE, signed in.
fn sbe_client(desk: &mut Desk, client: &Client) -> crate::sim::service::ConnId {
    let conn = desk.connect(SBE).expect("an upgrade");
    desk.rpc(conn, "auth", json!({"bearer": client.token})).expect("signed in");
    conn
}

#[test]
fn private_channels_of_an_sbe_connection_are_json_or_binary() {
    for private_sbe in [false, true] {
        let mut desk = with(Switches { private_sbe, ..Switches::default() });
        let mut client = desk.pro(1001);
        let conn = sbe_client(&mut desk, &client);
        desk.subscribe(conn, "orders.ALL");
        let ticket = taking(&desk, Side::Buy, "0.01");
        place(&mut desk, &mut client, &ticket);
        let binary = desk
            .take_binary(conn)
            .iter()
            .any(|frame| matches!(sbe::decode(frame), Ok(sbe::Message::Order(_))));
        let text = !desk.take(conn, "orders.ALL").is_empty();
        assert_eq!((binary, text), (private_sbe, !private_sbe));
    }
}

#[test]
fn a_connection_without_sbe_gets_a_refusal_silence_or_json() {
    for plain_public in [PlainPublic::Refuse, PlainPublic::Silence, PlainPublic::Json] {
        let mut desk = with(Switches { plain_public, ..Switches::default() });
        let conn = desk.connect("").expect("an upgrade");
        let channel = format!("bbo.{BTC}");
        let taken = desk.rpc(conn, "subscribe", json!({"channel": channel})).is_ok();
        desk.wait(2_000);
        let heard = !desk.take(conn, &channel).is_empty();
        assert_eq!((taken, heard), (plain_public != PlainPublic::Refuse, plain_public == PlainPublic::Json));
    }
}

#[test]
fn a_subscription_begins_with_the_state_or_with_the_first_change() {
    for snapshots in [false, true] {
        let switches =
            Switches { bbo_at_subscribe: snapshots, private_snapshots: snapshots, ..Switches::default() };
        let mut desk = with(switches);
        let mut client = desk.pro(1001);
        let ticket = taking(&desk, Side::Buy, "0.01");
        place(&mut desk, &mut client, &ticket);
        let ticket = resting(&desk, "0.01");
        place(&mut desk, &mut client, &ticket);
        let public = desk.connect(SBE).expect("an upgrade");
        desk.subscribe(public, &format!("bbo.{BTC}"));
        assert_eq!(!desk.take_binary(public).is_empty(), snapshots);
        for channel in ["orders.ALL", "positions", "account"] {
            desk.subscribe(client.conn, channel);
            assert_eq!(desk.take(client.conn, channel).len(), usize::from(snapshots), "{channel}");
        }
    }
}

#[test]
fn a_token_of_the_fee_free_class_counts_on_the_socket_or_not() {
    for retail_over_ws in [false, true] {
        let mut desk = with(Switches { retail_over_ws, ..Switches::default() });
        let mut client = desk.retail(1001);
        let ticket = taking(&desk, Side::Buy, "0.01");
        let ack = place(&mut desk, &mut client, &ticket);
        let free = ack["flags"].as_array().is_some_and(|flags| flags.contains(&json!("INTERACTIVE")));
        assert_eq!(free, retail_over_ws);
    }
}

#[test]
fn a_reduce_only_order_beyond_the_position_is_trimmed_or_cancelled() {
    for trim_reduce_only in [false, true] {
        let mut desk = with(Switches { trim_reduce_only, ..Switches::default() });
        let mut client = desk.pro(1001);
        let ticket = taking(&desk, Side::Buy, "0.01");
        place(&mut desk, &mut client, &ticket);
        let ticket = taking(&desk, Side::Sell, "0.02").reduce_only();
        let ack = place(&mut desk, &mut client, &ticket);
        let left = desk.sim.position(0, BTC).expect("the account");
        assert_eq!(
            left,
            if trim_reduce_only { Qty::ZERO } else { qty("0.01") },
            "{}",
            desk.order(&client, &ack["id"])
        );
    }
}

#[test]
fn a_client_id_is_free_again_after_its_order_or_never() {
    for client_id_taken_for_ever in [false, true] {
        let mut desk = with(Switches { client_id_taken_for_ever, ..Switches::default() });
        let mut client = desk.pro(1001);
        let ticket = taking(&desk, Side::Buy, "0.01").with("client_id", json!("mine"));
        place(&mut desk, &mut client, &ticket);
        let again = desk.place(&mut client, &ticket);
        assert_eq!(again.is_err(), client_id_taken_for_ever, "{again:?}");
    }
}

#[test]
fn an_ended_order_is_found_by_its_id_or_only_in_the_history() {
    for closed_orders_by_id in [false, true] {
        let mut desk = with(Switches { closed_orders_by_id, ..Switches::default() });
        let mut client = desk.pro(1001);
        let ticket = taking(&desk, Side::Buy, "0.01");
        let ack = place(&mut desk, &mut client, &ticket);
        let path = format!("/orders/{}", ack["id"].as_str().expect("a text"));
        let (status, _) = desk.call(&client, "GET", &path, "");
        assert_eq!(status, if closed_orders_by_id { 200 } else { 400 });
        let history = desk.get(&client, "/orders-history");
        assert_eq!(history["results"][0]["status"], "CLOSED");
    }
}

#[test]
fn an_orderly_close_cancels_like_a_broken_connection_or_not() {
    for cancel_on_clean_close in [false, true] {
        let mut desk = with(Switches { cancel_on_clean_close, ..Switches::default() });
        let mut client = desk.pro(1001);
        desk.rpc(client.conn, "order.cancel_on_disconnect", json!({"enabled": true})).expect("enabled");
        let ticket = resting(&desk, "0.01");
        let ack = place(&mut desk, &mut client, &ticket);
        desk.disconnect(client.conn, true);
        desk.wait(500);
        let status = if cancel_on_clean_close { "CLOSED" } else { "OPEN" };
        assert_eq!(desk.order(&client, &ack["id"])["status"], status);
    }
}

#[test]
fn the_delta_channel_is_spelt_bare_or_as_documented() {
    for (bare_deltas, deltas_with_parameters) in [(true, false), (true, true), (false, true), (false, false)]
    {
        let mut desk = with(Switches { bare_deltas, deltas_with_parameters, ..Switches::default() });
        for (form, takes) in [("deltas", bare_deltas), ("deltas@15@50ms", deltas_with_parameters)] {
            let conn = desk.connect(SBE).expect("an upgrade");
            let channel = format!("order_book.{BTC}.{form}");
            let taken = desk.rpc(conn, "subscribe", json!({"channel": channel}));
            assert_eq!(taken.is_ok(), takes, "{taken:?}");
        }
    }
}

#[test]
fn the_time_of_the_venue_is_a_text_or_a_number() {
    for server_time_as_number in [false, true] {
        let mut desk = with(Switches { server_time_as_number, ..Switches::default() });
        let answer = desk.http("GET", "/system/time", &[], "");
        let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(answer["server_time"].is_number(), server_time_as_number, "{answer}");
        let read = crate::venue::paradex::wire::server_time(answer.to_string().as_bytes());
        assert_eq!(read.ok(), Some(desk.now.millis()), "the client reads both");
    }
}

#[test]
fn a_batch_is_answered_with_or_without_gaps() {
    for packed_batches in [false, true] {
        let mut desk = with(Switches { packed_batches, ..Switches::default() });
        let mut client = desk.pro(1001);
        let (good, bad) = (resting(&desk, "0.01"), resting(&desk, "0.01"));
        let bad = Ticket { size: "0.00001".to_owned(), ..bad };
        let batch = json!([desk.sign(&mut client, &bad), desk.sign(&mut client, &good)]);
        let (_, body) = desk.call(&client, "POST", "/orders/batch", &batch.to_string());
        let count = |name: &str| body[name].as_array().map(Vec::len);
        let length = Some(if packed_batches { 1 } else { 2 });
        assert_eq!((count("orders"), count("errors")), (length, length), "{body}");
    }
}

#[test]
fn a_makers_fill_shows_its_own_side_or_the_takers() {
    for maker_fill_has_taker_side in [false, true] {
        let mut desk = with(Switches { maker_fill_has_taker_side, ..Switches::default() });
        let (mut maker, mut taker) = (desk.pro(1001), desk.pro(1002));
        let inside = desk.touch().1.0 - "0.1".parse::<Price>().expect("a price");
        let rest = Ticket::limit(Side::Sell, qty("0.01"), inside, "POST_ONLY");
        desk.place(&mut maker, &rest).expect("an acknowledgement");
        desk.place(&mut taker, &Ticket::limit(Side::Buy, qty("0.01"), inside, "IOC"))
            .expect("an acknowledgement");
        let fills = desk.get(&maker, "/fills");
        let side = if maker_fill_has_taker_side { "BUY" } else { "SELL" };
        assert_eq!(fills["results"][0]["side"], side, "{fills}");
    }
}

#[test]
fn cancels_use_up_the_fee_free_class_or_not() {
    for cancels_count_as_retail in [false, true] {
        let mut desk = with(Switches { cancels_count_as_retail, ..Switches::default() });
        let mut client = desk.retail(1001);
        let free =
            |ack: &Value| ack["flags"].as_array().is_some_and(|flags| flags.contains(&json!("INTERACTIVE")));
        let ticket = resting(&desk, "0.01");
        let first = desk.place(&mut client, &ticket).expect("an acknowledgement");
        desk.place(&mut client, &ticket).expect("an acknowledgement");
        let id = first["id"].as_str().expect("a text").to_owned();
        desk.rpc(client.conn, "order.cancel", json!({"id": id})).expect("queued");
        let third = desk.place(&mut client, &ticket).expect("an acknowledgement");
        assert_eq!(free(&third), !cancels_count_as_retail, "three a second");
    }
}

#[test]
fn a_signature_from_the_future_is_taken_up_to_the_tolerance() {
    for timestamp_ahead_max_ms in [0, 10_000] {
        let mut desk = with(Switches { timestamp_ahead_max_ms, ..Switches::default() });
        let mut client = desk.pro(1001);
        let ticket = resting(&desk, "0.01");
        desk.now.0 += 5_000_000;
        let early = desk.sign(&mut client, &ticket);
        desk.now.0 -= 5_000_000;
        let (status, body) = desk.call(&client, "POST", "/orders", &early.to_string());
        assert_eq!(status == 201, timestamp_ahead_max_ms > 0, "{body}");
    }
}

#[test]
fn a_batch_holds_as_many_orders_as_the_switch_says() {
    for batch_max in [1, 2] {
        let mut desk = with(Switches { batch_max, ..Switches::default() });
        let mut client = desk.pro(1001);
        let ticket = resting(&desk, "0.01");
        let batch = json!([desk.sign(&mut client, &ticket), desk.sign(&mut client, &ticket)]);
        let (status, body) = desk.call(&client, "POST", "/orders/batch", &batch.to_string());
        assert_eq!(status == 201, batch_max == 2, "{body}");
    }
}
