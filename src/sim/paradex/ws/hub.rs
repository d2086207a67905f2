//! Connections: what each negotiated, who signed in on it, what it subscribed to, whether it lives (paradex.md 5, 8.1).

use super::channel::Channel;
use crate::domain::Wall;
use crate::sim::paradex::sign_in::Bearer;
use crate::sim::service::{ConnId, Request};
use crate::venue::paradex::sbe;
use std::collections::BTreeMap;
use std::time::Duration;

/// The server pings this often.
const PING_EVERY: Duration = Duration::from_secs(55);
/// And wants a pong within this.
const PONG_WITHIN: Duration = Duration::from_secs(5);

/// How a connection encodes what has a binary form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON.
    Plain,
    /// SBE of this version.
    Sbe(u16),
}

impl Encoding {
    /// Reads the query of the upgrade; `None` for a pair that is not served.
    pub fn of(request: &Request) -> Option<Self> {
        match (request.query("sbeSchemaId"), request.query("sbeSchemaVersion")) {
            (None, None) => Some(Self::Plain),
            (Some(schema), Some(version)) if schema.parse() == Ok(sbe::SCHEMA_ID) => {
                let version = version.parse().ok().filter(|version| *version <= sbe::NEWEST_VERSION);
                version.map(Self::Sbe)
            }
            _ => None,
        }
    }
}

/// One subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// What.
    pub channel: Channel,
    /// When a periodic channel last sent.
    pub sent: Wall,
    /// A periodic channel has news.
    pub news: bool,
    /// Markets of a summary subscription that names them.
    pub markets: Vec<String>,
}

impl Subscription {
    /// A fresh one; a periodic one sends at once.
    pub fn new(channel: Channel) -> Self {
        Self { channel, sent: Wall::default(), news: true, markets: Vec::new() }
    }

    /// When a periodic channel with news may send.
    pub fn due(&self) -> Option<Wall> {
        match self.channel {
            Channel::Snapshot { period, .. } if self.news => Some(self.sent.after(period)),
            _ => None,
        }
    }
}

/// One connection.
#[derive(Clone, Debug)]
pub struct Conn {
    /// How it encodes.
    pub encoding: Encoding,
    /// Who signed in.
    pub bearer: Option<Bearer>,
    /// By channel name.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// Its orders are cancelled when it breaks.
    pub cancel_on_disconnect: bool,
    ping_at: Wall,
    pong_by: Option<Wall>,
}

impl Conn {
    /// A fresh connection.
    pub fn new(now: Wall, encoding: Encoding) -> Self {
        Self {
            encoding,
            bearer: None,
            subscriptions: BTreeMap::new(),
            cancel_on_disconnect: false,
            ping_at: now.after(PING_EVERY),
            pong_by: None,
        }
    }

    /// Something came from the client.
    pub fn alive(&mut self) {
        self.pong_by = None;
    }

    /// What the connection needs now.
    pub fn care(&mut self, now: Wall) -> Care {
        if self.pong_by.is_some_and(|by| now >= by) {
            return Care::Close;
        }
        if now < self.ping_at {
            return Care::Nothing;
        }
        self.ping_at = now.after(PING_EVERY);
        self.pong_by = Some(now.after(PONG_WITHIN));
        Care::Ping
    }

    fn next_due(&self) -> Option<Wall> {
        let periodic = self.subscriptions.values().filter_map(Subscription::due).min();
        [Some(self.ping_at), self.pong_by, periodic].into_iter().flatten().min()
    }
}

/// What a connection needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Nothing yet.
    Nothing,
    /// A ping.
    Ping,
    /// It is dead.
    Close,
}

/// All connections.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    /// By number.
    pub conns: BTreeMap<ConnId, Conn>,
}

impl Hub {
    /// When a connection next needs something.
    pub fn next_due(&self) -> Option<Wall> {
        self.conns.values().filter_map(Conn::next_due).min()
    }
}
