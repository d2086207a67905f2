//! One open database: how it is opened, checked and set up, and the one way in which requests get into it.

use super::error::LedgerError;
use super::migrations::{self, Mismatch};
use super::place::Place;
use super::schema::{APPLICATION, STEPS};
use super::write::{self, Run, Written};
use super::{Birth, ToLedger};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Tries to open a file that another process holds, or sets up at this moment: the database does not wait by itself for
/// everything that setting up needs.
const OPENING_TRIES: u32 = 100;
/// How long each of them waits, and the pause after it.
const OPENING_WAITS: Duration = Duration::from_millis(50);
/// How long a transaction waits for one. Another market's commit takes milliseconds.
const WRITING_WAITS: Duration = Duration::from_millis(500);

/// An open ledger.
#[derive(Debug)]
pub(super) struct Store {
    pub connection: Connection,
    /// None in memory.
    place: Option<Place>,
    tag: u16,
}

impl Store {
    /// The file of these accounts, made if there is none.
    pub(super) fn in_file(dir: &Path, account: &str, birth: &Birth) -> Result<Self, LedgerError> {
        let place = Place::prepare(dir, account)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let failed = |cause| LedgerError::of(&place.path, cause);
        let mut connection = Connection::open_with_flags(&place.path, flags).map_err(failed)?;
        let tag = set_up(&mut connection, &place.path, account, birth)?;
        Ok(Self { connection, place: Some(place), tag })
    }

    /// The same tables in memory, for accounts that live and die with the process.
    pub(super) fn in_memory(account: &str, birth: &Birth) -> Result<Self, LedgerError> {
        let failed = |cause| LedgerError::of(&memory(), cause);
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        let tag = set_up(&mut connection, &memory(), account, birth)?;
        Ok(Self { connection, place: None, tag })
    }

    /// What tells this ledger's ids from others.
    pub(super) fn tag(&self) -> u16 {
        self.tag
    }

    /// Sorts an error of this database.
    pub(super) fn failed(&self, cause: rusqlite::Error) -> LedgerError {
        LedgerError::of(&self.place.as_ref().map_or_else(memory, |place| place.path.clone()), cause)
    }

    /// Writes numbered requests of a run, all or none. When this returns, they are on disk.
    pub(super) fn write(
        &mut self,
        run: &Run,
        requests: &[(i64, ToLedger)],
    ) -> Result<Vec<Written>, LedgerError> {
        if let Some(place) = self.place.as_ref().filter(|place| !place.is_there()) {
            return Err(LedgerError::Gone { path: place.path.clone() });
        }
        let tag = self.tag;
        let mut all = || {
            if !self.connection.is_autocommit() {
                // An earlier failure could not even be undone.
                self.connection.execute_batch("ROLLBACK")?;
            }
            let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            write::run(&tx, run)?;
            let each =
                requests.iter().map(|(number, request)| write::request(&tx, tag, run, *number, request));
            let written = each.collect::<rusqlite::Result<Vec<_>>>()?;
            tx.commit()?;
            Ok(written)
        };
        all().map_err(|cause| self.failed(cause))
    }
}

/// What errors call a database without a file.
fn memory() -> PathBuf {
    PathBuf::from(":memory:")
}

/// [`set_up_once`], again while another process is in the way.
fn set_up(
    connection: &mut Connection,
    path: &Path,
    account: &str,
    birth: &Birth,
) -> Result<u16, LedgerError> {
    for _ in 1..OPENING_TRIES {
        match set_up_once(connection, path, account, birth) {
            Err(LedgerError::Failed { cause, .. })
                if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
            {
                std::thread::sleep(OPENING_WAITS);
            }
            result => return result,
        }
    }
    set_up_once(connection, path, account, birth)
}

/// Checks, sets up and brings to the present what was opened; returns the ledger's tag.
fn set_up_once(
    connection: &mut Connection,
    path: &Path,
    account: &str,
    birth: &Birth,
) -> Result<u16, LedgerError> {
    let failed = |cause| LedgerError::of(path, cause);
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let mismatch = |mismatch| match mismatch {
        Mismatch::Newer(found) => LedgerError::Newer { path: path.to_owned(), found, known },
        Mismatch::Foreign => LedgerError::Foreign { path: path.to_owned() },
    };
    connection.busy_timeout(OPENING_WAITS).map_err(failed)?;
    let found = migrations::version(connection, APPLICATION, known).map_err(failed)?.map_err(mismatch)?;
    if found > 0 {
        check(connection, path)?;
    }
    // A committed record is on disk (FULL), and who reads does not keep others from writing (WAL).
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "foreign_keys", "ON").map_err(failed)?;
    // A ledger that is up to date is only read here: a full disk keeps nobody from learning what is open.
    if found < known {
        migrations::migrate(connection, APPLICATION, STEPS).map_err(failed)?.map_err(mismatch)?;
    }
    let (tag, owner) = identity(connection, account, birth).map_err(failed)?;
    if owner != account {
        let (found, wanted) = (owner, account.to_owned());
        return Err(LedgerError::OtherAccount { path: path.to_owned(), found, wanted });
    }
    connection.busy_timeout(WRITING_WAITS).map_err(failed)?;
    Ok(tag)
}

