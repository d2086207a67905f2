//! Orders over WebSocket (paradex.md 6): the same actions as REST, in JSON-RPC clothes.

use super::frames::{RpcCode, RpcError};
use super::methods::Answer;
use crate::domain::Wall;
use crate::sim::exchange::book::OrderNo;
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::actions::Actor;
use crate::sim::paradex::rate::Scope;
use crate::sim::paradex::refusal::Refusal;
use crate::sim::paradex::rest::texts;
use crate::sim::service::ConnId;
use serde_json::{Value, json};

fn invalid_params(data: impl Into<String>) -> RpcError {
    RpcError::because(RpcCode::InvalidParams, "invalid params", data)
}

fn text<'a>(params: &'a Value, name: &str) -> Option<&'a str> {
    params.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

impl ParadexSim {
    pub(super) fn order_method(&mut self, now: Wall, conn: ConnId, action: &str, params: &Value) -> Answer {
        let actor = self.actor(conn)?;
        if action != "cancel_on_disconnect" {
            let verdict = self.rates.count(now, Scope::Orders(actor.bearer.owner));
            if !verdict.allowed {
                return Err(RpcError::new(RpcCode::RateLimited, "rate limit exceeded"));
            }
        }
        match action {
            "create" => {
                let no = self.place(now, &actor, params)?;
                Ok(self.placed(now, no))
            }
            "create_batch" => self.ws_batch(now, &actor, params),
            "modify" => {
                let no = self.modify(now, &actor, params, None)?;
                Ok(json!({"order": self.shown(no)}))
            }
            "cancel" => self.ws_cancel(now, &actor, params),
            "cancel_batch" => {
                let ids = texts(params, "order_ids")?;
                let client_ids = texts(params, "client_order_ids")?;
                Ok(json!({"results": self.cancel_batch(now, &actor, &ids, &client_ids)?}))
            }
            "cancel_all" => {
                self.cancel_all(now, &actor, text(params, "market"))?;
                Ok(json!({"status": "ok"}))
            }
            "cancel_on_disconnect" => self.cancel_on_disconnect(conn, params),
            other => Err(RpcError::new(RpcCode::MethodNotFound, format!("method order.{other} not found"))),
        }
    }

    fn actor(&mut self, conn: ConnId) -> Result<Actor, RpcError> {
        let connection = self.connection(conn)?;
        let unauthenticated = || RpcError::new(RpcCode::Unauthenticated, "not authenticated for this method");
        let bearer = connection.bearer.clone().ok_or_else(unauthenticated)?;
        Ok(Actor { bearer, tracking: Some(conn) })
    }

    /// The answer to an order just taken: its state before any risk check.
    fn placed(&self, now: Wall, no: OrderNo) -> Value {
        json!({
            "order": self.shown(no),
            "created_at": now.millis(),
            "received_at": now.0.saturating_mul(1_000),
        })
    }

    fn ws_batch(&mut self, now: Wall, actor: &Actor, params: &Value) -> Answer {
        let list = params.as_array().or_else(|| params.get("orders").and_then(Value::as_array));
        let list = list.ok_or_else(|| invalid_params("orders must be an array"))?;
        let entry = |sim: &Self, result: Result<OrderNo, Refusal>| match result {
            Ok(no) => sim.placed(now, no),
            Err(refusal) => json!({"error": refusal.body()}),
        };
        let placed = self.place_batch(now, actor, list)?;
        let results: Vec<Value> = placed.into_iter().map(|result| entry(self, result)).collect();
        Ok(json!({"results": results}))
    }

    fn ws_cancel(&mut self, now: Wall, actor: &Actor, params: &Value) -> Answer {
        let id = match (text(params, "id"), text(params, "client_id")) {
            (Some(id), _) => {
                self.cancel_by_id(now, actor, id)?;
                id.to_owned()
            }
            (None, Some(client_id)) => {
                let market = text(params, "market")
                    .ok_or_else(|| invalid_params("market is required with client_id"))?;
                self.cancel_by_client_id(now, actor, client_id, Some(market))?
            }
            (None, None) => return Err(invalid_params("id or client_id is required")),
        };
        Ok(json!({"order_id": id, "status": "QUEUED_FOR_CANCELLATION"}))
    }

    fn cancel_on_disconnect(&mut self, conn: ConnId, params: &Value) -> Answer {
        let enabled = params.get("enabled").and_then(Value::as_bool);
        let enabled = enabled.ok_or_else(|| invalid_params("enabled must be true or false"))?;
        self.connection(conn)?.cancel_on_disconnect = enabled;
        Ok(json!({"enabled": enabled}))
    }
}
