//! What goes wrong, and when: the rules of a fault plan. Says nothing about how a venue does it.

use crate::domain::{PerVenue, Venue};
use std::time::Duration;

/// What a message is about. One word each in the file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Best bid and offer, to the client.
    Quote,
    /// Book levels, to the client.
    Book,
    /// News of own orders, to the client.
    Order,
    /// Own fills, to the client.
    Fill,
    /// Own positions, to the client.
    Position,
    /// Balance and margin, to the client.
    Account,
    /// The answer to a request on the socket, to the client.
    Answer,
    /// Any other frame to the client.
    Other,
    /// A frame of the client that creates, changes or cancels orders.
    Send,
    /// Any other frame of the client: sign in, subscriptions.
    Control,
    /// A WebSocket being opened.
    Connect,
    /// An HTTP request that creates, changes or cancels orders.
    HttpOrder,
    /// An HTTP request for a token or key.
    HttpAuth,
    /// Any other HTTP request.
    HttpRead,
}

/// Where a message goes, which decides what can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A frame to the client.
    ToClient,
    /// A frame to the venue.
    ToVenue,
    /// An HTTP request, or the one that opens a WebSocket.
    Http,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 14] = [
        Self::Quote,
        Self::Book,
        Self::Order,
        Self::Fill,
        Self::Position,
        Self::Account,
        Self::Answer,
        Self::Other,
        Self::Send,
        Self::Control,
        Self::Connect,
        Self::HttpOrder,
        Self::HttpAuth,
        Self::HttpRead,
    ];

    /// The word of the file format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Book => "book",
            Self::Order => "order",
            Self::Fill => "fill",
            Self::Position => "position",
            Self::Account => "account",
            Self::Answer => "answer",
            Self::Other => "other",
            Self::Send => "send",
            Self::Control => "control",
            Self::Connect => "connect",
            Self::HttpOrder => "http-order",
            Self::HttpAuth => "http-auth",
            Self::HttpRead => "http-read",
        }
    }

    /// Where messages of this class go.
    pub const fn way(self) -> Way {
        match self {
            Self::Quote
            | Self::Book
            | Self::Order
            | Self::Fill
            | Self::Position
            | Self::Account
            | Self::Answer
            | Self::Other => Way::ToClient,
            Self::Send | Self::Control => Way::ToVenue,
            Self::Connect | Self::HttpOrder | Self::HttpAuth | Self::HttpRead => Way::Http,
        }
    }
}

/// A time between two bounds, drawn anew each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Shortest.
    pub from: Duration,
    /// Longest.
    pub to: Duration,
}

/// What happens to one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It is lost. An HTTP request never reaches the venue; its connection breaks.
    Drop,
    /// It comes later, and so does everything behind it on its connection. An HTTP answer comes later.
    Delay(Span),
    /// It comes twice. An HTTP request is carried out twice.
    Duplicate,
    /// It comes later, behind others of its connection.
    Reorder(Span),
    /// The connection breaks before it arrives.
    Cut,
    /// It arrives, then the connection breaks: what it caused is never heard of.
    CutAfter,
    /// The venue answers with this code of its own instead of doing it.
    Refuse(String),
    /// HTTP answers with this status instead of doing it.
    Status(u16),
    /// Fields that no client knows are added.
    NewFields,
    /// Words of closed lists become ones that no client knows.
    NewWords,
}

/// Something that goes wrong at a venue, of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strike {
    /// Every connection breaks.
    Cut,
    /// An announced shutdown closes every connection after so long.
    Shutdown(Duration),
    /// Nothing is read or sent on sockets for so long, then everything at once. HTTP answers wait as long.
    Stall(Duration),
    /// The venue is away for so long: connections break, HTTP and new connections get this status.
    Away(u16, Duration),
    /// HTTP requests get this status for so long; sockets stand.
    Status(u16, Duration),
    /// Every token that was issued is worth nothing any more.
    ExpireTokens,
    /// The next book message is skipped: its number is missing.
    SkipSequence,
    /// No orders in the book for so long.
    EmptyBook(Duration),
    /// Best bid above best ask for so long.
    CrossedBook(Duration),
    /// Prices are off by these basis points for so long.
    PriceGap(i64, Duration),
    /// The venue takes no orders (or only some) for so long.
    State(State, Duration),
    /// The next order that could fill does so only in part.
    PartialFill,
    /// The next order is carried out so long after its validity or cancel could have been heard of.
    LateFill(Duration),
    /// The newest fill of the trader is taken back.
    BustFill,
    /// The next order is accepted and nothing more happens.
    Swallow,
    /// The venue closes the trader's positions by force.
    Liquidate,
    /// The trader's account trades by hand, or another program does with it.
    ForeignTrade,
    /// The clock the venue tells is off by these milliseconds for so long.
    ClockOff(i64, Duration),
}

/// What a venue takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No orders, no cancels.
    Maintenance,
    /// Cancels only.
    CancelOnly,
    /// Resting orders and cancels only.
    PostOnly,
}

/// When a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From so long after the start.
    pub from: Duration,
    /// Until so long after the start.
    pub until: Duration,
    /// At most so many times.
    pub times: u64,
}

impl Window {
    /// Always.
    pub const ALWAYS: Self = Self { from: Duration::ZERO, until: Duration::MAX, times: u64::MAX };
}

/// One line of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Messages of a class have a mishap with this chance in a million.
    On {
        /// Which messages.
        class: Class,
        /// In a million.
        ppm: u32,
        /// What happens.
        mishap: Mishap,
        /// When.
        window: Window,
    },
    /// Something strikes again and again, a drawn time after the last.
    Every {
        /// Between two.
        pause: Span,
        /// What.
        strike: Strike,
        /// When.
        window: Window,
    },
}

/// Everything that goes wrong in a run. Empty: nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    rules: Vec<(Option<Venue>, Rule)>,
    /// Life of the tokens that Paradex issues and of those minted for Lighter, instead of the usual.
    pub token_life: PerVenue<Option<Duration>>,
}

impl FaultPlan {
    /// Adds a rule for one venue, or for both.
    pub fn add(&mut self, venue: Option<Venue>, rule: Rule) {
        self.rules.push((venue, rule));
    }

    /// The rules of one venue, in order.
    pub fn rules_of(&self, venue: Venue) -> Vec<Rule> {
        let own = self.rules.iter().filter(|(of, _)| of.is_none_or(|of| of == venue));
        own.map(|(_, rule)| rule.clone()).collect()
    }

    /// True when nothing goes wrong.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}
