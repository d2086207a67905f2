//! Executions, as REST and the account stream share them (lighter.md 2.2).

use super::number;
use crate::domain::{ClientOrderId, Fill, Price, Qty, Side, TradeKey, Usd, Wall};
use serde::Deserialize;

#[derive(Deserialize)]
struct Raw {
    #[serde(default, deserialize_with = "number::id")]
    trade_id: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    trade_id_str: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    market_id: Option<u64>,
    #[serde(default, deserialize_with = "number::decimal")]
    size: Option<Qty>,
    #[serde(default, deserialize_with = "number::decimal")]
    price: Option<Price>,
    #[serde(default, deserialize_with = "number::decimal")]
    usd_amount: Option<Usd>,
    #[serde(default, deserialize_with = "number::id")]
    ask_client_id: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    bid_client_id: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    ask_account_id: Option<u64>,
    #[serde(default, deserialize_with = "number::id")]
    bid_account_id: Option<u64>,
    #[serde(default)]
    is_maker_ask: Option<bool>,
    #[serde(default, deserialize_with = "number::integer")]
    timestamp: Option<i64>,
    #[serde(default, deserialize_with = "number::integer")]
    taker_fee: Option<i64>,
    #[serde(default, deserialize_with = "number::integer")]
    maker_fee: Option<i64>,
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

/// Why there was a trade. The venue's list is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TradeKind {
    /// Two orders met.
    Trade,
    /// One of the sides was closed by force.
    Liquidation,
    /// The venue took (part of) a position to cover somebody else's loss.
    Deleverage,
    /// The market was settled.
    MarketSettlement,
    /// A word nobody documented, or none.
    Unknown,
}

/// One execution with both parties.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Trade {
    id: u64,
    /// Market, when sent.
    pub market_id: Option<u64>,
    size: Qty,
    price: Price,
    value: Usd,
    ask: Party,
    bid: Party,
    at: Wall,
    /// Why.
    pub kind: TradeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Party {
    account: Option<u64>,
    client_id: u64,
    /// Rate in 1e-6 of the value; absent on the wire when zero.
    fee_rate: i64,
}

/// Fee rates are millionths of the value (38 = 0.0038 %), not amounts (lighter.md 2.2).
const FEE_UNIT: i64 = 1_000_000;

impl Trade {
    /// The executions of `account` in this trade that carry a client order id: none, one, or both sides of a self-trade.
    pub fn fills_of(&self, account: u64) -> Vec<Fill> {
        let sides = [(Side::Sell, &self.ask), (Side::Buy, &self.bid)];
        sides.into_iter().filter_map(|(side, party)| self.fill(account, side, party)).collect()
    }

    /// Whether `account` took part with an order that is not `own`: by hand, by another program, or by force.
    pub fn is_foreign_to(&self, account: u64, own: impl Fn(ClientOrderId) -> bool) -> bool {
        [&self.ask, &self.bid].iter().any(|party| {
            let cid = ClientOrderId::from_number(party.client_id);
            party.account == Some(account) && !cid.is_some_and(&own)
        })
    }

    fn fill(&self, account: u64, side: Side, party: &Party) -> Option<Fill> {
        if party.account != Some(account) {
            return None;
        }
        let kind = match side {
            Side::Buy => 1,
            Side::Sell => 2,
        };
        Some(Fill {
            cid: ClientOrderId::from_number(party.client_id)?,
            key: TradeKey::from_text(kind, &self.id.to_string()),
            side,
            qty: self.size,
            price: self.price,
            fee: self.value.fraction(party.fee_rate, FEE_UNIT),
            at: self.at,
        })
    }
}

