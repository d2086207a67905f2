//! REST reads: public, by account, by hash, with limits (lighter.md 2.1, 2.2, 2.5).

use super::*;

#[test]
fn unknown_things_are_refused_with_the_venues_codes() {
    let mut bench = Bench::new();
    for (target, status, code) in [
        ("/api/v1/nowhere", 404, 29404),
        ("/api/v1/sendTx", 404, 29404),
        ("/api/v1/account?by=index&value=1", 400, 29404),
        ("/api/v1/account?by=l1_address&value=0x00", 400, 21100),
        ("/api/v1/account?by=name&value=1", 400, 20001),
        ("/api/v1/account?by=index", 400, 20001),
        ("/api/v1/account?by=index&value=x", 400, 20001),
        ("/api/v1/apikeys?account_index=1", 400, 21100),
        ("/api/v1/apikeys?account_index=731664&api_key_index=9", 400, 21109),
        ("/api/v1/orderBookDetails?market_id=99", 400, 21602),
        ("/api/v1/orderBookOrders?market_id=1&limit=251", 400, 20001),
        ("/api/v1/recentTrades?market_id=1", 400, 20001),
        ("/api/v1/tx?by=hash&value=00", 400, 21500),
    ] {
        let (got, body) = bench.get(target);
        assert_eq!((got, &body["code"]), (status, &json!(code)), "{target}: {body}");
    }
    let (_, nonce) = bench.get("/api/v1/nextNonce?account_index=1&api_key_index=4");
    assert_eq!(nonce, json!({"code": 200, "nonce": 0}));
}

#[test]
fn status_and_markets_are_public() {
    let mut bench = Bench::new();
    assert_eq!(bench.get("/").1, json!({"status": 1, "network_id": 1, "timestamp": START_MILLIS / 1_000}));
    assert!(bench.get("/info").1["contract_address"].is_string());
    let (_, books) = bench.get("/api/v1/orderBooks");
    let rules: Vec<(&Value, &Value, &Value)> = books["order_books"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| (&row["symbol"], &row["supported_size_decimals"], &row["supported_price_decimals"]))
        .collect();
    assert_eq!(
        rules,
        [
            (&json!("ETH"), &json!(4), &json!(2)),
            (&json!("BTC"), &json!(5), &json!(1)),
            (&json!("SOL"), &json!(3), &json!(3))
        ]
    );
    let (_, one) = bench.get("/api/v1/orderBooks?market_id=1");
    assert_eq!(one["order_books"][0]["min_base_amount"], "0.00007");
    assert_eq!(bench.get("/api/v1/orderBooks?filter=spot").1["order_books"], json!([]));
    for name in ["systemConfig", "feeTiers", "funding-rates", "exchangeStats", "announcement"] {
        assert_eq!(bench.get(&format!("/api/v1/{name}")).0, 200, "{name}");
    }
    assert_eq!(bench.get("/api/v1/fundings?market_id=1&resolution=1h").1["fundings"], json!([]));
}

