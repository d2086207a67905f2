//! Market data: deltas rebuild the book, numbers rise as promised, every encoding says the same; money is conserved.

use super::desk::{BTC, Desk, Ticket, options, qty};
use crate::domain::{Price, Qty, Side, Usd};
use crate::sim::paradex::model::Symbol;
use crate::sim::paradex::{ParadexOptions, PlainPublic, Switches};
use crate::venue::paradex::sbe::{self, Message, PkgType};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A book kept from deltas, as a client keeps it.
#[derive(Default)]
struct Kept {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    seq: Option<i64>,
}

impl Kept {
    fn take(&mut self, frame: &[u8]) {
        let Ok(Message::Book(book)) = sbe::decode(frame) else { panic!("a book frame") };
        assert_eq!(book.market, BTC);
        if book.pkg_type == PkgType::Snapshot {
            assert!(self.seq.is_none(), "one snapshot per subscription");
        } else {
            assert_eq!(Some(book.seq - 1), self.seq, "deltas rise by exactly one");
        }
        self.seq = Some(book.seq);
        for (side, levels) in [(&mut self.bids, book.bids), (&mut self.asks, book.asks)] {
            for level in levels.iter() {
                if level.size.is_zero() {
                    assert!(side.remove(&level.price).is_some(), "only known levels are removed");
                } else {
                    side.insert(level.price, level.size);
                }
            }
        }
        let (bid, ask) = (self.bids.last_key_value(), self.asks.first_key_value());
        assert!(bid.expect("a bid").0 < ask.expect("an ask").0, "never crossed");
    }
}

#[test]
fn deltas_rebuild_the_book_in_every_version() {
    for version in 0..=2 {
        let mut desk = Desk::new(options());
        let mut client = desk.pro(1001);
        desk.wait(1_234);
        let public = desk.connect(&format!("sbeSchemaId=1&sbeSchemaVersion={version}")).expect("an upgrade");
        desk.subscribe(public, "order_book.BTC-USD-PERP.deltas");
        for round in 0..20 {
            desk.wait(150);
            let (bid, ask) = (desk.touch().0.0, desk.touch().1.0);
            let inside = Ticket::limit(Side::Buy, qty("0.003"), bid + Price::from_units(10_000_000), "GTC");
            let taking = Ticket::limit(Side::Buy, qty("0.03"), ask, "IOC");
            desk.place(&mut client, if round % 2 == 0 { &inside } else { &taking }).expect("taken");
        }
        let mut kept = Kept::default();
        for frame in desk.take_binary(public) {
            kept.take(&frame);
        }
        let market = desk.sim.exchange().market(Symbol::Btc);
        let (bids, asks) = market.shown();
        let worst_first = |levels: &[(Price, Qty)]| levels.iter().copied().collect::<BTreeMap<_, _>>();
        assert_eq!((kept.bids, kept.asks), (worst_first(bids), worst_first(asks)));
        assert_eq!(kept.seq, Some(market.touch().seq));
    }
}

#[test]
fn a_quote_is_sent_when_the_touch_moves_and_carries_the_books_number() {
    let mut desk = Desk::new(options());
    let public = desk.connect("sbeSchemaId=1&sbeSchemaVersion=1").expect("an upgrade");
    desk.subscribe(public, "bbo.BTC-USD-PERP");
    assert!(desk.take_binary(public).is_empty(), "nothing is sent at subscribe");
    desk.wait(10_000);
    let mut last: Option<(i64, [i64; 4])> = None;
    for frame in desk.take_binary(public) {
        let Ok(Message::Bbo(quote)) = sbe::decode(&frame) else { panic!("a BBO") };
        let touch = [
            quote.bid_price.expect("a bid").units(),
            quote.bid_size.expect("a size").units(),
            quote.ask_price.expect("an ask").units(),
            quote.ask_size.expect("a size").units(),
        ];
        if let Some((seq, before)) = last {
            assert!(quote.seq > seq && touch != before);
        }
        last = Some((quote.seq, touch));
    }
    let (seq, [bid, ..]) = last.expect("quotes");
    let shown: Value =
        serde_json::from_slice(&desk.http("GET", "/bbo/BTC-USD-PERP", &[], "").body).expect("JSON");
    assert!(shown["seq_no"].as_i64().is_some_and(|now| now >= seq));
    assert_eq!(shown["bid"], Price::from_units(bid).to_string());
}

#[test]
fn periodic_books_have_fifteen_levels_and_keep_their_pace() {
    let mut desk = Desk::new(options());
    let public = desk.connect("sbeSchemaId=1&sbeSchemaVersion=1").expect("an upgrade");
    desk.subscribe(public, "order_book.BTC-USD-PERP.interactive@15@400ms");
    desk.subscribe(public, "order_book.ETH-USD-PERP.snapshot@15@100ms@0_1");
    desk.wait(4_000);
    let mut counts = BTreeMap::new();
    for frame in desk.take_binary(public) {
        let Ok(Message::Book(book)) = sbe::decode(&frame) else { panic!("a book") };
        assert_eq!(book.pkg_type, PkgType::Snapshot);
        assert!(book.bids.len() <= 15 && book.asks.len() <= 15);
        if book.market == "ETH-USD-PERP" {
            let tick = Price::from_units(10_000_000);
            assert!(book.bids.iter().chain(book.asks.iter()).all(|level| level.price.is_multiple_of(tick)));
        } else {
            assert_eq!(book.bids.len(), 15);
        }
        *counts.entry(book.market.to_string()).or_insert(0) += 1;
    }
    assert!((9..=11).contains(&counts["BTC-USD-PERP"]), "{counts:?}");
    assert!((35..=41).contains(&counts["ETH-USD-PERP"]), "{counts:?}");
}

