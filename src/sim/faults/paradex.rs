//! The simulated Paradex under faults (paradex.md 2, 5, 7, 8).

use super::plan::{Class, State, Strike};
use super::{Faultable, Frame};
use crate::domain::Wall;
use crate::sim::exchange::book::Owner;
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::model::{Shape, Symbol, SystemStatus};
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

    /// Paradex announces no shutdown: that strike is none here.
    fn strike(&mut self, now: Wall, strike: &Strike, _out: &mut Vec<Sent>) {
        match strike {
            Strike::ExpireTokens => self.expire_tokens(),
            Strike::SkipSequence => {
                Symbol::ALL.into_iter().for_each(|symbol| self.exchange_mut().skip_book_number(symbol));
            }
            Strike::EmptyBook(time) => warp(self, Shape::Empty, now.after(*time)),
            Strike::CrossedBook(time) => warp(self, Shape::Crossed, now.after(*time)),
            Strike::PriceGap(bps, time) => warp(self, Shape::Off(*bps), now.after(*time)),
            Strike::State(state, _) => self.exchange_mut().status = status_of(*state),
            Strike::PartialFill => self.exchange_mut().fill_next_in_part(PARTLY),
            Strike::LateFill(time) => self.exchange_mut().run_next_late(*time),
            Strike::Swallow => self.exchange_mut().swallow_next(),
            Strike::BustFill => clients(self).into_iter().for_each(|owner| {
                self.exchange_mut().bust_newest_fill(owner);
            }),
            Strike::Liquidate => clients(self).into_iter().for_each(|owner| {
                self.exchange_mut().liquidate(owner);
            }),
            Strike::ForeignTrade => clients(self).into_iter().for_each(|owner| {
                Symbol::ALL.into_iter().for_each(|symbol| self.exchange_mut().trade_by_hand(owner, symbol));
            }),
            Strike::ClockOff(ms, _) => self.set_clock_off(*ms),
            Strike::Shutdown(_) | Strike::Cut | Strike::Stall(_) | Strike::Away(..) | Strike::Status(..) => {}
        }
    }

    fn recover(&mut self, _now: Wall, strike: &Strike, _out: &mut Vec<Sent>) {
        if let Strike::State(..) = strike {
            self.exchange_mut().status = SystemStatus::Ok;
        }
        if let Strike::ClockOff(..) = strike {
            self.set_clock_off(0);
        }
    }
}

fn clients(venue: &ParadexSim) -> Vec<Owner> {
    venue.exchange().accounts().iter().map(|account| account.owner).collect()
}

/// Percent of an order that is filled when it is filled in part.
const PARTLY: u8 = 40;

fn status_of(state: State) -> SystemStatus {
    match state {
        State::Maintenance => SystemStatus::Maintenance,
        State::CancelOnly => SystemStatus::CancelOnly,
        State::PostOnly => SystemStatus::PostOnly,
    }
}

fn warp(venue: &mut ParadexSim, shape: Shape, until: Wall) {
    Symbol::ALL.into_iter().for_each(|symbol| venue.exchange_mut().warp(symbol, shape, until));
}
