//! How durations are spread, in a fixed number of buckets, so that two halves of a campaign add up to the same whole in
//! whatever order they finish. Milliseconds; at most one part in sixteen off.

/// Sub-divisions of every power of two.
const FINE: u64 = 16;
const BUCKETS: usize = 16 * 40;

/// Counts by duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn add(&mut self, value: u64) {
        if let Some(count) = self.counts.get_mut(bucket(value)) {
            *count += 1;
        }
        self.total += 1;
        self.max = self.max.max(value);
    }

    /// Adds all counts of another.
    pub fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    /// How many values were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The largest value, exactly.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The value that `percent` of all values do not exceed, rounded up to its bucket; zero when there are none.
    pub fn percentile(&self, percent: u64) -> u64 {
        let wanted = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return upper(index).min(self.max);
            }
        }
        self.max
    }
}

fn bucket(value: u64) -> usize {
    if value < FINE {
        return usize::try_from(value).unwrap_or_default();
    }
    let power = u64::from(value.ilog2()) - 4;
    let fine = (value >> power) - FINE;
    usize::try_from((power + 1) * FINE + fine).unwrap_or(usize::MAX).min(BUCKETS - 1)
}

fn upper(index: usize) -> u64 {
    let index = u64::try_from(index).unwrap_or(u64::MAX);
    if index < FINE {
        return index;
    }
    let (power, fine) = (index / FINE - 1, index % FINE);
    ((FINE + fine + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_close_and_halves_add_up_to_the_whole() {
        let (mut whole, mut low, mut high) =
            (Histogram::default(), Histogram::default(), Histogram::default());
        for value in 1..=1_000 {
            whole.add(value);
            if value <= 400 { low.add(value) } else { high.add(value) }
        }
        high.merge(&low);
        assert_eq!(whole, high);
        assert_eq!(whole.max(), 1_000);
        for (percent, exact) in [(50, 500), (99, 990), (100, 1_000)] {
            let told = whole.percentile(percent);
            assert!((exact..=exact + exact / 16).contains(&told), "{percent}: {told}");
        }
        assert_eq!(Histogram::default().percentile(99), 0);
    }
}
