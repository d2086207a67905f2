//! What the model does wrong on demand, seen at the interface.

use super::*;

#[test]
fn expired_tokens_are_refused_and_new_ones_accepted() {
    let mut bench = Bench::new();
    let target = format!("/api/v1/accountActiveOrders?account_index={ACCOUNT}");
    let token = bench.token();
    assert_eq!(bench.get_with(&target, Some(&token)).0, 200);
    bench.sim.expire_tokens(bench.now);
    let (status, body) = bench.get_with(&target, Some(&token));
    assert_eq!((status, &body["code"]), (401, &json!(20013)));
    bench.private(&target);
}

#[test]
fn books_are_empty_crossed_or_far_off_for_a_while_and_heal() {
    let touch = |bench: &mut Bench| {
        let conn = bench.connect();
        let book = bench.subscribe(conn, "order_book/1")["order_book"].clone();
        let ticks = |text: &str| text.replace('.', "").parse::<i64>().expect("a price");
        let best = |side: &str| book[side][0]["price"].as_str().map(ticks);
        best("bids").zip(best("asks"))
    };
    for shape in [Shape::Empty, Shape::Crossed, Shape::Off(1_000)] {
        let mut bench = Bench::new();
        let (bid, ask) = touch(&mut bench).expect("a book");
        bench.sim.warp_market(BTC, shape, bench.now.after(Duration::from_secs(2)));
        bench.pass(1_000);
        match (shape, touch(&mut bench)) {
            (Shape::Empty, None) => {}
            (Shape::Crossed, Some((bid, ask))) => assert!(bid > ask),
            (Shape::Off(_), Some((off, _))) => assert!(off > ask * 108 / 100, "{bid} then {off}"),
            (shape, seen) => panic!("{shape:?}: {seen:?}"),
        }
        bench.pass(2_000);
        let (healed, above) = touch(&mut bench).expect("a book");
        assert!(healed < above && (healed - bid).abs() < bid / 50, "{shape:?}: {bid} then {healed}");
    }
}

#[test]
fn a_market_that_does_not_trade_says_so_and_takes_no_orders() {
    for (trading, status, frozen) in
        [(Trading::Inactive, "inactive", false), (Trading::Frozen, "active", true)]
    {
        let mut bench = Bench::new();
        bench.sim.set_trading(BTC, trading);
        let (_, books) = bench.get("/api/v1/orderBooks?market_id=1");
        assert_eq!(books["order_books"][0]["status"], status);
        assert_eq!(books["order_books"][0]["is_frozen"], frozen);
        let resting = bench.resting(1);
        let resting = bench.order(resting);
        assert_eq!(bench.send_tx(&resting).1["code"], 21605);
        bench.nonce = 0;
        let taker = bench.ioc(false, 200, 2);
        let taker = bench.order(taker);
        assert_eq!(bench.send_tx(&taker).1["code"], 200);
        bench.pass(400);
        assert!(bench.verdict(&taker.hash.to_string()).contains("21605"));
    }
}

fn filled(bench: &mut Bench, index: i64) -> Value {
    let target = format!("/api/v1/accountOrders?account_index={ACCOUNT}&client_order_indexes={index}");
    bench.private(&target)["orders"][0]["filled_base_amount"].clone()
}

#[test]
fn the_next_immediate_order_fills_in_part_and_the_one_after_it_whole() {
    let mut bench = Bench::new();
    bench.sim.fill_next_in_part(25);
    for (index, expected) in [(1, "0.00050"), (2, "0.00200")] {
        let fields = bench.ioc(false, 200, index);
        let tx = bench.order(fields);
        bench.send_tx(&tx);
        bench.pass(400);
        assert_eq!(filled(&mut bench, index), expected);
    }
}

#[test]
fn an_order_can_run_later_than_its_answer_says() {
    let mut bench = Bench::new();
    bench.sim.run_next_late(2_000);
    let fields = bench.ioc(false, 200, 1);
    let tx = bench.order(fields);
    assert_eq!(bench.send_tx(&tx).1["predicted_execution_time_ms"], START_MILLIS + 300);
    bench.pass(2_200);
    assert_eq!(filled(&mut bench, 1), Value::Null);
    bench.pass(200);
    assert_eq!(filled(&mut bench, 1), "0.00200");
}

#[test]
fn a_swallowed_order_stays_pending_and_fails_when_its_validity_is_over() {
    let mut bench = Bench::new();
    bench.sim.swallow_next();
    let fields = bench.ioc(false, 200, 1);
    let tx = bench.order(fields);
    assert_eq!(bench.send_tx(&tx).1["code"], 200);
    let target = format!("/api/v1/tx?by=hash&value={}", tx.hash);
    bench.pass(19_000);
    assert_eq!(bench.get(&target).1["status"], 1);
    bench.pass(2_000);
    assert_eq!(bench.get(&target).1["status"], 0);
    assert_eq!(filled(&mut bench, 1), Value::Null);
}

#[test]
fn sends_are_refused_once_or_for_a_while_with_the_code_asked_for() {
    let mut bench = Bench::new();
    bench.sim.refuse_next_send(21506, "too many pending txs");
    bench.sim.refuse_sends_until(29500, "internal error", bench.now.after(Duration::from_secs(1)));
    let fields = bench.resting(1);
    let tx = bench.order(fields);
    for expected in [21506, 29500, 29500] {
        assert_eq!(bench.send_tx(&tx).1["code"], expected);
    }
    bench.pass(1_000);
    assert_eq!(bench.send_tx(&tx).1["code"], 200);
}
