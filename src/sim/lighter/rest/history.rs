//! Orders, trades and transactions of the past and present.

use super::super::json_out::{enriched_tx, merge, order, trade, tx};
use super::super::model::{Order, Trade};
use super::super::refusal::Refusal;
use super::Call;
use serde_json::{Value, json};

/// The market number that means all.
const ALL_MARKETS: i64 = 255;
/// Rows per answer.
const MAX_ROWS: i64 = 100;
/// Client order indexes per request.
const MAX_CLIENT_INDEXES: usize = 20;
/// Trades per account that can still be listed.
const LISTED_TRADES: usize = 3_000;

/// One page of a listing and the cursor of the next.
fn page<T>(rows: impl Iterator<Item = T>, skip: usize, limit: usize) -> (Vec<T>, Option<String>) {
    let mut rows: Vec<T> = rows.skip(skip).take(limit + 1).collect();
    let more = rows.len() > limit;
    rows.truncate(limit);
    (rows, more.then(|| (skip + limit).to_string()))
}

fn listing(name: &str, rows: Vec<Value>, next: Option<String>) -> Value {
    let answer = json!({ "code": 200, name: rows });
    match next {
        Some(cursor) => merge(answer, json!({ "next_cursor": cursor })),
        None => answer,
    }
}

impl Call<'_> {
    fn show_order(&self, entry: &Order) -> Value {
        order(entry, self.sim.options.switches.order_time, true)
    }

    fn wanted_market(&self) -> Result<Option<i64>, Refusal> {
        Ok(self.params.integer("market_id")?.filter(|market| *market != ALL_MARKETS))
    }

    pub(super) fn account_active_orders(&self) -> Result<Value, Refusal> {
        let account = self.private_account("account_index")?;
        let market = self.wanted_market()?;
        let rows = self.sim.exchange.orders.live_of(account);
        let wanted = rows.filter(|entry| market.is_none_or(|market| entry.request.market == market));
        Ok(listing("orders", wanted.map(|entry| self.show_order(entry)).collect(), None))
    }

    pub(super) fn account_inactive_orders(&self) -> Result<Value, Refusal> {
        let account = self.private_account("account_index")?;
        let (limit, skip) = (self.params.limit(MAX_ROWS)?, self.params.cursor()?);
        let market = self.wanted_market()?;
        let ask = self.params.integer("ask_filter")?.filter(|filter| *filter >= 0);
        let between = self.timestamps()?;
        let wanted = self.sim.exchange.orders.ended_of(account).filter(|entry| {
            market.is_none_or(|market| entry.request.market == market)
                && ask.is_none_or(|ask| i64::from(entry.is_ask()) == ask)
                && between.is_none_or(|(from, to)| (from..=to).contains(&entry.updated.millis()))
        });
        let (rows, next) = page(wanted, skip, limit);
        Ok(listing("orders", rows.into_iter().map(|entry| self.show_order(entry)).collect(), next))
    }

    /// `between_timestamps`: two unix milliseconds with a hyphen.
    fn timestamps(&self) -> Result<Option<(i64, i64)>, Refusal> {
        let Some(text) = self.params.get("between_timestamps") else { return Ok(None) };
        let parsed = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        parsed.map(Some).ok_or_else(|| Refusal::InvalidParam("between_timestamps".to_owned()))
    }

    /// Orders by client order index; without an account those of the token's.
    pub(super) fn account_orders(&self) -> Result<Value, Refusal> {
        let grant = self.grant()?;
        let account = self.params.integer("account_index")?.unwrap_or(grant.account);
        grant.opens(&self.sim.exchange, account)?;
        let invalid = || Refusal::InvalidParam("client_order_indexes".to_owned());
        let indexes = self
            .params
            .required("client_order_indexes")?
            .split(',')
            .map(|text| text.trim().parse().map_err(|_| invalid()))
            .collect::<Result<Vec<i64>, Refusal>>()?;
        if indexes.len() > MAX_CLIENT_INDEXES {
            return Err(invalid());
        }
        let orders = &self.sim.exchange.orders;
        let all = orders.live_of(account).chain(orders.ended_of(account));
        let wanted = all.filter(|entry| indexes.contains(&entry.request.client_index));
        Ok(listing("orders", wanted.map(|entry| self.show_order(entry)).collect(), None))
    }

    pub(super) fn trades(&self) -> Result<Value, Refusal> {
        self.params.required("sort_by")?;
        let by = self.params.word("sort_by", &["block_height", "timestamp", "trade_id"])?;
        self.params.word("sort_dir", &["desc"])?;
        let (limit, skip) = (self.params.limit(MAX_ROWS)?, self.params.cursor()?);
        let account = self.params.integer("account_index")?.filter(|index| *index != -1);
        if account.is_some() {
            self.private_account("account_index")?;
        }
        let wanted = self.trade_filter(account)?;
        let from = self.params.integer("from")?.filter(|from| *from >= 0);
        let since = |entry: &&Trade| match by {
            "block_height" => from.is_none_or(|from| entry.block_height >= from),
            "timestamp" => from.is_none_or(|from| entry.at.millis() >= from),
            _ => from.is_none_or(|from| entry.id >= from),
        };
        let listed =
            self.sim.exchange.trades.iter().filter(|entry| wanted(entry)).take(LISTED_TRADES).filter(since);
        let (rows, next) = page(listed, skip, limit);
        Ok(listing("trades", rows.into_iter().map(|entry| trade(entry, account)).collect(), next))
    }

    fn trade_filter(&self, account: Option<i64>) -> Result<impl Fn(&Trade) -> bool + use<>, Refusal> {
        let market = self.wanted_market()?;
        let order_index = self.params.integer("order_index")?;
        let ask = self.params.integer("ask_filter")?.filter(|filter| *filter >= 0);
        let role = self.params.word("role", &["all", "maker", "taker"])?.to_owned();
        let kinds = ["all", "trade", "liquidation", "deleverage", "market-settlement"];
        let kind = self.params.word("type", &kinds)?.to_owned();
        let spot_only = self.params.word("market_type", &["all", "perp", "spot"])? == "spot";
        Ok(move |entry: &Trade| {
            let is_ask = account.map(|account| entry.ask.account == account);
            let is_maker = is_ask.map(|is_ask| is_ask == entry.is_maker_ask);
            !spot_only
                && market.is_none_or(|market| entry.market == market)
                && account.is_none_or(|account| entry.involves(account))
                && order_index
                    .is_none_or(|index| entry.ask.order_index == index || entry.bid.order_index == index)
                && ask.is_none_or(|ask| is_ask.is_none_or(|is_ask| i64::from(is_ask) == ask))
                && (role == "all" || is_maker.is_none_or(|is_maker| is_maker == (role == "maker")))
                && match kind.as_str() {
                    "all" => true,
                    "trade" => !entry.liquidation,
                    "liquidation" => entry.liquidation,
                    _ => false,
                }
        })
    }

    pub(super) fn tx(&self) -> Result<Value, Refusal> {
        let by = self.params.required("by")?;
        let value = self.params.required("value")?;
        let exchange = &self.sim.exchange;
        let record = match by {
            "hash" => exchange.tx_by_hash(value),
            "sequence_index" => exchange.txs.get(&self.params.required_integer("value")?),
            _ => return Err(Refusal::InvalidParam("value of field \"by\" is not allowed".to_owned())),
        };
        let record = record.ok_or(Refusal::TxNotFound)?;
        let owner = exchange.accounts.get(&record.account);
        Ok(enriched_tx(record, owner, self.now, self.sim.options.switches.final_status))
    }

    pub(super) fn account_txs(&self) -> Result<Value, Refusal> {
        self.params.required("by")?;
        self.params.word("by", &["account_index"])?;
        let account = self.private_account("value")?;
        let limit = self.params.limit(MAX_ROWS)?;
        let skip = self.params.integer("index")?.and_then(|index| usize::try_from(index).ok()).unwrap_or(0);
        let types = self.tx_types()?;
        let owner = self.sim.exchange.accounts.get(&account);
        let rows = self.sim.exchange.txs.values().rev().filter(|record| {
            record.account == account && types.as_ref().is_none_or(|types| types.contains(&record.tx_type))
        });
        let finality = self.sim.options.switches.final_status;
        let shown = rows.skip(skip).take(limit).map(|record| tx(record, owner, self.now, finality)).collect();
        Ok(listing("txs", shown, None))
    }

    /// `types`: numbers with commas, or a JSON array of them.
    fn tx_types(&self) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(text) = self.params.get("types") else { return Ok(None) };
        let numbers = text.trim_start_matches('[').trim_end_matches(']').split(',');
        let parsed: Result<Vec<u8>, _> = numbers.map(|number| number.trim().parse()).collect();
        parsed.map(Some).map_err(|_| Refusal::InvalidParam("types".to_owned()))
    }
}
