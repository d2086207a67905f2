//! Order requests as REST bodies and WebSocket parameters carry them (paradex.md 4.1): strict where the venue is, and
//! accepting what its official client sends.

use super::model::order::{Instruction, Kind, OrderRequest, SelfTrade};
use super::model::{Reject, market_index};
use crate::domain::{Price, Qty, Side};
use crate::signing::stark::{OrderFields, Quanta, Signature};
use serde_json::{Map, Value};

/// A parsed order with what its owner signed.
#[derive(Clone, Debug)]
pub struct SignedOrder {
    /// The request.
    pub request: OrderRequest,
    /// What the signature covers.
    pub fields: OrderFields,
    /// The signature.
    pub signature: Signature,
}

/// Reads one order object.
pub fn order(body: &Value) -> Result<SignedOrder, Reject> {
    let object = body.as_object().ok_or_else(|| invalid("an order must be an object"))?;
    let market_text = text(object, "market")?;
    let market = market_index(market_text)
        .ok_or_else(|| Reject::new("MARKET_NOT_FOUND", format!("market {market_text} does not exist")))?;
    let side = match text(object, "side")? {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return Err(invalid("side must be BUY or SELL")),
    };
    let kind_text = text(object, "type")?;
    let kind = match kind_text {
        "LIMIT" => Kind::Limit,
        "MARKET" => Kind::Market,
        other => return Err(invalid(&format!("order type {other} is not available"))),
    };
    let instruction = instruction(object, kind)?;
    let size_text = text(object, "size")?;
    let price_text = optional_text(object, "price")?;
    let signature_timestamp =
        number(object, "signature_timestamp")?.ok_or_else(|| invalid("signature_timestamp is required"))?;
    let timestamp_ms =
        u64::try_from(signature_timestamp).map_err(|_| invalid("signature_timestamp is negative"))?;
    let fields = OrderFields::from_wire(timestamp_ms, market_text, side, kind_text, size_text, price_text)
        .map_err(|cause| invalid(&cause.to_string()))?;
    let signature = Signature::from_wire(text(object, "signature")?)
        .map_err(|cause| Reject::new("INVALID_ORDER_SIGNATURE", cause.to_string()))?;
    let request = OrderRequest {
        market,
        side,
        kind,
        instruction,
        size: Qty::from_units(exact(size_text, "size")?),
        price: Price::from_units(price_text.map_or(Ok(0), |text| exact(text, "price"))?),
        client_id: optional_text(object, "client_id")?.unwrap_or_default().to_owned(),
        reduce_only: reduce_only(object)?,
        stp: self_trade(object)?,
        signature_timestamp,
        recv_window: number(object, "recv_window")?.unwrap_or(300_000),
    };
    Ok(SignedOrder { request, fields, signature })
}

fn instruction(object: &Map<String, Value>, kind: Kind) -> Result<Instruction, Reject> {
    match (optional_text(object, "instruction")?, kind) {
        (Some("IOC"), Kind::Limit) => Ok(Instruction::Ioc),
        (Some("POST_ONLY"), Kind::Limit) => Ok(Instruction::PostOnly),
        (None | Some("" | "GTC"), Kind::Limit) => Ok(Instruction::Gtc),
        // The official client sends GTC with MARKET; it is executed at once all the same.
        (None | Some("" | "GTC" | "IOC"), Kind::Market) => Ok(Instruction::Ioc),
        (Some("RPI"), _) => {
            Err(Reject::new("RPI_ACCOUNT_NOT_WHITELISTED", "account is not whitelisted for RPI orders"))
        }
        (Some(other), _) => Err(invalid(&format!("instruction {other} does not fit the order type"))),
    }
}

fn reduce_only(object: &Map<String, Value>) -> Result<bool, Reject> {
    match object.get("flags") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Array(flags)) => flags.iter().try_fold(false, |found, flag| match flag.as_str() {
            Some("REDUCE_ONLY") => Ok(true),
            Some("MMP") => Ok(found),
            _ => Err(invalid("flags may hold REDUCE_ONLY only")),
        }),
        Some(_) => Err(invalid("flags must be a list")),
    }
}

fn self_trade(object: &Map<String, Value>) -> Result<SelfTrade, Reject> {
    match optional_text(object, "stp")? {
        None | Some("" | "EXPIRE_TAKER") => Ok(SelfTrade::ExpireTaker),
        Some("EXPIRE_MAKER") => Ok(SelfTrade::ExpireMaker),
        Some("EXPIRE_BOTH") => Ok(SelfTrade::ExpireBoth),
        Some(_) => Err(invalid("stp must be EXPIRE_TAKER, EXPIRE_MAKER or EXPIRE_BOTH")),
    }
}

/// A decimal that fits 1e-8 exactly; the venue would otherwise execute another number than the one signed.
fn exact(text: &str, field: &str) -> Result<i64, Reject> {
    let quanta: Quanta = text.parse().map_err(|cause| invalid(&format!("{field}: {cause}")))?;
    i64::try_from(quanta.units()).map_err(|_| invalid(&format!("{field} is out of range")))
}

/// A required text field.
pub fn text<'a>(object: &'a Map<String, Value>, field: &str) -> Result<&'a str, Reject> {
    optional_text(object, field)?.ok_or_else(|| invalid(&format!("{field} is required")))
}

fn optional_text<'a>(object: &'a Map<String, Value>, field: &str) -> Result<Option<&'a str>, Reject> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Reject::new("BINDING_ERROR", format!("{field} must be a string"))),
    }
}

fn number(object: &Map<String, Value>, field: &str) -> Result<Option<i64>, Reject> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .map(Some)
            .ok_or_else(|| Reject::new("BINDING_ERROR", format!("{field} must be an integer"))),
    }
}

fn invalid(message: &str) -> Reject {
    Reject::new("VALIDATION_ERROR", message)
}
