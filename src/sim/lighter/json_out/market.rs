//! Markets, books and statistics (lighter.md 2.2, 5.2).

use super::super::decimal::{number, product, ratio, text, usdc};
use super::super::model::{
    Exchange, Market, MarketRules, OPEN_INTEREST_LIMIT, ORDER_QUOTE_LIMIT, Quote, Trading,
};
use super::merge;
use crate::domain::{Side, Wall};
use serde_json::{Value, json};

/// Expiry shown for the market maker's quotes: this long after they are asked for.
const MAKER_EXPIRY_MILLIS: i64 = 28 * 24 * 3_600_000;

fn book_rules(market: &Market) -> Value {
    let rules: &MarketRules = market.rules;
    json!({
        "symbol": rules.symbol,
        "market_id": rules.id,
        "market_type": "perp",
        "base_asset_id": 0,
        "quote_asset_id": 0,
        "status": if market.trading == Trading::Inactive { "inactive" } else { "active" },
        "taker_fee": "0.0000",
        "is_taker_fee_enabled": true,
        "maker_fee": "0.0000",
        "is_maker_fee_enabled": true,
        "liquidation_fee": "1.0000",
        "min_base_amount": text(rules.min_base, rules.size_decimals),
        "min_quote_amount": usdc(rules.min_quote),
        "order_quote_limit": usdc(ORDER_QUOTE_LIMIT),
        "supported_size_decimals": rules.size_decimals,
        "supported_price_decimals": rules.price_decimals,
        "supported_quote_decimals": 6,
        "created_at": rules.created_at.to_string(),
        "multiplier": "1.000000000000000000",
        "start_timestamp": 0,
        "end_timestamp": 0,
        "outcome": 0,
        "operator_account_index": 1,
        "settlement_cap": 0,
        "settlement_type": 0,
        "settlement_price": 0,
        "default_price": 0,
        "is_frozen": market.trading == Trading::Frozen,
        "market_deployer": "lighter",
    })
}

/// One entry of `orderBooks`.
pub fn order_book(exchange: &Exchange, market: &Market) -> Value {
    let open = text(exchange.open_interest(market.rules.id), market.rules.size_decimals);
    merge(book_rules(market), json!({ "open_interest": open }))
}

/// One entry of `orderBookDetails`.
pub fn order_book_details(exchange: &Exchange, market: &Market) -> Value {
    let rules = market.rules;
    let margins = json!({
        "size_decimals": rules.size_decimals,
        "price_decimals": rules.price_decimals,
        "quote_multiplier": 1,
        "default_initial_margin_fraction": rules.default_initial_margin,
        "min_initial_margin_fraction": rules.min_initial_margin,
        "maintenance_margin_fraction": rules.maintenance_margin,
        "closeout_margin_fraction": rules.closeout_margin,
        "mark_price": text(market.mark, rules.price_decimals),
        "index_price": text(market.index, rules.price_decimals),
        "open_interest": number(exchange.open_interest(rules.id), rules.size_decimals),
        "daily_chart": {},
        "market_config": {
            "market_margin_mode": 0,
            "insurance_fund_account_index": 281_474_976_710_655i64,
            "liquidation_mode": 0,
            "force_reduce_only": false,
            "trading_hours": "",
            "funding_fee_discounts_enabled": false,
            "hidden": false,
            "rfq_enabled": true,
        },
        "strategy_index": 2,
        "market_flags": 0,
        "funding_premium_multiplier": 100,
        "funding_clamp_small": "0.0500",
        "funding_clamp_big": "4.0000",
        "base_interest_rate": "0.0100",
    });
    merge(merge(book_rules(market), margins), daily(market))
}

/// The session's numbers as the venue reports a day.
fn daily(market: &Market) -> Value {
    let (rules, day) = (market.rules, &market.day);
    let last = if market.last_price == 0 { market.mark } else { market.last_price };
    json!({
        "last_trade_price": number(last, rules.price_decimals),
        "daily_trades_count": day.trades,
        "daily_base_token_volume": number(day.base, rules.size_decimals),
        "daily_quote_token_volume": number(day.quote, 6),
        "daily_price_low": number(if day.low == 0 { last } else { day.low }, rules.price_decimals),
        "daily_price_high": number(day.high.max(last), rules.price_decimals),
        "daily_price_change": number(change_percent(market), 6),
    })
}

/// Change since the first trade in percent with six decimals.
fn change_percent(market: &Market) -> i64 {
    let (open, last) = (i128::from(market.day.open), i128::from(market.last_price));
    ratio((last - open) * 100, open, 6)
}

