//! The objects of Paradex a hedger reads (paradex.md 1, 2, 4.2), as checked values.

use super::WireError;
use crate::domain::{AmountError, MarketSpec, Price, Qty, Usd, Wall};
use serde::Deserialize;
use serde_json::Value;

/// What sign-in needs to know of the network.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SystemConfig {
    /// Short string that goes into every hash.
    pub starknet_chain_id: String,
    /// Class hash of the account proxy, hex.
    pub paraclear_account_proxy_hash: String,
    /// Class hash of the account, hex.
    pub paraclear_account_hash: String,
}

/// One market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketView {
    /// Such as `BTC-USD-PERP`.
    pub symbol: String,
    /// Rules for orders.
    pub spec: MarketSpec,
}

/// One order as the venue sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    /// Whose; empty when not said.
    pub account: String,
    /// Our id text; may be foreign or empty.
    pub client_id: String,
    /// Market.
    pub market: String,
    /// True when the order has ended.
    pub closed: bool,
    /// Cumulative filled size.
    pub filled: Qty,
    /// Average fill price when something was filled.
    pub average: Option<Price>,
    /// Why it ended; opaque.
    pub cancel_reason: String,
    /// When the venue took it, where it says so.
    pub created: Option<Wall>,
}

/// One position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionView {
    /// Whose.
    pub account: String,
    /// Market.
    pub market: String,
    /// Signed size.
    pub qty: Qty,
}

/// Collateral of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// Whose.
    pub account: String,
    /// What can still be used as margin; may be below zero.
    pub free: Usd,
    /// What it is instead of ACTIVE, such as LIQUIDATION; `None` when it may trade. An open set of words.
    pub trouble: Option<String>,
}

#[derive(Deserialize)]
struct Results<T> {
    results: Vec<T>,
}

#[derive(Deserialize)]
struct RawMarket {
    symbol: String,
    order_size_increment: String,
    price_tick_size: String,
    min_notional: String,
    #[serde(default)]
    max_order_size: String,
    #[serde(default)]
    position_limit: String,
}

#[derive(Deserialize)]
struct RawOrder {
    #[serde(default)]
    account: String,
    #[serde(default)]
    client_id: String,
    market: String,
    status: String,
    size: String,
    remaining_size: String,
    #[serde(default)]
    avg_fill_price: Option<String>,
    #[serde(default)]
    cancel_reason: Option<String>,
    #[serde(default)]
    created_at: Option<i64>,
}

