//! Both positions of the switches that are seen at the interface (lighter.md 10).

use super::*;

fn with(change: impl FnOnce(&mut Switches)) -> Bench {
    Bench::with(|options| change(&mut options.switches))
}

fn refused_frame(bench: &mut Bench, conn: ConnId) -> Vec<Value> {
    bench.nonce = 9;
    let fields = bench.ioc(false, 200, 1);
    let gap = bench.order(fields);
    bench.ask(conn, &Bench::send_frame(&gap, json!("x")))
}

#[test]
fn answers_to_sends_can_be_nameless_flat_late_or_missing() {
    let body = json!({"code": 21104, "message": "invalid nonce"});
    for (reply, expected) in [
        (SendReply::Recorded, vec![json!({"error": body, "id": "x"})]),
        (SendReply::RefusalWithoutId, vec![json!({"error": body})]),
        (SendReply::RefusalAtTopLevel, vec![json!({"code": 21104, "message": "invalid nonce", "id": "x"})]),
        (SendReply::Silent, vec![]),
        (SendReply::Late(500), vec![]),
    ] {
        let mut bench = with(|switches| switches.send_reply = reply);
        let conn = bench.connect();
        assert_eq!(refused_frame(&mut bench, conn), expected, "{reply:?}");
        bench.pass(500);
        assert_eq!(bench.take(conn).len(), usize::from(reply == SendReply::Late(500)), "{reply:?}");
    }
}

#[test]
fn a_silent_venue_executes_all_the_same() {
    let mut bench = with(|switches| switches.send_reply = SendReply::Silent);
    let conn = bench.connect();
    let fields = bench.ioc(false, 200, 1);
    let tx = bench.order(fields);
    assert!(bench.ask(conn, &Bench::send_frame(&tx, json!(1))).is_empty());
    bench.pass(300);
    assert_eq!(bench.verdict(&tx.hash.to_string()), "");
}

#[test]
fn an_expired_transaction_keeps_or_spends_its_nonce() {
    for (switch, next) in [(ExpiredNonce::Kept, 0), (ExpiredNonce::Spent, 1)] {
        let mut bench = with(|switches| switches.expired_nonce = switch);
        let slot = KeySlot::new(ACCOUNT, SLOT).expect("a slot");
        let header = TxHeader::new(CHAIN, slot, 0, bench.now.millis() + 100).expect("a header");
        let fields = bench.ioc(false, 200, 1);
        let tx = bench.sign_under(header, create(fields), Attributes::NONE);
        bench.send_tx(&tx);
        bench.pass(300);
        let (_, nonce) =
            bench.get(&format!("/api/v1/nextNonce?account_index={ACCOUNT}&api_key_index={SLOT}"));
        assert_eq!(nonce["nonce"], next, "{switch:?}");
    }
}

#[test]
fn running_subscriptions_outlive_their_token_or_end_with_it() {
    for switch in [ExpiredToken::Ignored, ExpiredToken::Cuts] {
        let mut bench = with(|switches| switches.expired_token = switch);
        let conn = bench.connect();
        bench.subscribe(conn, &format!("account_all_orders/{ACCOUNT}"));
        for _ in 0..11 {
            bench.pass(60_000);
            bench.sim.alive(bench.now, conn);
        }
        assert_eq!(bench.ended.contains_key(&conn), switch == ExpiredToken::Cuts);
    }
}

#[test]
fn position_updates_carry_what_changed_or_everything() {
    for (switch, markets) in [(PositionUpdate::Changed, 1), (PositionUpdate::Whole, 2)] {
        let mut bench = with(|switches| switches.position_update = switch);
        let eth = OrderFields {
            market_index: 0,
            price: bench.sim.exchange.markets[&0].mark * 101 / 100,
            ..bench.ioc(false, 100, 1)
        };
        let first = bench.order(eth);
        bench.send_tx(&first);
        bench.pass(400);
        let conn = bench.connect();
        let snapshot = bench.subscribe(conn, &format!("account_all_positions/{ACCOUNT}"));
        assert_eq!(snapshot["positions"].as_object().map(|map| map.len()), Some(1));
        let fields = bench.ioc(false, 100, 2);
        let second = bench.order(fields);
        bench.send_tx(&second);
        bench.pass(400);
        let updates = bench.take_typed(conn, "update/account_all_positions");
        assert_eq!(updates[0]["positions"].as_object().map(|map| map.len()), Some(markets));
    }
}

