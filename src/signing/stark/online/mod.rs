//! Orders signed while the market waits: the varying part of an order's hash from tables, and nonces made ahead.
//!
//! From the bottom up: the field (`field`, `field_inverse`) and the integers modulo the group's order (`scalar`), points
//! and their sums (`curve`), multiples by `windows` and the shared `tables` of them, `pedersen` hashes and nonce points
//! (`generator`) from these, hashes of orders of which all but size and price is done ahead (`order_hash`), nonces used
//! once (`nonce`), and the [`OrderSigner`] that joins them. The plain path of the parent module stays as it is: it signs
//! when the pool is empty, and it is what everything here is compared with.
//!
//! # What takes the same time for every value
//!
//! Everything that touches a nonce or the key: drawing aside (a rejected draw says nothing about the next), nonce points
//! (masked look-ups that read every entry of a window, branch-free field arithmetic, Fermat's inversion), inverses and products
//! modulo n, and the final `k^-1 z + k^-1 r d`.
//!
//! Not so: the hash. Its table look-ups, the number of windows of a size or price, and its inversions depend on the order, which
//! is public the moment it is sent. Nor the check of a fresh batch by the library: it works on a signature of a random number
//! that nobody sees, from which a wrong nonce could be computed only by who also learned that signature; it runs in idle time and
//! nothing that leaves the process depends on how long it takes. The plain path's RFC 6979 signature uses the library's
//! variable-time multiplication; it serves sign-ins and orders that find the pool empty.

mod curve;
mod field;
mod field_inverse;
mod generator;
mod nonce;
mod order_hash;
mod order_signer;
mod pedersen;
mod scalar;
mod tables;
mod windows;

#[cfg(test)]
mod testing;

pub use nonce::{BatchError, CheckedBatch, NonceEntry, NoncePool, UncheckedBatch};
pub use order_hash::{OnlineError, OrderHasher, PreparedOrder};
pub use order_signer::{OrderSigner, OrderTerms};
pub(in crate::signing::stark) use scalar::Scalar;
pub use tables::Tables;

use starknet_crypto::Felt;

/// The felt of a canonical integer.
fn felt_of(limbs: &[u64; 4]) -> Felt {
    field::Fp::from_integer(*limbs).to_felt()
}
