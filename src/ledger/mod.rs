//! Keeps what the coordinator must know after a crash: one SQLite file per pair of accounts, shared by all processes that
//! trade them. Decides nothing and is never waited for: records come by a queue, and the only answer anybody waits for is
//! that the ids of a next cycle are durable.
//!
//! What a new run must know is not computed here: the records are read back in order and given to
//! [`crate::coordinator::journal::Book`], the same reduction the simulation uses.

mod alarms;
mod error;
mod keeper;
mod migrations;
mod place;
mod queries;
mod read;
mod schema;
mod store;
mod words;
mod write;

pub use alarms::{Alarms, Unsent};
pub use error::LedgerError;
pub use queries::{OrderResult, PastIncident, Totals};

use crate::coordinator::journal::{Entry, LedgerReport, Memory, Reservation};
use crate::domain::Wall;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use keeper::Keeper;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use write::Run;

/// How long the end of a run waits for a disk.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// What a ledger is asked to do, in order.
#[derive(Clone, Debug)]
pub enum ToLedger {
    /// Give a cycle its ids: durable before the answer.
    Reserve(Wall, Reservation),
    /// Keep this.
    Keep(Entry),
}

/// The engine's end of a ledger.
#[derive(Clone, Debug)]
pub struct LedgerLink {
    /// Requests, never waited for.
    pub requests: Sender<ToLedger>,
    /// Answers.
    pub reports: Receiver<LedgerReport>,
}

/// What a ledger cannot find out by itself: it reads no clock and draws no randomness.
#[derive(Clone, Copy, Debug)]
pub struct Birth {
    /// Wall time.
    pub now: Wall,
    /// Bytes nobody else draws: they tell this ledger and this run from others.
    pub entropy: [u8; 16],
}

impl Birth {
    fn halves(&self) -> [u64; 2] {
        let [high, low] = [u128::from_be_bytes(self.entropy) >> 64, u128::from_be_bytes(self.entropy)];
        [high, low & u128::from(u64::MAX)].map(|half| u64::try_from(half).unwrap_or_default())
    }

    /// 1..=65535.
    fn tag(&self) -> u16 {
        u16::try_from(self.halves()[0] % u64::from(u16::MAX)).unwrap_or_default().saturating_add(1)
    }

    fn run(&self) -> i64 {
        self.halves()[1].cast_signed()
    }
}

/// The record of a pair of accounts.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<Mutex<Store>>,
    birth: Birth,
    next_run: i64,
    keepers: Vec<Handle>,
}

/// A writing thread as seen from outside.
#[derive(Debug)]
struct Handle {
    stop: Sender<()>,
    ended: Receiver<Result<(), LedgerError>>,
    requests: Sender<ToLedger>,
}

impl Ledger {
    /// Opens the file of `account` below `dir`, or begins one. `account` says in words which accounts these are; the
    /// same words lead to the same file.
    ///
    /// # Errors
    /// When it cannot be used; see [`LedgerError`]. Nothing was changed then.
    pub fn open(dir: &Path, account: &str, birth: Birth) -> Result<Self, LedgerError> {
        Store::in_file(dir, account, &birth).map(|store| Self::of(store, birth))
    }

    /// A ledger that forgets with the process, for simulated accounts.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory(birth: Birth) -> Result<Self, LedgerError> {
        Store::in_memory("simulated accounts", &birth).map(|store| Self::of(store, birth))
    }

    fn of(store: Store, birth: Birth) -> Self {
        Self { store: Arc::new(Mutex::new(store)), birth, next_run: birth.run(), keepers: Vec::new() }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // No panic can happen between two halves of a change: the database undoes what was not committed.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a run that starts at `now` must know of the runs before it in `market`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn memory(&self, market: &str, now: Wall) -> Result<Memory, LedgerError> {
        let store = self.store();
        let book = || {
            // One state of the file for all that is read.
            let tx = store.connection.unchecked_transaction()?;
            read::book(&tx, market, now)
        };
        let book = book().map_err(|cause| store.failed(cause))?;
        Ok(book.memory(store.tag(), now))
    }

    /// Starts the thread that keeps what comes over the link, in order, until [`Ledger::finish`].
    ///
    /// # Errors
    /// When the system has no thread for it, or the ledger cannot be read.
    pub fn link(&mut self, market: &str) -> io::Result<LedgerLink> {
        let (requests, incoming) = unbounded();
        let (answers, reports) = unbounded();
        let (stop, stopped) = bounded(1);
        let (result, ended) = bounded(1);
        let store = self.store();
        let id = write::unused_run(&store.connection, self.next_run);
        let id = id.map_err(|cause| io::Error::other(store.failed(cause)))?;
        drop(store);
        self.next_run = id.wrapping_add(1);
        let keeper = Keeper {
            store: Arc::clone(&self.store),
            run: Run { id, market: market.to_owned(), started: self.birth.now },
            requests: incoming,
            reports: answers,
            stop: stopped,
            ended: result,
            queue: keeper::Queue::default(),
        };
        std::thread::Builder::new().name("ledger".to_owned()).spawn(move || keeper.work())?;
        self.keepers.push(Handle { stop, ended, requests: requests.clone() });
        Ok(LedgerLink { requests, reports })
    }

    /// The unsent messages of a market.
    pub fn alarms(&self, market: &str) -> Alarms {
        Alarms { store: Arc::clone(&self.store), market: market.to_owned() }
    }

    /// Ends the ledger with its runs.
    ///
    /// # Errors
    /// As [`Ledger::end_runs`].
    pub fn finish(mut self) -> Result<(), LedgerError> {
        self.end_runs()
    }

    /// Ends every run: waits, no longer than some seconds, until everything that was sent over the links is on disk.
    ///
    /// # Errors
    /// When something is not.
    pub fn end_runs(&mut self) -> Result<(), LedgerError> {
        let mut result = Ok(());
        for Handle { stop, ended, requests } in self.keepers.drain(..) {
            let _ = stop.send(());
            let end = ended.recv_timeout(FINISH_WITHIN).unwrap_or_else(|cause| {
                let cause = match cause {
                    RecvTimeoutError::Timeout => "the disk does not answer",
                    RecvTimeoutError::Disconnected => "the thread that writes it died",
                };
                Err(LedgerError::Unwritten { count: requests.len(), cause: cause.to_owned() })
            });
            result = result.and(end);
        }
        result
    }
}
