//! Auth tokens as the venue checks them: form, deadline, registered key, signature (lighter.md 4.5).

use super::model::Exchange;
use super::refusal::Refusal;
use crate::domain::Wall;
use crate::signing::ecgfp5::PublicKey;
use crate::venue::lighter::tx::AuthToken;

/// A token that was found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Account it speaks for.
    pub account: i64,
    /// Unix seconds until which it holds.
    pub deadline_s: i64,
}

/// Judges a token at this time.
pub fn check_token(exchange: &Exchange, now: Wall, token: &str) -> Result<Grant, Refusal> {
    if exchange.expired_tokens.contains(token) {
        return Err(Refusal::InvalidAuth("invalid deadline"));
    }
    let token = AuthToken::parse(token).map_err(|_| Refusal::InvalidAuth("invalid token"))?;
    if !token.is_timely(now.secs()) {
        return Err(Refusal::InvalidAuth("invalid deadline"));
    }
    let account = i64::try_from(token.slot().account()).map_err(|_| Refusal::InvalidAuth("invalid token"))?;
    let slot = exchange
        .accounts
        .get(&account)
        .and_then(|account| account.slots.get(&token.slot().api_key()))
        .filter(|slot| !slot.is_empty())
        .ok_or(Refusal::InvalidAuth("api key not found"))?;
    if !token.is_signed_by(&PublicKey(slot.key)) {
        return Err(Refusal::InvalidAuth("invalid signature"));
    }
    Ok(Grant { account, deadline_s: token.deadline_s() })
}

impl Grant {
    /// Whether the token opens this account: its own, or another one of the same L1 address.
    pub fn opens(&self, exchange: &Exchange, account: i64) -> Result<(), Refusal> {
        let address =
            |index: i64| exchange.accounts.get(&index).map(|account| account.l1_address.to_lowercase());
        let same_owner = address(self.account).is_some() && address(self.account) == address(account);
        if self.account == account || same_owner {
            return Ok(());
        }
        Err(Refusal::InvalidAuth("account index mismatch"))
    }
}
