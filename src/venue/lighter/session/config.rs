//! What a session is told at its start. Nothing here comes from the network.

use super::super::nonce::NonceRule;
use super::super::quota::Limits;
use super::super::tx::KeySlot;
use crate::signing::ecgfp5::SchnorrKey;
use std::fmt;
use std::time::Duration;

/// Everything one Lighter session needs to know.
#[derive(Clone)]
pub struct LighterConfig {
    /// REST base without `/api/v1`, such as `https://mainnet.zklighter.elliot.ai`.
    pub rest_url: String,
    /// Whole WebSocket address, such as `wss://mainnet.zklighter.elliot.ai/stream`.
    pub ws_url: String,
    /// Signing chain id (lighter.md 1): part of every hash, derivable from no URL.
    pub chain_id: u32,
    /// Account and API key slot.
    pub slot: KeySlot,
    /// The private key registered in that slot.
    pub key: SchnorrKey,
    /// How nonces are counted; part of what is signed.
    pub nonces: NonceRule,
    /// Market by name, such as `BTC`.
    pub symbol: String,
    /// Deadlines and lifetimes.
    pub timing: Timing,
    /// Request budget of the account's tier.
    pub limits: Limits,
}

impl fmt::Debug for LighterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LighterConfig({} on {}, {:?})", self.symbol, self.rest_url, self.slot)
    }
}

/// Deadlines and lifetimes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Shortest validity of an order: below it the taker's delay alone would let every order expire.
    pub valid_for_min: Duration,
    /// Longest validity of an order; longer ones are shortened. The venue's own default is 599 s (lighter.md 4.3).
    pub valid_for_max: Duration,
    /// How long the answer to a send may take before its outcome counts as unknown.
    pub answer_within: Duration,
    /// How long a nonce question waits after a send without an answer (lighter.md 4.6).
    pub nonce_settle: Duration,
    /// Life of an auth token, at most 7 hours; renewed at half of it.
    pub token_life: Duration,
    /// Interval of our pings; the venue closes what is silent for two minutes.
    pub ping_every: Duration,
    /// Silence after which a connection counts as dead.
    pub dead_after: Duration,
    /// Silence of the market channels after which a quote is stale; twice that and the connection is replaced.
    pub quote_stale_after: Duration,
    /// How long the private subscriptions may take to be confirmed.
    pub subscribed_within: Duration,
    /// Interval of clock comparisons with the venue.
    pub clock_every: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            valid_for_min: Duration::from_millis(700),
            valid_for_max: Duration::from_secs(30),
            answer_within: Duration::from_secs(2),
            nonce_settle: Duration::from_millis(350),
            token_life: Duration::from_secs(7 * 3600),
            ping_every: Duration::from_secs(30),
            dead_after: Duration::from_secs(60),
            quote_stale_after: Duration::from_secs(5),
            subscribed_within: Duration::from_secs(10),
            clock_every: Duration::from_secs(600),
        }
    }
}
