//! The JSON objects of the simulated Paradex, with every field of the reference (paradex.md 2, 4.2, 7.4).

use super::model::account::Account;
use super::model::order::{FillRecord, Kind, Order};
use super::model::rules::{Class, MARKETS, PRO_MAKER_PPM, PRO_TAKER_PPM, Rules};
use super::model::{Exchange, PublicTrade};
use crate::domain::{Price, Qty, Side, Usd, Wall};
use serde_json::{Value, json};

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// The id of a fill or trade as the venue prints them.
pub fn numeric_id(at: Wall, no: u64) -> String {
    format!("{}{no:09}", at.millis())
}

/// Flags of an order.
pub fn order_flags(order: &Order) -> Vec<&'static str> {
    let mut flags = Vec::new();
    if order.request.reduce_only {
        flags.push("REDUCE_ONLY");
    }
    if order.class == Class::Retail {
        flags.push("INTERACTIVE");
    }
    if order.request.kind == Kind::Market {
        flags.push("TARGET_STRATEGY_VWAP");
    }
    flags
}

/// Order object.
pub fn order(exchange: &Exchange, order: &Order, now: Wall) -> Value {
    let account = &exchange.accounts[order.account];
    json!({
        "id": order.id, "account": format!("{:#x}", account.setup.address), "market": MARKETS[order.request.market].symbol,
        "side": side_word(order.request.side), "type": order.request.kind.word(), "size": order.request.size.to_string(),
        "remaining_size": order.remaining.to_string(), "price": order.request.price.to_string(),
        "status": order.status.word(), "created_at": order.created.millis(), "last_updated_at": order.updated.millis(),
        "timestamp": order.request.signature_timestamp, "received_at": order.created.millis(),
        "published_at": now.millis(), "cancel_reason": order.cancel_reason, "client_id": order.request.client_id,
        "seq_no": order.updated.0.saturating_mul(1_000), "instruction": order.request.instruction.word(),
        "avg_fill_price": order.average().map(|price| price.to_string()).unwrap_or_default(),
        "stp": order.request.stp.word(), "flags": order_flags(order), "trigger_price": "0", "request_info": Value::Null,
    })
}

/// Fill object.
pub fn fill(exchange: &Exchange, fill: &FillRecord) -> Value {
    let account = &exchange.accounts[fill.account];
    let flags: &[&str] = if fill.class == Class::Retail { &["interactive"] } else { &[] };
    json!({
        "id": numeric_id(fill.at, fill.no), "side": side_word(fill.side),
        "liquidity": if fill.taker { "TAKER" } else { "MAKER" }, "market": MARKETS[fill.market].symbol,
        "order_id": fill.order_id, "client_id": fill.client_id, "price": fill.price.to_string(),
        "size": fill.qty.to_string(), "fee": fill.fee.to_string(), "fee_currency": "USDC",
        "created_at": fill.at.millis(), "remaining_size": fill.remaining.to_string(), "fill_type": "FILL",
        "realized_pnl": fill.realized.to_string(), "realized_funding": "0",
        "account": format!("{:#x}", account.setup.address), "underlying_price": fill.mark.to_string(), "flags": flags,
        "orderbook_seq_no": fill.book_seq, "trade_id": numeric_id(fill.at, fill.trade_no),
    })
}

