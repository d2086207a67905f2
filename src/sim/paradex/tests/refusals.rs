//! What the venue refuses: sign-ins, orders, channels. Each with the documented code.

use super::desk::{BTC, CHAIN_ID, Client, Desk, Ticket, address_of, key, options, qty};
use crate::domain::{Price, Side};
use serde_json::{Value, json};

/// A limit far enough below the market to rest.
fn resting(desk: &Desk, size: &str) -> Ticket {
    let price = desk.touch().0.0.scaled_ppm(-20_000).floor_to(Price::from_units(10_000_000));
    Ticket::limit(Side::Buy, qty(size), price, "GTC")
}

/// Sends a body and returns the refusal's `data`.
fn refused(desk: &mut Desk, client: &Client, body: Value) -> String {
    let error = desk.rpc(client.conn, "order.create", body.clone()).expect_err("a refusal");
    assert_eq!(error["code"], 100, "{error}");
    let (status, rest) = desk.call(client, "POST", "/orders", &body.to_string());
    assert_eq!(status, 400, "{rest}");
    assert!(rest["message"].is_string());
    let data = error["data"].as_str().expect("a reason").to_owned();
    assert!(data.starts_with(rest["error"].as_str().expect("a code")), "both ways refuse alike");
    data
}

#[test]
fn an_order_signed_by_another_for_another_network_or_changed_later_is_refused() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let ticket = resting(&desk, "0.01");

    let testnet = desk.sign_on(&mut client, &ticket, "PRIVATE_SN_POTC_SEPOLIA", None);
    let mut stranger = Client::unconnected(1002, &client);
    let foreign = desk.sign(&mut stranger, &ticket);
    let signed = desk.sign(&mut client, &ticket);
    let tampered = [
        ("size", json!("0.02")),
        ("side", json!("SELL")),
        ("price", json!("90000")),
        ("signature_timestamp", json!(desk.now.millis() - 1)),
        ("signature", json!("[\"1\",\"1\"]")),
        ("signature", json!("")),
    ];
    let changed = tampered.into_iter().map(|(field, value)| {
        let mut body = signed.clone();
        body[field] = value;
        body
    });
    for body in [testnet, foreign].into_iter().chain(changed) {
        let data = refused(&mut desk, &client, body);
        assert!(data.starts_with("INVALID_ORDER_SIGNATURE"), "{data}");
    }
    assert!(desk.rpc(client.conn, "order.create", signed).is_ok(), "the untouched one is taken");
}

#[test]
fn an_order_outside_its_time_is_refused() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let ticket = resting(&desk, "0.01").with("recv_window", json!(2_000));
    let body = desk.sign(&mut client, &ticket);
    desk.wait(2_001);
    assert!(refused(&mut desk, &client, body).starts_with("INVALID_TIMESTAMP"));
    let ticket = resting(&desk, "0.01").with("recv_window", json!(9));
    let body = desk.sign(&mut client, &ticket);
    assert!(refused(&mut desk, &client, body).starts_with("VALIDATION_ERROR"));
    desk.now.0 += 60_000_000;
    let early = desk.sign(&mut client, &resting(&desk, "0.01"));
    desk.now.0 -= 60_000_000;
    assert!(refused(&mut desk, &client, early).starts_with("INVALID_TIMESTAMP"));
}

