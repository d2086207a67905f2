//! The one place of a session that signs: transactions from checked intents, and tokens. Never arbitrary bytes.

use super::super::nonce::NonceRule;
use super::super::tx::{
    Attributes, CancelOrder, InvalidTx, KeySlot, OrderFields, PreparedOrder, SelfCheckFailed, SignedTx,
    Transaction, TxHeader, UnsignedTx, mint_auth_token,
};
use super::super::wire::market::Market;
use super::config::LighterConfig;
use crate::domain::{ClientOrderId, Mono, OrderIntent, Side, Wall};
use crate::signing::Entropy;
use crate::signing::ecgfp5::{BatchError, NoncePool, PublicKey, SchnorrKey};
use std::time::Duration;
use thiserror::Error;

/// Key, slot and chain.
pub struct Signer {
    key: SchnorrKey,
    slot: KeySlot,
    chain_id: u32,
    attributes: Attributes,
    entropy: Box<dyn Entropy>,
    nonces: NoncePool,
    refill_at: Option<Mono>,
}

/// Between two refills of the pool of signature nonces, each of which takes a part of a millisecond: frames come first.
const REFILL_PAUSE: Duration = Duration::from_millis(1);
/// After an order its answer and its fills come first.
const AFTER_ORDER: Duration = Duration::from_millis(20);
/// After nonces that do not sign; orders are signed without them.
const REFILL_RETRY: Duration = Duration::from_secs(60);

