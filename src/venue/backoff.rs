//! When to try again: doubling pauses with jitter, so that many clients of a venue that comes back do not storm it.

use crate::domain::Mono;
use crate::signing::Entropy;
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(20);

/// Counts failures in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It worked: the next failure starts with the shortest pause again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed: when to try again. Between half of the pause and all of it.
    pub fn next(&mut self, now: Mono, entropy: &mut dyn Entropy) -> Mono {
        let pause = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let mut byte = [0];
        entropy.fill(&mut byte);
        now.after(pause / 2 + pause.mul_fraction(u32::from(byte[0])))
    }
}

trait MulFraction {
    fn mul_fraction(self, of_512: u32) -> Self;
}

impl MulFraction for Duration {
    /// This many 512ths.
    fn mul_fraction(self, of_512: u32) -> Self {
        self / 512 * of_512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&mut self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn pauses_double_up_to_a_cap_and_start_over_after_success() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u64> =
            (0..12).map(|_| backoff.next(Mono(0), &mut Fixed(255)).0 / 1_000_000).collect();
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]), "{pauses:?}");
        assert!(pauses[0] <= 250 && pauses[11] <= 20_000 && pauses[11] >= 19_000, "{pauses:?}");
        backoff.reset();
        assert!(backoff.next(Mono(0), &mut Fixed(0)).0 <= 125_000_000);
    }
}
