//! Orders that depend on each other: an entry with its exits (lighter.md 4.1, type 28).

use super::invalid::InvalidTx;
use super::order::{Order, OrderType};

/// How the orders of a group depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// The fill of the first order arms the second.
    OneTriggersTheOther = 1,
    /// The fill of either cancels the other.
    OneCancelsTheOther = 2,
    /// The fill of the first arms two, of which either cancels the other.
    OneTriggersAOneCancelsTheOther = 3,
}

impl Grouping {
    fn from_code(code: i64) -> Result<Self, InvalidTx> {
        match code {
            1 => Ok(Self::OneTriggersTheOther),
            2 => Ok(Self::OneCancelsTheOther),
            3 => Ok(Self::OneTriggersAOneCancelsTheOther),
            _ => Err(InvalidTx::Grouping),
        }
    }
}

/// Two or three orders on one perps market that the official signer would sign together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderGroup {
    grouping: Grouping,
    orders: Vec<Order>,
}

impl OrderGroup {
    const MAX_ORDERS: usize = 3;

    /// Checks the group; each order was checked by itself.
    pub fn new(grouping: i64, orders: Vec<Order>) -> Result<Self, InvalidTx> {
        check_members(&orders)?;
        let grouping = Grouping::from_code(grouping)?;
        match (grouping, orders.as_slice()) {
            (Grouping::OneTriggersTheOther, [parent, child]) => {
                check_triggered(parent, &[*child])?;
                check_parent(parent)?;
                check_child(child)?;
            }
            (Grouping::OneCancelsTheOther, [first, second]) => {
                check_equals(first, second)?;
                check_siblings(first, second)?;
            }
            (Grouping::OneTriggersAOneCancelsTheOther, [parent, first, second]) => {
                check_triggered(parent, &[*first, *second])?;
                check_parent(parent)?;
                check_siblings(first, second)?;
            }
            _ => return Err(InvalidTx::GroupSize),
        }
        Ok(Self { grouping, orders })
    }

    /// How they depend on each other.
    pub fn grouping(&self) -> Grouping {
        self.grouping
    }

    /// The orders, the triggering one first.
    pub fn orders(&self) -> &[Order] {
        &self.orders
    }
}

fn require(condition: bool, otherwise: InvalidTx) -> Result<(), InvalidTx> {
    if condition { Ok(()) } else { Err(otherwise) }
}

fn check_members(orders: &[Order]) -> Result<(), InvalidTx> {
    require((1..=OrderGroup::MAX_ORDERS).contains(&orders.len()), InvalidTx::GroupSize)?;
    let market = orders[0].market().perps()?;
    for (position, order) in orders.iter().enumerate() {
        require(order.market() == market, InvalidTx::GroupMarketMismatch)?;
        let index = order.client_order_index();
        let repeated = orders[..position].iter().any(|earlier| earlier.client_order_index() == index);
        require(index == 0 || !repeated, InvalidTx::GroupClientOrderIndexDuplicate)?;
    }
    Ok(())
}

/// Exits of an entry: sized by its fill, on the other side, with one expiry.
fn check_triggered(parent: &Order, children: &[Order]) -> Result<(), InvalidTx> {
    require(children.iter().all(|child| child.base_amount() == 0), InvalidTx::GroupBaseAmountNotNil)?;
    require(children.iter().all(|child| child.is_ask() != parent.is_ask()), InvalidTx::IsAsk)?;
    let expiry = children[0].expiry_ms();
    require(children.iter().all(|child| child.expiry_ms() == expiry), InvalidTx::OrderExpiry)?;
    require(parent.expiry_ms() == 0 || parent.expiry_ms() == expiry, InvalidTx::OrderExpiry)
}

/// Two exits of one position: the same size, side and expiry, both reduce-only.
fn check_equals(first: &Order, second: &Order) -> Result<(), InvalidTx> {
    require(first.base_amount() == second.base_amount(), InvalidTx::GroupBaseAmountsDiffer)?;
    require(first.is_ask() == second.is_ask(), InvalidTx::IsAsk)?;
    require(first.reduce_only() && second.reduce_only(), InvalidTx::ReduceOnly)?;
    require(first.expiry_ms() == second.expiry_ms(), InvalidTx::OrderExpiry)
}

