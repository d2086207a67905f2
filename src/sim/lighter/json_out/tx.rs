//! Transactions and the text of their outcome (lighter.md 2.2, 6.4).

use super::super::model::{Account, Effect, Order, Outcome, Trade, TradeLeg, TxRecord, TxStatus};
use super::super::switches::FinalStatus;
use super::merge;
use crate::domain::Wall;
use serde_json::{Value, json};

/// A transaction as `account_tx` and `accountTxs` list it.
pub fn tx(record: &TxRecord, owner: Option<&Account>, now: Wall, finality: FinalStatus) -> Value {
    let executed = record.executed.map_or(0, Wall::millis);
    json!({
        "hash": record.hash,
        "type": record.tx_type,
        "info": record.info,
        "event_info": record.outcome.as_ref().map(event_info).unwrap_or_default(),
        "status": status(record, now, finality).number(),
        "transaction_index": record.sequence_index % 1_000,
        "l1_address": owner.map_or("", |owner| owner.l1_address.as_str()),
        "account_index": record.account,
        "nonce": record.nonce,
        "expire_at": record.expire_at,
        "block_height": record.block_height,
        "queued_at": record.queued.millis(),
        "executed_at": executed,
        "sequence_index": record.sequence_index,
        "parent_hash": "",
        "api_key_index": record.slot,
        "transaction_time": record.executed.unwrap_or(record.queued).0,
    })
}

/// A transaction as `tx` answers it.
pub fn enriched_tx(record: &TxRecord, owner: Option<&Account>, now: Wall, finality: FinalStatus) -> Value {
    let proven = match status(record, now, finality) {
        TxStatus::Final => record.executed.map_or(0, Wall::millis),
        TxStatus::Failed | TxStatus::Pending | TxStatus::Executed => 0,
    };
    let more = json!({ "code": 200, "committed_at": proven, "verified_at": proven });
    merge(tx(record, owner, now, finality), more)
}

/// An executed transaction becomes final after a while (switch 12).
fn status(record: &TxRecord, now: Wall, finality: FinalStatus) -> TxStatus {
    match (record.status, finality, record.executed) {
        (TxStatus::Executed, FinalStatus::After(millis), Some(at))
            if now.millis() - at.millis() >= millis =>
        {
            TxStatus::Final
        }
        (status, _, _) => status,
    }
}

fn event_info(outcome: &Outcome) -> String {
    let refusal = outcome.refusal.as_ref().map(|refusal| refusal.application_error()).unwrap_or_default();
    let effect = match &outcome.effect {
        Effect::Placed { market, trade, maker, order } => json!({
            "m": market,
            "ms": 1,
            "t": trade.as_deref().map_or_else(|| json!({"p": 0, "s": 0, "tf": 0, "mf": 0}), trade_event),
            "mo": maker_event(trade.as_deref(), maker.as_deref()),
            "to": order.as_deref().map_or_else(|| json!({}), order_event),
        }),
        Effect::Canceled { account, index, client_index } => {
            json!({"a": account, "i": index, "u": client_index})
        }
        Effect::Modified { market, old, new } => json!({
            "m": market,
            "oo": old.as_deref().map_or_else(|| json!({}), order_event),
            "no": new.as_deref().map_or_else(|| json!({}), order_event),
        }),
        Effect::Account { account } => json!({ "a": account }),
    };
    merge(effect, json!({ "ae": refusal })).to_string()
}

fn trade_event(trade: &Trade) -> Value {
    json!({"p": trade.price, "s": trade.base, "tf": trade.taker.fee_rate, "mf": trade.maker.fee_rate})
}

/// The order that rested; of one that belongs to the market maker only what the trade tells.
fn maker_event(trade: Option<&Trade>, maker: Option<&Order>) -> Value {
    let Some(trade) = trade else { return json!({}) };
    let leg: &TradeLeg = if trade.is_maker_ask { &trade.ask } else { &trade.bid };
    maker.map_or_else(
        || {
            json!({
                "i": leg.order_index, "u": leg.client_index, "a": leg.account, "is": trade.base, "p": trade.price,
                "rs": 0, "ia": i32::from(trade.is_maker_ask), "ot": 0, "f": 2, "ro": 0, "tp": 0, "e": 0, "st": 2,
                "ts": 0, "t0": 0, "t1": 0, "c0": 0, "ifci": 0, "itf": 0, "imf": 0, "of": 0, "mn": 0,
            })
        },
        order_event,
    )
}

fn order_event(order: &Order) -> Value {
    json!({
        "i": order.index,
        "u": order.request.client_index,
        "a": order.account,
        "is": order.request.base,
        "p": order.request.price,
        "rs": order.remaining,
        "ia": i32::from(order.is_ask()),
        "ot": order.request.kind.number(),
        "f": order.request.time_in_force.number(),
        "ro": i32::from(order.request.reduce_only),
        "tp": order.request.trigger_price,
        "e": order.request.expiry,
        "st": order.status.number(),
        "ts": if order.is_pending() { 2 } else { 0 },
        "t0": 0,
        "t1": 0,
        "c0": 0,
        "ifci": 0,
        "itf": 0,
        "imf": 0,
        "of": 0,
        "mn": order.version,
    })
}
