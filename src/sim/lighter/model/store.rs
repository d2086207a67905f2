//! Every order the venue remembers: live ones found by either number, ended ones for a while (lighter.md 2.2).

use super::order::{Order, OrderStatus};
use super::rules::MarketId;
use crate::domain::Wall;
use std::collections::{BTreeMap, VecDeque};

/// Ended orders remembered per account.
const REMEMBERED_ENDED: usize = 1_000;
/// Indexes below this are client order indexes.
pub const FIRST_ORDER_INDEX: i64 = 1 << 48;

/// Orders of all accounts.
#[derive(Debug, Default)]
pub struct OrderStore {
    orders: BTreeMap<i64, Order>,
    live: BTreeMap<i64, Vec<i64>>,
    live_clients: BTreeMap<(i64, i64), i64>,
    ended: BTreeMap<i64, VecDeque<i64>>,
}

impl OrderStore {
    /// Adds an order, live or already ended.
    pub fn insert(&mut self, order: Order) {
        let (account, index, client) = (order.account, order.index, order.request.client_index);
        if order.status.is_live() {
            self.live.entry(account).or_default().push(index);
            if client != 0 {
                self.live_clients.insert((account, client), index);
            }
        } else {
            self.remember_ended(account, index);
        }
        self.orders.insert(index, order);
    }

    fn remember_ended(&mut self, account: i64, index: i64) {
        let ended = self.ended.entry(account).or_default();
        ended.push_front(index);
        while ended.len() > REMEMBERED_ENDED {
            if let Some(oldest) = ended.pop_back() {
                self.orders.remove(&oldest);
            }
        }
    }

    /// Takes a live order out to change it; put it back with [`OrderStore::insert`].
    pub fn take_live(&mut self, index: i64) -> Option<Order> {
        if !self.orders.get(&index)?.status.is_live() {
            return None;
        }
        let order = self.orders.remove(&index)?;
        if let Some(live) = self.live.get_mut(&order.account) {
            live.retain(|other| *other != index);
        }
        self.live_clients.remove(&(order.account, order.request.client_index));
        Some(order)
    }

    /// Ends a live order and returns its last state.
    pub fn end(&mut self, index: i64, status: OrderStatus, now: Wall) -> Option<Order> {
        let mut order = self.take_live(index)?;
        order.end(status, now);
        self.insert(order.clone());
        Some(order)
    }

    /// Notes a fill of a resting order, which ends it when nothing remains. Returns its state afterwards.
    pub fn fill(&mut self, index: i64, base: i64, price: i64, now: Wall) -> Option<Order> {
        let order = self.orders.get_mut(&index)?;
        order.fill(base, price, now);
        if order.remaining == 0 {
            self.end(index, OrderStatus::Filled, now)
        } else {
            self.get(index).cloned()
        }
    }

    /// Makes a live order smaller without a trade. Returns its state afterwards.
    pub fn shrink(&mut self, index: i64, base: i64, now: Wall) -> Option<Order> {
        let order = self.orders.get_mut(&index)?;
        order.remaining -= base;
        order.updated = now;
        Some(order.clone())
    }

    /// Any remembered order.
    pub fn get(&self, index: i64) -> Option<&Order> {
        self.orders.get(&index)
    }

    /// Live orders of an account in the order of creation.
    pub fn live_of(&self, account: i64) -> impl Iterator<Item = &Order> {
        self.live.get(&account).into_iter().flatten().filter_map(|index| self.orders.get(index))
    }

    /// Every live order.
    pub fn all_live(&self) -> impl Iterator<Item = &Order> {
        self.live.values().flatten().filter_map(|index| self.orders.get(index))
    }

    /// Ended orders of an account, newest first.
    pub fn ended_of(&self, account: i64) -> impl Iterator<Item = &Order> {
        self.ended.get(&account).into_iter().flatten().filter_map(|index| self.orders.get(index))
    }

    /// The live order with this client order index.
    pub fn live_client(&self, account: i64, client_index: i64) -> Option<&Order> {
        self.live_clients.get(&(account, client_index)).and_then(|index| self.orders.get(index))
    }

    /// The order a cancel or modify means: by client order index among the live ones, or by order index.
    pub fn target(&self, account: i64, index: i64) -> Option<&Order> {
        if index < FIRST_ORDER_INDEX { self.live_client(account, index) } else { self.get(index) }
    }

    /// Resting orders of an account in all markets and in one (untriggered ones are counted apart).
    pub fn count_open(&self, account: i64, market: MarketId) -> (usize, usize) {
        self.count(account, market, |order| order.status == OrderStatus::Open)
    }

    /// Untriggered orders of an account in all markets and in one.
    pub fn count_pending(&self, account: i64, market: MarketId) -> (usize, usize) {
        self.count(account, market, Order::is_pending)
    }

    fn count(&self, account: i64, market: MarketId, keep: impl Fn(&Order) -> bool) -> (usize, usize) {
        let mut counts = (0, 0);
        for order in self.live_of(account).filter(|order| keep(order)) {
            counts.0 += 1;
            counts.1 += usize::from(order.request.market == market);
        }
        counts
    }
}
