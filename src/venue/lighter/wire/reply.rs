//! REST answers: what counts as a success, and what a failure proves (lighter.md 2.1, 2.5).

use super::number;
use crate::venue::http::{HttpFailure, HttpReply};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use thiserror::Error;

/// The venue's own words for a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRefusal {
    /// Numeric code, when the text has one.
    pub code: Option<i64>,
    /// Explanation.
    pub message: String,
}

impl ApiRefusal {
    /// Longest venue text carried into reports and logs.
    const LONGEST: usize = 300;

    /// A refusal with a code; the text is cut to a printable length.
    pub fn new(code: Option<i64>, message: &str) -> Self {
        let printable = message.chars().map(|c| if c.is_control() { ' ' } else { c });
        Self { code, message: printable.take(Self::LONGEST).collect() }
    }

    /// Reads `{"code":..,"message":..}`; any other text becomes the message.
    pub fn from_text(text: &str) -> Self {
        match serde_json::from_str::<Envelope>(text) {
            Ok(Envelope { code, message }) if code.is_some() => {
                Self::new(code, message.as_deref().unwrap_or_default())
            }
            _ => Self::new(None, text),
        }
    }
}

/// Why a question over REST has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApiError {
    /// The venue answered with a code other than 200.
    #[error("Lighter refused: {message} ({code})")]
    Refused {
        /// Numeric code.
        code: i64,
        /// Explanation.
        message: String,
    },
    /// HTTP 429, 405 from the firewall, or a code that says the same.
    #[error("too many requests (HTTP {status})")]
    Limited {
        /// HTTP status.
        status: u16,
        /// How long to stay away.
        cooldown: Duration,
    },
    /// Any other answer that is not the venue's JSON, such as HTML from a proxy.
    #[error("HTTP status {status} without a usable answer")]
    Unusable {
        /// HTTP status.
        status: u16,
    },
    /// HTTP 200 whose fields do not read.
    #[error("unreadable answer: {0}")]
    Malformed(String),
    /// No answer at all.
    #[error("{0}")]
    NoAnswer(HttpFailure),
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "number::integer")]
    code: Option<i64>,
    #[serde(default)]
    message: Option<String>,
}

/// Cool-down of the firewall, and of an API limit that names none: weight 300 of 24,000 a minute.
const FIREWALL_COOLDOWN: Duration = Duration::from_secs(60);
const API_COOLDOWN: Duration = Duration::from_millis(750);

/// The code of an answer, when it has one.
pub fn code(answer: &Result<HttpReply, HttpFailure>) -> Option<i64> {
    serde_json::from_slice::<Envelope>(&answer.as_ref().ok()?.body).ok()?.code
}

/// The answer as `T`, judged by its `code`, not by the HTTP status alone.
pub fn read<T: DeserializeOwned>(answer: Result<HttpReply, HttpFailure>) -> Result<T, ApiError> {
    let reply = answer.map_err(ApiError::NoAnswer)?;
    let status = reply.status;
    let named = reply.retry_after_s.map(|seconds| Duration::from_secs(u64::from(seconds)));
    if status == 429 || status == 405 {
        let usual = if status == 405 { FIREWALL_COOLDOWN } else { API_COOLDOWN };
        return Err(ApiError::Limited { status, cooldown: named.unwrap_or(usual) });
    }
    let envelope = serde_json::from_slice::<Envelope>(&reply.body);
    match envelope {
        // Limits may come with any status; whatever was asked, nothing was said about it (lighter.md 2.6).
        Ok(Envelope { code: Some(23_000..=23_004), .. }) => {
            Err(ApiError::Limited { status, cooldown: named.unwrap_or(API_COOLDOWN) })
        }
        Ok(Envelope { code: Some(code), message }) if code != 200 => {
            let ApiRefusal { message, .. } = ApiRefusal::new(None, message.as_deref().unwrap_or_default());
            Err(ApiError::Refused { code, message })
        }
        Ok(_) if status == 200 => {
            serde_json::from_slice(&reply.body).map_err(|error| ApiError::Malformed(error.to_string()))
        }
        Ok(_) | Err(_) => Err(ApiError::Unusable { status }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    struct Nonce {
        nonce: i64,
    }

    fn reply(status: u16, body: &str) -> Result<Nonce, ApiError> {
        read(Ok(HttpReply::plain(status, body.as_bytes().to_vec())))
    }

    #[test]
    fn success_is_judged_by_the_code_in_the_body() {
        assert_eq!(reply(200, r#"{"code":200,"nonce":722}"#), Ok(Nonce { nonce: 722 }));
        assert_eq!(reply(200, r#"{"nonce":722}"#), Ok(Nonce { nonce: 722 }));
        for status in [200, 400, 401, 500] {
            let refused = reply(status, r#"{"code":21104,"message":"invalid nonce"}"#);
            let expected = ApiError::Refused { code: 21104, message: "invalid nonce".to_owned() };
            assert_eq!(refused, Err(expected), "{status}");
        }
    }

    #[test]
    fn limits_and_foreign_pages_are_told_apart_from_refusals() {
        assert!(matches!(reply(405, "<html>"), Err(ApiError::Limited { cooldown: FIREWALL_COOLDOWN, .. })));
        assert!(matches!(reply(429, ""), Err(ApiError::Limited { status: 429, .. })));
        let limit = reply(400, r#"{"code":23000,"message":"Too Many Requests!"}"#);
        assert!(matches!(limit, Err(ApiError::Limited { status: 400, cooldown: API_COOLDOWN })));
        assert_eq!(reply(502, "<html>"), Err(ApiError::Unusable { status: 502 }));
        assert_eq!(reply(200, ""), Err(ApiError::Unusable { status: 200 }));
        assert!(matches!(reply(200, r#"{"code":200}"#), Err(ApiError::Malformed(_))));
    }
}
