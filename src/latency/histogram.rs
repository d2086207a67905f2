//! A log-linear histogram of durations: any number of writers, no lock, no allocation, about three percent wide buckets.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Bits of a value that are kept: 32 buckets for every doubling.
const BITS: u32 = 5;
const PER_OCTAVE: usize = 1 << BITS;
/// Durations of 2^40 ns (18 minutes) and more count as the longest.
const LONGEST: u64 = (1 << 40) - 1;
const BUCKETS: usize = PER_OCTAVE * 36;

/// Counts durations. A sample costs two atomic operations on memory that nobody else writes at the time.
pub struct Histogram {
    counts: [AtomicU32; BUCKETS],
    max: AtomicU64,
}

/// What was counted so far, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Samples.
    pub count: u64,
    /// Median.
    pub p50: u64,
    /// Nine of ten were no longer.
    pub p90: u64,
    /// 99 of 100 were no longer.
    pub p99: u64,
    /// 999 of 1000 were no longer.
    pub p999: u64,
    /// The longest, exactly.
    pub max: u64,
}

impl Histogram {
    /// Counts one sample.
    pub fn record(&self, sample: Duration) {
        let nanos = u64::try_from(sample.as_nanos()).unwrap_or(LONGEST).min(LONGEST);
        self.counts[bucket(nanos)].fetch_add(1, Ordering::Relaxed);
        if nanos > self.max.load(Ordering::Relaxed) {
            self.max.fetch_max(nanos, Ordering::Relaxed);
        }
    }

    /// Counts and percentiles. Samples that are being counted meanwhile may or may not be in it.
    pub fn summary(&self) -> Summary {
        let counts: Vec<u64> =
            self.counts.iter().map(|count| u64::from(count.load(Ordering::Relaxed))).collect();
        let count: u64 = counts.iter().sum();
        let max = self.max.load(Ordering::Relaxed);
        let at = |thousandths: u64| {
            let rank = (count * thousandths).div_ceil(1_000).max(1);
            let mut seen = 0;
            let found = counts.iter().position(|in_bucket| {
                seen += in_bucket;
                seen >= rank
            });
            found.map_or(0, middle).min(max)
        };
        Summary { count, p50: at(500), p90: at(900), p99: at(990), p999: at(999), max }
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: [const { AtomicU32::new(0) }; BUCKETS], max: AtomicU64::new(0) }
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary().fmt(f)
    }
}

/// Small values have a bucket each; above, the leading bits choose it.
fn bucket(nanos: u64) -> usize {
    let shift = (u64::BITS - nanos.leading_zeros()).saturating_sub(BITS + 1);
    let leading = usize::try_from(nanos >> shift).unwrap_or(0);
    (shift as usize * PER_OCTAVE + leading).min(BUCKETS - 1)
}

/// The value a bucket stands for.
fn middle(bucket: usize) -> u64 {
    let shift = (bucket / PER_OCTAVE).saturating_sub(1);
    let leading = (bucket - shift * PER_OCTAVE) as u64;
    (leading << shift) + ((1 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bucket_stands_for_its_values_within_three_percent(nanos in 0..LONGEST) {
            let apart = middle(bucket(nanos)).abs_diff(nanos);
            prop_assert!(apart * 32 <= nanos, "{nanos} stands as {}", middle(bucket(nanos)));
        }

        #[test]
        fn percentiles_are_those_of_the_sorted_samples(mut samples in proptest::collection::vec(0u64..10_000_000, 1..400)) {
            let histogram = Histogram::default();
            samples.iter().for_each(|nanos| histogram.record(Duration::from_nanos(*nanos)));
            samples.sort_unstable();
            let summary = histogram.summary();
            prop_assert_eq!(summary.count, samples.len() as u64);
            prop_assert_eq!(summary.max, samples[samples.len() - 1]);
            for (thousandths, told) in [(500, summary.p50), (900, summary.p90), (990, summary.p99), (999, summary.p999)] {
                let exact = samples[(samples.len() * thousandths).div_ceil(1_000).max(1) - 1];
                prop_assert!(told.abs_diff(exact) * 32 <= exact, "{thousandths}: {told} for {exact}");
            }
        }
    }

    #[test]
    fn nothing_counted_is_all_zeros_and_the_longest_fit() {
        let histogram = Histogram::default();
        assert_eq!(histogram.summary(), Summary::default());
        histogram.record(Duration::MAX);
        assert_eq!(histogram.summary().max, LONGEST);
        assert_eq!(bucket(LONGEST), BUCKETS - 1);
    }
}
