//! The faults of the catalogue that exist at the level of venue reports, each with its own dice, so that adding one or
//! switching one off shifts no other.

use crate::sim::rng::Rng;

macro_rules! faults {
    ($($name:ident $rows:literal $max_ppm:literal $what:literal,)*) => {
        /// One class of faults. The documentation of each is its text in [`Fault::what`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is described by its text")]
        pub enum Fault { $($name,)* }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name as traces and figures show it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Rows of the fault catalogue it stands for.
            pub fn rows(self) -> &'static str {
                match self { $(Self::$name => $rows,)* }
            }

            /// Its highest rate: in a million opportunities (orders, messages, readings or seconds).
            pub fn max_ppm(self) -> u32 {
                match self { $(Self::$name => $max_ppm,)* }
            }

            /// What happens.
            pub fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }
        }
    };
}

faults! {
    // Per order.
    AckLost "1 22 31" 120_000 "the order is executed, nobody says so, its outcome is unknown",
    RequestLost "2 43" 120_000 "the order never arrives and its outcome is unknown",
    RequestLate "3 42" 80_000 "the order arrives within its validity, long after its outcome became unknown",
    RequestTooLate "3" 80_000 "the order arrives after its validity and the venue drops it",
    SilentDrop "18" 60_000 "the venue drops the order and says nothing",
    Hangs "25 32" 80_000 "the order works until it is cancelled, filled late or dead",
    FillsLate "5" 150_000 "fills arrive up to two seconds after the end of their order",
    AckLast "4" 150_000 "fills arrive before the ack",
    WrongTotal "7" 30_000 "the first report of the end tells a wrong total",
    PartialFill "8 9 29 62" 200_000 "part of the order is filled",
    NoMatch "10 11 62" 150_000 "nothing of the order is filled",
    Overfill "12" 5_000 "the venue fills more than was asked",
    SelfTrade "24 25" 50_000 "acked, then cancelled for a reason of the venue's own",
    RejectMargin "15" 60_000 "refused: not enough margin",
    RejectRules "16 55" 40_000 "refused: size or price breaks the market rules",
    RejectReduceOnly "17 28" 40_000 "a closing order is refused: nothing to reduce, says the venue wrongly",
    RejectNonce "19 20" 60_000 "refused: nonce",
    RejectBand "23" 60_000 "refused: price outside the band",
    RejectUnknown "26" 60_000 "refused with a code nobody knows",
    RejectBusy "44" 60_000 "refused: too many requests",
    RejectAuth "48" 40_000 "refused: signed out",
    RejectClosed "53 28" 60_000 "refused: the venue takes no such orders at the moment",
    RejectNotSent "43 45" 60_000 "the order did not leave us",
    RejectSmall "29" 300_000 "a closing order below the venue's minimum is refused",
    // Per message.
    MessageLost "34" 50_000 "a message of the private stream is lost",
    MessageTwice "6" 150_000 "a message of the private stream comes twice",
    MessageReordered "4 5" 150_000 "a message of the private stream overtakes others",
    // Per question.
    AnswerFails "45 47" 200_000 "a question about an order is not answered",
    AnswerLost "31" 30_000 "a question is never answered at all",
    AnswerStale "2" 100_000 "a look-up does not know yet what happened in the last 800 ms",
    PositionZero "56" 80_000 "a reading says zero whatever is held",
    PositionStale "56" 100_000 "a reading comes from a replica up to three seconds behind",
    PositionFails "45 56" 150_000 "a reading fails",
    BalanceLow "57" 30_000 "a reading of the balance says too little",
    // Per second.
    Disconnect "31 32 41 48" 40_000 "one venue's connections drop for up to ten seconds",
    DisconnectBoth "51 46 47" 10_000 "both venues' connections drop",
    StreamSilent "34 49 52" 20_000 "the private stream says nothing for three seconds, then the connection is replaced",
    StreamLags "42" 20_000 "everything from one venue arrives up to four seconds late",
    QuoteSilent "33" 20_000 "quotes of one venue stop",
    QuoteBad "35 36 37 33" 30_000 "quotes of one venue are unusable: gap, crossed, stale, corrupt",
    PriceJump "38 62" 10_000 "the price jumps by up to ten percent",
    ClosingOnly "53 60" 20_000 "a venue takes no openings for a while, and says so",
    ClosedTold "53 54" 10_000 "a venue takes nothing for a while, and says so",
    ClosedUntold "53 54" 10_000 "a venue takes nothing for a while and says so only in refusals",
    Outage "63" 3_000 "a venue is away for minutes",
    MarketRules "55" 10_000 "steps and minimum sizes of a market change",
    Fatal "21 46 50" 1_500 "a venue says that nothing helps; its session ends or goes on",
    Bust "27 59" 8_000 "the venue undoes an execution",
    Liquidation "30" 5_000 "the venue closes a position",
    HandTrade "14 58 13" 8_000 "somebody else trades in the account",
    ForeignOrders "14" 20_000 "foreign or old orders rest when a process starts",
    Crash "64 65 77" 20_000 "the process dies between two actions",
    CrashOnSubmit "64" 20_000 "the process dies right after an order left",
    CrashOnFill "64" 20_000 "the process dies within a millisecond of a fill",
    CrashAgain "64 65" 300_000 "the process dies again during recovery",
    Stop "66" 6_000 "the operator asks to stop",
    StopTwice "66" 300_000 "and asks again",
    Pause "67 69" 15_000 "the process gets no time for up to ten seconds",
    ThreadDied "68" 1_000 "a thread of the process dies",
    WallJump "70 61" 10_000 "the wall clock jumps by up to an hour",
    DiskFails "71 74 75" 20_000 "the ledger cannot be written for a while",
    DiskSlow "71" 30_000 "the ledger takes up to two seconds for what it writes",
    LedgerLost "73" 30_000 "a new process finds no ledger",
    NewSettings "79" 300_000 "a new process has other settings",
}

