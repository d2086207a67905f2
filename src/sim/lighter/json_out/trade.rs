//! Trades, in REST and on the socket (lighter.md 2.2).

use super::super::decimal::{text, usdc};
use super::super::model::{Before, Trade, TradeLeg, market_rules};
use super::merge;
use serde_json::{Value, json};

/// One trade. Realised profit is told only to the account that asks; fees of zero are left out, as recorded.
pub fn trade(trade: &Trade, asking: Option<i64>) -> Value {
    let Some(rules) = market_rules(trade.market) else { return Value::Null };
    let profit = |leg: &TradeLeg| {
        if asking == Some(leg.account) && leg.realized != 0 { usdc(leg.realized) } else { String::new() }
    };
    let parties = json!({
        "ask_id": trade.ask.order_index,
        "ask_id_str": trade.ask.order_index.to_string(),
        "bid_id": trade.bid.order_index,
        "bid_id_str": trade.bid.order_index.to_string(),
        "ask_client_id": trade.ask.client_index,
        "ask_client_id_str": trade.ask.client_index.to_string(),
        "bid_client_id": trade.bid.client_index,
        "bid_client_id_str": trade.bid.client_index.to_string(),
        "ask_account_id": trade.ask.account,
        "bid_account_id": trade.bid.account,
        "ask_account_pnl": profit(&trade.ask),
        "bid_account_pnl": profit(&trade.bid),
        "ask_order_version": trade.ask.version,
        "bid_order_version": trade.bid.version,
    });
    let what = json!({
        "trade_id": trade.id,
        "trade_id_str": trade.id.to_string(),
        "tx_hash": trade.tx_hash,
        "type": if trade.liquidation { "liquidation" } else { "trade" },
        "market_id": trade.market,
        "market_symbol": rules.symbol,
        "market_kind": "perps",
        "size": text(trade.base, rules.size_decimals),
        "price": text(trade.price, rules.price_decimals),
        "usd_amount": usdc(trade.quote()),
        "is_maker_ask": trade.is_maker_ask,
        "block_height": trade.block_height,
        "timestamp": trade.at.millis(),
        "transaction_time": trade.at.0,
        "integrator_maker_fee": 0,
        "integrator_maker_fee_collector_index": 0,
        "integrator_taker_fee": 0,
        "integrator_taker_fee_collector_index": 0,
    });
    let sizes = rules.size_decimals;
    merge(
        merge(what, parties),
        merge(before("taker", &trade.taker, sizes), before("maker", &trade.maker, sizes)),
    )
}

fn before(role: &str, before: &Before, size_decimals: u32) -> Value {
    let fields = [
        ("position_size_before", json!(text(before.size, size_decimals))),
        ("entry_quote_before", json!(usdc(before.entry_quote))),
        ("initial_margin_fraction_before", json!(before.initial_margin)),
        ("position_sign_changed", json!(before.sign_changed)),
        ("allocated_margin_usdc_before", json!(before.allocated_before)),
        ("allocated_margin_usdc_after", json!(before.allocated_after)),
    ];
    let fee = (before.fee_rate != 0).then(|| ("fee", json!(before.fee_rate)));
    super::object(fields.into_iter().chain(fee).map(|(name, value)| (format!("{role}_{name}"), value)))
}
