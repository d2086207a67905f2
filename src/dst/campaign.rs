//! Many seeds on every core. Figures do not depend on how the seeds were shared out.

use super::figures::Figures;
use super::oracle::{Invariant, Violation};
use super::plan::Plan;
use super::subject::Maker;
use super::trace::Trace;
use super::wire::{self, WirePlan};
use super::world::{End, run_with};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// Seeds a thread takes at a time.
const BATCH: u64 = 64;
/// Every run of a seed that is a multiple of this is made twice and compared.
const TWICE: u64 = 251;
/// Failing seeds that are kept.
const KEPT: usize = 100;

/// A seed whose run broke a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The first rule it broke.
    pub violation: Violation,
}

/// How much of the program a run is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The coordinator against venues at the level of reports.
    Reports,
    /// With the real sessions against the simulated venues.
    Wire,
}

impl Depth {
    /// One run of a seed.
    pub fn run(self, seed: u64, trace: Trace, make: &Maker<'_>) -> End {
        match self {
            Self::Reports => run_with(&Plan::draw(seed), trace, make),
            Self::Wire => wire::run(&WirePlan::draw(seed), trace, make),
        }
    }
}

/// Runs every seed of the range at the level of reports.
pub fn run(seeds: Range<u64>, threads: usize, make: &Maker<'_>) -> (Figures, Vec<Failure>) {
    run_at(Depth::Reports, seeds, threads, make)
}

/// Runs every seed of the range.
pub fn run_at(depth: Depth, seeds: Range<u64>, threads: usize, make: &Maker<'_>) -> (Figures, Vec<Failure>) {
    let next = AtomicU64::new(seeds.start);
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads.max(1)).map(|_| scope.spawn(|| work(depth, &next, seeds.end, make))).collect();
        let ended = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|part| part.unwrap_or_else(|panic| resume_unwind(panic))).collect::<Vec<_>>()
    });
    let (mut figures, mut failures) = (Figures::default(), Vec::new());
    for (part, failed) in parts {
        figures.merge(&part);
        failures.extend(failed);
    }
    failures.sort_by_key(|failure| failure.seed);
    failures.truncate(KEPT);
    (figures, failures)
}

fn work(depth: Depth, next: &AtomicU64, end: u64, make: &Maker<'_>) -> (Figures, Vec<Failure>) {
    let (mut figures, mut failures) = (Figures::default(), Vec::new());
    let batch = if depth == Depth::Wire { 4 } else { BATCH };
    loop {
        let first = next.fetch_add(batch, Ordering::Relaxed);
        if first >= end {
            return (figures, failures);
        }
        for seed in first..end.min(first + batch) {
            let run = catch_unwind(AssertUnwindSafe(|| depth.run(seed, Trace::Off, make)));
            let violation = match run {
                Ok(run) => {
                    figures.merge(&run.figures);
                    let differs = seed.is_multiple_of(TWICE).then(|| compare_at(depth, seed, make)).flatten();
                    run.violations.into_iter().next().or(differs)
                }
                Err(_) => {
                    (figures.runs, figures.violations) = (figures.runs + 1, figures.violations + 1);
                    Some(Violation { rule: Invariant::NoPanic, at: 0, text: "panicked".to_owned() })
                }
            };
            failures.extend(violation.map(|violation| Failure { seed, violation }));
        }
    }
}

/// Two runs of the same seed must look the same.
pub fn compare(seed: u64, make: &Maker<'_>) -> Option<Violation> {
    compare_at(Depth::Reports, seed, make)
}

/// As [`compare`], at any depth.
pub fn compare_at(depth: Depth, seed: u64, make: &Maker<'_>) -> Option<Violation> {
    let hash = || depth.run(seed, Trace::EMPTY_HASH, make);
    let (first, second) = (hash(), hash());
    (first.trace != second.trace).then(|| Violation {
        rule: Invariant::Deterministic,
        at: first.at,
        text: "two runs of the same seed differ".to_owned(),
    })
}
