//! Our side of the venue's request limit (lighter.md 2.5), so that it is never the venue that refuses.
//!
//! A rolling window, not a bucket that refills: a bucket lets up to twice its size through within one minute. Everything
//! counts, sends and questions; the last part is kept for closing, a little of it also for establishing the truth.

use crate::domain::Mono;
use std::collections::VecDeque;
use std::time::Duration;

/// Uses that are counted without memory being asked for on an order's way out: more than a minute of trading needs.
const ROOM: usize = 512;

/// How much may be asked of the venue in any minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests and sends together.
    pub requests: usize,
    /// Created orders.
    pub creates: usize,
    /// Requests, and as many creates, that opening orders leave untouched.
    pub close_reserve: usize,
}

impl Limits {
    /// The standard tier: 60 requests a minute, sends included; 40 transactions of one type, paced below that.
    pub const STANDARD: Self = Self { requests: 60, creates: 38, close_reserve: 16 };
}

/// What a request is for, which decides whether it may use the reserve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// An opening order: leaves the whole reserve.
    Open,
    /// A closing order: may use everything.
    Close,
    /// A cancel: as urgent as a closing order, but no create.
    Cancel,
    /// A question: leaves half of the reserve.
    Ask,
}

impl Use {
    fn creates(self) -> bool {
        matches!(self, Self::Open | Self::Close)
    }
}

const WINDOW: Duration = Duration::from_secs(60);

/// What was used in the last minute.
#[derive(Debug)]
pub struct Quota {
    limits: Limits,
    requests: VecDeque<Mono>,
    creates: VecDeque<Mono>,
    blocked_until: Option<Mono>,
}

impl Quota {
    /// Nothing used yet.
    pub fn new(limits: Limits) -> Self {
        let room = |limit: usize| VecDeque::with_capacity(limit.min(ROOM));
        let (requests, creates) = (room(limits.requests), room(limits.creates));
        Self { limits, requests, creates, blocked_until: None }
    }

    /// Whether there is a place for one request; `Err` is the time to wait for it.
    pub fn has_room(&self, now: Mono, what: Use) -> Result<(), Duration> {
        if let Some(until) = self.blocked_until.filter(|until| *until > now)
            && matches!(what, Use::Open | Use::Ask)
        {
            return Err(until.since(now));
        }
        let reserve = match what {
            Use::Open => self.limits.close_reserve,
            Use::Ask => self.limits.close_reserve / 2,
            Use::Close | Use::Cancel => 0,
        };
        let creates = what.creates().then_some((&self.creates, self.limits.creates));
        [Some((&self.requests, self.limits.requests)), creates]
            .into_iter()
            .flatten()
            .find_map(|(used, limit)| place_free_at(used, limit.saturating_sub(reserve), now))
            .map_or(Ok(()), |at| Err(at.since(now)))
    }

    /// Uses one request. `Err` is the time to wait for a place; nothing is used then.
    pub fn spend(&mut self, now: Mono, what: Use) -> Result<(), Duration> {
        self.has_room(now, what)?;
        self.note(now, what);
        Ok(())
    }

    /// One request was used.
    pub fn note(&mut self, now: Mono, what: Use) {
        let creates = what.creates().then_some(&mut self.creates);
        for used in [Some(&mut self.requests), creates].into_iter().flatten() {
            while used.front().is_some_and(|first| now.since(*first) >= WINDOW) {
                used.pop_front();
            }
            used.push_back(now);
        }
    }

    /// Whether an opening order may leave now and leaves `room` for as many more requests; `Err` is the moment from which
    /// it may.
    pub fn opening(&self, now: Mono, room: usize) -> Result<(), Mono> {
        if let Some(until) = self.blocked_until.filter(|until| *until > now) {
            return Err(until);
        }
        let reserve = self.limits.close_reserve + room;
        [(&self.requests, self.limits.requests), (&self.creates, self.limits.creates)]
            .into_iter()
            .filter_map(|(used, limit)| place_free_at(used, limit.saturating_sub(reserve), now))
            .max()
            .map_or(Ok(()), Err)
    }

    /// The venue itself said that it is too much: no openings and no questions for a while.
    pub fn block(&mut self, now: Mono, cooldown: Duration) {
        let until = now.after(cooldown);
        self.blocked_until = Some(self.blocked_until.map_or(until, |earlier| earlier.max(until)));
    }
}

