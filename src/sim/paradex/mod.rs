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

pub use options::{
    ACCOUNT_CLASS, AccountSetup, CHAIN_ID, EVM_ACCOUNT_CLASS, PROXY_CLASS, ParadexOptions, PlainPublic,
    Switches,
};

use crate::signing::stark::{AccountClasses, FeltTextError, SigningDomain, felt_from_hex};
use jwt::Mint;
use model::Exchange;
use rate::Rates;
use ws::hub::Hub;

/// A whole simulated Paradex, without sockets and without a clock.
pub struct ParadexSim {
    options: ParadexOptions,
    exchange: Exchange,
    domain: SigningDomain,
    classes: AccountClasses,
    mint: Mint,
    rates: Rates,
    hub: Hub,
}

impl ParadexSim {
    /// Builds the venue.
    ///
    /// # Errors
    /// The chain id or a class hash of the options is not a field element.
    pub fn new(options: ParadexOptions) -> Result<Self, FeltTextError> {
        let classes = AccountClasses {
            proxy: felt_from_hex(&options.proxy_class)?,
            account: felt_from_hex(&options.account_class)?,
        };
        Ok(Self {
            exchange: Exchange::new(&options),
            domain: SigningDomain::new(&options.chain_id)?,
            classes,
            mint: Mint::new(options.seed, options.jwt_lifetime_s),
            rates: Rates::default(),
            hub: Hub::default(),
            options,
        })
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
