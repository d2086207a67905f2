//! The transactions with few fields: cancels, modify, leverage, margin, withdrawal (lighter.md 4.1, 4.3).

use super::attributes::{Attribute, Attributes};
use super::invalid::InvalidTx;
use super::limits::*;
use super::order_rules::{base_amount, price, trigger_price};

/// Cancels one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelOrder {
    pub(super) market: MarketIndex,
    pub(super) index: u64,
}

impl CancelOrder {
    /// `index` is a client order index (below 2^48) or the venue's order index (2^48 to 2^60 - 1).
    pub fn new(market_index: i64, index: i64) -> Result<Self, InvalidTx> {
        let market = MarketIndex::new(market_index)?;
        let index = in_range(
            index,
            1..=MAX_ORDER_INDEX,
            [InvalidTx::OrderIndexTooLow, InvalidTx::OrderIndexTooHigh],
        )?;
        Ok(Self { market, index })
    }

    /// The market.
    pub fn market(&self) -> MarketIndex {
        self.market
    }

    /// Client order index or order index.
    pub fn index(&self) -> u64 {
        self.index
    }
}

/// Cancels all orders of the account: now, at a time (the dead-man switch), or no longer at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelAll {
    /// Now; attribute 5 limits it to one market.
    Immediate,
    /// At a time, unless it is replaced or aborted before.
    Scheduled {
        /// When.
        at_ms: ScheduledTime,
    },
    /// Takes back what was scheduled.
    Abort,
}

/// Unix milliseconds from 1 to 2^63 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScheduledTime(u64);

impl ScheduledTime {
    /// The time itself.
    pub fn ms(self) -> u64 {
        self.0
    }
}

impl CancelAll {
    /// From the two integers of the wire.
    pub fn new(time_in_force: i64, time: i64) -> Result<Self, InvalidTx> {
        let without_time = |kind| if time == 0 { Ok(kind) } else { Err(InvalidTx::CancelAllTimeNotNil) };
        match time_in_force {
            0 => without_time(Self::Immediate),
            1 => Self::scheduled(time),
            2 => without_time(Self::Abort),
            _ => Err(InvalidTx::CancelAllTimeInForce),
        }
    }

    /// A cancel-all at a time in unix milliseconds; the venue takes 5 minutes to 15 days ahead.
    pub fn scheduled(at_ms: i64) -> Result<Self, InvalidTx> {
        let at_ms = in_range(at_ms, 1..=i64::MAX, [InvalidTx::CancelAllTimeRange; 2])?;
        Ok(Self::Scheduled { at_ms: ScheduledTime(at_ms) })
    }

    /// TimeInForce and Time of the wire.
    pub(super) fn integers(self) -> (u64, u64) {
        match self {
            Self::Immediate => (0, 0),
            Self::Scheduled { at_ms } => (1, at_ms.ms()),
            Self::Abort => (2, 0),
        }
    }

    /// One market can be cancelled now only.
    pub(super) fn check_attributes(self, attributes: &Attributes) -> Result<(), InvalidTx> {
        let one_market = attributes.get(Attribute::CancelAllMarket).is_some();
        if one_market && self != Self::Immediate { Err(InvalidTx::CancelAllMarketScheduled) } else { Ok(()) }
    }
}

/// Changes size and price of a resting order, which loses its priority and may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModifyOrder {
    pub(super) market: MarketIndex,
    pub(super) index: u64,
    pub(super) base_amount: u64,
    pub(super) price: u32,
    pub(super) trigger_price: u32,
}

impl ModifyOrder {
    /// `index` as in [`CancelOrder::new`]; `base_amount` is the new total size, the filled part included.
    pub fn new(
        market_index: i64,
        index: i64,
        base_amount_total: i64,
        new_price: i64,
        new_trigger_price: i64,
    ) -> Result<Self, InvalidTx> {
        let market = MarketIndex::new(market_index)?;
        let index = in_range(
            index,
            1..=MAX_ORDER_INDEX,
            [InvalidTx::ClientOrderIndexTooLow, InvalidTx::ClientOrderIndexTooHigh],
        )?;
        Ok(Self {
            market,
            index,
            base_amount: base_amount(base_amount_total)?,
            price: price(new_price)?,
            trigger_price: trigger_price(new_trigger_price)?,
        })
    }