/// Position object of one market; `None` when the account never traded there.
pub fn position(exchange: &Exchange, index: usize, market: usize) -> Option<Value> {
    let account = &exchange.accounts[index];
    let held = account.positions[market]?;
    let (state, mark) = (held.state, exchange.markets[market].mark);
    let open = !state.qty.is_zero();
    let side = if state.qty < Qty::ZERO { "SHORT" } else { "LONG" };
    let last_fill =
        if held.last_fill == 0 { String::new() } else { numeric_id(held.updated, held.last_fill) };
    let entry = state.entry();
    Some(json!({
        "id": format!("{:#x}-{}", account.setup.address, MARKETS[market].symbol),
        "account": format!("{:#x}", account.setup.address), "market": MARKETS[market].symbol,
        "status": if open { "OPEN" } else { "CLOSED" }, "side": side, "size": state.qty.to_string(),
        "average_entry_price": entry.to_string(), "average_entry_price_usd": entry.to_string(),
        "average_exit_price": "", "unrealized_pnl": state.unrealized(mark).to_string(), "unrealized_funding_pnl": "0",
        "cost": state.entry_value.to_string(), "cost_usd": state.entry_value.to_string(), "cached_funding_index": "0",
        "liquidation_price": "", "leverage": "10", "realized_positional_pnl": state.realized.to_string(),
        "realized_positional_funding_pnl": "0", "last_fill_id": last_fill, "seq_no": held.updated.0.saturating_mul(1_000),
        "last_updated_at": held.updated.millis(), "created_at": held.created.millis(),
        "closed_at": if open { 0 } else { held.updated.millis() },
    }))
}

/// AccountSummary object.
pub fn account(exchange: &Exchange, index: usize) -> Value {
    let account = &exchange.accounts[index];
    let margin = account.margin(&exchange.marks(), &[]);
    json!({
        "account": format!("{:#x}", account.setup.address), "account_value": margin.value.to_string(),
        "total_collateral": account.cash.to_string(), "free_collateral": margin.free().to_string(),
        "initial_margin_requirement": margin.initial.to_string(),
        "maintenance_margin_requirement": margin.maintenance.to_string(),
        "margin_cushion": margin.cushion().to_string(), "settlement_asset": "USDC", "status": "ACTIVE",
        "seq_no": account.updated.0.saturating_mul(1_000), "updated_at": account.updated.millis(),
        "last_seen_notification": 0,
    })
}

/// AccountInfo object.
pub fn account_info(account: &Account) -> Value {
    let rate = |ppm: i64| Usd::from_units(ppm * 100).to_string();
    json!({
        "account": format!("{:#x}", account.setup.address), "kind": "main", "parent_account": "",
        "public_key": format!("{:#x}", account.setup.public_key), "isolated_market": "", "volume_tiers": [],
        "fees": {
            "maker_rate": rate(PRO_MAKER_PPM), "taker_rate": rate(PRO_TAKER_PPM), "spot_maker_rate": rate(PRO_MAKER_PPM),
            "spot_taker_rate": rate(PRO_TAKER_PPM), "dated_option_maker_rate": "0", "dated_option_taker_rate": "0",
            "perp_option_maker_rate": "0", "perp_option_taker_rate": "0", "commission_rate": "0", "discount_rate": "0",
        },
    })
}

/// Market object.
pub fn market(rules: &Rules) -> Value {
    let fee = |maker: i64, taker: i64| {
        let one = |ppm: i64| json!({"fee": Usd::from_units(ppm * 100).to_string(), "fee_cap": "0", "fee_floor": "0"});
        json!({"maker_fee": one(maker), "taker_fee": one(taker)})
    };
    json!({
        "symbol": rules.symbol, "base_currency": rules.base, "quote_currency": "USD", "settlement_currency": "USDC",
        "asset_kind": "PERP", "market_kind": "cross", "order_size_increment": rules.step.to_string(),
        "price_tick_size": rules.tick.to_string(), "min_notional": rules.min_notional.to_string(),
        "max_order_size": rules.max_order_size.to_string(), "position_limit": rules.position_limit.to_string(),
        "max_open_orders": rules.max_open_orders, "price_bands_width": ratio(rules.band_ppm),
        "max_slippage": ratio(rules.max_slippage_ppm), "clamp_rate": "0.05", "interest_rate": "0.0001",
        "funding_period_hours": 8, "funding_multiplier": 1, "max_funding_rate": "0.05",
        "max_funding_rate_change": "0.0005", "max_tob_spread": "0.2", "oracle_ewma_factor": "0.2", "price_feed_id": "",
        "open_at": 0, "expiry_at": 0, "tags": [], "trading_mode": "STANDARD", "oracle_address": "", "chain_details": {},
        "delta1_cross_margin_params": {
            "imf_base": ratio(rules.imf_ppm), "imf_shift": "0", "imf_factor": "0", "mmf_factor": ratio(rules.mmf_ppm),
        },
        "fee_config": {
            "api_fee": fee(PRO_MAKER_PPM, PRO_TAKER_PPM), "interactive_fee": fee(0, 0), "rpi_fee": fee(0, 0),
        },
    })
}

