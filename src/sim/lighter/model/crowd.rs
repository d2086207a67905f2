//! Everybody else: the market maker's moving quotes, and a crowd that trades now and then so that the tape is alive.

use super::conditional::{INTERNAL_KIND, any_price};
use super::margin::Proposed;
use super::order::{NewOrder, Order, OrderStatus, SelfTrade, TimeInForce};
use super::record::Event;
use super::rules::MarketId;
use super::settle::{Execution, Participant};
use super::{CROWD, Exchange, MARKET_MAKER};
use crate::domain::{Side, Wall};
use crate::sim::market::Crossed;

/// Chance that the crowd trades in one market at one tick, in parts per million.
const CROWD_TRADES_PPM: u32 = 30_000;
/// Largest value of a crowd trade in millionths of a USDC.
const CROWD_TRADE_LIMIT: i64 = 2_000_000_000;

impl Exchange {
    /// One tick of one market: new quotes, whoever they cross, perhaps a trade of the crowd.
    pub(super) fn move_market(&mut self, now: Wall, market: MarketId) {
        let Some(state) = self.market_mut(market) else { return };
        let nonce = state.engine_nonce;
        let crossed = state.step(now);
        for order in crossed {
            self.maker_takes(now, market, &order);
        }
        if self.markets.get(&market).is_some_and(|state| state.engine_nonce != nonce) {
            self.events.push(Event::Book(market));
        }
        if self.crowd && self.rng.chance_ppm(CROWD_TRADES_PPM) {
            self.crowd_trade(now, market);
        }
    }

    /// The market maker's quotes reached a resting order, which is out of the book already: it fills at its own price, as
    /// maker, as far as its own rules allow.
    fn maker_takes(&mut self, now: Wall, market: MarketId, crossed: &Crossed) {
        let index = i64::try_from(crossed.no.0).unwrap_or(i64::MAX);
        let Some(order) = self.orders.get(index).filter(|order| order.status.is_live()).cloned() else {
            return;
        };
        let (base, rest_ends_as) = match self.fillable(now, &order) {
            Ok(base) => (base, OrderStatus::CanceledReduceOnly),
            Err(status) => (0, status),
        };
        if base > 0 {
            self.fill_for_maker(now, market, &order, base);
        }
        self.end_resting(now, market, index, rest_ends_as);
    }

    /// How much of a resting order may fill, or how it ends instead.
    fn fillable(&self, now: Wall, order: &Order) -> Result<i64, OrderStatus> {
        let Some(owner) = self.accounts.get(&order.account) else { return Err(OrderStatus::Canceled) };
        if order.request.expiry <= now.millis() {
            return Err(OrderStatus::CanceledExpired);
        }
        if self.check_switch(now, owner).is_err() {
            return Err(OrderStatus::Canceled);
        }
        let reducible = owner.reducible(order.request.market, order.side());
        let base = if order.request.reduce_only { order.remaining.min(reducible) } else { order.remaining };
        let trade = Proposed { side: order.side(), base, price: order.request.price, maker: true };
        if self.allows_trade(order.account, order.request.market, trade) {
            Ok(base)
        } else {
            Err(OrderStatus::CanceledMarginNotAllowed)
        }
    }

    fn fill_for_maker(&mut self, now: Wall, market: MarketId, order: &Order, base: i64) {
        let taker_side = order.side().opposite();
        let order_index = self.market_mut(market).map_or(0, |market| market.number_order(taker_side).0);
        let hash = self.synthetic_hash();
        let execution = Execution {
            market,
            base,
            price: order.request.price,
            taker_side,
            taker: Participant { account: MARKET_MAKER, order_index, client_index: 0, version: 0 },
            maker: Participant {
                account: order.account,
                order_index: order.index,
                client_index: order.request.client_index,
                version: order.version,
            },
            tx_hash: &hash,
            liquidation: false,
        };
        self.fill_resting(now, order.index, base, order.request.price);
        self.settle(now, &execution);
    }

    fn crowd_trade(&mut self, now: Wall, market: MarketId) {
        let Some(state) = self.markets.get(&market) else { return };
        let (rules, mark) = (state.rules, state.mark.max(1));
        let side = if self.rng.chance_ppm(500_000) { Side::Buy } else { Side::Sell };
        let most = (CROWD_TRADE_LIMIT / mark).max(rules.min_base);
        let base = self.rng.between(rules.min_base, most);
        let request = NewOrder {
            market,
            client_index: 0,
            base,
            price: any_price(side),
            side,
            kind: INTERNAL_KIND,
            time_in_force: TimeInForce::ImmediateOrCancel,
            reduce_only: false,
            trigger_price: 0,
            expiry: 0,
            self_trade: SelfTrade::default(),
        };
        self.place_internal(now, CROWD, request);
    }
}
