//! The ledger as the coordinator knows it: it writes behind, answers reservations once they are durable, can fail for a
//! while, and what it has not written is lost with the process from a drawn point on. Feeds the same `Book` as the real one.

use crate::coordinator::journal::{Book, Entry, LedgerReport, Memory, Record, Reservation};
use crate::domain::{CycleId, Wall};
use std::collections::VecDeque;

/// One thing to be written.
#[derive(Clone, Debug)]
enum Request {
    Reserve(Wall, Reservation),
    Keep(Entry),
}

/// A ledger and the disk below it.
#[derive(Clone, Debug)]
pub struct Disk {
    /// Number of the ledger; another one when it was lost.
    ledger: u16,
    cycles: u32,
    book: Book,
    /// Not written yet.
    queue: VecDeque<Request>,
    /// Why it cannot write.
    failing: bool,
    told_failing: bool,
    /// Written so far.
    written: u64,
}

impl Disk {
    /// An empty ledger.
    pub fn new() -> Self {
        Self {
            ledger: 1,
            cycles: 0,
            book: Book::new(),
            queue: VecDeque::new(),
            failing: false,
            told_failing: false,
            written: 0,
        }
    }

    /// Takes a reservation.
    pub fn reserve(&mut self, at: Wall, wish: Reservation) {
        self.queue.push_back(Request::Reserve(at, wish));
    }

    /// Takes a record.
    pub fn keep(&mut self, at: Wall, record: Record) {
        self.queue.push_back(Request::Keep(Entry { at, record }));
    }

    /// Begins or ends to fail.
    pub fn set_failing(&mut self, failing: bool) {
        self.failing = failing;
    }

    /// Something waits to be written.
    pub fn has_work(&self) -> bool {
        !self.queue.is_empty() || (self.told_failing && !self.failing)
    }

    /// Writes what waits; what the process is told, in order.
    pub fn work(&mut self) -> Vec<LedgerReport> {
        let mut reports = Vec::new();
        if self.failing {
            if !self.told_failing && !self.queue.is_empty() {
                self.told_failing = true;
                reports.push(LedgerReport::Failing("no space left on device".to_owned()));
            }
            return reports;
        }
        while let Some(request) = self.queue.pop_front() {
            reports.extend(self.write(request));
        }
        if std::mem::take(&mut self.told_failing) {
            reports.push(LedgerReport::Working);
        }
        reports
    }

    fn write(&mut self, request: Request) -> Option<LedgerReport> {
        self.written += 1;
        match request {
            Request::Keep(entry) => {
                self.book.apply(&entry);
                None
            }
            Request::Reserve(at, wish) => {
                self.cycles += 1;
                let cycle = CycleId::new(self.ledger, self.cycles)?;
                self.book.apply(&Entry { at, record: Record::Reserved { cycle, wish } });
                Some(LedgerReport::Reserved(cycle))
            }
        }
    }

    /// The process died: of what waits, this part of a thousand was written, the rest is gone.
    pub fn crash(&mut self, survives: u64) {
        if !self.failing {
            let count = self.queue.len() * usize::try_from(survives).unwrap_or_default() / 1_000;
            for request in self.queue.drain(..count).collect::<Vec<_>>() {
                self.write(request);
            }
        }
        self.queue.clear();
        self.told_failing = false;
    }

    /// The file is gone: the next process begins another ledger.
    pub fn lose(&mut self) {
        *self = Self { ledger: self.ledger + 1, failing: self.failing, ..Self::new() };
    }

    /// What a process that starts now is told of the ones before it.
    pub fn memory(&self, now: Wall) -> Memory {
        self.book.memory(self.ledger, now)
    }

    /// Whether the ids of this cycle are durable.
    pub fn has_reserved(&self, cycle: CycleId) -> bool {
        cycle.ledger() == self.ledger && (1..=self.cycles).contains(&cycle.count())
    }

    /// Which ledger this is.
    pub fn ledger(&self) -> u16 {
        self.ledger
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const WISH: Reservation = Reservation { reverse: false, valid_for: Duration::from_secs(2) };

    #[test]
    fn a_crash_keeps_a_prefix_and_a_full_disk_keeps_nothing_more() {
        let mut disk = Disk::new();
        disk.reserve(Wall(0), WISH);
        let Some(LedgerReport::Reserved(cycle)) = disk.work().pop() else { panic!("not reserved") };
        assert!(disk.has_reserved(cycle));
        disk.keep(Wall(1), Record::Failures(1));
        disk.keep(Wall(1), Record::Failures(2));
        disk.crash(500);
        assert_eq!((disk.memory(Wall(2)).failures, disk.memory(Wall(2)).cycles.len()), (1, 1));
        disk.set_failing(true);
        disk.keep(Wall(3), Record::Failures(7));
        assert!(matches!(disk.work()[..], [LedgerReport::Failing(_)]));
        disk.crash(1_000);
        assert_eq!(disk.memory(Wall(4)).failures, 1);
    }
}
