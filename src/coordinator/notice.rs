//! What the operator is told, as data. `observe` turns it into the words users grep for.

use super::gate::GateRefusal;
use super::watch::Trouble;
use crate::domain::{
    Bbo, ClientOrderId, CycleId, OrderIntent, PerVenue, Price, Qty, QuoteFault, Side, SizeRefusal, Usd, Venue,
};
use crate::venue::{ForeignMove, Refusal, TradingState};
use std::fmt;
use std::time::Duration;

/// One thing worth a line in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The market rules of a venue are known.
    Market {
        /// Which venue.
        venue: Venue,
        /// Its name for the market.
        contract: String,
        /// Smallest price step; decides how many decimals prices are shown with.
        tick: Price,
        /// Smallest size step; decides how many decimals sizes are shown with.
        step: Qty,
    },
    /// Private streams and order entry of a venue are up.
    VenueReady(Venue),
    /// They are down; the session is working on it.
    VenueNotReady(Venue, String),
    /// Whether a venue takes opening orders changed.
    VenueTrading(Venue, TradingState),
    /// Still waiting for usable quotes and private streams.
    Waiting {
        /// How many waits so far.
        attempt: u32,
        /// Of how many.
        of: u32,
    },
    /// Start given up: this was missing.
    NotReadyInTime(String),
    /// Free collateral is below what a cycle needs.
    InsufficientBalance {
        /// Where.
        venue: Venue,
        /// What is there.
        free: Usd,
        /// What is needed.
        required: Usd,
    },
    /// A position is there that this program did not open.
    ForeignPosition {
        /// Where.
        venue: Venue,
        /// Signed size.
        position: Qty,
    },
    /// No opening for a while, because a gate is closed.
    NotOpening(GateRefusal),
    /// The pair should be closed but one venue cannot take orders: the other leg is kept as the hedge.
    ClosePostponed(Venue),
    /// No order size fits both venues.
    NoSize(SizeRefusal),
    /// Both quotes at the decision to open.
    Opening {
        /// Number of this cycle within the run, from 1.
        cycle: u64,
        /// Both mids.
        mids: PerVenue<Price>,
        /// Their mean.
        average: Price,
        /// Size of one leg.
        qty: Qty,
        /// Notional asked for.
        margin: Usd,
        /// Paradex short?
        reverse: bool,
    },
    /// An order was handed to a venue.
    Placing {
        /// The order.
        intent: OrderIntent,
        /// The quote it was made from.
        quote: Bbo,
    },
    /// A leg of an opening was filled completely.
    LegOpened {
        /// Where.
        venue: Venue,
        /// Direction.
        side: Side,
        /// Size.
        qty: Qty,
        /// Average fill price.
        price: Option<Price>,
    },
    /// The legs filled differently: the larger is brought down to the smaller.
    Evening {
        /// The larger leg.
        venue: Venue,
        /// What has to go.
        excess: Qty,
        /// What both are to hold.
        to: Qty,
    },
    /// Both legs are filled.
    PairOpened,
    /// Execution of an own order, first report of it.
    Filled {
        /// Where.
        venue: Venue,
        /// Why the order existed.
        intent: OrderIntent,
        /// The execution.
        fill: crate::domain::Fill,
    },
    /// A venue refused an order.
    Refused {
        /// Where.
        venue: Venue,
        /// The order.
        cid: ClientOrderId,
        /// Its words and what helps.
        refusal: Refusal,
    },
    /// No end of an order in time: it is cancelled and asked about.
    NotFilledInTime {
        /// Where.
        venue: Venue,
        /// After how long.
        after: Duration,
    },
    /// Whether an order exists is not known yet.
    OutcomeUnknown {
        /// Where.
        venue: Venue,
        /// What happened.
        cause: String,
    },
    /// A leg of an opening ended with less than asked.
    LegNotFilled {
        /// Where.
        venue: Venue,
        /// What was filled.
        filled: Qty,
        /// What was asked.
        asked: Qty,
        /// The venue's word for it.
        reason: String,
    },
    /// A leg is taken back.
    RollingBack {
        /// Where.
        venue: Venue,
        /// Size.
        qty: Qty,
        /// At which average price it was opened.
        price: Option<Price>,
    },
    /// An opening failed and nothing is left of it.
    OpeningFailed {
        /// Pause before the next try.
        retry_in: Duration,
    },
    /// Profit and loss of both legs.
    ProfitLoss {
        /// In 1e-6 of the fill price.
        ppm: PerVenue<i64>,
    },
    /// The pair was held long enough.
    HoldTimeExpired(Duration),
    /// A leg crossed a stop.
    StopTriggered {
        /// Which leg.
        venue: Venue,
        /// Which stop.
        stop: Stop,
        /// Its profit or loss in 1e-6.
        ppm: i64,
    },
    /// Both legs are being closed.
    Closing,
    /// A leg is closed and the venue confirmed it.
    LegClosed {
        /// Where.
        venue: Venue,
        /// Size.
        qty: Qty,
        /// Average fill price.
        price: Option<Price>,
    },
    /// Both legs are closed and confirmed.
    PairClosed,
    /// Result of one complete cycle.
    CycleDone {
        /// Number of the cycle within the run.
        cycle: u64,
        /// Traded value over both venues.
        volume: Usd,
        /// Fees paid over both venues.
        fees: Usd,
        /// Cash result of both legs, fees taken off.
        result: Usd,
    },
    /// Pause before the next cycle.
    CoolingDown(Duration),
    /// A closing order left a rest; it is sent again with a wider bound.
    ClosingAgain {
        /// Where.
        venue: Venue,
        /// What is left.
        left: Qty,
        /// Number of this attempt, from 2.
        attempt: u8,
    },
    /// The position the venue states differs from our records, confirmed.
    PositionMismatch {
        /// Where.
        venue: Venue,
        /// What we recorded.
        expected: Qty,
        /// What the venue says.
        actual: Qty,
        /// What made the difference, as far as it can be told.
        cause: MismatchCause,
    },
    /// The venue says that it moved a position without an order of ours.
    PositionMoved {
        /// Where.
        venue: Venue,
        /// How.
        what: ForeignMove,
    },
    /// A venue undid a fill.
    FillBusted {
        /// Where.
        venue: Venue,
        /// Direction of the order.
        side: Side,
        /// What was undone.
        qty: Qty,
    },
    /// A venue filled more than was asked.
    Overfilled {
        /// Where.
        venue: Venue,
        /// Size of the order.
        asked: Qty,
        /// What it says was filled.
        filled: Qty,
    },
    /// What is left is below what the venue takes: it is netted into the next cycle.
    DustCarried {
        /// Where.
        venue: Venue,
        /// Signed size.
        qty: Qty,
    },
    /// A venue has been taking no orders for so long while a position is open there.
    VenueAway {
        /// Where.
        venue: Venue,
        /// For how long already.
        since: Duration,
    },
    /// A held pair is given up because a venue stays away, as the operator wished.
    VenueDownFlatten(Venue),
    /// Earlier runs left something open or unknown in this market: it is looked into before anything else.
    Recovering {
        /// Cycles without an end.
        cycles: Vec<CycleId>,
        /// What their records add up to.
        positions: PerVenue<Qty>,
        /// True when an order of theirs may have been sent.
        sent: bool,
    },
    /// What became of it.
    Recovered {
        /// Signed positions of ours, confirmed.
        positions: PerVenue<Qty>,
        /// What happens with them.
        outcome: RecoveryOutcome,
    },
    /// The pair of an earlier run keeps its own size and direction although the settings are different now.
    AdoptedAsRecorded {
        /// Size of one leg.
        qty: Qty,
        /// Paradex short?
        reverse: bool,
    },
    /// Resting orders that are not ours in this market.
    ForeignOrders {
        /// Where.
        venue: Venue,
        /// How many.
        count: usize,
    },
    /// The ledger cannot be written: nothing is opened until it can.
    LedgerFailing(String),
    /// The ledger is written again.
    LedgerWorking,
    /// A fill arrived for an order that had ended.
    LateFill {
        /// Where.
        venue: Venue,
        /// Size.
        qty: Qty,
    },
    /// A quote became unusable, or usable again.
    QuoteState(Venue, Result<(), QuoteFault>),
    /// Exposure that cannot be hedged or closed at the moment; repeated while it lasts.
    NakedAlarm {
        /// Signed positions as recorded.
        positions: PerVenue<Qty>,
        /// Where an order has no known end yet.
        unresolved: PerVenue<bool>,
        /// For how long already.
        since: Duration,
    },
    /// What [`Notice::NakedAlarm`] spoke of is over: hedged or flat, nothing unresolved.
    HedgedAgain,
    /// The operator asked to stop.
    Stopping,
    /// The operator asked twice.
    StoppedAtOnce,
    /// A thread died.
    ThreadDied(String),
    /// What the part that failed left open is found out anew and closed.
    Rescuing,
    /// A venue says that nothing we can do helps.
    Fatal(Venue, String),
    /// The watchdog sees something wrong.
    WatchdogWarns {
        /// What.
        trouble: Trouble,
        /// Signed positions that two readings in a row agree on.
        positions: PerVenue<Option<Qty>>,
    },
    /// The watchdog stops a bot.
    WatchdogStopsBot {
        /// Its process number.
        pid: u32,
        /// Without asking.
        at_once: bool,
    },
    /// The watchdog flattens both sides.
    WatchdogActs,
    /// Too many openings failed in a row.
    FailureLimit(u32),
    /// What the cycles of the last day lost, and what they may lose.
    LossLimit(Usd, Usd),
    /// Closing was given up: what a person must do now. Repeated until the process ends.
    Halted {
        /// Signed positions of ours as recorded.
        positions: PerVenue<Qty>,
        /// Signed positions that are not ours.
        foreign: PerVenue<Qty>,
    },
    /// Positions at the end of the run.
    FinalPositions {
        /// Signed positions as recorded.
        positions: PerVenue<Qty>,
        /// Orders whose end is not known.
        unresolved: Vec<(Venue, ClientOrderId)>,
    },
}

