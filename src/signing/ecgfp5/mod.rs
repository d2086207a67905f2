//! Lighter's signatures: Schnorr over the curve ECgFp5 with Poseidon2 hashing, in 64-bit limbs (lighter.md 3).
//!
//! From the bottom up: the prime field [`Goldilocks`], its extension [`Quintic`], the hash [`poseidon2`], integers modulo the
//! group order ([`Scalar`]), the group ([`Point`]), keys ([`SchnorrKey`]) and signatures ([`SchnorrSignature`]).
//! Knows no transaction and no venue. Orders are signed with nonces made ahead ([`NoncePool`]); without one, a nonce is made on
//! the spot.
//!
//! Everything that touches a key or a nonce takes the same time for every value: multiples of the generator, arithmetic modulo
//! the group order, and the hash, secret or not. [`verify`] is in variable time, also where it checks fresh nonces: it works on
//! a signature of a random message that nobody sees, in idle time.

mod curve;
mod goldilocks;
mod key;
mod multiplication;
mod nonce_pool;
mod permutation;
pub mod poseidon2;
mod poseidon2_constants;
mod quintic;
mod scalar;
mod schnorr;

#[cfg(test)]
mod differential;
#[cfg(test)]
mod strategies;

pub use curve::Point;
pub use goldilocks::Goldilocks;
pub use key::{KeyError, PublicKey, SchnorrKey, derive_public_key};
pub use nonce_pool::{BatchError, CheckedBatch, NonceEntry, NoncePool, UncheckedBatch};
pub use quintic::Quintic;
pub use scalar::Scalar;
pub use schnorr::{SchnorrSignature, verify};
