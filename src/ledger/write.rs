//! Writes requests into the tables, within a transaction that somebody else begins and commits. Every request has a number
//! within its run, so that one which is written a second time, because nobody knows whether the first time lasted, is found
//! and left alone.

use super::ToLedger;
use super::words::{self, Kind, Word};
use crate::coordinator::journal::{Entry, Record};
use crate::domain::{CycleId, Fill, Wall};
use rusqlite::{Connection, OptionalExtension, Result, params};

/// The process that writes, in one market.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Drawn at random.
    pub id: i64,
    /// Ticker.
    pub market: String,
    /// When it began.
    pub started: Wall,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is kept.
    Kept,
    /// These are the ids that were wanted.
    Reserved(CycleId),
    /// This ledger has counted as far as it can.
    Exhausted,
}

/// `drawn`, or the next number that no earlier run has. The records of two runs under one number would be taken for each
/// other's.
pub(super) fn unused_run(connection: &Connection, drawn: i64) -> Result<i64> {
    let mut id = drawn;
    let mut known = connection.prepare("SELECT 1 FROM runs WHERE id = ?1")?;
    while known.exists([id])? {
        id = id.wrapping_add(1);
    }
    Ok(id)
}

/// Makes the run known, once.
pub(super) fn run(tx: &Connection, run: &Run) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO runs (id, market, started_at, version) VALUES (?1, ?2, ?3, ?4)";
    tx.execute(sql, params![run.id, run.market, run.started.0, env!("CARGO_PKG_VERSION")])?;
    Ok(())
}

/// Writes one request of a run.
pub(super) fn request(
    tx: &Connection,
    tag: u16,
    run: &Run,
    number: i64,
    request: &ToLedger,
) -> Result<Written> {
    match request {
        ToLedger::Keep(entry) => record(tx, run, number, entry).map(|()| Written::Kept),
        ToLedger::Reserve(at, wish) => {
            if let Some(cycle) = reserved_before(tx, run, number)? {
                return Ok(Written::Reserved(cycle));
            }
            let Some(cycle) = next_cycle(tx, tag)? else { return Ok(Written::Exhausted) };
            let record_of_it = Record::Reserved { cycle, wish: *wish };
            record(tx, run, number, &Entry { at: *at, record: record_of_it })?;
            Ok(Written::Reserved(cycle))
        }
    }
}

fn reserved_before(tx: &Connection, run: &Run, number: i64) -> Result<Option<CycleId>> {
    let sql = "SELECT cycle FROM records WHERE run = ?1 AND number = ?2 AND kind = ?3";
    let known = tx.query_row(sql, params![run.id, number, Kind::Reserved.word()], |row| {
        words::Read::cycle(row, "cycle")
    });
    known.optional()
}

/// The one after the last one that any market was given.
fn next_cycle(tx: &Connection, tag: u16) -> Result<Option<CycleId>> {
    let last: Option<i64> = tx.query_row("SELECT max(number) FROM cycles", [], |row| row.get(0))?;
    let last = last.and_then(|number| CycleId::from_number(number.cast_unsigned()));
    Ok(CycleId::new(tag, last.map_or(0, CycleId::count).saturating_add(1)))
}

fn record(tx: &Connection, run: &Run, number: i64, entry: &Entry) -> Result<()> {
    let kind = Kind::of(&entry.record).word();
    let cycle = cycle_of(&entry.record).map(words::cycle);
    let sql = "INSERT INTO records (run, number, at, kind, cycle) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (run, number) DO NOTHING";
    if tx.execute(sql, params![run.id, number, entry.at.0, kind, cycle])? == 0 {
        return Ok(());
    }
    details(tx, run, tx.last_insert_rowid(), entry)
}

fn cycle_of(record: &Record) -> Option<CycleId> {
    match record {
        Record::Reserved { cycle, .. }
        | Record::Released(cycle)
        | Record::Held { cycle, .. }
        | Record::Corrected { cycle, .. }
        | Record::Finished { cycle, .. } => Some(*cycle),
        Record::Sent(intent) => intent.cid.cycle(),
        Record::Filled { fill, .. } => fill.cid.cycle(),
        Record::Busted { cid, .. } | Record::Ended { cid, .. } => cid.cycle(),
        Record::Naked(_) | Record::Failures(_) | Record::Incident { .. } => None,
    }
}

