//! `orderBookDetails`: the rules of one market (lighter.md 2.2).

use super::number;
use crate::domain::{MarketSpec, Price, Qty, SCALE, Usd};
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

/// The answer of `orderBookDetails`. Rows stay raw: a strange foreign market must not hide ours.
#[derive(Deserialize)]
pub struct MarketList {
    #[serde(default)]
    order_book_details: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Name {
    symbol: String,
    #[serde(default)]
    market_type: Option<String>,
    #[serde(default)]
    status: Option<String>,
}

#[derive(Deserialize)]
struct Row {
    symbol: String,
    #[serde(default, deserialize_with = "number::id")]
    market_id: Option<u64>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "number::decimal")]
    min_base_amount: Option<Qty>,
    #[serde(default, deserialize_with = "number::decimal")]
    min_quote_amount: Option<Usd>,
    #[serde(default, deserialize_with = "number::decimal")]
    order_quote_limit: Option<Usd>,
    #[serde(default, deserialize_with = "number::id")]
    size_decimals: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    price_decimals: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    supported_size_decimals: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    supported_price_decimals: Option<u64>,
    #[serde(default)]
    is_frozen: Option<bool>,
    #[serde(default)]
    market_config: Option<Flags>,
}

#[derive(Deserialize)]
struct Flags {
    #[serde(default)]
    force_reduce_only: bool,
}

/// One perpetual market, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// Id in channels and transactions.
    pub id: u64,
    /// Its name.
    pub symbol: String,
    /// What it demands of orders.
    pub spec: MarketSpec,
    /// Why it takes no opening orders at the moment, if so.
    pub closed: Option<String>,
}

/// Why the market cannot be traded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MarketError {
    /// No perpetual market of this name.
    #[error(
        "Lighter lists no perpetual market {symbol}; check the ticker, and LIGHTER_ENVIRONMENT or LIGHTER_REST_URL. Listed are: {listed}"
    )]
    Unknown {
        /// What was asked for.
        symbol: String,
        /// Some that exist.
        listed: String,
    },
    /// The row of our market lacks or contradicts something.
    #[error("the rules of Lighter's market {symbol} are unusable: {what}")]
    Unusable {
        /// Market name.
        symbol: String,
        /// What is wrong.
        what: String,
    },
}

impl MarketList {
    /// How many names an error lists.
    const SHOWN: usize = 20;

    /// The perpetual market called `symbol`. The kind is `market_type`, never the id; an active one is preferred.
    pub fn find(&self, symbol: &str) -> Result<Market, MarketError> {
        let named: Vec<(Name, &RawValue)> = self
            .order_book_details
            .iter()
            .filter_map(|raw| Some((serde_json::from_str::<Name>(raw.get()).ok()?, raw.as_ref())))
            .filter(|(name, _)| name.market_type.as_deref().is_none_or(|kind| kind == "perp"))
            .collect();
        let ours = || named.iter().filter(|(name, _)| name.symbol.eq_ignore_ascii_case(symbol));
        let found =
            ours().find(|(name, _)| name.status.as_deref() == Some("active")).or_else(|| ours().next());
        let Some((_, raw)) = found else {
            let listed: Vec<&str> =
                named.iter().map(|(name, _)| name.symbol.as_str()).take(Self::SHOWN).collect();
            return Err(MarketError::Unknown { symbol: symbol.to_owned(), listed: listed.join(", ") });
        };
        let unusable = |what: String| MarketError::Unusable { symbol: symbol.to_owned(), what };
        let row: Row = serde_json::from_str(raw.get()).map_err(|error| unusable(error.to_string()))?;
        row.check().map_err(|what| unusable(what.to_owned()))
    }
}

impl Row {
    fn check(self) -> Result<Market, &'static str> {
        let decimals = |own: Option<u64>, supported: Option<u64>| own.or(supported);
        let tick = unit(decimals(self.price_decimals, self.supported_price_decimals))
            .ok_or("price decimals are missing or above 8")?;
        let step = unit(decimals(self.size_decimals, self.supported_size_decimals))
            .ok_or("size decimals are missing or above 8")?;
        let largest = Qty::from_units(step.saturating_mul(LARGEST_BASE_AMOUNT));
        let spec = MarketSpec {
            tick: Price::from_units(tick),
            step: Qty::from_units(step),
            min_qty: self.min_base_amount.ok_or("min_base_amount is missing")?,
            min_notional: self.min_quote_amount.ok_or("min_quote_amount is missing")?,
            max_qty: largest,
            max_notional: self.order_quote_limit.unwrap_or(Usd::from_units(i64::MAX)),
        };
        Ok(Market {
            id: self.market_id.ok_or("market_id is missing")?,
            closed: self.closed(),
            symbol: self.symbol,
            spec,
        })
    }

    fn closed(&self) -> Option<String> {
        let status = self.status.as_deref().unwrap_or("active");
        if status != "active" {
            return Some(format!("market {} is {status}", self.symbol));
        }
        if self.is_frozen == Some(true) {
            return Some(format!("market {} is frozen", self.symbol));
        }
        let reduce_only = self.market_config.as_ref().is_some_and(|flags| flags.force_reduce_only);
        reduce_only.then(|| format!("market {} takes reduce-only orders only", self.symbol))
    }
}

