//! The words of orders, closed: what the requests may say and what the replies say (paradex.md 4.1, 4.2).

use crate::venue::paradex::sbe;

/// A closed enum with its JSON words and its SBE twin.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident => $twin:ty { $($(#[$variant_doc:meta])* $variant:ident $word:literal $code:ident,)* }) => {
        $(#[$doc])*
        #[allow(clippy::enum_variant_names, reason = "the names are the venue's own words")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The word of the JSON payloads.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// What a word means; `None` for any other text.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The code of the binary payloads.
            pub const fn code(self) -> $twin {
                match self {
                    $(Self::$variant => <$twin>::$code,)*
                }
            }
        }
    };
}

words! {
    /// Kind of an order.
    Kind => sbe::OrderType {
        /// Limit.
        Limit "LIMIT" Limit,
        /// Market.
        Market "MARKET" Market,
        /// Limit once the mark reaches the trigger.
        StopLimit "STOP_LIMIT" StopLimit,
        /// Market once the mark reaches the trigger.
        StopMarket "STOP_MARKET" StopMarket,
        /// Limit that takes a profit.
        TakeProfitLimit "TAKE_PROFIT_LIMIT" TakeProfitLimit,
        /// Market that takes a profit.
        TakeProfitMarket "TAKE_PROFIT_MARKET" TakeProfitMarket,
        /// Limit that stops a loss.
        StopLossLimit "STOP_LOSS_LIMIT" StopLossLimit,
        /// Market that stops a loss.
        StopLossMarket "STOP_LOSS_MARKET" StopLossMarket,
    }
}

impl Kind {
    /// True for orders that take whatever price they find.
    pub const fn at_market(self) -> bool {
        match self {
            Self::Market | Self::StopMarket | Self::TakeProfitMarket | Self::StopLossMarket => true,
            Self::Limit | Self::StopLimit | Self::TakeProfitLimit | Self::StopLossLimit => false,
        }
    }

    /// True for orders that wait for a trigger price.
    pub const fn conditional(self) -> bool {
        !matches!(self, Self::Limit | Self::Market)
    }

    /// True for orders that trigger when the mark moves in favour of the position they close.
    pub const fn takes_profit(self) -> bool {
        matches!(self, Self::TakeProfitLimit | Self::TakeProfitMarket)
    }
}

words! {
    /// How long an order stays, and whom it may meet.
    Instruction => sbe::TimeInForce {
        /// Until cancelled.
        Gtc "GTC" Gtc,
        /// Immediate or cancel.
        Ioc "IOC" Ioc,
        /// Only as maker.
        PostOnly "POST_ONLY" PostOnly,
        /// Only against retail takers.
        Rpi "RPI" Rpi,
    }
}

words! {
    /// What happens where own orders would meet.
    SelfTrade => sbe::StpMode {
        /// The coming order ends.
        ExpireTaker "EXPIRE_TAKER" ExpireTaker,
        /// The resting order ends.
        ExpireMaker "EXPIRE_MAKER" ExpireMaker,
        /// Both end.
        ExpireBoth "EXPIRE_BOTH" ExpireBoth,
    }
}

words! {
    /// Where an order is in its life.
    Status => sbe::OrderStatus {
        /// Accepted, not yet checked for risk.
        New "NEW" New,
        /// Waits for its trigger.
        Untriggered "UNTRIGGERED" Untriggered,
        /// In the book.
        Open "OPEN" Open,
        /// Ended.
        Closed "CLOSED" Closed,
    }
}

words! {
    /// Which side of an execution an order was.
    Liquidity => sbe::LiquiditySide {
        /// Rested.
        Maker "MAKER" Maker,
        /// Came and took.
        Taker "TAKER" Taker,
    }
}

words! {
    /// Why there was an execution.
    FillKind => sbe::FillType {
        /// An order met another.
        Fill "FILL" Fill,
        /// The venue closed a position by force.
        Liquidation "LIQUIDATION" Liquidation,
        /// The venue took a position over.
        UnwindTransfer "UNWIND_TRANSFER" UnwindTransfer,
        /// The market was settled.
        SettleMarket "SETTLE_MARKET" SettleMarket,
        /// Agreed outside the book.
        BlockTrade "BLOCK_TRADE" BlockTrade,
    }
}

words! {
    /// What became of a request to modify.
    ModifyStatus => sbe::RequestStatus {
        /// Queued.
        Pending "PENDING" Pending,
        /// Refused.
        Rejected "REJECTED" Rejected,
        /// Done.
        Success "SUCCESS" Success,
    }
}

/// Why an order ended unfilled (paradex.md 4.3; clients must not depend on it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// Its owner cancelled it.
    User,
    /// Its connection broke and had asked for this.
    Disconnect,
    /// The account cannot carry it.
    Margin,
    /// The position would exceed the market's limit.
    PositionLimit,
    /// It would have taken.
    PostOnly,
    /// Reduce-only, and it would open or turn the position.
    WillIncrease,
    /// Reduce-only, and orders ahead of it use up the position already.
    WillDecrease,
    /// It met an order of its own account.
    SelfTrade,
    /// Nothing left to take within its limit.
    Unfilled,
    /// Only resting orders are taken in this state of the venue.
    SystemStatus,
    /// It came too late through the retail delay.
    Expired,
}

impl CancelReason {
    /// The venue's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "USER_CANCELED",
            Self::Disconnect => "CANCEL_ON_DISCONNECT",
            Self::Margin => "NOT_ENOUGH_MARGIN",
            Self::PositionLimit => "POSITION_LIMIT_EXCEEDED",
            Self::PostOnly => "POST_ONLY_WOULD_CROSS",
            Self::WillIncrease => "REDUCE_ONLY_WILL_INCREASE",
            Self::WillDecrease => "REDUCE_ONLY_WILL_DECREASE",
            Self::SelfTrade => "SELF_TRADE",
            Self::Unfilled => "NOT_ENOUGH_LIQUIDITY",
            Self::SystemStatus => "SYSTEM_STATUS",
            Self::Expired => "RECV_WINDOW_EXCEEDED",
        }
    }
}
