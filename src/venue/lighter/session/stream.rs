//! What arrives over the socket, and the subscriptions that make it arrive.

use super::super::rejects;
use super::super::wire::frame::{Channel, Content, Data, Frame, FrameError};
use super::super::wire::request;
use super::super::wire::send::SendReply;
use super::super::wire::trade::{Trade, TradeKind};
use super::super::wire::transaction::{TransactionRecord, Verdict};
use super::link::{GOOD_AFTER, Link, OpenLink};
use super::{LINK, LighterSession};
use crate::domain::{ClientOrderId, Mono, Now, Qty};
use crate::venue::market_data::Consequence;
use crate::venue::{ForeignMove, LinkFailure, Outbox, Output, Reaction, VenueReport};
use log::Level;
use std::time::Duration;

/// Some of the channels: looked at with every frame and every order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Channels(u8);

impl Channels {
    const PRIVATE: Self = {
        let (mut all, mut at) = (Self(0), 0);
        while at < Channel::ALL.len() {
            let channel = Channel::ALL[at];
            all.0 |= if channel.is_private() { Self::bit(channel) } else { 0 };
            at += 1;
        }
        all
    };

    const fn bit(channel: Channel) -> u8 {
        1 << channel as u8
    }

    fn insert(&mut self, channel: Channel) {
        self.0 |= Self::bit(channel);
    }

    fn remove(&mut self, channel: Channel) {
        self.0 &= !Self::bit(channel);
    }

    fn contains_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Which channels the server confirmed.
#[derive(Debug, Default)]
pub struct Subscriptions {
    confirmed: Channels,
    /// Private channels that were asked for and are not confirmed yet; those of a renewal count as confirmed meanwhile.
    awaited: Channels,
    /// When the private channels were asked for and have to be renewed.
    asked: Option<(Mono, Option<Mono>)>,
}

impl Subscriptions {
    /// Whether every private channel was confirmed on this connection.
    pub fn private_confirmed(&self) -> bool {
        self.confirmed.contains_all(Channels::PRIVATE)
    }

    /// When the private channels were asked for last, while they are not all confirmed.
    pub fn waiting_since(&self) -> Option<Mono> {
        self.asked.map(|(at, _)| at).filter(|_| !self.awaited.is_empty())
    }

    /// When the token they were asked for with has lived half of its life.
    pub fn renew_at(&self) -> Option<Mono> {
        self.asked.and_then(|(_, renew_at)| renew_at).filter(|_| self.awaited.is_empty())
    }

    fn ask(&mut self, now: Mono, renew_at: Option<Mono>) {
        self.asked = Some((now, renew_at));
        self.awaited = Channels::PRIVATE;
    }

    fn confirm(&mut self, channel: Channel) {
        self.awaited.remove(channel);
        self.confirmed.insert(channel);
    }
}

/// Unreadable frames are told at most this often.
const UNREADABLE_EVERY: Duration = Duration::from_secs(30);

impl LighterSession {
    pub(super) fn opened(&mut self, now: Now, out: &mut Outbox) {
        if self.link != Link::Opening {
            return;
        }
        self.link = Link::Open(OpenLink::new(now.mono));
        self.quotes.connected(now.mono);
        self.due.book = None;
        self.due.refresh(now.mono);
        self.due.nonce = self.due.nonce.map(|due| due.min(now.mono));
        self.subscribe_private(now, out);
        self.subscribe_market(false, out);
    }

    /// Subscribes to the account channels with the token of the moment.
    pub(super) fn subscribe_private(&mut self, now: Now, out: &mut Outbox) {
        let Some(market) = self.market.as_ref().map(|market| market.id) else { return };
        let (token, account) = (self.auth_token(now), self.config.slot.account());
        self.subscriptions.ask(now.mono, self.token.renew_at());
        for channel in Channel::ALL.into_iter().filter(|channel| channel.is_private()) {
            out.push(Output::Text(LINK, request::subscribe(channel, market, account, &token)));
        }
    }

    /// Renews the sign-in of running subscriptions. Only a new subscription takes a new token.
    pub(super) fn renew_private(&mut self, now: Now, out: &mut Outbox) {
        let Some(market) = self.market.as_ref().map(|market| market.id) else { return };
        for channel in Channel::ALL.into_iter().filter(|channel| channel.is_private()) {
            out.push(Output::Text(LINK, request::unsubscribe(channel, market, self.config.slot.account())));
        }
        self.subscribe_private(now, out);
    }

