//! Public market data.

use super::paging::number;
use super::{Answer, ok, results};
use crate::domain::Wall;
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::actions::symbol_named;
use crate::sim::paradex::json_out;
use crate::sim::paradex::model::Symbol;
use crate::sim::paradex::refusal::{Code, Refusal};
use crate::sim::service::Request;

/// Levels of `/orderbook` where no depth is given, and the most.
const DEPTH: i64 = 20;
const DEPTH_MAX: i64 = 100;
/// Trades of one page, and the most.
const TRADES: i64 = 100;
const TRADES_MAX: i64 = 1_000;

impl ParadexSim {
    pub(super) fn markets(&self, request: &Request) -> Answer {
        let named = request.query("market").filter(|name| !name.is_empty()).map(symbol_named).transpose()?;
        let fits = |symbol: &Symbol| {
            named.is_none_or(|named| named == *symbol)
                && request.query("asset_kind").is_none_or(|kind| kind == "PERP")
                && request.query("base_asset").is_none_or(|base| base == symbol.listing().base)
        };
        results(Symbol::ALL.into_iter().filter(fits).map(json_out::market).collect())
    }

    pub(super) fn summaries(&self, now: Wall, request: &Request) -> Answer {
        let symbols = match request.query("market").unwrap_or_default() {
            "" => {
                let message = "market is required: a name, or ALL";
                return Err(Refusal::new(Code::InvalidRequestParameter, message));
            }
            "ALL" => Symbol::ALL.to_vec(),
            name => vec![symbol_named(name)?],
        };
        let summary = |symbol| json_out::summary(self.exchange.market(symbol), now);
        results(symbols.into_iter().map(summary).collect())
    }

    pub(super) fn bbo(&self, market: &str) -> Answer {
        let symbol = symbol_named(market)?;
        ok(&json_out::bbo(&self.exchange.market(symbol).touch()))
    }

    pub(super) fn orderbook(&self, request: &Request, market: &str) -> Answer {
        let symbol = symbol_named(market)?;
        let depth = number(request, "depth", 1, DEPTH_MAX)?.unwrap_or(DEPTH);
        ok(&json_out::book(self.exchange.market(symbol), usize::try_from(depth).unwrap_or_default()))
    }

    pub(super) fn trades(&self, request: &Request) -> Answer {
        let symbol = symbol_named(request.query("market").unwrap_or_default())?;
        let size = number(request, "page_size", 1, TRADES_MAX)?.unwrap_or(TRADES);
        let trades = self.exchange.market(symbol).trades.iter().rev();
        results(trades.take(usize::try_from(size).unwrap_or_default()).map(json_out::trade).collect())
    }

    pub(super) fn funding_data(&self, request: &Request) -> Answer {
        let symbol = symbol_named(request.query("market").unwrap_or_default())?;
        results(vec![json_out::funding(self.exchange.market(symbol))])
    }
}
