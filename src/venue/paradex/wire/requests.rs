//! The requests we send, as text (paradex.md 4.1, 5, 6). Decimals are plain: no exponent, no float.

use crate::domain::{OrderIntent, Side};
use crate::signing::stark::Signature;
use std::fmt::Write;

/// A request without parameters worth a type of their own.
#[derive(Clone, PartialEq, Eq)]
pub enum RpcRequest<'a> {
    /// Sign the connection in.
    Auth {
        /// The token; goes nowhere else.
        token: &'a str,
    },
    /// Subscribe to one channel.
    Subscribe {
        /// Its full name.
        channel: &'a str,
    },
    /// End a subscription.
    Unsubscribe {
        /// Its full name.
        channel: &'a str,
    },
    /// Cancel by our id.
    Cancel {
        /// Our id as text.
        client_id: &'a str,
        /// Market.
        market: &'a str,
    },
    /// Let the venue cancel what rests when this connection breaks.
    CancelOnDisconnect,
}

impl RpcRequest<'_> {
    /// The frame's text.
    pub fn text(&self, id: u64) -> String {
        let (method, params) = match self {
            Self::Auth { token } => ("auth", serde_json::json!({ "bearer": token })),
            Self::Subscribe { channel } => ("subscribe", serde_json::json!({ "channel": channel })),
            Self::Unsubscribe { channel } => ("unsubscribe", serde_json::json!({ "channel": channel })),
            Self::Cancel { client_id, market } => {
                ("order.cancel", serde_json::json!({ "client_id": client_id, "market": market }))
            }
            Self::CancelOnDisconnect => {
                ("order.cancel_on_disconnect", serde_json::json!({ "enabled": true }))
            }
        };
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#)
    }
}

/// The text of `order.create` for an immediate-or-cancel limit signed at `timestamp_ms`.
pub fn order_create(
    id: u64,
    intent: &OrderIntent,
    market: &str,
    timestamp_ms: u64,
    signature: &Signature,
) -> String {
    let side = match intent.side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    };
    let flags = if intent.purpose.reduce_only() { r#"["REDUCE_ONLY"]"# } else { "[]" };
    let wire = signature.wire();
    let mut text = String::with_capacity(640);
    let _ = write!(
        text,
        r#"{{"jsonrpc":"2.0","id":{id},"method":"order.create","params":{{"market":"{market}","side":"{side}","type":"LIMIT","size":"{}","price":"{}","instruction":"IOC","client_id":"{}","flags":{flags},"recv_window":{},"signature_timestamp":{timestamp_ms},"signature":{}}}}}"#,
        intent.qty,
        intent.bound,
        intent.cid,
        intent.valid_for.as_millis(),
        serde_json::Value::String(wire),
    );
    text
}