    /// The market.
    pub fn market(&self) -> MarketIndex {
        self.market
    }

    /// Client order index or order index.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// New total size, the filled part included.
    pub fn base_amount(&self) -> u64 {
        self.base_amount
    }

    /// New price.
    pub fn price(&self) -> u32 {
        self.price
    }

    /// New trigger, 0 for plain orders.
    pub fn trigger_price(&self) -> u32 {
        self.trigger_price
    }
}

/// Sets leverage and margin mode of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateLeverage {
    pub(super) market: MarketIndex,
    pub(super) initial_margin_fraction: u64,
    pub(super) isolated: bool,
}

impl UpdateLeverage {
    /// `initial_margin_fraction` in 1e-4, 1 to 10000 (10000 / leverage, rounded down); `margin_mode` 0 cross, 1 isolated.
    pub fn new(market_index: i64, initial_margin_fraction: i64, margin_mode: i64) -> Result<Self, InvalidTx> {
        let market = MarketIndex::new(market_index)?;
        let isolated = flag(margin_mode, InvalidTx::MarginMode)?;
        let initial_margin_fraction = in_range(
            initial_margin_fraction,
            1..=MAX_MARGIN_FRACTION,
            [InvalidTx::MarginFractionTooLow, InvalidTx::MarginFractionTooHigh],
        )?;
        Ok(Self { market, initial_margin_fraction, isolated })
    }

    /// The market.
    pub fn market(&self) -> MarketIndex {
        self.market
    }

    /// Margin required to open, in 1e-4 of notional.
    pub fn initial_margin_fraction(&self) -> u64 {
        self.initial_margin_fraction
    }

    /// Whether the position gets margin of its own.
    pub fn isolated(&self) -> bool {
        self.isolated
    }
}

/// Moves margin into or out of an isolated position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateMargin {
    pub(super) market: MarketIndex,
    pub(super) usdc_amount: u64,
    pub(super) add: bool,
}

impl UpdateMargin {
    /// `usdc_amount` in 1e-6 USDC, above 0; `direction` 0 remove, 1 add.
    pub fn new(market_index: i64, usdc_amount: i64, direction: i64) -> Result<Self, InvalidTx> {
        let market = MarketIndex::new(market_index)?.perps()?;
        let usdc_amount = in_range(
            usdc_amount,
            1..=MAX_USDC_AMOUNT,
            [InvalidTx::TransferAmountTooLow, InvalidTx::TransferAmountTooHigh],
        )?;
        Ok(Self { market, usdc_amount, add: flag(direction, InvalidTx::MarginDirection)? })
    }

    /// The market.
    pub fn market(&self) -> MarketIndex {
        self.market
    }

    /// In 1e-6 USDC.
    pub fn usdc_amount(&self) -> u64 {
        self.usdc_amount
    }

    /// Whether margin moves into the position.
    pub fn add(&self) -> bool {
        self.add
    }
}

/// Takes assets out to the account's wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdraw {
    pub(super) asset: u64,
    pub(super) spot_route: bool,
    pub(super) amount: u64,
}

