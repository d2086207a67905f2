//! How resting orders change and end outside of their owner's transactions: fills, expiry, scheduled cancel-all.

use super::Exchange;
use super::order::{Order, OrderStatus};
use super::record::Event;
use super::rules::MarketId;
use crate::domain::Wall;

/// The venue's internal cancel-all runs this long after the scheduled time; until then the account is blocked (21122).
const SWITCH_LAG_MILLIS: i64 = 1_000;
/// Transactions remembered.
const REMEMBERED_TXS: usize = 100_000;

impl Exchange {
    /// Ends a live order and takes it out of the book.
    pub(super) fn end_resting(
        &mut self,
        now: Wall,
        market: MarketId,
        index: i64,
        status: OrderStatus,
    ) -> Option<Order> {
        if let Some(market) = self.market_mut(market) {
            market.remove(index);
        }
        let order = self.orders.end(index, status, now);
        self.note_book(now, market);
        self.tell_order(order)
    }

    /// Notes a fill of an order of an account; orders of the market maker live in the book alone.
    pub(super) fn fill_resting(&mut self, now: Wall, index: i64, base: i64, price: i64) {
        let order = self.orders.fill(index, base, price, now);
        self.tell_order(order);
    }

    /// Makes a resting order smaller without a trade.
    pub(super) fn shrink_resting(&mut self, now: Wall, market: MarketId, index: i64, base: i64) {
        if let Some(market) = self.market_mut(market) {
            market.shrink(index, base);
        }
        let order = self.orders.shrink(index, base, now);
        self.tell_order(order);
    }

    /// Tells the owner about an order's new state.
    pub(super) fn tell_order(&mut self, order: Option<Order>) -> Option<Order> {
        let mut order = order?;
        order.block_height = self.block_height;
        self.events.push(Event::Order(Box::new(order.clone())));
        Some(order)
    }

    /// Ends all live orders of an account, in one market or everywhere.
    pub(super) fn cancel_all(
        &mut self,
        now: Wall,
        account: i64,
        only: Option<MarketId>,
        status: OrderStatus,
    ) {
        let wanted = |order: &&Order| only.is_none_or(|market| order.request.market == market);
        let targets: Vec<(MarketId, i64)> = self
            .orders
            .live_of(account)
            .filter(wanted)
            .map(|order| (order.request.market, order.index))
            .collect();
        for (market, index) in targets {
            self.end_resting(now, market, index, status);
        }
    }

    /// Removes what has expired and runs schedules whose time has come.
    pub(super) fn sweep(&mut self, now: Wall) {
        let expired: Vec<(MarketId, i64)> = self
            .orders
            .all_live()
            .filter(|order| order.request.expiry <= now.millis())
            .map(|order| (order.request.market, order.index))
            .collect();
        for (market, index) in expired {
            self.end_resting(now, market, index, OrderStatus::CanceledExpired);
        }
        let due = |at: i64| at != 0 && at + SWITCH_LAG_MILLIS <= now.millis();
        let switched: Vec<i64> = self
            .accounts
            .values()
            .filter(|account| due(account.cancel_all_at))
            .map(|account| account.index)
            .collect();
        for account in switched {
            self.cancel_all(now, account, None, OrderStatus::Canceled);
            if let Some(account) = self.accounts.get_mut(&account) {
                account.cancel_all_at = 0;
            }
        }
        self.forget_old_txs();
    }

    fn forget_old_txs(&mut self) {
        while self.txs.len() > REMEMBERED_TXS {
            if let Some((_, oldest)) = self.txs.pop_first() {
                self.tx_numbers.remove(&oldest.hash);
            }
        }
    }
}
