//! Volume quota of the paying tiers: orders spend it, volume earns it, one transaction in 15 s is free (lighter.md 2.4).

use super::super::refusal::Refusal;
use super::super::switches::QuotaExhausted;
use super::Exchange;
use crate::domain::Wall;

const FREE_EVERY_MILLIS: i64 = 15_000;
const UNUSED: &str = r#"{"ratelimit": "didn't use volume quota"}"#;

/// What a transaction costs its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// How much later it runs, in milliseconds.
    pub delay: i64,
    /// The text that goes with the answer.
    pub message: String,
}

impl Exchange {
    /// Takes the quota for one transaction.
    pub fn charge_quota(&mut self, now: Wall, account: i64, spends: bool) -> Result<Charge, Refusal> {
        let exhausted = self.switches.quota_exhausted;
        let owner = self.accounts.get_mut(&account).ok_or(Refusal::AccountNotFound)?;
        let free = Charge { delay: 0, message: UNUSED.to_owned() };
        if !spends || !owner.tier.has_quota() {
            return Ok(free);
        }
        let since_free = owner.quota_free_at.map_or(i64::MAX, |at| now.millis() - at.millis());
        if since_free >= FREE_EVERY_MILLIS {
            owner.quota_free_at = Some(now);
            return Ok(free);
        }
        if owner.quota > 0 {
            owner.quota -= 1;
            let message = format!(r#"{{"ratelimit": "{} volume quota remaining"}}"#, owner.quota);
            return Ok(Charge { delay: 0, message });
        }
        match exhausted {
            QuotaExhausted::Refused => Err(Refusal::TooManyRequests),
            QuotaExhausted::Delayed => Ok(Charge { delay: FREE_EVERY_MILLIS - since_free, ..free }),
        }
    }
}
