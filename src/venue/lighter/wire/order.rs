//! Order records, as REST and the account stream share them (lighter.md 2.2).

use super::number;
use crate::domain::{ClientOrderId, Price, Qty, Usd};
use serde::Deserialize;

#[derive(Deserialize)]
struct Raw {
    #[serde(default, deserialize_with = "number::id")]
    order_index: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    client_order_index: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    client_order_id: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    owner_account_index: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    market_index: Option<u64>,
    #[serde(default, deserialize_with = "number::decimal")]
    filled_base_amount: Option<Qty>,
    #[serde(default, deserialize_with = "number::decimal")]
    filled_quote_amount: Option<Usd>,
    status: String,
}

/// What matters of one order record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct OrderRecord {
    /// The venue's number of the order, when sent.
    pub order_index: Option<u64>,
    /// Our id; `None` for an order placed without one (another program, or by hand).
    pub cid: Option<ClientOrderId>,
    /// Whose order it is, when sent.
    pub owner: Option<u64>,
    /// Its market, when sent.
    pub market: Option<u64>,
    /// Cumulative filled size.
    pub filled: Qty,
    /// Cumulative filled value.
    pub filled_quote: Option<Usd>,
    /// The venue's word.
    pub status: String,
}

/// Whether an order can still be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// `filled`, `canceled` or any word that starts so.
    Ended,
    /// In progress, pending or open.
    Alive,
    /// A word nobody documented: proves nothing.
    Unclear,
}

impl OrderRecord {
    /// Reads the status word. Any unknown word starting with `canceled` is an end.
    pub fn life(&self) -> Life {
        match self.status.as_str() {
            "filled" => Life::Ended,
            "in-progress" | "pending" | "open" => Life::Alive,
            word if word.starts_with("canceled") => Life::Ended,
            _ => Life::Unclear,
        }
    }

    /// Volume weighted fill price: filled value by filled size, never initial minus remaining (lighter.md 2.2).
    pub fn average(&self) -> Option<Price> {
        self.filled_quote
            .filter(|value| value.is_positive())
            .and_then(|value| Price::average(value, self.filled))
    }
}

impl TryFrom<Raw> for OrderRecord {
    type Error = &'static str;

    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        let filled = raw.filled_base_amount.ok_or("an order without filled_base_amount")?;
        if filled < Qty::ZERO {
            return Err("an order with a negative fill");
        }
        let number = raw.client_order_index.or(raw.client_order_id).unwrap_or(0);
        Ok(Self {
            order_index: raw.order_index,
            cid: ClientOrderId::from_number(number),
            owner: raw.owner_account_index,
            market: raw.market_index,
            filled,
            filled_quote: raw.filled_quote_amount,
            status: raw.status,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(status: &str, filled: &str, quote: &str) -> OrderRecord {
        let text = format!(
            r#"{{"order_index":562953635421737,"client_order_index":42,"owner_account_index":10,
                "initial_base_amount":"0.0100","remaining_base_amount":"0.00000","base_size":0,"side":"",
                "filled_base_amount":"{filled}","filled_quote_amount":"{quote}","status":"{status}","brand_new":[1]}}"#
        );
        serde_json::from_str(&text).expect("an order")
    }

    #[test]
    fn every_canceled_word_is_an_end_and_no_other_unknown_word_is() {
        for (word, life) in [
            ("filled", Life::Ended),
            ("canceled", Life::Ended),
            ("canceled-too-much-slippage", Life::Ended),
            ("canceled-by-a-rule-of-next-year", Life::Ended),
            ("open", Life::Alive),
            ("in-progress", Life::Alive),
            ("pending", Life::Alive),
            ("settled", Life::Unclear),
        ] {
            assert_eq!(record(word, "0.0", "0").life(), life, "{word}");
        }
    }

    #[test]
    fn the_fill_is_what_the_venue_calls_filled_not_initial_minus_remaining() {
        let partial = record("canceled-not-enough-liquidity", "0.0020", "160.883600");
        assert_eq!(partial.filled.to_string(), "0.002");
        assert_eq!(partial.average().expect("average").to_string(), "80441.8");
        assert_eq!(record("canceled", "0.0000", "0.000000").average(), None);
    }

    #[test]
    fn a_record_without_its_cumulative_fill_is_refused() {
        assert!(
            serde_json::from_str::<OrderRecord>(r#"{"status":"filled","client_order_index":42}"#).is_err()
        );
        assert!(
            serde_json::from_str::<OrderRecord>(r#"{"status":"filled","filled_base_amount":"-1"}"#).is_err()
        );
    }
}
