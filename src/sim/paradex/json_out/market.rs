//! Markets and what is public about them as JSON.

use super::{level_texts, rate_e8, rate_ppm, side};
use crate::domain::{Price, Qty, Wall};
use crate::sim::paradex::model::event::{BookStep, LevelChange, Touch};
use crate::sim::paradex::model::{Levels, MAKER_FEE_E8, Market, Symbol, TAKER_FEE_E8, Trade};
use serde_json::{Value, json};

/// One market's rules.
pub fn market(symbol: Symbol) -> Value {
    let listing = symbol.listing();
    let fee = |rate: i64| json!({"fee": rate_e8(rate), "fee_cap": rate_e8(rate), "fee_floor": rate_e8(rate)});
    let fees = |maker, taker| json!({"maker_fee": fee(maker), "taker_fee": fee(taker)});
    json!({
        "symbol": listing.name,
        "base_currency": listing.base,
        "quote_currency": "USD",
        "settlement_currency": "USDC",
        "asset_kind": "PERP",
        "market_kind": "cross",
        "order_size_increment": listing.step.to_string(),
        "price_tick_size": listing.tick.to_string(),
        "min_notional": listing.min_notional.to_string(),
        "max_order_size": listing.max_order.to_string(),
        "position_limit": listing.position_limit.to_string(),
        "max_open_orders": listing.max_open_orders,
        "price_bands_width": rate_ppm(listing.band_ppm),
        "max_slippage": rate_ppm(listing.max_slippage_ppm),
        "clamp_rate": "0.05",
        "interest_rate": "0.0001",
        "funding_period_hours": listing.funding_period_hours,
        "funding_multiplier": 1,
        "max_funding_rate": "0.04",
        "max_funding_rate_change": "0.0005",
        "max_tob_spread": "0.2",
        "oracle_ewma_factor": "0.2",
        "price_feed_id": listing.price_feed_id,
        "open_at": 1_704_067_200_000_i64,
        "expiry_at": 0,
        "tags": [],
        "trading_mode": "STANDARD",
        "delta1_cross_margin_params": {
            "imf_base": rate_ppm(listing.initial_margin_ppm),
            "imf_shift": "0",
            "imf_factor": "0",
            "mmf_factor": rate_ppm(listing.maintenance_ppm),
        },
        "fee_config": {
            "api_fee": fees(MAKER_FEE_E8, TAKER_FEE_E8),
            "interactive_fee": fees(0, 0),
            "rpi_fee": fees(MAKER_FEE_E8, TAKER_FEE_E8),
        },
    })
}

/// Best bid and offer.
pub fn bbo(touch: &Touch) -> Value {
    let ((bid, bid_size), (ask, ask_size)) = (level_texts(touch.bid), level_texts(touch.ask));
    json!({
        "market": touch.symbol.name(),
        "seq_no": touch.seq,
        "bid": bid,
        "bid_size": bid_size,
        "ask": ask,
        "ask_size": ask_size,
        "last_updated_at": touch.at.millis(),
    })
}

/// The answer of `/orderbook/{m}`.
pub fn book(market: &Market, depth: usize) -> Value {
    let (bids, asks) = market.shown();
    let pair = |(price, size): &(Price, Qty)| json!([price.to_string(), size.to_string()]);
    let side = |levels: &[(Price, Qty)]| levels.iter().take(depth).map(pair).collect::<Vec<_>>();
    let touch = market.touch();
    let best = |level: Option<(Price, Qty)>| level.map_or_else(|| json!(["", ""]), |level| pair(&level));
    json!({
        "market": touch.symbol.name(),
        "seq_no": touch.seq,
        "last_updated_at": touch.at.millis(),
        "bids": side(bids),
        "asks": side(asks),
        "best_bid_api": best(touch.bid),
        "best_ask_api": best(touch.ask),
        "best_bid_interactive": best(touch.bid),
        "best_ask_interactive": best(touch.ask),
    })
}

/// A message of an order_book channel: a whole book.
pub fn book_snapshot(touch: &Touch, levels: &(Levels, Levels)) -> Value {
    let level = |word: &'static str| move |(price, size): &(Price, Qty)| json!({"side": word, "price": price.to_string(), "size": size.to_string()});
    let bids = levels.0.iter().map(level("BUY"));
    let inserts: Vec<Value> = bids.chain(levels.1.iter().map(level("SELL"))).collect();
    book_message(touch, "s", &inserts, &[], &[])
}

/// A message of an order_book channel: the levels that changed.
pub fn book_step(step: &BookStep) -> Value {
    let of = |kind: LevelChange| -> Vec<Value> {
        let wanted = step.changes.iter().filter(|level| level.change == kind);
        wanted
            .map(|level| {
                json!({"side": side(level.side), "price": level.price.to_string(), "size": level.size.to_string()})
            })
            .collect()
    };
    let (inserts, updates, deletes) =
        (of(LevelChange::Insert), of(LevelChange::Update), of(LevelChange::Delete));
    book_message(&step.touch, "d", &inserts, &updates, &deletes)
}

fn book_message(touch: &Touch, kind: &str, inserts: &[Value], updates: &[Value], deletes: &[Value]) -> Value {
    let best = |level| {
        let (price, size) = level_texts(level);
        json!({"price": price, "size": size})
    };
    json!({
        "market": touch.symbol.name(),
        "seq_no": touch.seq,
        "last_updated_at": touch.at.millis(),
        "update_type": kind,
        "inserts": inserts,
        "updates": updates,
        "deletes": deletes,
        "best_bid_api": best(touch.bid),
        "best_ask_api": best(touch.ask),
    })
}

/// One public trade.
pub fn trade(trade: &Trade) -> Value {
    json!({
        "id": trade.id,
        "market": trade.symbol.name(),
        "side": side(trade.side),
        "size": trade.size.to_string(),
        "price": trade.price.to_string(),
        "created_at": trade.at.millis(),
        "trade_type": "FILL",
    })
}

/// Funding of a market.
pub fn funding(market: &Market) -> Value {
    let funding = &market.funding;
    json!({
        "market": market.touch().symbol.name(),
        "funding_index": funding.index.to_string(),
        "funding_premium": funding.premium.to_string(),
        "funding_rate": rate_e8(funding.rate_e8),
        "funding_rate_8h": rate_e8(funding.rate_e8),
        "funding_period_hours": market.listing().funding_period_hours,
        "impact_premium_rate": "0",
        "created_at": funding.at.millis(),
    })
}

/// Summary of a market.
pub fn summary(market: &Market, now: Wall) -> Value {
    let touch = market.touch();
    let ((bid, bid_size), (ask, ask_size)) = (level_texts(touch.bid), level_texts(touch.ask));
    json!({
        "symbol": touch.symbol.name(),
        "mark_price": market.mark.to_string(),
        "underlying_price": market.index_price.to_string(),
        "last_traded_price": market.last_price().to_string(),
        "bid": bid,
        "ask": ask,
        "bid_size": bid_size,
        "ask_size": ask_size,
        "volume_24h": market.volume.to_string(),
        "total_volume": market.volume.to_string(),
        "open_interest": market.open_interest.to_string(),
        "funding_rate": rate_e8(market.funding.rate_e8),
        "future_funding_rate": rate_e8(market.funding.rate_e8),
        "price_change_rate_24h": rate_e8(market.change_rate_e8()),
        "external_fair_price": market.index_price.to_string(),
        "created_at": now.millis(),
    })
}