impl TryFrom<Raw> for Trade {
    type Error = &'static str;

    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        let size = raw.size.filter(|size| size.is_positive()).ok_or("a trade without a size")?;
        let price = raw.price.filter(|price| price.is_positive()).ok_or("a trade without a price")?;
        let maker_is_ask = raw.is_maker_ask.ok_or("a trade that does not say who rested")?;
        let (maker, taker) = (raw.maker_fee.unwrap_or(0), raw.taker_fee.unwrap_or(0));
        let (ask_rate, bid_rate) = if maker_is_ask { (maker, taker) } else { (taker, maker) };
        let party = |account, client_id: Option<u64>, fee_rate| Party {
            account,
            client_id: client_id.unwrap_or(0),
            fee_rate,
        };
        Ok(Self {
            id: raw.trade_id.or(raw.trade_id_str).ok_or("a trade without an id")?,
            market_id: raw.market_id,
            size,
            price,
            value: raw.usd_amount.unwrap_or_else(|| price.notional(size)),
            ask: party(raw.ask_account_id, raw.ask_client_id, ask_rate),
            bid: party(raw.bid_account_id, raw.bid_client_id, bid_rate),
            at: Wall::from_millis(raw.timestamp.unwrap_or(0)),
            kind: match raw.kind.as_deref() {
                Some("trade") => TradeKind::Trade,
                Some("liquidation") => TradeKind::Liquidation,
                Some("deleverage") => TradeKind::Deleverage,
                Some("market-settlement") => TradeKind::MarketSettlement,
                Some(_) | None => TradeKind::Unknown,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRADE: &str = r#"{"trade_id":36388690000,"type":"trade","market_id":1,"size":"0.00020","price":"80440.9",
        "usd_amount":"16.088180","ask_client_id":817444196253,"bid_client_id":162076644628331,"ask_account_id":734724,
        "bid_account_id":27927,"is_maker_ask":false,"timestamp":1792918164789,"maker_fee":38}"#;

    fn trade(text: &str) -> Trade {
        serde_json::from_str(text).expect("a trade")
    }

    #[test]
    fn the_fee_is_a_rate_of_the_value_and_absent_when_zero() {
        let taker = trade(TRADE).fills_of(734_724);
        assert_eq!((taker[0].side, taker[0].fee), (Side::Sell, Usd::ZERO));
        let maker = trade(TRADE).fills_of(27_927);
        assert_eq!((maker[0].side, maker[0].fee.to_string()), (Side::Buy, "0.00061135".to_owned()));
        assert_eq!(maker[0].cid.number(), 162_076_644_628_331);
    }

    #[test]
    fn both_sides_of_a_self_trade_are_told_apart() {
        let own = trade(&TRADE.replace("27927", "734724")).fills_of(734_724);
        assert_eq!(own.len(), 2);
        assert_ne!(own[0].key, own[1].key);
    }

    #[test]
    fn a_trade_without_our_client_id_is_foreign_and_yields_no_fill() {
        let by_hand = trade(&TRADE.replace("817444196253", "0"));
        assert!(by_hand.fills_of(734_724).is_empty() && by_hand.is_foreign_to(734_724, |_| true));
        assert!(!trade(TRADE).is_foreign_to(734_724, |_| true));
        assert!(trade(TRADE).is_foreign_to(734_724, |_| false), "another program's id");
        assert!(trade(TRADE).fills_of(1).is_empty());
    }

    #[test]
    fn why_there_was_a_trade_is_told_and_an_unknown_word_is_no_ordinary_trade() {
        let kind = |word: &str| trade(&TRADE.replace("\"trade\",", &format!("\"{word}\","))).kind;
        assert_eq!((kind("trade"), kind("liquidation")), (TradeKind::Trade, TradeKind::Liquidation));
        assert_eq!((kind("deleverage"), kind("brand-new")), (TradeKind::Deleverage, TradeKind::Unknown));
    }

    #[test]
    fn a_trade_without_size_price_or_roles_is_refused() {
        for missing in [r#""size":"0.00020","#, r#""price":"80440.9","#, r#""is_maker_ask":false,"#] {
            assert!(serde_json::from_str::<Trade>(&TRADE.replace(missing, "")).is_err(), "{missing}");
        }
        assert!(serde_json::from_str::<Trade>(&TRADE.replace("0.00020", "0.0")).is_err());
    }
}
