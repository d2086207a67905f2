//! What the operator wants of a run, checked and in exact units. Not where flags and files are read: that is `config`.

use crate::domain::{PerVenue, Side, Usd, Venue};
use std::time::Duration;

/// Settings of one run. Immutable once trading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Notional of one leg in USDC. The operator knows it as `margin`.
    pub margin: Usd,
    /// How long a pair is held.
    pub hold_time: Duration,
    /// Profit of one leg that closes the pair, in 1e-6 of its fill price; `None` is off.
    pub take_profit_ppm: Option<i64>,
    /// Loss of one leg that closes the pair, in 1e-6 of its fill price; `None` is off.
    pub stop_loss_ppm: Option<i64>,
    /// False: Paradex LONG + Lighter SHORT. True: the opposite.
    pub reverse: bool,
    /// Pause after a cycle.
    pub cooldown: Duration,
    /// Pause after an opening that failed.
    pub retry_wait: Duration,
    /// Complete cycles to run; `None` runs until stopped.
    pub cycles: Option<u64>,
    /// What this run is for.
    pub mission: Mission,
    /// What becomes of a pair that an earlier run left open.
    pub on_restart: OnRestart,
    /// What becomes of a held pair when one venue stays away.
    pub on_venue_down: OnVenueDown,
    /// How long a halt repeats its alarm before the process ends.
    pub halt_for: Duration,
    /// How far beyond the touch an opening or closing order may trade, in 1e-6.
    pub slippage_ppm: i64,
    /// What is done with a pair whose legs filled differently.
    pub imbalance: Imbalance,
    /// How long an order may be executed by the venue after it was sent (law R1).
    pub order_validity: Duration,
    /// How long an order may stay without an end before it is cancelled and asked about.
    pub outcome_deadline: Duration,
    /// Longest wait for usable quotes and confirmed private streams at start.
    pub ready_deadline: Duration,
    /// Oldest quote an opening may rest on.
    pub quote_age_max: Duration,
    /// Openings that may fail in a row before the run stops.
    pub failures_max: u32,
    /// What the cycles of a day may lose, over runs, before the run stops; `None` is off.
    pub day_loss_max: Option<Usd>,
}

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mission {
    /// Open, hold and close pairs.
    #[default]
    Trade,
    /// Bring whatever position is in the market to zero on both venues, reduce-only, and leave.
    Flatten,
}

/// What becomes of a pair that an earlier run left open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRestart {
    /// It is closed.
    #[default]
    Flatten,
    /// When it is whole and its entries are on record it is held on; otherwise it is closed.
    Adopt,
}

/// What becomes of a held pair when one venue stays away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnVenueDown {
    /// It is held: the healthy leg is the hedge of the other.
    #[default]
    Hold,
    /// The healthy leg is closed at once, the other as soon as its venue is back.
    Flatten,
}

/// How legs that filled differently are made equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Imbalance {
    /// The larger is reduced to the smaller.
    #[default]
    Reduce,
    /// The smaller is topped up once while its quote is fresh; what then still differs is reduced.
    TopUp,
}

/// Direction in which the leg on `venue` is opened.
pub fn open_side(venue: Venue, reverse: bool) -> Side {
    let normal = PerVenue { paradex: Side::Buy, lighter: Side::Sell }[venue];
    if reverse { normal.opposite() } else { normal }
}

impl Settings {
    /// Direction in which the leg on `venue` is opened by this run.
    pub fn open_side(&self, venue: Venue) -> Side {
        open_side(venue, self.reverse)
    }

    /// Free collateral each venue must have before a cycle starts: twice the notional of a leg.
    pub fn required_balance(&self) -> Usd {
        self.margin + self.margin
    }
}
