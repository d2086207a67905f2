//! Orders of the simulated Paradex: what REST and WebSocket share, and its REST form (paradex.md 2, 4, 6).

use super::ParadexSim;
use super::auth::Caller;
use super::json_out;
use super::model::order::Order;
use super::model::{Reject, market_index};
use super::parse;
use super::rest::{Answer, bad};
use crate::domain::Wall;
use crate::signing::stark::{Message, felt_from_decimal};
use crate::sim::service::Request;
use serde_json::{Value, json};

/// Orders in one batch.
const BATCH_MAX: usize = 10;

/// Takes one order in.
pub fn create(
    sim: &mut ParadexSim,
    now: Wall,
    body: &Value,
    caller: Caller,
    conn: Option<u64>,
) -> Result<Order, Reject> {
    let signed = parse::order(body)?;
    check_signature(sim, caller, &Message::Order(signed.fields), &signed.signature)?;
    let class = sim.limits.class_of(now, caller.account, caller.class);
    sim.exchange.submit(now, caller.account, signed.request, class, conn)
}

fn check_signature(
    sim: &ParadexSim,
    caller: Caller,
    message: &Message,
    signature: &crate::signing::stark::Signature,
) -> Result<(), Reject> {
    if sim.sign_in.signed(caller.account, message, signature) {
        return Ok(());
    }
    Err(Reject::new("INVALID_ORDER_SIGNATURE", "the order was not signed by this account"))
}

/// Queues a cancel by the venue's id.
pub fn cancel_by_id(sim: &mut ParadexSim, now: Wall, caller: Caller, id: &str) -> Result<Order, Reject> {
    let found = sim.exchange.order_by_id(caller.account, id).cloned();
    let order = found.ok_or_else(|| Reject::new("ORDER_ID_NOT_FOUND", format!("order {id} not found")))?;
    cancel(sim, now, caller, order)
}

/// Queues a cancel by the client's id.
pub fn cancel_by_client_id(
    sim: &mut ParadexSim,
    now: Wall,
    caller: Caller,
    id: &str,
) -> Result<Order, Reject> {
    let found = sim.exchange.order_by_client_id(caller.account, id).cloned();
    let order = found
        .ok_or_else(|| Reject::new("CLIENT_ORDER_ID_NOT_FOUND", format!("no order with client id {id}")))?;
    cancel(sim, now, caller, order)
}

fn cancel(sim: &mut ParadexSim, now: Wall, caller: Caller, order: Order) -> Result<Order, Reject> {
    let class = sim.limits.class_of(now, caller.account, caller.class);
    if sim.exchange.cancel(now, order.no, class) {
        Ok(order)
    } else {
        Err(Reject::new("ORDER_IS_CLOSED", format!("order is closed: {}", order.id)))
    }
}

/// Queues cancels of everything, of one market if one is named.
pub fn cancel_all(
    sim: &mut ParadexSim,
    now: Wall,
    caller: Caller,
    market: Option<&str>,
) -> Result<(), Reject> {
    let only = match market {
        None | Some("") => None,
        Some(symbol) => {
            let unknown = || Reject::new("MARKET_NOT_FOUND", format!("market {symbol} does not exist"));
            Some(market_index(symbol).ok_or_else(unknown)?)
        }
    };
    let live: Vec<u64> = sim
        .exchange
        .live_orders(caller.account)
        .filter(|order| only.is_none_or(|index| order.request.market == index))
        .map(|order| order.no)
        .collect();
    let class = sim.limits.class_of(now, caller.account, caller.class);
    for no in live {
        sim.exchange.cancel(now, no, class);
    }
    Ok(())
}

/// Replaces size and price of an open order; it keeps its id and loses its place.
pub fn modify(
    sim: &mut ParadexSim,
    now: Wall,
    body: &Value,
    id: &str,
    caller: Caller,
) -> Result<Order, Reject> {
    let mut shaped = body.clone();
    if let Some(object) = shaped.as_object_mut() {
        // The instruction and client id of the order stay; the official client repeats them.
        object.remove("instruction");
        object.remove("client_id");
    }
    let signed = parse::order(&shaped)?;
    let order_id =
        felt_from_decimal(id).map_err(|cause| Reject::new("VALIDATION_ERROR", format!("id: {cause}")))?;
    let message = Message::ModifyOrder { order: signed.fields, order_id };
    check_signature(sim, caller, &message, &signed.signature)?;
    let found = sim.exchange.order_by_id(caller.account, id).cloned();
    let order = found.ok_or_else(|| Reject::new("ORDER_ID_NOT_FOUND", format!("order {id} not found")))?;
    sim.exchange.modify(now, &order, &signed.request)
}

