//! Promises of the codec that no single vector can show.

use super::*;
use crate::domain::{Price, Qty, Usd, Wall};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn frame(message: &Message<'_>, version: u16) -> Vec<u8> {
    let mut out = Vec::new();
    encode(message, version, &mut out).expect("a message that fits");
    out
}

/// A version 2 frame of any message: a block of any bytes, levels, texts.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let level = (any::<i64>(), any::<i64>());
    let texts = vec("[a-zäö]{0,40}", 6);
    (select(LAYOUTS), vec(any::<u8>(), 240), vec(level, 0..5), vec(level, 0..5), texts).prop_map(
        |(layout, block, bids, asks, texts)| {
            let length = layout.block_length(NEWEST_VERSION);
            let mut frame = Vec::new();
            for part in [length as u16, layout.template_id, SCHEMA_ID, NEWEST_VERSION] {
                frame.extend(part.to_le_bytes());
            }
            frame.extend(&block[..length]);
            if layout.name == "BookEvent" {
                for side in [bids, asks] {
                    frame.extend([16, 0, side.len() as u8, 0]);
                    side.iter().for_each(|(price, size)| {
                        frame.extend(price.to_le_bytes().iter().chain(&size.to_le_bytes()));
                    });
                }
            }
            for text in texts.iter().take(texts_of(&layout)) {
                frame.push(text.len() as u8);
                frame.extend(text.as_bytes());
            }
            frame
        },
    )
}

/// How many texts version 2 has, by the reference.
fn texts_of(layout: &Layout) -> usize {
    match layout.name {
        "OrderEvent" | "FillEvent" => 6,
        "TradeEvent" | "PositionEvent" => 2,
        "HeartbeatEvent" => 0,
        _ => 1,
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes).map(|message| message.fields().len());
    }

    #[test]
    fn any_bytes_behind_a_known_header_are_a_message_or_an_error(
        layout in select(LAYOUTS), longer in 0..20usize, version: u16, body in vec(0..200u8, 0..400),
    ) {
        let mut frame = Vec::new();
        let block_length = (layout.block_length(0) + longer) as u16;
        for part in [block_length, layout.template_id, SCHEMA_ID, version] {
            frame.extend(part.to_le_bytes());
        }
        frame.extend(body);
        match decode(&frame) {
            Ok(message) => prop_assert_eq!(message.template_id(), layout.template_id),
            Err(error) => {
                let other = matches!(error, SbeError::ShortBlock { .. } | SbeError::UnknownSchema(_));
                prop_assert!(!other, "{}", error);
            }
        }
    }

    #[test]
    fn a_whole_frame_is_the_same_after_reading_and_writing(frame_in in any_frame()) {
        let message = decode(&frame_in).expect("a whole frame");
        prop_assert_eq!(frame(&message, NEWEST_VERSION), frame_in);
    }

    #[test]
    fn every_cut_is_an_error_or_lacks_only_what_was_cut_off(whole in any_frame()) {
        let message = decode(&whole).expect("a whole frame");
        for length in 0..whole.len() {
            let Ok(cut) = decode(&whole[..length]) else { continue };
            for ((name, left), (_, before)) in cut.fields().into_iter().zip(message.fields()) {
                let lacking = matches!(left, FieldValue::None | FieldValue::Text(""));
                prop_assert!(left == before || lacking, "{} in the first {} bytes", name, length);
            }
            if let (Message::Book(left), Message::Book(before)) = (cut, message) {
                prop_assert_eq!((left.bids, left.asks), (before.bids, before.asks));
            }
        }
    }

    #[test]
    fn a_changed_byte_is_read_or_refused_without_harm(
        whole in any_frame(), at in any::<prop::sample::Index>(), byte: u8,
    ) {
        let mut changed = whole;
        let at = at.index(changed.len());
        changed[at] = byte;
        if let Ok(message) = decode(&changed) {
            message.fields();
            if let Message::Book(book) = message {
                prop_assert_eq!(book.bids.iter().count(), book.bids.len());
            }
            let mut out = vec![7];
            let written = encode(&message, NEWEST_VERSION, &mut out);
            prop_assert!(written.is_ok() || out == [7], "an error leaves the buffer alone");
        }
    }

    #[test]
    fn an_older_version_lacks_exactly_the_later_fields(whole in any_frame(), version in 0..=NEWEST_VERSION) {
        let message = decode(&whole).expect("a whole frame");
        let layout = LAYOUTS.iter().find(|layout| layout.template_id == message.template_id()).expect("its layout");
        let older_frame = frame(&message, version);
        let header = Header::read(&older_frame).expect("a header");
        prop_assert_eq!((usize::from(header.block_length), header.version), (layout.block_length(version), version));
        let older = decode(&older_frame).expect("a whole frame");
        for ((name, now), (_, before)) in older.fields().into_iter().zip(message.fields()) {
            let field = layout.block.iter().find(|field| field.name == name);
            let late_text = matches!(name, "trade_id_str" | "request_id" | "request_message" | "fee_currency");
            let since = field.map_or(if late_text { 2 } else { 0 }, |field| field.since);
            prop_assert_eq!(now, if since <= version { before } else { FieldValue::None }, "{}", name);
        }
    }
}