/// Why a position is not what our records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MismatchCause {
    /// The venue has said so.
    Told(ForeignMove),
    /// Nothing is left of it, and the venue has not said why: closed by hand, by another program, or liquidated.
    Gone,
    /// Part of it is gone.
    Smaller,
    /// There is more than we opened.
    Larger,
    /// There is a position where we have none.
    Appeared,
    /// It points the other way.
    Turned,
}

impl fmt::Display for MismatchCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Told(ForeignMove::Liquidation) => "the venue liquidated it",
            Self::Told(ForeignMove::Deleveraging) => "the venue deleveraged it",
            Self::Told(ForeignMove::Settlement) => "the venue settled or transferred it",
            Self::Told(ForeignMove::Trade) => "traded by hand or by another program",
            Self::Gone => "closed by hand, by another program, or liquidated",
            Self::Smaller => "partly closed by hand, by another program, or liquidated",
            Self::Larger => "somebody else added to it",
            Self::Appeared => "somebody else opened it",
            Self::Turned => "somebody else turned it around",
        })
    }
}

/// What a recovery leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// Nothing was open.
    Flat,
    /// The pair is held on.
    Adopted,
    /// The pair is whole and is closed.
    Closing,
    /// The legs do not match: what is open is taken back.
    Unwinding,
}

/// Which stop closed a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The leg lost too much.
    Loss,
    /// The leg won enough.
    Profit,
}
