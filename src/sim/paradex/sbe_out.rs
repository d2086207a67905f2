//! SBE frames of the simulated Paradex, in the version a connection negotiated (paradex.md 8).

use super::json_out::{numeric_id, order_flags};
use super::model::order::{FillRecord, Instruction, Kind, Order, SelfTrade, Status};
use super::model::rules::{Class, MARKETS};
use super::model::{Exchange, PublicTrade};
use crate::domain::{Price, Qty, Side, Usd, Wall};
use crate::venue::paradex::sbe::{self, Level, Levels, Message};

/// The bytes of a message; `None` when it cannot be written in that version.
pub fn frame(message: &Message<'_>, version: u16) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(256);
    sbe::encode(message, version, &mut bytes).ok()?;
    Some(bytes)
}

fn side(side: Side) -> sbe::Side {
    sbe::Side::from(side)
}

/// The touch.
pub fn bbo(exchange: &Exchange, market: usize, now: Wall) -> Message<'static> {
    let state = &exchange.markets[market];
    let (bid, ask) = (state.book.best(Side::Buy), state.book.best(Side::Sell));
    Message::Bbo(sbe::Bbo {
        ts: now,
        seq: state.seq,
        bid_price: bid.map(|(price, _)| price),
        bid_size: bid.map(|(_, qty)| qty),
        ask_price: ask.map(|(price, _)| price),
        ask_size: ask.map(|(_, qty)| qty),
        market: MARKETS[market].symbol,
    })
}

/// A whole book or its changes.
pub fn book<'a>(
    market: usize,
    seq: i64,
    now: Wall,
    whole: bool,
    bids: &'a [Level],
    asks: &'a [Level],
) -> Message<'a> {
    Message::Book(sbe::Book {
        ts: now,
        seq,
        pkg_type: if whole { sbe::PkgType::Snapshot } else { sbe::PkgType::Delta },
        best_bid_price: None,
        best_bid_size: None,
        best_ask_price: None,
        best_ask_size: None,
        relative_spread: None,
        best_bid_api_price: None,
        best_bid_api_size: None,
        best_ask_api_price: None,
        best_ask_api_size: None,
        bids: Levels::from(bids),
        asks: Levels::from(asks),
        market: MARKETS[market].symbol,
    })
}

/// A public trade.
pub fn trade<'a>(market: usize, trade: &PublicTrade, id: &'a str, now: Wall) -> Message<'a> {
    Message::Trade(sbe::Trade {
        ts: now,
        seq: trade.seq,
        trade_id: i64::try_from(trade.no).unwrap_or_default(),
        side: side(trade.side),
        price: trade.price,
        size: trade.qty,
        created_at: trade.at,
        trade_type: sbe::FillType::Fill,
        market: MARKETS[market].symbol,
        trade_id_str: Some(id),
    })
}

/// The state of a market.
pub fn summary(exchange: &Exchange, market: usize, now: Wall) -> Message<'static> {
    let state = &exchange.markets[market];
    let (bid, ask) = (state.book.best(Side::Buy), state.book.best(Side::Sell));
    Message::MarketSummary(sbe::MarketSummary {
        ts: now,
        seq: state.seq,
        mark_price: state.mark,
        index_price: state.index,
        last_price: state.last,
        funding_rate: sbe::Rate8(10_000),
        bid: bid.map(|(price, _)| price),
        ask: ask.map(|(price, _)| price),
        bid_size: bid.map(|(_, qty)| qty),
        ask_size: ask.map(|(_, qty)| qty),
        external_fair_price: Some(state.index),
        funding_rate_precise: Some(sbe::Rate12(100_000_000)),
        market: MARKETS[market].symbol,
        ..sbe::MarketSummary::default()
    })
}

fn address(exchange: &Exchange, account: usize) -> sbe::AccountAddress {
    sbe::AccountAddress(exchange.accounts[account].setup.address.to_bytes_be())
}

