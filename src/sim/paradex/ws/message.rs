//! One channel message in both encodings.

use crate::domain::{Price, Qty, Side, Wall};
use crate::sim::paradex::model::event::{
    BalanceChange, BookStep, Bust, FundingPayment, ShownAccount, ShownPosition, Touch,
};
use crate::sim::paradex::model::{Fill, Levels, Market, Order, Trade};
use crate::sim::paradex::{json_out, sbe_out};
use crate::venue::paradex::sbe;
use serde_json::Value;

/// What a channel says.
#[derive(Clone, Copy, Debug)]
pub enum ChannelMessage<'a> {
    /// Best bid and offer.
    Bbo(&'a Touch),
    /// A public trade.
    Trade(&'a Trade),
    /// A book changed.
    Step(&'a BookStep),
    /// A book to a depth, its levels grouped already.
    Book(&'a Touch, &'a (Levels, Levels)),
    /// A market's summary.
    Summary(&'a Market),
    /// A market's funding.
    Funding(&'a Market),
    /// An own order, with the account's address.
    Order(&'a Order, &'a str),
    /// An own fill, with the account's address and the side to show.
    Fill(&'a Fill, &'a str, Side),
    /// An own position, with the account's address.
    Position(&'a ShownPosition, &'a str),
    /// The own account.
    Account(&'a ShownAccount),
    /// Collateral changed.
    Balance(&'a BalanceChange),
    /// A fill was taken back, with the account's address.
    Bust(&'a Bust, &'a str),
    /// Funding was settled, with the account's address.
    Payment(&'a FundingPayment, &'a str),
}

impl ChannelMessage<'_> {
    /// The JSON payload.
    pub fn json(&self, now: Wall) -> Value {
        match self {
            Self::Bbo(touch) => json_out::bbo(touch),
            Self::Trade(trade) => json_out::trade(trade),
            Self::Step(step) => json_out::book_step(step),
            Self::Book(touch, levels) => json_out::book_snapshot(touch, levels),
            Self::Summary(market) => json_out::summary(market, now),
            Self::Funding(market) => json_out::funding(market),
            Self::Order(order, account) => json_out::order(order, account),
            Self::Fill(fill, account, side) => json_out::fill(fill, account, *side),
            Self::Position(shown, account) => json_out::position(shown, account),
            Self::Account(shown) => json_out::account(shown),
            Self::Balance(change) => json_out::balance_event(change),
            Self::Bust(bust, account) => json_out::bust(bust, account),
            Self::Payment(payment, account) => json_out::funding_payment(payment, account),
        }
    }

    /// The binary frame; `None` for payloads without a template.
    pub fn binary(&self, now: Wall, version: u16) -> Option<Vec<u8>> {
        let mut frame = Vec::new();
        let encoded = match self {
            Self::Bbo(touch) => sbe::encode(&sbe_out::bbo(touch), version, &mut frame),
            Self::Trade(trade) => sbe::encode(&sbe_out::trade(trade), version, &mut frame),
            Self::Step(step) => sbe_out::step(step, version, &mut frame),
            Self::Book(touch, levels) => sbe_out::book(touch, levels, version, &mut frame),
            Self::Summary(market) => sbe::encode(&sbe_out::summary(market, now), version, &mut frame),
            Self::Funding(market) => sbe::encode(&sbe_out::funding(market, now), version, &mut frame),
            Self::Order(order, account) => sbe_out::order(order, account, version, &mut frame),
            Self::Fill(fill, account, side) => sbe_out::fill(fill, account, *side, version, &mut frame),
            Self::Position(shown, account) => sbe_out::position(shown, account, version, &mut frame),
            Self::Account(shown) => sbe_out::account(shown, version, &mut frame),
            Self::Balance(_) | Self::Bust(..) | Self::Payment(..) => return None,
        };
        encoded.is_ok().then_some(frame)
    }
}

/// The first `depth` levels of a side, grouped to a coarser tick away from the touch.
pub fn grouped(levels: &[(Price, Qty)], side: Side, tick: Option<Price>, depth: usize) -> Levels {
    let mut grouped: Levels = Vec::new();
    for (price, size) in levels {
        let price = match (tick, side) {
            (None, _) => *price,
            (Some(tick), Side::Buy) => price.floor_to(tick),
            (Some(tick), Side::Sell) => price.ceil_to(tick),
        };
        let full = grouped.len() == depth;
        match grouped.last_mut().filter(|(last, _)| *last == price) {
            Some((_, total)) => *total = *total + *size,
            None if full => break,
            None => grouped.push((price, *size)),
        }
    }
    grouped
}
