//! What is kept survives: kill -9, full and locked disks, several processes at once, damaged files. And what a new run is
//! told is exactly what the records amount to.

mod child;
mod failing;
mod files;
mod kept;
mod killed;
mod same_as_book;

use hedge_fast::coordinator::journal::{Entry, LedgerReport, Record, Reservation};
use hedge_fast::domain::{
    ClientOrderId, CycleId, Fill, OrderIntent, Price, Purpose, Qty, Side, TradeKey, Usd, Venue, Wall,
};
use hedge_fast::ledger::{Birth, Ledger, LedgerLink, ToLedger};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::Duration;

const ACCOUNT: &str = "Paradex example 0x1, Lighter example 7";
const WISH: Reservation = Reservation { reverse: false, valid_for: Duration::from_secs(2) };
/// Longest anything here may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Different for every call and process, as real entropy is.
fn birth() -> Birth {
    let half = || RandomState::new().build_hasher().finish().to_be_bytes();
    let entropy = [half(), half()].concat().try_into().expect("two halves");
    Birth { now: Wall(1_000_000), entropy }
}

fn open(dir: &Path) -> Ledger {
    Ledger::open(dir, ACCOUNT, birth()).expect("a ledger")
}

/// The only database below a state folder.
fn file(dir: &Path) -> PathBuf {
    let folder = std::fs::read_dir(dir.join("ledger")).expect("a folder");
    let mut paths = folder.map(|entry| entry.expect("an entry").path());
    paths.find(|path| path.extension().is_some_and(|end| end == "sqlite")).expect("a file")
}

fn keep(link: &LedgerLink, at: i64, record: Record) {
    link.requests.send(ToLedger::Keep(Entry { at: Wall(at), record })).expect("the thread lives");
}

fn note(link: &LedgerLink, number: usize) {
    keep(link, 1, Record::Incident { kind: "note", text: number.to_string() });
}

/// The numbers of all notes, in the order in which they were kept.
fn notes(ledger: &Ledger) -> Vec<usize> {
    let incidents = ledger.incidents_since(Wall(0)).expect("readable");
    incidents.iter().map(|incident| incident.text.trim().parse().expect("a number")).collect()
}

fn ask(link: &LedgerLink) {
    link.requests.send(ToLedger::Reserve(Wall(5), WISH)).expect("the thread lives");
}

fn report(link: &LedgerLink) -> LedgerReport {
    link.reports.recv_timeout(PATIENCE).expect("a report in time")
}

fn reserved(link: &LedgerLink) -> CycleId {
    ask(link);
    match report(link) {
        LedgerReport::Reserved(cycle) => cycle,
        other @ (LedgerReport::Failing(_) | LedgerReport::Working) => panic!("{other:?}"),
    }
}

fn order(cycle: CycleId, venue: Venue, purpose: Purpose, side: Side, qty: i64) -> OrderIntent {
    OrderIntent {
        cid: ClientOrderId::new(cycle, venue, purpose, 0).expect("in range"),
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
        key: TradeKey::from_text(key, "a-trade"),
        side: of.side,
        qty: Qty::from_whole(qty),
        price: Price::from_whole(100),
        fee: Usd::from_units(3),
        at: Wall(7),
    };
    Record::Filled { venue: of.venue, fill }
}
