//! STARK-curve ECDSA signatures: wire form and verification. Checking one never panics, whatever a stranger sends.

use super::scalar::{fits_251_bits, is_signature_part, order};
use super::{Felt, FeltTextError, felt_from_decimal};
use std::fmt;

/// A signature as Paradex carries it: both parts, no recovery bit. `Debug` shows neither, so that no log can.
#[derive(Clone, Copy, PartialEq, Eq)]
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
        format!("[\"{}\",\"{}\"]", self.r, self.s)
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

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[signature]")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::stark::{Nonce, StarkKey};
    use proptest::prelude::*;

    fn any_felt() -> impl Strategy<Value = Felt> {
        any::<[u8; 32]>().prop_map(|bytes| Felt::from_bytes_be(&bytes))
    }

    #[test]
    fn the_wire_form_is_exact() {
        let wire = Signature { r: Felt::from(12u8), s: Felt::from(345u16) }.wire();
        assert_eq!(wire, r#"["12","345"]"#);
        for text in ["", "[]", "[\"", r#"["12"]"#, r#"["12", "345"]"#, r#"[12,345]"#, r#" ["12","345"]"#] {
            assert_eq!(Signature::from_wire(text), Err(SignatureTextError::Form), "{text}");
        }
        for (text, part) in [
            (r#"["0x12","345"]"#, 'r'),
            (r#"["","345"]"#, 'r'),
            (r#"["12","-345"]"#, 's'),
            (r#"["12","3","4"]"#, 's'),
        ] {
            let reason = FeltTextError::NotDecimal;
            assert_eq!(
                Signature::from_wire(text),
                Err(SignatureTextError::Number { part, reason }),
                "{text}"
            );
        }
    }

    #[test]
    fn the_zero_hash_signs_and_verifies() {
        let key = StarkKey::from_hex("0x1234").expect("a key");
        let signature = key.sign(&Felt::ZERO, Nonce::Plain).expect("a signature");
        assert!(verify(&key.public_key(), &Felt::ZERO, &signature));
        assert!(!verify(&key.public_key(), &Felt::ONE, &signature));
    }

    #[test]
    fn a_signature_made_to_meet_at_infinity_is_refused_without_a_panic() {
        let (private, hash) = (Felt::from(0x1234u16), Felt::from(777u16));
        let public = StarkKey::from_hex("0x1234").expect("a key").public_key();
        let n = order().try_into().expect("not zero");
        let r = hash.mul_mod(&private.mod_inverse(&n).expect("n is prime"), &n);
        for r in [r, order() - r] {
            assert!(!verify(&public, &hash, &Signature { r, s: Felt::ONE }));
            assert!(!verify(&public, &hash, &Signature { r, s: Felt::from(99u8) }));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn wire_texts_survive_a_round_trip(r in any_felt(), s in any_felt()) {
            let signature = Signature { r, s };
            prop_assert_eq!(Signature::from_wire(&signature.wire()), Ok(signature));
        }

        #[test]
        fn verification_survives_any_input(public in any_felt(), hash in any_felt(), r in any_felt(), s in any_felt()) {
            let accepted = verify(&public, &hash, &Signature { r, s });
            prop_assert!(!accepted);
        }

        #[test]
        fn reading_survives_any_text(text in "[\\[\\]\",0-9é]{0,40}") {
            let _ = Signature::from_wire(&text);
        }
    }
}
