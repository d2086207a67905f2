//! Connections with their limits and timers, and everything that waits to be sent.

use super::super::model::{Exchange, MarketId};
use super::super::options::Options;
use super::super::switches::ChannelOrder;
use super::channel::Channel;
use super::feed::BookFeed;
use crate::domain::Wall;
use crate::sim::rng::Rng;
use crate::transport::service::{ConnId, Sent};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Book frames come this often.
const BATCH: Duration = Duration::from_millis(50);
/// Statistics and house-keeping come this often.
const SECOND: Duration = Duration::from_secs(1);
/// A client that sent nothing for this long is cut off.
const IDLE_MILLIS: i64 = 120_000;
/// The venue asks for a sign of life this often.
const PING_MILLIS: i64 = 60_000;
/// Frames a client may send in a minute, transactions excepted.
const FRAMES_PER_MINUTE: usize = 200;

/// A running subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subscription {
    /// Unix seconds until which its token holds, if it has one.
    pub token_until_s: Option<i64>,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// True when it may not send transactions.
    pub read_only: bool,
    /// What it listens to.
    pub subscriptions: BTreeMap<Channel, Subscription>,
    heard: Wall,
    pinged: Wall,
    frames: VecDeque<Wall>,
    lanes: BTreeMap<Channel, Wall>,
}

impl Connection {
    /// Counts a frame; false when there were too many in the last minute.
    pub fn count_frame(&mut self, now: Wall) -> bool {
        while self.frames.front().is_some_and(|at| now.millis() - at.millis() >= 60_000) {
            self.frames.pop_front();
        }
        self.frames.push_back(now);
        self.frames.len() <= FRAMES_PER_MINUTE
    }

    /// Notes a sign of life.
    pub fn hear(&mut self, now: Wall) {
        self.heard = now;
    }
}

/// A frame that is to be sent later.
#[derive(Debug)]
struct Delayed {
    conn: ConnId,
    lane: Option<Channel>,
    text: String,
}

/// All connections and feeds.
pub struct Hub {
    /// Connections by number.
    pub connections: BTreeMap<ConnId, Connection>,
    /// Book feeds by market.
    pub feeds: BTreeMap<MarketId, BookFeed>,
    /// Markets whose next book frame gets lost.
    pub gaps: BTreeSet<MarketId>,
    /// Markets whose next book frame comes twice.
    pub duplicates: BTreeSet<MarketId>,
    /// Nothing leaves before this time.
    pub stalled_until: Option<Wall>,
    /// When an announced shutdown closes every connection.
    pub closing_at: Option<Wall>,
    out: Vec<Sent>,
    delayed: BTreeMap<(Wall, u64), Delayed>,
    sequence: u64,
    opened: VecDeque<Wall>,
    next_batch: Wall,
    next_second: Wall,
    channel_order: ChannelOrder,
    rng: Rng,
}

impl Hub {
    /// No connections yet.
    pub fn new(options: &Options, exchange: &Exchange, start: Wall) -> Self {
        let feeds =
            exchange.markets.values().map(|market| (market.rules.id, BookFeed::new(market))).collect();
        Self {
            connections: BTreeMap::new(),
            feeds,
            gaps: BTreeSet::new(),
            duplicates: BTreeSet::new(),
            stalled_until: None,
            closing_at: None,
            out: Vec::new(),
            delayed: BTreeMap::new(),
            sequence: 0,
            opened: VecDeque::new(),
            next_batch: start.after(BATCH),
            next_second: start.after(SECOND),
            channel_order: options.switches.channel_order,
            rng: Rng::stream(options.seed, "lighter/connections"),
        }
    }

    /// Opens a connection and greets it.
    pub fn open(&mut self, now: Wall, conn: ConnId, read_only: bool) {
        self.opened.push_back(now);
        let connection = Connection {
            read_only,
            subscriptions: BTreeMap::new(),
            heard: now,
            pinged: now,
            frames: VecDeque::new(),
            lanes: BTreeMap::new(),
        };
        self.connections.insert(conn, connection);
        let session_id = self.uuid();
        self.send_now(conn, &json!({ "session_id": session_id, "type": "connected" }));
    }