#[test]
fn every_rule_of_the_market_is_enforced() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let (bid, ask) = (desk.touch().0.0, desk.touch().1.0);
    let tick = Price::from_units(10_000_000);
    let with_price = |side, price: Price| Ticket::limit(side, qty("0.01"), price.floor_to(tick), "IOC");
    let text = |size: &str, price: &str, base: Ticket| Ticket {
        size: size.to_owned(),
        price: Some(price.to_owned()),
        ..base
    };
    let good = resting(&desk, "0.01");
    let market = |instruction| Ticket { kind: "MARKET", price: None, instruction, ..good.clone() };
    let stop = Ticket { kind: "STOP_LIMIT", ..good.clone() };
    let cases: Vec<(Ticket, &str)> = vec![
        (text("0.000015", "90000", good.clone()), "INVALID_ORDER_SIZE"),
        (text("0", "90000", good.clone()), "INVALID_ORDER_SIZE"),
        (text("0.00001", "90000", good.clone()), "INVALID_ORDER_SIZE"),
        (text("100.00001", "90000", good.clone()), "INVALID_ORDER_SIZE"),
        (text("0.01", "90000.05", good.clone()), "VALIDATION_ERROR"),
        (text("0.01", "0", good.clone()), "VALIDATION_ERROR"),
        (text("0.010000000001", "90000", good.clone()), "VALIDATION_ERROR"),
        (with_price(Side::Buy, ask.scaled_ppm(60_000)), "VALIDATION_ERROR"),
        (with_price(Side::Sell, bid.scaled_ppm(-60_000)), "VALIDATION_ERROR"),
        (market("GTC"), "VALIDATION_ERROR"),
        (market("POST_ONLY"), "VALIDATION_ERROR"),
        (Ticket { instruction: "FOK", ..good.clone() }, "VALIDATION_ERROR"),
        (Ticket { instruction: "RPI", ..good.clone() }, "RPI_ACCOUNT_NOT_WHITELISTED"),
        (Ticket { kind: "ICEBERG", ..good.clone() }, "VALIDATION_ERROR"),
        (Ticket { market: "DOGE-USD-PERP", ..good.clone() }, "MARKET_NOT_FOUND"),
        (stop.clone(), "VALIDATION_ERROR"),
        (good.clone().with("trigger_price", json!("90000")), "VALIDATION_ERROR"),
        (good.clone().with("flags", json!(["INTERACTIVE"])), "VALIDATION_ERROR"),
        (good.clone().with("stp", json!("NONE")), "VALIDATION_ERROR"),
        (good.clone().with("client_id", json!("c".repeat(65))), "VALIDATION_ERROR"),
        (good.clone().with("size", json!(0.01)), "BINDING_ERROR"),
        (good.clone().with("signature_timestamp", json!("now")), "BINDING_ERROR"),
        (good.clone().with("flags", json!("REDUCE_ONLY")), "BINDING_ERROR"),
    ];
    for (ticket, code) in cases {
        let body = desk.sign(&mut client, &ticket);
        let data = refused(&mut desk, &client, body);
        assert!(data.starts_with(code), "{ticket:?}: {data}");
    }
    // The passive side of the band is open.
    desk.place(&mut client, &Ticket { instruction: "GTC", ..with_price(Side::Buy, bid.scaled_ppm(-60_000)) })
        .expect("a buy far below rests");
    desk.place(&mut client, &Ticket { instruction: "GTC", ..with_price(Side::Sell, ask.scaled_ppm(60_000)) })
        .expect("a sell far above rests");
}

#[test]
fn a_client_id_is_taken_once_even_after_its_order_has_ended() {
    let mut desk = Desk::new(options());
    let mut client = desk.pro(1001);
    let ticket = resting(&desk, "0.01").with("client_id", json!("mine"));
    desk.place(&mut client, &ticket).expect("the first is taken");
    let again = desk.sign(&mut client, &ticket);
    assert!(refused(&mut desk, &client, again).starts_with("DUPLICATED_CLIENT_ID"));
    desk.rpc(client.conn, "order.cancel", json!({"client_id": "mine", "market": BTC})).expect("queued");
    let again = desk.sign(&mut client, &ticket);
    assert!(refused(&mut desk, &client, again).starts_with("DUPLICATED_CLIENT_ID"));
}

