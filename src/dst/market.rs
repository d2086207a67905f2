//! The price path both venues share, with a little disagreement between them. Draws from its own stream.

use crate::domain::{Bbo, MarketSpec, Mono, PerVenue, Price, Qty, Venue};
use crate::sim::rng::Rng;

/// Where both prices start, in price units.
const START: i64 = 9_680_000_000_000;
/// Largest common move between two quotes: one part in twenty thousand.
const STEP: i64 = START / 20_000;
/// How far the venues may stand apart: one part in ten thousand.
const BASIS: i64 = START / 10_000;

/// Mids of both venues.
#[derive(Clone, Debug)]
pub struct Market {
    common: i64,
    apart: PerVenue<i64>,
    dice: Rng,
}

impl Market {
    /// The path of a seed.
    pub fn new(seed: u64) -> Self {
        Self { common: START, apart: PerVenue::default(), dice: Rng::stream(seed, "dst-market") }
    }

    /// Moves on to the next quote of `venue`.
    pub fn walk(&mut self, venue: Venue) {
        self.common = (self.common + self.dice.between(-STEP, STEP)).clamp(START / 2, START * 2);
        self.apart[venue] = self.dice.between(-BASIS, BASIS);
    }

    /// Moves both prices at once by parts in a million.
    pub fn jump(&mut self, ppm: i64) {
        self.common = (self.common + self.common / 1_000_000 * ppm).clamp(START / 2, START * 2);
    }

    /// The best bid and offer on `venue`.
    pub fn quote(&self, venue: Venue, spec: &MarketSpec, received: Mono) -> Bbo {
        let bid = Price::from_units(self.common + self.apart[venue]).floor_to(spec.tick);
        let size = Qty::from_whole(1);
        Bbo { bid, bid_qty: size, ask: bid + spec.tick, ask_qty: size, received }
    }
}
