//! Every way the venue says no: code, words and HTTP status (lighter.md 2.1, 2.6, 5.1).
//! The same refusal may come from the API (nonce kept) or from the sequencer inside `ae` (nonce spent).

use serde_json::{Value, json};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal $text:literal,)*) => {
        /// Why the venue refuses something.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Refusal {
            $($(#[$doc])* $name,)*
            /// 20001: a missing or malformed parameter, in the venue's words.
            InvalidParam(String),
            /// 20013: a token that is malformed, expired, of another key or badly signed.
            InvalidAuth(&'static str),
            /// 30002: unsubscribe without subscription; carries the channel.
            NotSubscribed(String),
            /// 30003: second subscribe; carries the channel.
            AlreadySubscribed(String),
            /// A refusal that was asked for, with its code and words.
            Wanted(u32, String),
        }

        impl Refusal {
            /// The venue's number.
            pub fn code(&self) -> u32 {
                match self {
                    $(Self::$name => $code,)*
                    Self::InvalidParam(_) => 20001,
                    Self::InvalidAuth(_) => 20013,
                    Self::NotSubscribed(_) => 30002,
                    Self::AlreadySubscribed(_) => 30003,
                    Self::Wanted(code, _) => *code,
                }
            }

            /// The venue's words.
            pub fn message(&self) -> String {
                match self {
                    $(Self::$name => $text.to_owned(),)*
                    Self::InvalidParam(what) => format!("invalid param : {what}"),
                    Self::InvalidAuth(why) => format!("invalid auth: {why}"),
                    Self::NotSubscribed(channel) => format!("Not Subscribed to : {channel}"),
                    Self::AlreadySubscribed(channel) => format!("Already Subscribed to : {channel}"),
                    Self::Wanted(_, words) => words.clone(),
                }
            }
        }
    };
}

refusals! {
    /// No account with this address or for this transaction.
    AccountNotFound = 21100 "account not found",
    /// An account index outside its range.
    InvalidAccountIndex = 21102 "invalid account index",
    /// Gap or repeat.
    InvalidNonce = 21104 "invalid nonce",
    /// Nonces of a batch do not rise.
    NonIncreasingNonce = 21105 "batch transaction nonce is not increasing",
    /// The slot has no key.
    ApiKeyNotFound = 21109 "api key not found",
    /// A slot number outside its range.
    InvalidApiKeyIndex = 21110 "invalid api key index",
    /// Leverage outside what the market allows.
    InvalidInitialMarginFraction = 21113 "invalid initial margin fraction",
    /// Wrong key, chain id, field or encoding.
    InvalidSignature = 21120 "invalid signature",
    /// Transactions of a batch differ in account or slot.
    MixedBatch = 21121 "all transactions in a batch must have the same account and api key index",
    /// A scheduled cancel-all is due and has not run yet.
    DeadMansSwitchDue = 21122 "dead man's switch should be triggered",
    /// Margin mode change with a position or an open order.
    MarginModeInUse = 21132 "margin mode change on a market with position or open order is not allowed",
    /// Integrator fees without approval.
    IntegratorNotApproved = 21149 "integrator is not approved",
    /// An amount outside its range.
    InvalidAssetAmount = 21300 "invalid asset amount",
    /// Not enough collateral to move.
    NotEnoughCollateral = 21301 "not enough collateral",
    /// Unknown hash or sequence index.
    TxNotFound = 21500 "transaction not found",
    /// The transaction breaks a rule without a code of its own.
    InvalidTxInfo = 21501 "invalid tx info",
    /// The transaction is not JSON of the right shape; on the socket this comes without the id of the request.
    UnreadableTxInfo = 21501 "invalid tx info",
    /// The wallet signature is missing or of another owner.
    L1SignatureFailed = 21504 "fail to l1 signature",
    /// A transaction type that is not taken here.
    UnsupportedTxType = 21505 "unsupported tx type",
    /// The slot's queue is full.
    TooManyPendingTxs = 21506 "too many pending txs. Please try again later",
    /// The change would leave too little initial margin.
    BelowInitialMargin = 21508 "account is below initial margin, can't execute transaction",
    /// Types and infos of a batch differ in number.
    BatchLengthMismatch = 21513 "TxInfos and TxTypes should have the same length",
    /// More than 50 in a batch.
    BatchTooLong = 21514 "maximum 50 transactions allowed per batch",
    /// Cancel or modify of an order that has ended or never was.
    NotAnActiveOrder = 21600 "given order is not an active limit order",
    /// No such market.
    InvalidMarketIndex = 21602 "invalid market index",
    /// The market does not trade.
    InvalidMarketStatus = 21605 "invalid market status",
    /// Not 0 or 1.
    InvalidMarginMode = 21613 "invalid margin mode",
    /// Isolated margin without a position.
    NoPositionFound = 21614 "no position found",
    /// Not 0 or 1.
    InvalidMarginDirection = 21615 "invalid update margin direction",
    /// Order index outside its range.
    InvalidOrderIndex = 21700 "invalid order index",
    /// Base amount outside its range.
    InvalidBaseAmount = 21701 "invalid base amount",
    /// Price outside its range.
    InvalidPrice = 21702 "invalid price",
    /// Not 0 or 1.
    InvalidIsAsk = 21703 "invalid isAsk",
    /// Not an order type, or one that does not fit the other fields.
    InvalidOrderType = 21704 "invalid OrderType",
    /// A time in force that does not fit the order type.
    InvalidTimeInForce = 21705 "invalid OrderTimeInForce",
    /// Below the minimum or above the quote limit of the market.
    InvalidOrderAmount = 21706 "invalid order base or quote amount",
    /// Cancel or modify of somebody else's order.
    NotOrderOwner = 21707 "account is not owner of the order",
    /// An order type that is not taken here.
    UnsupportedOrderType = 21710 "unsupported order type",
    /// Order expiry outside 5 minutes to 30 days.
    InvalidExpiry = 21711 "invalid expiry",
    /// A second schedule while one stands (one of the two documented behaviours).
    CancelAllQueued = 21712 "account has a queued cancel all orders request",
    /// Not 0, 1 or 2.
    InvalidCancelAllTimeInForce = 21713 "invalid cancel all time in force",
    /// Schedule outside 5 minutes to 15 days.
    InvalidCancelAllTime = 21714 "invalid cancel all time",
    /// Open orders of the account.
    TooManyOrders = 21717 "maximum active limit order count reached",
    /// Open orders of the account in one market.
    TooManyOrdersInMarket = 21718 "maximum active limit order count per market reached",
    /// Untriggered orders of the account.
    TooManyPendingOrders = 21719 "maximum pending order count reached",
    /// Untriggered orders of the account in one market.
    TooManyPendingOrdersInMarket = 21720 "maximum pending order count per market reached",
    /// Client order index outside its range.
    InvalidClientOrderIndex = 21727 "invalid client order index",
    /// A live order has this client order index.
    ClientOrderIndexExists = 21728 "client order index already exists",
    /// Trigger price missing or not allowed.
    InvalidTriggerPrice = 21729 "invalid order trigger price",
    /// Nothing to reduce.
    ReduceOnlyIncreases = 21732 "reduce only increases position",
    /// Too far from the best price.
    AccidentalPrice = 21733 "order price flagged as an accidental price",
    /// Too far from the mark price.
    PriceTooFarFromMark = 21734 "limit order price is too far from the mark price",
    /// A reduce-only order on the side of the position.
    ReduceOnlyDirection = 21738 "invalid reduce only direction",
    /// Initial margin does not cover the order.
    NotEnoughOrderMargin = 21739 "not enough margin to create the order",
    /// Not 0 or 1.
    InvalidReduceOnly = 21740 "invalid reduce only mode",
    /// An order version that does not rise; the venue's own number is unpublished.
    StaleOrderVersion = 21743 "invalid order info",
    /// Rate or quota exceeded.
    TooManyRequests = 23000 "Too Many Requests!",
    /// More subscriptions than allowed.
    TooManySubscriptions = 23001 "Too Many Subscriptions!",
    /// More connections than allowed.
    TooManyConnections = 23003 "Too Many Connections!",
    /// No such thing.
    NotFound = 29404 "not found",
    /// A frame that is not JSON.
    WsInvalidJson = 30000 "Invalid Json",
    /// A frame of an unknown type.
    WsInvalidType = 30001 "Invalid Type",
    /// A channel that does not exist.
    WsInvalidChannel = 30005 "Invalid Channel",
    /// A transaction on a read-only connection.
    WsNotSupported = 30006 "Not Supported",
    /// A frame whose data has the wrong shape.
    WsInvalidData = 30007 "Invalid Data",
    /// More frames per minute than allowed.
    WsTooManyMessages = 30009 "Too Many Websocket Messages!",
    /// A maker-only key sent something else.
    MakerOnlyKey = 62007 "api key is maker only",
    /// Tier change: unknown name.
    InvalidTier = 62002 "invalid account tier",
    /// Tier change: already there.
    SameTier = 62003 "account is already in the given tier",
    /// Tier change with an open position.
    TierOpenPositions = 62004 "account has open positions",
    /// Tier change with an open order.
    TierOpenOrders = 62005 "account has open orders",
    /// Tier change within 24 hours of the last.
    TierTooFrequent = 62006 "account tier was changed too recently",
}

impl Refusal {
    /// HTTP status: 401 for a bad token, 429 for limits, else 400 (lighter.md 2.1).
    pub fn http_status(&self) -> u16 {
        match self {
            Self::InvalidAuth(_) | Self::Wanted(20013, _) => 401,
            Self::Wanted(23_000..=23_004, _) => 429,
            Self::TooManyRequests | Self::TooManyConnections => 429,
            _ => 400,
        }
    }

    /// `{"code":..,"message":..}`, as REST answers it and as `ae` carries it.
    pub fn body(&self) -> Value {
        json!({ "code": self.code(), "message": self.message() })
    }

    /// What `ae` of an `event_info` holds: JSON text inside the text (lighter.md 6.4).
    pub fn application_error(&self) -> String {
        self.body().to_string()
    }

    /// The refusal of a private call without token.
    pub fn missing_token() -> Self {
        Self::InvalidParam("auth query param and Authorization header are empty".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn refusals_read_as_the_venue_words_them() {
        assert_eq!(
            Refusal::missing_token().body().to_string(),
            r#"{"code":20001,"message":"invalid param : auth query param and Authorization header are empty"}"#
        );
        let body = Refusal::InvalidAuth("invalid deadline").body().to_string();
        assert_eq!(body, r#"{"code":20013,"message":"invalid auth: invalid deadline"}"#);
        assert_eq!(Refusal::AlreadySubscribed("height".into()).message(), "Already Subscribed to : height");
    }

    #[test]
    fn a_bad_token_is_401_a_limit_is_429_and_the_rest_is_400() {
        assert_eq!(Refusal::InvalidAuth("invalid deadline").http_status(), 401);
        assert_eq!(Refusal::TooManyRequests.http_status(), 429);
        assert_eq!(Refusal::InvalidSignature.http_status(), 400);
    }
}
