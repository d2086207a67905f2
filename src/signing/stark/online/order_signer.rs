//! Signs the orders of one account in one market: online where it can, the plain way where it cannot. Reads no clock.

use super::nonce::{BatchError, NoncePool};
use super::order_hash::{OnlineError, OrderHasher, PreparedOrder};
use crate::domain::Side;
use crate::signing::Entropy;
use crate::signing::stark::{
    Felt, Message, MessageHasher, Nonce, OrderFields, Quanta, SignError, Signature, StarkKey, verify,
};

/// Plain hasher, prepared orders and nonces of one account and market.
pub struct OrderSigner {
    plain: MessageHasher,
    market: Felt,
    order_type: Felt,
    /// `None` where the tables disagree with the library: then everything goes the plain way.
    online: Option<OrderHasher>,
    prepared: [Option<PreparedOrder>; 2],
    nonces: NoncePool,
}

/// What [`OrderSigner::sign`] signs besides market and type.
#[derive(Clone, Copy, Debug)]
pub struct OrderTerms {
    /// `signature_timestamp`, ms.
    pub timestamp_ms: u64,
    /// Direction.
    pub side: Side,
    /// Size.
    pub size: Quanta,
    /// Limit price.
    pub price: Quanta,
}

impl OrderSigner {
    /// For orders of `order_type` in `market` by the account that `plain` hashes for. Builds the tables if this process has
    /// not yet, and lets the library confirm one hash of theirs.
    pub fn new(plain: MessageHasher, market: Felt, order_type: Felt) -> Self {
        let online = OrderHasher::new(&plain, &market, &order_type);
        let mut signer =
            Self { plain, market, order_type, online, prepared: [None, None], nonces: NoncePool::new() };
        if !signer.agrees_with_the_library() {
            signer.online = None;
        }
        signer
    }

    /// Whether the tables are in use.
    pub fn is_online(&self) -> bool {
        self.online.is_some()
    }

    /// Nonces that are ready.
    pub fn nonces_ready(&self) -> usize {
        self.nonces.depth()
    }

    /// Adds a few nonces; for idle time, below a millisecond.
    pub fn refill(&mut self, key: &StarkKey, entropy: &mut dyn Entropy) -> Result<(), BatchError> {
        self.nonces.refill(key, entropy)
    }

    /// Hashes ahead all but size and price of an order in each direction; for idle time, some thirty microseconds.
    pub fn prepare(&mut self, timestamp_ms: u64) {
        let ahead = |side| self.online.as_ref().and_then(|online| online.prepare(side, timestamp_ms));
        self.prepared = [ahead(Side::Buy), ahead(Side::Sell)];
    }

    /// The timestamp of the order prepared for this side. Each is signed once: no two orders share a timestamp.
    pub fn prepared_at(&self, side: Side) -> Option<u64> {
        self.prepared[slot(side)].as_ref().map(PreparedOrder::timestamp_ms)
    }

    /// Signs an order. `process` is [`Entropy::process`].
    pub fn sign(&mut self, key: &StarkKey, terms: &OrderTerms, process: u32) -> Result<Signature, SignError> {
        let ready = self.prepared[slot(terms.side)].take();
        let ready = ready.filter(|prepared| prepared.timestamp_ms() == terms.timestamp_ms);
        self.sign_with(ready, key, terms, process)
    }

    /// Signs an order that may never leave: what was prepared for the one that does stays.
    pub fn sign_ahead(
        &mut self,
        key: &StarkKey,
        terms: &OrderTerms,
        process: u32,
    ) -> Result<Signature, SignError> {
        self.sign_with(None, key, terms, process)
    }

    fn sign_with(
        &mut self,
        ready: Option<PreparedOrder>,
        key: &StarkKey,
        terms: &OrderTerms,
        process: u32,
    ) -> Result<Signature, SignError> {
        let units = |quanta: Quanta| u64::try_from(quanta.units()).ok();
        if let (Some(size), Some(price)) = (units(terms.size), units(terms.price))
            && self.nonces.depth() > 0
            && let Some(prepared) = ready.or_else(|| self.prepare_now(terms))
        {
            debug_assert_eq!(prepared.hash(size, price), Some(self.plain_hash(terms)));
            while let Some(nonce) = self.nonces.take(process) {
                match prepared.sign(size, price, nonce) {
                    Ok(signature) => return Ok(signature),
                    Err(OnlineError::HashOutOfRange) => return Err(SignError::HashOutOfRange),
                    Err(OnlineError::NotThisNonce) => {}
                    Err(OnlineError::NoHash) => break,
                }
            }
        }
        key.sign(&self.plain_hash(terms), Nonce::Plain)
    }

