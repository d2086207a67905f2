//! STARK-curve ECDSA signatures: wire form and verification. Checking one never panics, whatever a stranger sends.

use super::scalar::{fits_251_bits, is_signature_part, order};
use super::{Felt, FeltTextError, felt_from_decimal};
use std::fmt;

/// A signature as Paradex carries it: both parts, no recovery bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// x of the nonce point.
    pub r: Felt,
    /// The proof; not reduced to its lower half.
    pub s: Felt,
}

/// Why a text is not a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureTextError {
    /// Not `["<r>","<s>"]`.
    #[error("a signature is written as [\"r\",\"s\"] with two decimal numbers and no spaces")]
    Form,
    /// One of the two numbers cannot be read.
    #[error("the signature's {part}: {reason}")]
    Number {
        /// `r` or `s`.
        part: char,
        /// What is wrong with it.
        reason: FeltTextError,
    },
}

impl Signature {
    /// The text of the wire: `["<r>","<s>"]`, decimal, no spaces (paradex.md 3.1).
    pub fn wire(&self) -> String {
        self.to_string()
    }

    /// Reads the text of the wire. The numbers may still be out of range: [`verify`] refuses those.
    pub fn from_wire(text: &str) -> Result<Self, SignatureTextError> {
        let inner = text.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]"));
        let (r, s) = inner.and_then(|parts| parts.split_once("\",\"")).ok_or(SignatureTextError::Form)?;
        let read = |part, digits| {
            felt_from_decimal(digits).map_err(|reason| SignatureTextError::Number { part, reason })
        };
        Ok(Self { r: read('r', r)?, s: read('s', s)? })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[\"{}\",\"{}\"]", self.r, self.s)
    }
}

/// True when the owner of `public_key` signed `hash`. False for parts or hashes out of range and for a public key that
/// is not on the curve.
pub fn verify(public_key: &Felt, hash: &Felt, signature: &Signature) -> bool {
    let Signature { r, s } = signature;
    fits_251_bits(hash)
        && is_signature_part(r)
        && is_signature_part(s)
        && !meets_at_infinity(public_key, hash, r)
        && starknet_crypto::verify(public_key, hash, r, s).unwrap_or(false)
}

/// True for an `r` made so that the two points of the verification cancel out, which the crate does not survive.
/// Only the owner of the key can make it (r = ±hash / private key), and it is never a signature.
fn meets_at_infinity(public_key: &Felt, hash: &Felt, r: &Felt) -> bool {
    let Ok(order) = order().try_into() else { return true };
    let Some(inverse) = r.mod_inverse(&order) else { return true };
    let ratio = hash.mul_mod(&inverse, &order);
    ratio != Felt::ZERO && starknet_crypto::get_public_key(&ratio) == *public_key
}
