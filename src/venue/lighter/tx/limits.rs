//! The ranges of single fields (lighter.md 4.2, 4.3).

use super::invalid::InvalidTx;
use std::ops::RangeInclusive;

pub(super) const MAX_ATTRIBUTES: usize = 4;
pub(super) const MIN_ACCOUNT: i64 = 1;
pub(super) const MAX_ACCOUNT: i64 = (1 << 48) - 2;
pub(super) const MAX_MASTER_ACCOUNT: i64 = (1 << 47) - 1;
pub(super) const MAX_API_KEY: i64 = 254;
pub(super) const MAX_TIMESTAMP_MS: i64 = (1 << 48) - 1;
pub(super) const MAX_MARKET: i64 = (1 << 48) - 1;
/// The market index that means "none".
pub(super) const NIL_MARKET: i64 = 255;
pub(super) const MAX_CLIENT_ORDER_INDEX: i64 = (1 << 48) - 1;
pub(super) const MIN_ORDER_INDEX: i64 = 1 << 48;
pub(super) const MAX_ORDER_INDEX: i64 = (1 << 60) - 1;
pub(super) const MAX_BASE_AMOUNT: i64 = (1 << 48) - 1;
pub(super) const MAX_PRICE: i64 = (1 << 32) - 1;
pub(super) const MAX_INTEGRATOR_FEE: i64 = 1_000_000;
pub(super) const MAX_ORDER_VERSION: i64 = (1 << 48) - 1;
pub(super) const MAX_MARGIN_FRACTION: i64 = 10_000;
pub(super) const MAX_USDC_AMOUNT: i64 = (1 << 60) - 1;
pub(super) const MIN_ASSET: i64 = 1;
pub(super) const MAX_ASSET: i64 = 62;

/// `value` as an unsigned number, if it lies in `range`, which has no negative numbers.
/// The errors are for values below and above.
pub(super) fn in_range(
    value: i64,
    range: RangeInclusive<i64>,
    [too_low, too_high]: [InvalidTx; 2],
) -> Result<u64, InvalidTx> {
    if value < *range.start() {
        Err(too_low)
    } else if value > *range.end() {
        Err(too_high)
    } else {
        Ok(value.unsigned_abs())
    }
}

/// 0 or 1 as a truth value.
pub(super) fn flag(value: i64, invalid: InvalidTx) -> Result<bool, InvalidTx> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(invalid),
    }
}

/// A market id the signer takes: 0 to 2^48 - 1 except 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MarketIndex(u64);

impl MarketIndex {
    /// Spot markets by the id ranges the signer knows; perps exist below and, since 2026, above.
    const SPOT: RangeInclusive<u64> = 2048..=4094;

    /// Checks a market id. Error: [`InvalidTx::Market`].
    pub fn new(index: i64) -> Result<Self, InvalidTx> {
        if index == NIL_MARKET {
            return Err(InvalidTx::Market);
        }
        in_range(index, 0..=MAX_MARKET, [InvalidTx::Market; 2]).map(Self)
    }

    /// The number itself.
    pub fn number(self) -> u64 {
        self.0
    }

    /// Whether the signer's field rules treat this id as a spot market. What a market really is, its description says.
    pub fn is_spot(self) -> bool {
        Self::SPOT.contains(&self.0)
    }

    /// This market, if the rules treat it as perps.
    pub(super) fn perps(self) -> Result<Self, InvalidTx> {
        if self.is_spot() { Err(InvalidTx::Market) } else { Ok(self) }
    }
}
