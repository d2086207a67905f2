//! JSON-RPC requests of a connection (paradex.md 5, 6).

use super::auth::Caller;
use super::hub::{Topic, topic};
use super::model::Reject;
use super::{ParadexSim, json_out, rest_orders};
use crate::domain::Wall;
use crate::sim::service::{ConnId, Sent};
use serde_json::{Value, json};

/// A refusal: code, message, data.
struct RpcError(i64, &'static str, Value);

type Outcome = Result<Value, RpcError>;

fn invalid_request(data: impl Into<String>) -> RpcError {
    RpcError(-32600, "invalid request", Value::String(data.into()))
}

fn order_refused(reject: &Reject) -> RpcError {
    RpcError(100, "method error", Value::String(format!("{}: {}", reject.code, reject.message)))
}

/// Takes one text frame.
pub fn take(sim: &mut ParadexSim, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
    sim.hub.alive(now, conn);
    let Ok(request) = serde_json::from_str::<Value>(text) else {
        return reply(now, conn, &Value::Null, Err(RpcError(-32700, "parse error", Value::Null)), out);
    };
    let id = request.get("id").cloned().unwrap_or_default();
    let method = request.get("method").and_then(Value::as_str);
    let (Some("2.0"), Some(method), true) = (
        request.get("jsonrpc").and_then(Value::as_str),
        method,
        id.is_string() || id.is_i64() || id.is_u64(),
    ) else {
        return reply(now, conn, &id, Err(RpcError(-32600, "invalid request", Value::Null)), out);
    };
    let params = request.get("params").cloned().unwrap_or_default();
    if method == "subscribe" {
        return subscribe(sim, now, conn, &id, &params, out);
    }
    let outcome = dispatch(sim, now, conn, method, &params);
    reply(now, conn, &id, outcome, out);
}

fn reply(now: Wall, conn: ConnId, id: &Value, outcome: Outcome, out: &mut Vec<Sent>) {
    let mut frame = match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(RpcError(code, message, data)) => {
            let mut error = json!({"code": code, "message": message});
            if !data.is_null() {
                error["data"] = data;
            }
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    };
    (frame["usIn"], frame["usDiff"], frame["usOut"]) = (now.0.into(), 0.into(), now.0.into());
    out.push(Sent::Text(conn, format!("{frame}\n")));
}

fn dispatch(sim: &mut ParadexSim, now: Wall, conn: ConnId, method: &str, params: &Value) -> Outcome {
    match method {
        "auth" => auth(sim, now, conn, params),
        "unsubscribe" => unsubscribe(sim, conn, params),
        _ if method.starts_with("order.") => {
            let signed_in = sim.hub.conn(conn).and_then(|conn| conn.caller);
            let caller = signed_in.ok_or(RpcError(40300, "not authenticated", Value::Null))?;
            orders(sim, now, conn, method, params, caller)
        }
        _ => Err(RpcError(-32601, "method not found", Value::Null)),
    }
}

fn auth(sim: &mut ParadexSim, now: Wall, conn: ConnId, params: &Value) -> Outcome {
    let Some(token) = params.get("bearer").and_then(Value::as_str) else {
        return Err(RpcError(40110, "malformed bearer token", Value::Null));
    };
    let caller =
        sim.sign_in.caller(now, token).ok_or(RpcError(40111, "invalid bearer token", Value::Null))?;
    if let Some(conn) = sim.hub.conn(conn) {
        conn.caller = Some(caller);
    }
    Ok(json!({"node_id": "1a2b3c4d5e6f708192a3b4c5d6e7f809"}))
}

fn channel_of(params: &Value) -> Result<String, RpcError> {
    let channel = params.get("channel").and_then(Value::as_str);
    channel.map(str::to_owned).ok_or(RpcError(-32602, "invalid params", Value::Null))
}

fn subscribe(sim: &mut ParadexSim, now: Wall, conn: ConnId, id: &Value, params: &Value, out: &mut Vec<Sent>) {
    match admit(sim, conn, params) {
        Ok((channel, topic)) => {
            reply(now, conn, id, Ok(json!({"channel": channel})), out);
            sim.hub.greet(now, conn, &channel, topic, &sim.exchange, out);
        }
        Err(error) => reply(now, conn, id, Err(error), out),
    }
}

fn admit(sim: &mut ParadexSim, conn: ConnId, params: &Value) -> Result<(String, Topic), RpcError> {
    let channel = channel_of(params)?;
    let refused = |data: String| RpcError(-32600, "invalid subscribe request", Value::String(data));
    let topic = topic(&channel).map_err(refused)?;
    let public_json = sim.options.public_json;
    let (signed_in, sbe) =
        sim.hub.conn(conn).map_or((false, false), |c| (c.caller.is_some(), c.sbe.is_some()));
    if topic.is_private() && !signed_in {
        return Err(RpcError(40300, "not authenticated", Value::Null));
    }
    if !topic.is_private() && !sbe && !public_json {
        return Err(invalid_request("public channels require SBE"));
    }
    sim.hub.subscribe(conn, &channel, topic).map_err(refused)?;
    Ok((channel, topic))
}

fn unsubscribe(sim: &mut ParadexSim, conn: ConnId, params: &Value) -> Outcome {
    let channel = channel_of(params)?;
    let listened = sim.hub.conn(conn).is_some_and(|conn| conn.channels.remove(&channel));
    if listened {
        Ok(json!({"channel": channel}))
    } else {
        Err(invalid_request(format!("not subscribed to {channel}")))
    }
}

fn orders(
    sim: &mut ParadexSim,
    now: Wall,
    conn: ConnId,
    method: &str,
    params: &Value,
    caller: Caller,
) -> Outcome {
    let refused = |reject: Reject| order_refused(&reject);
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    match method {
        "order.create" => {
            let order = rest_orders::create(sim, now, params, caller, Some(conn.0)).map_err(refused)?;
            Ok(created(sim, &json_out::order(&sim.exchange, &order, now), now))
        }
        "order.create_batch" => create_batch(sim, now, conn, params, caller),
        "order.modify" => {
            let id = text("id").ok_or(RpcError(-32602, "invalid params", Value::Null))?.to_owned();
            let order = rest_orders::modify(sim, now, params, &id, caller).map_err(refused)?;
            let mut body = json_out::order(&sim.exchange, &order, now);
            body["request_info"] =
                json!({"id": id, "message": "", "request_type": "MODIFY_ORDER", "status": "PROCESSED"});
            Ok(json!({"order": body}))
        }
        "order.cancel" => {
            let order = match (text("id"), text("client_id")) {
                (Some(id), _) => rest_orders::cancel_by_id(sim, now, caller, id),
                (None, Some(id)) => rest_orders::cancel_by_client_id(sim, now, caller, id),
                (None, None) => return Err(RpcError(-32602, "invalid params", Value::Null)),
            };
            let order = order.map_err(refused)?;
            Ok(json!({"order_id": order.id, "status": "QUEUED_FOR_CANCELLATION"}))
        }
        "order.cancel_batch" => {
            let body = rest_orders::cancel_batch(sim, now, params, caller);
            let lines = body["results"].as_array().cloned().unwrap_or_default();
            let line = |entry: &Value| json!({"id": entry["id"], "market": entry["market"], "status": entry["status"]});
            Ok(json!({"results": lines.iter().map(line).collect::<Vec<_>>()}))
        }
        "order.cancel_all" => {
            rest_orders::cancel_all(sim, now, caller, text("market")).map_err(refused)?;
            Ok(json!({"status": "ok"}))
        }
        "order.cancel_on_disconnect" => {
            let enabled = params.get("enabled").and_then(Value::as_bool);
            let enabled = enabled.ok_or(RpcError(-32602, "invalid params", Value::Null))?;
            if let Some(conn) = sim.hub.conn(conn) {
                conn.cancel_on_disconnect = enabled;
            }
            Ok(json!({"enabled": enabled}))
        }
        _ => Err(RpcError(-32601, "method not found", Value::Null)),
    }
}

fn created(_sim: &ParadexSim, order: &Value, now: Wall) -> Value {
    json!({"order": order, "created_at": now.millis(), "received_at": now.0.saturating_mul(1_000)})
}

fn create_batch(sim: &mut ParadexSim, now: Wall, conn: ConnId, params: &Value, caller: Caller) -> Outcome {
    // The specification wraps the list in an object, the official client sends it bare.
    let entries = params.as_array().or_else(|| params.get("orders").and_then(Value::as_array)).cloned();
    let entries = entries.ok_or(RpcError(-32602, "invalid params", Value::Null))?;
    let done = rest_orders::create_batch(sim, now, &entries, caller, Some(conn.0));
    let done = done.map_err(|reject| order_refused(&reject))?;
    let line = |entry: &Result<_, Reject>| match entry {
        Ok(order) => created(sim, &json_out::order(&sim.exchange, order, now), now),
        Err(reject) => json!({"error": rest_orders::batch_error(reject)}),
    };
    Ok(json!({"results": done.iter().map(line).collect::<Vec<_>>()}))
}
