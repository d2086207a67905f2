//! The part of an order that its owner signs (paradex.md 3.1, 3.5).
//! Not the order: instruction, flags and client id travel unsigned.

use super::{Felt, FeltTextError, Quanta, QuantaError, felt_from_text};
use crate::domain::Side;

/// The order type whose signed price is always zero.
const MARKET: &str = "MARKET";

/// Why the texts of an order cannot be signed or checked; names the field at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderFieldsError {
    /// The market name.
    #[error("market: {0}")]
    Market(FeltTextError),
    /// The order type.
    #[error("type: {0}")]
    OrderType(FeltTextError),
    /// The size.
    #[error("size: {0}")]
    Size(QuantaError),
    /// The price.
    #[error("price: {0}")]
    Price(QuantaError),
}

/// What the hash of an order covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderFields {
    /// `signature_timestamp`, ms.
    pub timestamp_ms: u64,
    /// Market name as a felt; see [`felt_from_text`].
    pub market: Felt,
    /// Direction; signed as 1 (buy) or 2 (sell).
    pub side: Side,
    /// Order type as a felt, such as the short string `LIMIT`.
    pub order_type: Felt,
    /// Size in units of 1e-8.
    pub size: Quanta,
    /// Limit price in units of 1e-8; zero for MARKET.
    pub price: Quanta,
}

impl OrderFields {
    /// The signed part of an order as its texts stand on the wire, with the price a MARKET order signs: none.
    pub fn from_wire(
        timestamp_ms: u64,
        market: &str,
        side: Side,
        order_type: &str,
        size: &str,
        price: Option<&str>,
    ) -> Result<Self, OrderFieldsError> {
        let price = match price {
            Some(text) if order_type != MARKET => text.parse().map_err(OrderFieldsError::Price)?,
            _ => Quanta::ZERO,
        };
        Ok(Self {
            timestamp_ms,
            market: felt_from_text(market).map_err(OrderFieldsError::Market)?,
            side,
            order_type: felt_from_text(order_type).map_err(OrderFieldsError::OrderType)?,
            size: size.parse().map_err(OrderFieldsError::Size)?,
            price,
        })
    }

    /// The members of the signed struct in its order.
    pub(super) fn members(&self) -> [Felt; 6] {
        let side = match self.side {
            Side::Buy => Felt::ONE,
            Side::Sell => Felt::TWO,
        };
        let timestamp = Felt::from(self.timestamp_ms);
        [timestamp, self.market, side, self.order_type, self.size.into(), self.price.into()]
    }
}