#[test]
fn a_sign_in_must_be_signed_by_the_account_for_this_network_and_in_time() {
    let mut desk = Desk::new(options());
    let (mine, other, stranger) = (key(1001), key(1002), key(9));
    let account = address_of(&mine);
    let good = desk.auth_headers(&mine, account, CHAIN_ID);
    let mut future = good.clone();
    future[2].1 = (desk.now.secs() + 3_600).to_string();
    let mut endless = good.clone();
    endless[3].1 = (desk.now.secs() + 8 * 86_400).to_string();
    let mut past = good.clone();
    past[3].1 = desk.now.secs().to_string();
    let mut garbled = good.clone();
    garbled[1].1 = "[1,2]".to_owned();
    let path = format!("/auth/{:#x}", mine.public_key());
    let foreign_path = format!("/auth/{:#x}", other.public_key());
    let cases = [
        (
            &path,
            desk.auth_headers(&mine, account, "PRIVATE_SN_POTC_SEPOLIA"),
            "STARKNET_SIGNATURE_VERIFICATION_FAILED",
        ),
        (&path, desk.auth_headers(&other, account, CHAIN_ID), "STARKNET_SIGNATURE_VERIFICATION_FAILED"),
        (&foreign_path, good.clone(), "INVALID_SUBKEY"),
        (&path, desk.auth_headers(&stranger, address_of(&stranger), CHAIN_ID), "NOT_ONBOARDED"),
        (&path, future, "INVALID_TIMESTAMP"),
        (&path, endless, "INVALID_BLOCK_EXPIRATION"),
        (&path, past, "INVALID_BLOCK_EXPIRATION"),
        (&path, garbled, "INVALID_STARKNET_SIGNATURE"),
        (&path, vec![], "INVALID_STARKNET_ADDRESS"),
    ];
    for (path, headers, code) in cases {
        let response = desk.http("POST", path, &headers, "");
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!((response.status, &body["error"]), (400, &json!(code)), "{body}");
    }
    let response = desk.http("POST", "/auth", &good, "");
    assert_eq!(response.status, 200, "the main key needs no key in the path");
}

#[test]
fn a_token_lives_five_minutes_and_cannot_be_forged() {
    let mut desk = Desk::new(options());
    let client = desk.pro(1001);
    assert_eq!(desk.call(&client, "GET", "/account", "").0, 200);
    let forged = Client { token: client.token.replace('.', "x."), ..Client::unconnected(1001, &client) };
    let (head, seal) = client.token.rsplit_once('.').expect("three parts");
    let unsealed = format!("{head}.{}", seal.chars().rev().collect::<String>());
    for token in [forged.token, unsealed, String::new(), "a.b.c".to_owned(), "fake.jwt.token".to_owned()] {
        let stranger = Client { token: token.clone(), ..Client::unconnected(1001, &client) };
        assert_eq!(desk.call(&stranger, "GET", "/account", "").0, 401);
        let error = desk.rpc(client.conn, "auth", json!({"bearer": token})).expect_err("a refusal");
        assert!([40110, 40111].contains(&error["code"].as_i64().expect("a code")));
    }
    assert_eq!(desk.http("GET", "/account", &[], "").status, 401);
    desk.wait(299_000);
    assert_eq!(desk.call(&client, "GET", "/account", "").0, 200);
    desk.wait(1_000);
    let (status, body) = desk.call(&client, "GET", "/account", "");
    assert_eq!((status, &body["error"]), (401, &json!("INVALID_TOKEN")));
    desk.rpc(client.conn, "order.cancel_all", json!({})).expect("a connection stays signed in for its life");
}

