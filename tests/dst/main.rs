//! Deterministic simulation of the coordinator: no seed breaks a rule, and for every rule there is a broken coordinator that
//! the oracle catches.

mod exhaustive;
mod saboteurs;
mod wire;

use hedge_fast::dst::campaign::{self, compare};
use hedge_fast::dst::figures::{EVENTS, Figures, PHASES};
use hedge_fast::dst::shrink::shrink;
use hedge_fast::dst::trace::Trace;
use hedge_fast::dst::{Fault, Invariant, Plan, real, run_with};
use saboteurs::{Trick, make};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Seeds of every run of the tests.
const SEEDS: std::ops::Range<u64> = 0..20_000;

/// Seeds that once broke a rule, with what was wrong then.
const FORMER_FAILURES: &[(u64, &str)] = &[
    (219, "an excess between two size steps was sent"),
    (629, "a start spun while a venue was away"),
    (1_094, "a bust of a finished cycle was forgotten by a crash"),
    (7_751, "a failure for good at a start said that nothing is open"),
    (11_157, "a fill was counted after the bust that undid it"),
    (26_341, "an alarm was reset by records while readings disagreed"),
    (48_078, "a leg that opened again was carried as dust"),
];

fn campaign_figures() -> &'static Figures {
    static FIGURES: OnceLock<Figures> = OnceLock::new();
    FIGURES.get_or_init(|| {
        let (figures, failures) = campaign::run(SEEDS, 2, &real);
        let shown: Vec<String> =
            failures.iter().map(|failure| format!("seed {}: {}", failure.seed, failure.violation)).collect();
        assert!(shown.is_empty(), "{}", shown.join("\n"));
        figures
    })
}

#[test]
fn no_seed_breaks_a_rule() {
    let figures = campaign_figures();
    println!("{figures}");
    assert_eq!(figures.violations, 0);
    assert!(figures.cycles > 80_000 && figures.crashes > 2_000, "{figures}");
}

#[test]
fn seeds_that_once_broke_a_rule_do_not_any_more() {
    for (seed, what) in FORMER_FAILURES {
        let end = run_with(&Plan::draw(*seed), Trace::Off, &real);
        assert!(end.violations.is_empty(), "seed {seed}, {what}: {}", end.violations[0]);
    }
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    for seed in 0..200 {
        assert_eq!(compare(seed, &real), None, "seed {seed}");
    }
    let hash = |seed| run_with(&Plan::draw(seed), Trace::EMPTY_HASH, &real).trace;
    assert_ne!(hash(1), hash(2));
}

#[test]
fn figures_do_not_depend_on_how_the_seeds_are_shared_out() {
    let (one, _) = campaign::run(0..300, 1, &real);
    let (two, _) = campaign::run(0..300, 3, &real);
    assert_eq!(one, two);
}

/// The rules that the seeds break with a broken coordinator, until the wanted one is among them.
fn caught(trick: Trick) -> BTreeSet<Invariant> {
    let mut rules = BTreeSet::new();
    for first in (0..6_000).step_by(100) {
        let maker = |settings, memory| make(trick, settings, memory);
        let (_, failures) = campaign::run(first..first + 100, 2, &maker);
        rules.extend(failures.iter().map(|failure| failure.violation.rule));
        if trick == Trick::DependsOnTheWorld {
            rules.extend(
                (first..first + 100).filter_map(|seed| compare(seed, &maker)).map(|found| found.rule),
            );
        }
        if rules.contains(&trick.rule()) {
            break;
        }
    }
    rules
}

#[test]
fn for_every_rule_there_is_a_broken_coordinator_that_it_catches() {
    std::panic::set_hook(Box::new(|_| {}));
    let found: Vec<_> = Trick::ALL.iter().map(|trick| (trick, caught(*trick))).collect();
    let _ = std::panic::take_hook();
    let missed: Vec<String> = found
        .iter()
        .filter(|(trick, rules)| !rules.contains(&trick.rule()))
        .map(|(trick, rules)| format!("{trick:?} was not caught by {:?} but by {rules:?}", trick.rule()))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let covered: BTreeSet<Invariant> = Trick::ALL.iter().map(|trick| trick.rule()).collect();
    let without: Vec<_> = Invariant::ALL.iter().filter(|rule| !covered.contains(rule)).collect();
    assert!(without.is_empty(), "no saboteur for {without:?}");
}

#[test]
fn a_failing_seed_shrinks_to_the_faults_it_needs() {
    let maker = |settings, memory| make(Trick::TakesNotFoundForAnEnd, settings, memory);
    let rule = Trick::TakesNotFoundForAnEnd.rule();
    let fails = |plan: &Plan| run_with(plan, Trace::Off, &maker).violations.first().map(|found| found.rule);
    let seed = (0..2_000).find(|seed| fails(&Plan::draw(*seed)) == Some(rule)).expect("a failing seed");
    let whole = Plan::draw(seed);
    let small = shrink(&whole, &maker);
    assert_eq!(fails(&small), Some(rule), "seed {seed}");
    let classes = |plan: &Plan| run_with(plan, Trace::Off, &maker).classes.len();
    assert!(classes(&small) <= 4 && classes(&small) < classes(&whole), "seed {seed}: {}", classes(&small));
    assert!(small.safety <= whole.safety);
}

/// Cells of the table phase x event that cannot be, or that no fixed number of seeds can promise.
fn may_be_empty(phase: &str, event: &str) -> bool {
    let orders = ["ack", "fill", "ended", "refused", "unknown", "answer"];
    match (phase, event) {
        // A process that has ended or is down steps no more.
        ("ended" | "down", _) => true,
        // A process begins once, and its orders come later.
        ("starting", event) => orders.contains(&event),
        (_, "begin") => true,
        // A refusal is told once, while its order is awaited; what was sent before a crash is asked about, not told.
        ("recovering" | "idle" | "holding" | "cooling" | "halted", "refused") | ("recovering", "unknown") => {
            true
        }
        // A second of evening out, a rare halt: whether something rare falls into it is chance.
        ("evening" | "halted", "thread died" | "ledger" | "stop" | "ended" | "answer") => true,
        _ => false,
    }
}

#[test]
fn every_event_is_met_in_every_phase_and_every_fault_strikes() {
    let figures = campaign_figures();
    let mut empty = Vec::new();
    println!("{:<12}{}", "", EVENTS.map(|event| format!("{event:>13}")).concat());
    for (phase, counts) in PHASES.iter().zip(&figures.coverage) {
        println!("{phase:<12}{}", counts.map(|count| format!("{count:>13}")).concat());
        for (event, count) in EVENTS.iter().zip(counts) {
            if *count == 0 && !may_be_empty(phase, event) {
                empty.push(format!("{event} in {phase}"));
            }
        }
    }
    println!("{:<18}{}", "", PHASES.map(|phase| format!("{phase:>12}")).concat());
    for fault in Fault::ALL {
        let by_phase = figures.faults[*fault as usize];
        println!("{:<18}{}", fault.name(), by_phase.map(|count| format!("{count:>12}")).concat());
        if figures.struck(*fault) == 0 {
            empty.push(format!("fault {}", fault.name()));
        }
    }
    assert!(empty.is_empty(), "never happened: {}", empty.join(", "));
}
