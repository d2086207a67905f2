//! A transaction's own fields in wire order: the one list that both the hash and the text are made from.

use super::group::OrderGroup;
use super::order::Order;
use super::transaction::Transaction;
use crate::signing::ecgfp5::PublicKey;
use crate::signing::ethereum::EthSignature;

/// One own field and how it is hashed and written.
pub(super) enum Field<'a> {
    /// One element of the hash, an integer in the text.
    Integer(&'static str, u64),
    /// Two elements, the lower and the upper 32 bits; an integer in the text.
    Amount(&'static str, u64),
    /// Five elements, base64 in the text.
    PublicKey(PublicKey),
    /// Not hashed.
    L1Signature(EthSignature),
    /// Four elements that chain the hashes of the orders; an array in the text.
    Orders(&'a [Order]),
}

/// The own fields of `transaction`.
pub(super) fn own_fields(transaction: &Transaction) -> Vec<Field<'_>> {
    use Field::{Amount, Integer};
    match transaction {
        Transaction::ChangePubKey(change) => {
            vec![Field::PublicKey(change.public_key), Field::L1Signature(change.l1_signature)]
        }
        Transaction::CreateSubAccount => Vec::new(),
        Transaction::Withdraw(withdraw) => vec![
            Integer("AssetIndex", withdraw.asset),
            Integer("RouteType", withdraw.spot_route.into()),
            Amount("Amount", withdraw.amount),
        ],
        Transaction::CreateOrder(order) => {
            Order::KEYS.into_iter().zip(order.integers()).map(|(key, value)| Integer(key, value)).collect()
        }
        Transaction::CancelOrder(cancel) => {
            vec![Integer("MarketIndex", cancel.market.number()), Integer("Index", cancel.index)]
        }
        Transaction::CancelAllOrders(cancel_all) => {
            let (time_in_force, time) = cancel_all.integers();
            vec![Integer("TimeInForce", time_in_force), Integer("Time", time)]
        }
        Transaction::ModifyOrder(modify) => vec![
            Integer("MarketIndex", modify.market.number()),
            Integer("Index", modify.index),
            Integer("BaseAmount", modify.base_amount),
            Integer("Price", modify.price.into()),
            Integer("TriggerPrice", modify.trigger_price.into()),
        ],
        Transaction::UpdateLeverage(update) => vec![
            Integer("MarketIndex", update.market.number()),
            Integer("InitialMarginFraction", update.initial_margin_fraction),
            Integer("MarginMode", update.isolated.into()),
        ],
        Transaction::CreateGroupedOrders(group) => group_fields(group),
        Transaction::UpdateMargin(update) => vec![
            Integer("MarketIndex", update.market.number()),
            Amount("USDCAmount", update.usdc_amount),
            Integer("Direction", update.add.into()),
        ],
        Transaction::UpdateAccountConfig { unified } => {
            vec![Integer("AccountTradingMode", (*unified).into())]
        }
    }
}

fn group_fields(group: &OrderGroup) -> Vec<Field<'_>> {
    vec![Field::Integer("GroupingType", group.grouping() as u64), Field::Orders(group.orders())]
}