/// Why a transaction was not signed. Nothing left.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignError {
    /// Size no multiple of the step, or out of range.
    #[error("size {0} does not fit the market")]
    Size(String),
    /// Price no multiple of the tick, or out of range.
    #[error("price {0} does not fit the market")]
    Price(String),
    /// A field the venue's rules forbid.
    #[error("the venue's rules forbid this transaction: {0}")]
    Invalid(#[from] InvalidTx),
    /// The fresh signature is wrong.
    #[error("{0}")]
    SelfCheck(#[from] SelfCheckFailed),
}

impl Signer {
    /// Takes what it needs from the configuration.
    pub fn new(config: &LighterConfig, entropy: Box<dyn Entropy>) -> Self {
        let attributes = match config.nonces {
            NonceRule::Consecutive => Attributes::NONE,
            NonceRule::Skipping => Attributes::skip_nonce(),
        };
        Self {
            key: config.key.clone(),
            slot: config.slot,
            chain_id: config.chain_id,
            attributes,
            entropy,
            nonces: NoncePool::new(),
            refill_at: Some(Mono(0)),
        }
    }

    /// What the venue must list for our slot.
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// A limit order that does not rest, dead at the venue from `expired_at` (law R1).
    pub fn order(
        &mut self,
        now: Mono,
        intent: &OrderIntent,
        market: &Market,
        nonce: u64,
        expired_at: Wall,
    ) -> Result<SignedTx, SignError> {
        let size = market.base_amount(intent.qty).ok_or_else(|| SignError::Size(intent.qty.to_string()))?;
        let price = market.price(intent.bound).ok_or_else(|| SignError::Price(intent.bound.to_string()))?;
        let header = self.header(nonce, expired_at)?;
        let (market_index, index) = (wire_integer(market.id), wire_integer(intent.cid.number()));
        let prepared = PreparedOrder::new(header, market_index, index, self.attributes.clone())?;
        let terms = OrderFields {
            base_amount: wire_integer(size),
            price: i64::from(price),
            is_ask: i64::from(intent.side == Side::Sell),
            reduce_only: i64::from(intent.purpose.reduce_only()),
            ..OrderFields::LIMIT_IOC
        };
        self.rest_after_order(now);
        match self.nonces.take(self.entropy.process()) {
            Some(made_ahead) => Ok(prepared.sign(terms, &self.key, made_ahead)?),
            // The pool is empty: the slower way makes a nonce on the spot.
            None => Ok(prepared.complete(terms)?.0.sign(&self.key, self.entropy.as_mut())?),
        }
    }

    /// An order that may never leave, signed with the signature nonces that the next orders leave over.
    pub fn order_ahead(
        &mut self,
        now: Mono,
        intent: &OrderIntent,
        market: &Market,
        nonce: u64,
        expired_at: Wall,
    ) -> Option<SignedTx> {
        if self.nonces_ready() <= NoncePool::DEPTH / 2 {
            return None;
        }
        self.order(now, intent, market, nonce, expired_at).ok()
    }

    /// What any transaction of ours has to say about itself.
    pub fn says_whose(&self, tx: &UnsignedTx) -> bool {
        let header = tx.header();
        (header.chain_id(), header.slot()) == (self.chain_id, self.slot)
            && *tx.attributes() == self.attributes
    }

    /// Nothing is made ready before the answer and the fills of an order had their time.
    pub fn rest_after_order(&mut self, now: Mono) {
        self.refill_at = Some(now.after(AFTER_ORDER).max(self.refill_at.unwrap_or(now)));
    }

    /// Nonces of signatures that are ready.
    pub fn nonces_ready(&self) -> usize {
        self.nonces.depth()
    }

    /// When the pool of these is to be refilled.
    pub fn refill_at(&self) -> Option<Mono> {
        self.refill_at
    }

    /// Adds a few of them when due; for idle time, as it takes most of a millisecond.
    pub fn refill(&mut self, now: Mono) -> Result<(), BatchError> {
        if self.refill_at.is_none_or(|at| now < at) {
            return Ok(());
        }
        let refilled = self.nonces.refill(&self.key, self.entropy.as_mut());
        let missing = self.nonces.depth() < NoncePool::DEPTH;
        self.refill_at = match refilled {
            Ok(()) => missing.then(|| now.after(REFILL_PAUSE)),
            Err(_) => Some(now.after(REFILL_RETRY)),
        };
        refilled
    }

    fn header(&self, nonce: u64, expired_at: Wall) -> Result<TxHeader, InvalidTx> {
        TxHeader::new(self.chain_id, self.slot, wire_integer(nonce), expired_at.millis())
    }

    /// Cancels an own order by our id.
    pub fn cancel(
        &mut self,
        cid: ClientOrderId,
        market: &Market,
        nonce: u64,
        expired_at: Wall,
    ) -> Result<SignedTx, SignError> {
        let cancel = CancelOrder::new(wire_integer(market.id), wire_integer(cid.number()))?;
        self.sign(Transaction::CancelOrder(cancel), nonce, expired_at)
    }

    fn sign(
        &mut self,
        transaction: Transaction,
        nonce: u64,
        expired_at: Wall,
    ) -> Result<SignedTx, SignError> {
        let header = self.header(nonce, expired_at)?;
        let unsigned = UnsignedTx::new(transaction, header, self.attributes.clone())?;
        Ok(unsigned.sign(&self.key, self.entropy.as_mut())?)
    }

    /// Randomness for spreading repeated attempts.
    pub fn entropy(&mut self) -> &mut dyn Entropy {
        self.entropy.as_mut()
    }

    fn token(&mut self, deadline: Wall) -> String {
        mint_auth_token(deadline.secs(), self.slot, &self.key, self.entropy.as_mut())
    }
}

/// All of these are below 2^60 by their own types; a larger one is refused as out of range by the transaction.
fn wire_integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The auth token for private reads, minted locally and replaced at half of its life.
#[derive(Default)]
pub struct Token {
    current: Option<(String, Mono)>,
}

/// Longest life this client asks for; the venue takes 8 hours (lighter.md 4.5).
const LONGEST_LIFE: Duration = Duration::from_secs(7 * 3600);

impl Token {
    /// The token to use now. `wall` is the venue's time as far as known.
    pub fn current(&mut self, signer: &mut Signer, now: Mono, wall: Wall, life: Duration) -> String {
        let life = life.min(LONGEST_LIFE);
        match &self.current {
            Some((token, renew_at)) if now < *renew_at => token.clone(),
            _ => {
                let token = signer.token(wall.after(life));
                self.current = Some((token.clone(), now.after(life / 2)));
                token
            }
        }
    }

    /// When half of its life is over.
    pub fn renew_at(&self) -> Option<Mono> {
        self.current.as_ref().map(|(_, renew_at)| *renew_at)
    }

    /// The venue did not take it: the next use mints another.
    pub fn discard(&mut self) {
        self.current = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::lighter::session::testing;

    #[test]
    fn a_token_is_kept_for_half_of_its_life_and_then_replaced() {
        let mut signer = Signer::new(&testing::config(), testing::entropy());
        let mut token = Token::default();
        let day = Duration::from_secs(86_400);
        let wall = Wall::from_millis(1_800_000_000_000);
        let first = token.current(&mut signer, Mono(0), wall, day);
        assert!(first.starts_with(&format!("{}:", 1_800_000_000 + 7 * 3600)), "capped at 7 hours");
        let half = Mono(0).after(LONGEST_LIFE / 2);
        assert_eq!(token.current(&mut signer, Mono(half.0 - 1), wall, day), first);
        assert_ne!(token.current(&mut signer, half, wall.after(LONGEST_LIFE / 2), day), first);
    }
}
