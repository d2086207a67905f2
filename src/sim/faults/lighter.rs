//! The simulated Lighter under faults (lighter.md 2, 5).

use super::plan::{Class, State, Strike};
use super::{Faultable, Frame};
use crate::domain::Wall;
use crate::sim::lighter::{Fault, LighterSim, Shape, Trading};
use crate::transport::service::{Request, Response, Sent};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// What of a frame decides its class.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "type", default)]
    kind: String,
    data: Option<SendData>,
}

#[derive(Deserialize)]
struct SendData {
    id: Option<Value>,
}

/// Frame types by the channel after the slash; a frame without type is a refusal.
fn class_of_kind(kind: &str) -> Class {
    match kind.split_once('/') {
        Some(("jsonapi", _)) => Class::Answer,
        Some((_, "ticker")) => Class::Quote,
        Some((_, "order_book")) => Class::Book,
        Some((_, "account_all_orders" | "account_orders" | "account_tx")) => Class::Order,
        Some((_, "account_all_trades")) => Class::Fill,
        Some((_, "account_all_positions")) => Class::Position,
        Some((_, "account_all" | "account_market" | "user_stats" | "account_all_assets")) => Class::Account,
        Some(_) => Class::Other,
        None if kind.is_empty() => Class::Answer,
        None => Class::Other,
    }
}

impl Faultable for LighterSim {
    fn class_of_sent(&self, frame: &Frame) -> Class {
        let Frame::Text(text) = frame else { return Class::Other };
        serde_json::from_str::<Outline>(text).map_or(Class::Other, |outline| class_of_kind(&outline.kind))
    }

    fn class_of_text(&self, text: &str) -> Class {
        let outline = serde_json::from_str::<Outline>(text);
        let sends = outline.is_ok_and(|outline| outline.kind.starts_with("jsonapi/sendtx"));
        if sends { Class::Send } else { Class::Control }
    }

    fn class_of_request(&self, request: &Request) -> Class {
        match request.path.as_str() {
            "/api/v1/sendTx" | "/api/v1/sendTxBatch" => Class::HttpOrder,
            "/api/v1/apikeys" | "/api/v1/nextNonce" => Class::HttpAuth,
            _ => Class::HttpRead,
        }
    }

    fn refusal_frame(&self, _now: Wall, request: &str, code: &str) -> Option<String> {
        let data = serde_json::from_str::<Outline>(request).ok()?.data;
        let code: u32 = code.parse().unwrap_or_default();
        let mut frame = json!({"error": {"code": code, "message": "refused"}});
        if let Some(id) = data.and_then(|data| data.id) {
            frame["id"] = id;
        }
        Some(frame.to_string())
    }

    fn refusal_response(&self, code: &str) -> Response {
        let code: u32 = code.parse().unwrap_or_default();
        let status = if (23_000..=23_004).contains(&code) { 429 } else { 400 };
        Response::json(status, &json!({"code": code, "message": "refused"}))
    }

    /// The venue takes no fills back and knows no resting-only state: for those nothing happens.
    fn strike(&mut self, now: Wall, strike: &Strike, out: &mut Vec<Sent>) {
        match strike {
            Strike::Shutdown(time) => self.inject(now, Fault::Shutdown(millis(*time)), out),
            Strike::ExpireTokens => self.expire_tokens(now),
            Strike::SkipSequence => {
                self.market_ids().into_iter().for_each(|id| self.inject(now, Fault::BookGap(id), out));
            }
            Strike::EmptyBook(time) => warp(self, Shape::Empty, now.after(*time)),
            Strike::CrossedBook(time) => warp(self, Shape::Crossed, now.after(*time)),
            Strike::PriceGap(bps, time) => warp(self, Shape::Off(*bps), now.after(*time)),
            Strike::State(State::Maintenance, _) => trade(self, Trading::Inactive),
            Strike::State(State::CancelOnly, _) => trade(self, Trading::Frozen),
            Strike::PartialFill => self.fill_next_in_part(PARTLY),
            Strike::LateFill(time) => self.run_next_late(millis(*time)),
            Strike::Swallow => self.swallow_next(),
            Strike::Liquidate => self.liquidate(now),
            Strike::ForeignTrade => {
                self.market_ids().into_iter().for_each(|market| self.trade_by_hand(now, market));
            }
            Strike::ClockOff(ms, _) => self.set_clock_off(*ms),
            Strike::State(State::PostOnly, _)
            | Strike::BustFill
            | Strike::Cut
            | Strike::Stall(_)
            | Strike::Away(..)
            | Strike::Status(..) => {}
        }
    }

    fn recover(&mut self, _now: Wall, strike: &Strike, _out: &mut Vec<Sent>) {
        if matches!(strike, Strike::State(State::Maintenance | State::CancelOnly, _)) {
            trade(self, Trading::Active);
        }
        if let Strike::ClockOff(..) = strike {
            self.set_clock_off(0);
        }
    }
}

/// Percent of an order that is filled when it is filled in part.
const PARTLY: u8 = 40;

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn warp(venue: &mut LighterSim, shape: Shape, until: Wall) {
    venue.market_ids().into_iter().for_each(|id| venue.warp_market(id, shape, until));
}

fn trade(venue: &mut LighterSim, trading: Trading) {
    venue.market_ids().into_iter().for_each(|id| venue.set_trading(id, trading));
}
