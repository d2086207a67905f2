//! What moves an account without a transaction of its API key: the venue's own force, and the owner's hand.

use super::conditional::{INTERNAL_KIND, any_price};
use super::order::{NewOrder, OrderStatus, SelfTrade, TimeInForce};
use super::record::Event;
use super::rules::MarketId;
use super::{Exchange, Position};
use crate::domain::{Side, Wall};

/// Least sizes of the market that a trade by hand opens where nothing is held.
const BY_HAND: i64 = 20;
/// A resting order by hand is so far from the mark, in percent.
const AWAY_PERCENT: i64 = 3;

impl Exchange {
    /// Ends every order of an account and closes its positions by force, as when its margin is used up.
    pub fn liquidate_now(&mut self, now: Wall, account: i64) {
        let Some(owner) = self.accounts.get(&account) else { return };
        let held = |position: &Position| position.size != 0;
        let markets: Vec<MarketId> =
            owner.positions.iter().filter(|(_, position)| held(position)).map(|(id, _)| *id).collect();
        if markets.is_empty() {
            return;
        }
        self.cancel_all(now, account, None, OrderStatus::CanceledLiquidation);
        for market in markets {
            self.close_forced(now, account, market);
        }
    }

    /// Tells the owner that a position was closed by force.
    pub(super) fn note_liquidation(&mut self, account: i64, market: MarketId, base: i64, side: Side) {
        self.events.push(Event::Liquidation { account, market, base, side });
    }

    /// The owner trades by hand: closes half of what is held here, or opens a little where nothing is.
    pub fn trade_by_hand(&mut self, now: Wall, account: i64, market: MarketId) {
        let Some(state) = self.markets.get(&market) else { return };
        let least = state.rules.min_base.max(1);
        let held = self.accounts.get(&account).and_then(|owner| owner.position(market)).map_or(0, |p| p.size);
        let side = if held > 0 { Side::Sell } else { Side::Buy };
        let base = match held.abs() {
            0 => least * BY_HAND,
            1 => 1,
            held => held / 2,
        };
        let request = by_hand(market, side, base, any_price(side), TimeInForce::ImmediateOrCancel, 0);
        self.place_internal(now, account, request);
    }

    /// An order that rests far from the market, placed by hand or by another program, with any client index.
    pub fn rest_by_hand(&mut self, now: Wall, account: i64, market: MarketId, client_index: i64) {
        let Some(state) = self.markets.get(&market) else { return };
        let (least, price) = (state.rules.min_base.max(1), state.mark - state.mark * AWAY_PERCENT / 100);
        let request =
            by_hand(market, Side::Buy, least * BY_HAND, price, TimeInForce::GoodTillTime, client_index);
        let expiry = now.millis() + 3_600_000;
        self.place_internal(now, account, NewOrder { expiry, ..request });
    }
}

fn by_hand(
    market: MarketId,
    side: Side,
    base: i64,
    price: i64,
    time_in_force: TimeInForce,
    client_index: i64,
) -> NewOrder {
    NewOrder {
        market,
        client_index,
        base,
        price,
        side,
        kind: INTERNAL_KIND,
        time_in_force,
        reduce_only: false,
        trigger_price: 0,
        expiry: 0,
        self_trade: SelfTrade::default(),
    }
}
