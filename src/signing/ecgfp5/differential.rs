//! The whole scheme against `goldilocks-crypto`, an independent implementation used nowhere but here.

use super::strategies::{SeededEntropy, quintic, scalar};
use super::{PublicKey, Scalar, SchnorrKey, SchnorrSignature, verify};
use proptest::prelude::*;

proptest! {
    #[test]
    fn public_keys_agree(secret in scalar()) {
        // The other implementation writes coefficients equal to p where they should be zero; only -1 times the generator has any.
        prop_assume!(secret != Scalar::ZERO && secret != Scalar::ZERO - Scalar::from_u64(1));
        let theirs = goldilocks_crypto::ScalarField::from_bytes_le(&secret.to_le_bytes()).expect("canonical");
        let theirs = goldilocks_crypto::Point::generator().mul(&theirs).encode().to_bytes_le();
        prop_assert_eq!(key(&secret).public_key(), PublicKey(theirs));
    }

    #[test]
    fn they_accept_what_we_sign(secret in scalar(), message in quintic(), seed in any::<u64>()) {
        prop_assume!(secret != Scalar::ZERO);
        let key = key(&secret);
        let signature = key.sign(message, &mut SeededEntropy(seed)).to_bytes();
        let accepted = goldilocks_crypto::verify_signature(&signature, &message.to_le_bytes(), &key.public_key().0);
        prop_assert_eq!(accepted.ok(), Some(true));
    }

    #[test]
    fn we_accept_what_they_sign(secret in scalar(), message in quintic(), k in scalar()) {
        prop_assume!(secret != Scalar::ZERO && k != Scalar::ZERO);
        let theirs = goldilocks_crypto::sign_with_nonce(&secret.to_le_bytes(), &message.to_le_bytes(), &k.to_le_bytes());
        let theirs: [u8; 80] = theirs.expect("a signature").try_into().expect("80 bytes");
        let key = key(&secret);
        prop_assert!(verify(&key.public_key(), message, &SchnorrSignature::from_bytes(&theirs)));
        prop_assert_eq!(key.sign_with_k(message, &k).to_bytes(), theirs);
    }
}

fn key(secret: &Scalar) -> SchnorrKey {
    SchnorrKey::parse(&hex::encode(secret.to_le_bytes())).expect("not zero")
}