/// The entries of a batch; all are refused when one has a bad shape or signature.
pub fn create_batch(
    sim: &mut ParadexSim,
    now: Wall,
    entries: &[Value],
    caller: Caller,
    conn: Option<u64>,
) -> Result<Vec<Result<Order, Reject>>, Reject> {
    if entries.is_empty() || entries.len() > BATCH_MAX {
        return Err(Reject::new("BATCH_SIZE_OUT_OF_RANGE", format!("a batch holds 1 to {BATCH_MAX} orders")));
    }
    let mut parsed = Vec::with_capacity(entries.len());
    for entry in entries {
        let signed = parse::order(entry)?;
        check_signature(sim, caller, &Message::Order(signed.fields), &signed.signature)?;
        parsed.push(signed.request);
    }
    let class = sim.limits.class_of(now, caller.account, caller.class);
    Ok(parsed
        .into_iter()
        .map(|request| sim.exchange.submit(now, caller.account, request, class, conn))
        .collect())
}

/// One refusal inside a batch answer.
pub fn batch_error(reject: &Reject) -> Value {
    json!({"error": reject.code, "message": reject.message})
}

/// REST under `/orders`, `parts` behind that word.
pub fn answer(sim: &mut ParadexSim, now: Wall, request: &Request, parts: &[&str], caller: Caller) -> Answer {
    let refused = |reject| (400, reject);
    let body = || serde_json::from_slice::<Value>(&request.body);
    let unreadable = |_| (400, Reject::new("BINDING_ERROR", "the body is not JSON"));
    match (request.method.as_str(), parts) {
        ("POST", []) => {
            let order = create(sim, now, &body().map_err(unreadable)?, caller, None).map_err(refused)?;
            Ok((201, json_out::order(&sim.exchange, &order, now)))
        }
        ("POST", ["batch"]) => rest_batch(sim, now, &body().map_err(unreadable)?, caller),
        ("PUT", [id]) => {
            let order = modify(sim, now, &body().map_err(unreadable)?, id, caller).map_err(refused)?;
            Ok((200, json_out::order(&sim.exchange, &order, now)))
        }
        ("DELETE", []) => {
            cancel_all(sim, now, caller, request.query("market")).map_err(refused)?;
            Ok((200, json!({})))
        }
        ("DELETE", ["batch"]) => Ok((200, cancel_batch(sim, now, &body().map_err(unreadable)?, caller))),
        ("DELETE", ["by_client_id", id]) => {
            cancel_by_client_id(sim, now, caller, id).map_err(refused)?;
            Ok((204, Value::Null))
        }
        ("DELETE", [id]) => {
            cancel_by_id(sim, now, caller, id).map_err(refused)?;
            Ok((204, Value::Null))
        }
        _ => bad("NOT_FOUND", "unknown path"),
    }
}

fn rest_batch(sim: &mut ParadexSim, now: Wall, body: &Value, caller: Caller) -> Answer {
    let Some(entries) = body.as_array() else { return bad("BINDING_ERROR", "a batch is a list of orders") };
    let done = create_batch(sim, now, entries, caller, None).map_err(|reject| (400, reject))?;
    let orders: Vec<Value> = done
        .iter()
        .map(|entry| entry.as_ref().map_or(Value::Null, |order| json_out::order(&sim.exchange, order, now)))
        .collect();
    let errors: Vec<Value> =
        done.iter().map(|entry| entry.as_ref().err().map_or(Value::Null, batch_error)).collect();
    Ok((201, json!({"orders": orders, "errors": errors})))
}

/// Cancels by both kinds of id; one line per id.
pub fn cancel_batch(sim: &mut ParadexSim, now: Wall, body: &Value, caller: Caller) -> Value {
    let ids = |name: &str| -> Vec<String> {
        let list = body.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
    };
    let account = format!("{:#x}", sim.exchange.accounts[caller.account].setup.address);
    let mut lines = Vec::new();
    for id in ids("order_ids") {
        let outcome = cancel_by_id(sim, now, caller, &id);
        lines.push(cancel_line(&outcome, &account, &id, ""));
    }
    for id in ids("client_order_ids") {
        let outcome = cancel_by_client_id(sim, now, caller, &id);
        lines.push(cancel_line(&outcome, &account, "", &id));
    }
    json!({"results": lines})
}

fn cancel_line(outcome: &Result<Order, Reject>, account: &str, id: &str, client_id: &str) -> Value {
    match outcome {
        Ok(order) => json!({
            "id": order.id, "client_id": order.request.client_id, "account": account,
            "market": super::model::rules::MARKETS[order.request.market].symbol, "status": "QUEUED_FOR_CANCELLATION",
        }),
        Err(reject) => {
            let status = if reject.code == "ORDER_IS_CLOSED" { "ALREADY_CLOSED" } else { "NOT_FOUND" };
            json!({"id": id, "client_id": client_id, "account": account, "market": "", "status": status})
        }
    }
}
