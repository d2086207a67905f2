//! Why the official signer refuses a transaction, in its own words.

use super::attributes::Attribute;
use super::limits::*;
use super::transaction::TxType;
use thiserror::Error;

/// A field rule of lighter.md 4.2 or 4.3 that a transaction breaks. `Display` is the official signer's text where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidTx {
    // Attributes
    #[error("Too many attributes, should not be larger than {MAX_ATTRIBUTES}")]
    TooManyAttributes,
    #[error("Attribute type is invalid: {0}")]
    AttributeType(i64),
    #[error("IntegratorAccountIndex is in invalid range")]
    IntegratorAccountRange,
    #[error("Integrator fees are in invalid range")]
    IntegratorFeeRange,
    #[error("Nonce skip attribute is invalid")]
    SkipNonce,
    #[error("Cancel all for market index attribute is in invalid range")]
    CancelAllMarketRange,
    #[error("SelfTradeBehaviorMode is in invalid range")]
    SelfTradeBehaviorRange,
    #[error("SelfTradeEqualityMode is in invalid range")]
    SelfTradeEqualityRange,
    #[error("Attribute value is out of range")]
    OrderVersionRange,
    #[error("IntegratorAccountIndex should be non-zero when integrator taker fee or maker fee is non-zero")]
    FeesWithoutIntegrator,
    #[error("Self-trade specification isn't allowed with integrator fees")]
    SelfTradeWithFees,
    #[error("Reduce self-trade behavior mode isn't allowed with master account index equality mode")]
    ReduceWithMasterEquality,
    #[error("Cancel all for market index can't be scheduled, TimeInforce must be ImmediateCancelAll")]
    CancelAllMarketScheduled,
    #[error("attribute {attribute:?} is not used on transaction type {tx_type:?}")]
    AttributeNotUsed { attribute: Attribute, tx_type: TxType },

    // Header
    #[error("AccountIndex should not be less than {MIN_ACCOUNT}")]
    AccountTooLow,
    #[error("AccountIndex should not be larger than {MAX_ACCOUNT}")]
    AccountTooHigh,
    #[error("FromAccountIndex should not be larger than {MAX_MASTER_ACCOUNT}")]
    NotAMasterAccount,
    #[error("ApiKeyIndex should not be less than 0")]
    ApiKeyTooLow,
    #[error("ApiKeyIndex should not be larger than {MAX_API_KEY}")]
    ApiKeyTooHigh,
    #[error("AccountNonce should not be less than 0")]
    NonceTooLow,
    #[error("ExpiredAt is invalid")]
    ExpiredAt,

    // Orders
    #[error("MarketIndex is not valid")]
    Market,
    #[error("ClientOrderIndex should not be less than 1")]
    ClientOrderIndexTooLow,
    #[error("ClientOrderIndex should not be larger than {MAX_CLIENT_ORDER_INDEX}")]
    ClientOrderIndexTooHigh,
    #[error("OrderIndex should not be less than {MIN_ORDER_INDEX}")]
    OrderIndexTooLow,
    #[error("OrderIndex should not be larger than {MAX_ORDER_INDEX}")]
    OrderIndexTooHigh,
    #[error("BaseAmount should not be less than 1")]
    BaseAmountTooLow,
    #[error("BaseAmount should not be larger than {MAX_BASE_AMOUNT}")]
    BaseAmountTooHigh,
    #[error("OrderPrice should not be less than 1")]
    PriceTooLow,
    #[error("OrderPrice should not be larger than {MAX_PRICE}")]
    PriceTooHigh,
    #[error("IsAsk should be 0 or 1")]
    IsAsk,
    #[error("OrderTimeInForce is not valid")]
    TimeInForce,
    #[error("ReduceOnly is invalid")]
    ReduceOnly,
    #[error("OrderExpiry is invalid")]
    OrderExpiry,
    #[error("OrderType is not valid")]
    OrderType,
    #[error("TriggerPrice is invalid")]
    TriggerPrice,

    // Grouped orders
    #[error("GroupingType is not valid")]
    Grouping,
    #[error("OrderGroupSize is not valid")]
    GroupSize,
    #[error("MarketIndex should match the market index of the order")]
    GroupMarketMismatch,
    #[error("ClientOrderIndex should be unique within the group")]
    GroupClientOrderIndexDuplicate,
    #[error("BaseAmounts should be equal")]
    GroupBaseAmountsDiffer,
    #[error("BaseAmount should be nil")]
    GroupBaseAmountNotNil,

    // Other types
    #[error("CancelAllTimeInForce is invalid")]
    CancelAllTimeInForce,
    #[error("CancelAllTime should be nil")]
    CancelAllTimeNotNil,
    #[error("CancelAllTime should be larger than 0 and not larger than {}", i64::MAX)]
    CancelAllTimeRange,
    #[error("MarginMode is not valid")]
    MarginMode,
    #[error("InitialMarginFraction should not be less than 0")]
    MarginFractionTooLow,
    #[error("InitialMarginFraction should not be larger than {MAX_MARGIN_FRACTION}")]
    MarginFractionTooHigh,
    #[error("TransferAmount should be larger than 1")]
    TransferAmountTooLow,
    #[error("TransferAmount should not be larger than {MAX_USDC_AMOUNT}")]
    TransferAmountTooHigh,
    #[error("Margin movement direction is not valid")]
    MarginDirection,
    #[error("AssetIndex should not be less than {MIN_ASSET}")]
    AssetTooLow,
    #[error("AssetIndex should not be larger than {MAX_ASSET}")]
    AssetTooHigh,
    #[error("RouteType is invalid")]
    Route,
    #[error("WithdrawalAmount should be larger than 1")]
    WithdrawalTooLow,
    #[error("WithdrawalAmount should not be larger than {MAX_USDC_AMOUNT}")]
    WithdrawalTooHigh,
    #[error("AccountTradingMode is invalid")]
    TradingMode,
}
