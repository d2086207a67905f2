//! The Stark private key: read, kept, used to sign. Not a wallet: where the text came from is the caller's matter.

use super::online::Scalar;
use super::scalar::{fits_251_bits, is_private_key};
use super::{Felt, Signature};
use crate::domain::SecretBytes;
use crate::signing::hex_text::{HexTextError, read_hex};
use starknet_crypto::{get_public_key, rfc6979_generate_k};
use zeroize::Zeroizing;

/// Why a text or a number is not a Stark private key. Says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StarkKeyError {
    /// Not a `0x` number.
    #[error("not a Stark private key: {0}")]
    Text(#[from] HexTextError),
    /// Zero, or not below the order of the curve (about 2^251); an Ethereum key usually ends here.
    #[error("not a Stark private key: the number is not between 1 and the order of the STARK curve minus 1")]
    OutOfRange,
}

/// Why a hash was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Starknet signs numbers below 2^251 only; about one message hash in 2^55 is larger.
    #[error(
        "the hash is not below 2^251 and cannot be signed; change the message, for example its timestamp"
    )]
    HashOutOfRange,
}

/// How the signature's nonce is derived from key and hash (paradex.md 3.1). Every verifier accepts both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce {
    /// RFC 6979 without extra entropy, as `starknet-crypto` signs.
    Plain,
    /// RFC 6979 with the extra entropy 32, as the official Python client signs.
    ExtraEntropy32,
}

impl Nonce {
    fn first_seed(self) -> Option<Felt> {
        match self {
            Self::Plain => None,
            Self::ExtraEntropy32 => Some(Felt::from(32u8)),
        }
    }
}

/// A private number in the form the curve arithmetic takes. The felt type cannot wipe itself, so this overwrites it;
/// copies the arithmetic makes for itself are out of our reach.
struct SecretFelt(Felt);

impl Drop for SecretFelt {
    fn drop(&mut self) {
        self.0 = Felt::ZERO;
        std::hint::black_box(&self.0);
    }
}

/// A Stark private key with its public key. `Debug` shows the public key alone.
#[derive(Clone, Debug)]
pub struct StarkKey {
    secret: SecretBytes<32>,
    public: Felt,
}

impl StarkKey {
    /// Reads `0x` and 1 to 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, StarkKeyError> {
        Self::from_bytes(&*read_hex(text)?)
    }

    /// The key with these big-endian bytes; the caller wipes its copy.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, StarkKeyError> {
        if !is_private_key(bytes) {
            return Err(StarkKeyError::OutOfRange);
        }
        let public = get_public_key(&SecretFelt(Felt::from_bytes_be(bytes)).0);
        Ok(Self { secret: SecretBytes::new(*bytes), public })
    }

    /// x of the public point.
    pub fn public_key(&self) -> Felt {
        self.public
    }

    /// The private scalar, for nonces made ahead; the caller wipes it.
    pub(super) fn scalar(&self) -> Zeroizing<Scalar> {
        // Checked when the key was made.
        Zeroizing::new(Scalar::from_be_bytes(self.secret.expose()).unwrap_or(Scalar::ZERO))
    }

    /// Signs a message hash; the same key, hash and `nonce` always make the same signature.
    pub fn sign(&self, hash: &Felt, nonce: Nonce) -> Result<Signature, SignError> {
        if !fits_251_bits(hash) {
            return Err(SignError::HashOutOfRange);
        }
        let secret = SecretFelt(Felt::from_bytes_be(self.secret.expose()));
        let mut seed = nonce.first_seed();
        loop {
            let k = SecretFelt(rfc6979_generate_k(hash, &secret.0, seed.as_ref()));
            if let Ok(signature) = starknet_crypto::sign(&secret.0, hash, &k.0) {
                return Ok(Signature { r: signature.r, s: signature.s });
            }
            // A part out of range, about one nonce in 2^55: the reference signer counts the seed up.
            seed = Some(seed.map_or(Felt::ONE, |used| used + Felt::ONE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::stark::{scalar, verify};
    use proptest::prelude::*;

    const ORDER: &str = "0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2f";
    const ORDER_MINUS_ONE: &str = "0x800000000000010ffffffffffffffffb781126dcae7b2321e66a241adc64d2e";

    fn any_key() -> impl Strategy<Value = StarkKey> {
        let in_range = |bytes| scalar::unbiased_remainder(Zeroizing::new(bytes));
        let key = move |bytes| in_range(bytes).and_then(|scalar| StarkKey::from_bytes(&scalar).ok());
        any::<[u8; 32]>().prop_filter_map("below 31 orders", key)
    }

    fn any_hash() -> impl Strategy<Value = Felt> {
        any::<[u8; 32]>().prop_map(|mut bytes| {
            bytes[0] &= 0x07;
            Felt::from_bytes_be(&bytes)
        })
    }

    #[test]
    fn keys_outside_the_curve_are_refused_with_the_reason() {
        let too_large = format!("0x{}", "f".repeat(64));
        for text in ["0x0", "0x0000", ORDER, too_large.as_str()] {
            assert_eq!(StarkKey::from_hex(text).err(), Some(StarkKeyError::OutOfRange), "{text}");
        }
        assert!(StarkKey::from_hex("0x1").is_ok());
        assert!(StarkKey::from_hex(ORDER_MINUS_ONE).is_ok());
        let no_prefix = StarkKey::from_hex("12ab").expect_err("no prefix");
        assert_eq!(no_prefix.to_string(), "not a Stark private key: it must start with 0x");
    }

    #[test]
    fn debug_output_shows_the_public_key_alone() {
        let shown = format!("{:?}", StarkKey::from_hex("0xabcdef123").expect("a key"));
        assert!(shown.contains("[secret]"), "{shown}");
        assert!(!shown.contains("abcdef123") && !shown.contains(&0xabcdef123u64.to_string()), "{shown}");
    }

    #[test]
    fn a_hash_beyond_251_bits_is_not_signed() {
        let key = StarkKey::from_hex("0x1").expect("a key");
        assert_eq!(key.sign(&Felt::MAX, Nonce::Plain), Err(SignError::HashOutOfRange));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_a_key_signs_only_its_public_key_verifies(
            key in any_key(), other in any_key(), hash in any_hash(), plain in any::<bool>()
        ) {
            let nonce = if plain { Nonce::Plain } else { Nonce::ExtraEntropy32 };
            let signature = key.sign(&hash, nonce).expect("a hash in range");
            prop_assert_eq!(key.sign(&hash, nonce), Ok(signature), "deterministic");
            prop_assert!(verify(&key.public_key(), &hash, &signature));
            prop_assert!(!verify(&other.public_key(), &hash, &signature));
            prop_assert!(!verify(&key.public_key(), &(hash + Felt::ONE), &signature));
        }
    }
}
