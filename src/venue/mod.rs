//! What every venue client is made of: commands in, reports out, and a sans-I/O session between them.
//!
//! A [`Session`] owns one venue's protocol: start-up look-ups, sign-in, subscriptions, quotes, orders and the answers to
//! questions about them. It opens no socket, reads no clock and draws no randomness: bytes, time and entropy come in as
//! parameters, frames and requests go out through the [`Outbox`]. The live threads, the simulation and the tests drive
//! the same code. Not a place for decisions: it never sends an order nobody commanded.

mod ahead;
mod backoff;
pub mod http;
pub mod lighter;
mod market_data;
pub mod paradex;
mod sent_ids;
mod venue_clock;

use crate::domain::{
    Bbo, ClientOrderId, Fill, MarketSpec, Mono, Now, OrderIntent, Price, Qty, QuoteFault, TradeKey, Usd,
};
use http::{HttpFailure, HttpReply, HttpRequest};
use std::fmt;

/// What the coordinator may ask of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VenueCommand {
    /// Load the market rules and the account, connect, sign in, subscribe. Sent once, first.
    Start,
    /// Send one order now. Answered by order reports; when it could not leave, by [`VenueReport::OrderRefused`].
    Submit(OrderIntent),
    /// The order that may be submitted next: worth having ready. Nothing is sent for it, and there is no answer. Replaces what
    /// was named before under the same id; forgotten when it is not named again for five seconds.
    Prepare(OrderIntent),
    /// Ask the venue to cancel what is left of an own order. The end arrives as an order report, if it arrives.
    Cancel(ClientOrderId),
    /// Ask for the truth about an own order. Always answered by [`VenueReport::OrderAnswer`].
    AskOrder(ClientOrderId),
    /// Read the position. Always answered by [`VenueReport::Position`] or [`VenueReport::AskFailed`].
    AskPosition,
    /// List the resting orders of this market. Always answered by [`VenueReport::OpenOrders`] or [`VenueReport::AskFailed`].
    AskOpenOrders,
    /// Read the free collateral. Always answered by [`VenueReport::Balance`] or [`VenueReport::AskFailed`].
    AskBalance,
    /// Disarm what would outlive us and close every connection.
    Shutdown,
}

/// What a venue takes now, by its own word and by our own rules for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TradingState {
    /// Everything.
    Open,
    /// No opening orders, for this reason; closing passes.
    ClosingOnly(String),
    /// Nothing that could trade, for this reason: what is held there stays held.
    Closed(String),
}

impl TradingState {
    /// Why openings are not taken.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::ClosingOnly(reason) | Self::Closed(reason) => Some(reason),
        }
    }
}

