//! Channel names (paradex.md 7.1, 7.2) and the refusals of those the venue does not take.

use crate::domain::Price;
use crate::sim::paradex::model::Symbol;
use crate::sim::paradex::options::Switches;
use std::time::Duration;

/// Levels of the periodic book channels.
pub const DEPTH: usize = 15;

/// Which markets a channel covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All.
    All,
    /// One.
    One(Symbol),
}

impl Scope {
    /// A market name, a base asset, or ALL.
    fn read(text: &str) -> Option<Self> {
        if text == "ALL" {
            return Some(Self::All);
        }
        Symbol::from_name(text).or_else(|| Symbol::from_base(text)).map(Self::One)
    }

    /// One market by its name.
    pub fn read_market(text: &str) -> Option<Symbol> {
        Symbol::from_name(text)
    }

    /// True when the market is covered.
    pub fn covers(self, symbol: Symbol) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one == symbol,
        }
    }
}

/// What a client may subscribe to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Best bid and offer.
    Bbo(Scope),
    /// Public trades.
    Trades(Scope),
    /// Snapshot, then changes.
    Deltas(Symbol),
    /// Fifteen levels, at most once in the period, optionally grouped to a coarser tick.
    Snapshot {
        /// Market.
        symbol: Symbol,
        /// Shortest time between two messages.
        period: Duration,
        /// Grouping of prices.
        tick: Option<Price>,
    },
    /// Summaries; the list of markets may grow and shrink.
    Summary(Option<Scope>),
    /// Funding.
    Funding(Scope),
    /// Funding rates of other venues: the simulation knows none.
    FundingComparison,
    /// Listing changes: there are none.
    Markets,
    /// A name that is acknowledged and stays silent.
    Silent,
    /// Account summary.
    Account,
    /// Positions.
    Positions,
    /// Own orders.
    Orders(Scope),
    /// Own fills.
    Fills(Scope),
    /// Changes of collateral.
    BalanceEvents,
    /// Funding settlements.
    FundingPayments(Scope),
    /// Undone fills: there are none.
    TradeBusts,
    /// Chain transactions: there is no chain.
    Transaction,
    /// Deposits and withdrawals: there are none.
    Transfers,
    /// Market maker protection: not offered.
    Mmp,
}

impl Channel {
    /// Reads a name; the error is the `data` of the refusal.
    pub fn read(name: &str, switches: &Switches) -> Result<Self, String> {
        let (topic, rest) = name.split_once('.').map_or((name, None), |(topic, rest)| (topic, Some(rest)));
        let unknown = || format!("unknown channel {name}");
        let scope = || rest.and_then(Scope::read).ok_or_else(|| format!("unknown market in {name}"));
        let bare = |channel: Self| if rest.is_none() { Ok(channel) } else { Err(unknown()) };
        match topic {
            "bbo" => Self::bbo(rest.unwrap_or_default(), name),
            "trades" => Ok(Self::Trades(scope()?)),
            "order_book" => Self::book(rest.unwrap_or_default(), switches),
            "markets_summary" if rest.is_none() => Ok(Self::Summary(None)),
            "markets_summary" => Ok(Self::Summary(Some(scope()?))),
            "funding_data" => Ok(Self::Funding(scope()?)),
            "funding_rate_comparison" => match rest {
                Some("ALL@500ms" | "ALL@1000ms") => Ok(Self::FundingComparison),
                _ => Err(unknown()),
            },
            "markets" if rest.is_none() => Ok(Self::Markets),
            "markets" => scope().map(|_| Self::Markets),
            "orders" => Ok(Self::Orders(scope()?)),
            "fills" => Ok(Self::Fills(scope()?)),
            "funding_payments" => Ok(Self::FundingPayments(scope()?)),
            "account" => bare(Self::Account),
            "positions" => bare(Self::Positions),
            "balance_events" => bare(Self::BalanceEvents),
            "tradebusts" => bare(Self::TradeBusts),
            "transaction" => bare(Self::Transaction),
            "transfers" => bare(Self::Transfers),
            "mmp" => bare(Self::Mmp),
            _ => Err(unknown()),
        }
    }