/// Reads every page once.
fn check(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|cause| LedgerError::of(path, cause))?;
    if found == "ok" { Ok(()) } else { Err(LedgerError::Damaged { path: path.to_owned(), cause: found }) }
}

/// Tag and account of the ledger, drawn and written now if it is new.
fn identity(connection: &Connection, account: &str, birth: &Birth) -> rusqlite::Result<(u16, String)> {
    let sql = "SELECT tag, account FROM ledger";
    let read = || connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
    if let Some(known) = read().optional()? {
        return Ok(known);
    }
    let sql = "INSERT OR IGNORE INTO ledger (id, tag, account, created_at) VALUES (1, ?1, ?2, ?3)";
    connection.execute(sql, params![birth.tag(), account, birth.now.0])?;
    read()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Wall;

    /// What keeps a commit over a power failure. No test can pull the plug; this one keeps the settings.
    #[test]
    fn a_commit_waits_for_the_disk() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::in_file(dir.path(), "a", &Birth { now: Wall(1), entropy: [7; 16] }).expect("new");
        let text = |name| store.connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
        let number = |name| store.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        assert_eq!(text("journal_mode").expect("readable"), "wal");
        assert_eq!(number("synchronous").expect("readable"), 2, "FULL");
        assert_eq!(number("foreign_keys").expect("readable"), 1);
    }

    #[test]
    fn a_write_that_failed_halfway_leaves_nothing_and_can_be_repeated_whole() {
        let mut store = Store::in_memory("a", &Birth { now: Wall(1), entropy: [7; 16] }).expect("memory");
        let run = Run { id: 9, market: "BTC".to_owned(), started: Wall(1) };
        let wish = crate::coordinator::journal::Reservation { reverse: false, valid_for: WRITING_WAITS };
        let requests = [(1, ToLedger::Reserve(Wall(2), wish)), (2, ToLedger::Reserve(Wall(3), wish))];
        let counts = |store: &Store| {
            let sql = "SELECT (SELECT count(*) FROM records), (SELECT count(*) FROM cycles)";
            store.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("counted")
        };
        // The second request meets a rule that is not ours.
        let trigger = "CREATE TRIGGER t BEFORE INSERT ON records WHEN NEW.number = 2 BEGIN SELECT RAISE(ABORT, 'full'); END";
        store.connection.execute_batch(trigger).expect("a trigger");
        store.write(&run, &requests).expect_err("refused");
        assert_eq!(counts(&store), (0, 0));
        store.connection.execute_batch("DROP TRIGGER t").expect("dropped");
        let written = store.write(&run, &requests).expect("works");
        assert_eq!(counts(&store), (2, 2));
        // Nobody knew that it had worked: the same answers, and nothing twice.
        assert_eq!(store.write(&run, &requests).expect("works"), written);
        assert_eq!(counts(&store), (2, 2));
    }

    #[test]
    fn a_ledger_that_has_counted_to_its_end_says_so() {
        let mut store = Store::in_memory("a", &Birth { now: Wall(1), entropy: [7; 16] }).expect("memory");
        let run = Run { id: 9, market: "BTC".to_owned(), started: Wall(1) };
        let wish = crate::coordinator::journal::Reservation { reverse: false, valid_for: WRITING_WAITS };
        let last = i64::from(store.tag()) << 24 | ((1 << 24) - 2);
        let sql = "INSERT INTO cycles VALUES (?1, 'ETH', 'finished', 0, 1)";
        store.connection.execute(sql, [last]).expect("a row");
        let mut ask =
            |number| store.write(&run, &[(number, ToLedger::Reserve(Wall(2), wish))]).expect("works");
        assert!(matches!(ask(1)[..], [Written::Reserved(cycle)] if cycle.count() == (1 << 24) - 1));
        assert_eq!(ask(2), [Written::Exhausted]);
    }
}
