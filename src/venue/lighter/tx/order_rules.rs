//! The rules that bind the fields of an order (lighter.md 4.3).

use super::invalid::InvalidTx;
use super::limits::{MAX_BASE_AMOUNT, MAX_CLIENT_ORDER_INDEX, MAX_PRICE, MarketIndex, in_range};
use super::order::{OrderType, TimeInForce};

/// What an order's type has a say in.
pub(super) struct Shape {
    pub(super) market: MarketIndex,
    pub(super) time_in_force: TimeInForce,
    pub(super) triggered: bool,
    pub(super) expires: bool,
}

impl Shape {
    /// The rule of one order type.
    pub(super) fn check(&self, order_type: OrderType) -> Result<(), InvalidTx> {
        let immediate = self.time_in_force == TimeInForce::ImmediateOrCancel;
        let good_till_time = self.time_in_force == TimeInForce::GoodTillTime;
        let require = |condition: bool, otherwise| if condition { Ok(()) } else { Err(otherwise) };
        match order_type {
            OrderType::Market => {
                require(immediate, InvalidTx::TimeInForce)?;
                require(!self.expires, InvalidTx::OrderExpiry)?;
                require(!self.triggered, InvalidTx::TriggerPrice)
            }
            OrderType::Limit => {
                require(!self.triggered, InvalidTx::TriggerPrice)?;
                require(self.expires != immediate, InvalidTx::OrderExpiry)
            }
            OrderType::StopLoss | OrderType::TakeProfit => {
                require(!self.market.is_spot(), InvalidTx::OrderType)?;
                require(immediate, InvalidTx::TimeInForce)?;
                require(self.triggered, InvalidTx::TriggerPrice)?;
                require(self.expires, InvalidTx::OrderExpiry)
            }
            OrderType::StopLossLimit | OrderType::TakeProfitLimit => {
                require(!self.market.is_spot(), InvalidTx::OrderType)?;
                require(self.triggered, InvalidTx::TriggerPrice)?;
                require(self.expires, InvalidTx::OrderExpiry)
            }
            OrderType::Twap => {
                require(good_till_time, InvalidTx::TimeInForce)?;
                require(!self.triggered, InvalidTx::TriggerPrice)?;
                require(self.expires, InvalidTx::OrderExpiry)
            }
        }
    }
}

/// 0 for none, or 1 to 2^48 - 1.
pub(super) fn client_order_index(value: i64) -> Result<u64, InvalidTx> {
    in_range(
        value,
        0..=MAX_CLIENT_ORDER_INDEX,
        [InvalidTx::ClientOrderIndexTooLow, InvalidTx::ClientOrderIndexTooHigh],
    )
}

/// A size, which may be zero only where it means the whole position.
pub(super) fn order_base_amount(value: i64, reduce_only: i64) -> Result<u64, InvalidTx> {
    if value == 0 && reduce_only != 1 {
        return Err(InvalidTx::BaseAmountTooLow);
    }
    base_amount(value)
}

/// A size that may be zero.
pub(super) fn base_amount(value: i64) -> Result<u64, InvalidTx> {
    in_range(value, 0..=MAX_BASE_AMOUNT, [InvalidTx::BaseAmountTooLow, InvalidTx::BaseAmountTooHigh])
}

/// A price from 1 to 2^32 - 1.
pub(super) fn price(value: i64) -> Result<u32, InvalidTx> {
    let price = in_range(value, 1..=MAX_PRICE, [InvalidTx::PriceTooLow, InvalidTx::PriceTooHigh])?;
    u32::try_from(price).map_err(|_| InvalidTx::PriceTooHigh)
}

/// A trigger from 1 to 2^32 - 1, or 0 for none.
pub(super) fn trigger_price(value: i64) -> Result<u32, InvalidTx> {
    u32::try_from(value).map_err(|_| InvalidTx::TriggerPrice)
}

#[cfg(test)]
mod tests {
    use super::super::order::{Order, OrderFields};
    use super::*;

    /// The combinations of (time in force, triggered, expires) an order type accepts.
    type Accepted = &'static [(i64, bool, bool)];

    /// A perps buy order with what its type has a say in.
    fn fields(order_type: i64, time_in_force: i64, trigger_price: i64, order_expiry: i64) -> OrderFields {
        let plain =
            OrderFields { client_order_index: 1, base_amount: 10, price: 20, ..OrderFields::LIMIT_IOC };
        OrderFields { order_type, time_in_force, trigger_price, order_expiry, ..plain }
    }