#[derive(Deserialize)]
struct RawPosition {
    #[serde(default)]
    account: String,
    market: String,
    side: String,
    size: String,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
struct RawAccount {
    #[serde(default)]
    account: String,
    free_collateral: String,
    #[serde(default)]
    status: String,
}

/// A decimal of the venue: plain text, cut to 1e-8 where it is finer (averages and fees may be).
pub(super) fn amount<T: std::str::FromStr<Err = AmountError>>(
    field: &'static str,
    text: &str,
) -> Result<T, WireError> {
    let cut = match text.split_once('.') {
        Some((_, fraction)) if fraction.len() > 8 && fraction.bytes().all(|byte| byte.is_ascii_digit()) => {
            &text[..text.len() - (fraction.len() - 8)]
        }
        _ => text,
    };
    cut.parse().map_err(|cause| WireError::Amount { field, cause })
}

/// GET /system/config.
pub fn config(body: &[u8]) -> Result<SystemConfig, WireError> {
    Ok(serde_json::from_slice(body)?)
}

/// GET /system/time, in milliseconds: documented as text, recorded as a number.
pub fn server_time(body: &[u8]) -> Result<i64, WireError> {
    #[derive(Deserialize)]
    struct Time {
        server_time: Value,
    }
    let time: Time = serde_json::from_slice(body)?;
    let millis = match &time.server_time {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    millis.ok_or(WireError::Content("server_time is neither a number nor a text of one"))
}

/// GET /system/state: the status word, `ok` when trading.
pub fn system_state(body: &[u8]) -> Result<String, WireError> {
    #[derive(Deserialize)]
    struct State {
        status: String,
    }
    Ok(serde_json::from_slice::<State>(body)?.status)
}

/// POST /auth: the token.
pub fn auth_token(body: &[u8]) -> Result<String, WireError> {
    #[derive(Deserialize)]
    struct Token {
        jwt_token: String,
    }
    Ok(serde_json::from_slice::<Token>(body)?.jwt_token)
}

/// GET /markets: the one named `symbol`, `None` when the venue does not list it.
pub fn market(body: &[u8], symbol: &str) -> Result<Option<MarketView>, WireError> {
    let listed: Results<Value> = serde_json::from_slice(body)?;
    let found =
        listed.results.into_iter().find(|entry| entry.get("symbol").and_then(Value::as_str) == Some(symbol));
    let Some(found) = found else { return Ok(None) };
    let raw: RawMarket = serde_json::from_value(found)?;
    let most = |field, text: &str| match text {
        "" | "0" => Ok(Qty::from_units(i64::MAX)),
        text => amount(field, text),
    };
    // An opening starts from flat: what the position may not become is no size for an order either.
    let max_qty =
        most("max_order_size", &raw.max_order_size)?.min(most("position_limit", &raw.position_limit)?);
    let spec = MarketSpec {
        tick: amount("price_tick_size", &raw.price_tick_size)?,
        step: amount("order_size_increment", &raw.order_size_increment)?,
        min_qty: amount("order_size_increment", &raw.order_size_increment)?,
        min_notional: amount("min_notional", &raw.min_notional)?,
        max_qty,
        max_notional: Usd::from_units(i64::MAX),
    };
    if !spec.tick.is_positive() || !spec.step.is_positive() {
        return Err(WireError::Content("tick or size step is not above zero"));
    }
    Ok(Some(MarketView { symbol: raw.symbol, spec }))
}

fn order_view(raw: RawOrder) -> Result<OrderView, WireError> {
    let size: Qty = amount("size", &raw.size)?;
    let remaining: Qty = amount("remaining_size", &raw.remaining_size)?;
    let filled = size - remaining;
    if filled < Qty::ZERO || remaining < Qty::ZERO {
        return Err(WireError::Content("remaining_size does not fit size"));
    }
    let average: Option<Price> = match raw.avg_fill_price.as_deref() {
        None | Some("") => None,
        Some(text) => Some(amount("avg_fill_price", text)?),
    };
    Ok(OrderView {
        account: raw.account,
        client_id: raw.client_id,
        market: raw.market,
        closed: raw.status == "CLOSED",
        filled,
        average: average.filter(|price| price.is_positive() && filled.is_positive()),
        cancel_reason: raw.cancel_reason.unwrap_or_default(),
        created: raw.created_at.filter(|at| *at > 0).map(Wall::from_millis),
    })
}

/// One order object, or a list of them under `results`.
pub fn orders(body: &[u8]) -> Result<Vec<OrderView>, WireError> {
    one_or_many::<RawOrder>(body)?.into_iter().map(order_view).collect()
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it lists.
    pub rows: Vec<T>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<String>,
}

/// A page of orders, open or of the past. Only a list is an answer: nothing else says that there are none.
pub fn order_page(body: &[u8]) -> Result<Page<OrderView>, WireError> {
    page(body, order_view)
}

pub(super) fn page<R, T>(body: &[u8], view: impl Fn(R) -> Result<T, WireError>) -> Result<Page<T>, WireError>
where
    R: serde::de::DeserializeOwned,
{
    #[derive(Deserialize)]
    struct Raw<R> {
        results: Vec<R>,
        #[serde(default)]
        next: Option<String>,
    }
    let raw: Raw<R> = serde_json::from_slice(body)?;
    let rows = raw.results.into_iter().map(view).collect::<Result<_, _>>()?;
    Ok(Page { rows, next: raw.next.filter(|cursor| !cursor.is_empty()) })
}

fn position_view(raw: RawPosition) -> Result<PositionView, WireError> {
    let size: Qty = amount("size", &raw.size)?;
    let magnitude = size.abs();
    let qty = match (raw.side.as_str(), raw.status.as_str()) {
        _ if magnitude.is_zero() => Qty::ZERO,
        (_, "CLOSED") => Qty::ZERO,
        ("LONG", _) if size.is_positive() => magnitude,
        ("SHORT", _) => -magnitude,
        _ => return Err(WireError::Content("side and size of a position contradict each other")),
    };
    Ok(PositionView { account: raw.account, market: raw.market, qty })
}

/// One position object, or a list of them under `results`.
pub fn positions(body: &[u8]) -> Result<Vec<PositionView>, WireError> {
    one_or_many::<RawPosition>(body)?.into_iter().map(position_view).collect()
}

/// GET /account, or the `account` channel.
pub fn account(body: &[u8]) -> Result<AccountView, WireError> {
    let raw: RawAccount = serde_json::from_slice(body)?;
    let free = amount("free_collateral", &raw.free_collateral)?;
    let trouble = Some(raw.status).filter(|status| !matches!(status.as_str(), "" | "ACTIVE"));
    Ok(AccountView { free, account: raw.account, trouble })
}

/// GET /bbo/{m}: price and size of bid and ask, where there are any.
pub fn bbo(body: &[u8]) -> Result<[Option<(Price, Qty)>; 2], WireError> {
    #[derive(Deserialize)]
    struct RawBbo {
        #[serde(default)]
        bid: String,
        #[serde(default)]
        bid_size: String,
        #[serde(default)]
        ask: String,
        #[serde(default)]
        ask_size: String,
    }
    let side = |price: &str, size: &str| match (price, size) {
        ("", _) | (_, "") => Ok::<_, WireError>(None),
        _ => Ok(Some((amount("price", price)?, amount("size", size)?))),
    };
    let raw: RawBbo = serde_json::from_slice(body)?;
    Ok([side(&raw.bid, &raw.bid_size)?, side(&raw.ask, &raw.ask_size)?])
}

pub(super) fn one_or_many<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, WireError> {
    let value: Value = serde_json::from_slice(body)?;
    if value.get("results").is_some() {
        return Ok(serde_json::from_value::<Results<T>>(value)?.results);
    }
    Ok(vec![serde_json::from_value(value)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r#"{"id":"1718941725080201704028870000","account":"0x49d","market":"ETH-USD-PERP","side":"SELL","type":"LIMIT",
     "size":"0.1","remaining_size":"0.04","price":"3500","status":"CLOSED","created_at":1718941725082,
     "cancel_reason":"USER_CANCELED","client_id":"x","seq_no":1718958002991595738,"avg_fill_price":"3500.123456789"}"#;

    #[test]
    fn an_order_tells_its_fill_by_size_and_remaining_and_never_by_its_reason() {
        let order = &orders(ORDER.as_bytes()).expect("the published shape")[0];
        assert!(order.closed);
        assert_eq!(order.filled.to_string(), "0.06");
        assert_eq!(order.average.map(|price| price.to_string()).as_deref(), Some("3500.12345678"));
    }

    #[test]
    fn no_order_is_larger_than_the_position_may_become() {
        let max_qty = |order: &str, position: &str| {
            let text = format!(
                r#"{{"results":[{{"symbol":"BTC-USD-PERP","order_size_increment":"0.00001","price_tick_size":"0.1",
                    "min_notional":"10","max_order_size":"{order}","position_limit":"{position}"}}]}}"#
            );
            let found = market(text.as_bytes(), "BTC-USD-PERP").expect("reads").expect("listed");
            found.spec.max_qty
        };
        assert_eq!(max_qty("100", "300"), Qty::from_whole(100));
        assert_eq!(max_qty("100", "0.5").to_string(), "0.5");
        assert_eq!(max_qty("100", ""), Qty::from_whole(100));
        assert_eq!(max_qty("", "0"), Qty::from_units(i64::MAX));
    }

    #[test]
    fn an_account_that_may_not_trade_says_what_it_is_instead() {
        let trouble = |status: &str| {
            let text = format!(r#"{{"account":"0x1","free_collateral":"-5.5"{status}}}"#);
            account(text.as_bytes()).expect("reads").trouble
        };
        assert_eq!((trouble(""), trouble(r#","status":"ACTIVE""#)), (None, None));
        for word in ["LIQUIDATION", "RESYNC", "SOMETHING_NEW"] {
            assert_eq!(trouble(&format!(r#","status":"{word}""#)), Some(word.to_owned()));
        }
    }

    #[test]
    fn a_malformed_number_is_an_error_and_never_zero() {
        for broken in ["", "abc", "-", "1e5", "NaN"] {
            let text = ORDER.replace("\"0.04\"", &format!("\"{broken}\""));
            assert!(orders(text.as_bytes()).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn a_position_whose_side_and_size_disagree_is_refused() {
        let body = |side: &str, size: &str| {
            format!(r#"{{"account":"0x1","market":"M","side":"{side}","size":"{size}","status":"OPEN"}}"#)
        };
        let qty = |side, size| positions(body(side, size).as_bytes()).map(|list| list[0].qty.to_string());
        assert_eq!(qty("LONG", "0.5").expect("agrees"), "0.5");
        assert_eq!(qty("SHORT", "-0.5").expect("agrees"), "-0.5");
        assert_eq!(qty("SHORT", "0.5").expect("magnitude with a side"), "-0.5");
        assert!(qty("LONG", "-0.5").is_err());
        assert_eq!(qty("LONG", "0").expect("flat"), "0");
    }

    #[test]
    fn the_server_time_may_be_a_number_or_a_text() {
        assert_eq!(server_time(br#"{"server_time":"1681493415023"}"#).expect("text"), 1_681_493_415_023);
        assert_eq!(server_time(br#"{"server_time":1681493415023}"#).expect("number"), 1_681_493_415_023);
    }
}
