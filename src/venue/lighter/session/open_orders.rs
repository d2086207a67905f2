//! The list of resting orders of our market (lighter.md 2.2). Nothing is counted that was not read: an order of another
//! account, or one that cannot be read, makes the whole answer a failure.

use super::super::wire::container::{self, Rows};
use super::super::wire::order::{Life, OrderRecord};
use super::super::wire::reply::ApiError;
use super::LighterSession;
use super::questions::{Asked, Question};
use crate::domain::Now;
use crate::venue::http::{HttpFailure, HttpReply};
use crate::venue::{Outbox, VenueReport};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// An answer by field: a list that is missing is no empty list.
type Fields = BTreeMap<String, Box<RawValue>>;

impl LighterSession {
    pub(super) fn ask_open_orders(&mut self, now: Now, out: &mut Outbox) {
        let url = self.market.as_ref().map(|market| self.addresses.open_orders(market.id));
        let asked = match url {
            Some(url) => self.ask_privately(now, Question::OpenOrders, url, out),
            None => Err("Lighter's market is not loaded yet".to_owned()),
        };
        if let Err(cause) = asked {
            out.report(VenueReport::AskFailed { cause });
        }
    }

    pub(super) fn open_orders_answered(
        &mut self,
        now: Now,
        asked: &Asked,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        let read = self.read::<Fields>(now, answer);
        out.report(self.resting(asked, read).unwrap_or_else(|cause| VenueReport::AskFailed { cause }));
    }

    fn resting(&self, asked: &Asked, read: Result<Fields, ApiError>) -> Result<VenueReport, String> {
        let fields = read.map_err(|error| error.to_string())?;
        let list = fields.get("orders").ok_or("Lighter's answer has no list of orders")?;
        let goes_on =
            fields.get("next_cursor").is_some_and(|cursor| !matches!(cursor.get(), "\"\"" | "null"));
        let Rows::<OrderRecord> { rows, unreadable } = container::rows(list);
        if goes_on || unreadable > 0 {
            return Err("Lighter's list of resting orders cannot be read whole".to_owned());
        }
        let account = self.config.slot.account();
        if rows.iter().any(|order| order.owner.is_some_and(|owner| owner != account)) {
            return Err(format!("Lighter listed orders of another account than {account}"));
        }
        let market = self.market.as_ref().map(|market| market.id);
        let here = |order: &&OrderRecord| order.market.is_none_or(|id| Some(id) == market);
        let (mut own, mut foreign) = (Vec::new(), 0);
        for order in rows.iter().filter(here) {
            match (order.life(), order.cid) {
                (Life::Ended, _) => {}
                (Life::Alive | Life::Unclear, Some(cid)) => own.push(cid),
                (Life::Alive | Life::Unclear, None) => foreign += 1,
            }
        }
        Ok(VenueReport::OpenOrders { asked: asked.at.mono, own, foreign })
    }
}
