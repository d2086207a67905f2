//! What the simulated venue demands of orders: the markets, fee tiers and state limits (lighter.md 2.2, 2.3, 2.5).

/// Market number of the venue.
pub type MarketId = i64;

/// Numbers of one perpetual market. Sizes in size steps, prices in ticks, money in millionths of a USDC.
///
/// In every market here size decimals plus price decimals are six, so size times price is exact money.
#[derive(Debug)]
pub struct MarketRules {
    /// Market number.
    pub id: MarketId,
    /// Ticker.
    pub symbol: &'static str,
    /// Decimals of a size.
    pub size_decimals: u32,
    /// Decimals of a price.
    pub price_decimals: u32,
    /// Smallest size of an order that may rest.
    pub min_base: i64,
    /// Smallest value of an order that may rest.
    pub min_quote: i64,
    /// Initial margin of a new account, in 1e-4.
    pub default_initial_margin: i64,
    /// Lowest initial margin an account may choose, in 1e-4.
    pub min_initial_margin: i64,
    /// Below this the account is liquidated, in 1e-4.
    pub maintenance_margin: i64,
    /// Below this the insurance fund takes over, in 1e-4.
    pub closeout_margin: i64,
    /// Unix milliseconds.
    pub created_at: i64,
}

/// Largest `size * price` of any order, in millionths of a USDC (`order_quote_limit`).
pub const ORDER_QUOTE_LIMIT: i64 = 281_474_976_710_655;
/// Open interest of one market on one side, in millionths of a USDC.
pub const OPEN_INTEREST_LIMIT: i64 = 72_057_594_037_927_935;

/// The simulated markets in the order of their numbers.
pub const MARKETS: [MarketRules; 3] = [
    MarketRules {
        id: 0,
        symbol: "ETH",
        size_decimals: 4,
        price_decimals: 2,
        min_base: 50,
        min_quote: 10_000_000,
        default_initial_margin: 500,
        min_initial_margin: 200,
        maintenance_margin: 120,
        closeout_margin: 80,
        created_at: 1_737_098_461_090,
    },
    MarketRules {
        id: 1,
        symbol: "BTC",
        size_decimals: 5,
        price_decimals: 1,
        min_base: 7,
        min_quote: 10_000_000,
        default_initial_margin: 500,
        min_initial_margin: 200,
        maintenance_margin: 120,
        closeout_margin: 80,
        created_at: 1_737_098_461_107,
    },
    MarketRules {
        id: 2,
        symbol: "SOL",
        size_decimals: 3,
        price_decimals: 3,
        min_base: 50,
        min_quote: 10_000_000,
        default_initial_margin: 500,
        min_initial_margin: 400,
        maintenance_margin: 240,
        closeout_margin: 160,
        created_at: 1_737_098_461_123,
    },
];

/// Rules of a market by number.
pub fn market_rules(id: MarketId) -> Option<&'static MarketRules> {
    MARKETS.iter().find(|rules| rules.id == id)
}

/// Rules of the market of this ticker.
pub fn market_rules_by_symbol(symbol: &str) -> Option<&'static MarketRules> {
    MARKETS.iter().find(|rules| rules.symbol == symbol)
}

/// Account tier of an L1 address: fees, speed and order limits (lighter.md 2.3, 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// No fees, slow.
    Standard,
    /// Half a basis point, slow, higher limits.
    Plus,
    /// Fast; 0 to 7 by staked LIT.
    Premium(u8),
}

/// Maker and taker fee ticks of premium_0..7 (lighter.md 2.3).
const PREMIUM_FEES: [(i64, i64); 8] =
    [(40, 280), (39, 273), (38, 266), (36, 252), (34, 238), (32, 224), (30, 210), (28, 196)];

impl Tier {
    /// Reads `user_tier` texts as the tier change takes them.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "standard" => Some(Self::Standard),
            "plus" => Some(Self::Plus),
            "premium" => Some(Self::Premium(0)),
            _ => None,
        }
    }

    /// `user_tier`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Plus => "plus",
            Self::Premium(_) => "premium",
        }
    }

    /// `user_tier_name`, with the staking level of a premium account.
    pub fn level_name(self) -> String {
        match self {
            Self::Premium(level) if level > 0 => format!("premium_{level}"),
            other => other.name().to_owned(),
        }
    }

    /// Maker fee in 1e-6 of the value.
    pub fn maker_fee(self) -> i64 {
        self.fees().0
    }

    /// Taker fee in 1e-6 of the value.
    pub fn taker_fee(self) -> i64 {
        self.fees().1
    }

    fn fees(self) -> (i64, i64) {
        match self {
            Self::Standard => (0, 0),
            Self::Plus => (50, 50),
            Self::Premium(level) => PREMIUM_FEES[usize::from(level.min(7))],
        }
    }

    /// Open orders per account and per market.
    pub fn open_order_limits(self) -> (usize, usize) {
        match self {
            Self::Standard => (250, 30),
            Self::Plus => (750, 250),
            Self::Premium(_) => (1500, 1000),
        }
    }

    /// True for the tiers whose orders spend volume quota (lighter.md 2.4).
    pub fn has_quota(self) -> bool {
        !matches!(self, Self::Standard)
    }
}

/// Fees as exact money: `quote * rate / 1e6`, cut toward zero.
pub fn fee(quote: i64, rate: i64) -> i64 {
    super::super::decimal::saturate(i128::from(quote) * i128::from(rate) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_times_price_is_exact_money_in_every_market() {
        for rules in &MARKETS {
            assert_eq!(rules.size_decimals + rules.price_decimals, 6, "{}", rules.symbol);
        }
    }

    #[test]
    fn the_recorded_trade_pays_its_recorded_rate() {
        assert_eq!(fee(16_088_180, 38), 611);
        assert_eq!(fee(16_088_180, 0), 0);
    }
}
