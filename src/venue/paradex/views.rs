//! SBE messages as the same values the JSON codec gives: the session sees one shape, whatever the opcode was.

use super::sbe;
use super::wire::{AccountView, FillKind, FillView, OrderView, PositionView, WireError, other_currency};
use crate::domain::{Qty, Side, Usd};

/// An order message.
pub fn order(message: &sbe::Order<'_>) -> Result<OrderView, WireError> {
    let filled = message.size - message.size_open;
    if filled < Qty::ZERO || message.size_open < Qty::ZERO {
        return Err(WireError::Content("the open size does not fit the size"));
    }
    Ok(OrderView {
        account: format!("0x{}", hex::encode(message.account.0)),
        client_id: message.client_order_id.to_owned(),
        market: message.market.to_string(),
        closed: message.status == sbe::OrderStatus::Closed,
        filled,
        average: message.avg_fill_price.filter(|price| price.is_positive() && filled.is_positive()),
        cancel_reason: message.cancel_reason.to_owned(),
        created: Some(message.created_at),
    })
}

/// A fill message.
pub fn fill(message: &sbe::Fill<'_>) -> Result<FillView, WireError> {
    let side = match message.side {
        sbe::Side::Buy => Side::Buy,
        sbe::Side::Sell => Side::Sell,
        sbe::Side::Unknown(_) => return Err(WireError::Content("a fill has neither side")),
    };
    let kind = FillKind::from_number(message.fill_type.byte());
    let fee_currency = other_currency(message.fee_currency);
    Ok(FillView {
        account: format!("0x{}", hex::encode(message.account.0)),
        key: kind.key(message.fill_id),
        client_id: message.client_order_id.to_owned(),
        market: message.market.to_string(),
        side,
        qty: message.size,
        price: message.price,
        fee: if fee_currency.is_some() { Usd::ZERO } else { message.fee },
        fee_currency,
        at: message.created_at,
        kind,
    })
}

/// A position message: the size is a magnitude, side 1 is long.
pub fn position(message: &sbe::Position<'_>) -> Result<PositionView, WireError> {
    let magnitude = message.size.abs();
    let qty = match message.side {
        _ if message.status == sbe::PositionStatus::Closed => Qty::ZERO,
        sbe::Side::Buy => magnitude,
        sbe::Side::Sell => -magnitude,
        sbe::Side::Unknown(_) if magnitude.is_zero() => Qty::ZERO,
        sbe::Side::Unknown(_) => return Err(WireError::Content("a position has neither side")),
    };
    let account = format!("0x{}", hex::encode(message.account.0));
    Ok(PositionView { account, market: message.market.to_string(), qty })
}

/// An account message.
pub fn account(message: &sbe::Account<'_>) -> AccountView {
    let account = format!("0x{}", hex::encode(message.account.0));
    let trouble = (message.status != sbe::AccountStatus::Active)
        .then(|| format!("{:?}", message.status).to_uppercase());
    AccountView { account, free: message.free_collateral, trouble }
}
