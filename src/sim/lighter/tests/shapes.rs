//! Our answers beside recorded ones: the same keys, the same JSON types. Recordings lie outside of the project; without
//! them there is nothing to compare.

use super::*;
use std::path::PathBuf;

fn recordings() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/lighter");
    folder.is_dir().then_some(folder)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Keys of maps by market or asset are data, not shape.
fn is_data_key(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_digit())
}

/// What a recording has and ours lacks, or has with another type.
fn differences(recorded: &Value, ours: &Value, path: &str, found: &mut Vec<String>) {
    match (recorded, ours) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(theirs), Value::Object(mine)) => {
            for (key, value) in theirs {
                let counterpart = if is_data_key(key) { mine.values().next() } else { mine.get(key) };
                match counterpart {
                    Some(counterpart) => differences(value, counterpart, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key} is missing")),
                }
            }
        }
        (Value::Array(theirs), Value::Array(mine)) => {
            if let (Some(value), Some(counterpart)) = (theirs.first(), mine.first()) {
                differences(value, counterpart, &format!("{path}[]"), found);
            }
        }
        _ if kind(recorded) == kind(ours) => {}
        _ => found.push(format!("{path} is {} instead of {}", kind(ours), kind(recorded))),
    }
}

/// A bench with a fill, a resting order and every channel that was recorded.
fn busy() -> (Bench, BTreeMap<&'static str, Value>) {
    let mut bench = Bench::with(|options| options.accounts[0].tier = Tier::Premium(0));
    let conn = bench.connect();
    let mut frames = BTreeMap::new();
    frames.insert("ws_order_book_subscribed", bench.subscribe(conn, "order_book/1"));
    frames.insert("ws_ticker_subscribed", bench.subscribe(conn, "ticker/1"));
    frames.insert("ws_user_stats_update", bench.subscribe(conn, &format!("user_stats/{ACCOUNT}")));
    for channel in ["account_all_positions", "account_all_trades"] {
        bench.subscribe(conn, &format!("{channel}/{ACCOUNT}"));
    }
    bench.subscribe(conn, &format!("account_orders/1/{ACCOUNT}"));
    bench.subscribe(conn, "market_stats/1");
    for fields in [bench.resting(1), bench.ioc(false, 500, 2)] {
        let tx = bench.order(fields);
        assert_eq!(bench.send_tx(&tx).0, 200);
    }
    bench.pass(2_000);
    let mut received = bench.take(conn);
    for (name, kind) in [
        ("ws_order_book_update", "update/order_book"),
        ("ws_market_stats_update_single", "update/market_stats"),
        ("ws_account_all_positions_update", "update/account_all_positions"),
        ("ws_account_all_trades_update", "update/account_all_trades"),
        ("ws_account_orders_update", "update/account_orders"),
    ] {
        let at = received.iter().position(|frame| frame["type"] == kind).expect(kind);
        frames.insert(name, received.swap_remove(at));
    }
    (bench, frames)
}

#[test]
fn our_answers_have_the_keys_and_types_of_recorded_ones() {
    let Some(folder) = recordings() else {
        println!("skipped: no recorded payloads beside the project");
        return;
    };
    let (mut bench, mut ours) = busy();
    for (name, target) in [
        ("http_account", format!("/api/v1/account?by=index&value={ACCOUNT}")),
        ("http_next_nonce", format!("/api/v1/nextNonce?account_index={ACCOUNT}&api_key_index={SLOT}")),
        ("http_order_books", "/api/v1/orderBooks".to_owned()),
        ("http_order_book_details", "/api/v1/orderBookDetails".to_owned()),
        ("http_orders", format!("/api/v1/accountInactiveOrders?account_index={ACCOUNT}&limit=1")),
    ] {
        ours.insert(name, bench.private(&target));
    }
    let mut found = Vec::new();
    let mut compared = 0;
    for (name, answer) in &ours {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{name}.json"))) else { continue };
        compared += 1;
        let recorded: Value = serde_json::from_str(&text).expect("a recording");
        differences(&recorded, answer, name, &mut found);
    }
    println!("compared {compared} recorded payloads");
    // A cursor exists only where a listing goes on.
    found.retain(|difference| difference != "http_orders.next_cursor is missing");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
