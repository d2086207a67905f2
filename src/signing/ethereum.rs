//! Ethereum keys and signatures, as far as the venues ask the owner's wallet to vouch: addresses, personal messages.
//! No transactions: this program never sends one.

use super::hex_text::{HexTextError, read_hex};
use crate::domain::SecretBytes;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use sha3::{Digest, Keccak256};
use std::fmt;
use std::str::FromStr;

/// `v` of the first recovery id.
const V_BASE: u8 = 27;

/// Why a text or a signature is not what Ethereum expects. Says nothing of a key's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EthError {
    /// Not a `0x` number.
    #[error("not an Ethereum private key: {0}")]
    KeyText(#[from] HexTextError),
    /// Zero or not below the curve's order.
    #[error("not an Ethereum private key: the number is out of range")]
    KeyOutOfRange,
    /// Not `0x` and 40 digits.
    #[error("an Ethereum address is 0x and 40 hexadecimal digits")]
    Address,
    /// Not `0x` and 130 digits.
    #[error("an Ethereum signature is 0x and 130 hexadecimal digits")]
    SignatureText,
    /// No key can have made this signature, or `v` is neither 27 nor 28.
    #[error("the Ethereum signature is malformed")]
    Signature,
}

/// keccak256.
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// The 20 bytes of an Ethereum address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EthAddress([u8; 20]);

impl EthAddress {
    /// The address with these bytes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The address itself.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    fn of(public_key: &PublicKey) -> Self {
        let hash = keccak256(&public_key.serialize_uncompressed()[1..]);
        let mut address = [0; 20];
        address.copy_from_slice(&hash[12..]);
        Self(address)
    }
}

/// Upper and lower case make no difference: people copy addresses from places that ignore the checksum.
impl FromStr for EthAddress {
    type Err = EthError;

    fn from_str(text: &str) -> Result<Self, EthError> {
        let mut address = [0; 20];
        let digits = text.strip_prefix("0x").ok_or(EthError::Address)?;
        hex::decode_to_slice(digits, &mut address).map_err(|_| EthError::Address)?;
        Ok(Self(address))
    }
}

/// With the upper and lower case of the EIP-55 checksum.
impl fmt::Display for EthAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = hex::encode(self.0);
        let checksum = hex::encode(keccak256(digits.as_bytes()));
        let cased = digits
            .chars()
            .zip(checksum.chars())
            .map(|(digit, check)| if check >= '8' { digit.to_ascii_uppercase() } else { digit });
        write!(f, "0x{}", cased.collect::<String>())
    }
}

impl fmt::Debug for EthAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An Ethereum private key. `Debug` shows nothing of it.
#[derive(Debug)]
pub struct EthKey(SecretBytes<32>);

impl EthKey {
    /// Reads `0x` and 1 to 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, EthError> {
        let bytes = read_hex(text)?;
        let mut checked = SecretKey::from_byte_array(*bytes).map_err(|_| EthError::KeyOutOfRange)?;
        checked.non_secure_erase();
        Ok(Self(SecretBytes::new(*bytes)))
    }

    /// The address this key owns.
    pub fn address(&self) -> EthAddress {
        self.with_secret(|secret| EthAddress::of(&secret.public_key(&Secp256k1::signing_only())))
    }

    /// Signs 32 bytes as they are: deterministic (RFC 6979), `s` in the lower half.
    pub fn sign_digest(&self, digest: &[u8; 32]) -> EthSignature {
        let curve = Secp256k1::signing_only();
        let message = Message::from_digest(*digest);
        let signature = self.with_secret(|secret| curve.sign_ecdsa_recoverable(message, secret));
        let (recovery, parts) = signature.serialize_compact();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&parts);
        bytes[64] = V_BASE + u8::from(recovery == RecoveryId::One);
        EthSignature(bytes)
    }

    fn with_secret<T>(&self, work: impl FnOnce(&SecretKey) -> T) -> T {
        let mut secret =
            SecretKey::from_byte_array(*self.0.expose()).expect("the range was checked on reading");
        let outcome = work(&secret);
        secret.non_secure_erase();
        outcome
    }
}

/// 65 bytes: r, s, and v of 27 or 28.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EthSignature([u8; 65]);

impl EthSignature {
    /// The signature with these bytes; [`EthSignature::recover`] says whether they mean anything.
    pub const fn new(bytes: [u8; 65]) -> Self {
        Self(bytes)
    }

