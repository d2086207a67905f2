//! Everybody else: the market maker's moving quotes, and a crowd that trades now and then so that the tape is alive.

use super::conditional::{INTERNAL_KIND, any_price};
use super::order::{NewOrder, SelfTrade, TimeInForce};
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

    /// The market maker's quotes reached a resting order: it fills at its own price, as maker.
    fn maker_takes(&mut self, now: Wall, market: MarketId, crossed: &Crossed) {
        let index = i64::try_from(crossed.no.0).unwrap_or(i64::MAX);
        let Some(order) = self.orders.get(index).filter(|order| order.status.is_live()).cloned() else { return };
        let base = crossed.qty.units().min(order.remaining);
        let hash = self.synthetic_hash();
        let execution = Execution {
            market,
            base,
            price: order.request.price,
            taker_side: order.side().opposite(),
            taker: Participant { account: MARKET_MAKER, order_index: 0, client_index: 0, version: 0 },
            maker: Participant {
                account: order.account,
                order_index: order.index,
                client_index: order.request.client_index,
                version: order.version,
            },
            tx_hash: &hash,
            liquidation: false,
        };
        self.fill_resting(now, index, base, order.request.price);
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
