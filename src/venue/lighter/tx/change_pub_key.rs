//! Registering an API key: the new key signs the transaction, the owner's wallet signs a text (lighter.md 4.4).
//! The wallet's signature is made elsewhere.

use super::header::TxHeader;
use crate::signing::ecgfp5::PublicKey;

/// The text the owner's wallet signs as a personal message (EIP-191). It names no chain.
pub fn change_pub_key_message(public_key: &PublicKey, header: &TxHeader) -> String {
    let slot = header.slot();
    format!(
        "Register Lighter Account\n\npubkey: 0x{public_key}\nnonce: {:#018x}\naccount index: {:#018x}\n\
         api key index: {:#018x}\nOnly sign this message for a trusted client!",
        header.nonce(),
        slot.account(),
        slot.api_key(),
    )
}

/// A wallet's signature of 65 bytes: r, s and the recovery byte 27 or 28.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct L1Signature(pub [u8; 65]);

impl L1Signature {
    /// Reads `0x` and 130 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 65];
        hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// `0x` and 130 hexadecimal digits.
impl std::fmt::Display for L1Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

/// Puts a key into the slot the header names; forty zero bytes revoke the slot's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangePubKey {
    /// The key to register, which signs the transaction too.
    pub public_key: PublicKey,
    /// The wallet's signature of [`change_pub_key_message`]; not hashed.
    pub l1_signature: L1Signature,
}