    /// r ‖ s ‖ v.
    pub const fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }

    /// `0x` and 130 digits, the text wallets hand out.
    pub fn wire(&self) -> String {
        format!("0x{}", hex::encode(self.0))
    }

    /// The first 32 bytes.
    pub fn r(&self) -> [u8; 32] {
        let mut r = [0; 32];
        r.copy_from_slice(&self.0[..32]);
        r
    }

    /// Who signed `digest`. Any well-formed signature names some address: compare it.
    pub fn recover(&self, digest: &[u8; 32]) -> Result<EthAddress, EthError> {
        let recovery = match self.0[64].wrapping_sub(V_BASE) {
            0 => RecoveryId::Zero,
            1 => RecoveryId::One,
            _ => return Err(EthError::Signature),
        };
        let signature = RecoverableSignature::from_compact(&self.0[..64], recovery);
        let signature = signature.map_err(|_| EthError::Signature)?;
        let curve = Secp256k1::verification_only();
        let signer = curve.recover_ecdsa(Message::from_digest(*digest), &signature);
        signer.map(|key| EthAddress::of(&key)).map_err(|_| EthError::Signature)
    }
}

/// Reads `0x` and 130 digits.
impl FromStr for EthSignature {
    type Err = EthError;

    fn from_str(text: &str) -> Result<Self, EthError> {
        let mut bytes = [0; 65];
        let digits = text.strip_prefix("0x").ok_or(EthError::SignatureText)?;
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| EthError::SignatureText)?;
        Ok(Self(bytes))
    }
}

/// A signature can be a seed of a key, so it is not shown.
impl fmt::Debug for EthSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[signature]")
    }
}

/// What a wallet signs for a text (EIP-191 personal message); lighter.md 4.4 uses it to register keys.
pub fn personal_message_hash(text: &str) -> [u8; 32] {
    keccak256(format!("\x19Ethereum Signed Message:\n{}{text}", text.len()).as_bytes())
}

/// Signs a text as a wallet does.
pub fn sign_personal(key: &EthKey, text: &str) -> EthSignature {
    key.sign_digest(&personal_message_hash(text))
}

/// Who signed a text. Any well-formed signature names some address: compare it with the one expected.
pub fn recover_personal(text: &str, signature: &EthSignature) -> Result<EthAddress, EthError> {
    signature.recover(&personal_message_hash(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ORDER: &str = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    #[test]
    fn addresses_carry_the_checksum_of_eip_55_and_are_read_in_any_case() {
        for official in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            let address: EthAddress = official.to_lowercase().parse().expect("an address");
            assert_eq!(address.to_string(), official);
            assert_eq!(official.parse(), Ok(address));
        }
        for text in [
            "",
            "0x",
            "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        ] {
            assert_eq!(text.parse::<EthAddress>(), Err(EthError::Address), "{text}");
        }
    }

    #[test]
    fn a_personal_message_is_signed_as_the_common_wallets_sign_it() {
        let key = EthKey::from_hex("0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318");
        let key = key.expect("a key");
        assert_eq!(key.address().to_string(), "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23");
        let hash = "1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655";
        assert_eq!(hex::encode(personal_message_hash("Some data")), hash);
        let signature = sign_personal(&key, "Some data");
        let expected = "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd\
                        6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";
        assert_eq!(signature.wire(), expected);
        assert_eq!(expected.parse(), Ok(signature));
    }

    #[test]
    fn the_length_in_the_hash_counts_bytes_and_not_characters() {
        let expected = keccak256("\x19Ethereum Signed Message:\n2\u{e9}".as_bytes());
        assert_eq!(personal_message_hash("\u{e9}"), expected);
    }

    #[test]
    fn keys_out_of_range_and_malformed_signatures_are_refused() {
        assert_eq!(EthKey::from_hex("0x0").err(), Some(EthError::KeyOutOfRange));
        assert_eq!(EthKey::from_hex(ORDER).err(), Some(EthError::KeyOutOfRange));
        assert_eq!(
            EthKey::from_hex("0xg").err(),
            Some(EthError::KeyText(HexTextError::NotHex { position: 3 }))
        );
        let good = sign_personal(&EthKey::from_hex("0x1").expect("a key"), "text");
        for v in [0, 1, 26, 29, 255] {
            let mut bytes = *good.as_bytes();
            bytes[64] = v;
            assert_eq!(
                recover_personal("text", &EthSignature::new(bytes)),
                Err(EthError::Signature),
                "v {v}"
            );
        }
        let mut zero_r = [0; 65];
        zero_r[64] = 27;
        assert_eq!(recover_personal("text", &EthSignature::new(zero_r)), Err(EthError::Signature));
    }

    proptest! {
        #[test]
        fn the_signer_is_recovered_from_its_signature_only(seed in 1u64.., text in ".{0,60}") {
            let key = EthKey::from_hex(&format!("{seed:#x}")).expect("a key");
            let signature = sign_personal(&key, &text);
            prop_assert_eq!(recover_personal(&text, &signature), Ok(key.address()));
            prop_assert_ne!(recover_personal(&format!("{text}."), &signature), Ok(key.address()));
        }

        #[test]
        fn recovering_survives_any_bytes(r in any::<[u8; 32]>(), s in any::<[u8; 32]>(), v in any::<u8>()) {
            let mut bytes = [v; 65];
            bytes[..32].copy_from_slice(&r);
            bytes[32..64].copy_from_slice(&s);
            let _ = recover_personal("text", &EthSignature::new(bytes));
        }
    }
}
