//! The simulated Paradex: REST, WebSocket, SBE and the exchange behind them, as paradex.md describes the venue.
//! Refuses what the venue refuses: signatures are verified, tokens expire, limits count. Shares nothing with the client but
//! the signing primitives and the SBE tables.

mod actions;
mod intake;
mod json_out;
mod jwt;
pub mod model;
mod options;
mod rate;
mod refusal;
mod rest;
mod sbe_out;
mod service;
mod sign_in;
#[cfg(test)]
mod tests;
mod words;
mod ws;

pub use options::{AccountSetup, Network, ParadexOptions, PlainPublic, Switches, production_classes};

use super::truth::{TrueOrder, TrueTrade};
use crate::domain::{ClientOrderId, Qty, Wall};
use crate::signing::stark::{Felt, SigningDomain};
use jwt::Mint;
use model::Exchange;
use rate::Rates;
use ws::hub::Hub;

/// A whole simulated Paradex, without sockets and without a clock.
pub struct ParadexSim {
    options: ParadexOptions,
    exchange: Exchange,
    domain: SigningDomain,
    mint: Mint,
    rates: Rates,
    hub: Hub,
    /// How far the clock it tells is off, in milliseconds.
    clock_off_ms: i64,
}

impl ParadexSim {
    /// A venue that opens at `start`.
    pub fn new(options: ParadexOptions, start: Wall) -> Self {
        Self {
            exchange: Exchange::new(&options, start),
            domain: options.network.domain(),
            mint: Mint::new(options.seed, options.jwt_lifetime_s),
            rates: Rates::default(),
            hub: Hub::default(),
            clock_off_ms: 0,
            options,
        }
    }

    /// The channels every connection is subscribed to, by name.
    pub fn subscriptions(&self) -> impl Iterator<Item = &str> {
        self.hub.conns.values().flat_map(|conn| conn.subscriptions.keys().map(String::as_str))
    }

    /// Signed position of an account of the options, by their order: the truth, for checks from outside.
    pub fn position(&self, account: usize, market: &str) -> Option<Qty> {
        let symbol = model::Symbol::from_name(market)?;
        self.exchange.accounts().get(account).map(|account| account.position(symbol).state.qty)
    }

    /// Every order of the account at this address in a market, in no order.
    pub fn orders_of(&self, address: &Felt, symbol: model::Symbol) -> Vec<TrueOrder> {
        let Some(owner) = self.exchange.account_at(address).map(|account| account.owner) else {
            return Vec::new();
        };
        let here = self.exchange.history(owner).filter(|order| order.asked.symbol == symbol);
        here.map(|order| TrueOrder {
            cid: ClientOrderId::from_text(&order.asked.client_id),
            qty: order.asked.size,
            filled: order.filled(),
            ended: !order.alive(),
        })
        .collect()
    }

    /// Every execution of the account at this address in a market, oldest first.
    pub fn trades_of(&self, address: &Felt, symbol: model::Symbol) -> Vec<TrueTrade> {
        let Some(owner) = self.exchange.account_at(address).map(|account| account.owner) else {
            return Vec::new();
        };
        let here = self.exchange.fills(owner).filter(|fill| fill.symbol == symbol);
        let mut trades: Vec<TrueTrade> =
            here.map(|fill| TrueTrade { side: fill.side, qty: fill.size, price: fill.price }).collect();
        trades.reverse();
        trades
    }

    /// Every token issued so far is refused from now on; connections that are signed in stay so.
    pub fn expire_tokens(&mut self) {
        self.mint.renew_secret();
    }

    /// The clock it tells is off by so many milliseconds from now on; what it does goes by the right one.
    pub fn set_clock_off(&mut self, ms: i64) {
        self.clock_off_ms = ms;
    }

    /// The exchange behind the API, to look at.
    pub fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The exchange behind the API, to be tampered with by a scenario.
    pub fn exchange_mut(&mut self) -> &mut Exchange {
        &mut self.exchange
    }
}
