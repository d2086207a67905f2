//! Stop-loss and take-profit orders: they wait outside the book until the mark price reaches their trigger.

use super::Exchange;
use super::account::trigger_reached;
use super::order::{NewOrder, Order, OrderKind, OrderStatus};
use super::record::Effect;
use crate::domain::Wall;

impl Exchange {
    /// Keeps a conditional order until its trigger.
    pub(super) fn keep_pending(&mut self, mut order: Order) -> Effect {
        order.status = OrderStatus::Pending;
        self.orders.insert(order.clone());
        let market = order.request.market;
        let order = self.tell_order(Some(order)).map(Box::new);
        Effect::Placed { market, trade: None, maker: None, order }
    }

    /// Places every conditional order whose trigger the mark price has reached.
    pub(super) fn fire_triggers(&mut self, now: Wall) {
        let reached = |order: &&Order| {
            let mark = self.markets.get(&order.request.market).map_or(0, |market| market.mark);
            let request = &order.request;
            order.is_pending() && trigger_reached(request.kind, request.side, request.trigger_price, mark)
        };
        let due: Vec<i64> = self.orders.all_live().filter(reached).map(|order| order.index).collect();
        for index in due {
            self.fire(now, index);
        }
    }

    fn fire(&mut self, now: Wall, index: i64) {
        let Some(mut order) = self.orders.take_live(index) else { return };
        order.triggered = Some(now);
        order.status = OrderStatus::InProgress;
        let reducible = self
            .accounts
            .get(&order.account)
            .map_or(0, |account| account.reducible(order.request.market, order.side()));
        if order.request.reduce_only && reducible == 0 {
            order.end(OrderStatus::CanceledReduceOnly, now);
            self.orders.insert(order.clone());
            self.tell_order(Some(order));
            return;
        }
        if order.request.base == 0 {
            order.request.base = reducible;
            order.remaining = reducible;
        }
        let hash = self.synthetic_hash();
        self.place(now, order, &hash);
    }

    /// An order of the venue itself, which no transaction of an account caused.
    pub(super) fn place_internal(&mut self, now: Wall, account: i64, request: NewOrder) {
        if let Ok(order) = self.number_order(now, account, request) {
            let hash = self.synthetic_hash();
            self.place(now, order, &hash);
        }
    }

    /// The hash of an internal transaction: 80 hex digits.
    pub(super) fn synthetic_hash(&mut self) -> String {
        (0..5).map(|_| format!("{:016x}", self.rng.next_u64())).collect()
    }
}

/// A hard bound no price reaches, for orders that must fill.
pub(super) fn any_price(side: crate::domain::Side) -> i64 {
    match side {
        crate::domain::Side::Buy => i64::from(u32::MAX),
        crate::domain::Side::Sell => 1,
    }
}

/// Internal orders bound each fill.
pub(super) const INTERNAL_KIND: OrderKind = OrderKind::Limit;