    /// Whether `signature` is that of this order by the owner of `public_key`: by the plain hash, not by the tables.
    pub fn holds(&self, public_key: &Felt, terms: &OrderTerms, signature: &Signature) -> bool {
        verify(public_key, &self.plain_hash(terms), signature)
    }

    fn prepare_now(&self, terms: &OrderTerms) -> Option<PreparedOrder> {
        self.online.as_ref()?.prepare(terms.side, terms.timestamp_ms)
    }

    fn plain_hash(&self, terms: &OrderTerms) -> Felt {
        let OrderTerms { timestamp_ms, side, size, price } = *terms;
        let (market, order_type) = (self.market, self.order_type);
        let fields = OrderFields { timestamp_ms, market, side, order_type, size, price };
        self.plain.message_hash(&Message::Order(fields))
    }

    fn agrees_with_the_library(&self) -> bool {
        let units = u64::MAX / 3;
        let quanta = Quanta::from_units(u128::from(units));
        let terms = OrderTerms { timestamp_ms: units, side: Side::Sell, size: quanta, price: quanta };
        let online = self.prepare_now(&terms).and_then(|prepared| prepared.hash(units, units));
        online == Some(self.plain_hash(&terms))
    }
}

fn slot(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Seeded;
    use super::*;
    use crate::signing::stark::{SigningDomain, short_string};

    fn key() -> StarkKey {
        StarkKey::from_hex("0xabcdef").expect("a key")
    }

    fn signer() -> OrderSigner {
        let plain = SigningDomain::new("X").expect("a chain").for_account(Felt::TWO);
        OrderSigner::new(
            plain,
            short_string("BTC-USD-PERP").expect("short"),
            short_string("LIMIT").expect("short"),
        )
    }

    fn terms(side: Side, timestamp_ms: u64) -> OrderTerms {
        let quanta = |units| Quanta::from_units(units);
        OrderTerms { timestamp_ms, side, size: quanta(100_000), price: quanta(9_711_470_000_000) }
    }

    #[test]
    fn with_and_without_nonces_and_preparation_the_order_is_signed() {
        let (mut signer, mut entropy) = (signer(), Seeded(3));
        assert!(signer.is_online());
        let holds = |signer: &mut OrderSigner, side| {
            let terms = terms(side, 1_790_000_000_000);
            let signature = signer.sign(&key(), &terms, 0).expect("signs");
            let hash = signer.plain_hash(&terms);
            assert!(verify(&key().public_key(), &hash, &signature));
            signature
        };
        let plain = holds(&mut signer, Side::Buy);
        assert_eq!(plain, holds(&mut signer, Side::Buy), "RFC 6979 repeats itself");
        (0..2).for_each(|_| signer.refill(&key(), &mut entropy).expect("refills"));
        signer.prepare(1_790_000_000_000);
        assert_eq!(signer.prepared_at(Side::Buy), Some(1_790_000_000_000));
        assert_ne!(plain, holds(&mut signer, Side::Buy), "made with a nonce of the pool");
        assert_eq!((signer.nonces_ready(), signer.prepared_at(Side::Buy)), (2 * NoncePool::BATCH - 1, None));
        holds(&mut signer, Side::Buy);
        assert_eq!(plain, holds(&mut signer, Side::Buy), "the pool is empty again");
    }

    #[test]
    fn an_order_signed_ahead_takes_nothing_from_the_one_that_is_prepared() {
        let mut signer = signer();
        signer.refill(&key(), &mut Seeded(3)).expect("refills");
        signer.prepare(1_790_000_000_000);
        let ahead = terms(Side::Buy, 1_790_000_000_007);
        let signature = signer.sign_ahead(&key(), &ahead, 0).expect("signs");
        assert!(signer.holds(&key().public_key(), &ahead, &signature));
        let other = OrderTerms { timestamp_ms: ahead.timestamp_ms + 1, ..ahead };
        assert!(!signer.holds(&key().public_key(), &other, &signature));
        assert_eq!(signer.prepared_at(Side::Buy), Some(1_790_000_000_000));
    }

    #[test]
    fn amounts_beyond_64_bits_take_the_plain_way() {
        let mut signer = signer();
        signer.refill(&key(), &mut Seeded(3)).expect("refills");
        let wide = OrderTerms { size: Quanta::from_units(u128::MAX), ..terms(Side::Sell, 1) };
        let signature = signer.sign(&key(), &wide, 0).expect("signs");
        assert!(verify(&key().public_key(), &signer.plain_hash(&wide), &signature));
        assert_eq!(signer.nonces_ready(), NoncePool::BATCH);
    }
}
