//! Subscriptions: who may have which channel on which connection (paradex.md 5, 7.3, 8.1).

use super::channel::{Channel, Scope};
use super::frames::{RpcCode, RpcError};
use super::hub::{Encoding, Subscription};
use super::methods::Answer;
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::options::PlainPublic;
use crate::sim::service::ConnId;
use serde_json::{Value, json};

fn refused(data: impl Into<String>) -> RpcError {
    RpcError::because(RpcCode::InvalidRequest, "invalid subscribe request", data)
}

fn channel_name(params: &Value) -> Result<&str, RpcError> {
    let missing = || RpcError::because(RpcCode::InvalidParams, "invalid params", "channel is missing");
    params.get("channel").and_then(Value::as_str).ok_or_else(missing)
}

fn names(params: &Value, field: &str) -> Vec<String> {
    let list = params.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl ParadexSim {
    pub(super) fn subscribe(&mut self, conn: ConnId, params: &Value) -> Answer {
        let name = channel_name(params)?;
        let switches = self.options.switches;
        let channel = Channel::read(name, &switches).map_err(refused)?;
        let connection = self.connection(conn)?;
        if channel.private() && connection.bearer.is_none() {
            return Err(RpcError::new(RpcCode::Unauthenticated, "not authenticated for this channel"));
        }
        let plain_public = !channel.private() && connection.encoding == Encoding::Plain;
        if plain_public && switches.plain_public == PlainPublic::Refuse {
            return Err(refused("public channels require SBE: sbeSchemaId and sbeSchemaVersion"));
        }
        if connection.subscriptions.contains_key(name) {
            return Err(refused(format!("already subscribed to {name}")));
        }
        let books = connection.subscriptions.iter();
        let mut same_book = books
            .filter(|(_, other)| channel.book_of().is_some() && other.channel.book_of() == channel.book_of());
        if let (Encoding::Sbe(_), Some((other, _))) = (connection.encoding, same_book.next()) {
            return Err(refused(format!("{name} cannot share an SBE session with {other}")));
        }
        let silent = plain_public && switches.plain_public == PlainPublic::Silence;
        let channel = if silent { Channel::Silent } else { channel };
        let mut subscription = Subscription::new(channel);
        subscription.markets = names(params, "markets");
        connection.subscriptions.insert(name.to_owned(), subscription);
        Ok(json!({"channel": name}))
    }

    pub(super) fn unsubscribe(&mut self, conn: ConnId, params: &Value) -> Answer {
        let name = channel_name(params)?;
        if self.connection(conn)?.subscriptions.remove(name).is_none() {
            let data = format!("not subscribed to {name}");
            return Err(RpcError::because(RpcCode::InvalidRequest, "invalid unsubscribe request", data));
        }
        Ok(json!({"channel": name}))
    }

    /// Adds markets to and removes them from a summary subscription that named its markets.
    pub(super) fn modify_subscription(&mut self, conn: ConnId, params: &Value) -> Answer {
        let name = channel_name(params)?;
        let (add, remove) = (names(params, "add"), names(params, "remove"));
        let refuse =
            |data: String| RpcError::because(RpcCode::InvalidRequest, "invalid subscription change", data);
        if let Some(unknown) = add.iter().find(|market| Scope::read_market(market).is_none()) {
            return Err(refuse(format!("unknown market {unknown}")));
        }
        let subscription = self.connection(conn)?.subscriptions.get_mut(name);
        let subscription = subscription
            .filter(|subscription| subscription.channel == Channel::Summary(None))
            .ok_or_else(|| refuse(format!("not subscribed to {name} with markets")))?;
        subscription.markets.retain(|market| !remove.contains(market));
        for market in add {
            if !subscription.markets.contains(&market) {
                subscription.markets.push(market);
            }
        }
        Ok(json!({"channel": name, "markets": subscription.markets}))
    }
}
