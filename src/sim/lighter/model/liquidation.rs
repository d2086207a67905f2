//! Forced closing of accounts whose margin is used up: their orders end, their positions go to the market.

use super::Exchange;
use super::account::{Account, AccountKind, MarginMode, margin_of};
use super::conditional::any_price;
use super::order::{NewOrder, OrderKind, OrderStatus, SelfTrade, TimeInForce};
use super::rules::MarketId;
use crate::domain::{Side, Wall};

impl Exchange {
    /// Closes the positions of every account below its maintenance margin.
    pub(super) fn liquidate(&mut self, now: Wall) {
        let due: Vec<(i64, Vec<MarketId>)> = self
            .accounts
            .values()
            .filter(|account| account.kind != AccountKind::Venue)
            .map(|account| (account.index, self.under_water(account)))
            .filter(|(_, markets)| !markets.is_empty())
            .collect();
        for (account, markets) in due {
            self.cancel_all(now, account, None, OrderStatus::CanceledLiquidation);
            for market in markets {
                self.close_forced(now, account, market);
            }
        }
    }

    /// Markets whose positions have to go.
    fn under_water(&self, account: &Account) -> Vec<MarketId> {
        let health = self.health(account);
        let cross_due = health.cross_value < health.maintenance;
        let due = |market: MarketId| {
            let (Some(position), Some(state)) = (account.position(market), self.markets.get(&market)) else {
                return false;
            };
            let required = margin_of(state.mark_value(position.size), state.rules.maintenance_margin);
            position.size != 0
                && match position.mode {
                    MarginMode::Cross => cross_due,
                    MarginMode::Isolated => position.allocated + position.unrealized(state.mark) < required,
                }
        };
        account.positions.keys().copied().filter(|market| due(*market)).collect()
    }

    pub(super) fn close_forced(&mut self, now: Wall, account: i64, market: MarketId) {
        let size =
            self.accounts.get(&account).and_then(|account| account.position(market)).map_or(0, |p| p.size);
        let side = if size > 0 { Side::Sell } else { Side::Buy };
        let request = NewOrder {
            market,
            client_index: 0,
            base: size.abs(),
            price: any_price(side),
            side,
            kind: OrderKind::Liquidation,
            time_in_force: TimeInForce::ImmediateOrCancel,
            reduce_only: true,
            trigger_price: 0,
            expiry: 0,
            self_trade: SelfTrade::default(),
        };
        let base = request.base;
        self.place_internal(now, account, request);
        self.note_liquidation(account, market, base, side);
    }
}
