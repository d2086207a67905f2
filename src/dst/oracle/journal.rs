//! Rules about what is recorded, remembered and said at the end.

use super::{Invariant, Oracle};
use crate::coordinator::ExitReason;
use crate::coordinator::journal::{Memory, OpenCycle, Record};
use crate::domain::{PerVenue, Venue};
use crate::dst::exchange::Exchange;
use crate::dst::plan::SECOND;

/// Messages about what was before a disturbance may arrive for this long after it.
const ECHOES_FOR: u64 = 15 * SECOND;

impl Oracle {
    /// Something is recorded.
    pub fn on_record(&mut self, now: u64, record: &Record, venues: &PerVenue<Exchange>) {
        match record {
            Record::Sent(intent) => self.unrecorded.retain(|cid| *cid != intent.cid),
            Record::Filled { venue, fill } => {
                let order = venues[*venue].order(fill.cid);
                let exists = order.is_some_and(|order| order.tampered || order.fills.contains(fill));
                if !exists || !self.recorded.insert((*venue, fill.key)) {
                    let text = format!("{} of {} is recorded twice or was never", fill.qty, fill.cid);
                    self.broken(Invariant::EveryFillOnce, now, text);
                }
            }
            Record::Busted { venue, key, .. } => {
                self.recorded.remove(&(*venue, *key));
            }
            Record::Ended { venue, cid, filled, .. } => {
                let Some(order) = venues[*venue].order(*cid) else {
                    let text = format!("{cid} is said to have ended and was never sent");
                    return self.broken(Invariant::BeliefIsTruth, now, text);
                };
                if order.can_execute(now) {
                    let text = format!("{cid} is said to have ended with {filled} and is alive");
                    self.broken(Invariant::BeliefIsTruth, now, text);
                } else if order.filled != *filled && !order.tampered {
                    let text = format!("{cid} is said to have filled {filled}, it was {}", order.filled);
                    self.broken(Invariant::BeliefIsTruth, now, text);
                }
            }
            Record::Finished { left, .. } => {
                for venue in Venue::ALL {
                    let truth = &venues[venue];
                    // What was undone in silence may still be reported as if it had not been.
                    let over = now - self.disturbed_at > ECHOES_FOR;
                    if over && left[venue] == truth.own() && truth.own() == truth.position() {
                        (self.untold[venue], self.contested[venue]) = (0, false);
                    }
                }
            }
            // It may die before it says so.
            Record::Held { .. } => self.openings_in_row = 0,
            Record::Reserved { .. }
            | Record::Released(_)
            | Record::Corrected { .. }
            | Record::Naked(_)
            | Record::Failures(_)
            | Record::Incident { .. } => {}
        }
    }

    /// What a new process is told of the ones before it, against the truth.
    pub fn on_memory(&mut self, now: u64, memory: &Memory, venues: &PerVenue<Exchange>) {
        self.must_say_recovering = !memory.cycles.is_empty();
        for venue in Venue::ALL {
            if self.contested[venue] {
                // What the process before knew of it may have died with it.
                self.untold[venue] = self.untold[venue].max(1);
            }
        }
        for (venue, truth) in venues.iter() {
            let open = truth.own() != memory.left[venue] && self.answerable(venue);
            if open && memory.cycles.is_empty() {
                let text = format!("{} on {venue} is forgotten", truth.own());
                self.broken(Invariant::Remembered, now, text);
            }
            let cycle = truth.live_order(now).and_then(|order| order.intent.cid.cycle());
            if let Some(cycle) = cycle.filter(|cycle| cycle.ledger() == memory.ledger)
                && memory.cycles.iter().all(|open| open.id != cycle)
            {
                self.broken(
                    Invariant::Remembered,
                    now,
                    format!("an order of {cycle} may live and is forgotten"),
                );
            }
        }
    }

    /// What earlier processes wrote is gone, and with it how many openings have failed.
    pub fn ledger_lost(&mut self) {
        self.openings_in_row = 0;
    }

    /// The process ends by itself.
    pub fn on_exit(&mut self, now: u64, reason: ExitReason, venues: &PerVenue<Exchange>) {
        self.exited = true;
        if reason == ExitReason::Limit {
            // Told to the operator: a later start is a new decision.
            self.openings_in_row = 0;
        }
        if reason == ExitReason::Exposure {
            return;
        }
        for (venue, truth) in venues.iter() {
            if self.untold[venue] > 0 {
                continue;
            }
            if !self.is_dust(venues, truth.own()) && !self.contested[venue] {
                let text = format!("leaves with {reason:?} and {} on {venue}", truth.own());
                self.broken(Invariant::TruthfulExit, now, text);
            }
            if let Some(order) = truth.live_order(now) {
                let text = format!("leaves with {reason:?} while {} may be executed", order.intent.cid);
                self.broken(Invariant::TruthfulExit, now, text);
            }
        }
    }

    /// What the journal amounts to after an end that left nothing unwritten.
    pub fn on_final_memory(
        &mut self,
        now: u64,
        reason: ExitReason,
        memory: &Memory,
        venues: &PerVenue<Exchange>,
    ) {
        // Ids that were reserved and never used may stay behind.
        let used = |cycle: &OpenCycle| {
            !cycle.orders.is_empty() || cycle.held.is_some() || !cycle.net.all(|net| net.is_zero())
        };
        if reason == ExitReason::Done && memory.cycles.iter().any(used) {
            let text = "all is done and the journal has an open cycle".to_owned();
            self.broken(Invariant::TruthfulExit, now, text);
        }
        for (venue, truth) in venues.iter() {
            let open = memory.cycles.iter().map(|cycle| cycle.net[venue]);
            let recorded = open.fold(memory.left[venue], |sum, net| sum + net);
            if reason == ExitReason::Done && recorded != truth.own() && self.answerable(venue) {
                let text = format!("the journal says {recorded} on {venue}, the venue {}", truth.own());
                self.broken(Invariant::TruthfulExit, now, text);
            }
        }
    }
}