impl Withdraw {
    /// `asset_index` 1 to 62 (3 is USDC); `route_type` 0 perps, 1 spot; `amount` in the asset's smallest unit, above 0.
    pub fn new(asset_index: i64, route_type: i64, amount: i64) -> Result<Self, InvalidTx> {
        let asset =
            in_range(asset_index, MIN_ASSET..=MAX_ASSET, [InvalidTx::AssetTooLow, InvalidTx::AssetTooHigh])?;
        let spot_route = flag(route_type, InvalidTx::Route)?;
        let amount = in_range(
            amount,
            1..=MAX_USDC_AMOUNT,
            [InvalidTx::WithdrawalTooLow, InvalidTx::WithdrawalTooHigh],
        )?;
        Ok(Self { asset, spot_route, amount })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancels_take_client_and_venue_indices_and_refuse_the_rest() {
        assert!(CancelOrder::new(0, 1).is_ok() && CancelOrder::new(0, MAX_ORDER_INDEX).is_ok());
        assert_eq!(CancelOrder::new(0, 0), Err(InvalidTx::OrderIndexTooLow));
        assert_eq!(CancelOrder::new(0, 1 << 60), Err(InvalidTx::OrderIndexTooHigh));
        assert_eq!(CancelOrder::new(255, 1), Err(InvalidTx::Market));
    }

    #[test]
    fn only_a_scheduled_cancel_all_has_a_time() {
        assert_eq!(CancelAll::new(0, 0), Ok(CancelAll::Immediate));
        assert_eq!(CancelAll::new(2, 0), Ok(CancelAll::Abort));
        assert_eq!(CancelAll::new(1, 5).map(CancelAll::integers), Ok((1, 5)));
        for (time_in_force, time, expected) in [
            (0, 1, InvalidTx::CancelAllTimeNotNil),
            (2, 1, InvalidTx::CancelAllTimeNotNil),
            (1, 0, InvalidTx::CancelAllTimeRange),
            (1, -1, InvalidTx::CancelAllTimeRange),
            (3, 0, InvalidTx::CancelAllTimeInForce),
        ] {
            assert_eq!(CancelAll::new(time_in_force, time), Err(expected), "{time_in_force} {time}");
        }
    }

    #[test]
    fn a_modify_may_have_size_zero_but_no_price_zero() {
        assert!(ModifyOrder::new(1, 1, 0, 1, 0).is_ok());
        assert_eq!(ModifyOrder::new(1, 0, 1, 1, 0), Err(InvalidTx::ClientOrderIndexTooLow));
        assert_eq!(ModifyOrder::new(1, 1 << 60, 1, 1, 0), Err(InvalidTx::ClientOrderIndexTooHigh));
        assert_eq!(ModifyOrder::new(1, 1, -1, 1, 0), Err(InvalidTx::BaseAmountTooLow));
        assert_eq!(ModifyOrder::new(1, 1, 1, 0, 0), Err(InvalidTx::PriceTooLow));
        assert_eq!(ModifyOrder::new(1, 1, 1, 1, -1), Err(InvalidTx::TriggerPrice));
    }

    #[test]
    fn leverage_margin_and_withdrawal_keep_their_ranges() {
        assert_eq!(UpdateLeverage::new(1, 0, 0), Err(InvalidTx::MarginFractionTooLow));
        assert_eq!(UpdateLeverage::new(1, 10_001, 0), Err(InvalidTx::MarginFractionTooHigh));
        assert_eq!(UpdateLeverage::new(1, 500, 2), Err(InvalidTx::MarginMode));
        assert_eq!(UpdateMargin::new(2048, 1, 0), Err(InvalidTx::Market));
        assert_eq!(UpdateMargin::new(1, 0, 0), Err(InvalidTx::TransferAmountTooLow));
        assert_eq!(UpdateMargin::new(1, 1 << 60, 0), Err(InvalidTx::TransferAmountTooHigh));
        assert_eq!(UpdateMargin::new(1, 1, 2), Err(InvalidTx::MarginDirection));
        assert_eq!(Withdraw::new(0, 0, 1), Err(InvalidTx::AssetTooLow));
        assert_eq!(Withdraw::new(63, 0, 1), Err(InvalidTx::AssetTooHigh));
        assert_eq!(Withdraw::new(3, 2, 1), Err(InvalidTx::Route));
        assert_eq!(Withdraw::new(3, 0, 0), Err(InvalidTx::WithdrawalTooLow));
    }
}
