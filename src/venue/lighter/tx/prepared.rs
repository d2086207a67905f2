//! An order of which all but its terms is hashed ahead: header, market and client order index fill the first block of the hash.

use super::attributes::Attributes;
use super::hash::{TxHash, attributes_hash, header_elements, joined};
use super::header::TxHeader;
use super::invalid::InvalidTx;
use super::limits::MarketIndex;
use super::order::{Order, OrderFields};
use super::order_rules::client_order_index;
use super::signed::SignedTx;
use super::transaction::{Transaction, TxType, UnsignedTx};
use crate::signing::ecgfp5::poseidon2::Absorbed;
use crate::signing::ecgfp5::{Goldilocks, NonceEntry, Quintic, SchnorrKey};

/// A new order that lacks size, price, side and kind only. It may be completed any number of times, but the venue takes its
/// nonce once.
#[derive(Clone)]
pub struct PreparedOrder {
    header: TxHeader,
    market_index: i64,
    client_order_index: i64,
    attributes: Attributes,
    first_block: Absorbed,
    attributes_hash: Option<Quintic>,
}

impl PreparedOrder {
    /// Checks what is known already and hashes it.
    pub fn new(
        header: TxHeader,
        market_index: i64,
        order_index: i64,
        attributes: Attributes,
    ) -> Result<Self, InvalidTx> {
        let own = [MarketIndex::new(market_index)?.number(), client_order_index(order_index)?];
        let mut block = [Goldilocks::ZERO; 8];
        let known = header_elements(&header, TxType::CreateOrder).into_iter().chain(own.map(Goldilocks::new));
        block.iter_mut().zip(known).for_each(|(slot, element)| *slot = element);
        Ok(Self {
            header,
            market_index,
            client_order_index: order_index,
            first_block: Absorbed::new(&block),
            attributes_hash: attributes_hash(&attributes),
            attributes,
        })
    }

    /// The complete transaction and its hash; market and client order index are those prepared, whatever `fields` says.
    pub fn complete(&self, fields: OrderFields) -> Result<(UnsignedTx, TxHash), InvalidTx> {
        let (market_index, client_order_index) = (self.market_index, self.client_order_index);
        let order = Order::new(OrderFields { market_index, client_order_index, ..fields })?;
        let [_, _, terms @ ..] = order.integers();
        let hash = joined(self.first_block.hash_with(&terms.map(Goldilocks::new)), self.attributes_hash);
        let tx = UnsignedTx::new(Transaction::CreateOrder(order), self.header, self.attributes.clone())?;
        let hash = TxHash::from(hash);
        debug_assert_eq!(hash, tx.hash());
        Ok((tx, hash))
    }

    /// Completes and signs with a nonce made ahead. The one call between the decision and a signed order.
    pub fn sign(
        &self,
        fields: OrderFields,
        key: &SchnorrKey,
        nonce: NonceEntry,
    ) -> Result<SignedTx, InvalidTx> {
        let (tx, hash) = self.complete(fields)?;
        let signature = nonce.sign(key, hash.to_quintic());
        Ok(SignedTx { tx_type: TxType::CreateOrder, info: tx.info(&signature), hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::Entropy;
    use crate::signing::ecgfp5::NoncePool;
    use crate::venue::lighter::tx::{KeySlot, ReceivedTx};
    use proptest::prelude::*;

    struct Counter(u64);

    impl Entropy for Counter {
        fn fill(&mut self, buffer: &mut [u8]) {
            for byte in buffer {
                self.0 =
                    self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = self.0.to_be_bytes()[0];
            }
        }
    }

    fn fields(amount: i64, price: i64, is_ask: bool, reduce_only: bool) -> OrderFields {
        let base_amount = amount;
        let (is_ask, reduce_only) = (is_ask.into(), reduce_only.into());
        OrderFields { base_amount, price, is_ask, reduce_only, ..OrderFields::LIMIT_IOC }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn a_prepared_order_is_the_order_made_at_once(
            nonce in 0i64..1 << 48, market in 0i64..200, index in 1i64..1 << 48, skip in any::<bool>(),
            amount in 1i64..1 << 47, price in 1i64..1 << 31, is_ask in any::<bool>(), reduce_only in any::<bool>(),
        ) {
            let slot = KeySlot::new(700_001, 5).expect("a slot");
            let header = TxHeader::new(304, slot, nonce, 1_790_000_002_000).expect("a header");
            let attributes = if skip { Attributes::skip_nonce() } else { Attributes::NONE };
            let prepared = PreparedOrder::new(header, market, index, attributes.clone()).expect("valid");
            let terms = fields(amount, price, is_ask, reduce_only);
            let order = Order::new(OrderFields { market_index: market, client_order_index: index, ..terms }).expect("valid");
            let at_once = UnsignedTx::new(Transaction::CreateOrder(order), header, attributes).expect("valid");
            let (tx, hash) = prepared.complete(terms).expect("valid");
            prop_assert_eq!((&tx, hash), (&at_once, at_once.hash()));
        }
    }

    #[test]
    fn a_prepared_order_is_signed_and_read_back() {
        let key = SchnorrKey::parse(&"5a".repeat(40)).expect("a key");
        let (mut pool, mut entropy) = (NoncePool::new(), Counter(1));
        pool.refill(&key, &mut entropy).expect("refills");
        let slot = KeySlot::new(700_001, 5).expect("a slot");
        let header = TxHeader::new(304, slot, 7, 1_790_000_002_000).expect("a header");
        let prepared = PreparedOrder::new(header, 1, 42, Attributes::NONE).expect("valid");
        let signed = prepared.sign(fields(103, 971_147, true, false), &key, pool.take(0).expect("a nonce"));
        let signed = signed.expect("valid");
        let received = ReceivedTx::parse(304, signed.tx_type.code(), &signed.info).expect("a transaction");
        assert!(received.is_signed_by(&key.public_key()));
        assert_eq!(received.tx.hash(), signed.hash);
    }

    #[test]
    fn what_the_rules_forbid_is_refused_early_or_late() {
        let slot = KeySlot::new(700_001, 5).expect("a slot");
        let header = TxHeader::new(304, slot, 7, 1_790_000_002_000).expect("a header");
        let prepare = |market, index| PreparedOrder::new(header, market, index, Attributes::NONE);
        assert_eq!(prepare(255, 1).err(), Some(InvalidTx::Market));
        assert!(prepare(1, -1).is_err());
        assert!(prepare(1, 1).expect("valid").complete(fields(0, 1, false, false)).is_err());
    }
}
