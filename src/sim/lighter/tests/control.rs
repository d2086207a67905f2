//! Control frames, subscriptions and their refusals, limits of a connection (lighter.md 5.1).

use super::*;

#[test]
fn a_connection_is_greeted_with_a_session() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let frames = bench.take(conn);
    assert_eq!(frames[0]["type"], "connected");
    assert_eq!(frames[0]["session_id"].as_str().map(str::len), Some(36));
}

#[test]
fn pings_are_answered_and_asked() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    assert_eq!(bench.ask(conn, &json!({"type": "ping"})), [json!({"type": "pong"})]);
    bench.pass(61_000);
    assert_eq!(bench.take_typed(conn, "ping").len(), 1);
    assert_eq!(bench.ask(conn, &json!({"type": "pong"})), [] as [Value; 0]);
}

#[test]
fn control_errors_carry_the_recorded_texts() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let error = |code: i64, message: &str| json!({"error": {"code": code, "message": message}});
    let height = json!({"type": "subscribe", "channel": "height"});
    assert_eq!(bench.ask(conn, &height)[0]["type"], "subscribed/height");
    assert_eq!(bench.ask(conn, &height), [error(30003, "Already Subscribed to : height")]);
    let leave = json!({"type": "unsubscribe", "channel": "height"});
    assert_eq!(bench.ask(conn, &leave), [json!({"type": "unsubscribed", "channel": "height"})]);
    assert_eq!(bench.ask(conn, &leave), [error(30002, "Not Subscribed to : height")]);
    for channel in ["order_book/99", "nonsense", "order_book:1"] {
        let subscribe = json!({"type": "subscribe", "channel": channel});
        assert_eq!(bench.ask(conn, &subscribe), [error(30005, "Invalid Channel")], "{channel}");
    }
    assert_eq!(bench.ask(conn, &json!({"type": "dance"})), [error(30001, "Invalid Type")]);
    bench.say_text(conn, "{not json");
    assert_eq!(bench.take(conn), [error(30000, "Invalid Json")]);
}

#[test]
fn private_channels_need_a_good_token_of_the_right_account() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let channel = format!("account_all_orders/{ACCOUNT}");
    let missing = bench.ask(conn, &json!({"type": "subscribe", "channel": channel}));
    let text = format!("invalid param : auth field is required: account_all_orders:{ACCOUNT}");
    assert_eq!(missing, [json!({"error": {"code": 20001, "message": text}})]);

    let slot = KeySlot::new(ACCOUNT, SLOT).expect("a slot");
    let now = bench.now.secs();
    let mint = |deadline: i64, key: u8| mint_auth_token(deadline, slot, &test_key(key), &mut Rng::new(1));
    let bad = [
        mint(now, 1),
        mint(now + 28_801, 1),
        mint(now + 600, 2),
        "1:2:3:zz".to_owned(),
        "ro:1:2:3:4".to_owned(),
    ];
    for token in &bad {
        let answer = bench.ask(conn, &json!({"type": "subscribe", "channel": channel, "auth": token}));
        assert_eq!(answer[0]["error"]["code"], 20013, "{token}");
    }
    let token = bench.token();
    let foreign =
        json!({"type": "subscribe", "channel": format!("account_all_orders/{OTHER}"), "auth": token});
    assert_eq!(bench.ask(conn, &foreign)[0]["error"]["code"], 20013);
    let limit = mint_auth_token(now + 28_800, slot, &test_key(1), &mut Rng::new(1));
    let good = json!({"type": "subscribe", "channel": channel, "auth": limit});
    assert_eq!(bench.ask(conn, &good)[0]["type"], "subscribed/account_all_orders");
}

#[test]
fn public_account_channels_open_without_a_token_and_unknown_accounts_do_not() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    for name in ["account_all", "account_all_positions", "account_all_trades", "user_stats"] {
        let subscribe = |account: i64| json!({"type": "subscribe", "channel": format!("{name}/{account}")});
        assert_eq!(bench.ask(conn, &subscribe(ACCOUNT))[0]["type"], json!(format!("subscribed/{name}")));
        assert_eq!(bench.ask(conn, &subscribe(1))[0]["error"]["code"], 21100);
    }
}

