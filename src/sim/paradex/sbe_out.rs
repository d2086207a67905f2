//! The venue's messages in SBE (paradex.md 8): from the model to the tables of the schema.

use super::model::event::{BookStep, ShownAccount, ShownPosition, Touch};
use super::model::{Fill, Levels, Market, Order, Trade};
use crate::domain::{Price, Side, Wall};
use crate::signing::stark::{Felt, felt_from_hex};
use crate::venue::paradex::sbe::{
    self, AccountAddress, AccountStatus, EncodeError, FillFlags, FillType, Level, Levels as Entries, Message,
    OrderFlags, PkgType, PositionStatus, Rate8, Rate12, encode,
};

/// Best bid and offer; an empty side is null.
pub fn bbo(touch: &Touch) -> Message<'static> {
    Message::Bbo(sbe::Bbo {
        ts: touch.at,
        seq: touch.seq,
        bid_price: touch.bid.map(|level| level.0),
        bid_size: touch.bid.map(|level| level.1),
        ask_price: touch.ask.map(|level| level.0),
        ask_size: touch.ask.map(|level| level.1),
        market: touch.symbol.name().into(),
    })
}

/// A public trade; the numeric id is the low 64 bits of the full one.
pub fn trade(trade: &Trade) -> Message<'_> {
    let low_bits = trade.id.parse::<u128>().unwrap_or_default() as u64;
    Message::Trade(sbe::Trade {
        ts: trade.at,
        seq: trade.book_seq,
        trade_id: low_bits.cast_signed(),
        side: trade.side.into(),
        price: trade.price,
        size: trade.size,
        created_at: trade.at,
        trade_type: FillType::Fill,
        market: trade.symbol.name().into(),
        trade_id_str: Some(&trade.id),
    })
}

/// The levels that changed.
pub fn step(step: &BookStep, version: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let of = |side: Side| -> Vec<Level> {
        let changed = step.changes.iter().filter(|level| level.side == side);
        changed.map(|level| Level { price: level.price, size: level.size }).collect()
    };
    let (bids, asks) = (of(Side::Buy), of(Side::Sell));
    encode(&book_message(&step.touch, PkgType::Delta, &bids, &asks), version, out)
}

/// A whole book.
pub fn book(
    touch: &Touch,
    levels: &(Levels, Levels),
    version: u16,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let entries = |side: &Levels| -> Vec<Level> {
        side.iter().map(|(price, size)| Level { price: *price, size: *size }).collect()
    };
    let (bids, asks) = (entries(&levels.0), entries(&levels.1));
    encode(&book_message(touch, PkgType::Snapshot, &bids, &asks), version, out)
}

/// The touch comes with snapshots only; in captured deltas it is null.
fn book_message<'a>(touch: &Touch, pkg_type: PkgType, bids: &'a [Level], asks: &'a [Level]) -> Message<'a> {
    let whole = pkg_type == PkgType::Snapshot;
    let (bid, ask) = (touch.bid.filter(|_| whole), touch.ask.filter(|_| whole));
    Message::Book(sbe::Book {
        ts: touch.at,
        seq: touch.seq,
        pkg_type,
        best_bid_price: None,
        best_bid_size: None,
        best_ask_price: None,
        best_ask_size: None,
        relative_spread: None,
        best_bid_api_price: bid.map(|level| level.0),
        best_bid_api_size: bid.map(|level| level.1),
        best_ask_api_price: ask.map(|level| level.0),
        best_ask_api_size: ask.map(|level| level.1),
        bids: Entries::from(bids),
        asks: Entries::from(asks),
        market: touch.symbol.name().into(),
    })
}

/// A market's summary.
pub fn summary(market: &Market, now: Wall) -> Message<'static> {
    let touch = market.touch();
    Message::MarketSummary(sbe::MarketSummary {
        ts: now,
        seq: touch.seq,
        mark_price: market.mark,
        index_price: market.index_price,
        last_price: market.last_price(),
        volume_usd24h: market.volume,
        open_interest: market.open_interest,
        funding_rate: Rate8(market.funding.rate_e8),
        bid: touch.bid.map(|level| level.0),
        ask: touch.ask.map(|level| level.0),
        total_volume: market.volume,
        price_change_rate24h: Rate8(market.change_rate_e8()),
        future_funding_rate: Some(Rate8(market.funding.rate_e8)),
        external_fair_price: Some(market.index_price),
        bid_size: touch.bid.map(|level| level.1),
        ask_size: touch.ask.map(|level| level.1),
        funding_rate_precise: Some(Rate12(market.funding.rate_e8 * 10_000)),
        market: touch.symbol.name().into(),
        ..sbe::MarketSummary::default()
    })
}

/// A market's funding.
pub fn funding(market: &Market, now: Wall) -> Message<'static> {
    let funding = &market.funding;
    Message::FundingData(sbe::FundingData {
        ts: now,
        seq: market.touch().seq,
        funding_rate: Rate8(funding.rate_e8),
        funding_index: funding.index,
        created_at: funding.at,
        funding_premium: Rate8(funding.premium.units()),
        funding_rate8h: Rate8(funding.rate_e8),
        funding_period_hours: i16::try_from(market.listing().funding_period_hours).unwrap_or(i16::MAX),
        impact_premium_rate: Some(Rate8(0)),
        market: market.touch().symbol.name().into(),
    })
}