#[test]
fn blocks_have_neither_gaps_nor_overlaps_and_late_fields_come_last() {
    for layout in LAYOUTS {
        let (mut end, mut since) = (0, 0);
        for field in layout.block {
            assert_eq!(field.offset, end, "{} {}", layout.name, field.name);
            assert!(field.since >= since, "{} {}", layout.name, field.name);
            (end, since) = (field.offset + field.size, field.since);
        }
    }
}

#[test]
fn a_real_frame_of_the_production_feed_is_read_exactly() {
    let text = "300002000100010048f461eb495d06009ac632ca01000000803b0a5696070000983a000000000000\
                80c60b0a9707000018790000000000000c4254432d5553442d50455250";
    let bytes = hex::decode(text).expect("hex");
    let expected = Bbo {
        ts: Wall(1_791_421_923_325_000),
        seq: 7_687_292_570,
        bid_price: "83422.7".parse().ok(),
        bid_size: "0.00015".parse().ok(),
        ask_price: "83452.9".parse().ok(),
        ask_size: "0.00031".parse().ok(),
        market: "BTC-USD-PERP".into(),
    };
    assert_eq!(decode(&bytes), Ok(Message::Bbo(expected)));
}

fn account() -> Message<'static> {
    Message::Account(Account {
        ts: Wall(1),
        seq: 2,
        total_collateral: Usd::from_whole(3),
        free_collateral: Usd::from_whole(-4),
        initial_margin_req: Usd::ZERO,
        maintenance_margin_req: Usd::ZERO,
        account_value: Usd::from_whole(5),
        unrealized_pnl: None,
        updated_at: Wall(6),
        account: AccountAddress([7; 32]),
        margin_cushion: Usd::ZERO,
        status: AccountStatus::Active,
        last_seen_notification: None,
        settlement_asset: "USDC",
    })
}

#[test]
fn what_version_2_has_and_the_message_lacks_is_written_as_zero() {
    let bytes = frame(&account(), 2);
    let Ok(Message::Account(read)) = decode(&bytes) else { panic!("an account") };
    assert_eq!(read.last_seen_notification, Some(Wall(0)));
    assert_eq!(read.unrealized_pnl, None);
}

#[test]
fn a_block_below_version_0_another_schema_and_a_cut_header_are_refused() {
    let whole = frame(&account(), 0);
    let mut short = whole.clone();
    short[0] -= 1;
    assert_eq!(decode(&short), Err(SbeError::ShortBlock { template_id: 23, block_length: 112 }));
    let mut other = whole.clone();
    other[4] = 2;
    assert_eq!(decode(&other), Err(SbeError::UnknownSchema(2)));
    assert_eq!(decode(&whole[..7]), Err(SbeError::NoHeader(7)));
    let inside = SbeError::Truncated { template_id: 23, part: FramePart::Text };
    assert_eq!(decode(&whole[..whole.len() - 1]), Err(inside));
}

