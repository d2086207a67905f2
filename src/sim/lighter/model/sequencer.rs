//! The queue between acceptance and execution: tier delays, in the order of nonces within a slot (lighter.md 2.3, 4.7).

use super::super::options::Delays;
use super::action::Action;
use super::mishaps::Departure;
use super::order::TimeInForce;
use crate::domain::Wall;
use std::collections::BTreeMap;
use std::time::Duration;

/// Transactions one slot may have waiting.
pub const MAX_PENDING: usize = 500;

/// An accepted transaction that waits for its execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Number of its record.
    pub sequence_index: i64,
    /// Whose.
    pub account: i64,
    /// Which key.
    pub slot: u8,
    /// Its nonce.
    pub nonce: i64,
    /// True when nonces may be skipped.
    pub skip_nonce: bool,
    /// Not executed from this unix millisecond on.
    pub expire_at: i64,
    /// What it does.
    pub action: Action,
}

/// The queue.
#[derive(Debug, Default)]
pub struct Sequencer {
    queue: BTreeMap<(Wall, i64), Queued>,
    last_due: BTreeMap<(i64, u8), Wall>,
}

impl Sequencer {
    /// Queues a transaction and predicts when it runs: after its delay, but never before an earlier one of its slot.
    pub fn push(&mut self, now: Wall, delay_millis: i64, departure: Option<Departure>, tx: Queued) -> Wall {
        let millis = |millis: i64| Duration::from_millis(millis.max(0).unsigned_abs());
        let slot = (tx.account, tx.slot);
        let earlier = self.last_due.get(&slot).copied().unwrap_or_default();
        let due = now.after(millis(delay_millis)).max(earlier);
        let runs = match departure {
            None => due,
            Some(Departure::Late(by)) => due.after(millis(by)),
            Some(Departure::Never) => Wall::from_millis(tx.expire_at).max(due),
        };
        // What never runs holds nothing up: the venue lost it.
        if departure != Some(Departure::Never) {
            self.last_due.insert(slot, runs);
        }
        self.queue.insert((runs, tx.sequence_index), tx);
        due
    }

    /// When the next transaction runs.
    pub fn next_due(&self) -> Option<Wall> {
        self.queue.keys().next().map(|(due, _)| *due)
    }

    /// The next transaction that is due.
    pub fn pop_due(&mut self, now: Wall) -> Option<Queued> {
        let entry = self.queue.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }

    /// Waiting transactions of a slot in the order of execution.
    pub fn waiting(&self, account: i64, slot: u8) -> impl Iterator<Item = &Queued> {
        self.queue.values().filter(move |tx| tx.account == account && tx.slot == slot)
    }
}

/// Which delay an action waits for. An order that may take waits as a taker; whether a good-till-time order may is
/// decided by the book when it arrives.
pub fn delay_of(action: &Action, delays: Delays, crosses_now: bool) -> i64 {
    match action {
        Action::Create(order) => match order.time_in_force {
            TimeInForce::ImmediateOrCancel => delays.taker,
            TimeInForce::GoodTillTime if crosses_now => delays.taker,
            TimeInForce::GoodTillTime | TimeInForce::PostOnly => delays.maker,
        },
        Action::Cancel { .. } | Action::CancelAll(_) | Action::Modify(_) => delays.cancel,
        Action::Leverage { .. } | Action::ChangeKey { .. } | Action::MoveMargin { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tx(sequence_index: i64, slot: u8) -> Queued {
        let action = Action::Cancel { market: 0, index: 1 };
        Queued { sequence_index, account: 10, slot, nonce: 0, skip_nonce: false, expire_at: 0, action }
    }

    #[test]
    fn a_slow_transaction_holds_up_later_ones_of_its_slot_only() {
        let mut sequencer = Sequencer::default();
        let now = Wall::from_millis(1_000);
        assert_eq!(sequencer.push(now, 300, None, tx(1, 4)), Wall::from_millis(1_300));
        assert_eq!(sequencer.push(now, 0, None, tx(2, 4)), Wall::from_millis(1_300));
        assert_eq!(sequencer.push(now, 0, None, tx(3, 5)), Wall::from_millis(1_000));
        let order = |sequencer: &mut Sequencer, at: i64| {
            sequencer.pop_due(Wall::from_millis(at)).map(|tx| tx.sequence_index)
        };
        assert_eq!(order(&mut sequencer, 1_000), Some(3));
        assert_eq!(order(&mut sequencer, 1_299), None);
        assert_eq!(order(&mut sequencer, 1_300), Some(1));
        assert_eq!(order(&mut sequencer, 1_300), Some(2));
        assert_eq!(sequencer.next_due(), None);
    }
}