    /// `{m}`, `{m}.interactive`; other spellings behind a market are acknowledged but silent.
    fn bbo(rest: &str, name: &str) -> Result<Self, String> {
        let (market, tail) = rest.split_once('.').map_or((rest, None), |(market, tail)| (market, Some(tail)));
        let scope = Scope::read(market).ok_or_else(|| format!("unknown market in {name}"))?;
        Ok(match tail {
            None | Some("interactive") => Self::Bbo(scope),
            Some(_) => Self::Silent,
        })
    }

    fn book(rest: &str, switches: &Switches) -> Result<Self, String> {
        let (market, form) = rest.split_once('.').ok_or("order_book needs a market and a form")?;
        let symbol = Symbol::from_name(market).ok_or_else(|| format!("unknown market {market}"))?;
        let mut parts = form.split('@');
        let kind = parts.next().unwrap_or_default();
        let parameters: Vec<&str> = parts.collect();
        match kind {
            "deltas" | "interactive_deltas" => match (parameters.as_slice(), switches) {
                ([], Switches { bare_deltas: true, .. }) => Ok(Self::Deltas(symbol)),
                ([], _) => Err("depth and refresh rate expected for deltas topic.".to_owned()),
                (_, Switches { deltas_with_parameters: true, .. }) => Ok(Self::Deltas(symbol)),
                _ => Err("no parameters expected for deltas topic.".to_owned()),
            },
            "snapshot" => Self::snapshot(symbol, &parameters, &["50ms", "100ms"]),
            "interactive" => Self::snapshot(symbol, &parameters, &["100ms", "200ms", "400ms"]),
            _ => Err(format!("unknown order_book form {kind}")),
        }
    }

    fn snapshot(symbol: Symbol, parameters: &[&str], periods: &[&str]) -> Result<Self, String> {
        if parameters.first() != Some(&"15") {
            return Err("Expecting depth=15".to_owned());
        }
        let period = parameters.get(1).filter(|period| periods.contains(period));
        let millis = period.and_then(|period| period.strip_suffix("ms")).and_then(|text| text.parse().ok());
        let millis = millis.ok_or_else(|| format!("Expecting refresh rate of {}", periods.join(" or ")))?;
        let tick = match parameters.get(2) {
            None => None,
            Some(text) => Some(coarser_tick(symbol, text)?),
        };
        if parameters.len() > 3 {
            return Err("too many parameters".to_owned());
        }
        Ok(Self::Snapshot { symbol, period: Duration::from_millis(millis), tick })
    }

    /// True for channels that need a signed-in connection.
    pub fn private(&self) -> bool {
        match self {
            Self::Account
            | Self::Positions
            | Self::Orders(_)
            | Self::Fills(_)
            | Self::BalanceEvents
            | Self::FundingPayments(_)
            | Self::TradeBusts
            | Self::Transaction
            | Self::Transfers
            | Self::Mmp => true,
            Self::Bbo(_)
            | Self::Trades(_)
            | Self::Deltas(_)
            | Self::Snapshot { .. }
            | Self::Summary(_)
            | Self::Funding(_)
            | Self::FundingComparison
            | Self::Markets
            | Self::Silent => false,
        }
    }

    /// The market whose book it carries.
    pub fn book_of(&self) -> Option<Symbol> {
        match self {
            Self::Deltas(symbol) | Self::Snapshot { symbol, .. } => Some(*symbol),
            _ => None,
        }
    }
}

/// A tick written with an underscore, a multiple of the market's.
fn coarser_tick(symbol: Symbol, text: &str) -> Result<Price, String> {
    let tick: Option<Price> = text.replace('_', ".").parse().ok();
    tick.filter(|tick| tick.is_positive() && tick.is_multiple_of(symbol.listing().tick))
        .ok_or_else(|| format!("invalid price tick {text}"))
}
