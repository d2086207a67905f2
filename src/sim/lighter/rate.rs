//! Request limits in rolling windows of a minute, per address or, for requests nobody signed, per network address
//! (lighter.md 2.5). All callers of a simulation share one network address.

use super::model::Tier;
use super::refusal::Refusal;
use crate::domain::Wall;
use std::collections::{BTreeMap, VecDeque};

const WINDOW_MICROS: i64 = 60_000_000;
/// Requests of a standard account, sends included.
const STANDARD_REQUESTS: i64 = 60;
/// Weight of the reads of the other tiers, and what a heavy endpoint of a standard account is measured by.
const WEIGHT_PER_MINUTE: i64 = 24_000;
/// Sends of the other tiers.
const SENDS_PER_MINUTE: i64 = 4_000;

/// Who a request counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular: the network address.
    Network,
    /// The owner of an account, known by token or signature.
    Owner {
        /// Ethereum address in lower case.
        address: String,
        /// Tier of the address.
        tier: Tier,
    },
}

impl Caller {
    fn tier(&self) -> Tier {
        match self {
            Self::Network => Tier::Standard,
            Self::Owner { tier, .. } => *tier,
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Network => String::new(),
            Self::Owner { address, .. } => address.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bucket {
    Requests(String),
    Heavy(String, i64),
    Weight(String),
    Sends(String),
    TxType(String, u8),
}

/// The windows of all callers.
#[derive(Debug)]
pub struct RateLimits {
    enforced: bool,
    windows: BTreeMap<Bucket, VecDeque<(Wall, i64)>>,
}

impl RateLimits {
    /// Limits that are enforced or only there.
    pub fn new(enforced: bool) -> Self {
        Self { enforced, windows: BTreeMap::new() }
    }

    /// Counts one read of this weight, or refuses it.
    pub fn read(&mut self, now: Wall, caller: &Caller, weight: i64) -> Result<(), Refusal> {
        let key = caller.key();
        let limits = match caller.tier() {
            Tier::Standard => vec![
                (Bucket::Requests(key.clone()), 1, STANDARD_REQUESTS),
                (Bucket::Heavy(key, weight), 1, WEIGHT_PER_MINUTE / weight.max(1)),
            ],
            Tier::Plus | Tier::Premium(_) => vec![(Bucket::Weight(key), weight, WEIGHT_PER_MINUTE)],
        };
        self.take(now, limits)
    }

    /// Counts one send (a batch is one) with the types in it, or refuses it.
    pub fn send(&mut self, now: Wall, caller: &Caller, types: &[u8]) -> Result<(), Refusal> {
        let key = caller.key();
        let mut limits = vec![match caller.tier() {
            Tier::Standard => (Bucket::Requests(key.clone()), 1, STANDARD_REQUESTS),
            Tier::Plus | Tier::Premium(_) => (Bucket::Sends(key.clone()), 1, SENDS_PER_MINUTE),
        }];
        let mut counts: BTreeMap<u8, i64> = BTreeMap::new();
        for tx_type in types {
            *counts.entry(*tx_type).or_default() += 1;
        }
        let limited = counts.into_iter().filter(|(tx_type, _)| !covered_by_quota(caller.tier(), *tx_type));
        limits.extend(
            limited
                .map(|(tx_type, count)| (Bucket::TxType(key.clone(), tx_type), count, per_minute(tx_type))),
        );
        self.take(now, limits)
    }

    /// All or nothing: a refused request counts nowhere.
    fn take(&mut self, now: Wall, limits: Vec<(Bucket, i64, i64)>) -> Result<(), Refusal> {
        if !self.enforced {
            return Ok(());
        }
        for (bucket, cost, limit) in &limits {
            let window = self.windows.entry(bucket.clone()).or_default();
            while window.front().is_some_and(|(at, _)| now.0 - at.0 >= WINDOW_MICROS) {
                window.pop_front();
            }
            if window.iter().map(|(_, spent)| spent).sum::<i64>() + cost > *limit {
                return Err(Refusal::TooManyRequests);
            }
        }
        for (bucket, cost, _) in limits {
            self.windows.entry(bucket).or_default().push_back((now, cost));
        }
        Ok(())
    }
}

/// Orders of the paying tiers are limited by their volume quota instead.
fn covered_by_quota(tier: Tier, tx_type: u8) -> bool {
    tier.has_quota() && matches!(tx_type, 14 | 16 | 17 | 28)
}

fn per_minute(tx_type: u8) -> i64 {
    match tx_type {
        8 => 300,
        12 => 120,
        13 => 2,
        _ => 40,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Wall {
        Wall::from_millis(millis)
    }

    #[test]
    fn a_standard_caller_has_sixty_requests_in_any_minute() {
        let mut limits = RateLimits::new(true);
        for second in 0..60 {
            assert_eq!(limits.read(at(second * 100), &Caller::Network, 6), Ok(()));
        }
        assert_eq!(limits.read(at(6_000), &Caller::Network, 6), Err(Refusal::TooManyRequests));
        assert_eq!(limits.read(at(60_000), &Caller::Network, 6), Ok(()));
    }

    #[test]
    fn a_heavy_endpoint_is_limited_by_its_weight() {
        let mut limits = RateLimits::new(true);
        let done = (0..60).filter(|_| limits.read(at(0), &Caller::Network, 600).is_ok()).count();
        assert_eq!(done, 40);
    }

    #[test]
    fn sends_of_a_standard_account_share_the_sixty_and_forty_of_one_type_pass() {
        let owner = Caller::Owner { address: "0xa".into(), tier: Tier::Standard };
        let mut limits = RateLimits::new(true);
        let sent = (0..60).filter(|_| limits.send(at(0), &owner, &[14]).is_ok()).count();
        let read = (0..60).filter(|_| limits.read(at(0), &owner, 6).is_ok()).count();
        assert_eq!((sent, read), (40, 20));
        assert_eq!(limits.read(at(0), &Caller::Network, 6), Ok(()));
    }

    #[test]
    fn orders_of_paying_tiers_are_not_limited_by_type() {
        let owner = Caller::Owner { address: "0xa".into(), tier: Tier::Premium(0) };
        let mut limits = RateLimits::new(true);
        assert_eq!((0..300).filter(|_| limits.send(at(0), &owner, &[14]).is_ok()).count(), 300);
        assert_eq!((0..300).filter(|_| limits.send(at(0), &owner, &[20]).is_ok()).count(), 40);
    }
}
