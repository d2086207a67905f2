//! The nonce counter of one API key slot (lighter.md 4.6): one owner, counted locally, read again after any doubt.
//!
//! Not a place that decides when to ask the venue; it only knows whether asking is necessary.

use super::tx::TxHeader;

/// What the venue expects of the nonces of a slot (lighter.md 4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NonceRule {
    /// Each the one after the last: a transaction that got lost blocks those behind it.
    #[default]
    Consecutive,
    /// Each above the last (attribute 4): nothing lost can block what comes later, and the newer kills the older.
    Skipping,
}

/// Counts the nonces of one slot.
#[derive(Debug, Default)]
pub struct NonceCounter {
    rule: NonceRule,
    next: Option<u64>,
    /// Grows with every loss, so that an answer asked for before the loss is not believed.
    epoch: u64,
}

/// Names the doubt that a nonce question was asked in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Epoch(u64);

impl NonceCounter {
    /// A counter that was not read yet.
    pub fn new(rule: NonceRule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// Which nonces the venue takes from us.
    pub fn rule(&self) -> NonceRule {
        self.rule
    }

    /// Takes the next nonce for one transaction; `None` until the counter was read from the venue.
    ///
    /// With skipping it is the time, unless the counter is further: what an earlier process or a lost send used is passed.
    pub fn take(&mut self, unix_ms: u64) -> Option<u64> {
        let next = self.next?;
        let nonce = match self.rule {
            NonceRule::Consecutive => next,
            NonceRule::Skipping => next.max(unix_ms),
        };
        self.next = nonce.checked_add(1);
        Some(nonce)
    }

    /// The nonce that [`NonceCounter::take`] would give next, whenever that is. `None` where it follows the clock: one fixed
    /// ahead of time could be overtaken by another process that shares the slot.
    pub fn coming(&self) -> Option<u64> {
        self.next.filter(|_| self.rule == NonceRule::Consecutive)
    }

    /// Whether nonces can be taken.
    pub fn is_known(&self) -> bool {
        self.next.is_some()
    }

    /// The venue refused a transaction for another reason than its nonce, which therefore was not consumed.
    ///
    /// The latest nonce is used again. Where later ones have already left, they now hang behind a gap: the counter is lost.
    pub fn give_back(&mut self, nonce: u64) {
        if self.rule == NonceRule::Skipping {
            return;
        }
        if self.next.is_some_and(|next| next.checked_sub(1) == Some(nonce)) {
            self.next = Some(nonce);
        } else {
            self.lose();
        }
    }

    /// A transaction was left without an answer, or failed: its nonce may be used or free. With skipping both are well.
    pub fn doubt(&mut self) {
        if self.rule == NonceRule::Consecutive {
            self.lose();
        }
    }

    /// The counter is wrong: a nonce was refused.
    pub fn lose(&mut self) {
        self.next = None;
        self.epoch += 1;
    }

    /// To be kept with a question to the venue, and handed back with its answer.
    pub fn epoch(&self) -> Epoch {
        Epoch(self.epoch)
    }

    /// The venue's answer to a question asked in `asked`; ignored when there was another loss since, or beyond the cap.
    pub fn learn(&mut self, asked: Epoch, next: u64) {
        if asked == self.epoch() && self.next.is_none() && next <= TxHeader::MAX_NONCE_AT_VENUE {
            self.next = Some(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The venue's side: accepts exactly the expected nonce.
    #[derive(Default)]
    struct Slot {
        expected: u64,
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Accepted,
        Refused,
        NonceRefused,
        Lost { executed: bool },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => Just(Step::Accepted),
            2 => Just(Step::Refused),
            1 => Just(Step::NonceRefused),
            1 => any::<bool>().prop_map(|executed| Step::Lost { executed }),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_to_a_transaction_the_next_one_carries_the_nonce_the_venue_expects(
            first in 0u64..1 << 40, steps in proptest::collection::vec(step(), 1..60),
        ) {
            let mut slot = Slot { expected: first };
            let mut counter = NonceCounter::default();
            for step in steps {
                if !counter.is_known() {
                    counter.learn(counter.epoch(), slot.expected);
                }
                prop_assert_eq!(counter.coming(), Some(slot.expected));
                let nonce = counter.take(0).expect("known");
                prop_assert_eq!(nonce, slot.expected);
                match step {
                    Step::Accepted => slot.expected += 1,
                    Step::Refused => counter.give_back(nonce),
                    Step::NonceRefused => counter.lose(),
                    Step::Lost { executed } => {
                        slot.expected += u64::from(executed);
                        counter.doubt();
                    }
                }
            }
        }

        #[test]
        fn no_nonce_is_handed_out_twice_without_a_refusal_or_an_answer(first in 0u64..1 << 40, count in 1usize..50) {
            let mut counter = NonceCounter::default();
            prop_assert_eq!(counter.take(0), None);
            counter.learn(counter.epoch(), first);
            let taken: Vec<_> = (0..count).filter_map(|_| counter.take(0)).collect();
            let expected: Vec<_> = (first..).take(count).collect();
            prop_assert_eq!(taken, expected);
        }
    }

    #[test]
    fn a_refusal_behind_later_nonces_asks_the_venue_again() {
        let mut counter = NonceCounter::default();
        counter.learn(counter.epoch(), 7);
        let first = counter.take(0).expect("known");
        counter.take(0).expect("known");
        counter.give_back(first);
        assert!(!counter.is_known());
    }

    #[test]
    fn skipping_nonces_rise_with_the_clock_and_no_loss_stops_them() {
        let mut counter = NonceCounter::new(NonceRule::Skipping);
        assert_eq!(counter.take(1_000), None, "where the venue's counter stands must be known once");
        counter.learn(counter.epoch(), 7);
        assert_eq!(counter.take(1_000), Some(1_000));
        assert_eq!(counter.take(1_000), Some(1_001), "twice in a millisecond");
        counter.give_back(1_001);
        counter.doubt();
        assert_eq!(counter.take(900), Some(1_002), "a clock that went back");
        counter.lose();
        assert_eq!(counter.take(2_000), None);
        counter.learn(counter.epoch(), 5_000);
        assert_eq!(counter.take(2_000), Some(5_000), "another program was further");
    }

    #[test]
    fn an_answer_from_before_the_last_loss_is_not_believed() {
        let mut counter = NonceCounter::default();
        let asked = counter.epoch();
        counter.lose();
        counter.learn(asked, 7);
        assert_eq!(counter.take(0), None);
        counter.learn(counter.epoch(), 8);
        assert_eq!(counter.take(0), Some(8));
        counter.learn(counter.epoch(), 3);
        assert_eq!(counter.take(0), Some(9), "a late second answer must not turn the counter back");
    }
}
