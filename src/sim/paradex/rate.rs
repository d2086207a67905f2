//! Limits (paradex.md 2.2, 2.3): token buckets for calls, sliding windows for the retail class. All clients share one address.

use crate::domain::Wall;
use crate::sim::exchange::book::Owner;
use std::collections::{BTreeMap, VecDeque};

const SECOND_US: i64 = 1_000_000;

/// A kind of call with limits of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Public GET.
    Public,
    /// Sign-in and onboarding.
    SignIn,
    /// Create, modify, cancel; REST and WebSocket together.
    Orders(Owner),
    /// Private GET.
    PrivateGet(Owner),
    /// All private calls.
    Private,
    /// New WebSocket connections.
    Connect,
}

impl Scope {
    /// Calls and seconds of each limit.
    const fn limits(self) -> &'static [(i64, i64)] {
        match self {
            Self::Public | Self::Private => &[(1_500, 60)],
            Self::SignIn => &[(600, 60)],
            Self::Orders(_) => &[(800, 1), (17_250, 60)],
            Self::PrivateGet(_) => &[(120, 1), (600, 60)],
            Self::Connect => &[(20, 1), (600, 60)],
        }
    }
}

/// A bucket that refills evenly; counts in millionths of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bucket {
    calls: i64,
    seconds: i64,
    left: i64,
    at: Wall,
}

impl Bucket {
    fn full(now: Wall, (calls, seconds): (i64, i64)) -> Self {
        Self { calls, seconds, left: calls * SECOND_US, at: now }
    }

    fn refill(&mut self, now: Wall) {
        let passed = (now.0 - self.at.0).clamp(0, self.seconds * SECOND_US);
        self.left = (self.left + passed * self.calls / self.seconds).min(self.calls * SECOND_US);
        self.at = self.at.max(now);
    }

    fn has_one(&self) -> bool {
        self.left >= SECOND_US
    }

    /// Microseconds until the next call is allowed.
    fn wait_us(&self) -> i64 {
        (SECOND_US - self.left).max(0) * self.seconds / self.calls
    }

    fn headers(&self, now: Wall) -> Vec<(&'static str, String)> {
        let missing = self.calls * SECOND_US - self.left;
        let full_at = now.0 + missing / self.calls * self.seconds;
        vec![
            ("x-ratelimit-limit", self.calls.to_string()),
            ("x-ratelimit-remaining", (self.left / SECOND_US).to_string()),
            ("x-ratelimit-reset", (full_at / SECOND_US + 1).to_string()),
            ("x-ratelimit-window", self.seconds.to_string()),
        ]
    }
}

/// What a call's limits say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Within all limits.
    pub allowed: bool,
    /// The headers of the answer.
    pub headers: Vec<(&'static str, String)>,
}

/// All limits of the venue.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    buckets: BTreeMap<Scope, Vec<Bucket>>,
    retail: BTreeMap<Owner, VecDeque<Wall>>,
}

/// Calls and seconds of the retail limits.
const RETAIL: [(usize, i64); 4] = [(3, 1), (30, 60), (300, 3_600), (1_000, 86_400)];

impl Rates {
    /// Counts one call against a scope.
    pub fn count(&mut self, now: Wall, scope: Scope) -> Verdict {
        let fresh = || scope.limits().iter().map(|limit| Bucket::full(now, *limit)).collect();
        let buckets = self.buckets.entry(scope).or_insert_with(fresh);
        for bucket in buckets.iter_mut() {
            bucket.refill(now);
        }
        let allowed = buckets.iter().all(Bucket::has_one);
        if allowed {
            buckets.iter_mut().for_each(|bucket| bucket.left -= SECOND_US);
        }
        // The limit nearest to its end is the one to tell.
        let tightest = buckets.iter().min_by_key(|bucket| bucket.left / bucket.calls);
        let mut headers = tightest.map_or_else(Vec::new, |bucket| bucket.headers(now));
        if !allowed {
            let wait_us = buckets.iter().map(Bucket::wait_us).max().unwrap_or_default();
            headers.push(("retry-after", (wait_us / SECOND_US + 1).to_string()));
        }
        Verdict { allowed, headers }
    }

    /// Counts one retail submit; false when the account is over a retail limit and therefore Pro.
    pub fn retail(&mut self, now: Wall, owner: Owner) -> bool {
        let times = self.retail.entry(owner).or_default();
        let day_ago = now.0 - RETAIL[3].1 * SECOND_US;
        while times.front().is_some_and(|at| at.0 <= day_ago) {
            times.pop_front();
        }
        times.push_back(now);
        RETAIL.iter().all(|(count, seconds)| {
            let since = now.0 - seconds * SECOND_US;
            times.iter().rev().take_while(|at| at.0 > since).count() <= *count
        })
    }
}
