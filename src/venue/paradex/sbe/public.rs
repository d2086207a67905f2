//! Messages of public channels and of the connection itself (paradex.md 8.4, templates 1 to 6, 40, 41).

use super::codes::{AssetKind, FillType, FundingRateSource, PkgType, Side};
use super::error::{EncodeError, SbeError};
use super::field::{Field, FieldValue, Rate8, Rate12};
use super::frame::{Header, MarketName, Reader, Text, Writer};
use super::layout::{Body, FieldLayout, Layout, message};
use super::levels::Levels;
use crate::domain::{Price, Qty, Usd, Wall};

message! {
    /// A public trade.
    Trade<'a> = 1 "TradeEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the market.
        seq: i64, 8;
        /// Deprecated: the low 64 bits of the id, may be negative. Use `trade_id_str`.
        trade_id: i64, 16;
        /// The taker's side.
        side: Side, 24;
        /// Price.
        price: Price, 25;
        /// Size.
        size: Qty, 33;
        /// When the orders met.
        created_at: Wall, 41;
        /// Why it happened.
        trade_type: FillType, 49;
    }
    groups {}
    texts {
        /// Market symbol.
        market: MarketName<'a>;
        /// The full trade id.
        trade_id_str: Option<&'a str>, since 2;
    }
}

message! {
    /// Best bid and offer; a side without orders has neither price nor size.
    Bbo<'a> = 2 "BboEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Best bid.
        bid_price: Option<Price>, 16;
        /// Size at the best bid.
        bid_size: Option<Qty>, 24;
        /// Best ask.
        ask_price: Option<Price>, 32;
        /// Size at the best ask.
        ask_size: Option<Qty>, 40;
    }
    groups {}
    texts {
        /// Market symbol.
        market: MarketName<'a>;
    }
}

message! {
    /// A book snapshot or delta (paradex.md 7.3).
    Book<'a> = 3 "BookEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Whole book or changes.
        pkg_type: PkgType, 16;
        /// Best bid, retail orders included.
        best_bid_price: Option<Price>, 17;
        /// Its size.
        best_bid_size: Option<Qty>, 25;
        /// Best ask, retail orders included.
        best_ask_price: Option<Price>, 33;
        /// Its size.
        best_ask_size: Option<Qty>, 41;
        /// Spread over price.
        relative_spread: Option<Rate8>, 49;
        /// Best bid for API takers.
        best_bid_api_price: Option<Price>, 57;
        /// Its size.
        best_bid_api_size: Option<Qty>, 65;
        /// Best ask for API takers.
        best_ask_api_price: Option<Price>, 73;
        /// Its size.
        best_ask_api_size: Option<Qty>, 81;
    }
    groups {
        /// Bids in the order of the frame.
        bids;
        /// Asks in the order of the frame.
        asks;
    }
    texts {
        /// Market symbol.
        market: MarketName<'a>;
    }
}

message! {
    /// The state of a market. Volumes saturate at the largest mantissa.
    #[derive(Default)]
    MarketSummary<'a> = 4 "MarketSummaryEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Mark price.
        mark_price: Price, 16;
        /// Index price.
        index_price: Price, 24;
        /// Price of the last trade.
        last_price: Price, 32;
        /// Volume of a day.
        volume_usd24h: Usd, 40;
        /// Open interest.
        open_interest: Qty, 48;
        /// Funding rate cut to 8 decimals; `funding_rate_precise` is better.
        funding_rate: Rate8, 56;
        /// Best bid.
        bid: Option<Price>, 64;
        /// Best ask.
        ask: Option<Price>, 72;
        /// Volume since the market opened.
        total_volume: Usd, 80;
        /// Price change of a day.
        price_change_rate24h: Rate8, 88;
        /// Implied volatility at the mark.
        mark_iv: Option<Rate8>, 96;
        /// Implied volatility at the bid.
        bid_iv: Option<Rate8>, 104;
        /// Implied volatility at the ask.
        ask_iv: Option<Rate8>, 112;
        /// Implied volatility of the last trade.
        last_iv: Option<Rate8>, 120;
        /// Option delta.
        delta: Option<Rate8>, 128;
        /// Option gamma.
        gamma: Option<Rate8>, 136;
        /// Option vega.
        vega: Option<Rate8>, 144;
        /// Option theta.
        theta: Option<Rate8>, 152;
        /// Option rho.
        rho: Option<Rate8>, 160;
        /// Option volga.
        volga: Option<Rate8>, 168;
        /// Option vanna.
        vanna: Option<Rate8>, 176;
        /// Funding rate of the dated future.
        future_funding_rate: Option<Rate8>, 184;
        /// Fair price from outside the venue.
        external_fair_price: Option<Price>, 192;
        /// Size at the best bid.
        bid_size: Option<Qty>, 200;
        /// Size at the best ask.
        ask_size: Option<Qty>, 208;
        /// Forward rate.
        forward_rate: Option<Rate8>, 216, since 1;
        /// Risk-free rate.
        risk_free_rate: Option<Rate8>, 224, since 1;
        /// Funding rate.
        funding_rate_precise: Option<Rate12>, 232, since 1;
    }
    groups {}
    texts {
        /// Market symbol.
        market: MarketName<'a>;
    }
}

message! {
    /// The funding of a market.
    FundingData<'a> = 5 "FundingDataEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Funding rate of the period.
        funding_rate: Rate8, 16;
        /// Funding index.
        funding_index: Price, 24;
        /// When it was created.
        created_at: Wall, 32;
        /// Funding premium.
        funding_premium: Rate8, 40;
        /// Funding rate of 8 hours.
        funding_rate8h: Rate8, 48;
        /// Hours of the funding period.
        funding_period_hours: i16, 56;
        /// Premium at impact prices.
        impact_premium_rate: Option<Rate8>, 58, since 1;
    }
    groups {}
    texts {
        /// Market symbol.
        market: MarketName<'a>;
    }
}

message! {
    /// A market's funding rate on another venue.
    FundingRateComparison<'a> = 6 "FundingRateComparisonEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// When that rate was last read.
        last_updated_at: Wall, 8;
        /// Funding rate of an hour.
        hourly_funding_rate: Rate12, 16;
        /// Kind of the market.
        asset_kind: AssetKind, 24;
        /// Whose rate.
        source: FundingRateSource, 25;
    }
    groups {}
    texts {
        /// Market symbol.
        market: MarketName<'a>;
    }
}

message! {
    /// A sign of life.
    Heartbeat = 40 "HeartbeatEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
    }
    groups {}
    texts {}
}

message! {
    /// Reserved: subscriptions are confirmed in JSON.
    Subscribed<'a> = 41 "SubscribedEvent";
    block {
        /// When the venue made the event.
        ts: Wall, 0;
        /// Sequence number of the channel.
        seq: i64, 8;
        /// Status byte.
        status: u8, 16;
    }
    groups {}
    texts {
        /// Channel.
        channel: &'a str;
    }
}
