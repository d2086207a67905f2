//! The paths of lighter.md 2.2 with their weights.

/// Everything REST answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    Status,
    Info,
    OrderBooks,
    OrderBookDetails,
    OrderBookOrders,
    RecentTrades,
    ExchangeStats,
    FundingRates,
    Fundings,
    SystemConfig,
    FeeTiers,
    Announcement,
    Account,
    AccountsByL1Address,
    ApiKeys,
    NextNonce,
    AccountLimits,
    ChangeAccountTier,
    GetMakerOnlyApiKeys,
    SetMakerOnlyApiKeys,
    Trades,
    Tx,
    AccountTxs,
    AccountActiveOrders,
    AccountInactiveOrders,
    AccountOrders,
    SendTx,
    SendTxBatch,
}

impl Endpoint {
    /// The endpoint of a method and path.
    pub fn find(method: &str, path: &str) -> Option<Self> {
        let (endpoint, is_post) = match path {
            "/" | "" => (Self::Status, false),
            "/info" => (Self::Info, false),
            _ => Self::named(path.strip_prefix("/api/v1/")?)?,
        };
        let expected = if is_post { "POST" } else { "GET" };
        (method == expected).then_some(endpoint)
    }

    fn named(name: &str) -> Option<(Self, bool)> {
        let get = |endpoint| Some((endpoint, false));
        let post = |endpoint| Some((endpoint, true));
        match name {
            "orderBooks" => get(Self::OrderBooks),
            "orderBookDetails" => get(Self::OrderBookDetails),
            "orderBookOrders" => get(Self::OrderBookOrders),
            "recentTrades" => get(Self::RecentTrades),
            "exchangeStats" => get(Self::ExchangeStats),
            "funding-rates" => get(Self::FundingRates),
            "fundings" => get(Self::Fundings),
            "systemConfig" => get(Self::SystemConfig),
            "feeTiers" => get(Self::FeeTiers),
            "announcement" => get(Self::Announcement),
            "account" => get(Self::Account),
            "accountsByL1Address" => get(Self::AccountsByL1Address),
            "apikeys" => get(Self::ApiKeys),
            "nextNonce" => get(Self::NextNonce),
            "accountLimits" => get(Self::AccountLimits),
            "changeAccountTier" => post(Self::ChangeAccountTier),
            "getMakerOnlyApiKeys" => get(Self::GetMakerOnlyApiKeys),
            "setMakerOnlyApiKeys" => post(Self::SetMakerOnlyApiKeys),
            "trades" => get(Self::Trades),
            "tx" => get(Self::Tx),
            "accountTxs" => get(Self::AccountTxs),
            "accountActiveOrders" => get(Self::AccountActiveOrders),
            "accountInactiveOrders" => get(Self::AccountInactiveOrders),
            "accountOrders" => get(Self::AccountOrders),
            "sendTx" => post(Self::SendTx),
            "sendTxBatch" => post(Self::SendTxBatch),
            _ => None,
        }
    }

    /// What a request weighs (lighter.md 2.5); `None` for sends, which are counted by their own rules.
    pub fn weight(self) -> Option<i64> {
        match self {
            Self::SendTx | Self::SendTxBatch => None,
            Self::NextNonce => Some(6),
            Self::AccountActiveOrders | Self::AccountInactiveOrders | Self::AccountOrders => Some(100),
            Self::ApiKeys => Some(150),
            Self::Trades => Some(200),
            Self::RecentTrades => Some(600),
            Self::ChangeAccountTier | Self::SetMakerOnlyApiKeys => Some(3_000),
            Self::Status
            | Self::Info
            | Self::OrderBooks
            | Self::OrderBookDetails
            | Self::OrderBookOrders
            | Self::ExchangeStats
            | Self::FundingRates
            | Self::Fundings
            | Self::SystemConfig
            | Self::FeeTiers
            | Self::Announcement
            | Self::Account
            | Self::AccountsByL1Address
            | Self::AccountLimits
            | Self::GetMakerOnlyApiKeys
            | Self::Tx
            | Self::AccountTxs => Some(300),
        }
    }
}
