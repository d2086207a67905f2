//! Messages about the own account (paradex.md 8.4, templates 20 to 23). A text that is missing is empty.

use super::codes::{
    AccountStatus, FillType, LiquiditySide, OrderStatus, OrderType, PositionStatus, RequestStatus,
    RequestType, Side, StpMode, TimeInForce,
};
use super::error::{EncodeError, SbeError};
use super::field::{AccountAddress, Field, FieldValue, Rate8};
use super::flags::{FillFlags, OrderFlags};
use super::frame::{Header, MarketName, Reader, Text, Writer};
use super::layout::{Body, FieldLayout, Layout, message};
use crate::domain::{Price, Qty, Usd, Wall};

message! {
    /// A change of an own order (paradex.md 4.3).
    Order<'a> = 20 "OrderEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Where it is in its life.
        status: OrderStatus, 16;
        /// Side.
        side: Side, 17;
        /// Kind.
        order_type: OrderType, 18;
        /// How long it may stay.
        time_in_force: TimeInForce, 19;
        /// Limit; null for MARKET.
        price: Option<Price>, 20;
        /// Trigger price.
        trigger_price: Option<Price>, 28;
        /// Size ordered.
        size: Qty, 36;
        /// Size not yet filled.
        size_open: Qty, 44;
        /// Average price of what was filled; null when nothing was.
        avg_fill_price: Option<Price>, 52;
        /// When it was created.
        created_at: Wall, 60;
        /// When it last changed.
        updated_at: Wall, 68;
        /// Whose account.
        account: AccountAddress, 76;
        /// When the venue received it.
        received_at: Wall, 108;
        /// When the venue published this message.
        published_at: Wall, 116;
        /// Self-trade prevention.
        stp: StpMode, 124;
        /// What is special about it.
        flags: OrderFlags, 125;
        /// What became of a request; with `request_type` unspecified: no request.
        request_status: Option<RequestStatus>, 126, since 2;
        /// What the request asked for.
        request_type: Option<RequestType>, 127, since 2;
    }
    groups {}
    texts {
        /// The venue's id.
        order_id: &'a str;
        /// Our id, or empty.
        client_order_id: &'a str;
        /// Market symbol.
        market: MarketName<'a>;
        /// Why it ended without being filled, or empty.
        cancel_reason: &'a str;
        /// Id of the request.
        request_id: Option<&'a str>, since 2;
        /// The venue's text on the request.
        request_message: Option<&'a str>, since 2;
    }
}

message! {
    /// An execution of an own order.
    Fill<'a> = 21 "FillEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// The book's sequence number after the execution, null for transfers: not an account sequence.
        seq: Option<i64>, 8;
        /// Why it happened.
        fill_type: FillType, 16;
        /// Side.
        side: Side, 17;
        /// Maker or taker.
        liquidity: LiquiditySide, 18;
        /// Price.
        price: Price, 19;
        /// Size.
        size: Qty, 27;
        /// Fee.
        fee: Usd, 35;
        /// Profit it realized.
        realized_pnl: Option<Usd>, 43;
        /// When it happened.
        created_at: Wall, 51;
        /// Whose account.
        account: AccountAddress, 59;
        /// Price of the underlying.
        underlying_price: Price, 91;
        /// Funding it realized.
        realized_funding: Usd, 99;
        /// What is special about it.
        flags: Option<FillFlags>, 107, since 2;
        /// Sequence number of the book.
        orderbook_seq_no: Option<u64>, 108, since 2;
    }
    groups {}
    texts {
        /// The venue's id of this fill.
        fill_id: &'a str;
        /// The venue's id of the order.
        order_id: &'a str;
        /// Our id of the order, or empty.
        client_order_id: &'a str;
        /// Id of the trade.
        trade_id: &'a str;
        /// Market symbol.
        market: MarketName<'a>;
        /// In what the fee was paid.
        fee_currency: Option<&'a str>, since 2;
    }
}

message! {
    /// An own position.
    Position<'a> = 22 "PositionEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Buy is long, sell is short.
        side: Side, 16;
        /// Absolute size.
        size: Qty, 17;
        /// Average entry price.
        avg_entry_price: Price, 25;
        /// Unrealized profit.
        unrealized_pnl: Usd, 33;
        /// Realized profit.
        realized_pnl: Usd, 41;
        /// Always null.
        mark_price: Option<Price>, 49;
        /// Liquidation price.
        liquidation_price: Option<Price>, 57;
        /// Leverage.
        leverage: Rate8, 65;
        /// When it last changed.
        updated_at: Wall, 73;
        /// Whose account.
        account: AccountAddress, 81;
        /// Average entry price in dollars.
        avg_entry_price_usd: Price, 113;
        /// Cost.
        cost: Usd, 121;
        /// Cost in dollars.
        cost_usd: Usd, 129;
        /// Funding index it was last settled at.
        cached_funding_index: Price, 137;
        /// Unrealized funding.
        unrealized_funding_pnl: Usd, 145;
        /// Open or closed.
        status: PositionStatus, 153;
    }
    groups {}
    texts {
        /// Market symbol.
        market: MarketName<'a>;
        /// The fill that changed it last.
        last_fill_id: &'a str;
    }
}

message! {
    /// The state of the own account.
    Account<'a> = 23 "AccountEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Collateral.
        total_collateral: Usd, 16;
        /// What can still be used as margin.
        free_collateral: Usd, 24;
        /// Initial margin in use.
        initial_margin_req: Usd, 32;
        /// Maintenance margin in use.
        maintenance_margin_req: Usd, 40;
        /// Value with unrealized profit.
        account_value: Usd, 48;
        /// Always null.
        unrealized_pnl: Option<Usd>, 56;
        /// When it last changed.
        updated_at: Wall, 64;
        /// Whose account.
        account: AccountAddress, 72;
        /// Distance to the maintenance margin.
        margin_cushion: Usd, 104;
        /// Active or in liquidation.
        status: AccountStatus, 112;
        /// When the user last read notifications; 0 is never.
        last_seen_notification: Option<Wall>, 113, since 2;
    }
    groups {}
    texts {
        /// In what the account settles.
        settlement_asset: &'a str;
    }
}

impl Position<'_> {
    /// The position as the program counts: below zero is short. `None` when the side is a byte nobody knows, unless there
    /// is nothing to have a side.
    pub fn signed_size(&self) -> Option<Qty> {
        match self.side {
            Side::Buy => Some(self.size),
            Side::Sell => Some(-self.size),
            Side::Unknown(_) => self.size.is_zero().then_some(Qty::ZERO),
        }
    }
}
