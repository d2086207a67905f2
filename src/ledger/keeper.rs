//! The thread that writes. It takes whatever has queued up into one transaction, and when the disk fails it keeps the queue,
//! says so once, and tries again until everything is written. It loses nothing and changes no order.

use super::ToLedger;
use super::error::LedgerError;
use super::store::Store;
use super::write::{Run, Written};
use crate::coordinator::journal::LedgerReport;
use crossbeam_channel::{Receiver, Sender, select};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Records in one transaction at most: a retry repeats no more than this.
const BATCH: usize = 512;
/// Between two tries while the disk fails.
const PAUSE: Duration = Duration::from_millis(200);
/// Tries at the end of a run, when nothing more will come.
const LAST_TRIES: u32 = 10;

/// What its thread works with.
#[derive(Debug)]
pub(super) struct Keeper {
    pub store: Arc<Mutex<Store>>,
    pub run: Run,
    pub requests: Receiver<ToLedger>,
    pub reports: Sender<LedgerReport>,
    /// A message, or its end, ends the run.
    pub stop: Receiver<()>,
    /// Gets the result of the last try.
    pub ended: Sender<Result<(), LedgerError>>,
    pub queue: Queue,
}

/// What is not written yet, in order and numbered.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(i64, ToLedger)>,
    last: i64,
    /// Why the last try failed.
    failing: Option<String>,
    /// No reservation will ever be possible again.
    exhausted: bool,
}

impl Queue {
    fn push(&mut self, request: ToLedger) {
        self.last += 1;
        self.waiting.push_back((self.last, request));
    }
}

impl Keeper {
    /// Works until the requests or the run end.
    pub(super) fn work(mut self) {
        while self.wait() {
            self.write_all();
        }
        let result = self.write_the_rest();
        // Nobody may be waiting for it.
        let _ = self.ended.send(result);
    }

    /// Returns once there is something to write; false when the run is over.
    fn wait(&mut self) -> bool {
        if self.queue.waiting.is_empty() {
            select! {
                recv(self.requests) -> request => match request {
                    Ok(request) => self.queue.push(request),
                    Err(_) => return false,
                },
                recv(self.stop) -> _ => return false,
            }
        } else {
            select! {
                recv(self.stop) -> _ => return false,
                default(PAUSE) => {}
            }
        }
        true
    }

    fn take_in(&mut self) {
        let Self { requests, queue, .. } = self;
        requests.try_iter().for_each(|request| queue.push(request));
    }

    /// Writes until nothing waits or something fails.
    fn write_all(&mut self) {
        self.take_in();
        while !self.queue.waiting.is_empty() {
            let waiting = self.queue.waiting.make_contiguous();
            let batch = &waiting[..waiting.len().min(BATCH)];
            let count = batch.len();
            let result = self.store.lock().unwrap_or_else(PoisonError::into_inner).write(&self.run, batch);
            match result {
                Ok(written) => {
                    self.queue.waiting.drain(..count);
                    written.into_iter().for_each(|what| self.answer(what));
                }
                Err(cause) => return self.fail(cause.short()),
            }
            self.take_in();
        }
        if self.queue.failing.take().is_some() && !self.queue.exhausted {
            self.report(LedgerReport::Working);
        }
    }

    fn answer(&mut self, written: Written) {
        match written {
            Written::Kept => {}
            Written::Reserved(cycle) => self.report(LedgerReport::Reserved(cycle)),
            Written::Exhausted => {
                self.queue.exhausted = true;
                let cause = "it has no cycle numbers left; move the file away while nothing is open";
                self.report(LedgerReport::Failing(cause.to_owned()));
            }
        }
    }

    fn fail(&mut self, cause: String) {
        if self.queue.failing.replace(cause.clone()).is_none() {
            self.report(LedgerReport::Failing(cause));
        }
    }

    fn report(&self, report: LedgerReport) {
        // An engine that is gone needs no answer.
        let _ = self.reports.send(report);
    }

    fn write_the_rest(&mut self) -> Result<(), LedgerError> {
        self.take_in();
        // Nobody waits for ids any more, and ids that were given to nobody would look like a cycle without an end.
        self.queue.waiting.retain(|(_, request)| matches!(request, ToLedger::Keep(_)));
        for rest in (0..LAST_TRIES).rev() {
            self.write_all();
            if self.queue.waiting.is_empty() {
                return Ok(());
            }
            if rest > 0 {
                std::thread::sleep(PAUSE);
            }
        }
        let cause = self.queue.failing.clone().unwrap_or_default();
        Err(LedgerError::Unwritten { count: self.queue.waiting.len(), cause })
    }
}