/// BaseAmount has 48 bits (lighter.md 4.3).
const LARGEST_BASE_AMOUNT: i64 = (1 << 48) - 1;

/// One unit of the last of `decimals` decimals, in units of 1e-8.
fn unit(decimals: Option<u64>) -> Option<i64> {
    let divisor = 10_i64.checked_pow(u32::try_from(decimals?).ok()?)?;
    (SCALE % divisor == 0).then(|| SCALE / divisor)
}

impl Market {
    /// Size in the market's integer units, when it is a whole number of steps in 1..2^48.
    pub fn base_amount(&self, qty: Qty) -> Option<u64> {
        let whole = qty.is_positive() && qty.is_multiple_of(self.spec.step) && qty <= self.spec.max_qty;
        whole.then(|| u64::try_from(qty.units() / self.spec.step.units()).ok())?
    }

    /// Price in the market's integer units, when it is a whole number of ticks in 1..2^32.
    pub fn price(&self, price: Price) -> Option<u32> {
        let whole = price.is_positive() && price.is_multiple_of(self.spec.tick);
        whole.then(|| u32::try_from(price.units() / self.spec.tick.units()).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BTC: &str = r#"{"symbol":"BTC","market_id":1,"market_type":"perp","status":"active","min_base_amount":"0.00007",
        "min_quote_amount":"10.000000","order_quote_limit":"281474976.710655","size_decimals":5,"price_decimals":1,
        "last_trade_price":80441.7,"daily_chart":{},"market_config":{"force_reduce_only":false}}"#;

    fn list(rows: &[&str]) -> MarketList {
        let text = format!(r#"{{"code":200,"order_book_details":[{}]}}"#, rows.join(","));
        serde_json::from_str(&text).expect("a list")
    }

    #[test]
    fn tick_and_step_are_the_last_decimals() {
        let market = list(&[r#"{"odd":true}"#, BTC]).find("btc").expect("found");
        assert_eq!(
            (market.id, market.spec.tick.to_string(), market.spec.step.to_string()),
            (1, "0.1".into(), "0.00001".into())
        );
        assert_eq!(market.base_amount("0.03727".parse().expect("qty")), Some(3727));
        assert_eq!(market.price("80441.9".parse().expect("price")), Some(804_419));
        assert_eq!(market.base_amount("0.000005".parse().expect("qty")), None);
        assert_eq!(market.price("80441.95".parse().expect("price")), None);
        assert_eq!(market.price(Price::from_whole(500_000_000)), None);
    }

    #[test]
    fn the_kind_is_the_market_type_and_an_active_market_is_preferred() {
        let spot = BTC.replace("perp", "spot").replace("\"market_id\":1", "\"market_id\":2048");
        let old = BTC.replace("active", "inactive").replace("\"market_id\":1", "\"market_id\":4095");
        let markets = list(&[&spot, &old, BTC]);
        assert_eq!(markets.find("BTC").expect("found").id, 1);
        let halted = list(&[&spot, &old]).find("BTC").expect("found");
        assert_eq!(halted.closed.as_deref(), Some("market BTC is inactive"));
        assert!(matches!(list(&[&spot]).find("BTC"), Err(MarketError::Unknown { .. })));
    }

    #[test]
    fn a_market_that_only_reduces_is_closed_for_openings() {
        let market = list(&[&BTC.replace("false", "true")]).find("BTC").expect("found");
        assert!(market.closed.is_some());
    }

    #[test]
    fn rules_that_do_not_add_up_are_refused_with_the_reason() {
        let finer = list(&[&BTC.replace("\"size_decimals\":5", "\"size_decimals\":12")]).find("BTC");
        assert!(finer.expect_err("refused").to_string().contains("size decimals"));
        let unknown = list(&[BTC]).find("DOGE").expect_err("unknown").to_string();
        assert!(unknown.contains("DOGE") && unknown.contains("BTC"), "{unknown}");
    }
}
