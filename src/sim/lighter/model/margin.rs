//! What an account is worth, what its positions demand, and whether a trade may happen (lighter.md 2.2, 4.6).

use super::super::decimal::{product, saturate};
use super::account::{Account, AccountKind, MarginMode, Position, margin_of};
use super::rules::{MarketId, fee};
use super::{Exchange, Market};
use crate::domain::Side;

/// Worth and requirements of an account, in millionths of a USDC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// USDC without unrealised profit.
    pub collateral: i64,
    /// Collateral plus all unrealised profit.
    pub total_value: i64,
    /// The part that backs cross positions, with their unrealised profit.
    pub cross_value: i64,
    /// Initial margin of the cross positions.
    pub initial: i64,
    /// Maintenance margin of the cross positions.
    pub maintenance: i64,
    /// Value of all positions at the mark price.
    pub exposure: i64,
}

impl Health {
    /// Collateral that can back more; never below zero.
    pub fn available(&self) -> i64 {
        (self.cross_value - self.initial).max(0)
    }

    fn add(&mut self, position: &Position, market: &Market) {
        let value = market.mark_value(position.size);
        let profit = position.unrealized(market.mark);
        self.total_value += profit;
        self.exposure += value;
        match position.mode {
            MarginMode::Cross => {
                self.cross_value += profit;
                self.initial += margin_of(value, position.initial_margin);
                self.maintenance += margin_of(value, market.rules.maintenance_margin);
            }
            MarginMode::Isolated => self.cross_value -= position.allocated,
        }
    }
}

impl Exchange {
    /// Worth and requirements of an account now.
    pub fn health(&self, account: &Account) -> Health {
        self.health_of(account.collateral, account.positions.iter())
    }

    fn health_of<'a>(
        &self,
        collateral: i64,
        positions: impl Iterator<Item = (&'a MarketId, &'a Position)>,
    ) -> Health {
        let mut health =
            Health { collateral, total_value: collateral, cross_value: collateral, ..Health::default() };
        for (id, position) in positions {
            if let Some(market) = self.markets.get(id) {
                health.add(position, market);
            }
        }
        health
    }

    /// Worth and requirements with one position and the collateral replaced.
    pub(super) fn health_with(
        &self,
        account: &Account,
        market: MarketId,
        position: &Position,
        collateral: i64,
    ) -> Health {
        let others = account.positions.iter().filter(|(id, _)| **id != market);
        self.health_of(collateral, others.chain(std::iter::once((&market, position))))
    }

    /// Whether margin allows a trade: one that only reduces always, any other when initial margin is covered afterwards.
    pub(super) fn allows_trade(&self, account: i64, market: MarketId, trade: Proposed) -> bool {
        let (Some(account), Some(state)) = (self.accounts.get(&account), self.markets.get(&market)) else {
            return false;
        };
        if account.kind == AccountKind::Venue || trade.base <= account.reducible(market, trade.side) {
            return true;
        }
        let flat = Position::flat(state.rules.default_initial_margin);
        let mut position = account.position(market).unwrap_or(&flat).clone();
        let realized = position.trade(trade.side, trade.base, trade.price);
        let cost = fee(product(trade.base, trade.price), account.fee_rate(trade.maker));
        let after = self.health_with(account, market, &position, account.collateral + realized - cost);
        after.cross_value >= after.initial
    }

    /// Size held on one side of a market by everybody together.
    pub fn open_interest(&self, market: MarketId) -> i64 {
        let sizes = self.accounts.values().filter_map(|account| account.position(market));
        sizes.map(|position| position.size.max(0)).sum()
    }

    /// Mark price in ticks at which the position's margin falls to its maintenance requirement; 0 when none does.
    pub fn liquidation_price(&self, account: &Account, market: MarketId) -> i64 {
        let (Some(position), Some(state)) = (account.position(market), self.markets.get(&market)) else {
            return 0;
        };
        if position.size == 0 {
            return 0;
        }
        let health = self.health(account);
        let own_maintenance = margin_of(state.mark_value(position.size), state.rules.maintenance_margin);
        let (value, others) = match position.mode {
            MarginMode::Cross => (health.cross_value, health.maintenance - own_maintenance),
            MarginMode::Isolated => (position.allocated + position.unrealized(state.mark), 0),
        };
        // value + size * (p - mark) = others + |size| * p * fraction, solved for p in units of 1e-4.
        let wide = |number: i64| i128::from(number);
        let slope =
            wide(position.size) * 10_000 - wide(position.size.abs()) * wide(state.rules.maintenance_margin);
        let constant = wide(others) - wide(value) + wide(position.size) * wide(state.mark);
        if slope == 0 { 0 } else { saturate(constant * 10_000 / slope).max(0) }
    }
}

/// A trade that might happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposed {
    /// Direction.
    pub side: Side,
    /// Steps.
    pub base: i64,
    /// Ticks.
    pub price: i64,
    /// True for the resting side, which pays the maker's fee.
    pub maker: bool,
}
