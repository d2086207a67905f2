//! Who we are on one Paradex network, and how that is proved (paradex.md 3).

use super::wire::{SystemConfig, WireError};
use crate::domain::Wall;
use crate::signing::stark::{
    AccountClasses, Felt, Message, MessageHasher, Nonce, SigningDomain, StarkKey, felt_from_hex,
};
use crate::venue::http::Method;

/// How long a sign-in signature is valid, seconds; the venue takes up to a week.
const SIGNATURE_LIFE_S: u64 = 1_800;

/// Method, path with query, and headers of a request.
pub(super) type Form = (Method, String, Vec<(&'static str, String)>);

/// What the network told us about itself and our account on it.
pub(super) struct Identity {
    /// Our account.
    pub account: Felt,
    /// Hashes messages for it.
    pub hasher: MessageHasher,
    /// The key is not the account's main key.
    pub is_subkey: bool,
}

impl Identity {
    /// From the network's configuration; `account` is needed with a subkey, else derived from the key.
    pub(super) fn new(
        config: &SystemConfig,
        key: &StarkKey,
        account: Option<Felt>,
    ) -> Result<Self, WireError> {
        let unusable = |_| WireError::Content("a class hash or chain id of /system/config is not usable");
        let classes = AccountClasses {
            proxy: felt_from_hex(&config.paraclear_account_proxy_hash).map_err(unusable)?,
            account: felt_from_hex(&config.paraclear_account_hash).map_err(unusable)?,
        };
        let domain = SigningDomain::new(&config.starknet_chain_id).map_err(unusable)?;
        let derived = classes.account_address(key.public_key());
        let account = account.unwrap_or(derived);
        Ok(Self { account, hasher: domain.for_account(account), is_subkey: account != derived })
    }

    /// A signed sign-in request; `None` when the clock or the key cannot make one.
    pub(super) fn sign_in(&self, key: &StarkKey, retail: bool, now: Wall) -> Option<Form> {
        let timestamp_s = u64::try_from(now.secs()).ok()?;
        let expiration_s = timestamp_s + SIGNATURE_LIFE_S;
        let hash = self.hasher.message_hash(&Message::Auth { timestamp_s, expiration_s });
        let signature = key.sign(&hash, Nonce::Plain).ok()?;
        let headers = vec![
            ("paradex-starknet-account", format!("{:#x}", self.account)),
            ("paradex-starknet-signature", signature.wire()),
            ("paradex-timestamp", timestamp_s.to_string()),
            ("paradex-signature-expiration", expiration_s.to_string()),
        ];
        let usage = if retail { "?token_usage=interactive" } else { "" };
        Some((Method::Post, format!("/auth/{:#x}{usage}", key.public_key()), headers))
    }

    /// Whether a message that names this account is ours. One that names none is.
    pub(super) fn is_ours(&self, account: &str) -> bool {
        account.is_empty() || felt_from_hex(account).ok() == Some(self.account)
    }
}
