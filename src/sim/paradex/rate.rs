//! Request limits of the simulated Paradex (paradex.md 2.2) and the order quota of retail accounts (2.3).

use super::model::rules::Class;
use crate::domain::Wall;
use std::collections::{BTreeMap, VecDeque};

/// What a request counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Public GET, per address; every client of a simulation has the same one.
    Public,
    /// Sign-in and onboarding.
    Auth,
    /// Private GET of an account.
    Private(usize),
    /// Submits, modifies and cancels of an account; REST and WebSocket share it.
    Orders(usize),
}

impl Scope {
    /// Requests allowed a minute.
    pub fn per_minute(self) -> u64 {
        match self {
            Self::Public => 1_500,
            Self::Auth | Self::Private(_) => 600,
            Self::Orders(_) => 17_250,
        }
    }
}

/// Over one of these a retail account becomes Pro, without an error: requests and window in seconds.
const RETAIL_QUOTA: [(usize, i64); 4] = [(3, 1), (30, 60), (300, 3_600), (1_000, 86_400)];

/// How a counter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Allowed a minute.
    pub limit: u64,
    /// Left in this minute.
    pub remaining: u64,
    /// When the window starts anew, unix seconds.
    pub reset: i64,
    /// This request was over the limit.
    pub exceeded: bool,
}

/// All counters.
pub struct RateLimits {
    enforced: bool,
    windows: BTreeMap<Scope, (i64, u64)>,
    retail: BTreeMap<usize, VecDeque<Wall>>,
    fallen: BTreeMap<usize, bool>,
}

impl RateLimits {
    /// Fresh counters.
    pub fn new(enforced: bool) -> Self {
        Self { enforced, windows: BTreeMap::new(), retail: BTreeMap::new(), fallen: BTreeMap::new() }
    }

    /// Counts a request.
    pub fn count(&mut self, now: Wall, scope: Scope) -> Standing {
        let minute = now.secs().div_euclid(60);
        let window = self.windows.entry(scope).or_insert((minute, 0));
        if window.0 != minute {
            *window = (minute, 0);
        }
        window.1 += 1;
        let limit = scope.per_minute();
        let remaining = limit.saturating_sub(window.1);
        Standing { limit, remaining, reset: (minute + 1) * 60, exceeded: self.enforced && window.1 > limit }
    }

    /// Counts a submit or cancel and says in which class it is executed: beyond the quota a retail token is Pro.
    pub fn class_of(&mut self, now: Wall, account: usize, class: Class) -> Class {
        if class == Class::Pro {
            return Class::Pro;
        }
        let sent = self.retail.entry(account).or_default();
        sent.push_back(now);
        while sent.len() > RETAIL_QUOTA[3].0 + 1 {
            sent.pop_front();
        }
        let over = RETAIL_QUOTA.iter().any(|(allowed, seconds)| {
            sent.iter().filter(|at| now.0 - at.0 < seconds * 1_000_000).count() > *allowed
        });
        let fallen = self.fallen.entry(account).or_default();
        *fallen |= over && self.enforced;
        if *fallen { Class::Pro } else { Class::Retail }
    }
}