/// What a venue tells the coordinator. Queued, never dropped, in the order in which it was learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VenueReport {
    /// The rules of the market, read from the venue.
    Market {
        /// How the venue calls the market (`BTC-USD-PERP`, `1`).
        contract: String,
        /// What it demands of orders.
        spec: MarketSpec,
    },
    /// Private streams confirmed and orders can be sent. Repeated after every reconnect.
    Ready,
    /// Orders cannot be sent or private streams are down; the session is already working on it.
    NotReady(String),
    /// What the venue takes (system state, market status, our own limits). Told whenever it changes.
    Trading(TradingState),
    /// Free collateral.
    Balance {
        /// What can still be used as margin.
        free: Usd,
    },
    /// The position in this market as the venue states it.
    Position {
        /// Signed size: below zero is short.
        qty: Qty,
        /// When the question left us (law R2). For unasked stream messages: when the message arrived.
        asked: Mono,
        /// True for an answer to [`VenueCommand::AskPosition`], false for a stream message.
        answer: bool,
    },
    /// The venue took the order for processing.
    OrderAcked {
        /// Our order.
        cid: ClientOrderId,
    },
    /// An execution. May be reported more than once, with the same key, and before the ack.
    Filled(Fill),
    /// The venue said that the order has ended, with the total it filled (law R7).
    OrderEnded {
        /// Our order.
        cid: ClientOrderId,
        /// Cumulative filled size.
        filled: Qty,
        /// Volume weighted fill price, when something was filled and the venue says so.
        average: Option<Price>,
        /// The venue's own word for the end, for people only.
        reason: String,
    },
    /// The order never became one: it did not leave us, or the venue refused it. Final; nothing was or will be filled.
    OrderRefused {
        /// Our order.
        cid: ClientOrderId,
        /// Why, and what helps.
        refusal: Refusal,
    },
    /// The venue may or may not have the order: the connection was lost or the answer proves nothing.
    OrderUnknown {
        /// Our order.
        cid: ClientOrderId,
        /// What happened.
        cause: String,
    },
    /// The answer to [`VenueCommand::AskOrder`].
    OrderAnswer {
        /// Our order.
        cid: ClientOrderId,
        /// When the question left us (law R2).
        asked: Mono,
        /// What the venue knows.
        answer: OrderAnswer,
    },
    /// A fill reported before was undone by the venue (Paradex trade bust, paradex.md 7.2): it moved nothing after all.
    Busted {
        /// The key the fill was reported with.
        key: TradeKey,
    },
    /// The venue moved the position in this market without an order of ours.
    Moved(ForeignMove),
    /// The answer to [`VenueCommand::AskOpenOrders`].
    OpenOrders {
        /// When the question left us (law R2).
        asked: Mono,
        /// Resting orders whose id has our form.
        own: Vec<ClientOrderId>,
        /// How many others rest in this market on this account.
        foreign: usize,
    },
    /// A question about position, orders or balance could not be answered; ask again later. Never evidence of zero.
    AskFailed {
        /// What went wrong.
        cause: String,
    },
    /// Nothing the program can do helps: wrong key, unknown account, certificate error. `Display` text for the operator.
    Fatal(String),
}

/// What moved a position that no order of ours moved, in the venue's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignMove {
    /// The venue liquidated (part of) the position.
    Liquidation,
    /// The venue's deleveraging or unwinding took (part of) it.
    Deleveraging,
    /// The market was settled, or the position transferred.
    Settlement,
    /// A trade by hand or by another program.
    Trade,
}

/// What the venue knows of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderAnswer {
    /// It has ended with this cumulative fill.
    Ended {
        /// Cumulative filled size.
        filled: Qty,
        /// Volume weighted fill price, when known.
        average: Option<Price>,
        /// The venue's own word for the end.
        reason: String,
    },
    /// It is still alive.
    Working {
        /// Cumulative filled size so far.
        filled: Qty,
    },
    /// The venue has no such order. Final only when asked after the order's validity (law R2).
    NotFound,
    /// No answer could be had; ask again.
    Failed(String),
}

/// Why an order was refused, in the venue's words, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The venue's code, or ours in lower case when the order never left.
    pub code: String,
    /// The venue's explanation.
    pub text: String,
    /// What helps.
    pub reaction: Reaction,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text, self.code)
    }
}

/// What helps against a refusal. One word per way out; venues map their codes to these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// The session renews its sign-in by itself; a later order may pass.
    Reauthenticate,
    /// The session reads the nonce again by itself; a later order may pass.
    ResyncNonce,
    /// Too many requests: wait.
    BackOff,
    /// Not enough collateral: no opening until the balance was read again.
    Margin,
    /// A reduce-only order found nothing to reduce: the position is not what we believe; read it.
    ReadPosition,
    /// Price outside the venue's band: a fresh quote may pass.
    Reprice,
    /// Size or price breaks the market rules: our specification is out of date.
    ReloadMarket,
    /// The venue does not take such orders at the moment.
    VenueClosed,
    /// The order did not leave us; nothing to undo.
    NotSent,
    /// Wrong key, chain, account or permission: stop, the configuration is wrong.
    Stop,
    /// A code we do not know: no retry.
    Unknown,
}

