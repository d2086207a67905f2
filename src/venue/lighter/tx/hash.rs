//! The transaction hash: what is signed, what the venue answers, and known before sending (lighter.md 4.1).

use super::attributes::Attributes;
use super::field::{Field, own_fields};
use super::header::TxHeader;
use super::limits::MAX_ATTRIBUTES;
use super::order::Order;
use super::transaction::{TxType, UnsignedTx};
use crate::signing::ecgfp5::poseidon2::{hash_no_pad, hash_to_quintic};
use crate::signing::ecgfp5::{Goldilocks, Quintic};
use std::fmt;

/// The hash of a transaction, as 40 little-endian bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxHash([u8; Quintic::BYTES]);

impl TxHash {
    /// Reads 80 hexadecimal digits without 0x, as the venue answers.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; Quintic::BYTES];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// The hash as the field element that is signed.
    pub fn to_quintic(self) -> Quintic {
        Quintic::from_le_bytes(&self.0)
    }
}

impl From<Quintic> for TxHash {
    fn from(hash: Quintic) -> Self {
        Self(hash.to_le_bytes())
    }
}

/// 80 lower-case hexadecimal digits without 0x.
impl fmt::Display for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TxHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TxHash({self})")
    }
}

impl UnsignedTx {
    /// The hash that is signed; the chain id is part of it, a wallet's signature is not.
    pub fn hash(&self) -> TxHash {
        let mut elements = Vec::with_capacity(16);
        elements.extend(header_elements(self.header(), self.transaction().tx_type()));
        own_fields(self.transaction()).iter().for_each(|field| push_elements(&mut elements, field));
        joined(hash_to_quintic(&elements), attributes_hash(self.attributes())).into()
    }
}

fn push_elements(elements: &mut Vec<Goldilocks>, field: &Field<'_>) {
    match field {
        Field::Integer(_, value) => elements.push(Goldilocks::new(*value)),
        Field::Amount(_, value) => elements.extend([value & 0xffff_ffff, value >> 32].map(Goldilocks::new)),
        Field::PublicKey(key) => elements.extend(key.to_quintic().0),
        Field::L1Signature(_) => {}
        Field::Orders(orders) => elements.extend(chained(orders)),
    }
}

/// The hashes of the orders, folded pairwise from the first.
fn chained(orders: &[Order]) -> [Goldilocks; 4] {
    let order_hash = |order: &Order| hash_no_pad::<4>(&order.integers().map(Goldilocks::new));
    let pair_hash =
        |left: [Goldilocks; 4], right: [Goldilocks; 4]| hash_no_pad::<4>([left, right].as_flattened());
    orders.iter().map(order_hash).reduce(pair_hash).unwrap_or_default()
}

/// The hash of the attributes where any is set.
pub(super) fn attributes_hash(attributes: &Attributes) -> Option<Quintic> {
    if attributes.is_empty() {
        return None;
    }
    let mut pairs = [[Goldilocks::ZERO; 2]; MAX_ATTRIBUTES];
    for (pair, (kind, value)) in pairs.iter_mut().zip(attributes.iter()) {
        *pair = [u64::from(kind.code()), value].map(Goldilocks::new);
    }
    Some(hash_to_quintic(pairs.as_flattened()))
}

/// Adds the second level where any attribute is set.
pub(super) fn joined(hash: Quintic, attributes_hash: Option<Quintic>) -> Quintic {
    match attributes_hash {
        Some(attributes_hash) => hash_to_quintic([hash.0, attributes_hash.0].as_flattened()),
        None => hash,
    }
}

/// What every hash begins with.
pub(super) fn header_elements(header: &TxHeader, tx_type: TxType) -> [Goldilocks; 6] {
    [
        header.chain_id().into(),
        tx_type.code().into(),
        header.nonce(),
        header.expired_at_ms(),
        header.slot().account(),
        header.slot().api_key().into(),
    ]
    .map(Goldilocks::new)
}
