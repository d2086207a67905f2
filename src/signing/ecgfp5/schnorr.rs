//! Schnorr signatures over ECgFp5: how a hash is signed and checked (lighter.md 3.5).

use super::curve::Point;
use super::key::{PublicKey, SchnorrKey};
use super::poseidon2::hash_to_quintic;
use super::quintic::Quintic;
use super::scalar::Scalar;
use crate::signing::Entropy;
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, Zeroizing};

/// Separates these nonces from every other use of the hash.
const NONCE_DOMAIN: &[u8] = b"hedge-fast ecgfp5 schnorr nonce";

/// A signature (s, e). It may open an account's private data, so `Debug` does not show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Zeroize)]
pub struct SchnorrSignature {
    s: Scalar,
    e: Scalar,
}

impl SchnorrSignature {
    /// Length of the serialised form.
    pub const BYTES: usize = 2 * Scalar::BYTES;

    /// Reads s and e of 40 little-endian bytes each, reducing either where needed, as the official reader does.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (halves, _) = bytes.as_chunks::<{ Scalar::BYTES }>();
        Self { s: Scalar::from_le_bytes(&halves[0]), e: Scalar::from_le_bytes(&halves[1]) }
    }

    /// s then e, canonical.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (halves, _) = bytes.as_chunks_mut::<{ Scalar::BYTES }>();
        halves[0] = self.s.to_le_bytes();
        halves[1] = self.e.to_le_bytes();
        bytes
    }
}

impl SchnorrKey {
    /// Signs a hash. The nonce is a wide hash of fresh entropy, the key and the message: it stays secret and differs
    /// between messages even where the entropy fails.
    pub fn sign(&self, message: Quintic, entropy: &mut dyn Entropy) -> SchnorrSignature {
        loop {
            let k = self.nonce(message, entropy);
            if *k != Scalar::ZERO {
                return self.sign_with_k(message, &k);
            }
        }
    }

    /// Signs with a given nonce, for published test vectors. **Two messages signed with one `k` reveal the private key.**
    pub fn sign_with_k(&self, message: Quintic, k: &Scalar) -> SchnorrSignature {
        self.sign_committed(message, k, Point::mul_generator(k).encode())
    }

    /// Signs with a nonce whose multiple of the generator, encoded, is known.
    pub(super) fn sign_committed(
        &self,
        message: Quintic,
        k: &Scalar,
        commitment: Quintic,
    ) -> SchnorrSignature {
        let e = challenge(commitment, message);
        let masked = Zeroizing::new(e * *self.scalar());
        SchnorrSignature { s: *k - *masked, e }
    }

    fn nonce(&self, message: Quintic, entropy: &mut dyn Entropy) -> Zeroizing<Scalar> {
        let mut random = Zeroizing::new([0; 32]);
        entropy.fill(&mut *random);
        let secret = Zeroizing::new(self.scalar().to_le_bytes());
        let hasher = Sha512::new_with_prefix(NONCE_DOMAIN).chain_update(*random).chain_update(*secret);
        let wide: Zeroizing<[u8; 64]> =
            Zeroizing::new(hasher.chain_update(message.to_le_bytes()).finalize().into());
        Zeroizing::new(Scalar::from_wide_le_bytes(&wide))
    }
}

/// Whether `signature` was made over `message` by the holder of `public_key`.
///
/// False, never a panic, for keys that encode no point and for the neutral point, for which anyone can sign.
pub fn verify(public_key: &PublicKey, message: Quintic, signature: &SchnorrSignature) -> bool {
    let Some(key) = Point::decode(public_key.to_quintic()).filter(|point| !point.is_neutral()) else {
        return false;
    };
    let commitment = key.mul_add_generator_vartime(&signature.e, &signature.s).encode();
    challenge(commitment, message) == signature.e
}

/// The hash of commitment and message as an integer modulo the group order.
fn challenge(commitment: Quintic, message: Quintic) -> Scalar {
    let [r, m] = [commitment.0, message.0];
    let elements: [_; 10] = std::array::from_fn(|i| if i < 5 { r[i] } else { m[i - 5] });
    Scalar::from_quintic(hash_to_quintic(&elements))
}

#[cfg(test)]
mod tests {
    use super::super::strategies::{SeededEntropy, quintic, scalar};
    use super::*;
    use proptest::prelude::*;

    fn key() -> impl Strategy<Value = SchnorrKey> {
        scalar().prop_filter_map("zero signs nothing", |scalar| {
            SchnorrKey::parse(&hex::encode(scalar.to_le_bytes())).ok()
        })
    }

    proptest! {
        #[test]
        fn own_signatures_verify(key in key(), message in quintic(), seed in any::<u64>()) {
            let signature = key.sign(message, &mut SeededEntropy(seed));
            prop_assert!(verify(&key.public_key(), message, &signature));
            prop_assert_eq!(SchnorrSignature::from_bytes(&signature.to_bytes()), signature);
        }

        #[test]
        fn a_signature_is_void_for_another_message_key_or_byte(
            key in key(), other in key(), message in quintic(), seed in any::<u64>(), byte in 0..80usize, flip in 1..=255u8,
        ) {
            let signature = key.sign(message, &mut SeededEntropy(seed));
            prop_assert!(!verify(&key.public_key(), message + Quintic::ONE, &signature));
            if other.public_key() != key.public_key() {
                prop_assert!(!verify(&other.public_key(), message, &signature));
            }
            let mut bytes = signature.to_bytes();
            bytes[byte] ^= flip;
            prop_assert!(!verify(&key.public_key(), message, &SchnorrSignature::from_bytes(&bytes)));
        }

        #[test]
        fn arbitrary_bytes_are_refused_without_panic(public in any::<[u8; 32]>(), s in scalar(), e in scalar(), m in quintic()) {
            let mut bytes = [0xff; 40];
            bytes[..32].copy_from_slice(&public);
            let signature = SchnorrSignature { s, e };
            prop_assert!(!verify(&PublicKey(bytes), m, &signature));
        }

        #[test]
        fn the_same_entropy_gives_different_nonces_to_different_messages(key in key(), message in quintic(), seed in any::<u64>()) {
            let nonce = |message| *key.nonce(message, &mut SeededEntropy(seed));
            prop_assert_ne!(nonce(message), nonce(message + Quintic::ONE));
        }
    }

    #[test]
    fn nobody_signs_for_the_neutral_point() {
        let (message, k) = (Quintic::ONE, Scalar::from_u64(7));
        let e = challenge(Point::mul_generator(&k).encode(), message);
        assert!(!verify(&PublicKey([0; 40]), message, &SchnorrSignature { s: k, e }));
    }
}