/// A change of an own order.
pub fn order<'a>(exchange: &Exchange, order: &'a Order, now: Wall) -> Message<'a> {
    let request = &order.request;
    let flags = order_flags(order).iter().fold(sbe::OrderFlags::default(), |flags, word| match *word {
        "REDUCE_ONLY" => flags.with(sbe::OrderFlags::REDUCE_ONLY),
        "INTERACTIVE" => flags.with(sbe::OrderFlags::INTERACTIVE),
        _ => flags.with(sbe::OrderFlags::TARGET_STRATEGY_VWAP),
    });
    Message::Order(sbe::Order {
        ts: now,
        seq: order.updated.0.saturating_mul(1_000),
        status: match order.status {
            Status::New => sbe::OrderStatus::New,
            Status::Open => sbe::OrderStatus::Open,
            Status::Closed => sbe::OrderStatus::Closed,
        },
        side: side(request.side),
        order_type: if request.kind == Kind::Limit { sbe::OrderType::Limit } else { sbe::OrderType::Market },
        time_in_force: match request.instruction {
            Instruction::Gtc => sbe::TimeInForce::Gtc,
            Instruction::Ioc => sbe::TimeInForce::Ioc,
            Instruction::PostOnly => sbe::TimeInForce::PostOnly,
        },
        price: (request.kind == Kind::Limit).then_some(request.price),
        trigger_price: None,
        size: request.size,
        size_open: order.remaining,
        avg_fill_price: order.average(),
        created_at: order.created,
        updated_at: order.updated,
        account: address(exchange, order.account),
        received_at: order.created,
        published_at: now,
        stp: match request.stp {
            SelfTrade::ExpireTaker => sbe::StpMode::ExpireTaker,
            SelfTrade::ExpireMaker => sbe::StpMode::ExpireMaker,
            SelfTrade::ExpireBoth => sbe::StpMode::ExpireBoth,
        },
        flags,
        request_status: None,
        request_type: None,
        order_id: &order.id,
        client_order_id: &request.client_id,
        market: MARKETS[request.market].symbol,
        cancel_reason: order.cancel_reason,
        request_id: None,
        request_message: None,
    })
}

/// Ids of a fill as text, which a message borrows.
pub fn fill_ids(fill: &FillRecord) -> (String, String) {
    (numeric_id(fill.at, fill.no), numeric_id(fill.at, fill.trade_no))
}

/// An execution of an own order.
pub fn fill<'a>(
    exchange: &Exchange,
    fill: &'a FillRecord,
    ids: &'a (String, String),
    now: Wall,
) -> Message<'a> {
    let retail = fill.class == Class::Retail;
    Message::Fill(sbe::Fill {
        ts: now,
        seq: Some(fill.book_seq),
        fill_type: sbe::FillType::Fill,
        side: side(fill.side),
        liquidity: if fill.taker { sbe::LiquiditySide::Taker } else { sbe::LiquiditySide::Maker },
        price: fill.price,
        size: fill.qty,
        fee: fill.fee,
        realized_pnl: Some(fill.realized),
        created_at: fill.at,
        account: address(exchange, fill.account),
        underlying_price: fill.mark,
        realized_funding: Usd::ZERO,
        flags: Some(if retail { sbe::FillFlags::INTERACTIVE } else { sbe::FillFlags::default() }),
        orderbook_seq_no: u64::try_from(fill.book_seq).ok(),
        fill_id: &ids.0,
        order_id: &fill.order_id,
        client_order_id: &fill.client_id,
        trade_id: &ids.1,
        market: MARKETS[fill.market].symbol,
        fee_currency: Some("USDC"),
    })
}

/// A position.
pub fn position(exchange: &Exchange, account: usize, market: usize, now: Wall) -> Option<Message<'static>> {
    let held = exchange.accounts[account].positions[market]?;
    let (state, mark) = (held.state, exchange.markets[market].mark);
    let (entry, open) = (state.entry(), !state.qty.is_zero());
    Some(Message::Position(sbe::Position {
        ts: now,
        seq: held.updated.0.saturating_mul(1_000),
        side: if state.qty < Qty::ZERO { sbe::Side::Sell } else { sbe::Side::Buy },
        size: state.qty.abs(),
        avg_entry_price: entry,
        unrealized_pnl: state.unrealized(mark),
        realized_pnl: state.realized,
        mark_price: None,
        liquidation_price: None,
        leverage: sbe::Rate8(1_000_000_000),
        updated_at: held.updated,
        account: address(exchange, account),
        avg_entry_price_usd: entry,
        cost: state.entry_value,
        cost_usd: state.entry_value,
        cached_funding_index: Price::ZERO,
        unrealized_funding_pnl: Usd::ZERO,
        status: if open { sbe::PositionStatus::Open } else { sbe::PositionStatus::Closed },
        market: MARKETS[market].symbol,
        last_fill_id: "",
    }))
}

/// Collateral.
pub fn account(exchange: &Exchange, index: usize, now: Wall) -> Message<'static> {
    let account = &exchange.accounts[index];
    let margin = account.margin(&exchange.marks(), &[]);
    Message::Account(sbe::Account {
        ts: now,
        seq: account.updated.0.saturating_mul(1_000),
        total_collateral: account.cash,
        free_collateral: margin.free(),
        initial_margin_req: margin.initial,
        maintenance_margin_req: margin.maintenance,
        account_value: margin.value,
        unrealized_pnl: None,
        updated_at: account.updated,
        account: address(exchange, index),
        margin_cushion: margin.cushion(),
        status: sbe::AccountStatus::Active,
        last_seen_notification: Some(Wall(0)),
        settlement_asset: "USDC",
    })
}
