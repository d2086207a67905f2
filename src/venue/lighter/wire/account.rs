//! Account records: balance, positions, registered keys, limits (lighter.md 2.2).

use super::container::{self, Rows};
use super::number;
use crate::domain::{Qty, Usd};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The answer of `account`.
#[derive(Deserialize)]
pub struct AccountReply {
    #[serde(default)]
    accounts: Vec<AccountRow>,
}

#[derive(Deserialize)]
struct AccountRow {
    #[serde(default, deserialize_with = "number::id")]
    index: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    account_index: Option<u64>,
    #[serde(default, deserialize_with = "number::decimal")]
    available_balance: Option<Usd>,
    #[serde(default)]
    positions: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "number::integer")]
    cancel_all_time: Option<i64>,
}

/// What matters of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Free collateral.
    pub free: Usd,
    /// Positions of every market ever touched.
    pub positions: Rows<Position>,
    /// When a scheduled cancel-all is due, in unix milliseconds.
    pub cancel_all_ms: Option<i64>,
}

impl AccountReply {
    /// Our account out of the answer; the error says what the answer was instead.
    pub fn of(self, account: u64) -> Result<Account, String> {
        let Some(row) = self.accounts.into_iter().next() else {
            return Err(format!("the answer has no account {account}"));
        };
        let index = row.index.or(row.account_index);
        if index != Some(account) {
            let other =
                index.map_or_else(|| "an unnamed account".to_owned(), |other| format!("account {other}"));
            return Err(format!("the answer is about {other}, not about account {account}"));
        }
        let free = row.available_balance.ok_or("the answer has no available_balance")?;
        let positions = row.positions.as_deref().map(container::rows).unwrap_or_default();
        let cancel_all_ms = row.cancel_all_time.filter(|at| *at > 0);
        Ok(Account { free, positions, cancel_all_ms })
    }
}

impl Account {
    /// The signed position in `market`; flat when no row speaks of it, an error when a row could not be read.
    pub fn position(&self, market: u64) -> Result<Qty, String> {
        match self.positions.rows.iter().find(|row| row.market_id == market) {
            Some(row) => Ok(row.signed),
            None if self.positions.unreadable == 0 => Ok(Qty::ZERO),
            None => Err("a position of the answer could not be read".to_owned()),
        }
    }
}

#[derive(Deserialize)]
struct RawPosition {
    #[serde(default, deserialize_with = "number::id")]
    market_id: Option<u64>,
    #[serde(default, deserialize_with = "number::integer")]
    sign: Option<i64>,
    #[serde(default, deserialize_with = "number::decimal")]
    position: Option<Qty>,
}

/// The position in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawPosition")]
pub struct Position {
    /// Market.
    pub market_id: u64,
    /// Signed size: below zero is short.
    pub signed: Qty,
}

impl TryFrom<RawPosition> for Position {
    type Error = &'static str;

    fn try_from(raw: RawPosition) -> Result<Self, Self::Error> {
        let size = raw.position.filter(|size| *size >= Qty::ZERO).ok_or("a position without a size")?;
        let signed = match raw.sign {
            Some(1) => size,
            Some(-1) => -size,
            _ if size.is_zero() => size,
            _ => return Err("a position without a sign"),
        };
        Ok(Self { market_id: raw.market_id.ok_or("a position without a market")?, signed })
    }
}

/// The answer of `accountsByL1Address`.
#[derive(Deserialize)]
pub struct OwnedAccounts {
    #[serde(default)]
    sub_accounts: Vec<AccountRow>,
}

impl OwnedAccounts {
    /// Their indexes, in the order of the answer: the master account first.
    pub fn indexes(self) -> Vec<u64> {
        self.sub_accounts.into_iter().filter_map(|row| row.index.or(row.account_index)).collect()
    }
}

/// The answer of `apikeys`.
#[derive(Deserialize)]
pub struct KeyList {
    #[serde(default)]
    api_keys: Vec<KeyRow>,
}

