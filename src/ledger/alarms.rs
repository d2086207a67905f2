//! Messages to people that have not arrived yet, kept so that a next start of the same market shows and sends them.

use super::error::LedgerError;
use super::store::Store;
use crate::domain::Wall;
use rusqlite::params;
use std::sync::{Arc, Mutex, PoisonError};

/// The unsent messages of one market. Waits for the disk: not for a thread that trades.
#[derive(Clone, Debug)]
pub struct Alarms {
    pub(super) store: Arc<Mutex<Store>>,
    pub(super) market: String,
}

/// One message that has not arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// The notifier's number of it.
    pub id: u64,
    /// Its words.
    pub text: String,
    /// When it was first meant to be told.
    pub created: Wall,
}

impl Alarms {
    /// Keeps a message until [`Alarms::done`]. One that is known already stays as it is.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn keep(&self, id: u64, text: &str, created: Wall) -> Result<(), LedgerError> {
        let sql = "INSERT INTO alarms (market, id, text, created) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (market, id) DO NOTHING";
        self.with(|store| {
            store.connection.execute(sql, params![self.market, id.cast_signed(), text, created.0]).map(drop)
        })
    }

    /// It arrived. An unknown one is ignored.
    ///
    /// # Errors
    /// When that could not be written.
    pub fn done(&self, id: u64) -> Result<(), LedgerError> {
        let sql = "UPDATE alarms SET delivered = 1 WHERE market = ?1 AND id = ?2";
        self.with(|store| store.connection.execute(sql, params![self.market, id.cast_signed()]).map(drop))
    }

    /// What has not arrived, oldest first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn pending(&self) -> Result<Vec<Unsent>, LedgerError> {
        let sql = "SELECT id, text, created FROM alarms WHERE market = ?1 AND delivered = 0
                   ORDER BY created, id";
        self.with(|store| {
            let mut statement = store.connection.prepare(sql)?;
            let rows = statement.query_map(params![self.market], |row| {
                let (id, text, created): (i64, _, _) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(Unsent { id: id.cast_unsigned(), text, created: Wall(created) })
            });
            rows?.collect()
        })
    }

    fn with<T>(&self, work: impl FnOnce(&Store) -> rusqlite::Result<T>) -> Result<T, LedgerError> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        work(&store).map_err(|cause| store.failed(cause))
    }
}
