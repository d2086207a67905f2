//! Finds the Lighter account of an owner: the one that has our key in our slot (lighter.md 2.2).
//! Used before there is a session. Asks through a function it is handed and opens no socket itself.

use super::wire::account::{KeyList, OwnedAccounts};
use super::wire::reply::{self, ApiError};
use super::wire::request;
use crate::signing::ecgfp5::PublicKey;
use crate::venue::http::{HttpFailure, HttpReply};
use thiserror::Error;

/// What to look for, and where.
#[derive(Clone, Debug)]
pub struct AccountSearch {
    /// REST base without `/api/v1`.
    pub rest_url: String,
    /// The owner's Ethereum address, 0x and 40 hex digits.
    pub owner: String,
    /// API key slot.
    pub slot: u8,
    /// The public key that must be registered there.
    pub key: PublicKey,
}

/// Why there is no account.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SearchError {
    /// The venue knows no account of this owner.
    #[error("Lighter knows no account of {owner}: check PARADEX_L1_ADDRESS, or set LIGHTER_ACCOUNT_INDEX")]
    NoAccount {
        /// Address.
        owner: String,
    },
    /// There are accounts, but our key is in none of them.
    #[error(
        "none of the Lighter accounts of {owner} ({accounts}) has the key of API_KEY_PRIVATE_KEY in slot {slot}: \
         check LIGHTER_API_KEY_INDEX, or set LIGHTER_ACCOUNT_INDEX"
    )]
    NoKey {
        /// Address.
        owner: String,
        /// Their indexes.
        accounts: String,
        /// Slot.
        slot: u8,
    },
    /// The venue could not be asked; later it may.
    #[error(
        "the Lighter account of {owner} cannot be looked up: {cause}; try again, or set LIGHTER_ACCOUNT_INDEX"
    )]
    NotAnswered {
        /// Address.
        owner: String,
        /// Why.
        cause: String,
    },
}

impl AccountSearch {
    /// Asks for the owner's accounts, then for the keys of each. `get` fetches one address.
    ///
    /// # Errors
    /// See [`SearchError`]; the sentence is for the operator.
    pub fn run(
        &self,
        mut get: impl FnMut(String) -> Result<HttpReply, HttpFailure>,
    ) -> Result<u64, SearchError> {
        let owner = || self.owner.clone();
        let unanswered =
            |cause: ApiError| SearchError::NotAnswered { owner: owner(), cause: cause.to_string() };
        let found = reply::read::<OwnedAccounts>(get(request::accounts_of(&self.rest_url, &self.owner)));
        let accounts = match found {
            Ok(list) => list.indexes(),
            Err(ApiError::Refused { .. }) => Vec::new(),
            Err(cause) => return Err(unanswered(cause)),
        };
        if accounts.is_empty() {
            return Err(SearchError::NoAccount { owner: owner() });
        }
        let own = self.key.to_string();
        for account in &accounts {
            match reply::read::<KeyList>(get(request::api_keys_of(&self.rest_url, *account, self.slot))) {
                Ok(list) if list.registered(self.slot).is_some_and(|key| key == own) => return Ok(*account),
                // No such key in this account: an empty list, zeros, or a refusal.
                Ok(_) | Err(ApiError::Refused { .. }) => {}
                Err(cause) => return Err(unanswered(cause)),
            }
        }
        let accounts: Vec<String> = accounts.iter().map(u64::to_string).collect();
        Err(SearchError::NoKey { owner: owner(), accounts: accounts.join(", "), slot: self.slot })
    }
}
