//! What the operator may choose about threads, waiting and cores. Choices only: `pinning` makes a plan of them.

/// How a thread that trades waits for what comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Sleeps at once: least load, and every event costs a wake-up.
    Block,
    /// Looks on for a moment after every event, then sleeps.
    #[default]
    Hybrid,
    /// Never sleeps: fastest, and a core for each thread.
    Spin,
}

/// How many threads trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Threads {
    /// Three where there are cores for them, else one.
    #[default]
    Auto,
    /// One for each venue and one that decides.
    Three,
    /// One that does all of it, each event to its end.
    One,
}

/// All choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    /// How threads wait.
    pub wait: Wait,
    /// How many there are.
    pub threads: Threads,
    /// Cores they may use; empty leaves the choice to the program.
    pub cores: Vec<usize>,
}