#[derive(Deserialize)]
struct KeyRow {
    #[serde(default, deserialize_with = "number::id")]
    api_key_index: Option<u64>,
    #[serde(default)]
    public_key: String,
}

impl KeyList {
    /// The public key registered in `slot`, lower-case without `0x`; `None` for an empty slot (listed as zeros).
    pub fn registered(&self, slot: u8) -> Option<String> {
        let row = self.api_keys.iter().find(|row| row.api_key_index == Some(u64::from(slot)))?;
        let key = row.public_key.strip_prefix("0x").unwrap_or(&row.public_key).to_ascii_lowercase();
        key.bytes().any(|digit| digit != b'0').then_some(key)
    }
}

/// The answer of `nextNonce`.
#[derive(Deserialize)]
pub struct NextNonce {
    /// The nonce the venue expects next.
    pub nonce: u64,
}

/// The answer of `/`.
#[derive(Deserialize)]
pub struct Status {
    /// Unix seconds.
    pub timestamp: i64,
}

/// The answer of `accountLimits`, as far as it matters.
#[derive(Deserialize)]
pub struct AccountLimits {
    /// `standard`, `plus`, `premium`, ...
    #[serde(default)]
    pub user_tier: Option<String>,
    /// Taker fee in 1e-6 of the value.
    #[serde(default, deserialize_with = "number::integer")]
    pub current_taker_fee_tick: Option<i64>,
}

/// The answer of `getMakerOnlyApiKeys`: slots that may not take (lighter.md 4.7).
#[derive(Deserialize)]
pub struct MakerOnlyKeys {
    /// Their numbers.
    #[serde(default)]
    pub api_key_indexes: Vec<u64>,
}

/// `user_stats`: the balance as the stream states it.
#[derive(Deserialize, Debug)]
pub struct UserStats {
    /// Free collateral.
    #[serde(default, deserialize_with = "number::decimal")]
    pub available_balance: Option<Usd>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> Result<Account, String> {
        serde_json::from_str::<AccountReply>(text).expect("an answer").of(10)
    }

    fn reply(positions: &str) -> String {
        format!(
            r#"{{"code":200,"accounts":[{{"code":0,"index":10,"available_balance":"1945.003244","positions":{positions}}}]}}"#
        )
    }

    #[test]
    fn size_is_unsigned_and_the_sign_stands_apart() {
        let rows = r#"[{"market_id":0,"sign":1,"position":"0.0000"},{"market_id":1,"sign":-1,"position":"0.03727"}]"#;
        let found = account(&reply(rows)).expect("ours");
        assert_eq!(found.position(1).map(|qty| qty.to_string()), Ok("-0.03727".to_owned()));
        assert_eq!(found.position(2), Ok(Qty::ZERO));
        assert_eq!(found.free.to_string(), "1945.003244");
    }

    #[test]
    fn an_unreadable_row_is_never_taken_for_flat() {
        let found = account(&reply(r#"[{"market_id":1,"sign":1,"position":"many"}]"#)).expect("ours");
        assert!(found.position(1).is_err());
        let found = account(&reply(r#"[{"market_id":1,"position":"0.5"}]"#)).expect("ours");
        assert!(found.position(1).is_err());
    }

    #[test]
    fn another_account_in_the_answer_is_an_error() {
        assert!(account(&reply("[]").replace("\"index\":10", "\"index\":11")).is_err());
        assert!(account(r#"{"code":200,"accounts":[]}"#).is_err());
    }

    #[test]
    fn an_empty_slot_lists_zeros() {
        let zeros = "0".repeat(80);
        let text = format!(
            r#"{{"api_keys":[{{"api_key_index":4,"public_key":"0xAB"}},{{"api_key_index":5,"public_key":"{zeros}"}}]}}"#
        );
        let keys: KeyList = serde_json::from_str(&text).expect("keys");
        assert_eq!(keys.registered(4).as_deref(), Some("ab"));
        assert_eq!((keys.registered(5), keys.registered(6)), (None, None));
    }
}
