//! The market both venues quote: one seeded random walk per symbol, and per venue its own basis, spread and depth.
//! Same seed, same path on both venues. Integers only, so it is the same on every machine.

use super::exchange::book::{Book, OrderNo, Owner, Resting};
use super::rng::Rng;
use crate::domain::{Price, Qty, Side, Usd, Venue};

/// The market moves this often, in milliseconds.
pub const TICK_MS: i64 = 100;
/// Levels on each side.
const LEVELS: usize = 20;

/// How one symbol moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketParams {
    /// Base symbol.
    pub symbol: &'static str,
    /// First price.
    pub start: Price,
    /// Standard deviation of one tick, in 1e-9 of the price.
    pub deviation_ppb: i64,
    /// Value of the first level in USDC; deeper levels hold more.
    pub first_level: Usd,
}

/// The symbols both venues list.
pub const MARKETS: [MarketParams; 3] = [
    MarketParams {
        symbol: "BTC",
        start: Price::from_whole(96_820),
        deviation_ppb: 18_000,
        first_level: Usd::from_whole(12_000),
    },
    MarketParams {
        symbol: "ETH",
        start: Price::from_whole(3_410),
        deviation_ppb: 24_000,
        first_level: Usd::from_whole(8_000),
    },
    MarketParams {
        symbol: "SOL",
        start: Price::from_whole(188),
        deviation_ppb: 32_000,
        first_level: Usd::from_whole(4_000),
    },
];

/// Half of the usual spread, in parts per million of the price.
fn half_spread_ppm(venue: Venue) -> i64 {
    match venue {
        Venue::Paradex => 50,
        Venue::Lighter => 25,
    }
}

/// Furthest the basis begins from zero, in 1e-9 of the price.
const BASIS_START_PPB: i64 = 120_000;
/// Furthest the basis moves in one tick, in 1e-9 of the price. Counted so finely that the pull below is never cut to nothing:
/// together they keep the venues a basis point or two apart.
const BASIS_MOVE_PPB: i64 = 14_000;
/// Ticks after which about a third of a basis is left: half a minute.
const BASIS_RETURN_TICKS: i64 = 300;

/// What a venue's market maker shows at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// The venue's mark price.
    pub mark: Price,
    /// The price outside.
    pub index: Price,
    /// Levels to sell to, best first.
    pub bids: Vec<(Price, Qty)>,
    /// Levels to buy from, best first.
    pub asks: Vec<(Price, Qty)>,
}

/// One symbol's path: the same for both venues.
#[derive(Clone, Debug)]
struct Path {
    rng: Rng,
    price: i64,
    start: i64,
    deviation_ppb: i64,
    burst_left: u32,
}

impl Path {
    /// Ticks of unrest at a time.
    const BURST_TICKS: u32 = 25;
    /// How often unrest begins, and how much wilder it is.
    const BURST_PPM: u32 = 300;
    const BURST_FACTOR: i64 = 5;

    fn step(&mut self) -> i64 {
        if self.burst_left == 0 && self.rng.chance_ppm(Self::BURST_PPM) {
            self.burst_left = Self::BURST_TICKS;
        }
        let factor = if self.burst_left > 0 { Self::BURST_FACTOR } else { 1 };
        self.burst_left = self.burst_left.saturating_sub(1);
        let ppb = self.rng.bell(self.deviation_ppb * factor);
        let moved = self.price + scale(self.price, ppb, 1_000_000_000);
        // A week of ticks must neither reach zero nor run away.
        self.price = moved.clamp(self.start / 4, self.start * 4);
        self.price
    }
}

/// One venue's market maker in one market.
#[derive(Clone, Debug)]
pub struct Quoter {
    path: Path,
    rng: Rng,
    basis_ppb: i64,
    half_spread_ppm: i64,
    first_level: Usd,
    tick: Price,
    step: Qty,
}

impl Quoter {
    /// The quoter of `venue` for one symbol, with the venue's tick and size step.
    pub fn new(seed: u64, venue: Venue, params: &MarketParams, tick: Price, step: Qty) -> Self {
        let start = params.start.units();
        let path = Path {
            rng: Rng::stream(seed, &format!("path/{}", params.symbol)),
            price: start,
            start,
            deviation_ppb: params.deviation_ppb,
            burst_left: 0,
        };
        let mut rng = Rng::stream(seed, &format!("quotes/{venue}/{}", params.symbol));
        let basis_ppb = rng.between(-BASIS_START_PPB, BASIS_START_PPB);
        let (half_spread_ppm, first_level) = (half_spread_ppm(venue), params.first_level);
        Self { path, rng, basis_ppb, half_spread_ppm, first_level, tick, step }
    }

