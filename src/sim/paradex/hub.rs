//! The connections of the simulated Paradex: who is signed in, who listens to what, and the frames they get
//! (paradex.md 5, 7, 8.1).

use super::auth::{Caller, SignIn};
use super::model::rules::{Class, MARKETS};
use super::model::{COUNT, Event, Exchange, Reject, market_index};
use super::{ParadexOptions, json_out, sbe_out};
use crate::domain::{Price, Qty, Side, Wall};
use crate::sim::service::{ConnId, Request, Response, Sent};
use crate::venue::paradex::sbe::{Level, Message};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The venue pings this often and wants an answer within five seconds.
const PING_EVERY_US: i64 = 55_000_000;
const PONG_WITHIN_US: i64 = 5_000_000;

/// A side of a book as it was last published.
type Published = BTreeMap<Price, Qty>;

/// One connection.
#[derive(Debug)]
pub struct Conn {
    /// Negotiated SBE version.
    pub sbe: Option<u16>,
    /// Who signed in on it.
    pub caller: Option<Caller>,
    /// Channels it listens to.
    pub channels: BTreeSet<String>,
    /// Cancel its orders when it breaks.
    pub cancel_on_disconnect: bool,
    heard: Wall,
    pinged: Wall,
    waiting: bool,
}

/// A channel by what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// `bbo.{m}`, of one market or all, with or without RPI.
    Bbo(Option<usize>),
    /// `trades.{m}`.
    Trades(Option<usize>),
    /// `order_book.{m}.deltas` and `interactive_deltas`.
    Deltas(usize),
    /// `order_book.{m}.snapshot@15@...` and `interactive@15@...`.
    Snapshot(usize),
    /// `markets_summary`.
    Summary(Option<usize>),
    /// Public, acknowledged, nothing to tell here.
    QuietPublic,
    /// `orders.{m}`.
    Orders(Option<usize>),
    /// `fills.{m}`.
    Fills(Option<usize>),
    /// `positions`.
    Positions,
    /// `account`.
    Account,
    /// Private, acknowledged, nothing to tell here.
    QuietPrivate,
}

impl Topic {
    /// Needs sign-in.
    pub fn is_private(self) -> bool {
        matches!(
            self,
            Self::Orders(_) | Self::Fills(_) | Self::Positions | Self::Account | Self::QuietPrivate
        )
    }

    /// Market whose book it carries.
    fn book(self) -> Option<usize> {
        match self {
            Self::Deltas(market) | Self::Snapshot(market) => Some(market),
            _ => None,
        }
    }
}

/// What a channel name means; the refusal is the `data` of the venue's error.
pub fn topic(channel: &str) -> Result<Topic, String> {
    let unknown = || format!("unknown channel {channel}");
    let parts: Vec<&str> = channel.split('.').collect();
    let one = |symbol: &str| market_index(symbol).ok_or_else(|| format!("unknown market {symbol}"));
    let some = |symbol: &str| if symbol == "ALL" { Ok(None) } else { one(symbol).map(Some) };
    Ok(match parts.as_slice() {
        ["bbo", symbol] | ["bbo", symbol, "interactive"] => Topic::Bbo(some(symbol)?),
        ["trades", symbol] => Topic::Trades(some(symbol)?),
        ["order_book", symbol, "deltas" | "interactive_deltas"] => Topic::Deltas(one(symbol)?),
        ["order_book", _, form] if form.starts_with("deltas@") || form.starts_with("interactive_deltas@") => {
            return Err("no parameters expected for deltas topic.".to_owned());
        }
        ["order_book", symbol, form] => book_snapshot(form).map(|()| one(symbol))?.map(Topic::Snapshot)?,
        ["markets_summary"] => Topic::Summary(None),
        ["markets_summary", symbol] => Topic::Summary(some(symbol)?),
        ["funding_data", symbol] => some(symbol).map(|_| Topic::QuietPublic)?,
        ["markets"] | ["markets", _] | ["funding_rate_comparison", _] => Topic::QuietPublic,
        ["orders", symbol] => Topic::Orders(some(symbol)?),
        ["fills", symbol] => Topic::Fills(some(symbol)?),
        ["positions"] => Topic::Positions,
        ["account"] => Topic::Account,
        ["funding_payments", symbol] => some(symbol).map(|_| Topic::QuietPrivate)?,
        ["balance_events" | "tradebusts" | "transaction" | "transfers" | "mmp"] => Topic::QuietPrivate,
        _ => return Err(unknown()),
    })
}

