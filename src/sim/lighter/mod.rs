//! Simulated Lighter: the whole venue as seen through its REST and WebSocket interfaces (lighter.md 2 to 6, 11).
//!
//! [`LighterSim`] is a [`Service`](crate::transport::service::Service): requests and frames in, answers and frames out, time as a
//! parameter, everything decided by the seed. The exchange itself is `model`; around it stand the checks of the API
//! (`admission`), the JSON forms (`json_out`), REST (`rest`) and the socket (`ws`). Where the venue's behaviour is
//! uncertain, [`Switches`] chooses. Not a mock: whatever the venue refuses is refused here in its words.

mod admission;
mod auth;
mod decimal;
mod faults;
mod json_out;
mod model;
mod options;
mod rate;
mod refusal;
mod rest;
mod service;
mod submit;
mod switches;
#[cfg(test)]
mod tests;
mod ws;

pub use faults::Fault;
pub use model::{Shape, Tier, Trading};
pub use options::{AccountSetup, Delays, Options};
pub use switches::{
    ChannelOrder, EndedClientIndex, ExpiredNonce, ExpiredToken, FinalStatus, LimitStatus, OrderTime,
    PartialStatus, PositionUpdate, QuotaExhausted, RefusedTx, SecondSchedule, SendReply, Switches,
};

use super::truth::{TrueOrder, TrueTrade};
use crate::domain::{ClientOrderId, Price, Side, Wall};
use faults::WantedRefusals;
use model::{Account, Exchange};
use rate::{Caller, RateLimits};
use std::collections::BTreeSet;
use ws::Hub;

/// A simulated Lighter venue.
pub struct LighterSim {
    options: Options,
    exchange: Exchange,
    limits: RateLimits,
    hub: Hub,
    refusals: WantedRefusals,
    /// Tokens that were found good since the last expiry.
    tokens: BTreeSet<String>,
    /// How far the clock it tells is off, in milliseconds.
    clock_off_ms: i64,
}

impl LighterSim {
    /// A venue that opens at `start`.
    pub fn new(options: Options, start: Wall) -> Self {
        let exchange = Exchange::new(&options, start);
        let hub = Hub::new(&options, &exchange, start);
        let limits = RateLimits::new(options.rate_limits);
        Self {
            options,
            exchange,
            limits,
            hub,
            refusals: WantedRefusals::default(),
            tokens: BTreeSet::new(),
            clock_off_ms: 0,
        }
    }

    /// Who an account's requests count for.
    fn owner_of(&self, account: &Account) -> Caller {
        Caller::Owner { address: account.l1_address.to_lowercase(), tier: account.tier }
    }
}

/// Looks from outside, for launchers and tests.
impl LighterSim {
    /// Signed position of an account by market name; `None` for an unknown account or market.
    pub fn position(&self, account: u64, symbol: &str) -> Option<crate::domain::Qty> {
        let rules = model::market_rules_by_symbol(symbol)?;
        let account = self.exchange.accounts.get(&i64::try_from(account).ok()?)?;
        let size = account.position(rules.id).map_or(0, |position| position.size);
        Some(crate::domain::Qty::from_units(size * 10_i64.pow(8 - rules.size_decimals)))
    }

    /// Every order of an account that it remembers in a market, in no order.
    pub fn orders_of(&self, account: u64, symbol: &str) -> Vec<TrueOrder> {
        let (Some(rules), Ok(account)) = (model::market_rules_by_symbol(symbol), i64::try_from(account))
        else {
            return Vec::new();
        };
        let size = |size: i64| crate::domain::Qty::from_units(size * 10_i64.pow(8 - rules.size_decimals));
        let orders = &self.exchange.orders;
        let mine = orders.live_of(account).chain(orders.ended_of(account));
        let here = mine.filter(|order| order.request.market == rules.id);
        here.map(|order| TrueOrder {
            cid: u64::try_from(order.request.client_index).ok().and_then(ClientOrderId::from_number),
            qty: size(order.request.base),
            filled: size(order.filled),
            ended: !order.status.is_live(),
        })
        .collect()
    }

    /// Every execution of an account that it remembers in a market, oldest first.
    pub fn trades_of(&self, account: u64, symbol: &str) -> Vec<TrueTrade> {
        let (Some(rules), Ok(account)) = (model::market_rules_by_symbol(symbol), i64::try_from(account))
        else {
            return Vec::new();
        };
        let here = self.exchange.trades.iter().rev();
        here.filter(|trade| trade.market == rules.id && trade.involves(account))
            .map(|trade| TrueTrade {
                side: if trade.ask.account == account { Side::Sell } else { Side::Buy },
                qty: crate::domain::Qty::from_units(trade.base * 10_i64.pow(8 - rules.size_decimals)),
                price: Price::from_units(trade.price * 10_i64.pow(8 - rules.price_decimals)),
            })
            .collect()
    }
}

/// One order of an account as the venue remembers it: the truth, for checks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownOrder {
    /// The owner's number, 0 for none.
    pub client_index: i64,
    /// Direction.
    pub side: crate::domain::Side,
    /// Size filled.
    pub filled: crate::domain::Qty,
    /// Never opens or increases a position.
    pub reduce_only: bool,
    /// It can still be filled.
    pub alive: bool,
}

impl LighterSim {
    /// Orders of an account in a market, live ones first, then ended ones, newest first.
    pub fn orders(&self, account: u64, symbol: &str) -> Vec<KnownOrder> {
        let Some(rules) = model::market_rules_by_symbol(symbol) else { return Vec::new() };
        let account = i64::try_from(account).unwrap_or_default();
        let units = 10_i64.pow(8 - rules.size_decimals);
        let store = &self.exchange.orders;
        let here = store.live_of(account).chain(store.ended_of(account));
        here.filter(|order| order.request.market == rules.id)
            .map(|order| KnownOrder {
                client_index: order.request.client_index,
                side: order.request.side,
                filled: crate::domain::Qty::from_units(order.filled * units),
                reduce_only: order.request.reduce_only,
                alive: order.status.is_live(),
            })
            .collect()
    }
}
