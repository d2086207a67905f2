//! Plain counts: any number of writers, no lock.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts up.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Orders of one venue that could be made before they were decided on.
#[derive(Debug, Default)]
pub struct AheadCounts {
    /// Submitted orders that were ready, built and signed.
    pub used: Count,
    /// Submitted orders that were not.
    pub missed: Count,
    /// Orders signed in idle time, used or not: the price of the above.
    pub made: Count,
}
