//! The API's side of a transaction: everything that is checked before a 200 (lighter.md 4.3, 4.6, 4.7, 11 point 2).
//! A refusal here keeps the nonce; whatever passes is queued and spends it.

use super::model::{
    Accepted, Account, Action, CancelAll, Exchange, MAX_PENDING, MarginMode, MarketId, Modify, NewOrder,
    OrderKind, SelfTrade, SelfTradeEquality, SelfTradeMode, TimeInForce, market_rules, nonce_fits,
};
use super::refusal::Refusal;
use crate::domain::{Side, Wall};
use crate::signing::ecgfp5::PublicKey;
use crate::signing::ethereum::{EthAddress, recover_personal};
use crate::venue::lighter::tx::{
    self, Attribute, Attributes, ChangePubKey, InvalidTx, ParseError, ReceivedTx, Transaction,
    change_pub_key_message,
};

const MINUTE_MILLIS: i64 = 60_000;
const DAY_MILLIS: i64 = 24 * 60 * MINUTE_MILLIS;
/// Orders rest at least and at most this long (21711).
const ORDER_EXPIRY: std::ops::RangeInclusive<i64> = 5 * MINUTE_MILLIS..=30 * DAY_MILLIS;
/// A cancel-all is scheduled at least and at most this far ahead (21714).
const CANCEL_ALL_AHEAD: std::ops::RangeInclusive<i64> = 5 * MINUTE_MILLIS..=15 * DAY_MILLIS;

/// What earlier transactions of the same batch leave behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predecessor {
    /// Whose they are.
    pub account: i64,
    /// Which key.
    pub slot: u8,
    /// Their last nonce.
    pub nonce: i64,
}

/// Who judges, and by which chain.
pub struct Admission<'a> {
    /// The venue's state.
    pub exchange: &'a Exchange,
    /// Signing chain id.
    pub chain_id: u32,
    /// Time of the request.
    pub now: Wall,
}

