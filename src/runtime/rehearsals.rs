//! When the next decision is rehearsed ([`crate::coordinator::Coordinator::rehearse`]): often enough to find what an order needs
//! in the caches, seldom enough to be in nobody's way.

use super::tuning::Wait;
use crate::domain::Mono;
use std::time::Duration;

/// While there is nothing to rehearse it is tried again after so many times the longest pause.
const IN_VAIN: u32 = 8;

/// The shortest pause, where the thread is awake anyway.
const SHORTEST: Duration = Duration::from_micros(250);

/// The pauses between two rehearsals, and the last one.
#[derive(Clone, Copy, Debug)]
pub struct Rehearsals {
    /// The longest: the thread gets up for it.
    longest: Duration,
    may_be: Mono,
    due: Mono,
}

impl Rehearsals {
    /// In the measure of this way of waiting: who never sleeps has all the time, and the others cost time of a core.
    pub fn new(wait: Wait) -> Self {
        let longest = match wait {
            Wait::Spin => SHORTEST,
            Wait::Block | Wait::Hybrid => Duration::from_millis(20),
        };
        Self { longest, may_be: Mono(0), due: Mono(0) }
    }

    /// Whether one may be held now.
    pub fn may_be(&self, now: Mono) -> bool {
        now >= self.may_be
    }

    /// When one is to be held at the latest.
    pub fn due(&self) -> Mono {
        self.due
    }

    /// One was held, or tried `in_vain`.
    pub fn held(&mut self, now: Mono, in_vain: bool) {
        self.may_be = now.after(SHORTEST);
        self.due = now.after(if in_vain { self.longest * IN_VAIN } else { self.longest });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sleeps_gets_up_seldom_and_hardly_ever_in_vain() {
        for (wait, pauses_us) in [(Wait::Spin, [250, 250, 2_000]), (Wait::Block, [250, 20_000, 160_000])] {
            let mut rehearsals = Rehearsals::new(wait);
            assert!(rehearsals.may_be(Mono(0)) && rehearsals.due() == Mono(0), "the first at once");
            let [shortest, longest, in_vain] = pauses_us.map(|us| Mono(7).after(Duration::from_micros(us)));
            rehearsals.held(Mono(7), false);
            assert!(!rehearsals.may_be(Mono(shortest.0 - 1)) && rehearsals.may_be(shortest));
            assert_eq!(rehearsals.due(), longest);
            rehearsals.held(Mono(7), true);
            assert!(rehearsals.may_be(shortest), "where it is awake anyway it tries again");
            assert_eq!(rehearsals.due(), in_vain);
        }
    }
}
