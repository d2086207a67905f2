//! Order requests from JSON to checked values: form, time, signature (paradex.md 3.1, 3.5, 4.1). The same for REST and
//! WebSocket.

use super::ParadexSim;
use super::model::{Change, NewOrder, Symbol};
use super::refusal::{Code, Refusal};
use super::words::{Instruction, Kind, SelfTrade};
use crate::domain::{AmountError, Price, Qty, Side, Wall};
use crate::signing::stark::{Felt, Message, OrderFields, Quanta, Signature, felt_from_decimal, verify};
use crate::sim::exchange::book::Owner;
use serde::Deserialize;
use serde_json::Value;

/// `recv_window` where none is given, and the least, in milliseconds.
const RECV_WINDOW_MS: i64 = 300_000;
const RECV_WINDOW_MIN_MS: i64 = 10;

/// The body of a new order. Null is as good as absent; unknown fields are ignored; a wrong type refuses the request.
#[derive(Debug, Deserialize)]
struct OrderBody {
    market: String,
    side: String,
    #[serde(rename = "type")]
    kind: String,
    size: String,
    price: Option<String>,
    instruction: Option<String>,
    signature: String,
    signature_timestamp: i64,
    client_id: Option<String>,
    flags: Option<Vec<String>>,
    recv_window: Option<i64>,
    stp: Option<String>,
    trigger_price: Option<String>,
    /// Only in a modification.
    id: Option<String>,
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::ValidationError, message)
}

/// A size or price the venue can hold: a decimal of at most eight places, or the scientific form of the official client.
fn units(field: &str, text: &str) -> Result<i64, Refusal> {
    if text.parse::<Price>() == Err(AmountError::TooFine) {
        return Err(invalid(format!("{field} {text:?} is finer than 0.00000001")));
    }
    let quanta: Quanta = text.parse().map_err(|reason| invalid(format!("{field} {text:?} is {reason}")))?;
    i64::try_from(quanta.units()).map_err(|_| invalid(format!("{field} {text:?} is out of range")))
}

impl OrderBody {
    fn read(value: &Value) -> Result<Self, Refusal> {
        Self::deserialize(value).map_err(|cause| Refusal::new(Code::BindingError, cause.to_string()))
    }

    fn side(&self) -> Result<Side, Refusal> {
        match self.side.as_str() {
            "BUY" => Ok(Side::Buy),
            "SELL" => Ok(Side::Sell),
            other => Err(invalid(format!("side {other:?} is neither BUY nor SELL"))),
        }
    }

    fn price(&self) -> Result<Price, Refusal> {
        self.price.as_deref().map_or(Ok(Price::ZERO), |text| Ok(Price::from_units(units("price", text)?)))
    }

    fn trigger(&self) -> Result<Option<Price>, Refusal> {
        let given = self.trigger_price.as_deref().filter(|text| !text.is_empty());
        let price = given.map(|text| units("trigger_price", text)).transpose()?;
        Ok(price.map(Price::from_units).filter(|price| !price.is_zero()))
    }

    /// The only flags of requests; `MMP` is taken from the official client and means nothing here.
    fn reduce_only(&self) -> Result<bool, Refusal> {
        let flags = self.flags.as_deref().unwrap_or_default();
        match flags.iter().find(|flag| !matches!(flag.as_str(), "REDUCE_ONLY" | "MMP")) {
            Some(other) => Err(invalid(format!("flag {other:?} is not allowed in a request"))),
            None => Ok(flags.iter().any(|flag| flag == "REDUCE_ONLY")),
        }
    }

    /// No instruction is GTC; an order at market can only be immediate.
    fn instruction(&self, kind: Kind) -> Result<Instruction, Refusal> {
        match self.instruction.as_deref() {
            None | Some("") if kind == Kind::Market => Ok(Instruction::Ioc),
            None | Some("") => Ok(Instruction::Gtc),
            Some(word) => Instruction::from_word(word)
                .ok_or_else(|| invalid(format!("instruction {word:?} is unknown"))),
        }
    }

    fn self_trade(&self) -> Result<SelfTrade, Refusal> {
        match self.stp.as_deref() {
            None | Some("") => Ok(SelfTrade::ExpireTaker),
            Some(word) => {
                SelfTrade::from_word(word).ok_or_else(|| invalid(format!("stp {word:?} is unknown")))
            }
        }
    }

