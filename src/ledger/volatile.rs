//! A ledger in memory, for accounts that live and die with the process.

use super::{LedgerLink, ToLedger};
use crate::coordinator::journal::{Book, Entry, LedgerReport, Memory, Record};
use crate::domain::{CycleId, Wall};
use crossbeam_channel::unbounded;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Number of the ledger: nothing of an earlier process can be in the market.
const LEDGER: u16 = 1;

/// A ledger that forgets with the process.
#[derive(Clone, Debug, Default)]
pub struct Volatile {
    book: Arc<Mutex<(Book, u32)>>,
}

impl Volatile {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was kept so far.
    pub fn memory(&self, now: Wall) -> Memory {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).0.memory(LEDGER, now)
    }

    /// Starts a thread that keeps what comes over the link until the link is dropped.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub fn link(&self) -> io::Result<LedgerLink> {
        let (requests, incoming) = unbounded();
        let (answers, reports) = unbounded();
        let ledger = self.clone();
        std::thread::Builder::new().name("ledger".to_owned()).spawn(move || {
            for request in incoming {
                if let Some(report) = ledger.take(request) {
                    // An engine that is gone needs no answer.
                    let _ = answers.send(report);
                }
            }
        })?;
        Ok(LedgerLink { requests, reports })
    }

    fn take(&self, request: ToLedger) -> Option<LedgerReport> {
        let mut kept = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        match request {
            ToLedger::Keep(entry) => {
                kept.0.apply(&entry);
                None
            }
            ToLedger::Reserve(at, wish) => {
                kept.1 += 1;
                let Some(cycle) = CycleId::new(LEDGER, kept.1) else {
                    return Some(LedgerReport::Failing("no cycle numbers are left".to_owned()));
                };
                kept.0.apply(&Entry { at, record: Record::Reserved { cycle, wish } });
                Some(LedgerReport::Reserved(cycle))
            }
        }
    }
}
