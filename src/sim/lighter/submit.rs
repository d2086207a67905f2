//! Transactions on their way in, from either transport: limits, checks, quota, queue. All or nothing for a batch.

use super::LighterSim;
use super::admission::{Admission, Predecessor};
use super::model::{Accepted, Action};
use super::rate::Caller;
use super::refusal::Refusal;
use crate::domain::Wall;
use serde::Deserialize;

/// Most transactions in one batch.
const MAX_BATCH: usize = 50;

/// One transaction as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Type number.
    pub tx_type: u8,
    /// JSON text.
    pub info: String,
}

/// The answer to accepted transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Hashes in order.
    pub hashes: Vec<String>,
    /// When the last of them runs.
    pub due: Wall,
    /// What the quota says: JSON text.
    pub message: String,
    /// Volume quota left.
    pub quota: i64,
}

impl LighterSim {
    /// Takes transactions, or says why not. Accepted ones are queued, not executed.
    pub(super) fn submit(&mut self, now: Wall, submissions: &[Submission]) -> Result<Receipt, Refusal> {
        let types: Vec<u8> = submissions.iter().map(|submission| submission.tx_type).collect();
        let caller = submissions.first().map_or(Caller::Network, |first| self.sender(&first.info));
        self.limits.send(now, &caller, &types)?;
        if let Some(refusal) = self.wanted_refusal(now) {
            return Err(refusal);
        }
        let accepted = self.admit_all(now, submissions)?;
        let account = accepted.first().map_or(0, |tx| tx.account);
        let mut delay = 0;
        let mut message = String::new();
        for tx in &accepted {
            let charge = self.exchange.charge_quota(now, account, spends_quota(&tx.action))?;
            delay = delay.max(charge.delay);
            message = charge.message;
        }
        let mut receipt = Receipt { hashes: Vec::new(), due: now, message, quota: 0 };
        for tx in accepted {
            receipt.hashes.push(tx.hash.clone());
            receipt.due = self.exchange.accept(now, tx, delay);
        }
        receipt.quota = self.exchange.accounts.get(&account).map_or(0, |account| account.quota);
        Ok(receipt)
    }

    fn admit_all(&self, now: Wall, submissions: &[Submission]) -> Result<Vec<Accepted>, Refusal> {
        let admission = Admission { exchange: &self.exchange, chain_id: self.options.chain_id, now };
        let mut accepted: Vec<Accepted> = Vec::with_capacity(submissions.len());
        for submission in submissions {
            let after =
                accepted.last().map(|tx| Predecessor { account: tx.account, slot: tx.slot, nonce: tx.nonce });
            accepted.push(admission.admit(submission.tx_type, &submission.info, after)?);
        }
        Ok(accepted)
    }

    /// Who a transaction says it is from, for the limits only.
    fn sender(&self, info: &str) -> Caller {
        #[derive(Deserialize)]
        struct From {
            #[serde(rename = "AccountIndex")]
            account: i64,
        }
        let account = serde_json::from_str::<From>(info)
            .ok()
            .and_then(|from| self.exchange.accounts.get(&from.account));
        account.map_or(Caller::Network, |account| self.owner_of(account))
    }
}

/// Reads the two texts of a batch: types as a JSON array of numbers, infos as a JSON array of texts.
pub fn read_batch(types: &str, infos: &str) -> Result<Vec<Submission>, Refusal> {
    let types: Vec<u8> = serde_json::from_str(types).map_err(|_| Refusal::UnreadableTxInfo)?;
    let infos: Vec<String> = serde_json::from_str(infos).map_err(|_| Refusal::UnreadableTxInfo)?;
    if types.len() != infos.len() {
        return Err(Refusal::BatchLengthMismatch);
    }
    if types.len() > MAX_BATCH {
        return Err(Refusal::BatchTooLong);
    }
    if types.is_empty() {
        return Err(Refusal::UnreadableTxInfo);
    }
    Ok(types.into_iter().zip(infos).map(|(tx_type, info)| Submission { tx_type, info }).collect())
}

/// Creates, modifies and cancel-alls cost quota; single cancels do not (lighter.md 2.4).
fn spends_quota(action: &Action) -> bool {
    match action {
        Action::Create(_) | Action::Modify(_) | Action::CancelAll(_) => true,
        Action::Cancel { .. }
        | Action::Leverage { .. }
        | Action::ChangeKey { .. }
        | Action::MoveMargin { .. } => false,
    }
}
