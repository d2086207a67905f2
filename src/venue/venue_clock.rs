//! How far our wall clock is from the venue's. Orders carry their time of signing or their end as wall time, so bounded
//! validity (law R1) is only as good as this clock.
//!
//! A venue tells its time in steps, and the answer takes its way, so what is known is an interval; several readings narrow
//! it. It is kept against the monotonic clock, so that a jump of our wall clock shows at once, without another question.

use crate::domain::{Mono, Now, Wall};
use std::time::Duration;

/// A certain difference above this ends openings (law R1), in microseconds.
const OFF_MAX_US: i64 = 500_000;
/// An interval wider than this is worth another question, in microseconds.
const WIDE_US: i64 = 300_000;
/// Least time between two questions that only narrow the interval.
const NARROW_PAUSE: Duration = Duration::from_millis(1_500);

/// What is known of the venue's clock.
#[derive(Debug, Default)]
pub struct VenueClock {
    /// Earliest and latest venue time at monotonic zero, in microseconds.
    known: Option<(i64, i64)>,
}

impl VenueClock {
    /// Takes a reading, made by the venue some time between question and answer: its clock showed `told`, cut to `step`.
    pub fn learn(&mut self, asked: Mono, answered: Mono, told: Wall, step: Duration) {
        let step = i64::try_from(step.as_micros()).unwrap_or(i64::MAX).max(1);
        let earliest = told.0.saturating_sub(micros(answered));
        let latest = told.0.saturating_add(step - 1).saturating_sub(micros(asked));
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
        let mono = micros(now.mono);
        Wall(now.wall.0.max(low.saturating_add(mono)).min(high.saturating_add(mono)))
    }

    /// Why openings wait, when our clock is certainly too far off.
    pub fn trouble(&self, now: Now, venue: &str) -> Option<String> {
        let off = self.certain_offset_us(now);
        let direction = if off > 0 { "ahead of" } else { "behind" };
        (off.abs() > OFF_MAX_US).then(|| {
            // Coarse, so that a clock being slewed does not make a new reason every moment.
            let tenths = off.unsigned_abs() / 100_000;
            let (seconds, tenths) = (tenths / 10, tenths % 10);
            format!(
                "clock: this computer's is at least {seconds}.{tenths} s {direction} {venue}'s, set it by NTP"
            )
        })
    }

    /// When a venue that tells whole seconds should be asked again so that the answer halves what is not known; `None` when
    /// enough is.
    pub fn narrowing(&self, now: Mono) -> Option<Mono> {
        let (low, high) = self.known.filter(|(low, high)| high - low > WIDE_US)?;
        let earliest = now.after(NARROW_PAUSE);
        let shows = (low / 2 + high / 2).saturating_add(micros(earliest));
        let to_the_second = u64::try_from(-shows.rem_euclid(1_000_000) + 1_000_000).unwrap_or(0);
        Some(earliest.after(Duration::from_micros(to_the_second)))
    }
}

fn micros(mono: Mono) -> i64 {
    i64::try_from(mono.0 / 1_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn half_a_second_is_the_limit_and_the_words_say_which_way() {
        let mut clock = VenueClock::default();
        clock.learn(Mono(0), Mono(0), Wall(1_000_000_000), Duration::from_millis(1));
        assert_eq!(clock.trouble(now(0, 1_000_500_000), "Paradex"), None);
        let ahead = clock.trouble(now(0, 1_000_502_000), "Paradex").expect("off");
        assert!(ahead.starts_with("clock") && ahead.contains("ahead of Paradex"), "{ahead}");
        assert!(clock.trouble(now(0, 999_400_000), "Paradex").expect("off").contains("behind"));
        assert_eq!(VenueClock::default().trouble(now(0, 1), "Paradex"), None, "nothing known yet");
    }

    #[test]
    fn a_few_questions_at_the_right_moment_make_seconds_precise_enough() {
        for true_us in (0..1_000_000).step_by(37_000) {
            let (mut clock, base, mut at) = (VenueClock::default(), 1_700_000_000_000_000i64 + true_us, 0);
            let mut questions = 0;
            loop {
                let told = Wall((base + at).div_euclid(1_000_000) * 1_000_000);
                let mono = Mono(at.unsigned_abs() * 1_000);
                clock.learn(mono, mono, told, SECOND);
                questions += 1;
                let Some(next) = clock.narrowing(mono) else { break };
                assert!(next >= mono.after(NARROW_PAUSE));
                at = i64::try_from(next.0 / 1_000).expect("small");
            }
            assert!(questions <= 4, "{questions} questions for {true_us}");
            let end = now(at, base + at + 801_000);
            assert!(clock.trouble(end, "Lighter").is_some(), "{true_us}");
        }
    }

    fn now(mono_us: i64, wall_us: i64) -> Now {
        Now { mono: Mono(mono_us.unsigned_abs() * 1_000), wall: Wall(wall_us) }
    }

    #[test]
    fn a_jump_of_our_clock_shows_without_another_question() {
        let mut clock = VenueClock::default();
        clock.learn(Mono(0), Mono(20_000_000), Wall(1_000_000_000), SECOND);
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
                clock.learn(asked.mono, answered.mono, Wall(server * 1_000_000), SECOND);
                let certain = clock.certain_offset_us(answered);
                prop_assert!(certain.abs() <= ahead_us.abs() && certain * ahead_us >= 0);
                prop_assert!((certain - ahead_us).abs() <= 1_600_000, "off by {}", certain - ahead_us);
            }
        }
    }
}
