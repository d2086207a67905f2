//! Public market data.

use super::super::json_out::{order_book, order_book_details, simple_orders, trade};
use super::super::model::{FEE_COLLECTOR, Market, MarketId, Tier};
use super::super::refusal::Refusal;
use super::Call;
use crate::domain::Side;
use serde_json::{Value, json};

/// The market number that means all.
const ALL_MARKETS: i64 = 255;
/// Orders per side in `orderBookOrders`.
const MAX_ORDERS: i64 = 250;
/// Trades per answer.
const MAX_TRADES: i64 = 100;

/// Where deposits go; nothing is deposited here.
pub fn info() -> Value {
    json!({ "contract_address": "0x3b4d794a66304f130a4db8f2551b0070dfcf5ca7" })
}

/// Constants of the venue.
pub fn system_config() -> Value {
    json!({
        "code": 200,
        "liquidity_pool_index": 281_474_976_710_654i64,
        "staking_pool_index": 281_474_976_710_653i64,
        "funding_fee_rebate_account_index": FEE_COLLECTOR,
        "liquidity_pool_cooldown_period": 300_000,
        "staking_pool_lockup_period": 259_200_000,
        "max_integrator_perps_maker_fee": 1_000,
        "max_integrator_perps_taker_fee": 1_000,
        "max_integrator_spot_maker_fee": 1_000,
        "max_integrator_spot_taker_fee": 1_000,
        "market_maker_incentive_account_index": FEE_COLLECTOR,
        "fee_collector_account_index": FEE_COLLECTOR,
    })
}

/// LIT to stake for premium_0..7 (lighter.md 2.3).
const STAKES: [i64; 8] = [0, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 500_000];

/// Fees of every tier in 1e-6.
pub fn fee_tiers() -> Value {
    let premium = (0u8..).zip(STAKES).map(|(level, stake)| (Tier::Premium(level), level, stake));
    let rows: Vec<Value> = [(Tier::Standard, 0, 0), (Tier::Plus, 0, 0)]
        .into_iter()
        .chain(premium)
        .map(|(tier, level, stake)| {
            json!({
                "name": tier.level_name(),
                "level": level,
                "maker_fee_ticks": tier.maker_fee(),
                "taker_fee_ticks": tier.taker_fee(),
                "required_lit_stakes": stake,
                "required_volume": 0,
            })
        })
        .collect();
    json!({ "user_tiers": rows, "bo_tiers": [], "staking_tiers": [] })
}

/// No news.
pub fn announcement() -> Value {
    json!({ "code": 200, "announcements": [] })
}

impl Call<'_> {
    pub(super) fn status(&self) -> Value {
        json!({ "status": 1, "network_id": 1, "timestamp": (self.now.millis() + self.sim.clock_off_ms).div_euclid(1_000) })
    }

    /// The markets asked for: one, or all of the kind asked for.
    fn wanted_markets(&self) -> Result<Vec<&Market>, Refusal> {
        let id = self.params.integer("market_id")?.unwrap_or(ALL_MARKETS);
        let kind = self.params.word("filter", &["all", "spot", "perp"])?;
        let all = self.sim.exchange.markets.values();
        if id == ALL_MARKETS {
            return Ok(if kind == "spot" { Vec::new() } else { all.collect() });
        }
        Ok(vec![self.market(id)?])
    }

    fn market(&self, id: MarketId) -> Result<&Market, Refusal> {
        self.sim.exchange.markets.get(&id).ok_or(Refusal::InvalidMarketIndex)
    }

    pub(super) fn order_books(&self) -> Result<Value, Refusal> {
        let markets = self.wanted_markets()?;
        let rows: Vec<Value> =
            markets.into_iter().map(|market| order_book(&self.sim.exchange, market)).collect();
        Ok(json!({ "code": 200, "order_books": rows }))
    }

    pub(super) fn order_book_details(&self) -> Result<Value, Refusal> {
        let markets = self.wanted_markets()?;
        let rows: Vec<Value> =
            markets.into_iter().map(|market| order_book_details(&self.sim.exchange, market)).collect();
        Ok(json!({ "code": 200, "order_book_details": rows, "spot_order_book_details": [] }))
    }

    pub(super) fn order_book_orders(&self) -> Result<Value, Refusal> {
        let market = self.market(self.params.required_integer("market_id")?)?;
        let limit = self.params.limit(MAX_ORDERS)?;
        let side = |side| simple_orders(&self.sim.exchange, market, side, limit, self.now);
        let (asks, bids) = (side(Side::Sell), side(Side::Buy));
        Ok(json!({
            "code": 200,
            "total_asks": asks.len(),
            "asks": asks,
            "total_bids": bids.len(),
            "bids": bids,
        }))
    }

    pub(super) fn recent_trades(&self) -> Result<Value, Refusal> {
        let market = self.market(self.params.required_integer("market_id")?)?;
        let limit = self.params.limit(MAX_TRADES)?;
        let trades: Vec<Value> = market.trades.iter().take(limit).map(|entry| trade(entry, None)).collect();
        Ok(json!({ "code": 200, "trades": trades }))
    }

    /// Funding is zero here, so what is shown is what is paid.
    pub(super) fn funding_rates(&self) -> Value {
        let rows: Vec<Value> = self
            .sim
            .exchange
            .markets
            .values()
            .map(|market| {
                let rules = market.rules;
                json!({"market_id": rules.id, "exchange": "lighter", "symbol": rules.symbol, "rate": 0})
            })
            .collect();
        json!({ "code": 200, "funding_rates": rows })
    }

    pub(super) fn fundings(&self) -> Result<Value, Refusal> {
        self.market(self.params.required_integer("market_id")?)?;
        let resolution = self.params.word("resolution", &["1h", "1d"])?;
        Ok(json!({ "code": 200, "resolution": resolution, "fundings": [] }))
    }
}
