//! Market rules of the simulated Paradex (paradex.md 2, sample values) and the classes of its orders (2.3).

use crate::domain::{Price, Qty, Usd};

/// Rules of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Such as `BTC-USD-PERP`.
    pub symbol: &'static str,
    /// Such as `BTC`.
    pub base: &'static str,
    /// Prices are multiples of this.
    pub tick: Price,
    /// Sizes are multiples of this.
    pub step: Qty,
    /// Smallest size times mark.
    pub min_notional: Usd,
    /// Largest order.
    pub max_order_size: Qty,
    /// Largest position with open orders of its side.
    pub position_limit: Qty,
    /// Open orders per market.
    pub max_open_orders: usize,
    /// Initial margin in parts per million of the notional.
    pub imf_ppm: i64,
    /// Maintenance margin as a share of the initial one, parts per million.
    pub mmf_ppm: i64,
    /// Price band in parts per million of the mark.
    pub band_ppm: i64,
    /// Bound of a MARKET order's average, parts per million of the touch.
    pub max_slippage_ppm: i64,
}

const fn rules(
    symbol: &'static str,
    base: &'static str,
    tick: i64,
    step: i64,
    max: i64,
    limit: i64,
) -> Rules {
    Rules {
        symbol,
        base,
        tick: Price::from_units(tick),
        step: Qty::from_units(step),
        min_notional: Usd::from_whole(10),
        max_order_size: Qty::from_whole(max),
        position_limit: Qty::from_whole(limit),
        max_open_orders: 150,
        imf_ppm: 20_000,
        mmf_ppm: 500_000,
        band_ppm: 50_000,
        max_slippage_ppm: 1_000,
    }
}

/// The markets that are listed.
pub const MARKETS: [Rules; 3] = [
    rules("BTC-USD-PERP", "BTC", 10_000_000, 1_000, 100, 300),
    rules("ETH-USD-PERP", "ETH", 1_000_000, 10_000, 2_000, 6_000),
    rules("SOL-USD-PERP", "SOL", 100_000, 1_000_000, 50_000, 150_000),
];

/// The fee class of an order, by the token that submitted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Interactive token: no fee, delayed.
    Retail,
    /// Plain token.
    Pro,
}

/// Pro taker fee in 1e-6 of the notional (0.045 %).
pub const PRO_TAKER_PPM: i64 = 450;
/// Pro maker fee in 1e-6 of the notional (0.003 %).
pub const PRO_MAKER_PPM: i64 = 30;

impl Class {
    /// Fee rate in 1e-6 of the notional.
    pub fn fee_ppm(self, taker: bool) -> i64 {
        match (self, taker) {
            (Self::Retail, _) => 0,
            (Self::Pro, true) => PRO_TAKER_PPM,
            (Self::Pro, false) => PRO_MAKER_PPM,
        }
    }
}
