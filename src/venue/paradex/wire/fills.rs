//! Executions and their undoing (paradex.md 2, 7.2), as checked values.

use super::WireError;
use super::objects::{Page, amount, page};
use crate::domain::{Price, Qty, Side, TradeKey, Usd, Wall};
use serde::Deserialize;

/// Why there was an execution. The venue's list is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillKind {
    /// An order met another.
    Fill,
    /// The venue closed a position by force.
    Liquidation,
    /// The venue took (part of) a position over.
    UnwindTransfer,
    /// The market was settled.
    SettleMarket,
    /// An order met retail liquidity.
    Rpi,
    /// A trade agreed outside the book.
    BlockTrade,
    /// A word nobody documented.
    Unknown,
}

impl FillKind {
    const KNOWN: [(Self, u8, &'static str); 6] = [
        (Self::Fill, 1, "FILL"),
        (Self::Liquidation, 2, "LIQUIDATION"),
        (Self::UnwindTransfer, 3, "UNWIND_TRANSFER"),
        (Self::SettleMarket, 4, "SETTLE_MARKET"),
        (Self::Rpi, 5, "RPI"),
        (Self::BlockTrade, 6, "BLOCK_TRADE"),
    ];

    /// By its number in SBE.
    pub fn from_number(number: u8) -> Self {
        Self::KNOWN.iter().find(|(_, known, _)| *known == number).map_or(Self::Unknown, |(kind, ..)| *kind)
    }

    fn from_word(word: &str) -> Self {
        Self::KNOWN.iter().find(|(.., known)| *known == word).map_or(Self::Unknown, |(kind, ..)| *kind)
    }

    /// Its number in SBE; 0 for one we do not know.
    pub fn number(self) -> u8 {
        Self::KNOWN.iter().find(|(kind, ..)| *kind == self).map_or(0, |(_, number, _)| *number)
    }

    /// Kinds an execution of an own order can have.
    pub const ORDINARY: [Self; 3] = [Self::Fill, Self::Rpi, Self::BlockTrade];

    /// The key of the execution with this id: ids repeat across kinds (paradex.md 2).
    pub fn key(self, id: &str) -> TradeKey {
        TradeKey::from_text(self.number(), id)
    }
}

/// One execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillView {
    /// Whose; empty when not said.
    pub account: String,
    /// Unique over fill types.
    pub key: TradeKey,
    /// Our id text; may be foreign or empty.
    pub client_id: String,
    /// Market.
    pub market: String,
    /// Side as stated; for own taker fills the order's side.
    pub side: Side,
    /// Size.
    pub qty: Qty,
    /// Price.
    pub price: Price,
    /// Fee paid in USDC; below zero is a rebate. Zero when it was paid in another currency.
    pub fee: Usd,
    /// The currency of the fee when it is not USDC, such as DIME.
    pub fee_currency: Option<String>,
    /// When.
    pub at: Wall,
    /// Why.
    pub kind: FillKind,
}

/// A fill that the venue took back.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bust {
    /// Whose; empty when not said.
    #[serde(default)]
    pub account: String,
    /// Id of the fill. Its kind is not told.
    #[serde(rename = "busted_fill_id")]
    pub fill_id: String,
}

#[derive(Deserialize)]
struct RawFill {
    id: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    client_id: String,
    market: String,
    side: String,
    price: String,
    size: String,
    #[serde(default)]
    fee: String,
    #[serde(default)]
    fee_currency: Option<String>,
    created_at: i64,
    #[serde(default)]
    fill_type: String,
}

/// One fill object, or a list of them under `results`.
pub fn fills(body: &[u8]) -> Result<Vec<FillView>, WireError> {
    super::objects::one_or_many::<RawFill>(body)?.into_iter().map(fill_view).collect()
}

/// A page of GET /fills.
pub fn fill_page(body: &[u8]) -> Result<Page<FillView>, WireError> {
    page(body, fill_view)
}

/// One bust, or a list of them under `results`.
pub fn busts(body: &[u8]) -> Result<Vec<Bust>, WireError> {
    super::objects::one_or_many(body)
}

fn fill_view(raw: RawFill) -> Result<FillView, WireError> {
    let side = match raw.side.as_str() {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return Err(WireError::Content("a fill has neither side")),
    };
    let fee_currency = other_currency(raw.fee_currency.as_deref());
    let fee = if raw.fee.is_empty() || fee_currency.is_some() { Usd::ZERO } else { amount("fee", &raw.fee)? };
    let kind = FillKind::from_word(&raw.fill_type);
    Ok(FillView {
        account: raw.account,
        key: kind.key(&raw.id),
        client_id: raw.client_id,
        market: raw.market,
        side,
        qty: amount("size", &raw.size)?,
        price: amount("price", &raw.price)?,
        fee,
        fee_currency,
        at: Wall::from_millis(raw.created_at),
        kind,
    })
}

/// A currency of fees that is not USDC: its amount is no money of ours to count.
pub fn other_currency(stated: Option<&str>) -> Option<String> {
    stated.filter(|currency| !matches!(*currency, "" | "USDC")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_have_the_numbers_of_sbe_and_an_unknown_one_is_none_of_them() {
        for number in 1..=6 {
            assert_eq!(FillKind::from_number(number).number(), number);
        }
        for unknown in [0, 7, 254] {
            assert_eq!(FillKind::from_number(unknown), FillKind::Unknown);
        }
        assert_eq!(FillKind::from_word("UNWIND_TRANSFER"), FillKind::from_number(3));
        assert_eq!(FillKind::from_word("TRANSFER"), FillKind::Unknown);
    }

    #[test]
    fn the_same_id_is_another_execution_under_another_kind() {
        assert_ne!(FillKind::Fill.key("17"), FillKind::Rpi.key("17"));
        assert_eq!(FillKind::Fill.key("17"), FillKind::from_number(1).key("17"));
    }
}
