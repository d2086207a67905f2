//! JSON-RPC frames (paradex.md 5): requests in, results, errors and channel messages out, each ending in a newline.

use crate::domain::Wall;
use crate::sim::paradex::refusal::Refusal;
use serde_json::{Value, json};

/// Codes of refused frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcCode {
    /// Not JSON.
    Parse = -32700,
    /// Not a request; also a refused channel.
    InvalidRequest = -32600,
    /// No such method.
    MethodNotFound = -32601,
    /// Parameters of the wrong shape.
    InvalidParams = -32602,
    /// The method was refused; `data` carries the reason.
    Method = 100,
    /// No bearer in the request.
    MalformedBearer = 40110,
    /// The bearer is expired or not the venue's.
    InvalidBearer = 40111,
    /// Not signed in.
    Unauthenticated = 40300,
    /// A limit was reached.
    RateLimited = 42901,
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// Which.
    pub code: RpcCode,
    /// For people.
    pub message: String,
    /// The reason, where there is more to say.
    pub data: Option<String>,
}

impl RpcError {
    /// An error without `data`.
    pub fn new(code: RpcCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// An error with its reason in `data`.
    pub fn because(code: RpcCode, message: impl Into<String>, data: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: Some(data.into()) }
    }
}

impl From<Refusal> for RpcError {
    fn from(refusal: Refusal) -> Self {
        Self::because(RpcCode::Method, "method error", refusal.to_string())
    }
}

/// A request that is one.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcRequest {
    /// Number or text, echoed.
    pub id: Value,
    /// Method.
    pub method: String,
    /// Parameters; null when absent.
    pub params: Value,
}

/// Reads a text frame; the error comes with the id as far as there is one.
pub fn read(text: &str) -> Result<RpcRequest, (Value, RpcError)> {
    let frame: Value = serde_json::from_str(text).map_err(|cause| {
        (Value::Null, RpcError::because(RpcCode::Parse, "parse error", cause.to_string()))
    })?;
    let id = frame.get("id").filter(|id| id.is_i64() || id.is_u64() || id.is_string()).cloned();
    let refuse = |why: &str| {
        let error = RpcError::because(RpcCode::InvalidRequest, "invalid request", why);
        (id.clone().unwrap_or(Value::Null), error)
    };
    if frame.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(refuse("jsonrpc must be \"2.0\""));
    }
    let method = frame.get("method").and_then(Value::as_str).ok_or_else(|| refuse("method is missing"))?;
    let params = frame.get("params").cloned().unwrap_or(Value::Null);
    let method = method.to_owned();
    id.clone()
        .map(|id| RpcRequest { id, method, params })
        .ok_or_else(|| refuse("id must be a number or a text"))
}

/// Time the API spends on an answer, as it reports it, in microseconds.
const PROCESSING_US: i64 = 113;

fn timed(now: Wall, mut frame: Value) -> String {
    frame["usIn"] = json!(now.0);
    frame["usDiff"] = json!(PROCESSING_US);
    frame["usOut"] = json!(now.0 + PROCESSING_US);
    format!("{frame}\n")
}

/// A result.
pub fn result(now: Wall, id: &Value, result: Value) -> String {
    timed(now, json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

/// An error.
pub fn error(now: Wall, id: &Value, error: &RpcError) -> String {
    let mut body = json!({"code": error.code as i32, "message": error.message});
    if let Some(data) = &error.data {
        body["data"] = json!(data);
    }
    timed(now, json!({"jsonrpc": "2.0", "id": id, "error": body}))
}

/// A message of a channel.
pub fn message(channel: &str, data: &Value) -> String {
    format!(
        "{}\n",
        json!({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})
    )
}