#[test]
fn executed_transactions_become_final_after_a_while_or_never() {
    for (switch, status) in [(FinalStatus::After(30_000), 3), (FinalStatus::Never, 2)] {
        let mut bench = with(|switches| switches.final_status = switch);
        let tx = bench.sign(cancel_all());
        bench.send_tx(&tx);
        let read = |bench: &mut Bench| {
            bench.get(&format!("/api/v1/tx?by=hash&value={}", tx.hash)).1["status"].clone()
        };
        assert_eq!(read(&mut bench), 1);
        bench.pass(300);
        assert_eq!(read(&mut bench), 2);
        bench.pass(30_000);
        assert_eq!(read(&mut bench), status);
    }
}

#[test]
fn private_channels_lag_by_chance_or_keep_the_order_of_events() {
    let arrivals = |order: ChannelOrder, seed: u64| {
        let mut bench = Bench::with(|options| {
            options.seed = seed;
            options.switches.channel_order = order;
        });
        let conn = bench.connect();
        for name in ["account_all_orders", "account_all_trades", "account_all_positions", "account_tx"] {
            bench.subscribe(conn, &format!("{name}/{ACCOUNT}"));
        }
        let fields = bench.ioc(false, 200, 1);
        let tx = bench.order(fields);
        bench.send_tx(&tx);
        bench.pass(400);
        let kinds: Vec<String> =
            bench.take(conn).iter().map(|frame| frame["type"].as_str().unwrap_or("").to_owned()).collect();
        kinds
    };
    let kept: Vec<_> = (0..8).map(|seed| arrivals(ChannelOrder::Kept, seed)).collect();
    assert!(kept.windows(2).all(|pair| pair[0] == pair[1]));
    let shuffled: std::collections::BTreeSet<_> =
        (0..8).map(|seed| arrivals(ChannelOrder::ShuffledWithin(5), seed)).collect();
    assert!(shuffled.len() > 1);
}

#[test]
fn order_times_are_seconds_or_milliseconds() {
    for (switch, unit) in [(OrderTime::Seconds, 1_000), (OrderTime::Millis, 1)] {
        let mut bench = with(|switches| switches.order_time = switch);
        let fields = bench.resting(1);
        let tx = bench.order(fields);
        bench.send_tx(&tx);
        let orders = bench.private(&format!("/api/v1/accountActiveOrders?account_index={ACCOUNT}"));
        assert_eq!(orders["orders"][0]["created_at"], START_MILLIS / unit);
        assert_eq!(orders["orders"][0]["transaction_time"], START_MILLIS * 1_000);
    }
}

#[test]
fn limits_answer_429_or_the_firewalls_405() {
    for (switch, status) in [(LimitStatus::TooManyRequests, 429), (LimitStatus::Firewall, 405)] {
        let mut bench = Bench::with(|options| {
            options.rate_limits = true;
            options.switches.limit_status = switch;
        });
        let last = (0..61).map(|_| bench.get("/").0).last();
        assert_eq!(last, Some(status));
    }
}

#[test]
fn an_exhausted_quota_refuses_or_delays() {
    for (switch, code) in [(QuotaExhausted::Refused, 23000), (QuotaExhausted::Delayed, 200)] {
        let mut bench = Bench::with(|options| {
            options.accounts[0].tier = Tier::Plus;
            options.switches.quota_exhausted = switch;
        });
        let free = bench.resting(1);
        let free = bench.order(free);
        assert_eq!(bench.send_tx(&free).1["message"], r#"{"ratelimit": "didn't use volume quota"}"#);
        bench.sim.exchange.accounts.get_mut(&ACCOUNT).expect("the account").quota = 1;
        let paid = bench.resting(2);
        let paid = bench.order(paid);
        let answer = bench.send_tx(&paid).1;
        assert_eq!(answer["message"], r#"{"ratelimit": "0 volume quota remaining"}"#);
        assert_eq!(answer["volume_quota_remaining"], 0);
        let broke = bench.resting(3);
        let broke = bench.order(broke);
        let answer = bench.send_tx(&broke).1;
        assert_eq!(answer["code"], code);
        if code == 200 {
            assert_eq!(answer["predicted_execution_time_ms"], START_MILLIS + 15_000);
        }
    }
}

#[test]
fn delays_follow_the_tier_unless_one_is_set_for_all() {
    for (tier, delays, cancel_delay) in [
        (Tier::Standard, None, 300),
        (Tier::Premium(0), None, 0),
        (Tier::Standard, Some(Delays::STANDARD_OLD), 200),
        (Tier::Premium(0), Some(Delays::flat(77)), 77),
    ] {
        let mut bench = Bench::with(|options| {
            options.accounts[0].tier = tier;
            options.delays = delays;
        });
        let tx = bench.sign(cancel_all());
        assert_eq!(bench.send_tx(&tx).1["predicted_execution_time_ms"], START_MILLIS + cancel_delay);
    }
}
