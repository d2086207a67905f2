//! Transactions over both transports: acceptance, refusal, execution, and what the owner is told.

use super::*;

#[test]
fn an_ioc_sent_over_the_socket_is_answered_executed_after_the_delay_and_told_on_every_private_channel() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    for channel in
        ["account_all_orders", "account_all_trades", "account_all_positions", "account_tx", "user_stats"]
    {
        bench.subscribe(conn, &format!("{channel}/{ACCOUNT}"));
    }
    let fields = bench.ioc(false, 200, 17);
    let tx = bench.order(fields);
    let hash = tx.hash.to_string();
    let answer = bench.ask(conn, &Bench::send_frame(&tx, json!("probe-b")));
    let due = START_MILLIS + 300;
    let expected = json!({
        "code": 200, "id": "probe-b", "predicted_execution_time_ms": due, "tx_hash": hash, "type": "jsonapi/sendtx",
    });
    assert_eq!(answer, [expected]);

    bench.pass(299);
    let early = bench.take(conn);
    assert!(
        early.iter().all(|frame| !frame["type"].as_str().unwrap_or("").starts_with("update/account")),
        "{early:?}"
    );
    bench.pass(20);
    let frames: BTreeMap<String, Value> = bench
        .take(conn)
        .into_iter()
        .map(|frame| (frame["type"].as_str().unwrap_or("").to_owned(), frame))
        .collect();

    let order = &frames["update/account_all_orders"]["orders"]["1"][0];
    assert_eq!(order["status"], "filled");
    assert_eq!(order["client_order_index"], 17);
    assert_eq!(
        (&order["filled_base_amount"], &order["remaining_base_amount"]),
        (&json!("0.00200"), &json!("0.00000"))
    );
    let trades = frames["update/account_all_trades"]["trades"]["1"].as_array().expect("trades");
    assert!(trades.iter().all(|trade| trade["tx_hash"] == json!(hash) && trade["bid_account_id"] == ACCOUNT));
    assert!(trades.iter().all(|trade| trade["is_maker_ask"] == true && trade.get("taker_fee").is_none()));
    let position = &frames["update/account_all_positions"]["positions"]["1"];
    assert_eq!((&position["position"], &position["sign"]), (&json!("0.00200"), &json!(1)));
    let told = &frames["update/account_tx"]["txs"][0];
    assert_eq!((&told["status"], &told["hash"]), (&json!(2), &json!(hash)));
    assert_eq!(frames["update/user_stats"]["stats"]["collateral"], "10000.000000");
    assert_eq!(bench.verdict(&hash), "");
}

#[test]
fn a_send_over_rest_answers_hash_time_and_quota() {
    let mut bench = Bench::new();
    let fields = bench.ioc(true, 200, 18);
    let tx = bench.order(fields);
    let (status, body) = bench.send_tx(&tx);
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["code"], 200);
    assert_eq!(body["tx_hash"], tx.hash.to_string());
    assert_eq!(body["predicted_execution_time_ms"], START_MILLIS + 300);
    assert_eq!(body["message"], r#"{"ratelimit": "didn't use volume quota"}"#);
    assert!(body["volume_quota_remaining"].is_i64());
    bench.pass(300);
    let account = bench.get(&format!("/api/v1/account?by=index&value={ACCOUNT}")).1;
    assert_eq!(account["accounts"][0]["positions"][0]["sign"], -1);
}

/// Code of the refusal of a transaction sent over REST.
fn code_of(bench: &mut Bench, tx: &SignedTx) -> (u16, i64) {
    let (status, body) = bench.send_tx(tx);
    (status, body["code"].as_i64().expect("a code"))
}

#[test]
fn a_wrong_key_a_wrong_chain_and_a_tampered_transaction_are_invalid_signatures() {
    let mut bench = Bench::new();
    let fields = bench.ioc(false, 200, 1);
    let good = bench.order(fields);

    bench.key = test_key(9);
    bench.nonce = 0;
    let wrong_key = bench.order(fields);
    assert_eq!(code_of(&mut bench, &wrong_key), (400, 21120));
    bench.key = test_key(1);

    let slot = KeySlot::new(ACCOUNT, SLOT).expect("a slot");
    let header = TxHeader::new(300, slot, 0, bench.now.millis() + 20_000).expect("a header");
    let wrong_chain = bench.sign_under(header, create(fields), Attributes::NONE);
    assert_eq!(code_of(&mut bench, &wrong_chain), (400, 21120));

    for (from, to) in [("\"BaseAmount\":200", "\"BaseAmount\":201"), ("\"IsAsk\":0", "\"IsAsk\":1")] {
        let tampered = SignedTx { info: good.info.replace(from, to), ..good.clone() };
        assert_ne!(tampered.info, good.info);
        assert_eq!(code_of(&mut bench, &tampered), (400, 21120), "{to}");
    }
    assert_eq!(code_of(&mut bench, &good), (200, 200), "refusals kept the nonce");
}

