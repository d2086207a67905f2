//! How many orders an account may send, counted on our side (paradex.md 2.2, 2.3). Over the retail quota the venue turns the
//! account to Pro, without an error, and fees begin. Openings stop early so that closes always fit.

use crate::domain::{Mono, Now, Wall};
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
    /// Microseconds of the monotonic clock; below zero before it began.
    sent: VecDeque<i64>,
}

impl OrderQuota {
    /// A count that starts empty.
    pub fn new(retail: bool) -> Self {
        Self { windows: if retail { &RETAIL } else { &PRO }, sent: VecDeque::new() }
    }

    /// A submit or cancel leaves now.
    pub fn note(&mut self, now: Mono) {
        self.sent.push_back(micros(now));
        self.forget();
    }

    /// Counts what earlier processes sent. Times of a clock that was ahead count as now.
    pub fn seed(&mut self, now: Now, sent_before: &[Wall]) {
        let (now_us, wall) = (micros(now.mono), now.wall);
        let ago = |at: &Wall| now_us.saturating_sub(wall.0.saturating_sub(at.0).max(0));
        self.sent.extend(sent_before.iter().map(ago));
        self.sent.make_contiguous().sort_unstable();
        self.forget();
    }

    fn forget(&mut self) {
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
        let length = i64::try_from(window.length.as_micros()).unwrap_or(i64::MAX);
        let too_old = self.sent.partition_point(|at| micros(now).saturating_sub(*at) >= length);
        let within = self.sent.len() - too_old;
        let excess = (within + 1).checked_sub(limit).filter(|excess| *excess > 0)?;
        let blocking = self.sent.len() - within + excess - 1;
        let free_at = self.sent.get(blocking)?.saturating_add(length);
        Some(Mono(u64::try_from(free_at).unwrap_or(0).saturating_mul(1_000)))
    }
}

fn micros(mono: Mono) -> i64 {
    i64::try_from(mono.0 / 1_000).unwrap_or(i64::MAX)
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
    fn what_earlier_processes_sent_counts_until_its_window_has_passed() {
        let hours = |hours: i64| Wall(1_795_000_000_000_000 - hours * 3_600_000_000);
        let now = Now { mono: at(100), wall: hours(0) };
        let mut quota = OrderQuota::new(true);
        quota.note(at(50));
        let earlier: Vec<Wall> = (0..949).map(|order| Wall(hours(23).0 + order * 10_000_000)).collect();
        quota.seed(now, &earlier);
        assert_eq!(quota.opening(at(100)), Err(at(3_700)), "949 of them and one of ours");
        assert!(quota.opening(at(3_700)).is_ok());
        let mut fresh = OrderQuota::new(true);
        fresh.seed(now, &vec![hours(25); 2_000]);
        assert!(fresh.opening(at(100)).is_ok(), "more than a day ago");
        fresh.seed(now, &[hours(-1); 3]);
        assert!(fresh.opening(at(100)).is_err(), "a clock that was set back hides nothing");
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
