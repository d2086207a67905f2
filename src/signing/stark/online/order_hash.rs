//! The hash of an order from what is known of it ahead: account, chain, market, type, then side and time, then the rest.

use super::curve::{Affine, Sum};
use super::nonce::NonceEntry;
use super::pedersen::Integer;
use super::tables::Tables;
use crate::domain::Side;
use crate::signing::stark::{Felt, MessageHasher, Signature};

/// Elements of the signed struct with its type, and of the message around it.
const STRUCT_LENGTH: u64 = 7;
const MESSAGE_LENGTH: u64 = 4;

/// What all orders of one account, market and order type have in common, added up as far as it goes.
#[derive(Clone)]
pub struct OrderHasher {
    timestamp: Sum,
    market: Affine,
    sides: [Affine; 2],
    order_type: Affine,
    envelope: Envelope,
}

/// What follows price in the chain.
#[derive(Clone, Copy)]
struct Envelope {
    struct_length: Affine,
    message: Affine,
    message_length: Affine,
}

impl OrderHasher {
    /// For orders of the account that `hasher` hashes for. `None` never happens for what a venue names.
    pub fn new(hasher: &MessageHasher, market: &Felt, order_type: &Felt) -> Option<Self> {
        let tables = Tables::shared();
        let small = |value| tables.start_first(&[value, 0, 0, 0]);
        let (envelope, order_start) = hasher.order_states();
        Some(Self {
            timestamp: tables.start_short(&order_start.to_le_digits()),
            market: tables.start_first(&market.to_le_digits())?,
            sides: [small(side_number(Side::Buy))?, small(side_number(Side::Sell))?],
            order_type: tables.start_first(&order_type.to_le_digits())?,
            envelope: Envelope {
                struct_length: small(STRUCT_LENGTH)?,
                message: tables.start_second(&envelope.to_le_digits())?,
                message_length: small(MESSAGE_LENGTH)?,
            },
        })
    }

    /// Hashes ahead all but size and price.
    pub fn prepare(&self, side: Side, timestamp_ms: u64) -> Option<PreparedOrder> {
        let tables = Tables::shared();
        let state = tables.hash_short(&self.timestamp, timestamp_ms)?;
        let state = tables.hash_first(&self.market, &state)?;
        let state = tables.hash_first(&self.sides[side_number(side) as usize - 1], &state)?;
        let state = tables.hash_first(&self.order_type, &state)?;
        Some(PreparedOrder { side, timestamp_ms, size: tables.start_short(&state), envelope: self.envelope })
    }
}

/// An order that lacks size and price only. It may be completed any number of times: it holds no secret and no nonce.
#[derive(Clone)]
pub struct PreparedOrder {
    side: Side,
    timestamp_ms: u64,
    size: Sum,
    envelope: Envelope,
}

/// Why a prepared order was not signed. The nonce is spent in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OnlineError {
    /// One hash in 2^55: another timestamp helps.
    #[error("the hash is not below 2^251 and cannot be signed; change the timestamp")]
    HashOutOfRange,
    /// One nonce in 2^55: the next one helps.
    #[error("this nonce does not fit the hash; take the next one")]
    NotThisNonce,
    /// Points of the hash met, which nobody knows an order for: the plain way helps.
    #[error("the hash cannot be added up from the tables")]
    NoHash,
}

impl PreparedOrder {
    /// Direction.
    pub fn side(&self) -> Side {
        self.side
    }

    /// `signature_timestamp`, ms.
    pub fn timestamp_ms(&self) -> u64 {
        self.timestamp_ms
    }

    /// The message hash for a size and a price in units of 1e-8, if the tables give one.
    pub fn hash(&self, size: u64, price: u64) -> Option<Felt> {
        self.integer_hash(size, price).map(|hash| super::felt_of(&hash))
    }

    /// Signs for a size and a price in units of 1e-8. The one call between the decision and a signed order.
    pub fn sign(&self, size: u64, price: u64, nonce: NonceEntry) -> Result<Signature, OnlineError> {
        let hash = self.integer_hash(size, price).ok_or(OnlineError::NoHash)?;
        if hash[3] >> 59 != 0 {
            return Err(OnlineError::HashOutOfRange);
        }
        nonce.sign(&hash).map_err(|_| OnlineError::NotThisNonce)
    }

    fn integer_hash(&self, size: u64, price: u64) -> Option<Integer> {
        let tables = Tables::shared();
        let Envelope { struct_length, message, message_length } = &self.envelope;
        let state = tables.hash_short(&self.size, size)?;
        let state = tables.hash_with_short(&state, price)?;
        let struct_hash = tables.hash_first(struct_length, &state)?;
        let state = tables.hash_second(message, &struct_hash)?;
        tables.hash_first(message_length, &state)
    }
}

/// How a side is signed.
fn side_number(side: Side) -> u64 {
    match side {
        Side::Buy => 1,
        Side::Sell => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::super::nonce::UncheckedBatch;
    use super::super::testing::{Seeded, any_short};
    use super::*;
    use crate::signing::stark::{
        Message, OrderFields, Quanta, SigningDomain, StarkKey, short_string, verify,
    };
    use proptest::prelude::*;

    fn side() -> impl Strategy<Value = Side> {
        prop_oneof![Just(Side::Buy), Just(Side::Sell)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn orders_hash_as_on_the_plain_path(
            account in any::<u64>(), market in "[A-Z]{1,8}-USD-PERP", side in side(),
            timestamp_ms in any_short(), size in any_short(), price in any_short(),
        ) {
            let hasher = SigningDomain::new("PRIVATE_SN_POTC_SEPOLIA").expect("a chain").for_account(Felt::from(account));
            let market = short_string(&market).expect("short");
            let order_type = short_string("LIMIT").expect("short");
            let quanta = |units| Quanta::from_units(u128::from(units));
            let fields =
                OrderFields { timestamp_ms, market, side, order_type, size: quanta(size), price: quanta(price) };
            let prepared = OrderHasher::new(&hasher, &market, &order_type)
                .and_then(|orders| orders.prepare(side, timestamp_ms))
                .expect("prepared");
            prop_assert_eq!(prepared.hash(size, price), Some(hasher.message_hash(&Message::Order(fields))));
        }

        #[test]
        fn signed_orders_verify(side in side(), size in any_short(), price in any_short(), seed in any::<u64>()) {
            let key = StarkKey::from_hex("0xabcdef").expect("a key");
            let hasher = SigningDomain::new("X").expect("a chain").for_account(Felt::TWO);
            let prepared = OrderHasher::new(&hasher, &Felt::ONE, &Felt::ONE)
                .and_then(|orders| orders.prepare(side, seed))
                .expect("prepared");
            let mut entropy = Seeded(seed);
            let batch = UncheckedBatch::draw(&key, 1, &mut entropy).check(&key, &mut entropy).expect("checks");
            let mut pool = super::super::NoncePool::new();
            pool.add(batch).expect("fresh");
            let signature = prepared.sign(size, price, pool.take(0).expect("one")).expect("in range");
            let hash = prepared.hash(size, price).expect("a hash");
            prop_assert!(verify(&key.public_key(), &hash, &signature));
        }
    }
}
