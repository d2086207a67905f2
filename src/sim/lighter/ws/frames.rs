//! Frames around the data: types, channels, errors.

use super::super::json_out::merge;
use super::super::refusal::Refusal;
use super::channel::Channel;
use crate::domain::Wall;
use serde_json::{Value, json};

/// `subscribed/..` with the full state.
pub fn subscribed(channel: Channel, body: Value) -> Value {
    envelope("subscribed", channel, body)
}

/// `update/..` with what changed.
pub fn update(channel: Channel, body: Value) -> Value {
    envelope("update", channel, body)
}

fn envelope(kind: &str, channel: Channel, body: Value) -> Value {
    merge(body, json!({ "channel": channel.frame(), "type": format!("{kind}/{}", channel.name()) }))
}

/// `{"error":{"code":..,"message":..}}`.
pub fn error(refusal: &Refusal) -> Value {
    json!({ "error": refusal.body() })
}

/// A body that carries the time of sending in milliseconds.
pub fn stamped(body: Value, now: Wall) -> Value {
    merge(body, json!({ "timestamp": now.millis() }))
}
