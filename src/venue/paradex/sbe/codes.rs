//! Enumerations and flag sets of the schema (paradex.md 8.5). An unknown byte is kept, never refused.

use super::field::{Field, FieldValue, MaybeMissing};
use crate::domain;

/// A closed enum over one byte, with the schema's words.
macro_rules! code {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $byte:literal $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A byte this schema does not name; 254 means that the venue could not represent its value.
            Unknown(u8),
        }

        impl $name {
            /// The value behind a byte.
            pub const fn from_byte(byte: u8) -> Self {
                match byte {
                    $($byte => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// The byte on the wire.
            pub const fn byte(self) -> u8 {
                match self {
                    $(Self::$variant => $byte,)*
                    Self::Unknown(byte) => byte,
                }
            }

            /// The schema's word, as in the JSON payloads; `None` for an unknown byte.
            pub const fn word(self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($word),)*
                    Self::Unknown(_) => None,
                }
            }
        }

        impl Field for $name {
            const SIZE: usize = 1;

            fn read(bytes: &[u8]) -> Self {
                Self::from_byte(u8::read(bytes))
            }

            fn write(&self, bytes: &mut [u8]) {
                self.byte().write(bytes);
            }

            fn value(&self) -> FieldValue<'static> {
                FieldValue::Code(self.byte(), self.word())
            }
        }
    };
}

code! {
    /// Side of an order, fill or trade; of a position buy is long and sell is short.
    Side {
        /// Buys; long.
        Buy = 1 "BUY",
        /// Sells; short.
        Sell = 2 "SELL",
    }
}

impl Side {
    /// The side in the words of the program; `None` for an unknown byte.
    pub const fn known(self) -> Option<domain::Side> {
        match self {
            Self::Buy => Some(domain::Side::Buy),
            Self::Sell => Some(domain::Side::Sell),
            Self::Unknown(_) => None,
        }
    }
}

impl From<domain::Side> for Side {
    fn from(side: domain::Side) -> Self {
        match side {
            domain::Side::Buy => Self::Buy,
            domain::Side::Sell => Self::Sell,
        }
    }
}

code! {
    /// What a book message carries.
    PkgType {
        /// The whole book.
        Snapshot = 0 "SNAPSHOT",
        /// Changed levels only; size zero removes a level.
        Delta = 1 "DELTA",
    }
}

code! {
    /// Kind of an order.
    OrderType {
        /// Limit.
        Limit = 1 "LIMIT",
        /// Market.
        Market = 2 "MARKET",
        /// Limit once a trigger price is reached.
        StopLimit = 3 "STOP_LIMIT",
        /// Market once a trigger price is reached.
        StopMarket = 4 "STOP_MARKET",
        /// Limit that takes a profit.
        TakeProfitLimit = 5 "TAKE_PROFIT_LIMIT",
        /// Market that takes a profit.
        TakeProfitMarket = 6 "TAKE_PROFIT_MARKET",
        /// Limit that stops a loss.
        StopLossLimit = 7 "STOP_LOSS_LIMIT",
        /// Market that stops a loss.
        StopLossMarket = 8 "STOP_LOSS_MARKET",
    }
}

code! {
    /// Where an order is in its life (paradex.md 4.3).
    OrderStatus {
        /// Accepted, not yet matched.
        New = 1 "NEW",
        /// Waits for its trigger price.
        Untriggered = 2 "UNTRIGGERED",
        /// In the book.
        Open = 3 "OPEN",
        /// Ended: filled, cancelled or rejected.
        Closed = 4 "CLOSED",
    }
}

code! {
    /// How long an order may stay, and whom it may meet.
    TimeInForce {
        /// Good till cancelled.
        Gtc = 1 "GTC",
        /// Immediate or cancel.
        Ioc = 2 "IOC",
        /// Only as maker.
        PostOnly = 3 "POST_ONLY",
        /// Only against retail takers.
        Rpi = 4 "RPI",
    }
}

