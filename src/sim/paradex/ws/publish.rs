//! From what happened to who is told (paradex.md 7).

use super::channel::{Channel, DEPTH};
use super::frames;
use super::hub::{Care, Conn, Encoding, Subscription};
use super::message::{ChannelMessage, grouped};
use crate::domain::{Side, Wall};
use crate::sim::exchange::book::Owner;
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::model::{Event, Exchange, Symbol};
use crate::sim::paradex::options::Switches;
use crate::sim::service::{ConnId, Sent};
use serde_json::Value;

/// What a message needs to become a frame.
struct Desk<'a> {
    now: Wall,
    exchange: &'a Exchange,
    switches: Switches,
}

impl ParadexSim {
    /// Sends everything that happened to those who subscribed, then what is periodic, then pings.
    pub(in crate::sim::paradex) fn publish(&mut self, now: Wall, out: &mut Vec<Sent>) {
        let events = self.exchange.take_events();
        let desk = Desk { now, exchange: &self.exchange, switches: self.options.switches };
        for (conn, connection) in &mut self.hub.conns {
            let (encoding, owner) =
                (connection.encoding, connection.bearer.as_ref().map(|bearer| bearer.owner));
            for (name, subscription) in &mut connection.subscriptions {
                for event in &events {
                    desk.tell(event, (*conn, encoding, owner), name, subscription, out);
                }
                desk.periodic((*conn, encoding), name, subscription, out);
            }
        }
    }

    /// Pings what is quiet and drops what is dead.
    pub(in crate::sim::paradex) fn care(&mut self, now: Wall, out: &mut Vec<Sent>) {
        let mut dead = Vec::new();
        for (conn, connection) in &mut self.hub.conns {
            match connection.care(now) {
                Care::Nothing => {}
                Care::Ping => out.push(Sent::Ping(*conn)),
                Care::Close => dead.push(*conn),
            }
        }
        for conn in dead {
            out.push(Sent::Close(conn, 1011, "ping timeout".to_owned()));
            self.lose(conn, false);
        }
    }

    /// What follows the acknowledgement of a subscription: the snapshot of a book, and what switches add.
    pub(super) fn first_message(&mut self, now: Wall, conn: ConnId, params: &Value, out: &mut Vec<Sent>) {
        let Some(name) = params.get("channel").and_then(Value::as_str) else { return };
        let desk = Desk { now, exchange: &self.exchange, switches: self.options.switches };
        let Some(connection) = self.hub.conns.get(&conn) else { return };
        let Some(subscription) = connection.subscriptions.get(name) else { return };
        desk.greet(conn, connection, name, &subscription.channel, out);
    }
}

