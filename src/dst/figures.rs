//! What a campaign counts. Two halves add up to the same whole in whatever order they finish.

use super::fault::Fault;
use super::histogram::Histogram;
use super::plan::SECOND;
use crate::coordinator::ExitReason;
use std::collections::BTreeMap;
use std::fmt;

/// Names of phases as the coordinator gives them, in the order of coverage tables.
pub const PHASES: [&str; 11] = [
    "starting",
    "recovering",
    "idle",
    "opening",
    "evening",
    "holding",
    "flattening",
    "cooling",
    "halted",
    "ended",
    "down",
];

/// Kinds of events, in the order of coverage tables.
pub const EVENTS: [&str; 21] = [
    "begin",
    "quote",
    "quote fault",
    "wake",
    "stop",
    "thread died",
    "reserved",
    "ledger",
    "market",
    "ready",
    "not ready",
    "trading",
    "balance",
    "position",
    "ack",
    "fill",
    "ended",
    "refused",
    "unknown",
    "answer",
    "other",
];

/// Counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Runs.
    pub runs: u64,
    /// Cycles begun.
    pub cycles: u64,
    /// Pairs that were held.
    pub held: u64,
    /// Pairs closed and confirmed.
    pub closed: u64,
    /// Events handled.
    pub steps: u64,
    /// Virtual time, in nanoseconds.
    pub virtual_ns: u128,
    /// Orders sent.
    pub orders: u64,
    /// Processes killed.
    pub crashes: u64,
    /// Processes started.
    pub starts: u64,
    /// Pairs adopted by a later process.
    pub adopted: u64,
    /// Naked alarms.
    pub alarms: u64,
    /// Halts.
    pub halts: u64,
    /// Runs that ended with exposure (and said so).
    pub left_naked: u64,
    /// Ends by exit code 0 to 5.
    pub exits: [u64; 6],
    /// Exposure without a hedge, in milliseconds.
    pub naked_ms: Histogram,
    /// From a start with something open to knowing what it is, in milliseconds.
    pub recovery_ms: Histogram,
    /// Faults by class and by the phase they struck in.
    pub faults: Vec<[u64; PHASES.len()]>,
    /// Faults of depth 2 by venue and word.
    pub by_word: BTreeMap<String, u64>,
    /// Events by the phase that met them.
    pub coverage: Vec<[u64; EVENTS.len()]>,
    /// Rules broken.
    pub violations: u64,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            runs: 0,
            cycles: 0,
            held: 0,
            closed: 0,
            steps: 0,
            virtual_ns: 0,
            orders: 0,
            crashes: 0,
            starts: 0,
            adopted: 0,
            alarms: 0,
            halts: 0,
            left_naked: 0,
            exits: [0; 6],
            naked_ms: Histogram::default(),
            recovery_ms: Histogram::default(),
            faults: vec![[0; PHASES.len()]; Fault::ALL.len()],
            by_word: BTreeMap::new(),
            coverage: vec![[0; EVENTS.len()]; PHASES.len()],
            violations: 0,
        }
    }
}

impl Figures {
    /// Adds all counts of another.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.runs, other.runs),
            (&mut self.cycles, other.cycles),
            (&mut self.held, other.held),
            (&mut self.closed, other.closed),
            (&mut self.steps, other.steps),
            (&mut self.orders, other.orders),
            (&mut self.crashes, other.crashes),
            (&mut self.starts, other.starts),
            (&mut self.adopted, other.adopted),
            (&mut self.alarms, other.alarms),
            (&mut self.halts, other.halts),
            (&mut self.left_naked, other.left_naked),
            (&mut self.violations, other.violations),
        ] {
            *mine += theirs;
        }
        self.virtual_ns += other.virtual_ns;
        add(&mut self.exits, &other.exits);
        for (word, count) in &other.by_word {
            *self.by_word.entry(word.clone()).or_default() += count;
        }
        self.naked_ms.merge(&other.naked_ms);
        self.recovery_ms.merge(&other.recovery_ms);
        self.faults.iter_mut().zip(&other.faults).for_each(|(mine, theirs)| add(mine, theirs));
        self.coverage.iter_mut().zip(&other.coverage).for_each(|(mine, theirs)| add(mine, theirs));
    }

    /// Counts an end.
    pub fn ended(&mut self, reason: ExitReason) {
        if let Some(count) = self.exits.get_mut(usize::from(reason.code())) {
            *count += 1;
        }
    }

    /// How often a fault struck.
    pub fn struck(&self, fault: Fault) -> u64 {
        self.faults.get(fault as usize).map_or(0, |by_phase| by_phase.iter().sum())
    }

    /// How often any fault struck.
    pub fn all_faults(&self) -> u64 {
        let by_class: u64 = Fault::ALL.iter().map(|fault| self.struck(*fault)).sum();
        by_class + self.by_word.values().sum::<u64>()
    }
}

fn add<const N: usize>(mine: &mut [u64; N], theirs: &[u64; N]) {
    mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
}

/// Number of a phase in [`PHASES`].
pub fn phase_index(name: &str) -> usize {
    PHASES.iter().position(|known| *known == name).unwrap_or(PHASES.len() - 1)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.virtual_ns / u128::from(SECOND);
        writeln!(f, "runs              {}", self.runs)?;
        writeln!(
            f,
            "cycles            {} begun, {} held, {} closed by plan, {} adopted after a restart",
            self.cycles, self.held, self.closed, self.adopted
        )?;
        writeln!(f, "virtual time      {} days {} h", seconds / 86_400, seconds % 86_400 / 3_600)?;
        writeln!(f, "events            {}", self.steps)?;
        writeln!(f, "orders            {}", self.orders)?;
        writeln!(f, "processes         {} started, {} killed", self.starts, self.crashes)?;
        let codes = self.exits;
        writeln!(
            f,
            "exit codes        0: {}  2: {}  3: {}  4: {}  5: {}",
            codes[0], codes[2], codes[3], codes[4], codes[5]
        )?;
        writeln!(
            f,
            "alarms            {} naked, {} halts, {} runs left naked with code 5 or killed",
            self.alarms, self.halts, self.left_naked
        )?;
        write_spread(f, "naked time", &self.naked_ms)?;
        write_spread(f, "recovery time", &self.recovery_ms)?;
        writeln!(f, "faults            {}", self.all_faults())?;
        for (word, count) in &self.by_word {
            writeln!(f, "  {word:<28} {count:>9}")?;
        }
        for fault in Fault::ALL.iter().filter(|_| self.by_word.is_empty()) {
            writeln!(
                f,
                "  {:<17} {:>9}  [{}] {}",
                fault.name(),
                self.struck(*fault),
                fault.rows(),
                fault.what()
            )?;
        }
        write!(f, "violations        {}", self.violations)
    }
}

fn write_spread(f: &mut fmt::Formatter<'_>, name: &str, spread: &Histogram) -> fmt::Result {
    let [p50, p99, max] = [spread.percentile(50), spread.percentile(99), spread.max()];
    writeln!(f, "{name:<17} p50 {p50} ms, p99 {p99} ms, max {max} ms, of {}", spread.total())
}
