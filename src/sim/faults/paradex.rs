//! The simulated Paradex under faults (paradex.md 2, 5, 7, 8).

use super::plan::{Class, Strike};
use super::{Faultable, Frame};
use crate::domain::Wall;
use crate::sim::paradex::ParadexSim;
use crate::transport::service::{Request, Response, Sent};
use crate::venue::paradex::sbe::Header;
use serde::Deserialize;
use serde_json::{Value, json};

/// What of a frame decides its class.
#[derive(Deserialize)]
struct Outline {
    #[serde(default)]
    id: Value,
    method: Option<String>,
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    channel: Option<String>,
}

/// Channels by the word before the first dot.
fn class_of_channel(channel: &str) -> Class {
    match channel.split('.').next().unwrap_or_default() {
        "bbo" => Class::Quote,
        "order_book" => Class::Book,
        "orders" => Class::Order,
        "fills" => Class::Fill,
        "positions" => Class::Position,
        "account" | "balance_events" => Class::Account,
        _ => Class::Other,
    }
}

/// Templates of the schema; heartbeats and answers to subscriptions are in none of the other classes.
fn class_of_template(bytes: &[u8]) -> Class {
    match Header::read(bytes).map(|header| header.template_id) {
        Ok(2) => Class::Quote,
        Ok(3) => Class::Book,
        Ok(20) => Class::Order,
        Ok(21) => Class::Fill,
        Ok(22) => Class::Position,
        Ok(23) => Class::Account,
        Ok(_) | Err(_) => Class::Other,
    }
}

impl Faultable for ParadexSim {
    fn class_of_sent(&self, frame: &Frame) -> Class {
        let text = match frame {
            Frame::Binary(bytes) => return class_of_template(bytes),
            Frame::Text(text) => text,
        };
        match serde_json::from_str::<Outline>(text) {
            Ok(Outline { params: Some(Params { channel: Some(channel) }), .. }) => class_of_channel(&channel),
            Ok(Outline { id, .. }) if !id.is_null() => Class::Answer,
            Ok(_) | Err(_) => Class::Other,
        }
    }

    fn class_of_text(&self, text: &str) -> Class {
        let method = serde_json::from_str::<Outline>(text).ok().and_then(|outline| outline.method);
        if method.is_some_and(|method| method.starts_with("order.")) { Class::Send } else { Class::Control }
    }

    fn class_of_request(&self, request: &Request) -> Class {
        let path = request.path.strip_prefix("/v1").unwrap_or(&request.path);
        if path.starts_with("/auth") || path.starts_with("/onboarding") {
            Class::HttpAuth
        } else if path.starts_with("/orders") && request.method != "GET" {
            Class::HttpOrder
        } else {
            Class::HttpRead
        }
    }

    fn refusal_frame(&self, _now: Wall, request: &str, code: &str) -> Option<String> {
        let id = serde_json::from_str::<Outline>(request).ok()?.id;
        let error = match code.parse::<i64>() {
            Ok(number) => json!({"code": number, "message": "refused"}),
            Err(_) => json!({"code": 100, "message": "method error", "data": format!("{code}: refused")}),
        };
        Some(format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "error": error})))
    }

    fn refusal_response(&self, code: &str) -> Response {
        let status = match code {
            "RATE_LIMIT_EXCEEDED" => 429,
            "INVALID_TOKEN" | "UNAUTHORIZED_ERROR" => 401,
            "SERVICE_UNAVAILABLE" => 503,
            _ => 400,
        };
        Response::json(status, &json!({"error": code, "message": "refused", "data": null}))
    }

    fn strike(&mut self, _now: Wall, _strike: &Strike, _out: &mut Vec<Sent>) {}

    fn recover(&mut self, _now: Wall, _strike: &Strike, _out: &mut Vec<Sent>) {}
}