#[test]
fn a_nonce_gap_and_a_repeat_are_refused_on_both_transports() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let fields = bench.ioc(false, 200, 1);
    let first = bench.order(fields);
    assert_eq!(code_of(&mut bench, &first), (200, 200));
    assert_eq!(code_of(&mut bench, &first), (400, 21104));
    bench.nonce = 5;
    let gap = bench.order(fields);
    let answer = bench.ask(conn, &Bench::send_frame(&gap, json!("probe-c")));
    assert_eq!(answer, [json!({"error": {"code": 21104, "message": "invalid nonce"}, "id": "probe-c"})]);
    let (_, next) = bench.get(&format!("/api/v1/nextNonce?account_index={ACCOUNT}&api_key_index={SLOT}"));
    assert_eq!(next, json!({"code": 200, "nonce": 1}));
}

#[test]
fn skipping_nonces_may_jump_but_never_go_back() {
    let mut bench = Bench::new();
    let fields = bench.ioc(false, 200, 0);
    for (nonce, expected) in
        [(1_795_000_000_000, 200), (1_795_000_000_000, 21104), (5, 21104), ((1 << 47) - 1, 21104)]
    {
        let header = bench.header(nonce);
        let tx = bench.sign_under(header, create(fields), Attributes::skip_nonce());
        assert_eq!(code_of(&mut bench, &tx).1, expected, "{nonce}");
    }
    bench.nonce = 1_795_000_000_001;
    let plain = bench.order(fields);
    assert_eq!(code_of(&mut bench, &plain).1, 200, "the counter stands behind the skipped one");
}

#[test]
fn an_unknown_slot_or_account_is_refused() {
    let mut bench = Bench::new();
    let fields = bench.ioc(false, 200, 1);
    for (account, slot, expected) in [(ACCOUNT, 7, 21109), (55, 4, 21100)] {
        let slot = KeySlot::new(account, slot).expect("a slot");
        let header = TxHeader::new(CHAIN, slot, 0, bench.now.millis() + 20_000).expect("a header");
        let tx = bench.sign_under(header, create(fields), Attributes::NONE);
        assert_eq!(code_of(&mut bench, &tx), (400, expected));
    }
}

#[test]
fn what_does_not_parse_is_refused_and_without_id_on_the_socket() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let fields = bench.ioc(false, 200, 1);
    let good = bench.order(fields);
    let bare = json!({"error": {"code": 21501, "message": "invalid tx info"}});
    for (from, to) in [
        ("\"BaseAmount\":200", "\"BaseAmount\":200.0"),
        ("\"BaseAmount\":200", "\"BaseAmount\":\"200\""),
        ("\"IsAsk\":0", "\"IsAsk\":false"),
        ("\"IsAsk\":0", "\"IsAsk\":0,\"IsAsk\":1"),
        ("\"IsAsk\":0", "\"IsAsk\":0,\"Extra\":1"),
        ("\"IsAsk\":0,", ""),
        ("\"L2TxAttributes\":null", "\"L2TxAttributes\":[]"),
    ] {
        let info = good.info.replace(from, to);
        assert_ne!(info, good.info, "{from}");
        let (status, body) = bench.post("/api/v1/sendTx", &[("tx_type", "14"), ("tx_info", &info)]);
        assert_eq!((status, &body["code"]), (400, &json!(21501)), "{to}");
        bench.take(conn);
        bench.say_text(
            conn,
            &format!(r#"{{"type":"jsonapi/sendtx","data":{{"id":"x","tx_type":14,"tx_info":{info}}}}}"#),
        );
        assert_eq!(bench.take(conn), vec![bare.clone()], "{to}");
    }
    let (_, body) = bench.post("/api/v1/sendTx", &[("tx_type", "99"), ("tx_info", &good.info)]);
    assert_eq!(body["code"], 21505);
    let (_, body) = bench.post("/api/v1/sendTx", &[("tx_type", "14")]);
    assert_eq!(body["code"], 20001);
}

