//! The judge. Sees the venues' truth, what was delivered to the process, commands at the boundary, notices and the journal;
//! shares no code with the coordinator and does its own sums. Every rule has a name and a test that breaks it on purpose.
//!
//! Where somebody else moved a position and nobody could have told the process yet, rules about belief are suspended for that
//! venue until the process has named it; the rules about alarms and liveness then still bound how long that may take.

mod exposure;
mod journal;
mod orders;

pub use exposure::{SETTLED_WITHIN, STOPPED_WITHIN};

use super::exchange::Exchange;
use super::figures::Figures;
use crate::coordinator::{Event, Notice, RecoveryOutcome, Settings};
use crate::domain::{Bbo, ClientOrderId, MarketSpec, PerVenue, Qty, TradeKey, Usd, Venue};
use crate::venue::{TradingState, VenueReport};
use std::collections::BTreeSet;
use std::fmt;

macro_rules! invariants {
    ($($name:ident $id:literal $what:literal,)*) => {
        /// A rule that must hold. Ids are those of the fault catalogue.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each is described by its text")]
        pub enum Invariant { $($name,)* }

        impl Invariant {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its id in the catalogue.
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What must hold.
            pub fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }
        }
    };
}

invariants! {
    Clip "I1" "a leg is never larger than the margin buys",
    NeverFlips "I1" "what reduces never grows, flips or exceeds the position",
    OneIntentOneOrder "I2" "one client id is sent once",
    ReservedBeforeSent "I3" "an order's ids are durable before it is sent",
    BeliefIsTruth "I4" "an order that has ended here has ended there, with the same total",
    EveryFillOnce "I4" "an execution is recorded once and as it was",
    HeldInBalance "I5" "a pair is held only with equal and opposite legs",
    GatesBeforeOpening "I6" "nothing is opened while a gate is closed",
    PriceAndSize "I7" "price within the cap of a sane touch, size and price on the grid",
    ClosingNotBlocked "I8" "with venues up and nothing wrong, exposure is gone within ten seconds",
    Budget "I9" "openings that fail in a row are bounded, over restarts",
    OneOpenOrder "I11" "one order per leg may be alive",
    Bounded "I11" "commands and steps are bounded",
    NoPanic "I13" "nothing panics",
    DeadThreadEnds "I13" "after the death of a thread nothing is opened, and the process ends",
    OnlyOwnOrders "I14" "only own orders are cancelled",
    EverythingRecorded "I15" "what is sent is recorded",
    AlarmStands "L1" "exposure is hedged, or an alarm stands within five seconds and is repeated",
    Live "L2" "after faults stop: flat, hedged, halted with an alarm, or over",
    Remembered "L3" "what may be open is known to the next process, which says so first",
    StopsInTime "L4" "a request to stop ends the process in time, a second one at once",
    TruthfulExit "X1" "the exit code and the journal tell the truth",
    Deterministic "I10" "the same seed gives the same run",
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Invariant,
    /// When, in virtual nanoseconds.
    pub at: u64,
    /// How.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, at, text } = self;
        write!(f, "{} {rule:?} at {}.{:03} s: {text}", rule.id(), at / 1_000_000_000, at / 1_000_000 % 1_000)
    }
}

/// What the process was told of one venue.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    quote: Option<Bbo>,
    quote_ok: bool,
    ready: bool,
    takes_openings: bool,
    free: Option<Usd>,
    spec: Option<MarketSpec>,
    /// The size step of the market is not what it was.
    regridded: bool,
}

impl Known {
    const NOTHING: Self = Self {
        quote: None,
        quote_ok: false,
        ready: false,
        takes_openings: true,
        free: None,
        spec: None,
        regridded: false,
    };
}

/// Watches one run.
#[derive(Debug)]
pub struct Oracle {
    /// Rules broken so far.
    pub violations: Vec<Violation>,
    settings: Settings,
    known: PerVenue<Known>,
    ledger_failing: bool,
    stopping: u32,
    thread_died: bool,
    fatal: bool,
    /// The process runs since then.
    up_since: Option<u64>,
    /// It had no time until then.
    resumed_at: u64,
    alarm_at: Option<u64>,
    halted: bool,
    recovering: bool,
    /// Things that happened to a position of which the process was not told yet.
    untold: PerVenue<u32>,
    /// Somebody else traded here since the last time all was flat.
    contested: PerVenue<bool>,
    told_at: u64,
    disturbed_at: u64,
    naked_since: Option<u64>,
    quiet_since: Option<u64>,
    clip: PerVenue<Qty>,
    openings_in_row: u32,
    unrecorded: Vec<ClientOrderId>,
    recorded: BTreeSet<(Venue, TradeKey)>,
    commands: (u64, u32),
    must_exit: bool,
    must_say_recovering: bool,
    exited: bool,
}

impl Oracle {
    /// Before the first process.
    pub fn new(settings: Settings) -> Self {
        Self {
            violations: Vec::new(),
            settings,
            known: PerVenue::from_fn(|_| Known::NOTHING),
            ledger_failing: false,
            stopping: 0,
            thread_died: false,
            fatal: false,
            up_since: None,
            resumed_at: 0,
            alarm_at: None,
            halted: false,
            recovering: false,
            untold: PerVenue::default(),
            contested: PerVenue::default(),
            told_at: 0,
            disturbed_at: 0,
            naked_since: None,
            quiet_since: None,
            clip: PerVenue::default(),
            openings_in_row: 0,
            unrecorded: Vec::new(),
            recorded: BTreeSet::new(),
            commands: (0, 0),
            must_exit: false,
            must_say_recovering: false,
            exited: false,
        }
    }

