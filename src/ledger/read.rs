//! From the tables back to the records a new run must know: those of cycles without an end, in the order in which they were
//! emitted, and of the finished ones only what outlives them.

use super::words::{Kind, Read};
use crate::coordinator::journal::{Book, DAY, Entry, Record, Reservation};
use crate::domain::{CycleId, Fill, OrderIntent, PerVenue, Price, Qty, Side, Usd, Venue, Wall};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

/// Which records count for a market. Of finished cycles: the last dust, the last count of failures, exposure from its last
/// end on, and what those of the last day brought.
const RELEVANT: &str = "
    WITH mine AS (SELECT id FROM runs WHERE market = ?1),
         without_end AS (SELECT number FROM cycles WHERE market = ?1 AND state IN ('reserved', 'open'))
    SELECT seq, at, kind, cycle FROM records WHERE cycle IN without_end
    UNION
    SELECT seq, at, kind, cycle FROM records
    WHERE seq IN ((SELECT max(seq) FROM records WHERE kind = 'finished' AND run IN mine),
                  (SELECT max(seq) FROM records WHERE kind = 'failures' AND run IN mine))
       OR (kind = 'finished' AND run IN mine AND at >= ?2)
    UNION
    SELECT seq, at, kind, cycle FROM records
    WHERE kind = 'naked' AND run IN mine
      AND seq >= coalesce((SELECT max(seq) FROM records JOIN naked USING (seq)
                           WHERE kind = 'naked' AND run IN mine AND begins = 0), 0)
    ORDER BY seq";

/// What the records of `market` amount to `now`.
pub(super) fn book(connection: &Connection, market: &str, now: Wall) -> Result<Book> {
    let mut book = Book::new();
    let mut statement = connection.prepare(RELEVANT)?;
    let day = i64::try_from(DAY.as_micros()).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![market, now.0.saturating_sub(day)])?;
    while let Some(row) = rows.next()? {
        if let Some(entry) = entry(connection, row)? {
            book.apply(&entry);
        }
    }
    Ok(book)
}

/// One record with its details. None for an order that was recorded a second time: the first one counts.
fn entry(connection: &Connection, row: &Row<'_>) -> Result<Option<Entry>> {
    let seq: i64 = row.get("seq")?;
    let at = Wall(row.get("at")?);
    let one = |sql: &str, read: fn(&Row<'_>) -> Result<Record>| connection.query_row(sql, [seq], read);
    let record = match row.word::<Kind>("kind")? {
        Kind::Reserved => reserved(connection, row.cycle("cycle")?)?,
        Kind::Released => Record::Released(row.cycle("cycle")?),
        Kind::Sent => {
            let sent = connection.query_row("SELECT * FROM orders WHERE seq = ?1", [seq], sent);
            let Some(sent) = sent.optional()? else { return Ok(None) };
            sent
        }
        Kind::Filled => one(
            "SELECT * FROM fills WHERE seq = coalesce((SELECT fill FROM repeats WHERE seq = ?1), ?1)",
            filled,
        )?,
        Kind::Busted => one("SELECT * FROM busts WHERE seq = ?1", busted)?,
        Kind::Ended => one("SELECT * FROM ends WHERE seq = ?1", ended)?,
        Kind::Held => one("SELECT * FROM holdings JOIN records USING (seq) WHERE seq = ?1", held)?,
        Kind::Corrected => {
            one("SELECT * FROM corrections JOIN records USING (seq) WHERE seq = ?1", corrected)?
        }
        Kind::Finished => one("SELECT * FROM finishes JOIN records USING (seq) WHERE seq = ?1", finished)?,
        Kind::Naked => {
            one("SELECT begins FROM naked WHERE seq = ?1", |row| Ok(Record::Naked(row.get("begins")?)))?
        }
        Kind::Failures => one("SELECT failures FROM limits WHERE seq = ?1", |row| {
            Ok(Record::Failures(row.get("failures")?))
        })?,
        // For people only; see `queries`.
        Kind::Incident => return Ok(None),
    };
    Ok(Some(Entry { at, record }))
}

fn reserved(connection: &Connection, cycle: CycleId) -> Result<Record> {
    let sql = "SELECT reverse, valid_for_us FROM cycles WHERE number = ?1";
    connection.query_row(sql, [super::words::cycle(cycle)], |row| {
        let wish = Reservation { reverse: row.get("reverse")?, valid_for: row.duration("valid_for_us")? };
        Ok(Record::Reserved { cycle, wish })
    })
}

fn sent(row: &Row<'_>) -> Result<Record> {
    Ok(Record::Sent(OrderIntent {
        cid: row.cid("cid")?,
        venue: row.word("venue")?,
        purpose: row.word("purpose")?,
        side: row.word("side")?,
        qty: qty(row, "qty")?,
        bound: price(row, "bound")?,
        valid_for: row.duration("valid_for_us")?,
    }))
}

fn filled(row: &Row<'_>) -> Result<Record> {
    let fill = Fill {
        cid: row.cid("cid")?,
        key: row.key("key")?,
        side: row.word::<Side>("side")?,
        qty: qty(row, "qty")?,
        price: price(row, "price")?,
        fee: usd(row, "fee")?,
        at: Wall(row.get("at")?),
    };
    Ok(Record::Filled { venue: row.word::<Venue>("venue")?, fill })
}

fn busted(row: &Row<'_>) -> Result<Record> {
    Ok(Record::Busted { venue: row.word("venue")?, cid: row.cid("cid")?, key: row.key("key")? })
}

fn ended(row: &Row<'_>) -> Result<Record> {
    Ok(Record::Ended {
        venue: row.word("venue")?,
        cid: row.cid("cid")?,
        filled: qty(row, "filled")?,
        average: row.get::<_, Option<i64>>("average")?.map(Price::from_units),
        reason: row.get("reason")?,
    })
}

fn held(row: &Row<'_>) -> Result<Record> {
    let entries = PerVenue { paradex: price(row, "entry_paradex")?, lighter: price(row, "entry_lighter")? };
    Ok(Record::Held { cycle: row.cycle("cycle")?, qty: qty(row, "qty")?, entries })
}

fn corrected(row: &Row<'_>) -> Result<Record> {
    Ok(Record::Corrected {
        cycle: row.cycle("cycle")?,
        venue: row.word("venue")?,
        change: qty(row, "change")?,
    })
}

fn finished(row: &Row<'_>) -> Result<Record> {
    Ok(Record::Finished {
        cycle: row.cycle("cycle")?,
        how: row.word("how")?,
        left: PerVenue { paradex: qty(row, "left_paradex")?, lighter: qty(row, "left_lighter")? },
        volume: usd(row, "volume")?,
        fees: usd(row, "fees")?,
        result: usd(row, "result")?,
    })
}

fn qty(row: &Row<'_>, column: &str) -> Result<Qty> {
    row.get(column).map(Qty::from_units)
}

fn price(row: &Row<'_>, column: &str) -> Result<Price> {
    row.get(column).map(Price::from_units)
}

fn usd(row: &Row<'_>, column: &str) -> Result<Usd> {
    row.get(column).map(Usd::from_units)
}