impl Desk<'_> {
    fn tell(
        &self,
        event: &Event,
        (conn, encoding, owner): (ConnId, Encoding, Option<Owner>),
        name: &str,
        subscription: &mut Subscription,
        out: &mut Vec<Sent>,
    ) {
        let address = owner.map(|owner| self.exchange.account(owner).address_text()).unwrap_or_default();
        let mine = |of: Owner| owner == Some(of);
        let send = |message: ChannelMessage<'_>, out: &mut Vec<Sent>| {
            self.send(conn, encoding, name, &subscription.channel, &message, out);
        };
        match (&subscription.channel, event) {
            (Channel::Bbo(scope), Event::Book(step))
                if step.touch_moved && scope.covers(step.touch.symbol) =>
            {
                send(ChannelMessage::Bbo(&step.touch), out);
            }
            (Channel::Deltas(symbol), Event::Book(step)) if *symbol == step.touch.symbol => {
                send(ChannelMessage::Step(step), out);
            }
            (Channel::Snapshot { symbol, .. }, Event::Book(step)) if *symbol == step.touch.symbol => {
                subscription.news |= !step.changes.is_empty();
            }
            (Channel::Trades(scope), Event::Trade(trade)) if scope.covers(trade.symbol) => {
                send(ChannelMessage::Trade(trade), out);
            }
            (Channel::Summary(_), Event::Mark(symbol)) if covers_summary(subscription, *symbol) => {
                send(ChannelMessage::Summary(self.exchange.market(*symbol)), out);
            }
            (Channel::Funding(scope), Event::FundingRate(symbol)) if scope.covers(*symbol) => {
                send(ChannelMessage::Funding(self.exchange.market(*symbol)), out);
            }
            (Channel::Orders(scope), Event::Order(order))
                if mine(order.owner) && scope.covers(order.asked.symbol) =>
            {
                send(ChannelMessage::Order(order, &address), out);
            }
            (Channel::Fills(scope), Event::Fill(fill)) if mine(fill.owner) && scope.covers(fill.symbol) => {
                send(ChannelMessage::Fill(fill, &address, self.switches.side_of_fill(fill)), out);
            }
            (Channel::Positions, Event::Position(shown)) if mine(shown.owner) => {
                send(ChannelMessage::Position(shown, &address), out);
            }
            (Channel::Account, Event::Account(shown)) if mine(shown.account.owner) => {
                send(ChannelMessage::Account(shown), out);
            }
            (Channel::BalanceEvents, Event::Balance(change)) if mine(change.owner) => {
                send(ChannelMessage::Balance(change), out);
            }
            (Channel::TradeBusts, Event::Bust(bust)) if mine(bust.owner) => {
                send(ChannelMessage::Bust(bust, &address), out);
            }
            (Channel::FundingPayments(scope), Event::Funding(payment))
                if mine(payment.owner) && scope.covers(payment.symbol) =>
            {
                send(ChannelMessage::Payment(payment, &address), out);
            }
            _ => {}
        }
    }

    fn periodic(
        &self,
        (conn, encoding): (ConnId, Encoding),
        name: &str,
        subscription: &mut Subscription,
        out: &mut Vec<Sent>,
    ) {
        if subscription.due().is_none_or(|due| due > self.now) {
            return;
        }
        let Channel::Snapshot { symbol, tick, .. } = &subscription.channel else { return };
        let market = self.exchange.market(*symbol);
        let (bids, asks) = market.shown();
        let levels = (grouped(bids, Side::Buy, *tick, DEPTH), grouped(asks, Side::Sell, *tick, DEPTH));
        let message = ChannelMessage::Book(&market.touch(), &levels);
        self.send(conn, encoding, name, &subscription.channel, &message, out);
        (subscription.sent, subscription.news) = (self.now, false);
    }

    /// Snapshots right after a subscription.
    fn greet(&self, conn: ConnId, connection: &Conn, name: &str, channel: &Channel, out: &mut Vec<Sent>) {
        let encoding = connection.encoding;
        let mut send = |message: ChannelMessage<'_>| self.send(conn, encoding, name, channel, &message, out);
        match channel {
            Channel::Deltas(symbol) => {
                let market = self.exchange.market(*symbol);
                send(ChannelMessage::Book(&market.touch(), market.shown()));
            }
            Channel::Bbo(scope) if self.switches.bbo_at_subscribe => {
                for symbol in Symbol::ALL.into_iter().filter(|symbol| scope.covers(*symbol)) {
                    send(ChannelMessage::Bbo(&self.exchange.market(symbol).touch()));
                }
            }
            _ => {}
        }
        if let Some(bearer) = connection.bearer.as_ref().filter(|_| self.switches.private_snapshots) {
            self.greet_privately(bearer.owner, channel, &mut send);
        }
    }

    fn greet_privately(&self, owner: Owner, channel: &Channel, send: &mut impl FnMut(ChannelMessage<'_>)) {
        let address = self.exchange.account(owner).address_text();
        match channel {
            Channel::Account => send(ChannelMessage::Account(&self.exchange.shown_account(owner))),
            Channel::Positions => {
                for symbol in Symbol::ALL {
                    let shown = self.exchange.shown_position(owner, symbol);
                    if shown.position.known() {
                        send(ChannelMessage::Position(&shown, &address));
                    }
                }
            }
            Channel::Orders(scope) => {
                let alive = self.exchange.alive(owner);
                for order in alive.filter(|order| scope.covers(order.asked.symbol)) {
                    send(ChannelMessage::Order(order, &address));
                }
            }
            _ => {}
        }
    }

    fn send(
        &self,
        conn: ConnId,
        encoding: Encoding,
        name: &str,
        channel: &Channel,
        message: &ChannelMessage<'_>,
        out: &mut Vec<Sent>,
    ) {
        let binary = match encoding {
            Encoding::Sbe(version) if !channel.private() || self.switches.private_sbe => {
                message.binary(self.now, version)
            }
            Encoding::Sbe(_) | Encoding::Plain => None,
        };
        out.push(match binary {
            Some(frame) => Sent::Binary(conn, frame),
            None => Sent::Text(conn, frames::message(name, &message.json(self.now))),
        });
    }
}

fn covers_summary(subscription: &Subscription, symbol: Symbol) -> bool {
    match &subscription.channel {
        Channel::Summary(Some(scope)) => scope.covers(symbol),
        Channel::Summary(None) => {
            subscription.markets.is_empty() || subscription.markets.iter().any(|name| name == symbol.name())
        }
        _ => false,
    }
}
