//! Whether an order may exist, judged by the state of the venue. The API asks before it accepts an order that may rest,
//! the sequencer asks again when it executes any order (lighter.md 4.3, 4.6, 6.1).

use super::super::decimal::product;
use super::super::refusal::Refusal;
use super::super::switches::EndedClientIndex;
use super::account::Account;
use super::margin::Proposed;
use super::order::{NewOrder, OrderKind, TimeInForce};
use super::rules::{MarketId, MarketRules, ORDER_QUOTE_LIMIT};
use super::{Exchange, Market, Trading};
use crate::domain::{Side, Wall};

/// Limit prices may lie this far beyond the reference, in percent.
const PRICE_BAND_PERCENT: i64 = 5;

impl Exchange {
    /// Everything that forbids an order at its execution, margin apart. Returns its size, which is the position for a size of 0.
    pub fn check_create(&self, now: Wall, account: i64, order: &NewOrder) -> Result<i64, Refusal> {
        let owner = self.accounts.get(&account).ok_or(Refusal::AccountNotFound)?;
        let market = self.markets.get(&order.market).ok_or(Refusal::InvalidMarketIndex)?;
        check_trading(market)?;
        self.check_switch(now, owner)?;
        self.check_client_index(account, order.client_index)?;
        let base = reduce_only_size(owner, order)?;
        check_amounts(market.rules, base, order)?;
        self.check_place(owner, market, order)?;
        Ok(base)
    }

    /// What the API checks of an order that may rest: schedule, price band, counts, margin. Orders that only take pass, and
    /// sizes, reduce-only and client order indexes are left to the sequencer (lighter.md 4.6, 6.1, 11).
    pub fn check_at_api(&self, now: Wall, account: i64, order: &NewOrder) -> Result<(), Refusal> {
        if !may_wait(order) {
            return Ok(());
        }
        let owner = self.accounts.get(&account).ok_or(Refusal::AccountNotFound)?;
        let market = self.markets.get(&order.market).ok_or(Refusal::InvalidMarketIndex)?;
        check_trading(market)?;
        self.check_switch(now, owner)?;
        self.check_place(owner, market, order)?;
        self.check_margin(account, order, order.base)
    }

    fn check_place(&self, owner: &Account, market: &Market, order: &NewOrder) -> Result<(), Refusal> {
        if order.kind == OrderKind::Limit {
            check_band(market, order.side, order.price)?;
        }
        if may_wait(order) { self.check_counts(owner, order) } else { Ok(()) }
    }

    /// Initial margin for an order as if it filled completely at its price.
    pub(super) fn check_margin(&self, account: i64, order: &NewOrder, base: i64) -> Result<(), Refusal> {
        let proposed = Proposed { side: order.side, base, price: order.price, maker: true };
        let covered = order.reduce_only || self.allows_trade(account, order.market, proposed);
        if covered { Ok(()) } else { Err(Refusal::NotEnoughOrderMargin) }
    }

    /// A schedule that is due and has not run blocks everything but cancels.
    pub(super) fn check_switch(&self, now: Wall, owner: &Account) -> Result<(), Refusal> {
        if owner.cancel_all_at != 0 && owner.cancel_all_at <= now.millis() {
            return Err(Refusal::DeadMansSwitchDue);
        }
        Ok(())
    }

    fn check_client_index(&self, account: i64, client_index: i64) -> Result<(), Refusal> {
        if client_index == 0 {
            return Ok(());
        }
        let remembered =
            || self.orders.ended_of(account).any(|order| order.request.client_index == client_index);
        let taken = self.orders.live_client(account, client_index).is_some()
            || (self.switches.ended_client_index == EndedClientIndex::Refused && remembered());
        if taken { Err(Refusal::ClientOrderIndexExists) } else { Ok(()) }
    }

    fn check_counts(&self, owner: &Account, order: &NewOrder) -> Result<(), Refusal> {
        let (per_account, per_market) = owner.tier.open_order_limits();
        let (all, here) = self.orders.count_open(owner.index, order.market);
        if order.kind.is_conditional() {
            return self.check_pending_counts(owner.index, order.market);
        }
        if all >= per_account {
            return Err(Refusal::TooManyOrders);
        }
        if here >= per_market { Err(Refusal::TooManyOrdersInMarket) } else { Ok(()) }
    }

    fn check_pending_counts(&self, account: i64, market: MarketId) -> Result<(), Refusal> {
        let (all, here) = self.orders.count_pending(account, market);
        if all >= 50 {
            return Err(Refusal::TooManyPendingOrders);
        }
        if here >= 10 { Err(Refusal::TooManyPendingOrdersInMarket) } else { Ok(()) }
    }
}

/// A market that does not trade takes no orders.
fn check_trading(market: &Market) -> Result<(), Refusal> {
    match market.trading {
        Trading::Active => Ok(()),
        Trading::Inactive | Trading::Frozen => Err(Refusal::InvalidMarketStatus),
    }
}

/// True for orders that can stay: in the book, or for their trigger.
fn may_wait(order: &NewOrder) -> bool {
    order.time_in_force != TimeInForce::ImmediateOrCancel || order.kind.is_conditional()
}

fn reduce_only_size(owner: &Account, order: &NewOrder) -> Result<i64, Refusal> {
    if !order.reduce_only || order.kind.is_conditional() {
        return Ok(order.base);
    }
    let reducible = owner.reducible(order.market, order.side);
    if reducible == 0 {
        let held = owner.position(order.market).is_some_and(|position| position.size != 0);
        return Err(if held { Refusal::ReduceOnlyDirection } else { Refusal::ReduceOnlyIncreases });
    }
    Ok(if order.base == 0 { reducible } else { order.base })
}

/// Minimum amounts for every order but an immediate one, the quote limit for every order (lighter.md 2.2).
pub(super) fn check_amounts(rules: &MarketRules, base: i64, order: &NewOrder) -> Result<(), Refusal> {
    let quote = product(base, order.price);
    let whole_position = base == 0 && order.reduce_only;
    let below = base < rules.min_base || quote < rules.min_quote;
    let bound_by_minimum = order.time_in_force != TimeInForce::ImmediateOrCancel && !whole_position;
    if quote > ORDER_QUOTE_LIMIT || (bound_by_minimum && below) {
        return Err(Refusal::InvalidOrderAmount);
    }
    Ok(())
}

/// Limit prices: bids at most 5 % above the lower of mark and best ask, asks at most 5 % below the higher of mark and best
/// bid (lighter.md 4.3).
pub(super) fn check_band(market: &Market, side: Side, price: i64) -> Result<(), Refusal> {
    let beyond = |reference: i64| match side {
        Side::Buy => price * 100 > reference * (100 + PRICE_BAND_PERCENT),
        Side::Sell => price * 100 < reference * (100 - PRICE_BAND_PERCENT),
    };
    if beyond(market.mark) {
        return Err(Refusal::PriceTooFarFromMark);
    }
    if market.best(side.opposite()).is_some_and(|(best, _)| beyond(best)) {
        return Err(Refusal::AccidentalPrice);
    }
    Ok(())
}