    /// Subscribes to the market channels; `again` ends the running subscription first, else there is no new snapshot.
    pub(super) fn subscribe_market(&mut self, again: bool, out: &mut Outbox) {
        for channel in Channel::ALL.into_iter().filter(|channel| !channel.is_private()) {
            self.subscribe_one(channel, again, out);
        }
    }

    pub(super) fn subscribe_one(&mut self, channel: Channel, again: bool, out: &mut Outbox) {
        let Some(market) = self.market.as_ref().map(|market| market.id) else { return };
        let account = self.config.slot.account();
        if again {
            out.push(Output::Text(LINK, request::unsubscribe(channel, market, account)));
        }
        out.push(Output::Text(LINK, request::subscribe(channel, market, account, "")));
    }

    pub(super) fn closed(&mut self, now: Now, failure: &LinkFailure, out: &mut Outbox) {
        if matches!(self.link, Link::Down | Link::Waiting { .. }) {
            return;
        }
        if self.link != Link::Closing {
            self.connection_lost(now, &format!("Lighter: {failure}"), out);
        }
        self.wait_to_connect(now, failure);
        if let LinkFailure::Certificate(_) = failure {
            self.fatal(now, format!("Lighter: {failure}; nothing is sent to an unproven server"), out);
        }
    }

    /// Everything that died with the connection.
    pub(super) fn connection_lost(&mut self, now: Now, cause: &str, out: &mut Outbox) {
        if let Link::Open(link) = &self.link
            && now.mono.since(link.since) >= GOOD_AFTER
        {
            self.backoff.reset();
        }
        self.status.trouble = Some(cause.to_owned());
        self.subscriptions = Subscriptions::default();
        if self.outstanding.clear() {
            self.nonce_lost(now);
        }
        self.orders.doubt_all(cause, out);
        let consequence = self.quotes.disconnected();
        self.follow(now, consequence, out);
    }

    pub(super) fn heard(&mut self, now: Now) {
        if let Link::Open(link) = &mut self.link {
            link.heard(now.mono);
        }
    }

    pub(super) fn binary(&mut self, now: Now, length: usize, out: &mut Outbox) {
        self.heard(now);
        out.push(Output::Log(
            Level::Warn,
            format!("Lighter sent {length} bytes of binary; only text is documented"),
        ));
    }

    pub(super) fn text(&mut self, now: Now, text: &str, out: &mut Outbox) {
        if !matches!(self.link, Link::Open(_)) {
            return;
        }
        self.heard(now);
        match Frame::parse(text) {
            Ok(Frame::Data(data)) => self.data(now, data, out),
            Ok(Frame::Reply(reply)) => self.send_answered(now, &reply, out),
            Ok(Frame::Ping) => out.push(Output::Text(LINK, request::PONG.to_owned())),
            Ok(Frame::Shutdown { close_in }) => {
                if let Link::Open(link) = &mut self.link {
                    link.leave_within(now.mono, close_in);
                }
            }
            Ok(Frame::Connected | Frame::Pong | Frame::Unsubscribed | Frame::Other) => {}
            Err(error) => self.unreadable(now, &error, out),
        }
    }

    fn unreadable(&mut self, now: Now, error: &FrameError, out: &mut Outbox) {
        // One line tells; a channel that became unreadable would fill the disk.
        if self.unreadable_told.is_none_or(|told| now.mono.since(told) >= UNREADABLE_EVERY) {
            self.unreadable_told = Some(now.mono);
            out.push(Output::Log(Level::Error, format!("Lighter: {error}")));
        }
        match error.channel {
            Some(Channel::Ticker | Channel::OrderBook) | None => {
                let consequence = self.quotes.undecodable();
                self.follow(now, consequence, out);
            }
            Some(_) => {}
        }
    }

    fn data(&mut self, now: Now, data: Data, out: &mut Outbox) {
        let Some(market) = self.market.as_ref().map(|market| market.id) else { return };
        let ours = if data.channel.is_private() { self.config.slot.account() } else { market };
        if data.id.is_some_and(|id| id != ours) {
            let text = format!("Lighter sent {} of another id than {ours}; ignored", data.channel.name());
            return out.push(Output::Log(Level::Warn, text));
        }
        if data.snapshot {
            self.subscriptions.confirm(data.channel);
        }
        self.content(now, market, data, out);
    }

