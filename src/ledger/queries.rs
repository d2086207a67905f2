//! Questions to what was kept, for reports, limits and proofs. They change nothing.

use super::Ledger;
use super::error::LedgerError;
use super::words::Read;
use crate::domain::{ClientOrderId, Qty, Usd, Venue, Wall};
use rusqlite::{Row, params};

/// Money of finished cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cycles that were opened, held and closed.
    pub complete: u64,
    /// All that ended, however.
    pub finished: u64,
    /// Traded value over both venues.
    pub volume: Usd,
    /// Fees paid over both venues.
    pub fees: Usd,
    /// Cash result, fees taken off.
    pub result: Usd,
}

/// An incident as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastIncident {
    /// When.
    pub at: Wall,
    /// In which market.
    pub market: String,
    /// What kind, one word.
    pub kind: String,
    /// In words.
    pub text: String,
}

/// An order with what is known of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderResult {
    /// Which.
    pub cid: ClientOrderId,
    /// Where.
    pub venue: Venue,
    /// Its size.
    pub qty: Qty,
    /// When it was handed to the venue.
    pub sent_at: Wall,
    /// Whether its end is recorded.
    pub ended: bool,
    /// What is recorded as filled.
    pub filled: Qty,
}

impl Ledger {
    /// When orders were handed to `venue` from `since` on, by all markets of these accounts, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn orders_sent_since(&self, venue: Venue, since: Wall) -> Result<Vec<Wall>, LedgerError> {
        let sql = "SELECT sent_at FROM orders WHERE venue = ?1 AND sent_at >= ?2 ORDER BY sent_at";
        let venue = super::words::Word::word(venue);
        self.list(sql, params![venue, since.0], |row| row.get(0).map(Wall))
    }

    /// Money of the cycles that ended from `since` on, of one market or of all.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn totals(&self, market: Option<&str>, since: Option<Wall>) -> Result<Totals, LedgerError> {
        let sql = "SELECT count(*) FILTER (WHERE how = 'complete') AS complete, count(*) AS finished,
                          coalesce(sum(volume), 0) AS volume, coalesce(sum(fees), 0) AS fees,
                          coalesce(sum(result), 0) AS result
                   FROM cycle_results
                   WHERE how IS NOT NULL AND (?1 IS NULL OR market = ?1) AND finished_at >= ?2";
        let since = since.map_or(i64::MIN, |since| since.0);
        let found = self.list(sql, params![market, since], |row| {
            let count = |column| row.get(column).map(i64::cast_unsigned);
            let amount = |column| row.get(column).map(Usd::from_units);
            Ok(Totals {
                complete: count("complete")?,
                finished: count("finished")?,
                volume: amount("volume")?,
                fees: amount("fees")?,
                result: amount("result")?,
            })
        });
        Ok(found?.first().copied().unwrap_or_default())
    }

    /// Incidents of all markets from `since` on, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn incidents_since(&self, since: Wall) -> Result<Vec<PastIncident>, LedgerError> {
        let sql = "SELECT records.at, market, incidents.kind, text
                   FROM incidents JOIN records USING (seq) JOIN runs ON runs.id = run
                   WHERE records.at >= ?1 ORDER BY seq";
        self.list(sql, params![since.0], |row| {
            let (at, market, kind, text) = (Wall(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(PastIncident { at, market, kind, text })
        })
    }

    /// Every order of these accounts in the order in which they were recorded.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn order_results(&self) -> Result<Vec<OrderResult>, LedgerError> {
        let sql = "SELECT order_results.* FROM order_results JOIN orders USING (cid) ORDER BY orders.seq";
        self.list(sql, [], |row| {
            Ok(OrderResult {
                cid: row.cid("cid")?,
                venue: row.word("venue")?,
                qty: row.get("qty").map(Qty::from_units)?,
                sent_at: row.get("sent_at").map(Wall)?,
                ended: row.get("ended")?,
                filled: row.get("filled").map(Qty::from_units)?,
            })
        })
    }

    fn list<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, LedgerError> {
        let store = self.store();
        let all =
            || store.connection.prepare(sql)?.query_map(values, read)?.collect::<rusqlite::Result<Vec<_>>>();
        all().map_err(|cause| store.failed(cause))
    }
}