    /// Notes that a rule is broken.
    pub fn broken(&mut self, rule: Invariant, at: u64, text: String) {
        self.violations.push(Violation { rule, at, text });
    }

    /// Since when the process runs.
    pub fn up_since(&self) -> Option<u64> {
        self.up_since
    }

    /// What the process is about to learn.
    pub fn on_event(&mut self, event: &Event) {
        use crate::coordinator::journal::LedgerReport;
        match event {
            Event::Quote(venue, quote) => {
                let known = &mut self.known[*venue];
                known.quote_ok = quote.is_ok();
                known.quote = quote.ok().or(known.quote);
            }
            Event::Report(venue, report) => self.on_report(*venue, report),
            Event::Ledger(LedgerReport::Failing(_)) => self.ledger_failing = true,
            Event::Ledger(LedgerReport::Working) => self.ledger_failing = false,
            Event::Ledger(LedgerReport::Reserved(_)) | Event::Begin | Event::Wake => {}
            Event::StopRequested => {
                self.stopping += 1;
                self.must_exit |= self.stopping > 1;
            }
            Event::ThreadDied(_) => self.thread_died = true,
        }
    }

    fn on_report(&mut self, venue: Venue, report: &VenueReport) {
        let known = &mut self.known[venue];
        match report {
            VenueReport::Market { spec, .. } => known.spec = Some(*spec),
            VenueReport::Ready => known.ready = true,
            VenueReport::NotReady(_) => known.ready = false,
            VenueReport::Trading(state) => known.takes_openings = matches!(state, TradingState::Open),
            VenueReport::Balance { free } => known.free = Some(*free),
            VenueReport::Fatal(_) => self.fatal = true,
            _ => {}
        }
    }

    /// Everything a step wanted has been done.
    pub fn after_step(&mut self, now: u64) {
        if let Some(cid) = self.unrecorded.pop() {
            self.unrecorded.clear();
            self.broken(Invariant::EverythingRecorded, now, format!("{cid} was sent and not recorded"));
        }
        if std::mem::take(&mut self.must_say_recovering) {
            let text = "a process that may have inherited something does not say so first".to_owned();
            self.broken(Invariant::Remembered, now, text);
        }
        if self.must_exit && !self.exited {
            self.must_exit = false;
            self.broken(Invariant::StopsInTime, now, "the process goes on".to_owned());
        }
    }

    /// The operator was told something.
    pub fn on_notice(
        &mut self,
        now: u64,
        notice: &Notice,
        venues: &PerVenue<Exchange>,
        figures: &mut Figures,
    ) {
        match notice {
            Notice::NakedAlarm { .. } => {
                self.alarm_at = Some(now);
                figures.alarms += 1;
            }
            Notice::Halted { .. } => {
                self.alarm_at = Some(now);
                figures.halts += u64::from(!std::mem::replace(&mut self.halted, true));
            }
            Notice::Recovering { .. } => {
                self.must_say_recovering = false;
                self.recovering = true;
            }
            Notice::Recovered { outcome, .. } => {
                if std::mem::take(&mut self.recovering)
                    && let Some(since) = self.up_since
                {
                    figures.recovery_ms.add((now - since) / 1_000_000);
                }
                if *outcome == RecoveryOutcome::Adopted {
                    figures.adopted += 1;
                    self.check_balance(now, venues);
                }
            }
            Notice::PairOpened => {
                figures.held += 1;
                self.openings_in_row = 0;
                self.check_balance(now, venues);
            }
            Notice::PairClosed => figures.closed += 1,
            Notice::FillBusted { venue, .. } => self.told(now, *venue, false),
            Notice::PositionMismatch { venue, actual, .. } => {
                let whole = *actual == venues[*venue].position();
                self.told(now, *venue, whole);
            }
            _ => {}
        }
    }

    /// The process named something that moved a position.
    fn told(&mut self, now: u64, venue: Venue, everything: bool) {
        let untold = &mut self.untold[venue];
        *untold = if everything { 0 } else { untold.saturating_sub(1) };
        self.told_at = now;
    }

    /// A venue changed its size step.
    pub fn regridded(&mut self, venue: Venue) {
        self.known[venue].regridded = true;
    }

    /// Somebody else moved a position.
    pub fn disturbed(&mut self, now: u64, venue: Venue) {
        self.disturbed_at = now;
        self.untold[venue] += 1;
        self.contested[venue] = true;
    }

    /// Whether what the process believes of a venue can be held against it.
    fn answerable(&self, venue: Venue) -> bool {
        self.untold[venue] == 0 && !self.contested[venue]
    }

    fn check_balance(&mut self, now: u64, venues: &PerVenue<Exchange>) {
        let (a, b) = (venues.paradex.own(), venues.lighter.own());
        let answerable = Venue::ALL.into_iter().all(|venue| self.answerable(venue));
        if answerable && (a.is_zero() || !(a + b).is_zero()) {
            self.broken(Invariant::HeldInBalance, now, format!("held with Paradex {a} and Lighter {b}"));
        }
    }
}
