//! How many orders an account may send, counted on our side (paradex.md 2.2, 2.3). Over the retail quota the venue turns the
//! account to Pro, without an error, and fees begin. Openings stop early so that closes always fit.

use crate::domain::Mono;
use std::collections::VecDeque;
use std::time::Duration;

/// Submits and cancels allowed within a window, and how many of them openings leave to closes.
#[derive(Debug)]
struct Window {
    length: Duration,
    allowed: usize,
    reserve: usize,
}

const RETAIL: [Window; 4] = [
    Window { length: Duration::from_secs(1), allowed: 3, reserve: 0 },
    Window { length: Duration::from_secs(60), allowed: 30, reserve: 6 },
    Window { length: Duration::from_secs(3_600), allowed: 300, reserve: 20 },
    Window { length: Duration::from_secs(86_400), allowed: 1_000, reserve: 50 },
];

const PRO: [Window; 2] = [
    Window { length: Duration::from_secs(1), allowed: 800, reserve: 100 },
    Window { length: Duration::from_secs(60), allowed: 17_250, reserve: 1_000 },
];

/// Counts submits and cancels.
#[derive(Clone, Debug)]
pub struct OrderQuota {
    windows: &'static [Window],
    sent: VecDeque<Mono>,
}

impl OrderQuota {
    /// A count that starts empty.
    pub fn new(retail: bool) -> Self {
        Self { windows: if retail { &RETAIL } else { &PRO }, sent: VecDeque::new() }
    }

    /// A submit or cancel leaves now.
    pub fn note(&mut self, now: Mono) {
        self.sent.push_back(now);
        let longest = self.windows.last().map_or(0, |window| window.allowed);
        while self.sent.len() > longest {
            self.sent.pop_front();
        }
    }

    /// Whether an opening may leave, its close included; else when it may.
    pub fn opening(&self, now: Mono) -> Result<(), Mono> {
        let blocked_until = self.windows.iter().filter_map(|window| self.full_until(window, now));
        blocked_until.max().map_or(Ok(()), Err)
    }

    /// When a window that is too full for an opening has room again.
    fn full_until(&self, window: &Window, now: Mono) -> Option<Mono> {
        let limit = window.allowed - window.reserve;
        let within = self.sent.len() - self.sent.partition_point(|at| now.since(*at) >= window.length);
        let excess = (within + 1).checked_sub(limit).filter(|excess| *excess > 0)?;
        let blocking = self.sent.len() - within + excess - 1;
        self.sent.get(blocking).map(|at| at.after(window.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono(seconds * 1_000_000_000)
    }

    #[test]
    fn openings_stop_before_the_quota_and_resume_when_it_has_room() {
        let mut quota = OrderQuota::new(true);
        for second in 0..24 {
            assert!(quota.opening(at(second)).is_ok(), "{second}");
            quota.note(at(second));
        }
        assert_eq!(quota.opening(at(24)), Err(at(60)));
        assert!(quota.opening(at(60)).is_ok());
    }

    #[test]
    fn a_day_of_orders_never_passes_the_daily_quota() {
        let mut quota = OrderQuota::new(true);
        let (mut now, mut sent) = (at(0), 0);
        while now < at(86_400) {
            match quota.opening(now) {
                Ok(()) => {
                    quota.note(now);
                    sent += 1;
                    now = now.after(Duration::from_secs(1));
                }
                Err(until) => now = until,
            }
        }
        assert!(sent <= 950, "{sent}");
    }

    #[test]
    fn a_pro_account_has_the_limits_of_the_interface() {
        let mut quota = OrderQuota::new(false);
        (0..700).for_each(|_| quota.note(at(0)));
        assert_eq!(quota.opening(at(0)), Err(at(1)));
        assert!(quota.opening(at(1)).is_ok());
        (0..16_300).for_each(|order| quota.note(at(1 + order / 600)));
        assert!(quota.opening(at(40)).is_err() && quota.opening(at(90)).is_ok());
    }
}