    fn content(&mut self, now: Now, market: u64, data: Data, out: &mut Outbox) {
        let account = self.config.slot.account();
        let unreadable = match data.content {
            Content::Ticker(ticker, nonce) => {
                let consequence = self.quotes.touch(now.mono, ticker.touch(nonce));
                self.follow(now, consequence, out);
                0
            }
            Content::OrderBook(message) => {
                let consequence = self.quotes.book(now.mono, message.change(data.snapshot), (None, None));
                self.follow(now, consequence, out);
                0
            }
            Content::Orders(orders) => {
                let ours =
                    orders.rows.iter().filter(|order| order.owner.is_none_or(|owner| owner == account));
                ours.for_each(|order| self.orders.recorded(order, out));
                orders.unreadable
            }
            Content::Trades(trades) => {
                let here = |trade: &&Trade| trade.market_id.is_none_or(|id| id == market);
                trades.rows.iter().filter(here).for_each(|trade| self.trade_news(trade, data.snapshot, out));
                trades.unreadable
            }
            Content::Positions(positions) => {
                let row = positions.rows.iter().find(|row| row.market_id == market).map(|row| row.signed);
                // Missing from the snapshot is flat, missing from an update is unchanged (lighter.md 5.2).
                let flat = (data.snapshot && positions.unreadable == 0).then_some(Qty::ZERO);
                if let Some(qty) = row.or(flat) {
                    out.report(VenueReport::Position { qty, asked: now.mono, answer: false });
                }
                positions.unreadable
            }
            Content::Stats(stats) => {
                if let Some(free) = stats.available_balance {
                    out.report(VenueReport::Balance { free });
                }
                0
            }
            Content::Transactions(transactions) => {
                transactions.rows.iter().for_each(|record| self.transaction(now, record, out));
                transactions.unreadable
            }
        };
        if unreadable > 0 {
            let text = format!("Lighter: {unreadable} rows of {} could not be read", data.channel.name());
            out.push(Output::Log(Level::Error, text));
        }
    }

    /// An execution of this account. What a snapshot repeats is history: of it only orders of this session are told, and
    /// nothing in it has just moved the position.
    fn trade_news(&mut self, trade: &Trade, snapshot: bool, out: &mut Outbox) {
        let account = self.config.slot.account();
        let fills = trade.fills_of(account);
        let own = |cid: ClientOrderId| self.orders.is_own(cid);
        let foreign = trade.is_foreign_to(account, own);
        let told = |cid| if snapshot { self.orders.knows(cid) } else { self.orders.is_own(cid) };
        if fills.iter().any(|fill| told(fill.cid)) {
            self.orders.traded(account, trade, out);
        }
        if foreign && !snapshot {
            out.report(VenueReport::Moved(match trade.kind {
                TradeKind::Trade | TradeKind::Unknown => ForeignMove::Trade,
                TradeKind::Liquidation => ForeignMove::Liquidation,
                TradeKind::Deleverage => ForeignMove::Deleveraging,
                TradeKind::MarketSettlement => ForeignMove::Settlement,
            }));
        }
    }

    /// The sequencer's verdict on a transaction of ours (lighter.md 6.4): a refusal often leaves no order record at all.
    fn transaction(&mut self, now: Now, record: &TransactionRecord, out: &mut Outbox) {
        let Some(cid) = self.orders.by_hash(&record.hash()) else { return };
        match record.verdict() {
            Verdict::Refused(refused) => {
                let refusal = rejects::refusal(&refused);
                self.react(now, refusal.reaction);
                self.orders.refused(cid, refusal, out);
            }
            Verdict::Failed => {
                self.nonce_lost(now);
                let text = "the transaction failed at the sequencer";
                self.orders.refused(cid, rejects::not_sent("failed", Reaction::Unknown, text), out);
            }
            Verdict::Pending | Verdict::Accepted | Verdict::Undecided => self.orders.acked(cid, out),
        }
    }

    /// Passes a quote on and does what the market channels need.
    pub(super) fn follow(&mut self, now: Now, consequence: Consequence, out: &mut Outbox) {
        if let Some(quote) = consequence.quote {
            out.push(Output::Quote(quote));
        }
        if consequence.resubscribe {
            self.renew_book(now);
        }
    }

    /// An error that is about no send: a subscription, or the socket itself.
    pub(super) fn socket_error(&mut self, now: Now, reply: &SendReply, out: &mut Outbox) {
        let Err(refused) = &reply.outcome else { return };
        let refusal = rejects::refusal(refused);
        if refusal.reaction == Reaction::Reauthenticate && matches!(self.link, Link::Open(_)) {
            // With what this token has not opened yet nothing will come; a new connection begins with a new token.
            self.token.discard();
            let cause = format!("Lighter refused a subscription: {refusal}");
            return self.replace_connection(now, &cause, out);
        }
        out.push(Output::Log(Level::Error, format!("Lighter: {refusal}")));
        if !self.subscriptions.private_confirmed() {
            self.status.trouble = Some(format!("Lighter refused a subscription: {refusal}"));
        }
    }
}