#[test]
fn every_broken_field_rule_has_its_own_number() {
    let mut bench = Bench::new();
    let fields = bench.ioc(false, 200, 1);
    let good = bench.order(fields).info;
    let price = format!("\"Price\":{}", fields.price);
    for (from, to, code) in [
        ("\"MarketIndex\":1", "\"MarketIndex\":255", 21602),
        ("\"MarketIndex\":1", "\"MarketIndex\":77", 21602),
        ("\"ClientOrderIndex\":1", "\"ClientOrderIndex\":281474976710656", 21727),
        ("\"BaseAmount\":200", "\"BaseAmount\":0", 21701),
        (price.as_str(), "\"Price\":0", 21702),
        ("\"IsAsk\":0", "\"IsAsk\":2", 21703),
        ("\"Type\":0", "\"Type\":9", 21704),
        ("\"TimeInForce\":0", "\"TimeInForce\":3", 21705),
        ("\"ReduceOnly\":0", "\"ReduceOnly\":2", 21740),
        ("\"OrderExpiry\":0", "\"OrderExpiry\":5", 21711),
        ("\"TriggerPrice\":0", "\"TriggerPrice\":5", 21729),
        ("\"ApiKeyIndex\":4", "\"ApiKeyIndex\":255", 21110),
        ("\"AccountIndex\":731664", "\"AccountIndex\":0", 21102),
        ("\"L2TxAttributes\":null", "\"L2TxAttributes\":{\"4\":0}", 21501),
        ("\"L2TxAttributes\":null", "\"L2TxAttributes\":{\"1\":5}", 21149),
    ] {
        let info = good.replace(from, to);
        assert_ne!(info, good, "{from}");
        let (status, body) = bench.post("/api/v1/sendTx", &[("tx_type", "14"), ("tx_info", &info)]);
        assert_eq!((status, &body["code"]), (400, &json!(code)), "{to}: {body}");
    }
}

#[test]
fn attributes_that_mean_nothing_are_accepted_and_left_out_of_the_hash() {
    let mut bench = Bench::new();
    let fields = bench.ioc(false, 200, 1);
    let tx = bench.order(fields);
    let old_style =
        tx.info.replace("\"L2TxAttributes\":null", "\"L2TxAttributes\":{\"1\":0,\"2\":0,\"3\":0}");
    let (_, body) = bench.post("/api/v1/sendTx", &[("tx_type", "14"), ("tx_info", &old_style)]);
    assert_eq!((&body["code"], &body["tx_hash"]), (&json!(200), &json!(tx.hash.to_string())));
}

#[test]
fn order_expiries_and_schedules_have_their_server_range() {
    let mut bench = Bench::new();
    for (ahead, code) in [(299_999, 21711), (300_000, 200), (2_592_000_000, 200), (2_592_000_001, 21711)] {
        let fields = OrderFields { order_expiry: bench.now.millis() + ahead, ..bench.resting(0) };
        let tx = bench.order(fields);
        assert_eq!(code_of(&mut bench, &tx).1, code, "{ahead}");
        bench.nonce -= i64::from(code != 200);
    }
    for (ahead, code) in [(299_999, 21714), (300_000, 200), (1_296_000_000, 200), (1_296_000_001, 21714)] {
        let schedule = CancelAll::scheduled(bench.now.millis() + ahead).expect("a time");
        let tx = bench.sign(Transaction::CancelAllOrders(schedule));
        assert_eq!(code_of(&mut bench, &tx).1, code, "{ahead}");
        bench.nonce -= i64::from(code != 200);
    }
}

#[test]
fn price_and_margin_are_checked_before_acceptance_for_resting_orders_only() {
    let mut bench = Bench::new();
    let best = bench.best(crate::domain::Side::Sell);
    let resting = bench.resting(0);
    for (fields, code) in [
        (OrderFields { price: best * 107 / 100, time_in_force: 1, ..resting }, 21734),
        (OrderFields { base_amount: 3_000_000, ..resting }, 21739),
    ] {
        let tx = bench.order(fields);
        assert_eq!(code_of(&mut bench, &tx), (400, code));
        bench.nonce -= 1;
        let taker = OrderFields { time_in_force: 0, order_expiry: 0, ..fields };
        let tx = bench.order(taker);
        assert_eq!(code_of(&mut bench, &tx), (200, 200), "a taker passes: {taker:?}");
    }
}

