//! JSON-RPC frames and REST error bodies (paradex.md 2.1, 5).

use super::WireError;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An error answer of either transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// Numeric code of the frame.
    pub code: i64,
    /// The venue's words.
    pub message: String,
    /// `data`, whatever its type, as text.
    pub data: String,
}

/// A REST error body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RestError {
    /// Such as `NOT_ONBOARDED`.
    #[serde(default)]
    pub error: String,
    /// The venue's words.
    #[serde(default)]
    pub message: String,
}

/// What a text frame is.
#[derive(Debug)]
pub enum Frame<'a> {
    /// The answer to the request with this id.
    Answer(u64, Answer<'a>),
    /// A message of a channel.
    Channel {
        /// Full channel name.
        channel: Cow<'a, str>,
        /// Its payload.
        data: &'a RawValue,
    },
    /// Anything else: an answer to nobody, or a method we do not know.
    Other,
}

/// How a request was answered.
#[derive(Debug)]
pub enum Answer<'a> {
    /// Its result.
    Result(&'a RawValue),
    /// Its refusal.
    Error(RpcError),
}

#[derive(Deserialize)]
struct RawFrame<'a> {
    #[serde(default)]
    id: Option<Value>,
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<RawError>,
    #[serde(borrow, default)]
    params: Option<RawParams<'a>>,
}

#[derive(Deserialize)]
struct RawError {
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Option<Value>,
}

#[derive(Deserialize)]
struct RawParams<'a> {
    #[serde(borrow)]
    channel: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Reads one text frame.
pub fn frame(text: &str) -> Result<Frame<'_>, WireError> {
    let raw: RawFrame<'_> = serde_json::from_str(text)?;
    if let Some(params) = raw.params {
        return Ok(Frame::Channel { channel: params.channel, data: params.data });
    }
    let Some(id) = raw.id.as_ref().and_then(request_id) else {
        return Ok(Frame::Other);
    };
    Ok(match (raw.error, raw.result) {
        (Some(error), _) => {
            let data = match error.data {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text,
                Some(other) => other.to_string(),
            };
            Frame::Answer(id, Answer::Error(RpcError { code: error.code, message: error.message, data }))
        }
        (None, Some(result)) => Frame::Answer(id, Answer::Result(result)),
        (None, None) => Frame::Other,
    })
}

/// Ids come back as they were sent, or as text.
fn request_id(id: &Value) -> Option<u64> {
    match id {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Reads a REST error body; an unreadable one (HTML of a proxy) gives empty words.
pub fn rest_error(body: &[u8]) -> RestError {
    serde_json::from_slice(body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_refusal_is_read_with_its_data() {
        let text = r#"{"jsonrpc":"2.0","id":3,"error":{"code":-32600,"message":"invalid subscribe request","data":"no parameters expected for deltas topic."}}"#;
        let Ok(Frame::Answer(3, Answer::Error(error))) = frame(text) else { panic!("an error answer") };
        assert_eq!((error.code, error.data.as_str()), (-32600, "no parameters expected for deltas topic."));
    }

    #[test]
    fn ids_may_come_back_as_text_and_frames_end_in_a_newline() {
        let text = "{\"jsonrpc\":\"2.0\",\"id\":\"7\",\"result\":{},\"usIn\":1,\"usDiff\":1,\"usOut\":2}\n";
        assert!(matches!(frame(text), Ok(Frame::Answer(7, Answer::Result(_)))));
    }

    #[test]
    fn html_in_place_of_json_is_no_panic() {
        assert!(frame("<html>502</html>").is_err());
        assert_eq!(rest_error(b"<html>502</html>"), RestError::default());
    }
}