fn check_parent(order: &Order) -> Result<(), InvalidTx> {
    require(matches!(order.order_type(), OrderType::Market | OrderType::Limit), InvalidTx::OrderType)
}

fn check_child(order: &Order) -> Result<(), InvalidTx> {
    require(is_stop_loss(order) || is_take_profit(order), InvalidTx::OrderType)
}

/// One stop-loss and one take-profit, in either sequence.
fn check_siblings(first: &Order, second: &Order) -> Result<(), InvalidTx> {
    let opposite =
        is_stop_loss(first) && is_take_profit(second) || is_take_profit(first) && is_stop_loss(second);
    require(opposite, InvalidTx::OrderType)
}

fn is_stop_loss(order: &Order) -> bool {
    matches!(order.order_type(), OrderType::StopLoss | OrderType::StopLossLimit)
}

fn is_take_profit(order: &Order) -> bool {
    matches!(order.order_type(), OrderType::TakeProfit | OrderType::TakeProfitLimit)
}

#[cfg(test)]
mod tests {
    use super::super::order::OrderFields;
    use super::*;

    const PARENT: OrderFields =
        OrderFields { market_index: 7, base_amount: 10, price: 20, ..OrderFields::LIMIT_IOC };
    const STOP: OrderFields = OrderFields {
        base_amount: 0,
        is_ask: 1,
        order_type: OrderType::StopLoss.code(),
        reduce_only: 1,
        trigger_price: 15,
        order_expiry: 99,
        ..PARENT
    };
    const PROFIT: OrderFields = OrderFields { order_type: OrderType::TakeProfit.code(), ..STOP };

    fn group(grouping: i64, orders: &[OrderFields]) -> Result<(), InvalidTx> {
        let orders = orders.iter().map(|fields| Order::new(*fields).expect("valid by itself")).collect();
        OrderGroup::new(grouping, orders).map(|_| ())
    }

    #[test]
    fn each_grouping_takes_its_own_members() {
        assert_eq!(group(1, &[PARENT, STOP]), Ok(()));
        assert_eq!(group(2, &[STOP, PROFIT]), Ok(()));
        assert_eq!(group(3, &[PARENT, PROFIT, STOP]), Ok(()));
    }

    #[test]
    fn every_group_rule_has_its_refusal() {
        let spot = OrderFields { market_index: 2048, ..PARENT };
        let numbered = OrderFields { client_order_index: 5, ..STOP };
        let sized = OrderFields { base_amount: 3, ..PROFIT };
        let later = OrderFields { order_expiry: 100, ..PROFIT };
        for (grouping, orders, expected) in [
            (1, &[][..], InvalidTx::GroupSize),
            (1, &[PARENT; 4], InvalidTx::GroupSize),
            (1, &[PARENT, STOP, PROFIT], InvalidTx::GroupSize),
            (0, &[PARENT, STOP], InvalidTx::Grouping),
            (1, &[spot, STOP], InvalidTx::Market),
            (1, &[PARENT, OrderFields { market_index: 8, ..STOP }], InvalidTx::GroupMarketMismatch),
            (
                2,
                &[numbered, OrderFields { client_order_index: 5, ..PROFIT }],
                InvalidTx::GroupClientOrderIndexDuplicate,
            ),
            (1, &[PARENT, sized], InvalidTx::GroupBaseAmountNotNil),
            (1, &[PARENT, OrderFields { is_ask: 0, ..STOP }], InvalidTx::IsAsk),
            (1, &[STOP, OrderFields { is_ask: 0, ..PROFIT }], InvalidTx::OrderType),
            (2, &[STOP, sized], InvalidTx::GroupBaseAmountsDiffer),
            (2, &[STOP, later], InvalidTx::OrderExpiry),
            (2, &[STOP, STOP], InvalidTx::OrderType),
            (3, &[PARENT, STOP, later], InvalidTx::OrderExpiry),
            (3, &[PARENT, STOP, STOP], InvalidTx::OrderType),
        ] {
            assert_eq!(group(grouping, orders), Err(expected), "{grouping} {orders:?}");
        }
    }
}
