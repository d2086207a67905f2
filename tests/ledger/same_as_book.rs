//! Whatever is recorded, in two markets at once and over restarts: what the ledger tells a new run is what the same records
//! amount to in memory.

use super::{ACCOUNT, birth, report};
use hedge_fast::coordinator::journal::{Book, Entry, Finish, LedgerReport, Record, Reservation};
use hedge_fast::domain::{
    ClientOrderId, CycleId, Fill, OrderIntent, PerVenue, Price, Purpose, Qty, Side, TradeKey, Usd, Venue,
    Wall,
};
use hedge_fast::ledger::{Ledger, LedgerLink, ToLedger};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

const MARKETS: [&str; 2] = ["BTC", "ETH"];

/// Numbers from which a step is made; what they mean depends on what was reserved so far.
#[derive(Clone, Copy, Debug)]
struct Dice {
    what: u8,
    market: usize,
    cycle: usize,
    order: u8,
    amount: i64,
    at: i64,
}

fn dice() -> impl Strategy<Value = Dice> {
    // Few orders and executions, so that they meet again.
    (0u8..100, 0usize..2, 0usize..6, 0u8..6, -5i64..6, 0i64..1_000)
        .prop_map(|(what, market, cycle, order, amount, at)| Dice { what, market, cycle, order, amount, at })
}

/// One process after another that trades both markets, and the books that saw the same.
struct Bench<'a> {
    dir: &'a Path,
    ledger: Option<Ledger>,
    links: Vec<LedgerLink>,
    books: [Book; 2],
    cycles: [Vec<CycleId>; 2],
}

impl<'a> Bench<'a> {
    fn new(dir: &'a Path) -> Self {
        let mut bench = Self {
            dir,
            ledger: None,
            links: Vec::new(),
            books: [Book::new(), Book::new()],
            cycles: [Vec::new(), Vec::new()],
        };
        bench.start();
        bench
    }

    fn start(&mut self) {
        let mut ledger = Ledger::open(self.dir, ACCOUNT, birth()).expect("a ledger");
        self.links = MARKETS.map(|market| ledger.link(market).expect("a thread")).into();
        self.ledger = Some(ledger);
    }

    fn step(&mut self, dice: Dice) {
        match dice.what {
            0..12 => self.reserve(dice),
            12..16 => {
                self.ledger.take().expect("running").finish().expect("the disk works");
                self.start();
                self.compare();
            }
            _ => {
                let record = record(dice, self.cycle(dice));
                let entry = Entry { at: Wall(dice.at * 1_000_000), record };
                self.books[dice.market].apply(&entry);
                self.links[dice.market].requests.send(ToLedger::Keep(entry)).expect("the thread lives");
            }
        }
    }

    fn reserve(&mut self, dice: Dice) {
        let valid_for = Duration::from_micros(dice.amount.unsigned_abs());
        let (at, wish) = (Wall(dice.at), Reservation { reverse: dice.amount > 0, valid_for });
        let link = &self.links[dice.market];
        link.requests.send(ToLedger::Reserve(at, wish)).expect("the thread lives");
        let LedgerReport::Reserved(cycle) = report(link) else { panic!("the disk works") };
        self.books[dice.market].apply(&Entry { at, record: Record::Reserved { cycle, wish } });
        self.cycles[dice.market].push(cycle);
    }

    /// Mostly one of this market, the newest more often than others; also one that nobody reserved.
    fn cycle(&self, dice: Dice) -> CycleId {
        let own = &self.cycles[dice.market];
        let known = own.len().checked_sub(1 + dice.cycle).and_then(|index| own.get(index));
        known.copied().unwrap_or(CycleId::new(1, 77).expect("in range"))
    }

    fn compare(&self) {
        let ledger = self.ledger.as_ref().expect("running");
        for (market, book) in MARKETS.iter().zip(&self.books) {
            let now = Wall(500_000_000);
            let told = ledger.memory(market, now).expect("readable");
            assert_eq!(told, book.memory(told.ledger, now), "{market}");
        }
    }
}

fn record(dice: Dice, cycle: CycleId) -> Record {
    let Dice { what, order, amount, .. } = dice;
    let venue = Venue::ALL[usize::from(order % 2)];
    let purpose = Purpose::ALL[usize::from(order / 2)];
    let cid = ClientOrderId::new(cycle, venue, purpose, 0).expect("in range");
    let side = if order % 3 == 0 { Side::Buy } else { Side::Sell };
    let qty = Qty::from_units(amount.abs() + 1);
    let price = Price::from_units(amount + 100);
    // Of each order two executions at most: they are reported again, and before their order, as they are after a crash.
    let part = amount.rem_euclid(2);
    let (key, filled) = (TradeKey::from_text(order, &part.to_string()), Qty::from_units(part + 1));
    match what {
        16..30 => {
            let valid_for = Duration::from_micros(dice.at.unsigned_abs());
            Record::Sent(OrderIntent { cid, venue, purpose, side, qty, bound: price, valid_for })
        }
        30..50 => {
            let (fee, at, price) = (Usd::from_units(part), Wall(part), Price::from_units(part + 7));
            Record::Filled { venue, fill: Fill { cid, key, side, qty: filled, price, fee, at } }
        }
        50..60 => Record::Busted { venue, cid, key },
        60..68 => {
            let average = (amount > 0).then_some(price);
            Record::Ended { venue, cid, filled: qty, average, reason: format!("word {amount}") }
        }
        68..74 => {
            let entries = PerVenue { paradex: price, lighter: price + price };
            Record::Held { cycle, qty, entries }
        }
        74..80 => Record::Corrected { cycle, venue, change: Qty::from_units(amount) },
        80..85 => {
            let left = PerVenue { paradex: Qty::from_units(amount), lighter: Qty::from_units(-2 * amount) };
            let how = [Finish::Complete, Finish::RolledBack, Finish::Nothing, Finish::Recovered];
            let how = how[usize::from(order) % 4];
            Record::Finished { cycle, how, left, volume: Usd::ZERO, fees: Usd::ZERO, result: Usd::ZERO }
        }
        85..88 => Record::Released(cycle),
        88..93 => Record::Naked(amount > 0),
        93..97 => Record::Failures(u32::from(order)),
        _ => Record::Incident { kind: "word", text: amount.to_string() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_new_run_is_told_is_what_the_records_amount_to(steps in prop::collection::vec(dice(), 1..120)) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut bench = Bench::new(dir.path());
        for dice in steps {
            bench.step(dice);
        }
        bench.step(Dice { what: 12, market: 0, cycle: 0, order: 0, amount: 0, at: 0 });
    }
}
