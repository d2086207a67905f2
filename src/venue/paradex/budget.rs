//! Our side of Paradex's limits on HTTP requests (paradex.md 2.2), so that it is never the venue that refuses.
//!
//! Rolling windows, a little below what is allowed: the account and the address may be shared with other programs, whose
//! part shows in the headers of the answers. Orders are counted in `quota`.

use crate::domain::{Mono, Now};
use crate::venue::http::RateLeft;
use std::collections::VecDeque;
use std::time::Duration;

/// What a request counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Public reads, by address: 1500 a minute.
    Public,
    /// Sign-in, by address: 600 a minute.
    SignIn,
    /// Private reads, by account: 120 a second, 600 a minute.
    Private,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

impl Scope {
    const ALL: [Self; 3] = [Self::Public, Self::SignIn, Self::Private];

    fn windows(self) -> &'static [(Duration, usize)] {
        match self {
            Self::Public => &[(MINUTE, 1_350)],
            Self::SignIn => &[(MINUTE, 60)],
            Self::Private => &[(SECOND, 100), (MINUTE, 540)],
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Used {
    at: VecDeque<Mono>,
    blocked_until: Option<Mono>,
}

/// What was asked in the last minute.
#[derive(Clone, Debug, Default)]
pub struct RequestBudget {
    used: [Used; Scope::ALL.len()],
}

impl RequestBudget {
    /// Uses one request. `Err` is the moment from which there is room; nothing is used then.
    pub fn spend(&mut self, now: Mono, scope: Scope) -> Result<(), Mono> {
        let used = &mut self.used[scope as usize];
        if let Some(until) = used.blocked_until.filter(|until| *until > now) {
            return Err(until);
        }
        while used.at.front().is_some_and(|first| now.since(*first) >= MINUTE) {
            used.at.pop_front();
        }
        for (length, allowed) in scope.windows() {
            // The one that has to leave the window before there is room again.
            let oldest = used.at.len().checked_sub(*allowed).and_then(|index| used.at.get(index));
            if let Some(oldest) = oldest.filter(|at| now.since(**at) < *length) {
                return Err(oldest.after(*length));
            }
        }
        used.at.push_back(now);
        Ok(())
    }

    /// What the venue says is left, for everyone who shares the limit: nothing left means nothing asked until its reset.
    pub fn heard(&mut self, now: Now, scope: Scope, left: RateLeft) {
        let until_reset = left.reset_unix_s.saturating_sub(now.wall.secs()).clamp(0, 60);
        if left.remaining == 0 && until_reset > 0 {
            let pause = Duration::from_secs(until_reset.unsigned_abs());
            self.block(now.mono, scope, pause);
        }
    }

    /// The venue refused for its limit.
    pub fn block(&mut self, now: Mono, scope: Scope, pause: Duration) {
        let until = now.after(pause);
        let blocked = &mut self.used[scope as usize].blocked_until;
        *blocked = Some(blocked.map_or(until, |earlier| earlier.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Wall;
    use proptest::prelude::*;

    #[test]
    fn a_second_and_a_minute_both_bind() {
        let mut budget = RequestBudget::default();
        let burst = (0..200).filter(|_| budget.spend(Mono(0), Scope::Private).is_ok()).count();
        assert_eq!(burst, 100);
        assert_eq!(budget.spend(Mono(5), Scope::Private), Err(Mono(0).after(SECOND)));
        assert!(budget.spend(Mono(5), Scope::Public).is_ok(), "another limit");
        assert!(budget.spend(Mono(0).after(SECOND), Scope::Private).is_ok());
    }

    #[test]
    fn nothing_left_by_the_venues_word_is_nothing_until_its_reset() {
        let mut budget = RequestBudget::default();
        let now = Now { mono: Mono(0), wall: Wall::from_millis(1_000_000) };
        budget.heard(now, Scope::Private, RateLeft { remaining: 3, reset_unix_s: 1_010 });
        assert!(budget.spend(Mono(0), Scope::Private).is_ok());
        budget.heard(now, Scope::Private, RateLeft { remaining: 0, reset_unix_s: 1_010 });
        assert_eq!(budget.spend(Mono(0), Scope::Private), Err(Mono(0).after(SECOND * 10)));
        assert!(budget.spend(Mono(0).after(SECOND * 10), Scope::Private).is_ok());
        budget.heard(now, Scope::SignIn, RateLeft { remaining: 0, reset_unix_s: i64::MAX });
        assert!(budget.spend(Mono(0).after(MINUTE), Scope::SignIn).is_ok(), "a reset in years is no reset");
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_is_allowed(steps in proptest::collection::vec(0u64..2_000, 1..2_000)) {
            let mut budget = RequestBudget::default();
            let mut now = Mono(0);
            let mut taken: Vec<Mono> = Vec::new();
            for step in steps {
                now = now.after(Duration::from_millis(step / 10));
                match budget.spend(now, Scope::Private) {
                    Ok(()) => taken.push(now),
                    Err(until) => {
                        prop_assert!(until > now);
                        prop_assert!(budget.clone().spend(until, Scope::Private).is_ok(), "there is room when it says so");
                    }
                }
            }
            for (length, allowed) in Scope::Private.windows() {
                for (index, first) in taken.iter().enumerate() {
                    let within = taken[index..].iter().take_while(|at| at.since(*first) < *length).count();
                    prop_assert!(within <= *allowed);
                }
            }
        }
    }
}