#[test]
fn bad_sizes_of_resting_orders_show_in_the_verdict() {
    let mut bench = Bench::new();
    let resting = bench.resting(0);
    for (fields, code) in [
        (OrderFields { base_amount: 8, ..resting }, 21706),
        (OrderFields { reduce_only: 1, ..resting }, 21732),
    ] {
        let tx = bench.order(fields);
        assert_eq!(code_of(&mut bench, &tx), (200, 200));
        let verdict: Value = serde_json::from_str(&bench.verdict(&tx.hash.to_string())).expect("JSON");
        assert_eq!(verdict["code"], code);
    }
}

#[test]
fn a_taker_refused_at_execution_has_spent_its_nonce_and_left_no_order() {
    let mut bench = Bench::new();
    let fields = OrderFields { reduce_only: 1, ..bench.ioc(true, 200, 33) };
    let tx = bench.order(fields);
    assert_eq!(code_of(&mut bench, &tx), (200, 200));
    bench.pass(300);
    let refusal: Value =
        serde_json::from_str(&bench.verdict(&tx.hash.to_string())).expect("JSON in the text");
    assert_eq!(refusal, json!({"code": 21732, "message": "reduce only increases position"}));
    let orders = bench.private("/api/v1/accountOrders?client_order_indexes=33");
    assert_eq!(orders["orders"], json!([]));
    let fields = bench.ioc(true, 200, 34);
    let next = bench.order(fields);
    assert_eq!(code_of(&mut bench, &next), (200, 200));
}

#[test]
fn a_duplicate_of_a_live_client_order_index_shows_in_the_verdict() {
    let mut bench = Bench::new();
    let resting = bench.resting(7);
    let first = bench.order(resting);
    assert_eq!(code_of(&mut bench, &first).1, 200);
    let ioc = bench.ioc(false, 200, 7);
    let second = bench.order(ioc);
    assert_eq!(code_of(&mut bench, &second).1, 200);
    bench.pass(300);
    assert_eq!(
        bench.verdict(&second.hash.to_string()),
        r#"{"code":21728,"message":"client order index already exists"}"#
    );
}

#[test]
fn a_transaction_that_expires_in_the_queue_is_never_executed_and_keeps_its_nonce() {
    let mut bench = Bench::new();
    let fields = bench.ioc(false, 200, 1);
    let slot = KeySlot::new(ACCOUNT, SLOT).expect("a slot");
    let short = TxHeader::new(CHAIN, slot, 0, bench.now.millis() + 250).expect("a header");
    let expiring = bench.sign_under(short, create(fields), Attributes::NONE);
    let header = bench.header(1);
    let behind = bench.sign_under(header, create(fields), Attributes::NONE);
    assert_eq!((code_of(&mut bench, &expiring).1, code_of(&mut bench, &behind).1), (200, 200));
    bench.pass(400);
    for tx in [&expiring, &behind] {
        let (_, record) = bench.get(&format!("/api/v1/tx?by=hash&value={}", tx.hash));
        assert_eq!((&record["status"], &record["event_info"]), (&json!(0), &json!("")));
    }
    let (_, next) = bench.get(&format!("/api/v1/nextNonce?account_index={ACCOUNT}&api_key_index={SLOT}"));
    assert_eq!(next["nonce"], 0);
    let stale = TxHeader::new(CHAIN, slot, 0, bench.now.millis()).expect("a header");
    let dead = bench.sign_under(stale, create(fields), Attributes::NONE);
    assert_eq!(code_of(&mut bench, &dead), (400, 21501));
}

#[test]
fn a_batch_is_taken_whole_or_not_at_all() {
    let mut bench = Bench::new();
    let (a, b) = (bench.resting(1), bench.resting(2));
    let txs = [bench.order(a), bench.order(b)];
    let infos = json!([txs[0].info, txs[1].info]).to_string();
    let (_, body) = bench.post("/api/v1/sendTxBatch", &[("tx_types", "[14]"), ("tx_infos", &infos)]);
    assert_eq!(body["code"], 21513);
    let swapped = json!([txs[1].info, txs[0].info]).to_string();
    let (_, body) = bench.post("/api/v1/sendTxBatch", &[("tx_types", "[14,14]"), ("tx_infos", &swapped)]);
    assert_eq!(body["code"], 21104);
    let twice = json!([txs[0].info, txs[0].info]).to_string();
    let (_, body) = bench.post("/api/v1/sendTxBatch", &[("tx_types", "[14,14]"), ("tx_infos", &twice)]);
    assert_eq!(body["code"], 21105);
    let many = format!("[{}]", vec!["14"; 51].join(","));
    let same = json!(vec![txs[0].info.clone(); 51]).to_string();
    let (_, body) = bench.post("/api/v1/sendTxBatch", &[("tx_types", &many), ("tx_infos", &same)]);
    assert_eq!(body["code"], 21514);

    let conn = bench.connect();
    let data = json!({"id": 9, "tx_types": "[14,14]", "tx_infos": infos});
    let answer = bench.ask(conn, &json!({"type": "jsonapi/sendtxbatch", "data": data}));
    let hashes = json!([txs[0].hash.to_string(), txs[1].hash.to_string()]);
    assert_eq!((&answer[0]["tx_hash"], &answer[0]["id"]), (&hashes, &json!(9)));
    assert_eq!(answer[0]["type"], "jsonapi/sendtxbatch");
    let live = bench.private(&format!("/api/v1/accountActiveOrders?account_index={ACCOUNT}"));
    assert_eq!(live["orders"].as_array().map(Vec::len), Some(2));
}

