//! The scan against the strict reading: the same values, or none.

use super::super::frame::Frame;
use super::*;
use proptest::prelude::*;

const TICKER: &str = r#"{"channel":"ticker:1","last_updated_at":1792918164508299,"nonce":25652762001,"ticker":{"s":"BTC","a":{"price":"80441.7","size":"4.35786"},"b":{"price":"80441.6","size":"0.00020"},"last_updated_at":1792918164508299},"timestamp":1792918164524,"type":"update/ticker"}"#;
const EMPTY: &str = r#"{"channel":"ticker/9","nonce":0,"ticker":{"s":"X","a":{"price":"","size":""},"b":{"price":"","size":""}},"type":"subscribed/ticker"}"#;
const BOOK: &str = r#"{"channel":"order_book:1","last_updated_at":1792918164508299,"offset":37354962,"order_book":{"code":0,"asks":[{"price":"80441.7","size":"4.35786"},{"price":"80444.6","size":"0.00000"}],"bids":[{"price":"80435.6","size":"0.00000"}],"offset":37354962,"nonce":25652762001,"last_updated_at":1792918164508299,"begin_nonce":25652761941},"timestamp":1792918164524,"type":"update/order_book"}"#;

fn strictly(text: &str) -> Option<Data> {
    match Frame::parse_strictly(text) {
        Ok(Frame::Data(data)) => Some(data),
        _ => None,
    }
}

/// True when the scan read it; fails when it read something else than the strict reading.
fn agrees(text: &str) -> bool {
    let Some(quick) = market_frame(text) else { return false };
    assert_eq!(Some(format!("{quick:?}")), strictly(text).map(|data| format!("{data:?}")), "{text}");
    true
}

#[test]
fn the_usual_frames_are_read_by_the_scan() {
    for text in [TICKER, EMPTY, BOOK, &BOOK.replace("update/", "subscribed/")] {
        assert!(agrees(text), "{text}");
    }
}

#[test]
fn whatever_is_unusual_is_left_to_the_strict_reading() {
    for (from, to) in [
        ("\"ticker:1\"", "\"ticker\""),
        ("\"ticker:1\"", "\"ticker:+1\""),
        (":25652762001", ":\"25652762001\""),
        (":25652762001", ":025652762001"),
        (":25652762001", ":2.5e3"),
        (":25652762001", ":99999999999999999999"),
        ("\"80441.7\"", "80441"),
        ("\"80441.7\"", "\"-80441.7\""),
        ("\"80441.7\"", "\".7\""),
        ("\"80441.7\"", "\"7.\""),
        ("\"80441.7\"", "\"1.000000000\""),
        ("\"80441.7\"", "\"99999999999\""),
        ("\"BTC\"", "\"B\\u0054C\""),
        ("\"BTC\"", "\"B\u{7f}C\""),
        ("\"s\":", "\"x\":"),
        ("\"price\"", "\"p\""),
        ("{\"s\"", "{ \"s\""),
        ("\"nonce\"", "\"code\""),
        ("update/ticker", "update/order_book"),
        ("},\"timestamp\"", ",\"timestamp\""),
        ("\"timestamp\":1792918164524", "\"nonce\":1"),
    ] {
        assert!(TICKER.contains(from), "{from}");
        assert!(market_frame(&TICKER.replacen(from, to, 1)).is_none(), "{to}");
    }
    assert!(market_frame(&format!("{TICKER} ")).is_none());
    assert!(market_frame(&format!("{TICKER}{TICKER}")).is_none());
}

/// Texts close to the real ones: values of every form in place of the usual ones, cut, doubled and changed bytes.
fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    let piece = "[0-9]{1,20}|[0-9]{0,11}\\.[0-9]{0,10}|-?0[0-9]{0,3}|\"|\\\\|,|:|\\{|\\}|\\[|\\]|null| |nonce|\"\"|é|e5";
    (0..text.len(), 0..12_usize, piece).prop_map(move |(at, gone, piece)| {
        let end = (at + gone).min(text.len());
        format!("{}{piece}{}", &text[..at], &text[end..])
    })
}

/// Frames of the usual form with any values, members in any order.
fn usual() -> impl Strategy<Value = String> {
    let amount = "[0-9]{1,10}(\\.[0-9]{1,8})?|[0-9]{1,3}\\.[0-9]{0,9}|";
    let level =
        (amount, amount).prop_map(|(price, size)| format!(r#"{{"price":"{price}","size":"{size}"}}"#));
    let side = proptest::collection::vec(level.clone(), 0..4).prop_map(|levels| levels.join(","));
    let number = "0|[1-9][0-9]{0,18}";
    let ticker = (level.clone(), level, number).prop_map(|(a, b, n)| {
        let content = format!(r#""ticker":{{"a":{a},"b":{b},"last_updated_at":{n},"s":"ETH"}}"#);
        (content, "ticker")
    });
    let book = (side.clone(), side, number, number).prop_map(|(asks, bids, n, begin)| {
        let content = format!(
            r#""order_book":{{"asks":[{asks}],"begin_nonce":{begin},"bids":[{bids}],"code":0,"nonce":{n}}}"#
        );
        (content, "order_book")
    });
    let content = prop_oneof![ticker, book];
    let kind = prop_oneof![Just("update"), Just("subscribed")];
    (content, kind, number, "[0-9]{1,19}").prop_flat_map(|((content, name), kind, nonce, id)| {
        let kind = format!(r#""type":"{kind}/{name}""#);
        let members = vec![content, kind, format!(r#""nonce":{nonce}"#), r#""timestamp":17"#.to_owned()];
        Just(members)
            .prop_shuffle()
            .prop_map(move |members| format!(r#"{{"channel":"{name}:{id}",{}}}"#, members.join(",")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_usual_frame_means_the_same_to_both(text in usual()) {
        agrees(&text);
    }

    #[test]
    fn a_damaged_frame_means_the_same_to_both(text in prop_oneof![damaged(TICKER), damaged(EMPTY), damaged(BOOK)]) {
        agrees(&text);
    }
}
