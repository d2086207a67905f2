//! What a signed-in client can do with orders, whichever way it asks: REST and WebSocket share rules, limits and counters.

use super::ParadexSim;
use super::intake::order_id_not_found;
use super::model::{Order, Symbol};
use super::refusal::{Code, Refusal};
use super::sign_in::Bearer;
use super::words::CancelReason;
use crate::domain::Wall;
use crate::sim::exchange::book::OrderNo;
use crate::sim::service::ConnId;
use serde_json::{Value, json};

/// Who acts, and over which connection when it tracks its orders.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The account and its class.
    pub bearer: Bearer,
    /// A connection with cancel on disconnect.
    pub tracking: Option<ConnId>,
}

impl ParadexSim {
    /// Takes one order.
    pub(super) fn place(&mut self, now: Wall, actor: &Actor, value: &Value) -> Result<OrderNo, Refusal> {
        let owner = actor.bearer.owner;
        let asked = self.read_order(now, owner, value)?;
        self.exchange.admit(owner, &asked)?;
        // Over a retail limit the order silently becomes Pro (paradex.md 2.3).
        let interactive = actor.bearer.interactive && self.rates.retail(now, owner);
        Ok(self.exchange.submit(owner, asked, interactive, actor.tracking))
    }

    /// Takes a batch: one entry with a bad shape or signature refuses all; market rules refuse one by one.
    pub(super) fn place_batch(
        &mut self,
        now: Wall,
        actor: &Actor,
        values: &[Value],
    ) -> Result<Vec<Result<OrderNo, Refusal>>, Refusal> {
        self.batch_size(values.len())?;
        for value in values {
            self.read_order(now, actor.bearer.owner, value)?;
        }
        Ok(values.iter().map(|value| self.place(now, actor, value)).collect())
    }

    /// Queues a modification of an open order.
    pub(super) fn modify(
        &mut self,
        now: Wall,
        actor: &Actor,
        value: &Value,
        path_id: Option<&str>,
    ) -> Result<OrderNo, Refusal> {
        let owner = actor.bearer.owner;
        let (id, asked, change) = self.read_change(now, owner, value, path_id)?;
        let order = self.exchange.by_id(owner, &id).ok_or_else(|| order_id_not_found(&id))?;
        let same = order.asked.symbol == asked.symbol
            && order.asked.side == asked.side
            && order.asked.kind == asked.kind;
        if !same {
            let message = "market, side and type of an order cannot be modified";
            return Err(Refusal::new(Code::ValidationError, message));
        }
        let no = order.no;
        self.exchange.modify(no, change)?;
        Ok(no)
    }

    /// Queues a cancel by the venue's id.
    pub(super) fn cancel_by_id(&mut self, now: Wall, actor: &Actor, id: &str) -> Result<(), Refusal> {
        let order = self.exchange.by_id(actor.bearer.owner, id).ok_or_else(|| order_id_not_found(id))?;
        let no = cancellable(order)?;
        self.cancel(now, actor, no);
        Ok(())
    }

    /// Queues a cancel by the client's id; returns the venue's.
    pub(super) fn cancel_by_client_id(
        &mut self,
        now: Wall,
        actor: &Actor,
        client_id: &str,
        market: Option<&str>,
    ) -> Result<String, Refusal> {
        let known = self.exchange.by_client_id(actor.bearer.owner, client_id);
        let here = known.filter(|order| market.is_none_or(|name| order.asked.symbol.name() == name));
        let missing =
            || Refusal::new(Code::ClientOrderIdNotFound, format!("client order id not found: {client_id}"));
        let order = here.ok_or_else(missing)?;
        let id = order.id.clone();
        let no = cancellable(order)?;
        self.cancel(now, actor, no);
        Ok(id)
    }

    /// Queues cancels of all orders, or of one market's.
    pub(super) fn cancel_all(
        &mut self,
        now: Wall,
        actor: &Actor,
        market: Option<&str>,
    ) -> Result<(), Refusal> {
        let symbol = market.filter(|name| !name.is_empty()).map(symbol_named).transpose()?;
        let here = |order: &&Order| symbol.is_none_or(|symbol| order.asked.symbol == symbol);
        let alive: Vec<OrderNo> =
            self.exchange.alive(actor.bearer.owner).filter(here).map(|order| order.no).collect();
        for no in alive {
            self.cancel(now, actor, no);
        }
        Ok(())
    }

    /// Queues cancels of a list; one result for each id, in order.
    pub(super) fn cancel_batch(
        &mut self,
        now: Wall,
        actor: &Actor,
        ids: &[String],
        client_ids: &[String],
    ) -> Result<Vec<Value>, Refusal> {
        self.batch_size(ids.len() + client_ids.len())?;
        let owner = actor.bearer.owner;
        let by_id = ids.iter().map(|id| (id.as_str(), "", self.exchange.by_id(owner, id)));
        let by_client_id =
            client_ids.iter().map(|id| ("", id.as_str(), self.exchange.by_client_id(owner, id)));
        let account = self.exchange.account(owner).address_text();
        let mut queued = Vec::new();
        let mut results = Vec::new();
        for (id, client_id, order) in by_id.chain(by_client_id) {
            let status = match order {
                None => "NOT_FOUND",
                Some(order) if !order.alive() => "ALREADY_CLOSED",
                Some(order) => {
                    queued.push(order.no);
                    "QUEUED_FOR_CANCELLATION"
                }
            };
            results.push(json!({
                "id": order.map_or(id, |order| order.id.as_str()),
                "client_id": order.map_or(client_id, |order| order.asked.client_id.as_str()),
                "account": account,
                "market": order.map_or("", |order| order.asked.symbol.name()),
                "status": status,
            }));
        }
        for no in queued {
            self.cancel(now, actor, no);
        }
        Ok(results)
    }

    fn cancel(&mut self, now: Wall, actor: &Actor, no: OrderNo) {
        if actor.bearer.interactive && self.options.switches.cancels_count_as_retail {
            self.rates.retail(now, actor.bearer.owner);
        }
        self.exchange.cancel(no, CancelReason::User);
    }

    fn batch_size(&self, size: usize) -> Result<(), Refusal> {
        let most = self.options.switches.batch_max;
        if size == 0 || size > most {
            let message = format!("a batch holds 1 to {most} entries");
            return Err(Refusal::new(Code::BatchSizeOutOfRange, message));
        }
        Ok(())
    }

    /// An order as JSON for its owner.
    pub(super) fn shown_order(&self, order: &Order) -> Value {
        super::json_out::order(order, &self.exchange.account(order.owner).address_text())
    }

    /// An order just taken, as JSON.
    pub(super) fn shown(&self, no: OrderNo) -> Value {
        self.exchange.order(no).map_or(Value::Null, |order| self.shown_order(order))
    }
}

/// The market of a name.
pub(super) fn symbol_named(name: &str) -> Result<Symbol, Refusal> {
    let missing = || Refusal::new(Code::MarketNotFound, format!("market {name:?} is unknown"));
    Symbol::from_name(name).ok_or_else(missing)
}

fn cancellable(order: &Order) -> Result<OrderNo, Refusal> {
    if !order.alive() {
        return Err(Refusal::new(Code::OrderIsClosed, format!("order is closed: {}", order.id)));
    }
    Ok(order.no)
}