fn details(tx: &Connection, run: &Run, seq: i64, entry: &Entry) -> Result<()> {
    match &entry.record {
        Record::Reserved { cycle, wish } => {
            let sql = "INSERT INTO cycles (number, market, state, reverse, valid_for_us)
                       VALUES (?1, ?2, 'reserved', ?3, ?4) ON CONFLICT (number) DO NOTHING";
            let valid_for = words::micros(wish.valid_for);
            tx.execute(sql, params![words::cycle(*cycle), run.market, wish.reverse, valid_for])?;
        }
        Record::Released(cycle) => end_cycle(tx, *cycle, "released")?,
        Record::Sent(intent) => {
            let sql = "INSERT INTO orders (seq, cid, venue, purpose, side, qty, bound, valid_for_us, sent_at)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (cid) DO NOTHING";
            let (venue, purpose, side) = (intent.venue.word(), intent.purpose.word(), intent.side.word());
            let (cid, qty, bound) = (words::cid(intent.cid), intent.qty.units(), intent.bound.units());
            let valid_for = words::micros(intent.valid_for);
            tx.execute(sql, params![seq, cid, venue, purpose, side, qty, bound, valid_for, entry.at.0])?;
            let opened = "UPDATE cycles SET state = 'open' WHERE number = ?1 AND state = 'reserved'";
            tx.execute(opened, params![intent.cid.cycle().map(words::cycle)])?;
        }
        Record::Filled { venue, fill } => filled(tx, seq, venue.word(), fill)?,
        Record::Busted { venue, cid, key } => {
            let (cid, key) = (words::cid(*cid), words::key(*key));
            let sql = "INSERT INTO busts (seq, cid, venue, key) VALUES (?1, ?2, ?3, ?4)";
            tx.execute(sql, params![seq, cid, venue.word(), key])?;
            let undo = "UPDATE fills SET busted_by = ?1 WHERE cid = ?2 AND key = ?3 AND busted_by IS NULL";
            tx.execute(undo, params![seq, cid, key])?;
        }
        Record::Ended { venue, cid, filled, average, reason } => {
            let sql = "INSERT INTO ends (seq, cid, venue, filled, average, reason)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let (cid, average) = (words::cid(*cid), average.map(|price| price.units()));
            tx.execute(sql, params![seq, cid, venue.word(), filled.units(), average, reason])?;
        }
        Record::Held { qty, entries, .. } => {
            let sql = "INSERT INTO holdings (seq, qty, entry_paradex, entry_lighter) VALUES (?1, ?2, ?3, ?4)";
            let entries = entries.map(|price| price.units());
            tx.execute(sql, params![seq, qty.units(), entries.paradex, entries.lighter])?;
        }
        Record::Corrected { venue, change, .. } => {
            let sql = "INSERT INTO corrections (seq, venue, change) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![seq, venue.word(), change.units()])?;
        }
        Record::Finished { cycle, how, left, volume, fees, result } => {
            let sql = "INSERT INTO finishes (seq, how, left_paradex, left_lighter, volume, fees, result)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let left = left.map(|qty| qty.units());
            let (volume, fees, result) = (volume.units(), fees.units(), result.units());
            let how = how.word();
            tx.execute(sql, params![seq, how, left.paradex, left.lighter, volume, fees, result])?;
            end_cycle(tx, *cycle, "finished")?;
        }
        Record::Naked(begins) => {
            tx.execute("INSERT INTO naked (seq, begins) VALUES (?1, ?2)", params![seq, begins])?;
        }
        Record::Failures(count) => {
            tx.execute("INSERT INTO limits (seq, failures) VALUES (?1, ?2)", params![seq, count])?;
        }
        Record::Incident { kind, text } => {
            let sql = "INSERT INTO incidents (seq, kind, text) VALUES (?1, ?2, ?3)";
            tx.execute(sql, params![seq, kind, text])?;
        }
    }
    Ok(())
}

fn end_cycle(tx: &Connection, cycle: CycleId, state: &str) -> Result<()> {
    tx.execute("UPDATE cycles SET state = ?1 WHERE number = ?2", params![state, words::cycle(cycle)])?;
    Ok(())
}

/// An execution is kept once; that it was reported again is kept too, because a reader of the records has to meet it at
/// that place.
fn filled(tx: &Connection, seq: i64, venue: &str, fill: &Fill) -> Result<()> {
    let sql = "INSERT INTO fills (seq, cid, venue, key, side, qty, price, fee, at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (cid, key) WHERE busted_by IS NULL DO NOTHING";
    let (cid, key, side) = (words::cid(fill.cid), words::key(fill.key), fill.side.word());
    let (qty, price, fee) = (fill.qty.units(), fill.price.units(), fill.fee.units());
    if tx.execute(sql, params![seq, cid, venue, key, side, qty, price, fee, fill.at.0])? == 0 {
        let again = "INSERT INTO repeats (seq, fill)
                     SELECT ?1, seq FROM fills WHERE cid = ?2 AND key = ?3 AND busted_by IS NULL";
        tx.execute(again, params![seq, cid, key])?;
    }
    Ok(())
}