    /// The next tick: one call every [`TICK_MS`].
    pub fn step(&mut self) -> Ladder {
        let outside = self.path.step();
        let pull = self.basis_ppb / BASIS_RETURN_TICKS;
        self.basis_ppb += self.rng.between(-BASIS_MOVE_PPB, BASIS_MOVE_PPB) - pull;
        let mid = outside + scale(outside, self.basis_ppb, 1_000_000_000);
        let half = scale(mid, self.half_spread_ppm, 1_000_000);
        let half = half * self.rng.between(60, 160) / 100;
        Ladder {
            mark: nearest(mid, self.tick),
            index: nearest(outside, self.tick),
            bids: self.side(Side::Buy, mid - half, mid),
            asks: self.side(Side::Sell, mid + half, mid),
        }
    }

    /// Levels away from `first`, each further and, on the whole, larger than the one before.
    fn side(&mut self, side: Side, first: i64, mid: i64) -> Vec<(Price, Qty)> {
        let mut levels = Vec::with_capacity(LEVELS);
        let mut price = match side {
            Side::Buy => Price::from_units(first).floor_to(self.tick),
            Side::Sell => Price::from_units(first).ceil_to(self.tick),
        };
        for depth in 0..LEVELS {
            let depth = i64::try_from(depth).unwrap_or_default();
            let percent = self.rng.between(20, 100) * (1 + depth);
            let qty =
                self.first_level.fraction(percent, 100).quantity_at(price).floor_to(self.step).max(self.step);
            levels.push((price, qty));
            let gap =
                Price::from_units(scale(mid, 20 + 12 * depth, 1_000_000)).ceil_to(self.tick).max(self.tick);
            price = match side {
                Side::Buy => price - gap,
                Side::Sell => price + gap,
            };
        }
        levels
    }
}

fn scale(value: i64, numerator: i64, denominator: i64) -> i64 {
    i64::try_from(i128::from(value) * i128::from(numerator) / i128::from(denominator)).unwrap_or_default()
}

fn nearest(value: i64, tick: Price) -> Price {
    Price::from_units(value + tick.units() / 2).floor_to(tick)
}

/// A resting order of an account that the new quotes reached: the model fills it, at its own price, as maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossed {
    /// Which order.
    pub no: OrderNo,
    /// All that was left of it.
    pub qty: Qty,
}

/// Replaces the market maker's orders by the ladder. Levels that stay as they were keep their orders and their places;
/// orders of accounts that the ladder crosses are taken out and reported.
pub fn requote(book: &mut Book, ladder: &Ladder, next_no: &mut impl FnMut() -> OrderNo) -> Vec<Crossed> {
    for (side, levels) in [(Side::Buy, &ladder.bids), (Side::Sell, &ladder.asks)] {
        let stale: Vec<OrderNo> = book
            .orders(side)
            .filter(|order| order.owner == Owner::MAKER && !levels.contains(&(order.price, order.remaining)))
            .map(|order| order.no)
            .collect();
        for no in stale {
            book.cancel(no);
        }
    }
    let mut crossed = Vec::new();
    for (side, levels) in [(Side::Buy, &ladder.bids), (Side::Sell, &ladder.asks)] {
        let Some((best, _)) = levels.first() else { continue };
        while let Some(order) = book.front(side.opposite()).copied().filter(|_| book.crossing(side, *best)) {
            book.cancel(order.no);
            if order.owner != Owner::MAKER {
                crossed.push(Crossed { no: order.no, qty: order.remaining });
            }
        }
        for (price, qty) in levels {
            let kept = book
                .orders(side)
                .any(|order| order.owner == Owner::MAKER && order.price == *price && order.remaining == *qty);
            if !kept {
                book.rest(Resting {
                    no: next_no(),
                    owner: Owner::MAKER,
                    side,
                    price: *price,
                    remaining: *qty,
                });
            }
        }
    }
    crossed
}

#[cfg(test)]
mod tests;