#[test]
fn single_orders_of_the_book_come_best_first() {
    let mut bench = Bench::new();
    let fields = bench.resting(1);
    let tx = bench.order(fields);
    bench.send_tx(&tx);
    let (_, book) = bench.get("/api/v1/orderBookOrders?market_id=1&limit=250");
    let prices = |side: &str| -> Vec<i64> {
        let rows = book[side].as_array().expect("rows").iter();
        rows.map(|row| row["price"].as_str().expect("text").replace('.', "").parse().expect("digits"))
            .collect()
    };
    assert!(prices("asks").windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(prices("bids").windows(2).all(|pair| pair[0] >= pair[1]));
    assert_eq!(book["total_bids"], prices("bids").len());
    assert!(book["bids"].as_array().expect("rows").iter().any(|row| row["owner_account_index"] == ACCOUNT));
}

#[test]
fn orders_are_found_while_they_live_and_after_they_ended() {
    let mut bench = Bench::new();
    for client in [11, 12] {
        let fields = bench.resting(client);
        let tx = bench.order(fields);
        assert_eq!(bench.send_tx(&tx).0, 200);
    }
    let tx = bench.sign(cancel(11));
    bench.send_tx(&tx);
    bench.pass(300);
    let live = bench.private(&format!("/api/v1/accountActiveOrders?account_index={ACCOUNT}&market_id=1"));
    assert_eq!(
        (live["orders"].as_array().map(Vec::len), &live["orders"][0]["client_order_index"]),
        (Some(1), &json!(12))
    );
    let ended = bench.private(&format!("/api/v1/accountInactiveOrders?account_index={ACCOUNT}&limit=10"));
    assert_eq!(ended["orders"][0]["status"], "canceled");
    assert_eq!(
        (&ended["orders"][0]["remaining_base_amount"], &ended["orders"][0]["base_size"]),
        (&json!("0.00000"), &json!(0))
    );
    let both = bench.private("/api/v1/accountOrders?client_order_indexes=11,12,99");
    assert_eq!(both["orders"].as_array().map(Vec::len), Some(2));
    let txs = bench.private(&format!("/api/v1/accountTxs?limit=10&by=account_index&value={ACCOUNT}"));
    let types: Vec<&Value> = txs["txs"].as_array().expect("rows").iter().map(|tx| &tx["type"]).collect();
    assert_eq!(types, [15, 14, 14]);
}

#[test]
fn listings_continue_behind_their_cursor() {
    let mut bench = Bench::new();
    for client in 1..=5 {
        let fields = bench.ioc(false, 20, client);
        let tx = bench.order(fields);
        bench.send_tx(&tx);
    }
    bench.pass(300);
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let target = format!("/api/v1/accountInactiveOrders?account_index={ACCOUNT}&limit=2&cursor={cursor}");
        let page = bench.private(&target);
        seen.extend(
            page["orders"].as_array().expect("rows").iter().map(|row| row["client_order_index"].clone()),
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

#[test]
fn trades_are_filtered_by_account_role_side_and_order() {
    let mut bench = Bench::new();
    let fields = bench.ioc(true, 20, 1);
    let tx = bench.order(fields);
    bench.send_tx(&tx);
    bench.pass(300);
    let base = format!("/api/v1/trades?sort_by=trade_id&limit=100&account_index={ACCOUNT}");
    let count = |bench: &mut Bench, more: &str| {
        bench.private(&format!("{base}{more}"))["trades"].as_array().map(Vec::len)
    };
    assert_eq!(count(&mut bench, ""), Some(1));
    for (filter, found) in [
        ("&role=taker", 1),
        ("&role=maker", 0),
        ("&ask_filter=1", 1),
        ("&ask_filter=0", 0),
        ("&market_id=1", 1),
        ("&market_id=0", 0),
        ("&type=liquidation", 0),
        ("&order_index=1", 0),
    ] {
        assert_eq!(count(&mut bench, filter), Some(found), "{filter}");
    }
    assert_eq!(
        bench.get("/api/v1/trades?sort_by=trade_id&limit=1").1["trades"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(bench.get(&base).1["code"], 20001, "own trades need a token");
}

#[test]
fn an_account_shows_its_position_worth_and_requirements() {
    let mut bench = Bench::new();
    let fields = bench.ioc(false, 1_000, 1);
    let tx = bench.order(fields);
    bench.send_tx(&tx);
    bench.pass(300);
    let (_, body) = bench.get(&format!("/api/v1/account?by=l1_address&value={OWNER}"));
    let account = &body["accounts"][0];
    let position = &account["positions"][0];
    assert_eq!(position["initial_margin_fraction"], "5.00");
    let micros =
        |value: &Value| value.as_str().expect("text").replace('.', "").parse::<i64>().expect("digits");
    let requirement = micros(&account["cross_initial_margin_requirement"]);
    assert_eq!(requirement, (micros(&position["position_value"]) * 500 + 9_999) / 10_000);
    let worth = micros(&account["collateral"]) + micros(&position["unrealized_pnl"]);
    assert_eq!(micros(&account["total_asset_value"]), worth);
    assert_eq!(micros(&account["available_balance"]), worth - requirement);
    assert_eq!(position["liquidation_price"], "0", "ten thousand carry a thousand");
}

#[test]
fn tiers_change_when_nothing_is_open_and_not_twice_a_day() {
    let mut bench = Bench::new();
    let account = ACCOUNT.to_string();
    let change = |bench: &mut Bench, tier: &str| {
        let form = [("account_index", account.as_str()), ("new_tier", tier)];
        bench.post("/api/v1/changeAccountTier", &form).1["code"].clone()
    };
    let fields = bench.resting(1);
    let tx = bench.order(fields);
    bench.send_tx(&tx);
    assert_eq!(change(&mut bench, "premium"), 62005);
    let tx = bench.sign(cancel_all());
    bench.send_tx(&tx);
    bench.pass(300);
    assert_eq!(change(&mut bench, "gold"), 62002);
    assert_eq!(change(&mut bench, "standard"), 62003);
    assert_eq!(change(&mut bench, "premium"), 200);
    let limits = bench.private(&format!("/api/v1/accountLimits?account_index={ACCOUNT}"));
    assert_eq!(
        (&limits["current_maker_fee_tick"], &limits["current_taker_fee_tick"]),
        (&json!(40), &json!(280))
    );
    assert_eq!(change(&mut bench, "plus"), 62006);
}

#[test]
fn too_many_requests_are_refused_until_the_minute_is_over() {
    let mut bench = Bench::with(|options| options.rate_limits = true);
    let nonce = format!("/api/v1/nextNonce?account_index={ACCOUNT}&api_key_index=4");
    let passed = (0..70).filter(|_| bench.get(&nonce).0 == 200).count();
    assert_eq!(passed, 60);
    let (status, body) = bench.get(&nonce);
    assert_eq!((status, body), (429, json!({"code": 23000, "message": "Too Many Requests!"})));
    let fields = bench.ioc(false, 200, 1);
    let tx = bench.order(fields);
    assert_eq!(bench.send_tx(&tx).0, 200, "a signed transaction counts for its owner");
    bench.pass(60_000);
    assert_eq!(bench.get(&nonce).0, 200);
}
