//! What is known of one venue.

use crate::domain::{Bbo, ClientOrderId, MarketSpec, Mono, QuoteFault, Usd};
use crate::venue::TradingState;

/// What is known of one venue.
#[derive(Clone, Debug)]
pub struct VenueView {
    /// Its market rules, once read.
    pub spec: Option<MarketSpec>,
    /// Private streams and order entry are up.
    pub ready: bool,
    /// What it takes.
    pub trading: TradingState,
    /// Free collateral, once read.
    pub free: Option<Usd>,
    /// When it was told.
    pub free_at: Mono,
    /// The newest quote, or why there is none.
    pub quote: Result<Bbo, QuoteFault>,
    /// The last quote that was usable.
    pub last_good: Option<Bbo>,
    /// A position was read at least once.
    pub position_known: bool,
    /// Resting orders of our form, and how many others there are, once listed.
    pub resting: Option<(Vec<ClientOrderId>, usize)>,
    /// Since when it cannot take closing orders.
    pub away_since: Option<Mono>,
}

impl VenueView {
    /// Whether an order that closes has a chance there.
    pub fn can_close(&self) -> bool {
        self.ready && !matches!(self.trading, TradingState::Closed(_))
    }

    /// Notes since when it is away.
    pub(super) fn keep_time(&mut self, now: Mono) {
        self.away_since = if self.can_close() { None } else { self.away_since.or(Some(now)) };
    }
}

impl Default for VenueView {
    fn default() -> Self {
        Self {
            spec: None,
            ready: false,
            trading: TradingState::Open,
            free: None,
            free_at: Mono(0),
            quote: Err(QuoteFault::Missing),
            last_good: None,
            position_known: false,
            resting: None,
            away_since: None,
        }
    }
}
