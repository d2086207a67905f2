//! Price-time matching at the maker's price, with the venue's own rules on the way: bounds per fill or on the average,
//! reduce-only clipping, self-trades, margin per fill (lighter.md 4.3, 6.1, 6.3).

use super::super::switches::PartialStatus;
use super::margin::Proposed;
use super::market::Quote;
use super::order::{Order, OrderStatus, SelfTradeEquality, SelfTradeMode, TimeInForce};
use super::record::Trade;
use super::settle::{Execution, Participant};
use super::{Exchange, MARKET_MAKER};
use crate::domain::{Side, Wall};

/// Why matching of an order stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchEnd {
    /// Nothing left.
    Filled,
    /// Nobody left on the other side.
    NoLiquidity,
    /// The next resting order lies beyond the bound.
    Bound,
    /// A post-only order would take.
    WouldTake,
    /// Margin does not allow the next fill.
    Margin,
    /// A reduce-only order has nothing left to reduce.
    NothingToReduce,
    /// The order met one of its own owner and the rule ends it.
    SelfTrade,
}

impl MatchEnd {
    /// Status of an order that does not rest after this (lighter.md 6.1).
    pub(super) fn status(self, order: &Order, partial: PartialStatus) -> OrderStatus {
        let by_cause = match self {
            Self::Filled => return OrderStatus::Filled,
            Self::Bound if order.request.kind.bounds_average() => OrderStatus::CanceledTooMuchSlippage,
            Self::NoLiquidity | Self::Bound => OrderStatus::CanceledNotEnoughLiquidity,
            Self::WouldTake => OrderStatus::CanceledPostOnly,
            Self::Margin => OrderStatus::CanceledMarginNotAllowed,
            Self::NothingToReduce => OrderStatus::CanceledReduceOnly,
            Self::SelfTrade => OrderStatus::CanceledSelfTrade,
        };
        match partial {
            PartialStatus::Canceled if order.filled > 0 => OrderStatus::Canceled,
            PartialStatus::Canceled | PartialStatus::ByCause => by_cause,
        }
    }
}

/// How far an order may reach: a hard limit per fill, or a budget that good fills earn and bad fills spend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound {
    /// No fill beyond this price.
    PerFill,
    /// Sum of (price - fill price) * size so far, mirrored for a sell; it may not fall below zero.
    Average { earned: i128 },
}

impl Bound {
    fn of(order: &Order) -> Self {
        if order.request.kind.bounds_average() { Self::Average { earned: 0 } } else { Self::PerFill }
    }

    /// Size the order may take at this price.
    fn allowance(self, order: &Order, price: i64) -> i64 {
        let excess = excess(order, price);
        if excess <= 0 {
            return i64::MAX;
        }
        match self {
            Self::PerFill => 0,
            Self::Average { earned } => super::super::decimal::saturate(earned / i128::from(excess)),
        }
    }

    fn note_fill(&mut self, order: &Order, price: i64, base: i64) {
        if let Self::Average { earned } = self {
            *earned -= i128::from(excess(order, price)) * i128::from(base);
        }
    }
}

/// How much worse than its own price a fill is for the order; below zero when better.
fn excess(order: &Order, price: i64) -> i64 {
    match order.side() {
        Side::Buy => price - order.request.price,
        Side::Sell => order.request.price - price,
    }
}

/// What matching an order led to.
#[derive(Debug)]
pub(super) struct Matched {
    pub end: MatchEnd,
    pub last: Option<Trade>,
}

impl Exchange {
    /// Matches an incoming order as far as it goes. The order itself is changed in place and not yet stored.
    pub(super) fn match_order(
        &mut self,
        now: Wall,
        order: &mut Order,
        tx_hash: &str,
        liquidation: bool,
    ) -> Matched {
        let mut bound = Bound::of(order);
        let withheld = if liquidation { 0 } else { self.mishaps.withheld(order) };
        let mut last = None;
        let end = loop {
            if order.remaining == 0 {
                break MatchEnd::Filled;
            }
            if order.remaining <= withheld {
                break MatchEnd::NoLiquidity;
            }
            let Some(maker) = self.front_for(order) else { break MatchEnd::NoLiquidity };
            let allowed = bound.allowance(order, maker.price);
            if allowed == 0 {
                break MatchEnd::Bound;
            }
            if self.retire_stale(now, order, maker) {
                continue;
            }
            if self.same_owner(order, maker) {
                match self.meet_own(now, order, maker) {
                    Some(end) => break end,
                    None => continue,
                }
            }
            if order.request.time_in_force == TimeInForce::PostOnly {
                break MatchEnd::WouldTake;
            }
            let reachable = (order.remaining - withheld).min(maker.remaining).min(allowed);
            let base = match self.permitted(now, order, maker, reachable) {
                Permit::Base(base) => base,
                Permit::MakerGone => continue,
                Permit::TakerEnds(end) => break end,
            };
            bound.note_fill(order, maker.price, base);
            last = Some(self.cross(now, order, maker, base, tx_hash, liquidation));
            if base == allowed && order.remaining > 0 && maker.remaining > base {
                break MatchEnd::Bound;
            }
        };
        Matched { end, last }
    }

