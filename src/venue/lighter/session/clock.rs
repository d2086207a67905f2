//! How far our wall clock is from the venue's. Orders carry their end as wall time, so bounded validity (law R1) is only as
//! good as this clock.
//!
//! The venue tells its time in whole seconds, so what is known is an interval; several readings narrow it. It is kept
//! against the monotonic clock, so that a jump of our wall clock shows at once, without another question.

use crate::domain::{Now, Wall};

/// What is known of the venue's clock.
#[derive(Debug, Default)]
pub struct VenueClock {
    /// Earliest and latest venue time at monotonic zero, in microseconds.
    known: Option<(i64, i64)>,
}

impl VenueClock {
    /// Takes a reading of `seconds`, made by the venue some time between question and answer.
    pub fn learn(&mut self, asked: Now, answered: Now, seconds: i64) {
        let start = seconds.saturating_mul(1_000_000);
        let earliest = start.saturating_sub(micros(answered));
        let latest = start.saturating_add(999_999).saturating_sub(micros(asked));
        let narrowed = self.known.map(|(low, high)| (low.max(earliest), high.min(latest)));
        self.known = Some(narrowed.filter(|(low, high)| low <= high).unwrap_or((earliest, latest)));
    }

    /// How far our wall clock is ahead of the venue's (below zero: behind) at the very least, in microseconds.
    pub fn certain_offset_us(&self, now: Now) -> i64 {
        now.wall.0.saturating_sub(self.venue_wall(now).0)
    }

    /// Our wall clock, moved into the interval the venue's answers allow.
    pub fn venue_wall(&self, now: Now) -> Wall {
        let Some((low, high)) = self.known else { return now.wall };
        let mono = micros(now);
        Wall(now.wall.0.max(low.saturating_add(mono)).min(high.saturating_add(mono)))
    }
}

fn micros(now: Now) -> i64 {
    i64::try_from(now.mono.0 / 1_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Mono;
    use proptest::prelude::*;

    fn now(mono_us: i64, wall_us: i64) -> Now {
        Now { mono: Mono(mono_us.unsigned_abs() * 1_000), wall: Wall(wall_us) }
    }

    #[test]
    fn a_jump_of_our_clock_shows_without_another_question() {
        let mut clock = VenueClock::default();
        clock.learn(now(0, 1_000_400_000), now(20_000, 1_000_420_000), 1_000);
        assert_eq!(clock.certain_offset_us(now(5_000_000, 1_005_400_000)), 0);
        let jumped = now(6_000_000, 1_006_400_000 + 3_600_000_000);
        assert!(clock.certain_offset_us(jumped) > 3_598_000_000);
        assert!((clock.venue_wall(jumped).0 - 1_006_400_000).abs() < 1_000_000);
    }

    proptest! {
        #[test]
        fn the_true_venue_time_is_never_excluded(
            ahead_us in -10_000_000i64..10_000_000, times in proptest::collection::vec((0i64..5_000_000, 0i64..300_000, 0i64..300_000), 1..20),
        ) {
            let mut clock = VenueClock::default();
            let (mut mono, base) = (0, 1_700_000_000_000_000i64);
            for (pause, out, back) in times {
                mono += pause;
                let asked = now(mono, base + mono + ahead_us);
                let server = (base + mono + out).div_euclid(1_000_000);
                mono += out + back;
                let answered = now(mono, base + mono + ahead_us);
                clock.learn(asked, answered, server);
                let certain = clock.certain_offset_us(answered);
                prop_assert!(certain.abs() <= ahead_us.abs() && certain * ahead_us >= 0);
                prop_assert!((certain - ahead_us).abs() <= 1_600_000, "off by {}", certain - ahead_us);
            }
        }
    }
}