/// Rows of the catalogue that cannot exist at this level, and where they are tested.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("39 40 S4", "frames: tests/fuzz.rs, src/transport"),
    ("37", "what makes a quote unusable: src/venue/market_data"),
    ("45", "HTTP bodies and statuses: src/venue/paradex and src/venue/lighter session tests, tests/fuzz.rs"),
    ("46 47 51 52", "TLS, names, back-off: src/transport/client tests, src/venue/backoff.rs"),
    (
        "20 21 22",
        "nonces, shared keys, duplicate ids: src/venue/lighter/nonce.rs, tests/lighter_session_against_sim",
    ),
    ("72 76 80", "the ledger's file, locks: src/ledger, src/runtime/instance.rs"),
    ("78", "the notifier: beside the threads that trade, tested where it lives"),
    ("81", "the env file: src/config, tests/command_line.rs"),
    ("82", "what is signed is what was intended: tests/vectors.rs"),
];

/// A set of fault classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultSet(u128);

impl FaultSet {
    /// Every class.
    pub const ALL: Self = Self(u128::MAX);
    /// No class.
    pub const NONE: Self = Self(0);

    /// Whether a class is in it.
    pub fn has(self, fault: Fault) -> bool {
        self.0 >> fault as usize & 1 == 1
    }

    /// The set without a class.
    #[must_use]
    pub fn without(self, fault: Fault) -> Self {
        Self(self.0 & !(1 << fault as usize))
    }

    /// The set with a class.
    #[must_use]
    pub fn with(self, fault: Fault) -> Self {
        Self(self.0 | 1 << fault as usize)
    }
}

/// The faults of one run: how often each strikes, and its dice.
#[derive(Clone, Debug)]
pub struct Faults {
    rates: Vec<u32>,
    dice: Vec<Rng>,
    /// False once the liveness phase has begun.
    pub on: bool,
}

impl Faults {
    /// Those of a seed: each class of `allowed` is off in half of the seeds, else has a rate up to its highest.
    pub fn draw(seed: u64, allowed: FaultSet) -> Self {
        let mut swarm = Rng::stream(seed, "dst-swarm");
        // Some worlds are mild, so that a run gets far before something happens.
        let mildness = 1 << (2 * swarm.below(2));
        let rates = Fault::ALL.iter().map(|fault| {
            let (off, rate) = (swarm.chance_ppm(500_000), swarm.below(u64::from(fault.max_ppm() / mildness)));
            if off || !allowed.has(*fault) { 0 } else { u32::try_from(rate).unwrap_or(0) + 1 }
        });
        let dice = Fault::ALL.iter().map(|fault| Rng::stream(seed, fault.name()));
        Self { rates: rates.collect(), dice: dice.collect(), on: true }
    }

    /// Classes that are on.
    pub fn classes(&self) -> impl Iterator<Item = Fault> {
        Fault::ALL.iter().copied().filter(|fault| self.rates[*fault as usize] > 0)
    }

    /// Whether a fault strikes at this opportunity.
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let at = fault as usize;
        self.on && self.rates[at] > 0 && self.dice[at].chance_ppm(self.rates[at])
    }

    /// A number of the fault's own dice, from `low` to `high`.
    pub fn between(&mut self, fault: Fault, low: u64, high: u64) -> u64 {
        low + self.dice[fault as usize].below(high.saturating_sub(low) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_catalogue_is_a_fault_here_or_is_tested_elsewhere() {
        let texts =
            Fault::ALL.iter().map(|fault| fault.rows()).chain(ELSEWHERE.iter().map(|(rows, _)| *rows));
        let rows: Vec<u32> =
            texts.flat_map(str::split_whitespace).filter_map(|row| row.parse().ok()).collect();
        let missing: Vec<u32> = (1..=82).filter(|row| !rows.contains(row)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_class_fits_the_set_and_switching_one_off_leaves_the_others_alone() {
        assert!(Fault::ALL.len() <= 128);
        for (at, fault) in Fault::ALL.iter().enumerate() {
            assert_eq!(*fault as usize, at);
            assert!(!FaultSet::ALL.without(*fault).has(*fault) && FaultSet::NONE.with(*fault).has(*fault));
        }
        let strikes = |allowed| {
            let mut faults = Faults::draw(7, allowed);
            (0..1_000).map(|_| faults.strikes(Fault::NoMatch)).collect::<Vec<_>>()
        };
        assert_eq!(strikes(FaultSet::ALL), strikes(FaultSet::ALL.without(Fault::AckLost)));
    }
}