fn ratio(ppm: i64) -> String {
    Usd::from_units(ppm * 100).to_string()
}

/// Price and size of a level, empty texts where there is none.
fn touch(exchange: &Exchange, market: usize, side: Side) -> (String, String) {
    let best = exchange.markets[market].book.best(side);
    best.map_or_else(Default::default, |(price, qty)| (price.to_string(), qty.to_string()))
}

/// BBO object.
pub fn bbo(exchange: &Exchange, market: usize, now: Wall) -> Value {
    let (bid, bid_size) = touch(exchange, market, Side::Buy);
    let (ask, ask_size) = touch(exchange, market, Side::Sell);
    json!({
        "market": MARKETS[market].symbol, "seq_no": exchange.markets[market].seq, "bid": bid, "bid_size": bid_size,
        "ask": ask, "ask_size": ask_size, "last_updated_at": now.millis(),
    })
}

/// Orderbook object of REST.
pub fn orderbook(exchange: &Exchange, market: usize, depth: usize, now: Wall) -> Value {
    let state = &exchange.markets[market];
    let levels = |side| -> Vec<[String; 2]> {
        state
            .book
            .levels(side, depth)
            .iter()
            .map(|(price, qty)| [price.to_string(), qty.to_string()])
            .collect()
    };
    let best = |side| {
        let (price, qty) = touch(exchange, market, side);
        json!([price, qty])
    };
    json!({
        "market": MARKETS[market].symbol, "seq_no": state.seq, "last_updated_at": now.millis(),
        "bids": levels(Side::Buy), "asks": levels(Side::Sell), "best_bid_api": best(Side::Buy),
        "best_ask_api": best(Side::Sell), "best_bid_interactive": best(Side::Buy),
        "best_ask_interactive": best(Side::Sell),
    })
}

/// Trade object.
pub fn trade(market: usize, trade: &PublicTrade) -> Value {
    json!({
        "id": numeric_id(trade.at, trade.no), "market": MARKETS[market].symbol, "side": side_word(trade.side),
        "size": trade.qty.to_string(), "price": trade.price.to_string(), "created_at": trade.at.millis(),
        "trade_type": "FILL",
    })
}

/// Summary object.
pub fn summary(exchange: &Exchange, market: usize, now: Wall) -> Value {
    let state = &exchange.markets[market];
    let (bid, bid_size) = touch(exchange, market, Side::Buy);
    let (ask, ask_size) = touch(exchange, market, Side::Sell);
    json!({
        "symbol": MARKETS[market].symbol, "mark_price": state.mark.to_string(), "underlying_price": state.index.to_string(),
        "last_traded_price": state.last.to_string(), "bid": bid, "ask": ask, "bid_size": bid_size, "ask_size": ask_size,
        "volume_24h": "0", "total_volume": "0", "open_interest": "0", "funding_rate": "0.0001",
        "future_funding_rate": "0.0001", "price_change_rate_24h": "0", "external_fair_price": state.index.to_string(),
        "created_at": now.millis(), "greeks": Value::Null,
    })
}

/// Funding object.
pub fn funding(market: usize, price: Price, now: Wall) -> Value {
    json!({
        "market": MARKETS[market].symbol, "funding_index": "0",
        "funding_premium": price.scaled_ppm(-999_900).to_string(), "funding_rate": "0.0001", "funding_rate_8h": "0.0001",
        "funding_period_hours": 8, "impact_premium_rate": "0", "created_at": now.millis(),
    })
}