#[test]
fn one_batch_is_of_one_slot() {
    let mut bench = Bench::new();
    let fields = bench.resting(1);
    let mine = bench.order(fields);
    bench.key = test_key(2);
    let slot = KeySlot::new(OTHER, SLOT).expect("a slot");
    let header = TxHeader::new(CHAIN, slot, 1, bench.now.millis() + 20_000).expect("a header");
    let theirs = bench.sign_under(header, create(fields), Attributes::NONE);
    bench.key = test_key(1);
    let infos = json!([mine.info, theirs.info]).to_string();
    let (_, body) = bench.post("/api/v1/sendTxBatch", &[("tx_types", "[14,14]"), ("tx_infos", &infos)]);
    assert_eq!(body["code"], 21121);
}

#[test]
fn a_cancel_waits_its_delay_and_a_takers_delay_holds_up_a_later_maker_of_the_same_slot() {
    let mut bench = Bench::new();
    let fields = bench.resting(5);
    let order = bench.order(fields);
    bench.send_tx(&order);
    let cancel = bench.sign(cancel(5));
    assert_eq!(bench.send_tx(&cancel).1["predicted_execution_time_ms"], START_MILLIS + 300);
    let again = bench.order(fields);
    assert_eq!(bench.send_tx(&again).1["predicted_execution_time_ms"], START_MILLIS + 300);
    bench.pass(300);
    assert_eq!(bench.verdict(&again.hash.to_string()), "", "the index was free again");
    let all = bench.sign(cancel_all());
    bench.send_tx(&all);
    bench.pass(300);
    let live = bench.private(&format!("/api/v1/accountActiveOrders?account_index={ACCOUNT}"));
    assert_eq!(live["orders"], json!([]));
}

#[test]
fn a_maker_only_key_may_rest_and_cancel_and_nothing_else() {
    let mut bench = Bench::with(|options| {
        options.accounts[0].tier = Tier::Premium(0);
        options.accounts[0].maker_only = vec![4];
    });
    let fields = bench.resting(1);
    let resting = bench.order(fields);
    assert_eq!(code_of(&mut bench, &resting).1, 200);
    let fields = bench.ioc(false, 200, 2);
    let taker = bench.order(fields);
    assert_eq!(code_of(&mut bench, &taker), (400, 62007));
    bench.nonce -= 1;
    let all = bench.sign(cancel_all());
    assert_eq!(code_of(&mut bench, &all).1, 200);
    let keys = bench.private(&format!("/api/v1/getMakerOnlyApiKeys?account_index={ACCOUNT}"));
    assert_eq!(keys, json!({"code": 200, "api_key_indexes": [4]}));
}

#[test]
fn fees_of_a_premium_account_are_paid_in_ticks_of_the_value() {
    let mut bench = Bench::with(|options| options.accounts[0].tier = Tier::Premium(0));
    let fields = bench.ioc(false, 1_000, 1);
    let tx = bench.order(fields);
    bench.send_tx(&tx);
    bench.pass(140);
    let trades = bench.private(&format!("/api/v1/trades?sort_by=trade_id&limit=100&account_index={ACCOUNT}"));
    let rows = trades["trades"].as_array().expect("rows").clone();
    let paid: i64 = rows
        .iter()
        .map(|trade| {
            assert_eq!(trade["taker_fee"], 280);
            let value: String =
                trade["usd_amount"].as_str().expect("text").chars().filter(|c| *c != '.').collect();
            value.parse::<i64>().expect("digits") * 280 / 1_000_000
        })
        .sum();
    let account = bench.get(&format!("/api/v1/account?by=index&value={ACCOUNT}")).1;
    let left = decimal::usdc(10_000_000_000 - paid);
    assert_eq!(account["accounts"][0]["collateral"], json!(left));
}
