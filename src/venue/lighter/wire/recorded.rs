//! Recorded messages of the venue read without a loss. Those below are excerpts from lighter.md; a folder of whole recordings
//! beside the project (`../shared/fixtures/lighter`) is read, too, when it is there.

use super::account::{AccountReply, NextNonce};
use super::frame::{Channel, Content, Frame};
use super::market::MarketList;
use super::order::OrderRecord;
use super::{container, reply};
use crate::venue::http::HttpReply;
use serde_json::value::RawValue;
use std::path::Path;

const FRAMES: &[(&str, Channel)] = &[
    (
        r#"{"channel":"order_book:1","last_updated_at":1792918164508299,"offset":37354962,"order_book":{"code":0,
        "asks":[{"price":"80441.7","size":"4.35786"},{"price":"80444.6","size":"0.00000"}],"bids":[{"price":"80435.6","size":"0.00000"}],
        "offset":37354962,"nonce":25652762001,"last_updated_at":1792918164508299,"begin_nonce":25652761941},"timestamp":1792918164524,"type":"update/order_book"}"#,
        Channel::OrderBook,
    ),
    (
        r#"{"channel":"ticker:1","last_updated_at":1792918164508299,"nonce":25652762001,"ticker":{"s":"BTC","a":{"price":"80441.7","size":"4.35786"},
        "b":{"price":"80441.6","size":"0.00020"},"last_updated_at":1792918164508299},"timestamp":1792918164524,"type":"update/ticker"}"#,
        Channel::Ticker,
    ),
    (
        r#"{"channel":"ticker:9","nonce":0,"ticker":{"s":"X","a":{"price":"","size":""},"b":{"price":"","size":""}},"type":"subscribed/ticker"}"#,
        Channel::Ticker,
    ),
    (
        r#"{"trades":{"1":[{"trade_id":36388690000,"trade_id_str":"36388690000","type":"trade","market_id":1,"market_symbol":"BTC",
        "market_kind":"perps","size":"0.00020","price":"80440.9","usd_amount":"16.088180","ask_client_id":817444196253,"bid_client_id":162076644628331,
        "ask_account_id":734724,"bid_account_id":27927,"is_maker_ask":false,"timestamp":1792918164789,"taker_position_size_before":"0.03114",
        "taker_initial_margin_fraction_before":500,"maker_fee":38,"transaction_time":1792918164855793}]},"channel":"account_all_trades:10","type":"update/account_all_trades"}"#,
        Channel::Trades,
    ),
    (
        r#"{"trades":{},"daily_volume":0,"weekly_volume":0,"monthly_volume":0,"total_volume":2935377.596694,"channel":"account_all_trades:10","type":"subscribed/account_all_trades"}"#,
        Channel::Trades,
    ),
    (
        r#"{"positions":{"1":{"market_id":1,"symbol":"BTC","initial_margin_fraction":"4.34","sign":1,"position":"0.00000","avg_entry_price":"0.0",
        "position_value":"-0.000000","unrealized_pnl":"0.000000"}},"bo_positions":{},"shares":[],"channel":"account_all_positions:10","type":"subscribed/account_all_positions"}"#,
        Channel::Positions,
    ),
];

#[test]
fn every_recorded_frame_reads_without_a_lost_row() {
    for (text, channel) in FRAMES {
        assert_eq!(read_frame(text), Some(*channel), "{text}");
    }
}

/// The channel of a frame this client uses; panics on anything that does not read in full.
fn read_frame(text: &str) -> Option<Channel> {
    let frame = Frame::parse(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    let Frame::Data(data) = frame else { return None };
    let unreadable = match &data.content {
        Content::Ticker(..) | Content::OrderBook(_) | Content::Stats(_) => 0,
        Content::Orders(rows) => rows.unreadable,
        Content::Trades(rows) => rows.unreadable,
        Content::Positions(rows) => rows.unreadable,
        Content::Transactions(rows) => rows.unreadable,
    };
    assert_eq!(unreadable, 0, "{text}");
    Some(data.channel)
}

fn read_answer(name: &str, text: &str) {
    let answer = || Ok(HttpReply::plain(200, text.as_bytes().to_vec()));
    match name {
        "http_account.json" => {
            let account =
                reply::read::<AccountReply>(answer()).expect("reads").of(123_456).expect("the account");
            assert_eq!(account.positions.unreadable, 0);
        }
        "http_next_nonce.json" => {
            assert_eq!(reply::read::<NextNonce>(answer()).expect("reads").nonce, 1_234_567_890)
        }
        "http_order_book_details.json" => {
            let market = reply::read::<MarketList>(answer()).expect("reads").find("ETH").expect("listed");
            assert_eq!(
                (market.spec.tick.to_string(), market.spec.step.to_string()),
                ("0.01".to_owned(), "0.0001".to_owned())
            );
        }
        "http_orders.json" => {
            let orders =
                reply::read::<std::collections::BTreeMap<String, Box<RawValue>>>(answer()).expect("reads");
            let rows = container::rows::<OrderRecord>(&orders["orders"]);
            assert_eq!((rows.rows.len(), rows.unreadable), (1, 0));
        }
        _ => drop(reply::read::<serde::de::IgnoredAny>(answer()).expect("reads")),
    }
}

#[test]
fn recordings_beside_the_project_read_in_full_when_they_are_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/fixtures/lighter");
    let Ok(entries) = std::fs::read_dir(&folder) else { return };
    let mut checked = 0;
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(entry.path()).expect("readable");
        if name.starts_with("http_") {
            read_answer(&name, &text);
        } else {
            read_frame(&text);
        }
        checked += 1;
    }
    assert!(checked > 0, "{} is empty", folder.display());
}
