//! Reading `tx_info` as strictly as the venue does (lighter.md 4.2, 11): the way in for the simulated venue.

use super::attributes::Attributes;
use super::change_pub_key::ChangePubKey;
use super::group::OrderGroup;
use super::header::{KeySlot, TxHeader};
use super::info::account_key;
use super::invalid::InvalidTx;
use super::limits::flag;
use super::object::{Object, ParseError};
use super::order::{Order, OrderFields};
use super::received::ReceivedTx;
use super::requests::{CancelAll, CancelOrder, ModifyOrder, UpdateLeverage, UpdateMargin, Withdraw};
use super::transaction::{Transaction, TxType, UnsignedTx};
use crate::signing::ecgfp5::{PublicKey, SchnorrSignature};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

impl ReceivedTx {
    /// Reads a transaction of type `tx_type` signed for `chain_id`.
    ///
    /// Takes any key order and the absence of `L2TxAttributes`, which older signers do not write; refuses unknown, missing and
    /// repeated keys, numbers that are no integers, and whatever breaks a field rule. The signature is read, not verified.
    pub fn parse(chain_id: u32, tx_type: u8, tx_info: &str) -> Result<Self, ParseError> {
        let tx_type = TxType::from_code(tx_type).ok_or(ParseError::UnsupportedType(tx_type))?;
        let mut object = Object::parse(tx_info)?;
        let attributes = attributes(&mut object)?;
        let slot = KeySlot::new(object.integer(account_key(tx_type))?, object.integer("ApiKeyIndex")?)?;
        let transaction = transaction(tx_type, &mut object)?;
        let (nonce, expired_at) = (object.integer("Nonce")?, object.integer("ExpiredAt")?);
        let header = TxHeader::new(chain_id, slot, nonce, expired_at)?;
        let signature = SchnorrSignature::from_bytes(&base64_bytes(&mut object, "Sig")?);
        object.finish()?;
        Ok(Self { tx: UnsignedTx::new(transaction, header, attributes)?, signature })
    }
}

fn transaction(tx_type: TxType, object: &mut Object<'_>) -> Result<Transaction, ParseError> {
    Ok(match tx_type {
        TxType::ChangePubKey => Transaction::ChangePubKey(change_pub_key(object)?),
        TxType::CreateSubAccount => Transaction::CreateSubAccount,
        TxType::Withdraw => {
            let [asset, route, amount] = integers(object, ["AssetIndex", "RouteType", "Amount"])?;
            Transaction::Withdraw(Withdraw::new(asset, route, amount)?)
        }
        TxType::CreateOrder => Transaction::CreateOrder(order(object)?),
        TxType::CancelOrder => {
            let [market, index] = integers(object, ["MarketIndex", "Index"])?;
            Transaction::CancelOrder(CancelOrder::new(market, index)?)
        }
        TxType::CancelAllOrders => {
            let [time_in_force, time] = integers(object, ["TimeInForce", "Time"])?;
            Transaction::CancelAllOrders(CancelAll::new(time_in_force, time)?)
        }
        TxType::ModifyOrder => {
            let keys = ["MarketIndex", "Index", "BaseAmount", "Price", "TriggerPrice"];
            let [market, index, base_amount, price, trigger_price] = integers(object, keys)?;
            Transaction::ModifyOrder(ModifyOrder::new(market, index, base_amount, price, trigger_price)?)
        }
        TxType::UpdateLeverage => {
            let [market, fraction, mode] =
                integers(object, ["MarketIndex", "InitialMarginFraction", "MarginMode"])?;
            Transaction::UpdateLeverage(UpdateLeverage::new(market, fraction, mode)?)
        }
        TxType::CreateGroupedOrders => Transaction::CreateGroupedOrders(group(object)?),
        TxType::UpdateMargin => {
            let [market, amount, direction] = integers(object, ["MarketIndex", "USDCAmount", "Direction"])?;
            Transaction::UpdateMargin(UpdateMargin::new(market, amount, direction)?)
        }
        TxType::UpdateAccountConfig => {
            let unified = flag(object.integer("AccountTradingMode")?, InvalidTx::TradingMode)?;
            Transaction::UpdateAccountConfig { unified }
        }
    })
}

fn integers<const N: usize>(
    object: &mut Object<'_>,
    keys: [&'static str; N],
) -> Result<[i64; N], ParseError> {
    let mut values = [0; N];
    for (value, key) in values.iter_mut().zip(keys) {
        *value = object.integer(key)?;
    }
    Ok(values)
}

fn order(object: &mut Object<'_>) -> Result<Order, ParseError> {
    let [
        market_index,
        client_order_index,
        base_amount,
        price,
        is_ask,
        order_type,
        time_in_force,
        reduce_only,
        trigger_price,
        order_expiry,
    ] = integers(object, Order::KEYS)?;
    let fields = OrderFields {
        market_index,
        client_order_index,
        base_amount,
        price,
        is_ask,
        order_type,
        time_in_force,
        reduce_only,
        trigger_price,
        order_expiry,
    };
    Ok(Order::new(fields)?)
}

fn group(object: &mut Object<'_>) -> Result<OrderGroup, ParseError> {
    let grouping = object.integer("GroupingType")?;
    let members: Vec<&RawValue> =
        serde_json::from_str(object.take("Orders")?).map_err(|_| ParseError::Malformed("Orders"))?;
    let mut orders = Vec::with_capacity(members.len());
    for member in members {
        let mut fields = Object::parse(member.get())?;
        orders.push(order(&mut fields)?);
        fields.finish()?;
    }
    Ok(OrderGroup::new(grouping, orders)?)
}

fn change_pub_key(object: &mut Object<'_>) -> Result<ChangePubKey, ParseError> {
    let public_key = PublicKey(base64_bytes(object, "PubKey")?);
    let l1_signature = object.text("L1Sig")?.parse().map_err(|_| ParseError::Malformed("L1Sig"))?;
    Ok(ChangePubKey { public_key, l1_signature })
}

fn base64_bytes<const N: usize>(object: &mut Object<'_>, key: &'static str) -> Result<[u8; N], ParseError> {
    let bytes = STANDARD.decode(object.text(key)?).map_err(|_| ParseError::Malformed(key))?;
    bytes.try_into().map_err(|_| ParseError::Malformed(key))
}

fn attributes(object: &mut Object<'_>) -> Result<Attributes, ParseError> {
    let Some(json) = object.take_optional("L2TxAttributes").filter(|json| *json != "null") else {
        return Ok(Attributes::NONE);
    };
    let mut entries = Vec::new();
    for (key, value) in Object::parse(json)?.all_integers()? {
        let kind: i64 = key.parse().map_err(|_| ParseError::UnknownKey(key.clone()))?;
        if kind.to_string() != key {
            return Err(ParseError::UnknownKey(key));
        }
        entries.push((kind, value));
    }
    Ok(Attributes::new(&entries)?)
}
