//! Orders and fills as JSON.

use super::side;
use crate::domain::Side;
use crate::sim::paradex::model::{Fill, Order};
use serde_json::{Value, json};

/// Flags of an order: asked for, and set by the venue.
fn flags(order: &Order) -> Vec<&'static str> {
    let asked = &order.asked;
    let upwards = order.triggers_upwards();
    [
        (asked.reduce_only, "REDUCE_ONLY"),
        (asked.kind.conditional() && !upwards, "STOP_CONDITION_BELOW_TRIGGER"),
        (asked.kind.conditional() && upwards, "STOP_CONDITION_ABOVE_TRIGGER"),
        (order.interactive, "INTERACTIVE"),
        (asked.kind.at_market(), "TARGET_STRATEGY_VWAP"),
    ]
    .into_iter()
    .filter_map(|(set, word)| set.then_some(word))
    .collect()
}

/// One order; `account` is the owner's address.
pub fn order(order: &Order, account: &str) -> Value {
    let asked = &order.asked;
    let mut object = json!({
        "id": order.id,
        "account": account,
        "market": asked.symbol.name(),
        "side": side(asked.side),
        "type": asked.kind.word(),
        "size": asked.size.to_string(),
        "remaining_size": order.remaining.to_string(),
        "price": asked.price.to_string(),
        "status": order.status.word(),
        "created_at": order.received_at.millis(),
        "last_updated_at": order.updated_at.millis(),
        "timestamp": asked.signed_ms,
        "received_at": order.received_at.millis(),
        "published_at": order.updated_at.millis(),
        "cancel_reason": order.cancel_reason.map_or("", |reason| reason.word()),
        "client_id": asked.client_id,
        "seq_no": order.seq,
        "instruction": asked.instruction.word(),
        "avg_fill_price": order.average().map_or_else(String::new, |price| price.to_string()),
        "stp": asked.self_trade.word(),
        "flags": flags(order),
        "trigger_price": asked.trigger.unwrap_or_default().to_string(),
    });
    if let Some(info) = &order.modify {
        object["request_info"] = json!({
            "id": info.id,
            "message": info.message,
            "request_type": "MODIFY_ORDER",
            "status": info.status.word(),
        });
    }
    object
}

/// One fill; `shown_side` decides whose side stands on a maker's fill.
pub fn fill(fill: &Fill, account: &str, shown_side: Side) -> Value {
    let flags: &[&str] = if fill.interactive { &["interactive"] } else { &[] };
    json!({
        "id": fill.id,
        "side": side(shown_side),
        "liquidity": fill.liquidity.word(),
        "market": fill.symbol.name(),
        "order_id": fill.order_id,
        "client_id": fill.client_id,
        "price": fill.price.to_string(),
        "size": fill.size.to_string(),
        "fee": fill.fee.to_string(),
        "fee_currency": "USDC",
        "created_at": fill.at.millis(),
        "remaining_size": fill.remaining.to_string(),
        "fill_type": fill.kind.word(),
        "realized_pnl": fill.realized_pnl.to_string(),
        "realized_funding": fill.realized_funding.to_string(),
        "account": account,
        "underlying_price": fill.underlying.to_string(),
        "flags": flags,
        "orderbook_seq_no": fill.book_seq,
    })
}
