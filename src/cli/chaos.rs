//! `hedge-fast chaos`: the deterministic simulation from the command line. Prints figures, failing seeds, and a summary last.

use super::USAGE;
use super::arguments::ChaosArguments;
use crate::dst::campaign::{self, Depth, Failure};
use crate::dst::shrink::shrink;
use crate::dst::trace::Trace;
use crate::dst::{Plan, real, run as run_plan};
use crate::runtime::clock;
use std::ops::Range;

/// Exit code for a broken rule.
const BROKEN: u8 = 1;
/// Failing seeds that are shown; the rest is only counted.
const SHOWN: usize = 10;

/// Runs the seeds; returns the exit code.
pub fn run(arguments: &ChaosArguments) -> u8 {
    let Some(seeds) = range(&arguments.seeds) else {
        eprintln!("--seeds must be a range such as 0..1000 or one seed, not \"{}\"", arguments.seeds);
        return USAGE;
    };
    let depth = match arguments.depth {
        1 => Depth::Reports,
        2 => Depth::Wire,
        other => {
            eprintln!("--depth must be 1 or 2, not {other}");
            return USAGE;
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let began = clock::wall();
    let (figures, failures) = campaign::run_at(depth, seeds.clone(), threads, &real);
    let took = clock::wall().millis().saturating_sub(began.millis()).max(1);
    for failure in failures.iter().take(SHOWN) {
        report(depth, failure);
    }
    if arguments.trace {
        let seed = failures.first().map_or(seeds.start, |failure| failure.seed);
        match depth {
            Depth::Reports => show(seed),
            Depth::Wire => show_wire(seed),
        }
    }
    println!("{figures}");
    let rate = u128::from(figures.runs) * 1_000 / u128::from(took.unsigned_abs());
    println!("speed             {rate} runs/s on {threads} threads");
    println!(
        "chaos: seeds {}..{}, {} runs, {} cycles, {} faults, {} crashes, naked p99 {} ms, {} violations",
        seeds.start,
        seeds.end,
        figures.runs,
        figures.cycles,
        figures.all_faults(),
        figures.crashes,
        figures.naked_ms.percentile(99),
        figures.violations.max(u64::try_from(failures.len()).unwrap_or(u64::MAX)),
    );
    if failures.is_empty() { 0 } else { BROKEN }
}

fn range(text: &str) -> Option<Range<u64>> {
    let (first, end) = match text.split_once("..") {
        Some((first, end)) => (first.parse().ok()?, end.parse().ok()?),
        None => {
            let seed: u64 = text.parse().ok()?;
            (seed, seed.checked_add(1)?)
        }
    };
    (first < end).then_some(first..end)
}

fn report(depth: Depth, failure: &Failure) {
    let Failure { seed, violation } = failure;
    println!("seed {seed}: {violation}");
    let flag = if depth == Depth::Wire { " --depth 2" } else { "" };
    println!("  repeat: hedge-fast chaos --seeds {seed}..{}{flag} --trace", seed.saturating_add(1));
}

/// The run of a seed as a diagram: shrunk when it fails, whole when it does not.
fn show(seed: u64) {
    let small = shrink(&Plan::draw(seed), &real);
    let end = run_plan(&small, Trace::Text(String::new()));
    if let Trace::Text(text) = &end.trace {
        print!("{text}");
    }
    let names: Vec<&str> = end.classes.iter().map(|fault| fault.name()).collect();
    println!("seed {seed}: faults on for {} s: {}", small.safety / 1_000_000_000, names.join(" "));
    for violation in &end.violations {
        println!("seed {seed}: {violation}");
    }
}

/// The whole run of a seed at depth 2.
fn show_wire(seed: u64) {
    let end = Depth::Wire.run(seed, Trace::Text(String::new()), &real);
    if let Trace::Text(text) = &end.trace {
        print!("{text}");
    }
    for violation in &end.violations {
        println!("seed {seed}: {violation}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_or_one_number() {
        assert_eq!(range("3..9"), Some(3..9));
        assert_eq!(range("7"), Some(7..8));
        for wrong in ["", "9..3", "3..3", "a..b", "-1", "1...2"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