    fn asked(&self) -> Result<NewOrder, Refusal> {
        let unknown = || Refusal::new(Code::MarketNotFound, format!("market {:?} is unknown", self.market));
        let symbol = Symbol::from_name(&self.market).ok_or_else(unknown)?;
        let kind =
            Kind::from_word(&self.kind).ok_or_else(|| invalid(format!("type {:?} is unknown", self.kind)))?;
        let recv_window_ms = self.recv_window.unwrap_or(RECV_WINDOW_MS);
        if recv_window_ms < RECV_WINDOW_MIN_MS {
            return Err(invalid(format!("recv_window must be at least {RECV_WINDOW_MIN_MS} ms")));
        }
        Ok(NewOrder {
            symbol,
            side: self.side()?,
            kind,
            size: Qty::from_units(units("size", &self.size)?),
            price: self.price()?,
            trigger: self.trigger()?,
            instruction: self.instruction(kind)?,
            client_id: self.client_id.clone().unwrap_or_default(),
            reduce_only: self.reduce_only()?,
            self_trade: self.self_trade()?,
            signed_ms: self.signature_timestamp,
            recv_window_ms,
        })
    }

    /// What its owner signed: the texts as they stand here.
    fn fields(&self) -> Result<OrderFields, Refusal> {
        let timestamp = u64::try_from(self.signature_timestamp)
            .map_err(|_| Refusal::new(Code::InvalidTimestamp, "signature_timestamp is below zero"))?;
        let (side, price) = (self.side()?, self.price.as_deref());
        OrderFields::from_wire(timestamp, &self.market, side, &self.kind, &self.size, price)
            .map_err(|reason| invalid(reason.to_string()))
    }

    fn signature(&self) -> Result<Signature, Refusal> {
        Signature::from_wire(&self.signature)
            .map_err(|reason| Refusal::new(Code::InvalidOrderSignature, reason.to_string()))
    }
}

impl ParadexSim {
    /// A new order, readable, in time and signed by its owner. The rules of the market come next.
    pub(super) fn read_order(&self, now: Wall, owner: Owner, value: &Value) -> Result<NewOrder, Refusal> {
        let body = OrderBody::read(value)?;
        let asked = body.asked()?;
        self.in_time(now, &asked)?;
        self.signed(owner, &Message::Order(body.fields()?), &body.signature()?)?;
        Ok(asked)
    }

    /// A modification with the id of its order, readable, in time and signed by the owner.
    pub(super) fn read_change(
        &self,
        now: Wall,
        owner: Owner,
        value: &Value,
        path_id: Option<&str>,
    ) -> Result<(String, NewOrder, Change), Refusal> {
        let body = OrderBody::read(value)?;
        let asked = body.asked()?;
        self.in_time(now, &asked)?;
        let id = body.id.as_deref().or(path_id).unwrap_or_default().to_owned();
        if path_id.is_some_and(|path_id| path_id != id) {
            return Err(invalid("the id of the path and the id of the body differ"));
        }
        let order_id = felt_from_decimal(&id).map_err(|_| order_id_not_found(&id))?;
        self.signed(owner, &Message::ModifyOrder { order: body.fields()?, order_id }, &body.signature()?)?;
        let change = Change { size: asked.size, price: asked.price, trigger: asked.trigger };
        Ok((id, asked, change))
    }

    /// The signature's time bounds when the request may arrive.
    fn in_time(&self, now: Wall, asked: &NewOrder) -> Result<(), Refusal> {
        let age_ms = now.millis().saturating_sub(asked.signed_ms);
        if age_ms > asked.recv_window_ms {
            let message = format!("the order arrived {age_ms} ms after it was signed, beyond recv_window");
            return Err(Refusal::new(Code::InvalidTimestamp, message));
        }
        if age_ms < -self.options.switches.timestamp_ahead_max_ms {
            return Err(Refusal::new(Code::InvalidTimestamp, "signature_timestamp is in the future"));
        }
        Ok(())
    }

    fn signed(&self, owner: Owner, message: &Message, signature: &Signature) -> Result<(), Refusal> {
        let account = self.exchange.account(owner);
        let hash = self.domain.for_account(account.address).message_hash(message);
        let mut keys = account.keys();
        if keys.any(|key: &Felt| verify(key, &hash, signature)) {
            return Ok(());
        }
        Err(Refusal::new(Code::InvalidOrderSignature, "signature does not match the order"))
    }
}

/// The refusal of an id nobody has.
pub(super) fn order_id_not_found(id: &str) -> Refusal {
    Refusal::new(Code::OrderIdNotFound, format!("order id not found: {id}"))
}
