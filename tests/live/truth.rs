//! Venue truth held against what must hold at every moment, and against the ledger. Shares no code with the coordinator or
//! the ledger: executions are added up here, and the file is read with SQL.

use super::{Stage, ledger_file};
use hedge_fast::domain::{ClientOrderId, PerVenue, Purpose, Qty, Side, Venue};
use hedge_fast::sim::truth::TrueOrder;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// Notional of one leg in the runs of these tests, and what prices may move while it is held.
const CLIP: i64 = 103;

/// What every moment so far broke: a position above one clip or on the wrong side, an id that lives twice.
pub fn broken(stage: &Stage, market: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let (trades, orders) = (stage.venues.trades(market), stage.venues.orders(market));
    let (Some(trades), Some(orders)) = (trades, orders) else { return vec!["a venue is gone".to_owned()] };
    for (venue, trades) in trades.iter() {
        let mut position = Qty::ZERO;
        for trade in trades {
            position = position + trade.side.signed(trade.qty);
            let value = trade.price.notional(position.abs());
            if value > hedge_fast::domain::Usd::from_whole(CLIP) {
                broken.push(format!("{venue} held {position} at {}: more than one clip", trade.price));
            }
            if Side::of_position(position).is_some_and(|side| side != opens(venue)) {
                broken.push(format!("{venue} held {position}: the wrong side"));
            }
        }
    }
    for (venue, orders) in orders.iter() {
        broken.extend(twice(venue, orders));
    }
    broken
}

fn opens(venue: Venue) -> Side {
    match venue {
        Venue::Paradex => Side::Buy,
        Venue::Lighter => Side::Sell,
    }
}

/// Ids that live twice, and cycles that opened twice on a venue.
fn twice(venue: Venue, orders: &[TrueOrder]) -> Vec<String> {
    assert!(orders.len() < 950, "the venue is about to forget: fewer kills per venue");
    let (mut cids, mut cycles, mut broken) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for order in orders {
        match order.cid.filter(|cid| cid.venue() == venue) {
            None => broken.push(format!("{venue}: an order without an id of ours: {order:?}")),
            Some(cid) => {
                if !cids.insert(cid) {
                    broken.push(format!("{venue}: {cid} was accepted twice"));
                }
                if cid.purpose() == Purpose::Open && !cycles.insert(cid.cycle()) {
                    broken.push(format!("{venue}: cycle {:?} opened twice", cid.cycle()));
                }
            }
        }
    }
    broken
}

/// Differences between venue truth in these markets and the ledger of a program that left flat.
pub fn differences(stage: &Stage, markets: &[&str]) -> Vec<String> {
    let ledger = Connection::open(ledger_file(&stage.state())).expect("a ledger");
    let recorded = recorded(&ledger);
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    let mut sums: BTreeMap<(u64, Venue), (Qty, Qty)> = BTreeMap::new();
    for market in markets {
        let orders: PerVenue<Vec<TrueOrder>> = stage.venues.orders(market).expect("both venues are there");
        for (venue, order) in orders.iter().flat_map(|(venue, list)| list.iter().map(move |o| (venue, o))) {
            let Some(cid) = order.cid else { continue };
            known.insert(cid);
            let (filled, ended) = recorded.get(&cid).copied().unwrap_or((Qty::ZERO, true));
            if filled != order.filled || !ended || !order.ended {
                wrong.push(format!("{venue} {cid}: ledger {filled} (ended {ended}), venue {order:?}"));
            }
            let cycle = cid.cycle().expect("one of ours").number();
            let sum = sums.entry((cycle, venue)).or_default();
            *sum = (sum.0 + filled, sum.1 + order.filled);
        }
    }
    for ((cycle, venue), (ledger, truth)) in sums.into_iter().filter(|(_, (ledger, truth))| ledger != truth) {
        wrong.push(format!("cycle {cycle} on {venue}: ledger {ledger}, venue {truth}"));
    }
    for (cid, (filled, _)) in recorded.iter().filter(|(cid, _)| !known.contains(cid)) {
        if !filled.is_zero() {
            wrong.push(format!("{cid} filled {filled} in the ledger and is unknown to its venue"));
        }
    }
    let open =
        list(&ledger, "SELECT number || ' is ' || state FROM cycles WHERE state IN ('open', 'reserved')");
    wrong.extend(open.into_iter().map(|text| format!("after a clean end cycle {text}")));
    let again = "SELECT cycle || ' was reserved twice' FROM records WHERE kind = 'reserved'
                 GROUP BY cycle HAVING count(*) > 1";
    wrong.extend(list(&ledger, again));
    let shared = "SELECT cycles.number || ' was used by another market' FROM cycles
                  JOIN orders ON orders.cid >> 8 = cycles.number JOIN records USING (seq)
                  JOIN runs ON runs.id = records.run WHERE runs.market != cycles.market";
    wrong.extend(list(&ledger, shared));
    wrong
}

fn recorded(ledger: &Connection) -> BTreeMap<ClientOrderId, (Qty, bool)> {
    let mut statement = ledger.prepare("SELECT cid, filled, ended FROM order_results").expect("a view");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("rows");
    let read = |row: rusqlite::Result<(i64, i64, bool)>| {
        let (cid, filled, ended) = row.expect("a row");
        let cid = u64::try_from(cid).ok().and_then(ClientOrderId::from_number).expect("an id");
        (cid, (Qty::from_units(filled), ended))
    };
    rows.map(read).collect()
}

fn list(ledger: &Connection, sql: &str) -> Vec<String> {
    let mut statement = ledger.prepare(sql).expect("a question");
    statement.query_map([], |row| row.get(0)).expect("rows").map(|row| row.expect("a text")).collect()
}
