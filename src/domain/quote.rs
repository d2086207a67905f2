//! The best bid and offer of one venue, and why a quote may not be traded on.

use super::{Mono, Price, Qty, Side};
use std::fmt;

/// Best bid and offer of one market at one moment. Constructed only by a venue session, which checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bbo {
    /// Best price somebody buys at.
    pub bid: Price,
    /// Size behind the bid.
    pub bid_qty: Qty,
    /// Best price somebody sells at, above the bid.
    pub ask: Price,
    /// Size behind the ask.
    pub ask_qty: Qty,
    /// When it reached us. Ages are measured from here, never from the venue's clock.
    pub received: Mono,
}

impl Bbo {
    /// Mean of bid and ask.
    pub fn mid(&self) -> Price {
        self.bid.midpoint(self.ask)
    }

    /// The price a taker of this side meets first: the ask for a buy, the bid for a sell.
    pub fn touch(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }
}

/// Why the quote of a venue is unusable. No opening on an unusable quote; closing stays possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteFault {
    /// Nothing received yet on this connection.
    Missing,
    /// No buyer or no seller.
    EmptySide,
    /// Bid at or above ask.
    Crossed,
    /// A price or size that is zero or below.
    NotPositive,
    /// Sequence numbers show that a message was lost.
    Gap,
    /// Moved further in one message than a market does.
    Jump,
    /// Nothing received for too long.
    Stale,
    /// The connection that carried it is down.
    Disconnected,
    /// Bytes that do not decode.
    Corrupt,
}

impl fmt::Display for QuoteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no quote yet",
            Self::EmptySide => "one side of the book is empty",
            Self::Crossed => "the book is crossed",
            Self::NotPositive => "a price or size is not above zero",
            Self::Gap => "a message was lost",
            Self::Jump => "the price jumped too far in one message",
            Self::Stale => "no message for too long",
            Self::Disconnected => "the connection is down",
            Self::Corrupt => "a message could not be decoded",
        })
    }
}
