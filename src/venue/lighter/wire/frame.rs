//! WebSocket frames of the server (lighter.md 5): one pass over the envelope, then the content of the channel.

use super::account::{Position, UserStats};
use super::book::{BookMessage, Ticker};
use super::container::{self, Rows};
use super::number;
use super::order::OrderRecord;
use super::quick;
use super::send::{self, SendReply};
use super::trade::Trade;
use super::transaction::TransactionRecord;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::time::Duration;
use thiserror::Error;

/// The channels this client uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Best bid and ask, on every change.
    Ticker,
    /// Levels, every 50 ms.
    OrderBook,
    /// Own orders.
    Orders,
    /// Own executions.
    Trades,
    /// Own positions.
    Positions,
    /// Own balance.
    Stats,
    /// Own transactions as the sequencer handles them.
    Transactions,
}

impl Channel {
    /// All of them, in the order of subscription: what orders depend on comes first.
    pub const ALL: [Self; 7] = [
        Self::Orders,
        Self::Trades,
        Self::Transactions,
        Self::Positions,
        Self::Stats,
        Self::Ticker,
        Self::OrderBook,
    ];

    /// The name in frames.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ticker => "ticker",
            Self::OrderBook => "order_book",
            Self::Orders => "account_all_orders",
            Self::Trades => "account_all_trades",
            Self::Positions => "account_all_positions",
            Self::Stats => "user_stats",
            Self::Transactions => "account_tx",
        }
    }

    /// Whether it speaks of an account, not of a market.
    pub const fn is_private(self) -> bool {
        !matches!(self, Self::Ticker | Self::OrderBook)
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// A frame of the server.
#[derive(Debug)]
pub enum Frame {
    /// First frame of a connection.
    Connected,
    /// The server asks for a pong.
    Ping,
    /// The server answers our ping.
    Pong,
    /// The server will close the connection.
    Shutdown {
        /// Time left.
        close_in: Duration,
    },
    /// A subscription ended as we asked.
    Unsubscribed,
    /// A snapshot or an update.
    Data(Data),
    /// The answer to a send, or an error that may belong to one.
    Reply(SendReply),
    /// A frame this client has no use for.
    Other,
}

/// Content of one channel.
#[derive(Debug)]
pub struct Data {
    /// Which channel.
    pub channel: Channel,
    /// Market or account it speaks of, when the frame says so.
    pub id: Option<u64>,
    /// True for the state sent upon subscribing.
    pub snapshot: bool,
    /// What it says.
    pub content: Content,
}

/// Typed content by channel.
#[derive(Debug)]
pub enum Content {
    /// Best prices and the engine number they belong to.
    Ticker(Ticker, Option<i64>),
    /// Levels.
    OrderBook(BookMessage),
    /// Orders.
    Orders(Rows<OrderRecord>),
    /// Executions.
    Trades(Rows<Trade>),
    /// Positions.
    Positions(Rows<Position>),
    /// Balance.
    Stats(UserStats),
    /// Transactions.
    Transactions(Rows<TransactionRecord>),
}

/// A frame that does not read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unreadable frame: {cause}")]
pub struct FrameError {
    /// Channel, when that much was readable.
    pub channel: Option<Channel>,
    /// The decoder's words.
    pub cause: String,
}

#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(borrow, default)]
    pub(super) id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) tx_hash: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) predicted_execution_time_ms: Option<&'a RawValue>,
    #[serde(borrow, default)]
    nonce: Option<&'a RawValue>,
    #[serde(borrow, default)]
    close_in_ms: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ticker: Option<&'a RawValue>,
    #[serde(borrow, default)]
    order_book: Option<&'a RawValue>,
    #[serde(borrow, default)]
    orders: Option<&'a RawValue>,
    #[serde(borrow, default)]
    trades: Option<&'a RawValue>,
    #[serde(borrow, default)]
    positions: Option<&'a RawValue>,
    #[serde(borrow, default)]
    stats: Option<&'a RawValue>,
    #[serde(borrow, default)]
    txs: Option<&'a RawValue>,
}

impl Frame {
    /// Reads one text frame.
    ///
    /// # Errors
    /// When it is no JSON, or the content of a known channel does not read.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        match quick::market_frame(text) {
            Some(data) => Ok(Self::Data(data)),
            None => Self::parse_strictly(text),
        }
    }

    /// The same for frames of every form.
    ///
    /// # Errors
    /// As [`Frame::parse`].
    pub fn parse_strictly(text: &str) -> Result<Self, FrameError> {
        let envelope: Envelope<'_> = serde_json::from_str(text)
            .map_err(|error| FrameError { channel: None, cause: error.to_string() })?;
        let kind = envelope.kind.as_deref().unwrap_or_default();
        match kind.split_once('/') {
            Some(("subscribed", name)) => return envelope.read(name, true),
            Some(("update", name)) => return envelope.read(name, false),
            _ => {}
        }
        Ok(match kind {
            "connected" => Self::Connected,
            "ping" => Self::Ping,
            "pong" => Self::Pong,
            "unsubscribed" => Self::Unsubscribed,
            "shutdown" => Self::Shutdown { close_in: envelope.close_in() },
            _ => send::read(&envelope).map_or(Self::Other, Self::Reply),
        })
    }
}

impl Envelope<'_> {
    fn close_in(&self) -> Duration {
        Duration::from_millis(
            self.close_in_ms.and_then(integer).and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0),
        )
    }

    fn read(&self, name: &str, snapshot: bool) -> Result<Frame, FrameError> {
        let (address, id) = match self.channel.as_deref().map(split_channel) {
            Some((address, id)) => (address, id),
            None => (name, None),
        };
        let Some(channel) = Channel::from_name(address) else { return Ok(Frame::Other) };
        let content = self.content(channel).map_err(|cause| FrameError { channel: Some(channel), cause })?;
        Ok(Frame::Data(Data { channel, id, snapshot, content }))
    }

    fn content(&self, channel: Channel) -> Result<Content, String> {
        Ok(match channel {
            Channel::Ticker => Content::Ticker(object(self.ticker)?, self.nonce.and_then(integer)),
            Channel::OrderBook => Content::OrderBook(object(self.order_book)?),
            Channel::Orders => Content::Orders(rows(self.orders)),
            Channel::Trades => Content::Trades(rows(self.trades)),
            Channel::Positions => Content::Positions(rows(self.positions)),
            Channel::Stats => Content::Stats(object(self.stats)?),
            Channel::Transactions => Content::Transactions(rows(self.txs)),
        })
    }
}

fn object<T: DeserializeOwned>(raw: Option<&RawValue>) -> Result<T, String> {
    let raw = raw.ok_or("the content is missing")?;
    serde_json::from_str(raw.get()).map_err(|error| error.to_string())
}

fn rows<T: DeserializeOwned>(raw: Option<&RawValue>) -> Rows<T> {
    raw.map(container::rows).unwrap_or_default()
}

/// An integer, tolerant of digits in a text.
pub(super) fn integer(raw: &RawValue) -> Option<i64> {
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    number::integer(&mut deserializer).ok().flatten()
}

/// `order_book:1` or `order_book/1` as name and id.
fn split_channel(channel: &str) -> (&str, Option<u64>) {
    match channel.split_once([':', '/']) {
        Some((name, id)) => (name, id.parse().ok()),
        None => (channel, None),
    }
}