#[test]
fn onboarding_makes_the_derived_account_once_and_no_other() {
    let mut desk = Desk::new(options());
    let newcomer = key(77);
    let account = address_of(&newcomer);
    let headers = desk.onboarding_headers(&newcomer, account);
    let body = json!({"public_key": format!("{:#x}", newcomer.public_key())}).to_string();
    let wrong = desk.onboarding_headers(&newcomer, address_of(&key(78)));
    assert_eq!(desk.http("POST", "/onboarding", &wrong, &body).status, 400);
    let forged = desk.onboarding_headers(&key(78), account);
    assert_eq!(desk.http("POST", "/onboarding", &forged, &body).status, 400);
    for _ in 0..2 {
        assert_eq!(desk.http("POST", "/onboarding", &headers, &body).status, 200);
    }
    let path = format!("/onboarding?account_signer_type=starknet&public_key={:#x}", newcomer.public_key());
    let shown: Value = serde_json::from_slice(&desk.http("GET", &path, &[], "").body).expect("JSON");
    assert_eq!((&shown["address"], &shown["exists"]), (&json!(format!("{account:#x}")), &json!(true)));
    desk.token(&newcomer, account, "");
}

#[test]
fn methods_and_private_channels_need_a_sign_in_and_frames_a_form() {
    let mut desk = Desk::new(options());
    let conn = desk.connect("sbeSchemaId=1&sbeSchemaVersion=2").expect("an upgrade");
    let code = |answer: Result<Value, Value>| answer.expect_err("a refusal")["code"].as_i64();
    assert_eq!(code(desk.rpc(conn, "subscribe", json!({"channel": "account"}))), Some(40300));
    assert_eq!(code(desk.rpc(conn, "order.create", json!({}))), Some(40300));
    assert_eq!(code(desk.rpc(conn, "order.fly", json!({}))), Some(40300));
    assert_eq!(code(desk.rpc(conn, "fly", json!({}))), Some(-32601));
    assert_eq!(code(desk.rpc(conn, "subscribe", json!({}))), Some(-32602));
    assert_eq!(code(desk.rpc(conn, "subscribe", json!({"channel": "bbo.DOGE"}))), Some(-32600));
    assert_eq!(code(desk.rpc(conn, "unsubscribe", json!({"channel": "bbo.ALL"}))), Some(-32600));
    desk.subscribe(conn, "bbo.ALL");
    assert_eq!(code(desk.rpc(conn, "subscribe", json!({"channel": "bbo.ALL"}))), Some(-32600));
    for text in [
        "",
        "{",
        "[]",
        "{\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"auth\"}",
    ] {
        let error = desk.raw(conn, text);
        assert!(error["error"]["code"].as_i64().is_some_and(|code| code <= -32600), "{text}: {error}");
    }
}

#[test]
fn public_channels_want_sbe_and_only_versions_that_exist() {
    let mut desk = Desk::new(options());
    for query in [
        "sbeSchemaId=2&sbeSchemaVersion=1",
        "sbeSchemaId=1&sbeSchemaVersion=3",
        "sbeSchemaId=1",
        "sbeSchemaId=1&sbeSchemaVersion=x",
    ] {
        assert_eq!(desk.connect(query).expect_err("a refusal").status, 400, "{query}");
    }
    let plain = desk.connect("").expect("an upgrade");
    let refusal = desk.rpc(plain, "subscribe", json!({"channel": "bbo.BTC-USD-PERP"}));
    assert_eq!(refusal.expect_err("a refusal")["code"], -32600);
    let sbe = desk.connect("sbeSchemaId=1&sbeSchemaVersion=0").expect("an upgrade");
    desk.subscribe(sbe, "order_book.BTC-USD-PERP.deltas");
    for (channel, data) in [
        ("order_book.BTC-USD-PERP.snapshot@15@100ms", "cannot share an SBE session"),
        ("order_book.ETH-USD-PERP.deltas@15@50ms", "no parameters expected for deltas topic."),
        ("order_book.ETH-USD-PERP.snapshot@20@100ms", "Expecting depth=15"),
    ] {
        let error = desk.rpc(sbe, "subscribe", json!({"channel": channel})).expect_err("a refusal");
        assert!(error["data"].as_str().is_some_and(|text| text.contains(data)), "{error}");
    }
    desk.subscribe(sbe, "order_book.ETH-USD-PERP.deltas");
}
