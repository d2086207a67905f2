//! Answers of a venue that has moved on: fields and words no client knows yet.

use super::Frame;
use serde_json::{Value, json};

/// Members whose text comes from a closed list.
const LISTED: [&str; 8] =
    ["flags", "cancel_reason", "fill_type", "order_type", "time_in_force", "liquidity", "state", "role"];

/// Adds fields to every object of a JSON text; anything else stays as it is.
pub(super) fn with_new_fields(text: &str) -> String {
    rewritten(text, &mut |object| {
        object.insert("added_in_2027".to_owned(), json!({ "depth": [1, "two", null, 3.5] }));
    })
}

/// Replaces words of closed lists by ones that are on no list.
pub(super) fn with_new_words(text: &str) -> String {
    rewritten(text, &mut |object| {
        for name in LISTED {
            match object.get_mut(name) {
                Some(Value::String(word)) if !word.is_empty() => *word = "ADDED_IN_2027".to_owned(),
                Some(Value::Array(words)) => words.push(json!("ADDED_IN_2027")),
                _ => {}
            }
        }
    })
}

/// A frame changed by one of the above; binary frames have fixed fields.
pub(super) fn changed(frame: Frame, change: fn(&str) -> String) -> Frame {
    match frame {
        Frame::Text(text) => Frame::Text(change(&text)),
        Frame::Binary(bytes) => Frame::Binary(bytes),
    }
}

fn rewritten(text: &str, change: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) -> String {
    let Ok(mut value) = serde_json::from_str(text) else { return text.to_owned() };
    visit(&mut value, change);
    let end = if text.ends_with('\n') { "\n" } else { "" };
    format!("{value}{end}")
}

fn visit(value: &mut Value, change: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            // Names that are keys, such as market numbers, get company only where a record stands.
            let is_record = members.values().any(|member| !member.is_object() && !member.is_array());
            members.values_mut().for_each(|member| visit(member, change));
            if is_record {
                change(members);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
