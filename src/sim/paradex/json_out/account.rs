//! Accounts, positions and money as JSON.

use super::rate_e8;
use crate::domain::{Price, Side};
use crate::sim::paradex::model::event::{BalanceChange, Bust, FundingPayment, ShownAccount, ShownPosition};
use crate::sim::paradex::model::{Account, MAKER_FEE_E8, Symbol, TAKER_FEE_E8};
use crate::sim::paradex::options::USDC_ADDRESS;
use serde_json::{Value, json};

/// Pro and retail rates as `/account/info` shows them, in 1e-8.
const FEES: [(&str, i64); 8] = [
    ("maker_rate", MAKER_FEE_E8),
    ("taker_rate", TAKER_FEE_E8),
    ("spot_maker_rate", MAKER_FEE_E8),
    ("spot_taker_rate", TAKER_FEE_E8),
    ("dated_option_maker_rate", MAKER_FEE_E8),
    ("dated_option_taker_rate", TAKER_FEE_E8),
    ("perp_option_maker_rate", MAKER_FEE_E8),
    ("perp_option_taker_rate", TAKER_FEE_E8),
];

/// AccountSummary.
pub fn account(shown: &ShownAccount) -> Value {
    let (account, margin) = (&shown.account, &shown.margin);
    json!({
        "account": account.address_text(),
        "account_value": margin.value.to_string(),
        "total_collateral": account.collateral.to_string(),
        "free_collateral": margin.free().to_string(),
        "initial_margin_requirement": margin.initial.to_string(),
        "maintenance_margin_requirement": margin.maintenance.to_string(),
        "margin_cushion": margin.cushion().to_string(),
        "settlement_asset": "USDC",
        "status": if account.liquidating { "LIQUIDATION" } else { "ACTIVE" },
        "seq_no": account.seq,
        "updated_at": account.updated_at.millis(),
        "last_seen_notification": 0,
    })
}

/// One entry of `/account/info`.
pub fn info(account: &Account) -> Value {
    let fees: serde_json::Map<String, Value> =
        FEES.iter().map(|(name, rate)| ((*name).to_owned(), json!(rate_e8(*rate)))).collect();
    json!({
        "account": account.address_text(),
        "kind": "main",
        "parent_account": "",
        "public_key": super::address(&account.public_key),
        "derivation_path": "",
        "isolated_market": "",
        "created_at": account.created_at.millis(),
        "username": "",
        "referral_code": "",
        "volume_tiers": {},
        "commission_rate": "0",
        "discount_rate": "0",
        "fees": fees,
    })
}

/// One entry of `/account/margin`.
pub fn margin_config(account: &Account, symbol: Symbol) -> Value {
    json!({
        "market": symbol.name(),
        "leverage": account.leverage[symbol.index()],
        "margin_type": "CROSS",
    })
}

/// The one balance of an account.
pub fn balance(account: &Account) -> Value {
    json!({
        "token": "USDC",
        "size": account.collateral.to_string(),
        "last_updated_at": account.updated_at.millis(),
    })
}

/// One position.
pub fn position(shown: &ShownPosition, account: &str) -> Value {
    let position = &shown.position;
    let state = &position.state;
    let funding = position.accrued_funding(shown.funding_index);
    let unrealized = state.unrealized(shown.mark) + funding;
    let exit = Price::average(position.closed.0, position.closed.1);
    let open = !state.qty.is_zero();
    let long = Side::of_position(state.qty) != Some(Side::Sell);
    json!({
        "id": format!("{account}-{}", shown.symbol.name()),
        "account": account,
        "market": shown.symbol.name(),
        "status": if open { "OPEN" } else { "CLOSED" },
        "side": if long { "LONG" } else { "SHORT" },
        "size": state.qty.to_string(),
        "average_entry_price": state.entry().to_string(),
        "average_entry_price_usd": state.entry().to_string(),
        "average_exit_price": exit.map_or_else(String::new, |price| price.to_string()),
        "unrealized_pnl": unrealized.to_string(),
        "unrealized_funding_pnl": funding.to_string(),
        "cost": state.entry_value.to_string(),
        "cost_usd": state.entry_value.to_string(),
        "cached_funding_index": position.funding_index.to_string(),
        "liquidation_price": shown.liquidation.filter(|_| open).map_or_else(String::new, |price| price.to_string()),
        "leverage": shown.leverage.to_string(),
        "realized_positional_pnl": shown.realized().to_string(),
        "realized_positional_funding_pnl": position.realized_funding.to_string(),
        "last_fill_id": position.last_fill_id,
        "seq_no": position.seq,
        "last_updated_at": position.updated_at.millis(),
        "created_at": position.created_at.millis(),
        "closed_at": position.closed_at.map_or(0, |at| at.millis()),
    })
}

/// One message of `balance_events`.
pub fn balance_event(change: &BalanceChange) -> Value {
    json!({
        "type": "FILL",
        "status": "SUCCESS",
        "market": change.symbol.name(),
        "fill_id": change.fill_id,
        "fees": change.fee.to_string(),
        "realized_pnl": change.realized_pnl.to_string(),
        "realized_funding": change.realized_funding.to_string(),
        "funding_index": change.funding_index.to_string(),
        "settlement_asset_name": "USDC",
        "settlement_asset_address": USDC_ADDRESS,
        "settlement_asset_price": "1",
        "settlement_asset_balance_before": change.before.to_string(),
        "settlement_asset_balance_after": change.after.to_string(),
        "created_at": change.at.millis(),
    })
}

/// One settlement of funding.
pub fn funding_payment(payment: &FundingPayment, account: &str) -> Value {
    json!({
        "id": payment.id,
        "account": account,
        "market": payment.symbol.name(),
        "payment": payment.payment.to_string(),
        "index": payment.index.to_string(),
        "fill_id": payment.fill_id,
        "created_at": payment.at.millis(),
    })
}

/// One fill that was taken back.
pub fn bust(bust: &Bust, account: &str) -> Value {
    json!({ "account": account, "busted_fill_id": bust.fill_id, "created_at": bust.at.millis() })
}
