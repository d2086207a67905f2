//! What later readers ask of a ledger.

use super::{fill, keep, open, order, reserved};
use hedge_fast::coordinator::journal::{Finish, Record};
use hedge_fast::domain::{PerVenue, Price, Purpose, Qty, Side, TradeKey, Usd, Venue, Wall};
use hedge_fast::ledger::{Totals, Unsent};
use std::time::Duration;

fn ended(of: &hedge_fast::domain::OrderIntent, filled: i64) -> Record {
    let (filled, average) = (Qty::from_whole(filled), Some(Price::from_whole(100)));
    Record::Ended { venue: of.venue, cid: of.cid, filled, average, reason: "FILLED".to_owned() }
}

fn finished(cycle: hedge_fast::domain::CycleId, how: Finish, result: i64) -> Record {
    let left = PerVenue { paradex: Qty::from_units(4), lighter: Qty::ZERO };
    let (volume, fees, result) = (Usd::from_whole(400), Usd::from_whole(1), Usd::from_whole(result));
    Record::Finished { cycle, how, left, volume, fees, result }
}

#[test]
fn an_execution_counts_once_and_one_that_was_taken_back_not_at_all() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ledger = open(dir.path());
    let link = ledger.link("BTC").expect("a thread");
    let cycle = reserved(&link);
    let long = order(cycle, Venue::Paradex, Purpose::Open, Side::Buy, 3);
    let short = order(cycle, Venue::Lighter, Purpose::Open, Side::Sell, 3);
    let unknown = order(cycle, Venue::Lighter, Purpose::Close, Side::Buy, 3);
    let bust =
        |key| Record::Busted { venue: long.venue, cid: long.cid, key: TradeKey::from_text(key, "a-trade") };
    let records = [
        Record::Sent(long),
        Record::Sent(short),
        Record::Sent(unknown),
        fill(&long, 1, 1),
        fill(&long, 1, 1),
        fill(&short, 1, 2),
        fill(&long, 2, 2),
        ended(&long, 3),
        ended(&short, 3),
        bust(2),
        fill(&unknown, 9, 1),
    ];
    records.into_iter().for_each(|record| keep(&link, 50, record));
    ledger.finish().expect("the disk works");
    let ledger = open(dir.path());
    let results = ledger.order_results().expect("readable");
    let told: Vec<_> = results.iter().map(|order| (order.cid, order.filled, order.ended)).collect();
    let whole = Qty::from_whole;
    let expected = [(long.cid, whole(1), true), (short.cid, whole(3), true), (unknown.cid, whole(1), false)];
    assert_eq!(told, expected);
    let memory = ledger.memory("BTC", Wall(9)).expect("readable");
    for (result, past) in results.iter().zip(&memory.cycles[0].orders) {
        assert_eq!((result.cid, result.filled), (past.intent.cid, past.filled()));
    }
}

#[test]
fn orders_of_all_markets_count_towards_what_a_venue_allows() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ledger = open(dir.path());
    for (market, at) in [("BTC", 10), ("ETH", 20), ("BTC", 30)] {
        let link = ledger.link(market).expect("a thread");
        let cycle = reserved(&link);
        keep(&link, at, Record::Sent(order(cycle, Venue::Lighter, Purpose::Open, Side::Buy, 1)));
        keep(&link, at, Record::Sent(order(cycle, Venue::Paradex, Purpose::Open, Side::Sell, 1)));
    }
    ledger.finish().expect("the disk works");
    let ledger = open(dir.path());
    let sent = |since| ledger.orders_sent_since(Venue::Lighter, Wall(since)).expect("readable");
    assert_eq!(
        (sent(0), sent(20), sent(31)),
        (vec![Wall(10), Wall(20), Wall(30)], vec![Wall(20), Wall(30)], vec![])
    );
}

#[test]
fn totals_of_today_and_of_all_time_by_market_and_what_outlives_a_cycle() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut ledger = open(dir.path());
    let link = ledger.link("BTC").expect("a thread");
    let (first, second) = (reserved(&link), reserved(&link));
    keep(&link, 100, finished(first, Finish::Complete, 5));
    keep(&link, 150, Record::Incident { kind: "mismatch", text: "by hand".to_owned() });
    keep(&link, 160, Record::Failures(2));
    keep(&link, 1_000, Record::Naked(true));
    keep(&link, 2_000, Record::Naked(true));
    keep(&link, 200, finished(second, Finish::RolledBack, -2));
    let other = ledger.link("ETH").expect("a thread");
    let cycle = reserved(&other);
    keep(&other, 300, finished(cycle, Finish::Complete, 1));
    ledger.finish().expect("the disk works");

    let ledger = open(dir.path());
    let totals = |market, since: Option<i64>| ledger.totals(market, since.map(Wall)).expect("readable");
    let sum = |complete, finished, result| Totals {
        complete,
        finished,
        volume: Usd::from_whole(i64::try_from(finished).expect("few") * 400),
        fees: Usd::from_whole(i64::try_from(finished).expect("few")),
        result: Usd::from_whole(result),
    };
    assert_eq!(totals(None, None), sum(2, 3, 4));
    assert_eq!(totals(Some("BTC"), None), sum(1, 2, 3));
    assert_eq!(totals(Some("BTC"), Some(101)), sum(0, 1, -2));
    assert_eq!(totals(Some("SOL"), None), Totals::default());
    let incidents = ledger.incidents_since(Wall(150)).expect("readable");
    assert_eq!(
        (incidents.len(), incidents[0].market.as_str(), incidents[0].text.as_str()),
        (1, "BTC", "by hand")
    );
    assert!(ledger.incidents_since(Wall(151)).expect("readable").is_empty());

    let memory = ledger.memory("BTC", Wall(5_000)).expect("readable");
    assert_eq!(memory.cycles, []);
    assert_eq!(memory.left.paradex, Qty::from_units(4));
    assert_eq!((memory.failures, memory.naked_for), (2, Some(Duration::from_micros(4_000))));
}

#[test]
fn a_message_is_kept_until_it_has_arrived_and_its_market_alone_repeats_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let ledger = open(dir.path());
    let alarms = ledger.alarms("BTC");
    alarms.keep(u64::MAX, "naked", Wall(20)).expect("written");
    alarms.keep(1, "halted", Wall(10)).expect("written");
    alarms.keep(1, "said again", Wall(90)).expect("written");
    ledger.alarms("ETH").keep(1, "elsewhere", Wall(5)).expect("written");
    ledger.alarms("ETH").done(1).expect("written");
    alarms.done(77).expect("unknown ones are ignored");
    drop((alarms, ledger));
    let alarms = open(dir.path()).alarms("BTC");
    let unsent = |id, text: &str, at| Unsent { id, text: text.to_owned(), created: Wall(at) };
    assert_eq!(alarms.pending().expect("readable"), [unsent(1, "halted", 10), unsent(u64::MAX, "naked", 20)]);
    alarms.done(1).expect("written");
    assert_eq!(alarms.pending().expect("readable"), [unsent(u64::MAX, "naked", 20)]);
}
