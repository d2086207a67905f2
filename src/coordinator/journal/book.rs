//! From kept records to what a new run must know. Entries may begin anywhere: what belongs to a cycle whose reservation was
//! not among them is over and counts for nothing.

use super::{DAY, Entry, HeldPair, Memory, OpenCycle, PastOrder, Record};
use crate::domain::{ClientOrderId, CycleId, PerVenue, Qty, Usd, Venue, Wall};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The state that a sequence of records amounts to.
#[derive(Clone, Debug, Default)]
pub struct Book {
    cycles: BTreeMap<CycleId, Cycle>,
    left: PerVenue<Qty>,
    naked_since: Option<Wall>,
    failures: u32,
    /// Of the last day, oldest first.
    results: VecDeque<(Wall, Usd)>,
}

#[derive(Clone, Debug)]
struct Cycle {
    open: OpenCycle,
    held_since: Wall,
}

impl Book {
    /// Nothing recorded yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next entry in.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Reserved { cycle, wish } => {
                let open = OpenCycle {
                    id: *cycle,
                    wish: *wish,
                    orders: Vec::new(),
                    held: None,
                    net: PerVenue::default(),
                };
                self.cycles.insert(*cycle, Cycle { open, held_since: entry.at });
            }
            Record::Released(cycle) => {
                self.cycles.remove(cycle);
            }
            Record::Sent(intent) => {
                // One intent, one id (law R5): a second record of it is the same order.
                if let Some(cycle) = self.cycle_of(intent.cid)
                    && cycle.open.orders.iter().all(|order| order.intent.cid != intent.cid)
                {
                    cycle.open.orders.push(PastOrder { intent: *intent, fills: Vec::new(), ended: None });
                }
            }
            Record::Filled { venue, fill } => self.change(*venue, fill.cid, |order| {
                if order.fills.iter().all(|known| known.key != fill.key) {
                    order.fills.push(*fill);
                }
            }),
            Record::Busted { venue, cid, key } => self.change(*venue, *cid, |order| {
                let undone: Qty =
                    order.fills.iter().filter(|fill| fill.key == *key).map(|fill| fill.qty).sum();
                order.fills.retain(|fill| fill.key != *key);
                order.ended = order.ended.map(|filled| filled - undone);
            }),
            Record::Ended { venue, cid, filled, .. } => {
                self.change(*venue, *cid, |order| order.ended = Some(*filled));
            }
            Record::Held { cycle, qty, entries } => {
                if let Some(cycle) = self.cycles.get_mut(cycle) {
                    cycle.held_since = entry.at;
                    cycle.open.held = Some(HeldPair { qty: *qty, entries: *entries, age: Duration::ZERO });
                }
            }
            Record::Corrected { cycle, venue, change } => {
                if let Some(cycle) = self.cycles.get_mut(cycle) {
                    cycle.open.net[*venue] = cycle.open.net[*venue] + *change;
                }
            }
            Record::Finished { cycle, left, result, .. } => {
                self.cycles.remove(cycle);
                self.left = *left;
                self.brought(entry.at, *result);
            }
            Record::Naked(begins) => {
                let since = begins.then_some(entry.at);
                self.naked_since =
                    if self.naked_since.is_some() && *begins { self.naked_since } else { since };
            }
            Record::Failures(count) => self.failures = *count,
            Record::Incident { .. } => {}
        }
    }

    fn brought(&mut self, at: Wall, result: Usd) {
        while self.results.front().is_some_and(|(ended, _)| between(*ended, at) > DAY) {
            self.results.pop_front();
        }
        if !result.is_zero() {
            self.results.push_back((at, result));
        }
    }

    fn cycle_of(&mut self, cid: ClientOrderId) -> Option<&mut Cycle> {
        self.cycles.get_mut(&cid.cycle()?)
    }

    /// Changes what is recorded of one order, and the position with it.
    fn change(&mut self, venue: Venue, cid: ClientOrderId, change: impl FnOnce(&mut PastOrder)) {
        let Some(cycle) = self.cycle_of(cid) else { return };
        let Some(order) = cycle.open.orders.iter_mut().find(|order| order.intent.cid == cid) else { return };
        let before = order.filled();
        change(order);
        let moved = order.intent.side.signed(order.filled() - before);
        cycle.open.net[venue] = cycle.open.net[venue] + moved;
    }

    /// Cycles without an end so far.
    pub fn open_cycles(&self) -> impl Iterator<Item = CycleId> {
        self.cycles.keys().copied()
    }

    /// What a run that starts at `now` must know.
    pub fn memory(&self, ledger: u16, now: Wall) -> Memory {
        let cycles = self.cycles.values().map(|cycle| {
            let mut open = cycle.open.clone();
            if let Some(held) = &mut open.held {
                held.age = between(cycle.held_since, now);
            }
            open
        });
        let results = self.results.iter().map(|(ended, result)| (between(*ended, now), *result));
        Memory {
            ledger,
            cycles: cycles.collect(),
            left: self.left,
            naked_for: self.naked_since.map(|since| between(since, now)),
            failures: self.failures,
            results: results.filter(|(ago, _)| *ago <= DAY).collect(),
        }
    }
}

/// Time from `earlier` to `later`; zero when the clock was set back.
fn between(earlier: Wall, later: Wall) -> Duration {
    Duration::from_micros(u64::try_from(later.0.saturating_sub(earlier.0)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