/// `snapshot@15@50ms[@tick]` and `interactive@15@100ms`.
fn book_snapshot(form: &str) -> Result<(), String> {
    let parts: Vec<&str> = form.split('@').collect();
    match parts.as_slice() {
        ["snapshot", "15", "50ms" | "100ms", ..] | ["interactive", "15", "100ms" | "200ms" | "400ms", ..] => {
            Ok(())
        }
        ["snapshot" | "interactive", depth, ..] if *depth != "15" => Err("Expecting depth=15".to_owned()),
        _ => Err(format!("unknown book form {form}")),
    }
}

/// All connections.
pub struct Hub {
    conns: BTreeMap<ConnId, Conn>,
    published: Vec<[Published; 2]>,
    touches: [Option<[Option<(Price, Qty)>; 2]>; COUNT],
}

impl Hub {
    /// No connections; the books as they are.
    pub fn new(exchange: &Exchange) -> Self {
        let published = (0..COUNT)
            .map(|market| [levels(exchange, market, Side::Buy), levels(exchange, market, Side::Sell)]);
        Self { conns: BTreeMap::new(), published: published.collect(), touches: [None; COUNT] }
    }

    /// Negotiates a connection: `sbeSchemaId=1&sbeSchemaVersion=0|1|2`, or none of both.
    pub fn open(
        &mut self,
        now: Wall,
        conn: ConnId,
        request: &Request,
        sign_in: &SignIn,
    ) -> Result<(), Response> {
        if request.path != "/v1" {
            return Err(refused(404, "NOT_FOUND", "unknown path"));
        }
        let sbe = match (request.query("sbeSchemaId"), request.query("sbeSchemaVersion")) {
            (None, None) => None,
            (Some("1"), Some("0")) => Some(0),
            (Some("1"), Some("1")) => Some(1),
            (Some("1"), Some("2")) => Some(2),
            _ => {
                return Err(refused(
                    400,
                    "INVALID_REQUEST_PARAMETER",
                    "unsupported SBE schema id or version",
                ));
            }
        };
        // A token on the upgrade signs in, as the official client sends it; a bad one is only not signed in.
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let caller = token.and_then(|token| sign_in.caller(now, token));
        let (channels, heard) = (BTreeSet::new(), now);
        let fresh =
            Conn { sbe, caller, channels, cancel_on_disconnect: false, heard, pinged: now, waiting: false };
        self.conns.insert(conn, fresh);
        Ok(())
    }

    /// A connection.
    pub fn conn(&mut self, conn: ConnId) -> Option<&mut Conn> {
        self.conns.get_mut(&conn)
    }

    /// Any sign of life.
    pub fn alive(&mut self, now: Wall, conn: ConnId) {
        if let Some(conn) = self.conns.get_mut(&conn) {
            conn.heard = now;
            conn.waiting = false;
        }
    }

    /// The connection is gone: the orders that go with it.
    pub fn closed(&mut self, conn: ConnId, exchange: &Exchange) -> Vec<(u64, Class)> {
        let Some(gone) = self.conns.remove(&conn) else { return Vec::new() };
        let Some(caller) = gone.caller.filter(|_| gone.cancel_on_disconnect) else { return Vec::new() };
        let own = exchange.live_orders(caller.account).filter(|order| order.conn == Some(conn.0));
        own.map(|order| (order.no, order.class)).collect()
    }

    /// Pings whom it is time to ping and drops who did not answer.
    pub fn ping(&mut self, now: Wall, out: &mut Vec<Sent>) {
        for (id, conn) in &mut self.conns {
            if conn.waiting && now.0 - conn.pinged.0 >= PONG_WITHIN_US {
                conn.waiting = false;
                out.push(Sent::Cut(*id));
            } else if !conn.waiting && now.0 - conn.pinged.0 >= PING_EVERY_US {
                (conn.pinged, conn.waiting) = (now, true);
                out.push(Sent::Ping(*id));
            }
        }
    }

    /// When [`Hub::ping`] is next needed.
    pub fn next_ping(&self) -> Wall {
        let due =
            |conn: &Conn| Wall(conn.pinged.0 + if conn.waiting { PONG_WITHIN_US } else { PING_EVERY_US });
        self.conns.values().map(due).min().unwrap_or(Wall(i64::MAX))
    }

    /// Adds a channel to a connection; the refusal is the `data` of an invalid request.
    pub fn subscribe(&mut self, conn: ConnId, channel: &str, topic: Topic) -> Result<(), String> {
        let Some(conn) = self.conns.get_mut(&conn) else { return Ok(()) };
        if conn.channels.contains(channel) {
            return Err(format!("already subscribed to {channel}"));
        }
        let shared = |other: &&String| self::topic(other).ok().and_then(Topic::book) == topic.book();
        if conn.sbe.is_some()
            && topic.book().is_some()
            && let Some(other) = conn.channels.iter().find(shared)
        {
            return Err(format!("{channel} cannot share an SBE session with {other}"));
        }
        conn.channels.insert(channel.to_owned());
        Ok(())
    }

