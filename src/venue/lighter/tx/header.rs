//! Who sends a transaction and until when it holds.

use super::invalid::InvalidTx;
use super::limits::{MAX_ACCOUNT, MAX_API_KEY, MAX_TIMESTAMP_MS, MIN_ACCOUNT, in_range};

/// One API key slot of one account: what a key signs for and what nonces are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeySlot {
    account: u64,
    api_key: u8,
}

impl KeySlot {
    /// Checks account index (1 to 2^48 - 2) and API key index (0 to 254).
    pub fn new(account: i64, api_key: i64) -> Result<Self, InvalidTx> {
        let account = in_range(
            account,
            MIN_ACCOUNT..=MAX_ACCOUNT,
            [InvalidTx::AccountTooLow, InvalidTx::AccountTooHigh],
        )?;
        let api_key =
            in_range(api_key, 0..=MAX_API_KEY, [InvalidTx::ApiKeyTooLow, InvalidTx::ApiKeyTooHigh])?;
        Ok(Self { account, api_key: u8::try_from(api_key).map_err(|_| InvalidTx::ApiKeyTooHigh)? })
    }

    /// The account index.
    pub fn account(self) -> u64 {
        self.account
    }

    /// The API key index.
    pub fn api_key(self) -> u8 {
        self.api_key
    }
}

/// What every transaction carries besides its own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxHeader {
    chain_id: u32,
    slot: KeySlot,
    nonce: u64,
    expired_at_ms: u64,
}

impl TxHeader {
    /// The venue's cap on nonces, which the signer does not enforce.
    pub const MAX_NONCE_AT_VENUE: u64 = (1 << 48) - 1;

    /// Checks nonce (not negative) and expiry (unix milliseconds, 0 to 2^48 - 1).
    ///
    /// `chain_id` is the signing chain of lighter.md 1: hashed, but not part of the text.
    pub fn new(chain_id: u32, slot: KeySlot, nonce: i64, expired_at_ms: i64) -> Result<Self, InvalidTx> {
        let nonce = u64::try_from(nonce).map_err(|_| InvalidTx::NonceTooLow)?;
        let expired_at_ms = in_range(expired_at_ms, 0..=MAX_TIMESTAMP_MS, [InvalidTx::ExpiredAt; 2])?;
        Ok(Self { chain_id, slot, nonce, expired_at_ms })
    }

    /// The signing chain id.
    pub fn chain_id(&self) -> u32 {
        self.chain_id
    }

    /// Account and API key.
    pub fn slot(&self) -> KeySlot {
        self.slot
    }

    /// The transaction's number within its slot.
    pub fn nonce(&self) -> u64 {
        self.nonce
    }

    /// Unix milliseconds from which the transaction can no longer execute.
    pub fn expired_at_ms(&self) -> u64 {
        self.expired_at_ms
    }
}