#[test]
fn private_payloads_say_the_same_in_json_and_in_sbe() {
    let switches = Switches { private_sbe: true, ..Switches::default() };
    let mut desk = Desk::new(ParadexOptions { switches, ..options() });
    let mut client = desk.pro(1001);
    let binary = desk.connect("sbeSchemaId=1&sbeSchemaVersion=2").expect("an upgrade");
    desk.rpc(binary, "auth", json!({"bearer": client.token})).expect("a sign-in");
    for conn in [client.conn, binary] {
        for channel in ["orders.ALL", "fills.ALL", "positions", "account"] {
            desk.subscribe(conn, channel);
        }
    }
    let ask = desk.touch().1.0;
    desk.place(&mut client, &Ticket::limit(Side::Buy, qty("0.02"), ask, "IOC")).expect("taken");
    let (orders, fills) = (desk.take(client.conn, "orders.ALL"), desk.take(client.conn, "fills.ALL"));
    let (positions, accounts) = (desk.take(client.conn, "positions"), desk.take(client.conn, "account"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (mut order_at, mut fill_at) = (0, 0);
    for frame in desk.take_binary(binary) {
        match sbe::decode(&frame).expect("a frame") {
            Message::Order(order) => {
                let json = &orders[order_at];
                assert_eq!(
                    (order.order_id, order.client_order_id),
                    (&*text(&json["id"]), &*text(&json["client_id"]))
                );
                assert_eq!(order.status.word(), json["status"].as_str());
                assert_eq!(order.size_open.to_string(), text(&json["remaining_size"]));
                assert_eq!(order.seq, json["seq_no"].as_i64().expect("a number"));
                order_at += 1;
            }
            Message::Fill(fill) => {
                let json = &fills[fill_at];
                assert_eq!((fill.fill_id, fill.fee.to_string()), (&*text(&json["id"]), text(&json["fee"])));
                assert_eq!(
                    (fill.price.to_string(), fill.size.to_string()),
                    (text(&json["price"]), text(&json["size"]))
                );
                fill_at += 1;
            }
            Message::Position(position) => {
                assert_eq!(position.size.to_string(), text(&positions[0]["size"]));
                assert_eq!(position.avg_entry_price.to_string(), text(&positions[0]["average_entry_price"]));
            }
            Message::Account(account) => {
                assert_eq!(account.free_collateral.to_string(), text(&accounts[0]["free_collateral"]));
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!((order_at, fill_at), (orders.len(), fills.len()));
}

#[test]
fn a_plain_connection_gets_public_json_only_by_switch() {
    let switches =
        Switches { plain_public: PlainPublic::Json, bbo_at_subscribe: true, ..Switches::default() };
    let mut desk = Desk::new(ParadexOptions { switches, ..options() });
    let plain = desk.connect("").expect("an upgrade");
    desk.subscribe(plain, "bbo.BTC");
    let first = desk.take(plain, "bbo.BTC");
    assert_eq!(first[0]["market"], BTC);
    desk.wait(1_000);
    assert!(!desk.take(plain, "bbo.BTC").is_empty());
    let switches = Switches { plain_public: PlainPublic::Silence, ..Switches::default() };
    let mut desk = Desk::new(ParadexOptions { switches, ..options() });
    let plain = desk.connect("").expect("an upgrade");
    desk.subscribe(plain, "bbo.BTC");
    desk.wait(1_000);
    assert!(desk.sent.is_empty(), "{:?}", desk.sent);
}

#[test]
fn two_runs_of_one_seed_are_the_same_to_the_byte() {
    let run = || {
        let mut desk = Desk::new(options());
        let mut client = desk.retail(1001);
        let public = desk.connect("sbeSchemaId=1&sbeSchemaVersion=2").expect("an upgrade");
        desk.subscribe(public, "bbo.ALL");
        desk.subscribe(client.conn, "orders.ALL");
        let ask = desk.touch().1.0;
        desk.place(&mut client, &Ticket::limit(Side::Buy, qty("0.01"), ask, "IOC")).expect("taken");
        desk.wait(3_000);
        desk.sent
    };
    assert_eq!(run(), run());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever two accounts do, what one wins another loses: only rounding of 1e-8 per fill goes astray.
    #[test]
    fn value_is_conserved(
        moves in proptest::collection::vec((0usize..2, any::<bool>(), 1i64..400, -300i64..300, 0usize..3, 0u64..400), 1..25)
    ) {
        let mut desk = Desk::new(options());
        let mut clients = [desk.pro(1001), desk.retail(1002)];
        for (who, buy, size, ppm, instruction, wait) in moves {
            let side = if buy { Side::Buy } else { Side::Sell };
            let (bid, ask) = (desk.touch().0.0, desk.touch().1.0);
            let base = if buy { ask } else { bid };
            let price = base.scaled_ppm(ppm).floor_to(Price::from_units(10_000_000));
            let instruction = ["GTC", "IOC", "POST_ONLY"][instruction];
            let ticket = Ticket::limit(side, Qty::from_units(size * 100_000), price, instruction);
            let _ = desk.place(&mut clients[who], &ticket);
            desk.wait(wait);
        }
        let exchange = desk.sim.exchange();
        let accounts = exchange.accounts().iter().chain([exchange.house()]);
        let mut worth = exchange.fees;
        let mut held = Qty::ZERO;
        for account in accounts {
            worth = worth + exchange.margin(account.owner, None).value;
            held = held + account.position(Symbol::Btc).state.qty;
        }
        prop_assert_eq!(held, Qty::ZERO, "every long has a short");
        let lost = (worth - Usd::from_whole(200_000)).abs();
        prop_assert!(lost.units() < 2_000, "{} went astray", lost);
    }
}
