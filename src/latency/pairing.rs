//! Finds the two writes of one decision, which two threads make at about the same time.

use super::apart;
use crate::domain::{Mono, PerVenue, Venue};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The last write of each venue, and the last decision of which both were seen.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    last: PerVenue<Last>,
    paired: AtomicU64,
}

#[derive(Debug, Default)]
struct Last {
    decided: AtomicU64,
    written: AtomicU64,
}

impl Pairing {
    /// Notes a write; the time between both writes of the decision for whichever thread completes the pair.
    pub(super) fn written(&self, venue: Venue, decided: Mono, written: Mono) -> Option<Duration> {
        let own = &self.last[venue];
        own.written.store(written.0, Ordering::Relaxed);
        // One order for both: of two threads here at once, at least one sees the other's write.
        own.decided.store(decided.0, Ordering::SeqCst);
        let other = &self.last[venue.other()];
        if other.decided.load(Ordering::SeqCst) != decided.0 {
            return None;
        }
        let first = Mono(other.written.load(Ordering::Relaxed));
        // When both see each other, one of them counts.
        (self.paired.swap(decided.0, Ordering::AcqRel) != decided.0).then(|| apart(first, written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_counted_once_and_only_when_it_is_one() {
        let pairing = Pairing::default();
        assert_eq!(pairing.written(Venue::Paradex, Mono(5), Mono(10)), None);
        assert_eq!(pairing.written(Venue::Lighter, Mono(6), Mono(11)), None, "another decision");
        assert_eq!(pairing.written(Venue::Paradex, Mono(6), Mono(8)), Some(Duration::from_nanos(3)));
        assert_eq!(pairing.written(Venue::Paradex, Mono(6), Mono(20)), None, "counted already");
    }

    #[test]
    fn of_two_threads_exactly_one_counts_the_pair() {
        let pairing = Pairing::default();
        let pairs = |venue| {
            let own = (1..20_000).filter(|n| pairing.written(venue, Mono(*n), Mono(*n)).is_some());
            own.count()
        };
        let (a, b) = std::thread::scope(|scope| {
            let a = scope.spawn(|| pairs(Venue::Paradex));
            let b = pairs(Venue::Lighter);
            (a.join().expect("ends"), b)
        });
        // How many decisions met depends on the machine; none may be counted twice.
        assert!(a + b < 20_000, "{a} + {b}");
    }
}
