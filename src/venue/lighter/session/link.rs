//! The one WebSocket connection: when to open it, when it is dead, when to try again. Not what travels over it.

use super::config::Timing;
use crate::domain::Mono;
use std::time::Duration;

/// State of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Not wanted, before the start and after the end.
    Down,
    /// Down, to be tried again.
    Waiting {
        /// When.
        until: Mono,
    },
    /// Asked for; nothing else may be asked for meanwhile.
    Opening,
    /// Up.
    Open(OpenLink),
    /// We closed it and wait to be told that it is gone.
    Closing,
}

/// An open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenLink {
    /// When it came up.
    pub since: Mono,
    /// Last sign of life.
    heard: Mono,
    /// Last ping of ours.
    pinged: Mono,
    /// The server announced its end: leave from the first moment on, by the second at the latest.
    leave: Option<(Mono, Mono)>,
}

/// What an open connection needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing now.
    Nothing,
    /// A ping.
    Ping,
    /// It is dead: replace it.
    Replace(&'static str),
}

impl OpenLink {
    /// A connection that just came up.
    pub fn new(now: Mono) -> Self {
        Self { since: now, heard: now, pinged: now, leave: None }
    }

    /// Something arrived.
    pub fn heard(&mut self, now: Mono) {
        self.heard = now;
    }

    /// The server will close it: leave before, but rather without an order in flight.
    pub fn leave_within(&mut self, now: Mono, close_in: Duration) {
        let latest = now.after((close_in / 2).min(LEAVE_WITHIN));
        self.leave = Some((now, latest));
    }

    /// Whether the server announced its end.
    pub fn is_leaving(&self) -> bool {
        self.leave.is_some()
    }

    /// Judges silence and announced ends. `quiet_at` is when no order is in flight any more.
    pub fn need(&mut self, now: Mono, timing: &Timing, quiet_at: Mono) -> Need {
        if self.leave_at(quiet_at).is_some_and(|at| at <= now) {
            return Need::Replace("the server announced a shutdown");
        }
        if now >= self.heard.after(timing.dead_after) {
            return Need::Replace("nothing arrived for too long");
        }
        if now >= self.pinged.after(timing.ping_every) {
            self.pinged = now;
            return Need::Ping;
        }
        Need::Nothing
    }

    /// When [`OpenLink::need`] has to be asked again.
    pub fn deadline(&self, timing: &Timing, quiet_at: Mono) -> Mono {
        let usual = self.heard.after(timing.dead_after).min(self.pinged.after(timing.ping_every));
        self.leave_at(quiet_at).map_or(usual, |at| at.min(usual))
    }

    fn leave_at(&self, quiet_at: Mono) -> Option<Mono> {
        self.leave.map(|(earliest, latest)| quiet_at.max(earliest).min(latest))
    }
}

/// Longest time an announced shutdown may keep us without a usable connection.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);
/// A connection that lived this long was good: the next attempt is made without delay growing.
const GOOD_AFTER: Duration = Duration::from_secs(10);

/// Doubling waits with jitter, so that many clients do not return at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// Starts with the shortest wait.
    pub fn new((shortest, longest): (Duration, Duration)) -> Self {
        Self { shortest, longest, failures: 0 }
    }

    /// The next wait: between half and all of the doubled one. `jitter(n)` draws from 0 to n - 1.
    pub fn next(&mut self, jitter: impl FnOnce(u64) -> u64) -> Duration {
        let doubled = self.shortest.saturating_mul(1 << self.failures.min(20)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let half = u64::try_from(doubled.as_micros() / 2).unwrap_or(u64::MAX);
        Duration::from_micros(half.saturating_add(jitter(half.saturating_add(1))))
    }

    /// Success: the next wait is the shortest again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// A connection ended after this life; a short one was no success.
    pub fn lived(&mut self, life: Duration) {
        if life >= GOOD_AFTER {
            self.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_silent_connection_is_pinged_and_then_replaced() {
        let timing = Timing::default();
        let mut link = OpenLink::new(Mono(0));
        let at = |s: u64| Mono(s * 1_000 * MS);
        assert_eq!(link.need(at(29), &timing, Mono(0)), Need::Nothing);
        assert_eq!(link.need(at(30), &timing, Mono(0)), Need::Ping);
        assert_eq!(link.need(at(30), &timing, Mono(0)), Need::Nothing);
        link.heard(at(31));
        assert_eq!(link.need(at(60), &timing, Mono(0)), Need::Ping);
        assert!(matches!(link.need(at(91), &timing, Mono(0)), Need::Replace(_)));
    }

    #[test]
    fn an_announced_shutdown_is_left_early_but_not_amid_an_order() {
        let timing = Timing::default();
        let mut link = OpenLink::new(Mono(0));
        link.leave_within(Mono(0), Duration::from_secs(4));
        assert_eq!(link.deadline(&timing, Mono(0)), Mono(0));
        assert_eq!(link.deadline(&timing, Mono(500 * MS)), Mono(500 * MS));
        assert_eq!(link.deadline(&timing, Mono(9_000 * MS)), Mono(2_000 * MS));
        assert!(matches!(link.need(Mono(2_000 * MS), &timing, Mono(9_000 * MS)), Need::Replace(_)));
    }

    proptest! {
        #[test]
        fn waits_double_up_to_the_longest_and_never_vanish(draws in proptest::collection::vec(any::<u64>(), 1..40)) {
            let (shortest, longest) = (Duration::from_millis(250), Duration::from_secs(20));
            let mut backoff = Backoff::new((shortest, longest));
            for (i, draw) in draws.iter().enumerate() {
                let doubled = shortest.saturating_mul(1 << i.min(20)).min(longest);
                let wait = backoff.next(|below| draw % below);
                prop_assert!(wait >= doubled / 2 && wait <= doubled, "{i}: {wait:?}");
            }
            backoff.lived(Duration::from_secs(1));
            prop_assert!(draws.len() < 3 || backoff.next(|_| 0) > shortest);
            backoff.lived(Duration::from_secs(60));
            prop_assert!(backoff.next(|_| 0) <= shortest);
        }
    }
}
