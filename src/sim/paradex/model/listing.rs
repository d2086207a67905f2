//! The markets the simulated venue lists, with rules as published (paradex.md 2). A client must read them, not know them.

use crate::domain::{Price, Qty, Usd};

/// One of the listed markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    /// BTC-USD-PERP.
    Btc,
    /// ETH-USD-PERP.
    Eth,
    /// SOL-USD-PERP.
    Sol,
}

/// Rules of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Full name.
    pub name: &'static str,
    /// Base asset.
    pub base: &'static str,
    /// Prices are multiples of this.
    pub tick: Price,
    /// Sizes are multiples of this.
    pub step: Qty,
    /// Least size times mark.
    pub min_notional: Usd,
    /// Largest order.
    pub max_order: Qty,
    /// Largest position.
    pub position_limit: Qty,
    /// Most open orders of one account.
    pub max_open_orders: usize,
    /// Width of the price band, ppm of the mark.
    pub band_ppm: i64,
    /// How far the average price of a MARKET order may be from the touch, ppm.
    pub max_slippage_ppm: i64,
    /// Initial margin, ppm of the notional.
    pub initial_margin_ppm: i64,
    /// Maintenance margin, ppm of the initial margin.
    pub maintenance_ppm: i64,
    /// Funding period.
    pub funding_period_hours: i64,
    /// Id of the price feed.
    pub price_feed_id: &'static str,
}

const BTC: Listing = Listing {
    name: "BTC-USD-PERP",
    base: "BTC",
    tick: Price::from_units(10_000_000),
    step: Qty::from_units(1_000),
    min_notional: Usd::from_whole(10),
    max_order: Qty::from_whole(100),
    position_limit: Qty::from_whole(300),
    max_open_orders: 150,
    band_ppm: 50_000,
    max_slippage_ppm: 1_000,
    initial_margin_ppm: 20_000,
    maintenance_ppm: 500_000,
    funding_period_hours: 8,
    price_feed_id: "GVXRSBjFk6e6J3NbVPXohDJetcTjaeeuykUpbQF8UoMU",
};

const ETH: Listing = Listing {
    name: "ETH-USD-PERP",
    base: "ETH",
    tick: Price::from_units(1_000_000),
    step: Qty::from_units(10_000),
    max_order: Qty::from_whole(1_000),
    position_limit: Qty::from_whole(6_000),
    price_feed_id: "JBu1AL4obBcCMqKBBxhpWCNUt136ijcuMZLFvTP7iWdB",
    ..BTC
};

const SOL: Listing = Listing {
    name: "SOL-USD-PERP",
    base: "SOL",
    tick: Price::from_units(100_000),
    step: Qty::from_units(1_000_000),
    max_order: Qty::from_whole(10_000),
    position_limit: Qty::from_whole(60_000),
    price_feed_id: "H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4AQJEG",
    ..BTC
};

impl Symbol {
    /// All markets, in the order of the market data.
    pub const ALL: [Self; 3] = [Self::Btc, Self::Eth, Self::Sol];

    /// The market of a full name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|symbol| symbol.name() == name)
    }

    /// The market of a base asset.
    pub fn from_base(base: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|symbol| symbol.listing().base == base)
    }

    /// Its rules.
    pub const fn listing(self) -> &'static Listing {
        match self {
            Self::Btc => &BTC,
            Self::Eth => &ETH,
            Self::Sol => &SOL,
        }
    }

    /// Its full name.
    pub const fn name(self) -> &'static str {
        self.listing().name
    }

    /// Its place among all markets.
    pub const fn index(self) -> usize {
        match self {
            Self::Btc => 0,
            Self::Eth => 1,
            Self::Sol => 2,
        }
    }
}
