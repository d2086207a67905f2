//! Accounts, their keys, nonces, limits and tiers.

use super::super::json_out::{account, api_key, detailed_account, limits};
use super::super::model::{Account, Tier};
use super::super::refusal::Refusal;
use super::Call;
use serde_json::{Value, json};

/// The slot number that means all.
const ALL_SLOTS: i64 = 255;
/// Slots below this belong to the venue's own apps.
const FIRST_FREE_SLOT: u8 = 4;
const DAY_MILLIS: i64 = 24 * 3_600_000;

impl Call<'_> {
    fn known(&self, index: i64) -> Option<&Account> {
        self.sim.exchange.accounts.get(&index)
    }

    fn of_address(&self, address: &str) -> Vec<&Account> {
        let same = |account: &&Account| account.l1_address.eq_ignore_ascii_case(address);
        self.sim.exchange.accounts.values().filter(same).collect()
    }

    pub(super) fn account(&self) -> Result<Value, Refusal> {
        let by = self.params.required("by")?;
        let value = self.params.required("value")?;
        let found = match by {
            "index" => vec![self.known(self.params.required_integer("value")?).ok_or(Refusal::NotFound)?],
            "l1_address" => self.of_address(value),
            _ => return Err(Refusal::InvalidParam("value of field \"by\" is not allowed".to_owned())),
        };
        if found.is_empty() {
            return Err(Refusal::AccountNotFound);
        }
        let rows: Vec<Value> =
            found.into_iter().map(|owner| detailed_account(&self.sim.exchange, owner)).collect();
        Ok(json!({ "code": 200, "total": rows.len(), "accounts": rows, "next_cursor": "" }))
    }

    pub(super) fn accounts_by_l1_address(&self) -> Result<Value, Refusal> {
        let address = self.params.required("l1_address")?;
        let found = self.of_address(address);
        let first = found.first().ok_or(Refusal::AccountNotFound)?;
        let rows: Vec<Value> = found.iter().map(|owner| account(&self.sim.exchange, owner)).collect();
        Ok(json!({ "code": 200, "l1_address": first.l1_address, "sub_accounts": rows }))
    }

    pub(super) fn api_keys(&self) -> Result<Value, Refusal> {
        let owner =
            self.known(self.params.required_integer("account_index")?).ok_or(Refusal::AccountNotFound)?;
        let wanted = self.params.integer("api_key_index")?.unwrap_or(ALL_SLOTS);
        let rows: Vec<Value> = owner
            .slots
            .iter()
            .filter(|(slot, _)| wanted == ALL_SLOTS || i64::from(**slot) == wanted)
            .map(|(slot, key)| api_key(owner, *slot, key))
            .collect();
        if rows.is_empty() {
            return Err(Refusal::ApiKeyNotFound);
        }
        Ok(json!({ "code": 200, "api_keys": rows }))
    }

    pub(super) fn next_nonce(&self) -> Result<Value, Refusal> {
        let account = self.params.required_integer("account_index")?;
        let slot = self.params.required_integer("api_key_index")?;
        let slot = u8::try_from(slot).map_err(|_| Refusal::InvalidApiKeyIndex)?;
        let nonce =
            self.known(account).and_then(|owner| owner.slots.get(&slot)).map_or(0, |slot| slot.accepted);
        Ok(json!({ "code": 200, "nonce": nonce }))
    }

    pub(super) fn account_limits(&self) -> Result<Value, Refusal> {
        let account = self.private_account("account_index")?;
        self.known(account).map(limits).ok_or(Refusal::AccountNotFound)
    }

    /// The tier belongs to the address: every account of it changes (lighter.md 2.3).
    pub(super) fn change_account_tier(&mut self) -> Result<Value, Refusal> {
        let account = self.private_account("account_index")?;
        let tier = Tier::parse(self.params.required("new_tier")?).ok_or(Refusal::InvalidTier)?;
        let owner = self.known(account).ok_or(Refusal::AccountNotFound)?;
        if owner.tier.name() == tier.name() {
            return Err(Refusal::SameTier);
        }
        let family: Vec<i64> =
            self.of_address(&owner.l1_address).iter().map(|account| account.index).collect();
        for index in &family {
            self.check_tier_change(*index)?;
        }
        for index in family {
            if let Some(account) = self.sim.exchange.accounts.get_mut(&index) {
                account.tier = tier;
                account.tier_changed = Some(self.now);
            }
        }
        Ok(json!({ "code": 200 }))
    }

    fn check_tier_change(&self, index: i64) -> Result<(), Refusal> {
        let owner = self.known(index).ok_or(Refusal::AccountNotFound)?;
        if owner.positions.values().any(|position| position.size != 0) {
            return Err(Refusal::TierOpenPositions);
        }
        if self.sim.exchange.orders.live_of(index).next().is_some() {
            return Err(Refusal::TierOpenOrders);
        }
        if owner.tier_changed.is_some_and(|at| self.now.millis() - at.millis() < DAY_MILLIS) {
            return Err(Refusal::TierTooFrequent);
        }
        Ok(())
    }

    pub(super) fn maker_only_api_keys(&self) -> Result<Value, Refusal> {
        let account = self.private_account("account_index")?;
        let owner = self.known(account).ok_or(Refusal::AccountNotFound)?;
        Ok(json!({ "code": 200, "api_key_indexes": owner.maker_only }))
    }

    /// Replaces the list; premium accounts only (lighter.md 4.7).
    pub(super) fn set_maker_only_api_keys(&mut self) -> Result<Value, Refusal> {
        let account = self.private_account("account_index")?;
        let invalid = || Refusal::InvalidParam("api_key_indexes".to_owned());
        let slots: Vec<u8> =
            serde_json::from_str(self.params.required("api_key_indexes")?).map_err(|_| invalid())?;
        let owner = self.sim.exchange.accounts.get_mut(&account).ok_or(Refusal::AccountNotFound)?;
        if !matches!(owner.tier, Tier::Premium(_)) || slots.iter().any(|slot| *slot < FIRST_FREE_SLOT) {
            return Err(invalid());
        }
        owner.maker_only = slots.into_iter().collect();
        Ok(json!({ "code": 200, "api_key_indexes": owner.maker_only }))
    }
}