#[test]
fn a_silent_client_is_cut_after_two_minutes_however_much_it_receives() {
    let mut bench = Bench::new();
    let (silent, pinging) = (bench.connect(), bench.connect());
    bench.subscribe(silent, "ticker/1");
    for _ in 0..5 {
        bench.pass(30_000);
        bench.sim.alive(bench.now, pinging);
    }
    assert!(matches!(bench.ended.get(&silent), Some(Sent::Close(..))), "{:?}", bench.ended);
    assert!(!bench.ended.contains_key(&pinging));
}

#[test]
fn two_hundred_frames_a_minute_are_enough_but_transactions_do_not_count() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let ping = json!({"type": "ping"});
    for _ in 0..200 {
        assert_eq!(bench.ask(conn, &ping)[0]["type"], "pong");
    }
    assert_eq!(bench.ask(conn, &ping)[0]["error"]["code"], 30009);
    let fields = bench.ioc(false, 200, 1);
    let tx = bench.order(fields);
    assert_eq!(bench.ask(conn, &Bench::send_frame(&tx, json!(1)))[0]["code"], 200);
}

#[test]
fn oversized_frames_end_the_connection() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    bench.say_text(conn, &" ".repeat(64 * 1024 + 1));
    assert!(matches!(bench.ended.get(&conn), Some(Sent::Close(_, 1009, _))));
}

#[test]
fn five_hundred_subscriptions_fit_on_a_connection() {
    let mut bench = Bench::with(|options| {
        let first = options.accounts[0].clone();
        options.accounts.extend((0..520).map(|n| AccountSetup { index: 2_000_000 + n, ..first.clone() }));
    });
    let conn = bench.connect();
    for number in 0..500 {
        if number % 150 == 149 {
            bench.pass(60_000);
            bench.take(conn);
        }
        let subscribe = json!({"type": "subscribe", "channel": format!("user_stats/{}", 2_000_000 + number)});
        assert_eq!(bench.ask(conn, &subscribe)[0]["type"], "subscribed/user_stats");
    }
    let one_more = json!({"type": "subscribe", "channel": "height"});
    assert_eq!(bench.ask(conn, &one_more)[0]["error"]["code"], 23001);
}

#[test]
fn connections_are_limited_and_only_the_stream_path_upgrades() {
    let mut bench = Bench::new();
    assert_eq!(bench.connect_to(&[("encoding", "msgpack")]), Err(400));
    assert!(bench.connect_to(&[("encoding", "json")]).is_ok());
    for _ in 1..255 {
        assert!(bench.connect_to(&[]).is_ok());
    }
    assert_eq!(bench.connect_to(&[]), Err(429));
    let elsewhere =
        Request { method: "GET".into(), path: "/ws".into(), query: vec![], headers: vec![], body: vec![] };
    let refused = bench.sim.open(bench.now, ConnId(9_999), &elsewhere, &mut Vec::new());
    assert_eq!(refused.map_err(|response| response.status), Err(404));
}

#[test]
fn a_read_only_connection_takes_no_transactions() {
    let mut bench = Bench::new();
    let conn = bench.connect_to(&[("readonly", "true")]).expect("an upgrade");
    let fields = bench.ioc(false, 200, 1);
    let tx = bench.order(fields);
    let answer = bench.ask(conn, &Bench::send_frame(&tx, json!("a")));
    assert_eq!((&answer[0]["error"]["code"], &answer[0]["id"]), (&json!(30006), &json!("a")));
    assert_eq!(bench.send_tx(&tx).0, 200, "nothing was spent");
}

#[test]
fn shutdowns_are_announced_stalls_hold_frames_back_and_disconnects_cut() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let mut out = Vec::new();
    bench.sim.inject(bench.now, Fault::Stall(1_000), &mut out);
    bench.sort(out);
    assert_eq!(bench.ask(conn, &json!({"type": "ping"})), [] as [Value; 0]);
    bench.pass(1_000);
    assert_eq!(bench.take_typed(conn, "pong").len(), 1);

    let mut out = Vec::new();
    bench.sim.inject(bench.now, Fault::Shutdown(500), &mut out);
    bench.sort(out);
    assert_eq!(bench.take(conn), [json!({"type": "shutdown", "close_in_ms": 500})]);
    bench.pass(500);
    assert!(matches!(bench.ended.get(&conn), Some(Sent::Close(..))));

    let other = bench.connect();
    let mut out = Vec::new();
    bench.sim.inject(bench.now, Fault::Disconnect, &mut out);
    assert!(out.contains(&Sent::Cut(other)));
}
