//! Transaction records and the sequencer's verdict inside them (lighter.md 2.2 EnrichedTx, 6.4).

use super::number;
use super::reply::ApiRefusal;
use serde::Deserialize;
use serde_json::Value;

/// What matters of one transaction record.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TransactionRecord {
    /// Hash as sent; compare with [`TransactionRecord::is`].
    #[serde(default)]
    hash: String,
    #[serde(default, deserialize_with = "number::integer")]
    status: Option<i64>,
    #[serde(default)]
    event_info: Option<Value>,
    /// Account that signed it, when sent.
    #[serde(default, deserialize_with = "number::id")]
    pub account_index: Option<u64>,
}

/// What the sequencer made of a transaction. Executed does not mean accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Status 0: it never changed anything.
    Failed,
    /// Not executed yet.
    Pending,
    /// Executed, and the application refused it: final, no order exists.
    Refused(ApiRefusal),
    /// Executed and accepted: the order exists or existed.
    Accepted,
    /// Executed, or so it seems, but the verdict is not there yet.
    Undecided,
}

impl TransactionRecord {
    /// Whether this is the transaction with `hash` (lower-case hexadecimal).
    pub fn is(&self, hash: &str) -> bool {
        let own = self.hash.strip_prefix("0x").unwrap_or(&self.hash);
        own.eq_ignore_ascii_case(hash)
    }

    /// The hash in the form we compute it.
    pub fn hash(&self) -> String {
        self.hash.strip_prefix("0x").unwrap_or(&self.hash).to_ascii_lowercase()
    }

    /// Status and event info read together.
    pub fn verdict(&self) -> Verdict {
        match self.status {
            Some(0) => Verdict::Failed,
            Some(1) => Verdict::Pending,
            Some(2..) => application_verdict(self.event_info.as_ref()),
            Some(_) | None => Verdict::Undecided,
        }
    }
}

/// `ae` of the event info: empty when accepted, else the refusal as JSON text inside the text.
fn application_verdict(event_info: Option<&Value>) -> Verdict {
    let event = match event_info {
        Some(Value::String(text)) => serde_json::from_str::<Value>(text).ok(),
        Some(object @ Value::Object(_)) => Some(object.clone()),
        _ => None,
    };
    match event.as_ref().and_then(|event| event.get("ae")) {
        None | Some(Value::Null) => Verdict::Undecided,
        Some(Value::String(text)) if text.is_empty() => Verdict::Accepted,
        Some(Value::String(text)) => Verdict::Refused(ApiRefusal::from_text(text)),
        Some(other) => Verdict::Refused(ApiRefusal::from_text(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: i64, event_info: &str) -> Verdict {
        let record: TransactionRecord = serde_json::from_value(
            serde_json::json!({"hash": "0xAB", "status": status, "event_info": event_info}),
        )
        .expect("a record");
        assert!(record.is("ab") && !record.is("abc"));
        record.verdict()
    }

    #[test]
    fn executed_is_not_accepted() {
        let refused = r#"{"m":1,"ae":"{\"code\":21738,\"message\":\"invalid reduce only direction\"}"}"#;
        let expected = ApiRefusal { code: Some(21738), message: "invalid reduce only direction".to_owned() };
        assert_eq!(verdict(2, refused), Verdict::Refused(expected.clone()));
        assert_eq!(verdict(3, refused), Verdict::Refused(expected));
        assert_eq!(verdict(2, r#"{"ae":""}"#), Verdict::Accepted);
        assert_eq!(verdict(5, r#"{"ae":""}"#), Verdict::Accepted);
    }

    #[test]
    fn an_absent_verdict_is_no_acceptance() {
        for nothing in ["", "{}", "not json", r#"{"ae":null}"#] {
            assert_eq!(verdict(2, nothing), Verdict::Undecided, "{nothing}");
        }
        assert_eq!(verdict(0, r#"{"ae":""}"#), Verdict::Failed);
        assert_eq!(verdict(1, r#"{"ae":""}"#), Verdict::Pending);
    }

    #[test]
    fn any_text_in_the_verdict_is_a_refusal() {
        let Verdict::Refused(refusal) = verdict(2, r#"{"ae":"order too odd"}"#) else {
            panic!("not refused")
        };
        assert_eq!((refusal.code, refusal.message.as_str()), (None, "order too odd"));
    }
}
