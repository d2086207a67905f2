//! Registering an API key: the new key signs the transaction, the owner's wallet signs a text (lighter.md 4.4).
//! The wallet's signature is made by `signing::ethereum`.

use super::header::TxHeader;
use crate::signing::ecgfp5::PublicKey;
use crate::signing::ethereum::EthSignature;

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

/// Puts a key into the slot the header names; forty zero bytes revoke the slot's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangePubKey {
    /// The key to register, which signs the transaction too.
    pub public_key: PublicKey,
    /// The wallet's signature of [`change_pub_key_message`]; not hashed.
    pub l1_signature: EthSignature,
}