#[test]
fn an_unknown_template_is_skipped_whatever_follows_its_header() {
    let header = [255, 255, 99, 0, 1, 0, 9, 0];
    assert_eq!(decode(&header), Ok(Message::Unknown { template_id: 99 }));
}

fn book<'a>(levels: &'a [Level], market: &'a str) -> Message<'a> {
    Message::Book(Book {
        ts: Wall(1),
        seq: 2,
        pkg_type: PkgType::Unknown(254),
        best_bid_price: None,
        best_bid_size: None,
        best_ask_price: None,
        best_ask_size: None,
        relative_spread: None,
        best_bid_api_price: None,
        best_bid_api_size: None,
        best_ask_api_price: None,
        best_ask_api_size: None,
        bids: levels.into(),
        asks: Levels::from(&[][..]),
        market: market.into(),
    })
}

#[test]
fn what_does_not_fit_a_frame_is_refused_and_the_buffer_stays_as_it_was() {
    let level = Level { price: Price::from_whole(1), size: Qty::from_whole(1) };
    let long = "x".repeat(256);
    let (most, many) = (vec![level; 65_535], vec![level; 65_536]);
    let mut out = vec![1, 2, 3];
    assert_eq!(encode(&book(&many, ""), 1, &mut out), Err(EncodeError::ManyLevels(65_536)));
    assert_eq!(encode(&book(&[], &long), 1, &mut out), Err(EncodeError::LongText(256)));
    assert_eq!(encode(&account(), 3, &mut out), Err(EncodeError::UnknownVersion(3)));
    let unknown = Message::Unknown { template_id: 9 };
    assert_eq!(encode(&unknown, 1, &mut out), Err(EncodeError::UnknownTemplate(9)));
    assert_eq!(out, [1, 2, 3]);
    let widest = book(&most, &long[1..]);
    assert_eq!(decode(&frame(&widest, 1)), Ok(widest));
}

#[test]
fn group_entries_too_short_for_a_level_are_refused_unless_there_are_none() {
    let entry_length_at = 8 + 89;
    let level = [Level { price: Price::from_whole(1), size: Qty::ZERO }];
    let mut bytes = frame(&book(&level, "M"), 1);
    bytes[entry_length_at] = 15;
    assert_eq!(decode(&bytes), Err(SbeError::ShortEntry { template_id: 3, entry_length: 15 }));
    let mut bytes = frame(&book(&[], "M"), 1);
    bytes[entry_length_at] = 0;
    assert_eq!(decode(&bytes), Ok(book(&[], "M")));
}

#[test]
fn a_text_that_is_not_utf_8_is_refused() {
    let mut bytes = frame(&account(), 2);
    *bytes.last_mut().expect("a text") = 0xff;
    assert_eq!(decode(&bytes), Err(SbeError::NotUtf8 { template_id: 23 }));
}

#[test]
fn a_position_counts_below_zero_when_short_and_not_at_all_when_its_side_is_unknown() {
    let position = |side, size| Position {
        ts: Wall(0),
        seq: 0,
        side,
        size,
        avg_entry_price: Price::ZERO,
        unrealized_pnl: Usd::ZERO,
        realized_pnl: Usd::ZERO,
        mark_price: None,
        liquidation_price: None,
        leverage: Rate8(0),
        updated_at: Wall(0),
        account: AccountAddress::default(),
        avg_entry_price_usd: Price::ZERO,
        cost: Usd::ZERO,
        cost_usd: Usd::ZERO,
        cached_funding_index: Price::ZERO,
        unrealized_funding_pnl: Usd::ZERO,
        status: PositionStatus::Open,
        market: "".into(),
        last_fill_id: "",
    };
    let one = Qty::from_whole(1);
    assert_eq!(position(Side::Buy, one).signed_size(), Some(one));
    assert_eq!(position(Side::Sell, one).signed_size(), Some(-one));
    assert_eq!(position(Side::Unknown(3), one).signed_size(), None);
    assert_eq!(position(Side::Unknown(0), Qty::ZERO).signed_size(), Some(Qty::ZERO));
}
