//! What the cycles of the last day brought, over runs: losses have a limit of their own.

use crate::coordinator::journal::{DAY, Memory};
use crate::domain::{Mono, Usd};
use std::collections::VecDeque;
use std::time::Duration;

/// Results that still count.
#[derive(Clone, Debug)]
pub(super) struct Results {
    /// Of earlier runs, with their age when this one began.
    earlier: Vec<(Duration, Usd)>,
    begun: Mono,
    own: VecDeque<(Mono, Usd)>,
}

impl Results {
    pub(super) fn new(memory: &Memory) -> Self {
        Self { earlier: memory.results.clone(), begun: Mono(0), own: VecDeque::new() }
    }

    /// The run begins.
    pub(super) fn begin(&mut self, now: Mono) {
        self.begun = now;
    }

    /// A cycle ended.
    pub(super) fn add(&mut self, now: Mono, result: Usd) {
        while self.own.front().is_some_and(|(at, _)| now.since(*at) > DAY) {
            self.own.pop_front();
        }
        self.own.push_back((now, result));
    }

    /// What was lost within a day, gains subtracted; zero when more was gained.
    pub(super) fn loss(&self, now: Mono) -> Usd {
        let run = now.since(self.begun);
        let earlier = self.earlier.iter().filter(|(ago, _)| *ago + run <= DAY).map(|(_, result)| *result);
        let own = self.own.iter().filter(|(at, _)| now.since(*at) <= DAY).map(|(_, result)| *result);
        let brought: Usd = earlier.chain(own).sum();
        (-brought).max(Usd::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Mono {
        Mono(1).after(Duration::from_secs(hours * 3_600))
    }

    #[test]
    fn losses_of_earlier_runs_count_until_they_are_a_day_old_and_gains_against_them() {
        let dollars = Usd::from_whole;
        let results =
            vec![(Duration::from_secs(23 * 3_600), dollars(-5)), (Duration::from_secs(60), dollars(-2))];
        let mut results = Results::new(&Memory { results, ..Memory::default() });
        results.begin(at(100));
        assert_eq!(results.loss(at(100)), dollars(7));
        assert_eq!(results.loss(at(102)), dollars(2), "the first is more than a day old");
        results.add(at(103), dollars(1));
        assert_eq!(results.loss(at(104)), dollars(1));
        results.add(at(105), dollars(4));
        assert_eq!(results.loss(at(105)), Usd::ZERO, "a gain is no loss");
        results.add(at(106), dollars(-9));
        assert_eq!(results.loss(at(129)), dollars(5), "a gain grows old, too");
        assert_eq!(results.loss(at(131)), Usd::ZERO);
    }
}