/// When there is a place; `None` when there is one now.
fn place_free_at(used: &VecDeque<Mono>, limit: usize, now: Mono) -> Option<Mono> {
    let within = used.len() - used.partition_point(|at| now.since(*at) >= WINDOW);
    let leaving = within.checked_sub(limit)?;
    used.get(used.len() - within + leaving).map_or(Some(now.after(WINDOW)), |at| Some(at.after(WINDOW)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(s: u64) -> Mono {
        Mono(s * 1_000_000_000)
    }

    #[test]
    fn openings_stop_while_closings_still_pass() {
        let mut quota = Quota::new(Limits::STANDARD);
        let opened = (0..100).filter(|_| quota.spend(seconds(1), Use::Open).is_ok()).count();
        assert_eq!(opened, Limits::STANDARD.creates - Limits::STANDARD.close_reserve);
        let closed = (0..100).filter(|_| quota.spend(seconds(2), Use::Close).is_ok()).count();
        assert_eq!(closed, Limits::STANDARD.close_reserve);
        assert!(quota.spend(seconds(2), Use::Ask).is_ok());
        assert_eq!(quota.spend(seconds(3), Use::Open), Err(Duration::from_secs(58)));
        assert!(quota.spend(seconds(61), Use::Open).is_ok());
    }

    #[test]
    fn the_gate_for_openings_opens_exactly_when_an_opening_may_leave() {
        let mut quota = Quota::new(Limits::STANDARD);
        let mut now = 0;
        for round in 0..400u64 {
            now += round % 7 * 100_000_000;
            let gate = quota.opening(Mono(now), 0);
            let mut copy = Quota { limits: quota.limits, blocked_until: None, ..Quota::new(quota.limits) };
            copy.requests.clone_from(&quota.requests);
            copy.creates.clone_from(&quota.creates);
            let spent = copy.spend(Mono(now), Use::Open);
            assert_eq!(gate.is_ok(), spent.is_ok(), "round {round}");
            if let (Err(at), Err(wait)) = (gate, spent) {
                assert!(at >= Mono(now).after(wait) && quota.opening(at, 0).is_ok(), "round {round}");
                assert!(quota.opening(Mono(at.0 - 1), 0).is_err(), "round {round}");
            }
            let _ = quota.spend(Mono(now), if round % 3 == 0 { Use::Open } else { Use::Ask });
        }
    }

    #[test]
    fn after_the_venue_complained_only_closings_and_cancels_leave() {
        let mut quota = Quota::new(Limits::STANDARD);
        quota.block(seconds(1), Duration::from_secs(60));
        quota.block(seconds(1), Duration::from_secs(1));
        assert_eq!(quota.spend(seconds(31), Use::Open), Err(Duration::from_secs(30)));
        assert!(quota.spend(seconds(31), Use::Ask).is_err());
        assert!(
            quota.spend(seconds(31), Use::Close).is_ok() && quota.spend(seconds(31), Use::Cancel).is_ok()
        );
        assert!(quota.spend(seconds(61), Use::Open).is_ok());
    }

    #[test]
    fn a_limit_of_nothing_refuses_everything_without_panic() {
        let mut quota = Quota::new(Limits { requests: 0, creates: 0, close_reserve: 5 });
        for what in [Use::Open, Use::Close, Use::Cancel, Use::Ask] {
            assert!(quota.spend(seconds(0), what).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_rolling_minute_ever_holds_more_than_the_limit(
            steps in proptest::collection::vec((0u64..20_000, 0usize..4), 1..400),
        ) {
            let mut quota = Quota::new(Limits::STANDARD);
            let (mut clock, mut spent) = (0, Vec::new());
            for (wait_ms, what) in steps {
                clock += wait_ms * 1_000_000 / 20;
                let what = [Use::Open, Use::Close, Use::Cancel, Use::Ask][what];
                match quota.spend(Mono(clock), what) {
                    Ok(()) => spent.push(Mono(clock)),
                    Err(wait) => prop_assert!(wait > Duration::ZERO && wait <= WINDOW),
                }
            }
            for (i, first) in spent.iter().enumerate() {
                let inside = spent[i..].iter().filter(|at| at.since(*first) < WINDOW).count();
                prop_assert!(inside <= Limits::STANDARD.requests);
            }
        }
    }
}