/// One entry of `exchangeStats`.
pub fn exchange_stats(exchange: &Exchange) -> Value {
    let rows: Vec<Value> = exchange
        .markets
        .values()
        .map(|market| {
            let mut row = daily(market);
            if let Some(members) = row.as_object_mut() {
                members.remove("daily_price_low");
                members.remove("daily_price_high");
            }
            merge(row, json!({ "symbol": market.rules.symbol }))
        })
        .collect();
    let volume = exchange.markets.values().map(|market| market.day.quote).sum();
    json!({
        "code": 200,
        "total": rows.len(),
        "order_book_stats": rows,
        "daily_usd_volume": number(volume, 6),
        "daily_trades_count": exchange.markets.values().map(|market| market.day.trades).sum::<i64>(),
    })
}

/// Resting orders of one side, best first, for `orderBookOrders`.
pub fn simple_orders(
    exchange: &Exchange,
    market: &Market,
    side: Side,
    limit: usize,
    now: Wall,
) -> Vec<Value> {
    market.quotes(side).take(limit).map(|quote| simple_order(exchange, market.rules, &quote, now)).collect()
}

fn simple_order(exchange: &Exchange, rules: &MarketRules, quote: &Quote, now: Wall) -> Value {
    let order = exchange.orders.get(quote.index);
    let initial = order.map_or(quote.remaining, |order| order.request.base);
    json!({
        "order_index": quote.index,
        "order_id": quote.index.to_string(),
        "owner_account_index": quote.account.unwrap_or(super::super::model::MARKET_MAKER),
        "initial_base_amount": text(initial, rules.size_decimals),
        "remaining_base_amount": text(quote.remaining, rules.size_decimals),
        "price": text(quote.price, rules.price_decimals),
        "order_expiry": order.map_or(now.millis() + MAKER_EXPIRY_MILLIS, |order| order.request.expiry),
        "transaction_time": order.map_or(0, |order| order.updated.0),
    })
}

/// Price levels with absolute sizes, in the order given.
pub fn book_levels(rules: &MarketRules, levels: &[(i64, i64)]) -> Vec<Value> {
    let show = |(price, size): &(i64, i64)| json!({"price": text(*price, rules.price_decimals), "size": text(*size, rules.size_decimals)});
    levels.iter().map(show).collect()
}

/// Best bid and ask; an empty side has empty texts.
pub fn ticker_levels(market: &Market) -> Value {
    let rules = market.rules;
    let best = |side: Side| match market.best(side) {
        Some((price, size)) => {
            json!({"price": text(price, rules.price_decimals), "size": text(size, rules.size_decimals)})
        }
        None => json!({"price": "", "size": ""}),
    };
    json!({
        "s": rules.symbol,
        "a": best(Side::Sell),
        "b": best(Side::Buy),
        "last_updated_at": market.updated.0,
    })
}

/// The body of `market_stats`.
pub fn market_stats(exchange: &Exchange, market: &Market, now: Wall) -> Value {
    let rules = market.rules;
    let price = |ticks: i64| text(ticks, rules.price_decimals);
    let best = |side: Side| market.best(side).map(|(ticks, _)| price(ticks)).unwrap_or_default();
    let open = usdc(product(exchange.open_interest(rules.id), market.mark));
    let last = if market.last_price == 0 { market.mark } else { market.last_price };
    let hour = 3_600_000;
    let stats = json!({
        "symbol": rules.symbol,
        "market_id": rules.id,
        "index_price": price(market.index),
        "mark_price": price(market.mark),
        "mid_price": price(market.mid()),
        "best_ask_price": best(Side::Sell),
        "best_bid_price": best(Side::Buy),
        "open_interest": open,
        "open_interest_limit": usdc(OPEN_INTEREST_LIMIT),
        "open_interest_usd": open,
        "funding_clamp_small": "0.0500",
        "funding_clamp_big": "4.0000",
        "last_trade_price": price(last),
        "current_funding_rate": "0.0000",
        "funding_rate": "0.0000",
        "funding_timestamp": now.millis() - now.millis().rem_euclid(hour),
        "base_interest_rate": "0.0100",
        "premium": text(premium_percent(market), 4),
    });
    let mut day = daily(market);
    if let Some(members) = day.as_object_mut() {
        members.remove("last_trade_price");
        members.remove("daily_trades_count");
    }
    merge(stats, day)
}

/// How far the mark lies above the index, in percent with four decimals.
fn premium_percent(market: &Market) -> i64 {
    ratio(i128::from(market.mark - market.index) * 100, i128::from(market.index), 4)
}
