//! Market data feeds: chained book batches, tickers, statistics, heights, trades (lighter.md 5.2).

use super::*;
use proptest::prelude::*;

/// A client's copy of a book, kept by the rules of lighter.md 5.2.
#[derive(Default, PartialEq, Eq, Debug)]
struct Mirror {
    asks: BTreeMap<String, String>,
    bids: BTreeMap<String, String>,
    nonce: i64,
}

impl Mirror {
    fn apply(&mut self, frame: &Value) {
        let book = &frame["order_book"];
        if frame["type"] == "update/order_book" {
            assert_eq!(book["begin_nonce"], self.nonce, "the chain is broken");
        } else {
            assert_eq!(book["begin_nonce"], 0);
        }
        self.nonce = book["nonce"].as_i64().expect("a nonce");
        for (side, levels) in [("asks", &mut self.asks), ("bids", &mut self.bids)] {
            for level in book[side].as_array().expect("levels") {
                let text = |key: &str| level[key].as_str().expect("a text").to_owned();
                if text("size").chars().all(|c| c == '0' || c == '.') {
                    levels.remove(&text("price"));
                } else {
                    levels.insert(text("price"), text("size"));
                }
            }
        }
    }
}

fn mirror_after(bench: &mut Bench, conn: ConnId, mirror: &mut Mirror) {
    for frame in bench.take_typed(conn, "update/order_book") {
        mirror.apply(&frame);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn deltas_rebuild_the_book_of_whoever_subscribes_later(
        seed in any::<u64>(), sends in proptest::collection::vec((0u8..3, 10i64..5_000, 0u64..200), 0..12), wait in 0u64..400,
    ) {
        let mut bench = Bench::with(|options| {
            options.seed = seed;
            options.crowd = true;
        });
        let early = bench.connect();
        let mut mirror = Mirror::default();
        mirror.apply(&bench.subscribe(early, "order_book/1"));
        for (kind, base, pause) in sends {
            let fields = match kind {
                0 => bench.ioc(false, base, 0),
                1 => bench.ioc(true, base, 0),
                _ => bench.resting(0),
            };
            let tx = bench.order(fields);
            if bench.send_tx(&tx).0 != 200 {
                bench.nonce -= 1;
            }
            bench.pass(pause);
        }
        bench.pass(wait);
        mirror_after(&mut bench, early, &mut mirror);
        let late = bench.connect();
        let mut fresh = Mirror::default();
        fresh.apply(&bench.subscribe(late, "order_book/1"));
        prop_assert_eq!(&mirror, &fresh);
        bench.pass(50);
        mirror_after(&mut bench, early, &mut mirror);
        mirror_after(&mut bench, late, &mut fresh);
        prop_assert_eq!(&mirror, &fresh);
    }
}

#[test]
fn a_lost_frame_breaks_the_chain_and_a_duplicate_repeats_it() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let mut nonce = bench.subscribe(conn, "order_book/1")["order_book"]["nonce"].clone();
    for (fault, frames, chained) in [(Fault::BookGap(BTC), 2, false), (Fault::BookDuplicate(BTC), 4, true)] {
        let mut out = Vec::new();
        bench.sim.inject(bench.now, fault, &mut out);
        bench.pass(300);
        let updates = bench.take_typed(conn, "update/order_book");
        assert_eq!(updates.len(), frames, "{fault:?}");
        assert_eq!(updates[0]["order_book"]["begin_nonce"] == nonce, chained);
        if chained {
            assert_eq!(updates[0], updates[1]);
        }
        nonce = updates.last().expect("frames")["order_book"]["nonce"].clone();
    }
}

#[test]
fn the_ticker_is_never_later_than_the_book_and_shows_its_best_prices() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    bench.subscribe(conn, "ticker/1");
    bench.subscribe(conn, "order_book/1");
    bench.take(conn);
    bench.pass(2_000);
    let mut seen = Value::Null;
    for frame in bench.take(conn) {
        match frame["type"].as_str() {
            Some("update/ticker") => {
                assert_eq!(frame["ticker"]["s"], "BTC");
                seen = frame["nonce"].clone();
            }
            Some("update/order_book") => assert_eq!(frame["order_book"]["nonce"], seen),
            other => panic!("unexpected {other:?}"),
        }
    }
    let market = &bench.sim.exchange.markets[&BTC];
    let last = json_out::ticker_levels(market);
    let snapshot = bench.connect();
    assert_eq!(bench.subscribe(snapshot, "ticker/1")["ticker"], last);
}

#[test]
fn statistics_come_every_second_for_one_market_or_all() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    assert_eq!(bench.subscribe(conn, "market_stats/1")["market_stats"]["symbol"], "BTC");
    let all = bench.connect();
    assert_eq!(bench.subscribe(all, "market_stats/all")["market_stats"]["0"]["symbol"], "ETH");
    bench.pass(3_000);
    assert_eq!(bench.take_typed(conn, "update/market_stats").len(), 3);
    let frames = bench.take_typed(all, "update/market_stats");
    assert_eq!(frames[0]["channel"], "market_stats:all");
    assert_eq!(frames[0]["market_stats"].as_object().map(|map| map.len()), Some(3));
}

#[test]
fn heights_rise() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    let first = bench.subscribe(conn, "height")["height"].as_i64().expect("a height");
    bench.pass(2_000);
    let heights: Vec<i64> = bench
        .take_typed(conn, "update/height")
        .iter()
        .map(|frame| frame["height"].as_i64().expect("a height"))
        .collect();
    assert_eq!(heights, (first + 1..=first + 5).collect::<Vec<_>>());
}

#[test]
fn public_trades_are_told_newest_first_and_remembered() {
    let mut bench = Bench::new();
    let conn = bench.connect();
    assert_eq!(bench.subscribe(conn, "trade/1")["trades"], json!([]));
    let fields = bench.ioc(false, 300_000, 1);
    let tx = bench.order(fields);
    bench.send_tx(&tx);
    bench.pass(400);
    let frames = bench.take_typed(conn, "update/trade");
    let ids: Vec<i64> = frames[0]["trades"]
        .as_array()
        .expect("trades")
        .iter()
        .map(|trade| trade["trade_id"].as_i64().expect("an id"))
        .collect();
    assert!(ids.len() > 1 && ids.windows(2).all(|pair| pair[0] > pair[1]), "{ids:?}");
    let (_, recent) = bench.get("/api/v1/recentTrades?market_id=1&limit=100");
    assert_eq!(recent["trades"], frames[0]["trades"]);
    let late = bench.connect();
    assert_eq!(bench.subscribe(late, "trade/1")["trades"], frames[0]["trades"]);
}

#[test]
fn the_crowd_keeps_the_tape_alive() {
    let mut bench = Bench::with(|options| options.crowd = true);
    bench.pass(60_000);
    for market in ["0", "1", "2"] {
        let (_, recent) = bench.get(&format!("/api/v1/recentTrades?market_id={market}&limit=1"));
        assert_eq!(recent["trades"].as_array().map(Vec::len), Some(1), "market {market}");
    }
}

#[test]
fn the_same_seed_is_the_same_venue_whatever_the_pace_of_the_calls() {
    let run = |pauses: &[u64]| {
        let mut bench = Bench::with(|options| options.crowd = true);
        let conn = bench.connect();
        bench.subscribe(conn, "order_book/1");
        bench.subscribe(conn, "trade/1");
        for pause in pauses {
            bench.pass(*pause);
        }
        bench.take(conn)
    };
    assert_eq!(run(&[3_000]), run(&[1; 3_000]));
}
