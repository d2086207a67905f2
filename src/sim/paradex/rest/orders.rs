//! Private changes: orders, cancels, leverage.

use super::{Answer, ok, unknown_path};
use crate::domain::Wall;
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::actions::{Actor, symbol_named};
use crate::sim::paradex::refusal::{Code, Refusal};
use crate::sim::service::{Request, Response};
use serde_json::{Value, json};

/// A body, which must be JSON.
fn body(request: &Request) -> Result<Value, Refusal> {
    serde_json::from_slice(&request.body)
        .map_err(|cause| Refusal::new(Code::BindingError, format!("body: {cause}")))
}

/// A list of texts under a name; absent is empty.
pub(in crate::sim::paradex) fn texts(value: &Value, name: &str) -> Result<Vec<String>, Refusal> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(list) => serde_json::from_value(list.clone())
            .map_err(|_| Refusal::new(Code::BindingError, format!("{name} must be a list of texts"))),
    }
}

impl ParadexSim {
    pub(super) fn private_change(
        &mut self,
        now: Wall,
        request: &Request,
        actor: &Actor,
        path: &[&str],
    ) -> Answer {
        match (request.method.as_str(), path) {
            ("POST", ["orders"]) => {
                let no = self.place(now, actor, &body(request)?)?;
                Ok(Response::json(201, &self.shown(no)))
            }
            ("POST", ["orders", "batch"]) => self.rest_batch(now, request, actor),
            ("PUT", ["orders", id]) => {
                let no = self.modify(now, actor, &body(request)?, Some(id))?;
                ok(&self.shown(no))
            }
            ("DELETE", ["orders"]) => {
                self.cancel_all(now, actor, request.query("market"))?;
                ok(&json!({}))
            }
            ("DELETE", ["orders", "batch"]) => {
                let body = body(request)?;
                let (ids, client_ids) = (texts(&body, "order_ids")?, texts(&body, "client_order_ids")?);
                ok(&json!({"results": self.cancel_batch(now, actor, &ids, &client_ids)?}))
            }
            ("DELETE", ["orders", "by_client_id", client_id]) => {
                self.cancel_by_client_id(now, actor, client_id, request.query("market"))?;
                Ok(queued())
            }
            ("DELETE", ["orders", id]) => {
                self.cancel_by_id(now, actor, id)?;
                Ok(queued())
            }
            ("POST", ["account", "margin", market]) => self.set_margin(request, actor, market),
            _ => Err(unknown_path(request)),
        }
    }

    fn rest_batch(&mut self, now: Wall, request: &Request, actor: &Actor) -> Answer {
        let body = body(request)?;
        let list = body
            .as_array()
            .ok_or_else(|| Refusal::new(Code::BindingError, "the body of a batch is an array of orders"))?;
        let placed = self.place_batch(now, actor, list)?;
        let packed = self.options.switches.packed_batches;
        let mut orders = Vec::new();
        let mut errors = Vec::new();
        for result in placed {
            let (order, error) = match result {
                Ok(no) => (self.shown(no), Value::Null),
                Err(refusal) => (Value::Null, refusal.body()),
            };
            orders.push(order);
            errors.push(error);
        }
        if packed {
            orders.retain(|order| !order.is_null());
            errors.retain(|error| !error.is_null());
        }
        Ok(Response::json(201, &json!({"orders": orders, "errors": errors})))
    }

    fn set_margin(&mut self, request: &Request, actor: &Actor, market: &str) -> Answer {
        let symbol = symbol_named(market)?;
        let body = body(request)?;
        let most = 1_000_000 / symbol.listing().initial_margin_ppm;
        let leverage = body["leverage"].as_i64().filter(|leverage| (1..=most).contains(leverage));
        let refuse = |message: String| Refusal::new(Code::ValidationError, message);
        let leverage = leverage.ok_or_else(|| refuse(format!("leverage must be from 1 to {most}")))?;
        if body["margin_type"].as_str().is_some_and(|kind| kind != "CROSS") {
            return Err(refuse("only CROSS margin is offered".to_owned()));
        }
        let account = self.exchange.account_mut(actor.bearer.owner);
        account.leverage[symbol.index()] = leverage;
        let address = account.address_text();
        ok(
            &json!({"account": address, "market": symbol.name(), "leverage": leverage, "margin_type": "CROSS"}),
        )
    }
}

/// 204: queued only (paradex.md 0).
fn queued() -> Response {
    Response::plain(204, Vec::new())
}
