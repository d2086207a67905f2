//! Private reads: account, positions, orders, fills.

use super::paging::period;
use super::{Answer, ok, results, unknown_path};
use crate::domain::Wall;
use crate::sim::exchange::book::Owner;
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::actions::symbol_named;
use crate::sim::paradex::intake::order_id_not_found;
use crate::sim::paradex::json_out;
use crate::sim::paradex::model::{Order, Symbol};
use crate::sim::paradex::refusal::{Code, Refusal};
use crate::sim::service::Request;
use serde_json::{Value, json};

/// The market filter of a list.
fn market_filter(request: &Request) -> Result<Option<Symbol>, Refusal> {
    request.query("market").filter(|name| !name.is_empty() && *name != "ALL").map(symbol_named).transpose()
}

impl ParadexSim {
    pub(super) fn private_get(&self, _now: Wall, request: &Request, owner: Owner, path: &[&str]) -> Answer {
        match path {
            ["account"] => ok(&json_out::account(&self.exchange.shown_account(owner))),
            ["account", "info"] => results(vec![json_out::info(self.exchange.account(owner))]),
            ["account", "margin"] => self.margin_configs(request, owner),
            ["account", "keys", "subkeys"] => self.subkeys(owner),
            ["account", "tokens"] => results(Vec::new()),
            ["balance"] => results(vec![json_out::balance(self.exchange.account(owner))]),
            ["positions"] => self.positions(owner),
            ["orders"] => self.open_orders(request, owner),
            ["orders", "by_client_id", client_id] => self.order_by_client_id(owner, client_id),
            ["orders", id] => self.order_by_id(owner, id),
            ["orders-history"] => self.order_history(request, owner),
            ["fills"] => self.fills(request, owner),
            ["tradebusts"] => self.trade_busts(request, owner),
            ["funding", "payments"] => self.funding_payments(request, owner),
            _ => Err(unknown_path(request)),
        }
    }

    fn margin_configs(&self, request: &Request, owner: Owner) -> Answer {
        let account = self.exchange.account(owner);
        let named = market_filter(request)?;
        let symbols = Symbol::ALL.into_iter().filter(|symbol| named.is_none_or(|named| named == *symbol));
        let configs: Vec<Value> = symbols.map(|symbol| json_out::margin_config(account, symbol)).collect();
        ok(&json!({
            "account": account.address_text(),
            "margin_methodology": "cross_margin",
            "configs": configs,
        }))
    }

    fn subkeys(&self, owner: Owner) -> Answer {
        let account = self.exchange.account(owner);
        let subkey = |key| {
            json!({
                "public_key": json_out::address(key),
                "account": account.address_text(),
                "name": "",
                "state": "active",
                "created_at": account.created_at.millis(),
            })
        };
        results(account.subkeys.iter().map(subkey).collect())
    }

    /// Positions ever held; flat ones are CLOSED.
    fn positions(&self, owner: Owner) -> Answer {
        let account = self.exchange.account(owner);
        let held = Symbol::ALL.into_iter().filter(|symbol| account.position(*symbol).known());
        let shown = held.map(|symbol| self.exchange.shown_position(owner, symbol));
        results(shown.map(|shown| json_out::position(&shown, &account.address_text())).collect())
    }

    fn open_orders(&self, request: &Request, owner: Owner) -> Answer {
        let named = market_filter(request)?;
        let here = |order: &&Order| named.is_none_or(|symbol| order.asked.symbol == symbol);
        results(self.exchange.alive(owner).filter(here).map(|order| self.shown_order(order)).collect())
    }

    fn order_by_id(&self, owner: Owner, id: &str) -> Answer {
        let visible = |order: &&Order| order.alive() || self.options.switches.closed_orders_by_id;
        let order = self.exchange.by_id(owner, id).filter(visible);
        order.map(|order| self.shown_order(order)).ok_or_else(|| order_id_not_found(id)).and_then(|o| ok(&o))
    }

    fn order_by_client_id(&self, owner: Owner, client_id: &str) -> Answer {
        let order = self.exchange.by_client_id(owner, client_id).filter(|order| order.alive());
        let missing =
            || Refusal::new(Code::ClientOrderIdNotFound, format!("client order id not found: {client_id}"));
        ok(&order.map(|order| self.shown_order(order)).ok_or_else(missing)?)
    }

    fn order_history(&self, request: &Request, owner: Owner) -> Answer {
        let named = market_filter(request)?;
        let within = period(request)?;
        let says = |name: &str, word: &str| {
            request.query(name).is_none_or(|asked| asked.is_empty() || asked == word)
        };
        let fits = |order: &&Order| {
            let asked = &order.asked;
            named.is_none_or(|symbol| asked.symbol == symbol)
                && within(order.received_at.millis())
                && says("side", json_out::side(asked.side))
                && says("type", asked.kind.word())
                && says("status", order.status.word())
                && says("client_id", &asked.client_id)
        };
        let list = self.exchange.history(owner).filter(fits).map(|order| self.shown_order(order)).collect();
        self.page(request, list)
    }

    fn fills(&self, request: &Request, owner: Owner) -> Answer {
        let named = market_filter(request)?;
        let within = period(request)?;
        let account = self.exchange.account(owner).address_text();
        let list = self
            .exchange
            .fills(owner)
            .filter(|fill| named.is_none_or(|symbol| fill.symbol == symbol) && within(fill.at.millis()))
            .map(|fill| json_out::fill(fill, &account, self.options.switches.side_of_fill(fill)))
            .collect();
        self.page(request, list)
    }

    fn trade_busts(&self, request: &Request, owner: Owner) -> Answer {
        let within = period(request)?;
        let account = self.exchange.account(owner).address_text();
        let busts = self.exchange.busts(owner).filter(|bust| within(bust.at.millis()));
        self.page(request, busts.map(|bust| json_out::bust(bust, &account)).collect())
    }

    fn funding_payments(&self, request: &Request, owner: Owner) -> Answer {
        let named = market_filter(request)?;
        let within = period(request)?;
        let account = self.exchange.account(owner).address_text();
        let list = self
            .exchange
            .funding_payments(owner)
            .filter(|payment| {
                named.is_none_or(|symbol| payment.symbol == symbol) && within(payment.at.millis())
            })
            .map(|payment| json_out::funding_payment(payment, &account))
            .collect();
        self.page(request, list)
    }
}
