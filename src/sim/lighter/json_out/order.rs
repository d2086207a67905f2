//! Orders, in REST and on the socket (lighter.md 2.2).

use super::super::decimal::{text, usdc};
use super::super::model::{Order, OrderStatus, market_rules};
use super::super::switches::OrderTime;
use crate::domain::Wall;
use serde_json::{Value, json};

/// One order. In snapshots the integrator texts are empty, in updates they are "0", as recorded.
pub fn order(order: &Order, unit: OrderTime, snapshot: bool) -> Value {
    let Some(rules) = market_rules(order.request.market) else { return Value::Null };
    let (sizes, prices) = (rules.size_decimals, rules.price_decimals);
    let ended_early = !order.status.is_live() && order.status != OrderStatus::Filled;
    let integrator = if snapshot { "" } else { "0" };
    json!({
        "order_index": order.index,
        "client_order_index": order.request.client_index,
        "order_id": order.index.to_string(),
        "client_order_id": order.request.client_index.to_string(),
        "market_index": order.request.market,
        "owner_account_index": order.account,
        "initial_base_amount": text(order.request.base, sizes),
        "price": text(order.request.price, prices),
        "nonce": order.book_nonce,
        "remaining_base_amount": text(order.remaining, sizes),
        "is_ask": order.is_ask(),
        "base_size": if ended_early { 0 } else { order.request.base },
        "base_price": order.request.price,
        "filled_base_amount": text(order.filled, sizes),
        "filled_quote_amount": usdc(order.filled_quote),
        "side": "",
        "type": order.request.kind.name(),
        "time_in_force": order.request.time_in_force.name(),
        "reduce_only": order.request.reduce_only,
        "trigger_price": text(order.request.trigger_price, prices),
        "order_expiry": order.request.expiry,
        "status": order.status.name(),
        "trigger_status": if order.is_pending() { "mark-price" } else { "na" },
        "trigger_time": order.triggered.map_or(0, Wall::millis),
        "parent_order_index": 0,
        "parent_order_id": "0",
        "to_trigger_order_id_0": "0",
        "to_trigger_order_id_1": "0",
        "to_cancel_order_id_0": "0",
        "integrator_fee_collector_index": integrator,
        "integrator_maker_fee": integrator,
        "integrator_taker_fee": integrator,
        "block_height": order.block_height,
        "timestamp": stamp(order.updated, unit),
        "created_at": stamp(order.created, unit),
        "updated_at": stamp(order.updated, unit),
        "transaction_time": order.updated.0,
        "order_flags": 0,
        "order_version": order.version,
        "market_symbol": rules.symbol,
        "market_kind": "perps",
    })
}

fn stamp(at: Wall, unit: OrderTime) -> i64 {
    match unit {
        OrderTime::Seconds => at.secs(),
        OrderTime::Millis => at.millis(),
    }
}