    fn refusal(fields: OrderFields) -> Option<InvalidTx> {
        Order::new(fields).err()
    }

    #[test]
    fn each_order_type_has_its_own_shapes() {
        let shapes: [(i64, Accepted); 7] = [
            (0, &[(0, false, false), (1, false, true), (2, false, true)]),
            (1, &[(0, false, false)]),
            (2, &[(0, true, true)]),
            (3, &[(0, true, true), (1, true, true), (2, true, true)]),
            (4, &[(0, true, true)]),
            (5, &[(0, true, true), (1, true, true), (2, true, true)]),
            (6, &[(1, false, true)]),
        ];
        for (order_type, accepted) in shapes {
            for case in 0..12 {
                let (time_in_force, triggered, expires) = (case % 3, case / 3 % 2 == 1, case / 6 == 1);
                let fields = fields(order_type, time_in_force, triggered.into(), expires.into());
                let expected = accepted.contains(&(time_in_force, triggered, expires));
                assert_eq!(Order::new(fields).is_ok(), expected, "{fields:?}");
            }
        }
    }

    #[test]
    fn every_range_has_its_refusal() {
        let plain = fields(0, 1, 0, 1);
        for (fields, expected) in [
            (OrderFields { market_index: -1, ..plain }, InvalidTx::Market),
            (OrderFields { market_index: 255, ..plain }, InvalidTx::Market),
            (OrderFields { market_index: 1 << 48, ..plain }, InvalidTx::Market),
            (OrderFields { client_order_index: -1, ..plain }, InvalidTx::ClientOrderIndexTooLow),
            (OrderFields { client_order_index: 1 << 48, ..plain }, InvalidTx::ClientOrderIndexTooHigh),
            (OrderFields { base_amount: 0, ..plain }, InvalidTx::BaseAmountTooLow),
            (OrderFields { base_amount: -1, reduce_only: 1, ..plain }, InvalidTx::BaseAmountTooLow),
            (OrderFields { base_amount: 1 << 48, ..plain }, InvalidTx::BaseAmountTooHigh),
            (OrderFields { price: 0, ..plain }, InvalidTx::PriceTooLow),
            (OrderFields { price: 1 << 32, ..plain }, InvalidTx::PriceTooHigh),
            (OrderFields { is_ask: 2, ..plain }, InvalidTx::IsAsk),
            (OrderFields { time_in_force: 3, ..plain }, InvalidTx::TimeInForce),
            (OrderFields { reduce_only: 2, ..plain }, InvalidTx::ReduceOnly),
            (OrderFields { reduce_only: 1, market_index: 2048, ..plain }, InvalidTx::ReduceOnly),
            (OrderFields { order_expiry: -1, ..plain }, InvalidTx::OrderExpiry),
            (OrderFields { order_type: 7, ..plain }, InvalidTx::OrderType),
            (OrderFields { order_type: 2, market_index: 4094, ..plain }, InvalidTx::OrderType),
            (OrderFields { order_type: 3, trigger_price: 1 << 32, ..plain }, InvalidTx::TriggerPrice),
        ] {
            assert_eq!(refusal(fields), Some(expected), "{fields:?}");
        }
        assert_eq!(refusal(OrderFields { base_amount: 0, reduce_only: 1, ..plain }), None);
    }

    #[test]
    fn of_several_faults_the_signers_first_is_named() {
        let faulty =
            OrderFields { market_index: 255, client_order_index: -1, price: 0, ..fields(9, 9, -1, -1) };
        assert_eq!(refusal(faulty), Some(InvalidTx::Market));
        let faulty = OrderFields { market_index: 1, ..faulty };
        assert_eq!(refusal(faulty), Some(InvalidTx::ClientOrderIndexTooLow));
        let faulty = OrderFields { client_order_index: 1, ..faulty };
        assert_eq!(refusal(faulty), Some(InvalidTx::PriceTooLow));
        let faulty = OrderFields { price: 1, ..faulty };
        assert_eq!(refusal(faulty), Some(InvalidTx::TimeInForce));
        let faulty = OrderFields { time_in_force: 1, ..faulty };
        assert_eq!(refusal(faulty), Some(InvalidTx::OrderExpiry));
        let faulty = OrderFields { order_expiry: 1, ..faulty };
        assert_eq!(refusal(faulty), Some(InvalidTx::OrderType));
        assert_eq!(refusal(OrderFields { order_type: 0, ..faulty }), Some(InvalidTx::TriggerPrice));
    }
}
