//! Accounts, positions, balances, keys, limits (lighter.md 2.2, 5.2).

use super::super::decimal::{ratio, text, usdc};
use super::super::model::{Account, Exchange, Health, MarginMode, MarketId, OrderStatus, Position, Slot};
use super::{merge, object};
use serde_json::{Value, json};

/// The asset number of USDC.
const USDC_ASSET: i64 = 3;

/// An account as `accountsByL1Address` lists it; the available balance is left empty there.
pub fn account(exchange: &Exchange, account: &Account) -> Value {
    let open =
        exchange.orders.live_of(account.index).filter(|order| order.status == OrderStatus::Open).count();
    let pending = exchange.orders.live_of(account.index).filter(|order| order.is_pending()).count();
    json!({
        "code": 0,
        "account_type": account.kind.number(),
        "account_trading_mode": 0,
        "index": account.index,
        "l1_address": account.l1_address,
        "cancel_all_time": account.cancel_all_at,
        "total_order_count": open + pending,
        "total_isolated_order_count": 0,
        "pending_order_count": pending,
        "available_balance": "",
        "status": 0,
        "collateral": usdc(account.collateral),
        "transaction_time": account.updated.0,
    })
}

/// An account as `account` answers it.
pub fn detailed_account(exchange: &Exchange, owner: &Account) -> Value {
    let health = exchange.health(owner);
    let positions: Vec<Value> =
        owner.positions.keys().filter_map(|market| position(exchange, owner, *market)).collect();
    let details = json!({
        "account_index": owner.index,
        "name": "",
        "description": "",
        "can_invite": true,
        "referral_points_percentage": "",
        "available_balance": usdc(health.available()),
        "positions": positions,
        "assets": [asset(owner)],
        "total_asset_value": usdc(health.total_value),
        "cross_asset_value": usdc(health.cross_value),
        "cross_initial_margin_requirement": usdc(health.initial),
        "cross_maintenance_margin_requirement": usdc(health.maintenance),
        "shares": [],
        "created_at": owner.created.secs(),
        "can_rfq": false,
        "can_rfq_market_ids": [],
        "metadata": {"color": ""},
        "agent_enabled": false,
        "bo_positions": [],
        "pending_unlocks": [],
        "approved_integrators": [],
        "pool_info": {
            "status": 0,
            "operator_fee": "0",
            "min_operator_share_rate": "0",
            "total_shares": 0,
            "operator_shares": 0,
            "annual_percentage_yield": 0,
            "daily_returns": [],
            "share_prices": [],
            "sharpe_ratio": 0,
            "strategies": [],
        },
    });
    merge(account(exchange, owner), details)
}

/// One position; `None` in a market the account never touched.
pub fn position(exchange: &Exchange, owner: &Account, market: MarketId) -> Option<Value> {
    let state = exchange.markets.get(&market)?;
    let position = owner.position(market)?;
    let rules = state.rules;
    let live = |wanted: fn(&OrderStatus) -> bool| {
        let here = exchange.orders.live_of(owner.index).filter(|order| order.request.market == market);
        here.filter(|order| wanted(&order.status)).count()
    };
    let tied = exchange
        .orders
        .live_of(owner.index)
        .filter(|order| order.request.market == market && order.request.reduce_only)
        .count();
    Some(json!({
        "market_id": market,
        "symbol": rules.symbol,
        "initial_margin_fraction": text(position.initial_margin, 2),
        "open_order_count": live(|status| *status == OrderStatus::Open),
        "pending_order_count": live(|status| *status == OrderStatus::Pending),
        "position_tied_order_count": tied,
        "sign": position.sign(),
        "position": text(position.size.abs(), rules.size_decimals),
        "avg_entry_price": text(average_entry(position), rules.price_decimals),
        "position_value": usdc(state.mark_value(position.size)),
        "unrealized_pnl": usdc(position.unrealized(state.mark)),
        "realized_pnl": usdc(position.realized),
        "liquidation_price": liquidation_text(exchange, owner, market, rules.price_decimals),
        "total_funding_paid_out": "0.000000",
        "margin_mode": i32::from(position.mode == MarginMode::Isolated),
        "margin_set_flag": i32::from(position.margin_set),
        "allocated_margin": usdc(position.allocated),
        "total_discount": "0.000000",
    }))
}

fn average_entry(position: &Position) -> i64 {
    ratio(i128::from(position.entry_quote), i128::from(position.size.abs()), 0)
}

fn liquidation_text(exchange: &Exchange, owner: &Account, market: MarketId, decimals: u32) -> String {
    match exchange.liquidation_price(owner, market) {
        0 => "0".to_owned(),
        price => text(price, decimals),
    }
}

/// Positions by market number, every one or those in `only`.
pub fn positions(exchange: &Exchange, owner: &Account, only: Option<&[MarketId]>) -> Value {
    let wanted = |market: &&MarketId| only.is_none_or(|only| only.contains(market));
    object(owner.positions.keys().filter(wanted).filter_map(|market| {
        position(exchange, owner, *market).map(|position| (market.to_string(), position))
    }))
}

/// USDC: the perpetuals side is the margin balance, the spot wallet is empty.
fn asset(owner: &Account) -> Value {
    json!({
        "symbol": "USDC",
        "asset_id": USDC_ASSET,
        "balance": "0.000000",
        "locked_balance": "0.000000",
        "margin_mode": "disabled",
        "margin_balance": usdc(owner.collateral),
        "multiplier": "1.000000000000000000",
    })
}

/// Assets by number.
pub fn assets(owner: &Account) -> Value {
    object([(USDC_ASSET.to_string(), asset(owner))])
}

/// The body of `user_stats`.
pub fn user_stats(exchange: &Exchange, owner: &Account) -> Value {
    let health = exchange.health(owner);
    let cross = stats(&health, health.cross_value);
    let total = stats(&health, health.total_value);
    let more = json!({"account_trading_mode": 0, "cross_stats": cross, "total_stats": total});
    merge(total.clone(), more)
}

fn stats(health: &Health, value: i64) -> Value {
    let wide = |amount: i64| i128::from(amount);
    json!({
        "collateral": usdc(health.collateral),
        "portfolio_value": usdc(value),
        "leverage": text(ratio(wide(health.exposure), wide(value), 2), 2),
        "available_balance": usdc(health.available()),
        "margin_usage": text(ratio(wide(health.initial) * 100, wide(value), 2), 2),
        "buying_power": "0",
    })
}

/// One entry of `apikeys`.
pub fn api_key(account: &Account, slot: u8, key: &Slot) -> Value {
    json!({
        "account_index": account.index,
        "api_key_index": slot,
        "nonce": key.accepted,
        "public_key": hex::encode(key.key),
        "transaction_time": key.updated.0,
    })
}

/// The answer of `accountLimits`.
pub fn limits(account: &Account) -> Value {
    json!({
        "code": 200,
        "max_llp_percentage": 25,
        "max_llp_amount": "300000.000000",
        "user_tier": account.tier.name(),
        "user_tier_name": account.tier.level_name(),
        "user_tier_last_update": account.tier_changed.map_or(0, |at| at.millis()),
        "can_create_public_pool": false,
        "current_maker_fee_tick": account.tier.maker_fee(),
        "current_taker_fee_tick": account.tier.taker_fee(),
        "effective_lit_stakes": "0",
        "leased_lit": "0",
        "bo_user_tier_name": "",
        "bo_fee_rate": 1,
    })
}
