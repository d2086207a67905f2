//! Simulated Paradex: the venue as seen through its REST and WebSocket interfaces (paradex.md).
//!
//! [`ParadexSim`] is a [`Service`]: requests and frames in, answers and frames out, time as a parameter, everything decided
//! by the seed. The exchange is [`model`]; around it stand sign-in ([`auth`]), request parsing ([`parse`]), REST ([`rest`]),
//! the socket ([`hub`], [`rpc`]) and the two encodings ([`json_out`], [`sbe_out`]).

mod auth;
mod hub;
mod json_out;
mod model;
mod parse;
mod rate;
mod rest;
mod rest_orders;
mod rpc;
mod sbe_out;

pub use auth::{ACCOUNT_CLASS, PROXY_CLASS};
pub use model::account::AccountSetup;

use crate::domain::Wall;
use crate::sim::service::{ConnId, Request, Response, Sent, Service};
use auth::SignIn;
use hub::Hub;
use model::Exchange;
use rate::RateLimits;
use std::time::Duration;

/// How a simulated venue is set up.
#[derive(Clone, Debug)]
pub struct ParadexOptions {
    /// Decides the whole run.
    pub seed: u64,
    /// Accounts at the start.
    pub accounts: Vec<AccountSetup>,
    /// Instead of the delays of the classes.
    pub delay: Option<Duration>,
    /// Seconds a token lives (the venue: 300).
    pub token_life_s: i64,
    /// Short string of the signing domain.
    pub chain_id: &'static str,
    /// Enforce the request limits of paradex.md 2.2.
    pub rate_limits: bool,
    /// Private payloads on SBE connections are binary (uncertain at the venue; JSON is the documented form).
    pub private_sbe: bool,
    /// Public subscriptions without SBE are served as JSON instead of refused (uncertain at the venue).
    pub public_json: bool,
}

impl ParadexOptions {
    /// Production rules, no accounts.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            accounts: Vec::new(),
            delay: None,
            token_life_s: 300,
            chain_id: "PRIVATE_SN_PARACLEAR_MAINNET",
            rate_limits: true,
            private_sbe: false,
            public_json: false,
        }
    }
}

/// A simulated Paradex venue.
pub struct ParadexSim {
    options: ParadexOptions,
    exchange: Exchange,
    sign_in: SignIn,
    hub: Hub,
    limits: RateLimits,
}

impl ParadexSim {
    /// A venue that opens at `start`.
    pub fn new(options: ParadexOptions, start: Wall) -> Self {
        let delay_us = options.delay.map(|delay| i64::try_from(delay.as_micros()).unwrap_or(i64::MAX));
        let exchange = Exchange::new(options.seed, options.accounts.clone(), delay_us, start);
        let sign_in = SignIn::new(&options);
        let hub = Hub::new(&exchange);
        let limits = RateLimits::new(options.rate_limits);
        Self { options, exchange, sign_in, hub, limits }
    }

    /// Signed positions of an account by market symbol, for checks from outside.
    pub fn positions(&self, account: usize) -> Vec<(&'static str, crate::domain::Qty)> {
        let symbols = model::rules::MARKETS.iter().map(|rules| rules.symbol);
        symbols
            .enumerate()
            .map(|(index, symbol)| (symbol, self.exchange.accounts[account].position(index)))
            .collect()
    }

    /// Runs what is due and publishes it.
    fn settle(&mut self, now: Wall, out: &mut Vec<Sent>) {
        self.exchange.advance(now);
        self.hub.publish(now, &mut self.exchange, &self.options, out);
    }
}

impl Service for ParadexSim {
    fn http(&mut self, now: Wall, request: &Request, out: &mut Vec<Sent>) -> Response {
        self.settle(now, out);
        let response = rest::answer(self, now, request);
        self.settle(now, out);
        response
    }

    fn open(
        &mut self,
        now: Wall,
        conn: ConnId,
        request: &Request,
        _out: &mut Vec<Sent>,
    ) -> Result<(), Response> {
        self.hub.open(now, conn, request, &self.sign_in)
    }

    fn text(&mut self, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
        self.settle(now, out);
        rpc::take(self, now, conn, text, out);
        self.settle(now, out);
    }

    fn binary(&mut self, now: Wall, conn: ConnId, _bytes: &[u8], out: &mut Vec<Sent>) {
        self.hub.alive(now, conn);
        out.push(Sent::Close(conn, 1003, "requests are text".to_owned()));
    }

    fn alive(&mut self, now: Wall, conn: ConnId) {
        self.hub.alive(now, conn);
    }

    fn closed(&mut self, now: Wall, conn: ConnId, _clean: bool, out: &mut Vec<Sent>) {
        for (no, class) in self.hub.closed(conn, &self.exchange) {
            self.exchange.cancel(now, no, class);
        }
        self.settle(now, out);
    }

    fn advance(&mut self, now: Wall, out: &mut Vec<Sent>) {
        self.settle(now, out);
        self.hub.ping(now, out);
    }

    fn next_due(&self) -> Option<Wall> {
        Some(self.exchange.next_due().min(self.hub.next_ping()))
    }
}
