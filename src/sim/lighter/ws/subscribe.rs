//! Subscribing and its refusals (lighter.md 5.1).

use super::super::LighterSim;
use super::super::auth::check_token;
use super::super::refusal::Refusal;
use super::channel::Channel;
use super::frames;
use super::hub::Subscription;
use crate::domain::Wall;
use crate::transport::service::ConnId;
use serde_json::json;

/// Subscriptions of one connection.
const MAX_SUBSCRIPTIONS: usize = 500;
/// Subscriptions of all connections together.
const MAX_SUBSCRIPTIONS_OVERALL: usize = 5_000;

impl LighterSim {
    /// Subscribes a connection and sends the full state, or the reason why not.
    pub(in super::super) fn subscribe(
        &mut self,
        now: Wall,
        conn: ConnId,
        channel: &str,
        token: Option<&str>,
    ) {
        self.remember_token(now, token);
        match self.try_subscribe(now, conn, channel, token) {
            Ok(channel) => {
                let frame = self.snapshot(now, channel);
                self.hub.send_now(conn, &frame);
            }
            Err(refusal) => self.hub.send_now(conn, &frames::error(&refusal)),
        }
    }

    fn try_subscribe(
        &mut self,
        now: Wall,
        conn: ConnId,
        channel: &str,
        token: Option<&str>,
    ) -> Result<Channel, Refusal> {
        let channel = Channel::parse(channel).ok_or(Refusal::WsInvalidChannel)?;
        let overall: usize = self.hub.connections.values().map(|other| other.subscriptions.len()).sum();
        let connection = self.hub.connections.get(&conn).ok_or(Refusal::WsInvalidChannel)?;
        if connection.subscriptions.contains_key(&channel) {
            return Err(Refusal::AlreadySubscribed(channel.wire()));
        }
        if connection.subscriptions.len() >= MAX_SUBSCRIPTIONS || overall >= MAX_SUBSCRIPTIONS_OVERALL {
            return Err(Refusal::TooManySubscriptions);
        }
        let subscription = self.open_channel(now, channel, token)?;
        if let Channel::OrderBook(id) = channel
            && !self.hub.listens(channel)
            && let Some((feed, market)) = self.hub.feeds.get_mut(&id).zip(self.exchange.markets.get(&id))
        {
            feed.restart(market);
        }
        if let Some(connection) = self.hub.connections.get_mut(&conn) {
            connection.subscriptions.insert(channel, subscription);
        }
        Ok(channel)
    }

    /// Account channels: the account must exist, and private ones need a good token. A token on a public one does no harm,
    /// even a bad one.
    fn open_channel(
        &self,
        now: Wall,
        channel: Channel,
        token: Option<&str>,
    ) -> Result<Subscription, Refusal> {
        let Some(account) = channel.account() else { return Ok(Subscription::default()) };
        if !self.exchange.accounts.contains_key(&account) {
            return Err(Refusal::AccountNotFound);
        }
        let token = token.filter(|token| !token.is_empty());
        if !channel.needs_token() {
            let grant = token.and_then(|token| check_token(&self.exchange, now, token).ok());
            return Ok(Subscription { token_until_s: grant.map(|grant| grant.deadline_s) });
        }
        let missing = || Refusal::InvalidParam(format!("auth field is required: {}", channel.wire()));
        let grant = check_token(&self.exchange, now, token.ok_or_else(missing)?)?;
        grant.opens(&self.exchange, account)?;
        Ok(Subscription { token_until_s: Some(grant.deadline_s) })
    }

    /// Ends a subscription.
    pub(in super::super) fn unsubscribe(&mut self, conn: ConnId, text: &str) {
        let Some(channel) = Channel::parse(text) else {
            return self.hub.send_now(conn, &frames::error(&Refusal::WsInvalidChannel));
        };
        let frame = if self.hub.unsubscribe(conn, channel) {
            json!({ "type": "unsubscribed", "channel": channel.wire() })
        } else {
            frames::error(&Refusal::NotSubscribed(channel.wire()))
        };
        self.hub.send_now(conn, &frame);
    }
}
