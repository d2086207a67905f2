//! An order: its ten fields as the wire has them, and the same ten once checked. The rules are in `order_rules`.

use super::invalid::InvalidTx;
use super::limits::{MarketIndex, flag};
use super::order_rules::{Shape, client_order_index, order_base_amount, price, trigger_price};

/// What makes an order execute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderType {
    Limit = 0,
    Market = 1,
    StopLoss = 2,
    StopLossLimit = 3,
    TakeProfit = 4,
    TakeProfitLimit = 5,
    Twap = 6,
}

impl OrderType {
    /// The number on the wire.
    pub const fn code(self) -> i64 {
        self as i64
    }

    fn from_code(code: i64) -> Result<Self, InvalidTx> {
        match code {
            0 => Ok(Self::Limit),
            1 => Ok(Self::Market),
            2 => Ok(Self::StopLoss),
            3 => Ok(Self::StopLossLimit),
            4 => Ok(Self::TakeProfit),
            5 => Ok(Self::TakeProfitLimit),
            6 => Ok(Self::Twap),
            _ => Err(InvalidTx::OrderType),
        }
    }
}

/// How long an order rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeInForce {
    ImmediateOrCancel = 0,
    GoodTillTime = 1,
    PostOnly = 2,
}

impl TimeInForce {
    /// The number on the wire.
    pub const fn code(self) -> i64 {
        self as i64
    }

    fn from_code(code: i64) -> Result<Self, InvalidTx> {
        match code {
            0 => Ok(Self::ImmediateOrCancel),
            1 => Ok(Self::GoodTillTime),
            2 => Ok(Self::PostOnly),
            _ => Err(InvalidTx::TimeInForce),
        }
    }
}

/// The ten integers of an order as the wire has them, not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderFields {
    /// The market's id.
    pub market_index: i64,
    /// Our id, 0 for none.
    pub client_order_index: i64,
    /// Size in the market's smallest unit; 0 with `reduce_only` means the whole position.
    pub base_amount: i64,
    /// Price in the market's smallest unit: limit, or bound on the average for market orders.
    pub price: i64,
    /// 1 to sell, 0 to buy.
    pub is_ask: i64,
    /// See [`OrderType`].
    pub order_type: i64,
    /// See [`TimeInForce`].
    pub time_in_force: i64,
    /// 1 if the order may only reduce a position.
    pub reduce_only: i64,
    /// Trigger in price units, 0 for none.
    pub trigger_price: i64,
    /// Unix milliseconds until which the order may rest, 0 for orders that do not.
    pub order_expiry: i64,
}

impl OrderFields {
    /// A limit order that does not rest: to be completed with market, id, size, price and side.
    pub const LIMIT_IOC: Self = Self {
        market_index: 0,
        client_order_index: 0,
        base_amount: 0,
        price: 0,
        is_ask: 0,
        order_type: OrderType::Limit.code(),
        time_in_force: TimeInForce::ImmediateOrCancel.code(),
        reduce_only: 0,
        trigger_price: 0,
        order_expiry: 0,
    };
}

/// An order that the official signer would sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    market: MarketIndex,
    client_order_index: u64,
    base_amount: u64,
    price: u32,
    is_ask: bool,
    order_type: OrderType,
    time_in_force: TimeInForce,
    reduce_only: bool,
    trigger_price: u32,
    expiry_ms: u64,
}

impl Order {
    /// The keys of the ten fields in `tx_info`, in order.
    pub(super) const KEYS: [&'static str; 10] = [
        "MarketIndex",
        "ClientOrderIndex",
        "BaseAmount",
        "Price",
        "IsAsk",
        "Type",
        "TimeInForce",
        "ReduceOnly",
        "TriggerPrice",
        "OrderExpiry",
    ];

    /// Checks the ten fields.
    pub fn new(fields: OrderFields) -> Result<Self, InvalidTx> {
        let market = MarketIndex::new(fields.market_index)?;
        let client_order_index = client_order_index(fields.client_order_index)?;
        let base_amount = order_base_amount(fields.base_amount, fields.reduce_only)?;
        let price = price(fields.price)?;
        let is_ask = flag(fields.is_ask, InvalidTx::IsAsk)?;
        let time_in_force = TimeInForce::from_code(fields.time_in_force)?;
        let reduce_only = flag(fields.reduce_only, InvalidTx::ReduceOnly)?;
        if reduce_only && market.is_spot() {
            return Err(InvalidTx::ReduceOnly);
        }
        let expiry_ms = u64::try_from(fields.order_expiry).map_err(|_| InvalidTx::OrderExpiry)?;
        let order_type = OrderType::from_code(fields.order_type)?;
        let shape =
            Shape { market, time_in_force, triggered: fields.trigger_price != 0, expires: expiry_ms != 0 };
        shape.check(order_type)?;
        let trigger_price = trigger_price(fields.trigger_price)?;
        Ok(Self {
            market,
            client_order_index,
            base_amount,
            price,
            is_ask,
            order_type,
            time_in_force,
            reduce_only,
            trigger_price,
            expiry_ms,
        })
    }

    /// The ten fields as integers, in the sequence of [`Order::KEYS`] and of the hash.
    pub(super) fn integers(&self) -> [u64; 10] {
        [
            self.market.number(),
            self.client_order_index,
            self.base_amount,
            self.price.into(),
            self.is_ask.into(),
            self.order_type as u64,
            self.time_in_force as u64,
            self.reduce_only.into(),
            self.trigger_price.into(),
            self.expiry_ms,
        ]
    }

    /// The market.
    pub fn market(&self) -> MarketIndex {
        self.market
    }

    /// The sender's id of the order, 0 for none.
    pub fn client_order_index(&self) -> u64 {
        self.client_order_index
    }

    /// Size in the market's smallest unit, 0 for the whole position.
    pub fn base_amount(&self) -> u64 {
        self.base_amount
    }

    /// Price in the market's smallest unit.
    pub fn price(&self) -> u32 {
        self.price
    }

    /// Whether it sells.
    pub fn is_ask(&self) -> bool {
        self.is_ask
    }

    /// What makes it execute.
    pub fn order_type(&self) -> OrderType {
        self.order_type
    }

    /// How long it rests.
    pub fn time_in_force(&self) -> TimeInForce {
        self.time_in_force
    }

    /// Whether it may only reduce a position.
    pub fn reduce_only(&self) -> bool {
        self.reduce_only
    }

    /// Trigger in price units, 0 for none.
    pub fn trigger_price(&self) -> u32 {
        self.trigger_price
    }

    /// Unix milliseconds until which it may rest, 0 for none.
    pub fn expiry_ms(&self) -> u64 {
        self.expiry_ms
    }
}