    /// The first frame of a channel, sent behind its acknowledgement.
    pub fn greet(
        &self,
        now: Wall,
        id: ConnId,
        channel: &str,
        topic: Topic,
        exchange: &Exchange,
        out: &mut Vec<Sent>,
    ) {
        let Some(conn) = self.conns.get(&id) else { return };
        match topic {
            Topic::Deltas(market) | Topic::Snapshot(market) => {
                send_book(conn, id, channel, market, now, exchange, true, &self.published[market], out);
            }
            Topic::Bbo(Some(market)) => send_bbo(conn, id, channel, market, now, exchange, out),
            _ => {}
        }
    }

    /// Tells everybody what happened in the exchange since the last call.
    pub fn publish(
        &mut self,
        now: Wall,
        exchange: &mut Exchange,
        options: &ParadexOptions,
        out: &mut Vec<Sent>,
    ) {
        let events = exchange.take_events();
        let mut changed = BTreeSet::new();
        for event in &events {
            match event {
                Event::Book(market) => {
                    changed.insert(*market);
                }
                Event::Trade(market, trade) => {
                    let id = json_out::numeric_id(trade.at, trade.no);
                    let message = sbe_out::trade(*market, trade, &id, now);
                    let json = || json_out::trade(*market, trade);
                    let wanted =
                        |topic| matches!(topic, Topic::Trades(of) if of.is_none_or(|m| m == *market));
                    self.public(wanted, &message, json, out);
                }
                Event::Order(order) => {
                    let message = sbe_out::order(exchange, order, now);
                    let json = || json_out::order(exchange, order, now);
                    let market = order.request.market;
                    let wanted = |topic| matches!(topic, Topic::Orders(of) if of.is_none_or(|m| m == market));
                    self.private(order.account, wanted, Some(&message), json, options, out);
                }
                Event::Fill(fill) => {
                    let ids = sbe_out::fill_ids(fill);
                    let message = sbe_out::fill(exchange, fill, &ids, now);
                    let wanted =
                        |topic| matches!(topic, Topic::Fills(of) if of.is_none_or(|m| m == fill.market));
                    self.private(
                        fill.account,
                        wanted,
                        Some(&message),
                        || json_out::fill(exchange, fill),
                        options,
                        out,
                    );
                }
                Event::Account(account, market) => {
                    if let Some(json) = json_out::position(exchange, *account, *market) {
                        let message = sbe_out::position(exchange, *account, *market, now);
                        let wanted = |topic| topic == Topic::Positions;
                        self.private(*account, wanted, message.as_ref(), || json.clone(), options, out);
                    }
                    let message = sbe_out::account(exchange, *account, now);
                    let json = || json_out::account(exchange, *account);
                    self.private(
                        *account,
                        |topic| topic == Topic::Account,
                        Some(&message),
                        json,
                        options,
                        out,
                    );
                }
            }
        }
        for market in changed {
            self.publish_book(now, market, exchange, out);
        }
    }

    /// One step of the market's counter, its book delta, and its touch when that moved.
    fn publish_book(&mut self, now: Wall, market: usize, exchange: &mut Exchange, out: &mut Vec<Sent>) {
        let current = [levels(exchange, market, Side::Buy), levels(exchange, market, Side::Sell)];
        let delta: [Published; 2] =
            std::array::from_fn(|side| difference(&self.published[market][side], &current[side]));
        exchange.markets[market].seq += 1;
        self.published[market] = current;
        let touch = [Side::Buy, Side::Sell].map(|side| exchange.markets[market].book.best(side));
        let moved = self.touches[market] != Some(touch);
        self.touches[market] = Some(touch);
        for (id, conn) in &self.conns {
            for channel in &conn.channels {
                match topic(channel) {
                    Ok(Topic::Deltas(of)) if of == market => {
                        send_book(conn, *id, channel, market, now, exchange, false, &delta, out);
                    }
                    Ok(Topic::Snapshot(of)) if of == market => {
                        send_book(
                            conn,
                            *id,
                            channel,
                            market,
                            now,
                            exchange,
                            true,
                            &self.published[market],
                            out,
                        );
                    }
                    Ok(Topic::Bbo(of)) if moved && of.is_none_or(|m| m == market) => {
                        send_bbo(conn, *id, channel, market, now, exchange, out);
                    }
                    Ok(Topic::Summary(of))
                        if of.is_none_or(|m| m == market) && exchange.markets[market].seq % 10 == 0 =>
                    {
                        let message = sbe_out::summary(exchange, market, now);
                        send(conn, *id, channel, &message, || json_out::summary(exchange, market, now), out);
                    }
                    _ => {}
                }
            }
        }
    }