    /// Connections opened in the last minute.
    pub fn opened_lately(&mut self, now: Wall) -> usize {
        while self.opened.front().is_some_and(|at| now.millis() - at.millis() >= 60_000) {
            self.opened.pop_front();
        }
        self.opened.len()
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.rng.next_u64(), self.rng.next_u64());
        let digits = format!("{high:016x}{low:016x}");
        format!(
            "{}-{}-4{}-a{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[13..16],
            &digits[17..20],
            &digits[20..]
        )
    }

    /// Sends a frame at once.
    pub fn send_now(&mut self, conn: ConnId, frame: &Value) {
        self.out.push(Sent::Text(conn, frame.to_string()));
    }

    /// Sends a frame after a while.
    pub fn send_later(&mut self, due: Wall, conn: ConnId, frame: &Value) {
        self.delay(due, conn, None, frame.to_string());
    }

    /// Sends a frame of a channel to everybody who listens. Account channels lag by a random moment each; within one channel
    /// the order is kept (lighter.md 6.1, 10 point 13).
    pub fn publish(&mut self, now: Wall, channel: Channel, frame: &Value) {
        let text = frame.to_string();
        let listeners: Vec<ConnId> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.subscriptions.contains_key(&channel))
            .map(|(conn, _)| *conn)
            .collect();
        for conn in listeners {
            match (channel.account(), self.channel_order) {
                (Some(_), ChannelOrder::ShuffledWithin(millis)) if millis > 0 => {
                    self.publish_lagging(now, conn, channel, millis, text.clone());
                }
                _ => self.out.push(Sent::Text(conn, text.clone())),
            }
        }
    }

    fn publish_lagging(&mut self, now: Wall, conn: ConnId, channel: Channel, millis: i64, text: String) {
        let lag = Duration::from_micros(self.rng.below(millis.unsigned_abs() * 1_000));
        let Some(connection) = self.connections.get_mut(&conn) else { return };
        let lane = connection.lanes.entry(channel).or_default();
        *lane = now.after(lag).max(*lane);
        let due = *lane;
        self.delay(due, conn, Some(channel), text);
    }

    fn delay(&mut self, due: Wall, conn: ConnId, lane: Option<Channel>, text: String) {
        self.sequence += 1;
        self.delayed.insert((due, self.sequence), Delayed { conn, lane, text });
    }

    /// Ends a subscription; what is still on its way gets lost.
    pub fn unsubscribe(&mut self, conn: ConnId, channel: Channel) -> bool {
        self.delayed.retain(|_, delayed| delayed.conn != conn || delayed.lane != Some(channel));
        let connection = self.connections.get_mut(&conn);
        connection.is_some_and(|connection| connection.subscriptions.remove(&channel).is_some())
    }

    /// Closes a connection in an orderly way.
    pub fn close(&mut self, conn: ConnId, code: u16, reason: &str) {
        if self.forget(conn) {
            self.out.push(Sent::Close(conn, code, reason.to_owned()));
        }
    }

    /// Cuts every connection.
    pub fn cut_all(&mut self) {
        for conn in std::mem::take(&mut self.connections).into_keys() {
            self.out.push(Sent::Cut(conn));
        }
        self.delayed.clear();
    }

    /// Drops everything known of a connection.
    pub fn forget(&mut self, conn: ConnId) -> bool {
        self.delayed.retain(|_, delayed| delayed.conn != conn);
        self.connections.remove(&conn).is_some()
    }

    /// True when anybody listens to this channel.
    pub fn listens(&self, channel: Channel) -> bool {
        self.connections.values().any(|connection| connection.subscriptions.contains_key(&channel))
    }

    /// When something is due next.
    pub fn next_due(&self) -> Wall {
        let delayed = self.delayed.keys().next().map(|(due, _)| *due);
        let others = [delayed, self.stalled_until, self.closing_at];
        others.into_iter().flatten().fold(self.next_batch.min(self.next_second), Wall::min)
    }

    /// Whether book frames are due.
    pub fn take_batch(&mut self, now: Wall) -> bool {
        let due = self.next_batch <= now;
        if due {
            self.next_batch = self.next_batch.after(BATCH);
        }
        due
    }

    /// Whether a second has passed.
    pub fn take_second(&mut self, now: Wall) -> bool {
        let due = self.next_second <= now;
        if due {
            self.next_second = self.next_second.after(SECOND);
        }
        due
    }

    /// Sends what has waited long enough, asks for signs of life, cuts off the silent.
    pub fn run_timers(&mut self, now: Wall) {
        while let Some(entry) = self.delayed.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let delayed = entry.remove();
            self.out.push(Sent::Text(delayed.conn, delayed.text));
        }
        if self.stalled_until.is_some_and(|until| until <= now) {
            self.stalled_until = None;
        }
        if self.closing_at.is_some_and(|at| at <= now) {
            self.closing_at = None;
            for conn in self.connections.keys().copied().collect::<Vec<_>>() {
                self.close(conn, 1001, "server shutting down");
            }
        }
    }

    /// Once a second: pings and idle connections.
    pub fn check_idle(&mut self, now: Wall) {
        let mut idle = Vec::new();
        let mut ping = Vec::new();
        for (conn, connection) in &mut self.connections {
            if now.millis() - connection.heard.millis() >= IDLE_MILLIS {
                idle.push(*conn);
            } else if now.millis() - connection.pinged.millis() >= PING_MILLIS {
                connection.pinged = now;
                ping.push(*conn);
            }
        }
        for conn in idle {
            self.close(conn, 1000, "idle");
        }
        for conn in ping {
            self.send_now(conn, &json!({ "type": "ping" }));
        }
    }

    /// Moves what is to be sent to `out`, unless everything is stalled.
    pub fn drain_into(&mut self, out: &mut Vec<Sent>) {
        if self.stalled_until.is_none() {
            out.append(&mut self.out);
        }
    }
}
