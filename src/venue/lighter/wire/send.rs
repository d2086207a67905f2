//! Transactions over the socket: the frame that sends one, and the many shapes of its answer (lighter.md 5.3).

use super::frame::{Envelope, integer};
use super::reply::ApiRefusal;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An answer to a send, or an error without a type, which may concern any frame of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendReply {
    /// Our id, as text, wherever the frame carries it.
    pub id: Option<String>,
    /// Transaction hash, lower case.
    pub tx_hash: Option<String>,
    /// The answer.
    pub outcome: Result<Accepted, ApiRefusal>,
}

/// The venue took the transaction; nothing was executed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// When it will be executed, unix milliseconds, when the venue says so.
    pub predicted_ms: Option<i64>,
}

#[derive(Default, Deserialize)]
struct Inner<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tx_hash: Option<&'a RawValue>,
}

/// Reads a frame that is no channel data: `None` when it is neither an acceptance nor a refusal.
pub(super) fn read(frame: &Envelope<'_>) -> Option<SendReply> {
    let inner: Inner<'_> =
        frame.data.and_then(|data| serde_json::from_str(data.get()).ok()).unwrap_or_default();
    let error = frame.error.or(inner.error);
    let code = frame.code.or(inner.code).and_then(integer);
    let message = frame.message.or(inner.message).and_then(text).unwrap_or_default();
    let outcome = match (error, code) {
        (Some(error), _) => Err(refusal(error, code)),
        (None, Some(200)) => {
            Ok(Accepted { predicted_ms: frame.predicted_execution_time_ms.and_then(integer) })
        }
        (None, Some(code)) => Err(ApiRefusal::new(Some(code), &message)),
        (None, None) => return None,
    };
    Some(SendReply {
        id: frame.id.or(inner.id).and_then(text),
        tx_hash: frame.tx_hash.or(inner.tx_hash).and_then(text).map(|hash| hash.to_ascii_lowercase()),
        outcome,
    })
}

/// `error` is an object with code and message, or a bare text.
fn refusal(error: &RawValue, outer_code: Option<i64>) -> ApiRefusal {
    let words = text(error).unwrap_or_else(|| error.get().to_owned());
    let mut refusal = ApiRefusal::from_text(&words);
    refusal.code = refusal.code.or(outer_code.filter(|code| *code != 200));
    refusal
}

/// A string's content, or a number's digits.
fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str::<String>(raw.get()).ok().or_else(|| integer(raw).map(|number| number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::frame::Frame;
    use super::*;

    fn reply(frame: &str) -> SendReply {
        match Frame::parse(frame) {
            Ok(Frame::Reply(reply)) => reply,
            other => panic!("{frame} read as {other:?}"),
        }
    }

    fn refused(code: i64, message: &str) -> Result<Accepted, ApiRefusal> {
        Err(ApiRefusal::new(Some(code), message))
    }

    #[test]
    fn recorded_answers_read() {
        let accepted = reply(
            r#"{"code":200,"id":"probe-b","predicted_execution_time_ms":1791528509552,"tx_hash":"AB12","type":"jsonapi/sendtx"}"#,
        );
        assert_eq!((accepted.id.as_deref(), accepted.tx_hash.as_deref()), (Some("probe-b"), Some("ab12")));
        assert_eq!(accepted.outcome, Ok(Accepted { predicted_ms: Some(1_791_528_509_552) }));
        let nonce = reply(r#"{"error":{"code":21104,"message":"invalid nonce"},"id":"probe-c"}"#);
        assert_eq!((nonce.id.as_deref(), nonce.outcome), (Some("probe-c"), refused(21104, "invalid nonce")));
        let bare = reply(r#"{"error":{"code":21501,"message":"invalid tx info"}}"#);
        assert_eq!((bare.id, bare.outcome), (None, refused(21501, "invalid tx info")));
    }

    #[test]
    fn ids_and_codes_are_found_wherever_they_stand() {
        for frame in [
            r#"{"id":7,"code":21120,"message":"invalid signature"}"#,
            r#"{"type":"jsonapi/sendtx","data":{"id":"7","code":21120,"message":"invalid signature"}}"#,
            r#"{"type":"error","data":{"id":7},"error":{"code":21120,"message":"invalid signature"}}"#,
            r#"{"type":"error","id":"7","code":21120,"message":"invalid signature"}"#,
        ] {
            let found = reply(frame);
            assert_eq!(
                (found.id.as_deref(), found.outcome),
                (Some("7"), refused(21120, "invalid signature")),
                "{frame}"
            );
        }
        let bare = reply(r#"{"error":"no such thing","code":200}"#);
        assert_eq!(bare.outcome, Err(ApiRefusal::new(None, "no such thing")));
    }
}
