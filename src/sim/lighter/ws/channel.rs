//! The channels of lighter.md 5.2: how clients write them, how the venue writes them, which need a token.

use super::super::model::{MarketId, market_rules};

/// One thing to subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Changed levels every 50 ms.
    OrderBook(MarketId),
    /// Best prices on every change.
    Ticker(MarketId),
    /// Public trades.
    Trade(MarketId),
    /// Prices and volumes of one market, or of all.
    MarketStats(Option<MarketId>),
    /// Block height.
    Height,
    /// Everything of an account.
    AccountAll(i64),
    /// Positions.
    AccountAllPositions(i64),
    /// Own trades.
    AccountAllTrades(i64),
    /// Collateral and margin.
    UserStats(i64),
    /// Own orders.
    AccountAllOrders(i64),
    /// Own orders in one market.
    AccountOrders(MarketId, i64),
    /// Orders, trades and position of one market.
    AccountMarket(MarketId, i64),
    /// Own transactions.
    AccountTx(i64),
    /// Balances.
    AccountAllAssets(i64),
    /// Liquidations and announcements.
    Notification(i64),
}

impl Channel {
    /// Reads the client's form, `name/market/account`; only markets that exist.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let name = parts.next()?;
        let arguments: Vec<&str> = parts.collect();
        match (name, arguments.as_slice()) {
            ("height", []) => Some(Self::Height),
            ("market_stats", ["all"]) => Some(Self::MarketStats(None)),
            ("market_stats", [id]) => Some(Self::MarketStats(Some(market(id)?))),
            ("order_book", [id]) => Some(Self::OrderBook(market(id)?)),
            ("ticker", [id]) => Some(Self::Ticker(market(id)?)),
            ("trade", [id]) => Some(Self::Trade(market(id)?)),
            ("account_all", [id]) => Some(Self::AccountAll(number(id)?)),
            ("account_all_positions", [id]) => Some(Self::AccountAllPositions(number(id)?)),
            ("account_all_trades", [id]) => Some(Self::AccountAllTrades(number(id)?)),
            ("user_stats", [id]) => Some(Self::UserStats(number(id)?)),
            ("account_all_orders", [id]) => Some(Self::AccountAllOrders(number(id)?)),
            ("account_orders", [id, account]) => Some(Self::AccountOrders(market(id)?, number(account)?)),
            ("account_market", [id, account]) => Some(Self::AccountMarket(market(id)?, number(account)?)),
            ("account_tx", [id]) => Some(Self::AccountTx(number(id)?)),
            ("account_all_assets", [id]) => Some(Self::AccountAllAssets(number(id)?)),
            ("notification", [id]) => Some(Self::Notification(number(id)?)),
            _ => None,
        }
    }

    /// The name in frame types, as in `update/<name>`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderBook(_) => "order_book",
            Self::Ticker(_) => "ticker",
            Self::Trade(_) => "trade",
            Self::MarketStats(_) => "market_stats",
            Self::Height => "height",
            Self::AccountAll(_) => "account_all",
            Self::AccountAllPositions(_) => "account_all_positions",
            Self::AccountAllTrades(_) => "account_all_trades",
            Self::UserStats(_) => "user_stats",
            Self::AccountAllOrders(_) => "account_all_orders",
            Self::AccountOrders(..) => "account_orders",
            Self::AccountMarket(..) => "account_market",
            Self::AccountTx(_) => "account_tx",
            Self::AccountAllAssets(_) => "account_all_assets",
            Self::Notification(_) => "notification",
        }
    }

    /// The venue's form, with colons.
    pub fn wire(self) -> String {
        let name = self.name();
        match self {
            Self::Height => name.to_owned(),
            Self::MarketStats(None) => format!("{name}:all"),
            Self::OrderBook(id) | Self::Ticker(id) | Self::Trade(id) | Self::MarketStats(Some(id)) => {
                format!("{name}:{id}")
            }
            Self::AccountOrders(market, account) | Self::AccountMarket(market, account) => {
                format!("{name}:{market}:{account}")
            }
            Self::AccountAll(account)
            | Self::AccountAllPositions(account)
            | Self::AccountAllTrades(account)
            | Self::UserStats(account)
            | Self::AccountAllOrders(account)
            | Self::AccountTx(account)
            | Self::AccountAllAssets(account)
            | Self::Notification(account) => format!("{name}:{account}"),
        }
    }

    /// The form inside data frames: orders of one market leave the account out, it stands inside the frame.
    pub fn frame(self) -> String {
        match self {
            Self::AccountOrders(market, _) => format!("{}:{market}", self.name()),
            other => other.wire(),
        }
    }

    /// The account it speaks of.
    pub fn account(self) -> Option<i64> {
        match self {
            Self::OrderBook(_) | Self::Ticker(_) | Self::Trade(_) | Self::MarketStats(_) | Self::Height => {
                None
            }
            Self::AccountAll(account)
            | Self::AccountAllPositions(account)
            | Self::AccountAllTrades(account)
            | Self::UserStats(account)
            | Self::AccountAllOrders(account)
            | Self::AccountOrders(_, account)
            | Self::AccountMarket(_, account)
            | Self::AccountTx(account)
            | Self::AccountAllAssets(account)
            | Self::Notification(account) => Some(account),
        }
    }

    /// Whether it opens only with a token.
    pub fn needs_token(self) -> bool {
        matches!(
            self,
            Self::AccountAllOrders(_)
                | Self::AccountOrders(..)
                | Self::AccountMarket(..)
                | Self::AccountTx(_)
                | Self::AccountAllAssets(_)
                | Self::Notification(_)
        )
    }
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number: &i64| *number >= 0 && number.to_string() == text)
}

fn market(text: &str) -> Option<MarketId> {
    number(text).and_then(market_rules).map(|rules| rules.id)
}

#[cfg(test)]
mod tests {
    use super::Channel;

    #[test]
    fn channels_are_read_with_slashes_and_written_with_colons() {
        for text in [
            "order_book/1",
            "ticker/0",
            "trade/2",
            "market_stats/all",
            "market_stats/1",
            "height",
            "account_all/10",
            "account_all_positions/10",
            "account_all_trades/10",
            "user_stats/10",
            "account_all_orders/10",
            "account_orders/1/10",
            "account_market/1/10",
            "account_tx/10",
            "account_all_assets/10",
            "notification/10",
        ] {
            assert_eq!(Channel::parse(text).map(Channel::wire), Some(text.replace('/', ":")), "{text}");
        }
    }

    #[test]
    fn what_is_no_channel_is_refused() {
        for text in [
            "",
            "order_book",
            "order_book/",
            "order_book/99",
            "order_book/01",
            "order_book:1",
            "ticker/1/2",
            "account_all/x",
            "height/1",
        ] {
            assert_eq!(Channel::parse(text), None, "{text}");
        }
    }
}