    fn public(
        &self,
        wanted: impl Fn(Topic) -> bool,
        message: &Message<'_>,
        json: impl Fn() -> Value,
        out: &mut Vec<Sent>,
    ) {
        for (id, conn) in &self.conns {
            for channel in conn.channels.iter().filter(|channel| topic(channel).is_ok_and(&wanted)) {
                send(conn, *id, channel, message, &json, out);
            }
        }
    }

    fn private(
        &self,
        account: usize,
        wanted: impl Fn(Topic) -> bool,
        message: Option<&Message<'_>>,
        json: impl Fn() -> Value,
        options: &ParadexOptions,
        out: &mut Vec<Sent>,
    ) {
        let own = |conn: &&Conn| conn.caller.is_some_and(|caller| caller.account == account);
        for (id, conn) in self.conns.iter().filter(|(_, conn)| own(conn)) {
            for channel in conn.channels.iter().filter(|channel| topic(channel).is_ok_and(&wanted)) {
                match message.filter(|_| options.private_sbe) {
                    Some(message) => send(conn, *id, channel, message, &json, out),
                    None => out.push(Sent::Text(*id, channel_text(channel, &json()))),
                }
            }
        }
    }
}

fn levels(exchange: &Exchange, market: usize, side: Side) -> Published {
    exchange.markets[market].book.levels(side, usize::MAX).into_iter().collect()
}

/// Levels that are new or other than before; size zero for those that are gone.
fn difference(before: &Published, after: &Published) -> Published {
    let gone = before.keys().filter(|price| !after.contains_key(price)).map(|price| (*price, Qty::ZERO));
    let changed =
        after.iter().filter(|(price, qty)| before.get(price) != Some(qty)).map(|(price, qty)| (*price, *qty));
    gone.chain(changed).collect()
}

#[allow(
    clippy::too_many_arguments,
    reason = "one frame needs all of it and nothing would be clearer bundled"
)]
fn send_book(
    conn: &Conn,
    id: ConnId,
    channel: &str,
    market: usize,
    now: Wall,
    exchange: &Exchange,
    whole: bool,
    sides: &[Published; 2],
    out: &mut Vec<Sent>,
) {
    let depth = if matches!(topic(channel), Ok(Topic::Snapshot(_))) { 15 } else { usize::MAX };
    let level = |(price, size): (&Price, &Qty)| Level { price: *price, size: *size };
    let bids: Vec<Level> = sides[0].iter().rev().take(depth).map(level).collect();
    let asks: Vec<Level> = sides[1].iter().take(depth).map(level).collect();
    let seq = exchange.markets[market].seq;
    let message = sbe_out::book(market, seq, now, whole, &bids, &asks);
    let json = || {
        let side = |levels: &[Level], word: &str| -> Vec<Value> {
            levels
                .iter()
                .map(|l| json!({"side": word, "price": l.price.to_string(), "size": l.size.to_string()}))
                .collect()
        };
        let changes: Vec<Value> = side(&bids, "BUY").into_iter().chain(side(&asks, "SELL")).collect();
        let is_gone = |level: &Value| level["size"] == "0";
        let (deletes, inserts): (Vec<Value>, Vec<Value>) = changes.into_iter().partition(is_gone);
        json!({
            "market": MARKETS[market].symbol, "seq_no": seq, "last_updated_at": now.millis(),
            "update_type": if whole { "s" } else { "d" }, "inserts": inserts, "updates": [], "deletes": deletes,
        })
    };
    send(conn, id, channel, &message, json, out);
}

fn send_bbo(
    conn: &Conn,
    id: ConnId,
    channel: &str,
    market: usize,
    now: Wall,
    exchange: &Exchange,
    out: &mut Vec<Sent>,
) {
    let message = sbe_out::bbo(exchange, market, now);
    send(conn, id, channel, &message, || json_out::bbo(exchange, market, now), out);
}

fn send(
    conn: &Conn,
    id: ConnId,
    channel: &str,
    message: &Message<'_>,
    json: impl Fn() -> Value,
    out: &mut Vec<Sent>,
) {
    match conn.sbe.and_then(|version| sbe_out::frame(message, version)) {
        Some(bytes) => out.push(Sent::Binary(id, bytes)),
        None => out.push(Sent::Text(id, channel_text(channel, &json()))),
    }
}

/// Text frames of the venue end in a newline.
fn channel_text(channel: &str, data: &Value) -> String {
    let frame =
        json!({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}});
    format!("{frame}\n")
}

fn refused(status: u16, code: &'static str, message: &str) -> Response {
    let reject = Reject::new(code, message);
    Response::json(status, &json!({"error": reject.code, "message": reject.message, "data": Value::Null}))
}