code! {
    /// Why an execution happened; also the type of a public trade.
    FillType {
        /// Two orders met.
        Fill = 1 "FILL",
        /// A liquidation.
        Liquidation = 2 "LIQUIDATION",
        /// A position moved without a trade.
        UnwindTransfer = 3 "UNWIND_TRANSFER",
        /// The market was settled.
        SettleMarket = 4 "SETTLE_MARKET",
        /// Against a retail price improvement order.
        Rpi = 5 "RPI",
        /// A block trade.
        BlockTrade = 6 "BLOCK_TRADE",
    }
}

code! {
    /// Which side of the execution we were.
    LiquiditySide {
        /// Rested in the book.
        Maker = 1 "MAKER",
        /// Came and took.
        Taker = 2 "TAKER",
    }
}

code! {
    /// What happens when own orders would meet.
    StpMode {
        /// Nothing.
        None = 0 "NONE",
        /// The resting order ends.
        ExpireMaker = 1 "EXPIRE_MAKER",
        /// The coming order ends.
        ExpireTaker = 2 "EXPIRE_TAKER",
        /// Both end.
        ExpireBoth = 3 "EXPIRE_BOTH",
    }
}

code! {
    /// Whether a position is there.
    PositionStatus {
        /// There is one.
        Open = 1 "OPEN",
        /// There is none any more.
        Closed = 2 "CLOSED",
        /// The venue does not say.
        Unspecified = 3 "UNSPECIFIED",
    }
}

code! {
    /// Whether an account may trade.
    AccountStatus {
        /// It may.
        Active = 1 "ACTIVE",
        /// It is being liquidated.
        Liquidation = 2 "LIQUIDATION",
    }
}

code! {
    /// What became of a request about an order.
    RequestStatus {
        /// There was no request.
        Unspecified = 0 "UNSPECIFIED",
        /// Not yet processed.
        Pending = 1 "PENDING",
        /// Processed.
        Processed = 2 "PROCESSED",
        /// Refused.
        Rejected = 3 "REJECTED",
        /// Done.
        Success = 4 "SUCCESS",
    }
}

code! {
    /// What a request about an order asked for.
    RequestType {
        /// There was no request.
        Unspecified = 0 "UNSPECIFIED",
        /// To modify the order.
        ModifyOrder = 1 "MODIFY_ORDER",
    }
}

code! {
    /// What kind of market a funding rate belongs to.
    AssetKind {
        /// The venue does not say.
        Unspecified = 0 "UNSPECIFIED",
        /// A perpetual future.
        PerpetualFuture = 1 "PERPETUAL_FUTURE",
        /// An option.
        Option = 2 "OPTION",
        /// Spot.
        Spot = 3 "SPOT",
    }
}

code! {
    /// Whose funding rate it is.
    FundingRateSource {
        /// The venue does not say.
        Unspecified = 0 "UNSPECIFIED",
        /// Paradex.
        Paradex = 1 "PARADEX",
        /// Binance.
        Binance = 2 "BINANCE",
        /// Bybit.
        Bybit = 3 "BYBIT",
        /// OKX.
        Okx = 4 "OKX",
        /// Deribit.
        Deribit = 5 "DERIBIT",
        /// Derive.
        Derive = 6 "DERIVE",
        /// Hyperliquid.
        Hyperliquid = 7 "HYPERLIQUID",
        /// Lighter.
        Lighter = 8 "LIGHTER",
        /// Databento.
        Databento = 9 "DATABENTO",
        /// A publisher.
        Publisher = 10 "PUBLISHER",
        /// Pyth.
        Pyth = 11 "PYTH",
        /// Stork.
        Stork = 12 "STORK",
    }
}

impl MaybeMissing for RequestStatus {
    const MISSING: Self = Self::Unspecified;
    const IS_NULL: bool = false;
}

impl MaybeMissing for RequestType {
    const MISSING: Self = Self::Unspecified;
    const IS_NULL: bool = false;
}
