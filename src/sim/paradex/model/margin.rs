//! What an account is worth and what it must hold (paradex.md 2, 2.3). Reads, changes nothing.

use super::{Account, Exchange, Market, Symbol};
use crate::domain::{Price, Qty, Side, Usd};
use crate::sim::exchange::book::{OrderNo, Owner};
use crate::sim::paradex::words::Status;

/// An account's margin at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    /// Collateral and everything unrealized.
    pub value: Usd,
    /// Initial margin of positions and open orders.
    pub initial: Usd,
    /// Maintenance margin of positions.
    pub maintenance: Usd,
}

impl Margin {
    /// What can still be used; may be below zero.
    pub fn free(&self) -> Usd {
        self.value - self.initial
    }

    /// Distance to liquidation.
    pub fn cushion(&self) -> Usd {
        self.value - self.maintenance
    }
}

/// Initial margin rate of an account in a market, ppm: the market's, or more where less leverage was chosen.
pub fn initial_ppm(account: &Account, symbol: Symbol) -> i64 {
    let chosen = 1_000_000 / account.leverage[symbol.index()].max(1);
    symbol.listing().initial_margin_ppm.max(chosen)
}

impl Exchange {
    /// The margin of an account with its open orders, and with `joining` as if it were open.
    pub fn margin(&self, owner: Owner, joining: Option<OrderNo>) -> Margin {
        let account = self.account(owner);
        let mut margin = Margin { value: account.collateral, ..Margin::default() };
        for symbol in Symbol::ALL {
            let (market, position) = (self.market(symbol), account.position(symbol));
            margin.value = margin.value + position.state.unrealized(market.mark);
            margin.value = margin.value + position.accrued_funding(market.funding.index);
            let rate = initial_ppm(account, symbol);
            let exposed = self.exposure(account, symbol, joining);
            margin.initial = margin.initial + share(market.mark.notional(exposed), rate);
            let held = share(market.mark.notional(position.state.qty.abs()), rate);
            margin.maintenance = margin.maintenance + share(held, symbol.listing().maintenance_ppm);
        }
        margin
    }

    /// The largest position that position and open orders together could become.
    fn exposure(&self, account: &Account, symbol: Symbol, joining: Option<OrderNo>) -> Qty {
        let held = account.position(symbol).state.qty;
        let buys = self.open_size(account, symbol, Side::Buy, joining);
        let sells = self.open_size(account, symbol, Side::Sell, joining);
        (held + buys).abs().max((held - sells).abs())
    }

    /// What the account's open orders of one side still want, reduce-only ones aside: those add no risk.
    pub(super) fn open_size(
        &self,
        account: &Account,
        symbol: Symbol,
        side: Side,
        joining: Option<OrderNo>,
    ) -> Qty {
        let counted = |no: &&OrderNo| {
            self.orders.get(no).is_some_and(|order| {
                let open = order.status == Status::Open || joining == Some(**no);
                let here = order.asked.symbol == symbol && order.asked.side == side;
                open && here && !order.asked.reduce_only
            })
        };
        account.alive.iter().filter(counted).filter_map(|no| self.orders.get(no)).map(|o| o.remaining).sum()
    }

    /// The mark at which the account would be liquidated if only this market moved.
    pub(super) fn liquidation_price(&self, account: &Account, symbol: Symbol) -> Option<Price> {
        let qty = account.position(symbol).state.qty;
        let market: &Market = self.market(symbol);
        let cushion = self.margin(account.owner, None).cushion();
        let rate =
            share(Usd::from_units(initial_ppm(account, symbol) * 100), symbol.listing().maintenance_ppm);
        // Per unit of price the value moves by qty and the requirement by |qty| x rate.
        let slope =
            qty.units() - Usd::from_units(qty.abs().units()).fraction(rate.units(), 100_000_000).units();
        let distance = Price::average(cushion, Qty::from_units(slope))?;
        Some(market.mark - distance).filter(|price| price.is_positive())
    }
}

/// `ppm` of a value.
pub fn share(value: Usd, ppm: i64) -> Usd {
    value.fraction(ppm, 1_000_000)
}