    fn front_for(&self, order: &Order) -> Option<Quote> {
        self.markets.get(&order.request.market)?.front_for(order.side())
    }

    /// Removes a resting order that may no longer match: expired, or its owner's dead-man's switch is due.
    fn retire_stale(&mut self, now: Wall, order: &Order, maker: Quote) -> bool {
        let Some(resting) = self.orders.get(maker.index) else { return false };
        let switched_off =
            self.accounts.get(&resting.account).is_some_and(|owner| self.check_switch(now, owner).is_err());
        let status = if resting.request.expiry <= now.millis() {
            OrderStatus::CanceledExpired
        } else if switched_off {
            OrderStatus::Canceled
        } else {
            return false;
        };
        self.end_resting(now, order.request.market, maker.index, status);
        true
    }

    fn same_owner(&self, order: &Order, maker: Quote) -> bool {
        let Some(other) = maker.account else { return false };
        match order.request.self_trade.equality {
            SelfTradeEquality::Account => other == order.account,
            SelfTradeEquality::Master => self.same_master(order.account, other),
        }
    }

    fn same_master(&self, one: i64, other: i64) -> bool {
        let address =
            |account: i64| self.accounts.get(&account).map(|account| account.l1_address.to_lowercase());
        one == other || (address(one).is_some() && address(one) == address(other))
    }

    fn meet_own(&mut self, now: Wall, order: &mut Order, maker: Quote) -> Option<MatchEnd> {
        let market = order.request.market;
        let expire_maker = |exchange: &mut Self| {
            exchange.end_resting(now, market, maker.index, OrderStatus::CanceledSelfTrade);
        };
        match order.request.self_trade.mode {
            SelfTradeMode::ExpireMaker => {
                expire_maker(self);
                None
            }
            SelfTradeMode::ExpireTaker => Some(MatchEnd::SelfTrade),
            SelfTradeMode::ExpireBoth => {
                expire_maker(self);
                Some(MatchEnd::SelfTrade)
            }
            SelfTradeMode::Reduce => {
                let common = order.remaining.min(maker.remaining);
                order.remaining -= common;
                if common == maker.remaining {
                    expire_maker(self);
                } else {
                    self.shrink_resting(now, market, maker.index, common);
                }
                (order.remaining == 0).then_some(MatchEnd::SelfTrade)
            }
        }
    }

    /// How much of a possible fill reduce-only and margin permit.
    fn permitted(&mut self, now: Wall, order: &Order, maker: Quote, reachable: i64) -> Permit {
        let (market, side) = (order.request.market, order.side());
        let reducible = |exchange: &Self, account: i64, side: Side| {
            exchange.accounts.get(&account).map_or(0, |account| account.reducible(market, side))
        };
        let mut base = reachable;
        if order.request.reduce_only {
            base = base.min(reducible(self, order.account, side));
            if base == 0 {
                return Permit::TakerEnds(MatchEnd::NothingToReduce);
            }
        }
        let maker_account = maker.account.unwrap_or(MARKET_MAKER);
        if self.orders.get(maker.index).is_some_and(|resting| resting.request.reduce_only) {
            base = base.min(reducible(self, maker_account, side.opposite()));
            if base == 0 {
                self.end_resting(now, market, maker.index, OrderStatus::CanceledReduceOnly);
                return Permit::MakerGone;
            }
        }
        let taker = Proposed { side, base, price: maker.price, maker: false };
        if !self.allows_trade(order.account, market, taker) {
            return Permit::TakerEnds(MatchEnd::Margin);
        }
        let other = Proposed { side: side.opposite(), base, price: maker.price, maker: true };
        if !self.allows_trade(maker_account, market, other) {
            self.end_resting(now, market, maker.index, OrderStatus::CanceledMarginNotAllowed);
            return Permit::MakerGone;
        }
        Permit::Base(base)
    }

    fn cross(
        &mut self,
        now: Wall,
        order: &mut Order,
        maker: Quote,
        base: i64,
        tx_hash: &str,
        liquidation: bool,
    ) -> Trade {
        let resting = self.orders.get(maker.index);
        let execution = Execution {
            market: order.request.market,
            base,
            price: maker.price,
            taker_side: order.side(),
            taker: Participant {
                account: order.account,
                order_index: order.index,
                client_index: order.request.client_index,
                version: order.version,
            },
            maker: Participant {
                account: maker.account.unwrap_or(MARKET_MAKER),
                order_index: maker.index,
                client_index: resting.map_or(0, |resting| resting.request.client_index),
                version: resting.map_or(0, |resting| resting.version),
            },
            tx_hash,
            liquidation,
        };
        let taker_side = order.side();
        if let Some(market) = self.market_mut(order.request.market) {
            market.take_front(taker_side, base);
        }
        order.fill(base, maker.price, now);
        self.fill_resting(now, maker.index, base, maker.price);
        self.settle(now, &execution)
    }
}

/// What the rules let happen next.
enum Permit {
    /// A fill of this size.
    Base(i64),
    /// The resting order was removed; look at the next.
    MakerGone,
    /// The incoming order goes no further.
    TakerEnds(MatchEnd),
}