/// One connection of a session, numbered by the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u8);

/// Why a connection ended or never came to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFailure {
    /// Name look-up, TCP or proxy failed; trying again may help.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The certificate is not acceptable. Trying again does not help and nothing may be sent.
    #[error("certificate not acceptable: {0}")]
    Certificate(String),
    /// The server answered the WebSocket upgrade with another status (Paradex: 400 for an unknown SBE version).
    #[error("upgrade refused with HTTP status {0}")]
    Upgrade(u16),
    /// The connection was open and broke.
    #[error("connection lost: {0}")]
    Lost(String),
    /// We closed it.
    #[error("closed by us")]
    ByUs,
}

/// What happens to a session.
#[derive(Debug)]
pub enum Input<'a> {
    /// The coordinator wants something.
    Command(VenueCommand),
    /// A connection asked for by [`Output::Open`] is up.
    Opened(LinkId),
    /// A connection ended, or could not be opened. Reported once per [`Output::Open`].
    Closed(LinkId, LinkFailure),
    /// A text frame.
    Text(LinkId, &'a str),
    /// A binary frame.
    Binary(LinkId, &'a [u8]),
    /// Any other sign of life: a ping or pong frame. (Pings are answered below the session.)
    Alive(LinkId),
    /// The answer to [`Output::Http`] with this ticket. Reported exactly once per request.
    Http(u64, Result<HttpReply, HttpFailure>),
    /// The session's deadline has passed.
    Wake,
}

/// What a session wants done, in order.
#[derive(Debug)]
pub enum Output {
    /// Open a WebSocket. Never asked for while the same link is open or opening.
    Open {
        /// Which.
        link: LinkId,
        /// `ws://` or `wss://`, with path and query.
        url: String,
        /// Extra request headers.
        headers: Vec<(&'static str, String)>,
    },
    /// Close a WebSocket in an orderly way; answered by [`Input::Closed`].
    Close(LinkId),
    /// Send a text frame.
    Text(LinkId, String),
    /// Send a WebSocket ping frame.
    Ping(LinkId),
    /// Make an HTTP request on a thread that nobody waits for.
    Http(HttpRequest),
    /// The newest quote, or why there is none. Only the latest matters.
    Quote(Result<Bbo, QuoteFault>),
    /// Tell the coordinator.
    Report(VenueReport),
    /// What orders made ahead were good for, to be counted.
    Ahead(AheadNews),
    /// A line for the log (no secrets), at the level the session thinks right.
    Log(log::Level, String),
}

/// What became of an order that could have been made ahead ([`VenueCommand::Prepare`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AheadNews {
    /// One was signed and checked in idle time, for the first time or again.
    Made,
    /// A submitted order was ready and left as it was.
    Used,
    /// A submitted order was not ready, or no longer good, and was made on the spot.
    Missed,
}

/// Collects what a session wants done; drained by whoever drives the session.
#[derive(Debug, Default)]
pub struct Outbox {
    outputs: Vec<Output>,
}

impl Outbox {
    /// Adds one wish.
    pub fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// Adds a report to the coordinator.
    pub fn report(&mut self, report: VenueReport) {
        self.push(Output::Report(report));
    }

    /// Everything wished for so far, in order; the outbox is empty afterwards and keeps its memory.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Output> {
        self.outputs.drain(..)
    }
}

/// One venue's protocol as a pure state machine. Same inputs, same outputs.
pub trait Session: Send {
    /// Reacts to one input. Never blocks, never panics on anything the network can send.
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox);

    /// When the session wants [`Input::Wake`] at the latest; `None` when nothing is pending.
    fn deadline(&self) -> Option<Mono>;

    /// Goes the way of [`VenueCommand::Submit`] without anything leaving or changing, so that the way is in the processor's
    /// caches when an order comes. The text that would leave now, if this order is ready.
    fn rehearse(&self, now: Now, intent: &OrderIntent) -> Option<String> {
        let _ = (now, intent);
        None
    }
}
