//! What a sequence of records amounts to.

use super::*;
use crate::coordinator::journal::{Finish, Reservation};
use crate::domain::{Fill, OrderIntent, Price, Purpose, Side, TradeKey, Usd};

const WISH: Reservation = Reservation { reverse: false, valid_for: Duration::from_secs(2) };

fn cycle(count: u32) -> CycleId {
    CycleId::new(5, count).expect("in range")
}

fn intent(count: u32, venue: Venue, purpose: Purpose, side: Side, qty: i64) -> OrderIntent {
    OrderIntent {
        cid: ClientOrderId::new(cycle(count), venue, purpose, 0).expect("in range"),
        venue,
        purpose,
        side,
        qty: Qty::from_whole(qty),
        bound: Price::from_whole(100),
        valid_for: WISH.valid_for,
    }
}

fn fill(of: &OrderIntent, key: u8, qty: i64) -> Record {
    let fill = Fill {
        cid: of.cid,
        key: TradeKey::from_text(key, "1"),
        side: of.side,
        qty: Qty::from_whole(qty),
        price: Price::from_whole(100),
        fee: Usd::ZERO,
        at: Wall(0),
    };
    Record::Filled { venue: of.venue, fill }
}

fn ended(of: &OrderIntent, filled: i64) -> Record {
    let filled = Qty::from_whole(filled);
    Record::Ended { venue: of.venue, cid: of.cid, filled, average: None, reason: String::new() }
}

fn reserved(count: u32) -> Record {
    Record::Reserved { cycle: cycle(count), wish: WISH }
}

fn finished(count: u32) -> Record {
    Record::Finished {
        cycle: cycle(count),
        how: Finish::Complete,
        left: PerVenue::default(),
        volume: Usd::ZERO,
        fees: Usd::ZERO,
        result: Usd::ZERO,
    }
}

fn memory(records: &[Record]) -> Memory {
    let mut book = Book::new();
    for (second, record) in records.iter().enumerate() {
        let at = Wall(i64::try_from(second).expect("few") * 1_000_000);
        book.apply(&Entry { at, record: record.clone() });
    }
    book.memory(5, Wall(100_000_000))
}

#[test]
fn an_order_without_an_end_leaves_its_cycle_open_with_what_its_fills_say() {
    let order = intent(1, Venue::Lighter, Purpose::Open, Side::Sell, 3);
    let known = memory(&[reserved(1), Record::Sent(order), fill(&order, 1, 2), fill(&order, 1, 2)]);
    assert_eq!(known.cycles.len(), 1);
    assert_eq!(known.cycles[0].net, PerVenue { paradex: Qty::ZERO, lighter: Qty::from_whole(-2) });
    assert_eq!(known.cycles[0].orders[0].ended, None);
}

#[test]
fn an_end_counts_what_its_fills_did_not_tell_and_late_fills_count_no_more() {
    let order = intent(1, Venue::Paradex, Purpose::Open, Side::Buy, 3);
    let records =
        [reserved(1), Record::Sent(order), fill(&order, 1, 1), ended(&order, 3), fill(&order, 2, 2)];
    assert_eq!(memory(&records).cycles[0].net.paradex, Qty::from_whole(3));
}

#[test]
fn a_busted_fill_takes_its_size_back_before_and_after_the_end_of_its_order() {
    let order = intent(1, Venue::Paradex, Purpose::Open, Side::Buy, 3);
    let bust = Record::Busted { venue: Venue::Paradex, cid: order.cid, key: TradeKey::from_text(1, "1") };
    let live = [reserved(1), Record::Sent(order), fill(&order, 1, 1), bust.clone()];
    assert_eq!(memory(&live).cycles[0].net.paradex, Qty::ZERO);
    let over = [reserved(1), Record::Sent(order), fill(&order, 1, 3), ended(&order, 3), bust];
    assert_eq!(memory(&over).cycles[0].net.paradex, Qty::ZERO);
}

#[test]
fn finished_and_released_cycles_are_forgotten_and_the_one_reserved_ahead_stays() {
    let order = intent(1, Venue::Paradex, Purpose::Open, Side::Buy, 3);
    let records = [reserved(1), Record::Sent(order), reserved(2), ended(&order, 3), finished(1)];
    let known = memory(&records);
    assert_eq!(known.cycles.iter().map(|open| open.id).collect::<Vec<_>>(), [cycle(2)]);
    assert_eq!(memory(&[reserved(1), Record::Released(cycle(1))]).cycles, []);
}

#[test]
fn records_of_a_cycle_whose_beginning_is_missing_count_for_nothing() {
    let order = intent(1, Venue::Paradex, Purpose::Open, Side::Buy, 3);
    let known = memory(&[reserved(2), fill(&order, 1, 2), ended(&order, 3)]);
    assert_eq!(known.cycles[0].net, PerVenue::default());
}

#[test]
fn ages_come_from_the_wall_clock_and_naked_time_counts_from_its_first_moment() {
    let held = Record::Held {
        cycle: cycle(1),
        qty: Qty::from_whole(1),
        entries: PerVenue::from_fn(|_| Price::from_whole(100)),
    };
    let known = memory(&[reserved(1), held, Record::Naked(true), Record::Naked(true)]);
    assert_eq!(known.cycles[0].held.map(|held| held.age), Some(Duration::from_secs(99)));
    assert_eq!(known.naked_for, Some(Duration::from_secs(98)));
    assert_eq!(memory(&[Record::Naked(true), Record::Naked(false)]).naked_for, None);
}