fn address_of(account: &str) -> AccountAddress {
    AccountAddress(felt_from_hex(account).unwrap_or(Felt::ZERO).to_bytes_be())
}

/// An own order.
pub fn order(order: &Order, account: &str, version: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let asked = &order.asked;
    let message = Message::Order(sbe::Order {
        ts: order.updated_at,
        seq: order.seq,
        status: order.status.code(),
        side: asked.side.into(),
        order_type: asked.kind.code(),
        time_in_force: asked.instruction.code(),
        price: Some(asked.price).filter(|price| !price.is_zero()),
        trigger_price: asked.trigger,
        size: asked.size,
        size_open: order.remaining,
        avg_fill_price: order.average(),
        created_at: order.received_at,
        updated_at: order.updated_at,
        account: address_of(account),
        received_at: order.received_at,
        published_at: order.updated_at,
        stp: asked.self_trade.code(),
        flags: order_flags(order),
        request_status: order.modify.as_ref().map(|info| info.status.code()),
        request_type: order.modify.as_ref().map(|_| sbe::RequestType::ModifyOrder),
        order_id: &order.id,
        client_order_id: &asked.client_id,
        market: asked.symbol.name().into(),
        cancel_reason: order.cancel_reason.map_or("", |reason| reason.word()),
        request_id: order.modify.as_ref().map(|info| info.id.as_str()),
        request_message: order.modify.as_ref().map(|info| info.message.as_str()),
    });
    encode(&message, version, out)
}

fn order_flags(order: &Order) -> OrderFlags {
    let asked = &order.asked;
    let upwards = order.triggers_upwards();
    [
        (asked.reduce_only, OrderFlags::REDUCE_ONLY),
        (asked.kind.conditional() && !upwards, OrderFlags::STOP_CONDITION_BELOW),
        (asked.kind.conditional() && upwards, OrderFlags::STOP_CONDITION_ABOVE),
        (order.interactive, OrderFlags::INTERACTIVE),
        (asked.kind.at_market(), OrderFlags::TARGET_STRATEGY_VWAP),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .fold(OrderFlags::default(), |flags, (_, flag)| flags.with(flag))
}

/// An own fill.
pub fn fill(
    fill: &Fill,
    account: &str,
    side: Side,
    version: u16,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let flags = if fill.interactive { FillFlags::INTERACTIVE } else { FillFlags::default() };
    let message = Message::Fill(sbe::Fill {
        ts: fill.at,
        seq: Some(fill.book_seq),
        fill_type: fill.kind.code(),
        side: side.into(),
        liquidity: fill.liquidity.code(),
        price: fill.price,
        size: fill.size,
        fee: fill.fee,
        realized_pnl: Some(fill.realized_pnl),
        created_at: fill.at,
        account: address_of(account),
        underlying_price: fill.underlying,
        realized_funding: fill.realized_funding,
        flags: Some(flags),
        orderbook_seq_no: u64::try_from(fill.book_seq).ok(),
        fill_id: &fill.id,
        order_id: &fill.order_id,
        client_order_id: &fill.client_id,
        trade_id: &fill.trade_id,
        market: fill.symbol.name().into(),
        fee_currency: Some("USDC"),
    });
    encode(&message, version, out)
}

/// An own position.
pub fn position(
    shown: &ShownPosition,
    account: &str,
    version: u16,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let (position, state) = (&shown.position, &shown.position.state);
    let funding = position.accrued_funding(shown.funding_index);
    let side = Side::of_position(state.qty).unwrap_or(Side::Buy);
    let flat = state.qty.is_zero();
    let message = Message::Position(sbe::Position {
        ts: position.updated_at,
        seq: position.seq,
        side: side.into(),
        size: state.qty.abs(),
        avg_entry_price: state.entry(),
        unrealized_pnl: state.unrealized(shown.mark) + funding,
        realized_pnl: shown.realized(),
        mark_price: None,
        liquidation_price: shown.liquidation.filter(|_| !flat),
        leverage: Rate8(Price::from_whole(shown.leverage).units()),
        updated_at: position.updated_at,
        account: address_of(account),
        avg_entry_price_usd: state.entry(),
        cost: state.entry_value,
        cost_usd: state.entry_value,
        cached_funding_index: position.funding_index,
        unrealized_funding_pnl: funding,
        status: if flat { PositionStatus::Closed } else { PositionStatus::Open },
        market: shown.symbol.name().into(),
        last_fill_id: &position.last_fill_id,
    });
    encode(&message, version, out)
}

/// The own account.
pub fn account(shown: &ShownAccount, version: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let (account, margin) = (&shown.account, &shown.margin);
    let message = Message::Account(sbe::Account {
        ts: account.updated_at,
        seq: account.seq,
        total_collateral: account.collateral,
        free_collateral: margin.free(),
        initial_margin_req: margin.initial,
        maintenance_margin_req: margin.maintenance,
        account_value: margin.value,
        unrealized_pnl: None,
        updated_at: account.updated_at,
        account: AccountAddress(account.address.to_bytes_be()),
        margin_cushion: margin.cushion(),
        status: if account.liquidating { AccountStatus::Liquidation } else { AccountStatus::Active },
        last_seen_notification: Some(Wall::default()),
        settlement_asset: "USDC",
    });
    encode(&message, version, out)
}