impl Admission<'_> {
    /// Checks one transaction in the venue's order.
    pub fn admit(&self, tx_type: u8, info: &str, after: Option<Predecessor>) -> Result<Accepted, Refusal> {
        let received = ReceivedTx::parse(self.chain_id, tx_type, info).map_err(parse_refusal)?;
        let header = received.tx.header();
        let action = self.action(&received)?;
        let account_index = signed(header.slot().account());
        let account = self.exchange.accounts.get(&account_index).ok_or(Refusal::AccountNotFound)?;
        let slot = header.slot().api_key();
        let registered = registered_key(account, slot, &action)?;
        let expire_at = signed(header.expired_at_ms());
        if expire_at <= self.now.millis() {
            return Err(Refusal::InvalidTxInfo);
        }
        let attributes = received.tx.attributes();
        if attributes.get(Attribute::IntegratorAccount).is_some() {
            return Err(Refusal::IntegratorNotApproved);
        }
        let (nonce, skip_nonce) = (signed(header.nonce()), attributes.get(Attribute::SkipNonce).is_some());
        self.check_nonce(account, slot, nonce, skip_nonce, after)?;
        check_signatures(&received, account, registered)?;
        if self.exchange.waiting(account_index, slot) >= MAX_PENDING {
            return Err(Refusal::TooManyPendingTxs);
        }
        self.check_lane(account, slot, &action)?;
        if let Action::Create(order) = &action {
            self.exchange.check_at_api(self.now, account_index, order)?;
        }
        Ok(Accepted {
            hash: received.tx.hash().to_string(),
            tx_type,
            info: info.to_owned(),
            account: account_index,
            slot,
            nonce,
            skip_nonce,
            expire_at,
            action,
        })
    }

    fn check_nonce(
        &self,
        account: &Account,
        slot: u8,
        nonce: i64,
        skip: bool,
        after: Option<Predecessor>,
    ) -> Result<(), Refusal> {
        let Some(after) = after else {
            let next = account.slots.get(&slot).map_or(0, |slot| slot.accepted);
            return if nonce_fits(nonce, next, skip) { Ok(()) } else { Err(Refusal::InvalidNonce) };
        };
        if (after.account, after.slot) != (account.index, slot) {
            return Err(Refusal::MixedBatch);
        }
        if nonce <= after.nonce {
            return Err(Refusal::NonIncreasingNonce);
        }
        if nonce_fits(nonce, after.nonce + 1, skip) { Ok(()) } else { Err(Refusal::InvalidNonce) }
    }

    /// Maker-only keys send resting orders and cancels and nothing else (lighter.md 4.7).
    fn check_lane(&self, account: &Account, slot: u8, action: &Action) -> Result<(), Refusal> {
        if !account.maker_only.contains(&slot) {
            return Ok(());
        }
        let post_only = |order: &NewOrder| order.time_in_force == TimeInForce::PostOnly;
        let allowed = match action {
            Action::Create(order) => post_only(order),
            Action::Modify(modify) => {
                let target = self.exchange.orders.target(account.index, modify.index);
                target.is_none_or(|order| post_only(&order.request))
            }
            Action::Cancel { .. } | Action::CancelAll(_) => true,
            Action::Leverage { .. } | Action::ChangeKey { .. } | Action::MoveMargin { .. } => false,
        };
        if allowed { Ok(()) } else { Err(Refusal::MakerOnlyKey) }
    }

    /// The transaction in the model's words, with the rules the server adds to those of the signer.
    fn action(&self, received: &ReceivedTx) -> Result<Action, Refusal> {
        match received.tx.transaction() {
            Transaction::CreateOrder(order) => {
                self.new_order(order, received.tx.attributes()).map(Action::Create)
            }
            Transaction::CancelOrder(cancel) => {
                let market = known_market(cancel.market().number())?;
                Ok(Action::Cancel { market, index: signed(cancel.index()) })
            }
            Transaction::CancelAllOrders(which) => self.cancel_all(*which, received.tx.attributes()),
            Transaction::ModifyOrder(modify) => {
                let attributes = received.tx.attributes();
                Ok(Action::Modify(Modify {
                    market: known_market(modify.market().number())?,
                    index: signed(modify.index()),
                    base: signed(modify.base_amount()),
                    price: i64::from(modify.price()),
                    trigger_price: i64::from(modify.trigger_price()),
                    self_trade: self_trade(attributes),
                    version: attributes.get(Attribute::OrderVersion).map_or(0, signed),
                }))
            }
            Transaction::UpdateLeverage(update) => {
                let market = known_market(update.market().number())?;
                let initial_margin = signed(update.initial_margin_fraction());
                let lowest = market_rules(market).map_or(0, |rules| rules.min_initial_margin);
                if initial_margin < lowest {
                    return Err(Refusal::InvalidInitialMarginFraction);
                }
                let mode = if update.isolated() { MarginMode::Isolated } else { MarginMode::Cross };
                Ok(Action::Leverage { market, initial_margin, mode })
            }
            Transaction::ChangePubKey(change) => Ok(Action::ChangeKey { key: change.public_key.0 }),
            Transaction::UpdateMargin(update) => Ok(Action::MoveMargin {
                market: known_market(update.market().number())?,
                amount: signed(update.usdc_amount()),
                add: update.add(),
            }),
            Transaction::CreateSubAccount
            | Transaction::Withdraw(_)
            | Transaction::CreateGroupedOrders(_)
            | Transaction::UpdateAccountConfig { .. } => Err(Refusal::UnsupportedTxType),
        }
    }

    fn new_order(&self, order: &tx::Order, attributes: &Attributes) -> Result<NewOrder, Refusal> {
        let market = known_market(order.market().number())?;
        let kind = OrderKind::from_number(order.order_type().code()).ok_or(Refusal::UnsupportedOrderType)?;
        let time_in_force =
            TimeInForce::from_number(order.time_in_force().code()).ok_or(Refusal::InvalidTimeInForce)?;
        let expiry = signed(order.expiry_ms());
        if expiry != 0 && !ORDER_EXPIRY.contains(&(expiry - self.now.millis())) {
            return Err(Refusal::InvalidExpiry);
        }
        Ok(NewOrder {
            market,
            client_index: signed(order.client_order_index()),
            base: signed(order.base_amount()),
            price: i64::from(order.price()),
            side: if order.is_ask() { Side::Sell } else { Side::Buy },
            kind,
            time_in_force,
            reduce_only: order.reduce_only(),
            trigger_price: i64::from(order.trigger_price()),
            expiry,
            self_trade: self_trade(attributes),
        })
    }

    fn cancel_all(&self, which: tx::CancelAll, attributes: &Attributes) -> Result<Action, Refusal> {
        let which = match which {
            tx::CancelAll::Immediate => {
                let market = attributes.get(Attribute::CancelAllMarket).map(known_market).transpose()?;
                CancelAll::Now(market)
            }
            tx::CancelAll::Scheduled { at_ms } => {
                let at = signed(at_ms.ms());
                if !CANCEL_ALL_AHEAD.contains(&(at - self.now.millis())) {
                    return Err(Refusal::InvalidCancelAllTime);
                }
                CancelAll::At(at)
            }
            tx::CancelAll::Abort => CancelAll::Abort,
        };
        Ok(Action::CancelAll(which))
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn known_market(number: u64) -> Result<MarketId, Refusal> {
    market_rules(signed(number)).map(|rules| rules.id).ok_or(Refusal::InvalidMarketIndex)
}

fn self_trade(attributes: &Attributes) -> SelfTrade {
    let mode = match attributes.get(Attribute::SelfTradeBehavior) {
        Some(1) => SelfTradeMode::ExpireTaker,
        Some(2) => SelfTradeMode::ExpireBoth,
        Some(3) => SelfTradeMode::Reduce,
        _ => SelfTradeMode::ExpireMaker,
    };
    let equality = match attributes.get(Attribute::SelfTradeEquality) {
        Some(1) => SelfTradeEquality::Master,
        _ => SelfTradeEquality::Account,
    };
    SelfTrade { mode, equality }
}

/// The key a transaction must be signed with: the slot's, or the new one that is being registered.
fn registered_key(account: &Account, slot: u8, action: &Action) -> Result<PublicKey, Refusal> {
    let current = account.slots.get(&slot).filter(|slot| !slot.is_empty()).map(|slot| PublicKey(slot.key));
    match action {
        Action::ChangeKey { key } if *key != [0; 40] => Ok(PublicKey(*key)),
        _ => current.ok_or(Refusal::ApiKeyNotFound),
    }
}

fn check_signatures(received: &ReceivedTx, account: &Account, key: PublicKey) -> Result<(), Refusal> {
    if !received.is_signed_by(&key) {
        return Err(Refusal::InvalidSignature);
    }
    match received.tx.transaction() {
        Transaction::ChangePubKey(change) => check_wallet(received, account, change),
        _ => Ok(()),
    }
}

fn check_wallet(received: &ReceivedTx, account: &Account, change: &ChangePubKey) -> Result<(), Refusal> {
    let owner: EthAddress = account.l1_address.parse().map_err(|_| Refusal::L1SignatureFailed)?;
    let text = change_pub_key_message(&change.public_key, received.tx.header());
    match recover_personal(&text, &change.l1_signature) {
        Ok(signer) if signer == owner => Ok(()),
        _ => Err(Refusal::L1SignatureFailed),
    }
}

fn parse_refusal(error: ParseError) -> Refusal {
    match error {
        ParseError::UnsupportedType(_) => Refusal::UnsupportedTxType,
        ParseError::Invalid(invalid) => field_refusal(invalid),
        ParseError::NotAnObject(_)
        | ParseError::DuplicateKey(_)
        | ParseError::UnknownKey(_)
        | ParseError::MissingKey(_)
        | ParseError::NotAnInteger(_)
        | ParseError::Malformed(_) => Refusal::UnreadableTxInfo,
    }
}

/// The number of a broken field rule (lighter.md 2.6).
fn field_refusal(invalid: InvalidTx) -> Refusal {
    match invalid {
        InvalidTx::AccountTooLow | InvalidTx::AccountTooHigh | InvalidTx::NotAMasterAccount => {
            Refusal::InvalidAccountIndex
        }
        InvalidTx::ApiKeyTooLow | InvalidTx::ApiKeyTooHigh => Refusal::InvalidApiKeyIndex,
        InvalidTx::NonceTooLow => Refusal::InvalidNonce,
        InvalidTx::Market => Refusal::InvalidMarketIndex,
        InvalidTx::ClientOrderIndexTooLow | InvalidTx::ClientOrderIndexTooHigh => {
            Refusal::InvalidClientOrderIndex
        }
        InvalidTx::OrderIndexTooLow | InvalidTx::OrderIndexTooHigh => Refusal::InvalidOrderIndex,
        InvalidTx::BaseAmountTooLow | InvalidTx::BaseAmountTooHigh => Refusal::InvalidBaseAmount,
        InvalidTx::PriceTooLow | InvalidTx::PriceTooHigh => Refusal::InvalidPrice,
        InvalidTx::IsAsk => Refusal::InvalidIsAsk,
        InvalidTx::TimeInForce => Refusal::InvalidTimeInForce,
        InvalidTx::ReduceOnly => Refusal::InvalidReduceOnly,
        InvalidTx::OrderExpiry => Refusal::InvalidExpiry,
        InvalidTx::OrderType => Refusal::InvalidOrderType,
        InvalidTx::TriggerPrice => Refusal::InvalidTriggerPrice,
        InvalidTx::CancelAllTimeInForce => Refusal::InvalidCancelAllTimeInForce,
        InvalidTx::CancelAllTimeNotNil | InvalidTx::CancelAllTimeRange => Refusal::InvalidCancelAllTime,
        InvalidTx::MarginMode => Refusal::InvalidMarginMode,
        InvalidTx::MarginFractionTooLow | InvalidTx::MarginFractionTooHigh => {
            Refusal::InvalidInitialMarginFraction
        }
        InvalidTx::MarginDirection => Refusal::InvalidMarginDirection,
        InvalidTx::TransferAmountTooLow
        | InvalidTx::TransferAmountTooHigh
        | InvalidTx::WithdrawalTooLow
        | InvalidTx::WithdrawalTooHigh => Refusal::InvalidAssetAmount,
        InvalidTx::TooManyAttributes
        | InvalidTx::AttributeType(_)
        | InvalidTx::IntegratorAccountRange
        | InvalidTx::IntegratorFeeRange
        | InvalidTx::SkipNonce
        | InvalidTx::CancelAllMarketRange
        | InvalidTx::SelfTradeBehaviorRange
        | InvalidTx::SelfTradeEqualityRange
        | InvalidTx::OrderVersionRange
        | InvalidTx::FeesWithoutIntegrator
        | InvalidTx::SelfTradeWithFees
        | InvalidTx::ReduceWithMasterEquality
        | InvalidTx::CancelAllMarketScheduled
        | InvalidTx::AttributeNotUsed { .. }
        | InvalidTx::ExpiredAt
        | InvalidTx::Grouping
        | InvalidTx::GroupSize
        | InvalidTx::GroupMarketMismatch
        | InvalidTx::GroupClientOrderIndexDuplicate
        | InvalidTx::GroupBaseAmountsDiffer
        | InvalidTx::GroupBaseAmountNotNil
        | InvalidTx::AssetTooLow
        | InvalidTx::AssetTooHigh
        | InvalidTx::Route
        | InvalidTx::TradingMode => Refusal::InvalidTxInfo,
    }
}
