//! The sequencer's side of a transaction: its last checks, its effect, its verdict (lighter.md 4.6, 6.1).

use super::super::refusal::Refusal;
use super::super::switches::{ExpiredNonce, RefusedTx, SecondSchedule};
use super::account::{MarginMode, Slot, margin_of, nonce_fits};
use super::action::{Action, CancelAll, Modify};
use super::checks::{check_amounts, check_band};
use super::matching::MatchEnd;
use super::order::{NewOrder, Order, OrderKind, OrderStatus, TimeInForce};
use super::record::{Effect, Event, Outcome, TxStatus};
use super::rules::MarketId;
use super::sequencer::Queued;
use super::{Exchange, Position};
use crate::domain::Wall;

impl Exchange {
    /// Executes a transaction whose delay is over, or finds that it can no longer be executed.
    pub(super) fn execute(&mut self, now: Wall, tx: Queued) {
        if now.millis() >= tx.expire_at {
            if self.switches.expired_nonce == ExpiredNonce::Spent {
                self.spend_nonce(now, &tx);
            }
            self.recount_accepted(tx.account, tx.slot);
            return self.record(now, &tx, TxStatus::Failed, None);
        }
        let next = self.slot(&tx).map_or(0, |slot| slot.executed);
        if !nonce_fits(tx.nonce, next, tx.skip_nonce) {
            self.recount_accepted(tx.account, tx.slot);
            return self.record(now, &tx, TxStatus::Failed, None);
        }
        self.spend_nonce(now, &tx);
        let outcome = match self.act(now, &tx) {
            Ok(effect) => Outcome { effect, refusal: None },
            Err(refusal) => Outcome { effect: untouched(&tx), refusal: Some(refusal) },
        };
        let refused_as_failed = outcome.refusal.is_some() && self.switches.refused_tx == RefusedTx::Failed;
        let status = if refused_as_failed { TxStatus::Failed } else { TxStatus::Executed };
        self.record(now, &tx, status, Some(outcome));
    }

    fn slot(&mut self, tx: &Queued) -> Option<&mut Slot> {
        self.accounts.get_mut(&tx.account)?.slots.get_mut(&tx.slot)
    }

    fn spend_nonce(&mut self, now: Wall, tx: &Queued) {
        if let Some(slot) = self.slot(tx) {
            slot.executed = tx.nonce + 1;
            slot.accepted = slot.accepted.max(slot.executed);
            slot.updated = now;
        }
    }

    /// What the API may take next once a queued transaction fell away: those behind it may fit no longer.
    fn recount_accepted(&mut self, account: i64, slot: u8) {
        let Some(executed) = self.accounts.get(&account).and_then(|a| a.slots.get(&slot)).map(|s| s.executed)
        else {
            return;
        };
        let mut next = executed;
        for tx in self.sequencer.waiting(account, slot) {
            if nonce_fits(tx.nonce, next, tx.skip_nonce) {
                next = tx.nonce + 1;
            }
        }
        if let Some(slot) = self.accounts.get_mut(&account).and_then(|account| account.slots.get_mut(&slot)) {
            slot.accepted = next;
        }
    }

    fn record(&mut self, now: Wall, tx: &Queued, status: TxStatus, outcome: Option<Outcome>) {
        let block_height = self.block_height;
        if let Some(record) = self.txs.get_mut(&tx.sequence_index) {
            record.status = status;
            record.executed = Some(now);
            record.outcome = outcome;
            record.block_height = block_height;
        }
        self.events.push(Event::Tx { account: tx.account, sequence_index: tx.sequence_index });
    }

    fn act(&mut self, now: Wall, tx: &Queued) -> Result<Effect, Refusal> {
        match &tx.action {
            Action::Create(order) => self.create(now, tx, order),
            Action::Cancel { market, index } => self.cancel(now, tx.account, *market, *index),
            Action::CancelAll(which) => self.cancel_all_tx(now, tx.account, *which),
            Action::Modify(modify) => self.modify(now, tx, modify),
            Action::Leverage { market, initial_margin, mode } => {
                self.set_leverage(now, tx.account, *market, *initial_margin, *mode)
            }
            Action::ChangeKey { key } => {
                if let Some(slot) = self.slot(tx) {
                    slot.key = *key;
                }
                Ok(Effect::Account { account: tx.account })
            }
            Action::MoveMargin { market, amount, add } => {
                self.move_margin(now, tx.account, *market, if *add { *amount } else { -*amount })
            }
        }
    }

    fn hash_of(&self, tx: &Queued) -> String {
        self.txs.get(&tx.sequence_index).map(|record| record.hash.clone()).unwrap_or_default()
    }

    fn create(&mut self, now: Wall, tx: &Queued, request: &NewOrder) -> Result<Effect, Refusal> {
        let base = self.check_create(now, tx.account, request)?;
        let order = self.number_order(now, tx.account, NewOrder { base, ..request.clone() })?;
        if order.request.kind.is_conditional() {
            return Ok(self.keep_pending(order));
        }
        let tx_hash = self.hash_of(tx);
        Ok(self.place(now, order, &tx_hash))
    }

    /// Gives an order its number.
    pub(super) fn number_order(
        &mut self,
        now: Wall,
        account: i64,
        request: NewOrder,
    ) -> Result<Order, Refusal> {
        let market = self.market_mut(request.market).ok_or(Refusal::InvalidMarketIndex)?;
        let (index, book_nonce) = market.number_order(request.side);
        if let Some(owner) = self.accounts.get_mut(&account) {
            owner.order_count += 1;
        }
        Ok(Order {
            remaining: request.base,
            request,
            index,
            account,
            book_nonce,
            status: OrderStatus::InProgress,
            filled: 0,
            filled_quote: 0,
            version: 0,
            created: now,
            updated: now,
            block_height: self.block_height,
            triggered: None,
        })
    }

    /// Matches an order and lets the rest rest or end.
    pub(super) fn place(&mut self, now: Wall, mut order: Order, tx_hash: &str) -> Effect {
        let liquidation = order.request.kind == OrderKind::Liquidation;
        let market = order.request.market;
        let matched = self.match_order(now, &mut order, tx_hash, liquidation);
        order.status = self.status_after(&order, matched.end);
        order.updated = now;
        if order.status == OrderStatus::Open {
            if let Some(state) = self.market_mut(market) {
                state.rest(
                    order.index,
                    order.account,
                    order.request.side,
                    order.request.price,
                    order.remaining,
                );
            }
        } else {
            order.remaining = 0;
        }
        self.orders.insert(order.clone());
        self.note_book(now, market);
        let order = self.tell_order(Some(order));
        let maker = matched.last.as_ref().and_then(|trade| {
            let resting = if trade.is_maker_ask { trade.ask } else { trade.bid };
            self.orders.get(resting.order_index).cloned().map(Box::new)
        });
        Effect::Placed { market, trade: matched.last.map(Box::new), maker, order: order.map(Box::new) }
    }

    fn status_after(&self, order: &Order, end: MatchEnd) -> OrderStatus {
        let may_rest = order.request.time_in_force != TimeInForce::ImmediateOrCancel
            && matches!(end, MatchEnd::NoLiquidity | MatchEnd::Bound)
            && order.remaining > 0;
        if !may_rest {
            return end.status(order, self.switches.partial_status);
        }
        match self.check_margin(order.account, &order.request, order.remaining) {
            Ok(()) => OrderStatus::Open,
            Err(_) => MatchEnd::Margin.status(order, self.switches.partial_status),
        }
    }

    fn own_live(&self, account: i64, market: MarketId, index: i64) -> Result<Order, Refusal> {
        let order = self.orders.target(account, index).ok_or(Refusal::NotAnActiveOrder)?;
        if order.account != account {
            return Err(Refusal::NotOrderOwner);
        }
        if !order.status.is_live() || order.request.market != market {
            return Err(Refusal::NotAnActiveOrder);
        }
        Ok(order.clone())
    }

    fn cancel(&mut self, now: Wall, account: i64, market: MarketId, index: i64) -> Result<Effect, Refusal> {
        let order = self.own_live(account, market, index)?;
        self.end_resting(now, market, order.index, OrderStatus::Canceled);
        Ok(Effect::Canceled { account, index: order.index, client_index: order.request.client_index })
    }

    fn cancel_all_tx(&mut self, now: Wall, account: i64, which: CancelAll) -> Result<Effect, Refusal> {
        let time = match which {
            CancelAll::Now(market) => {
                self.cancel_all(now, account, market, OrderStatus::Canceled);
                return Ok(Effect::Account { account });
            }
            CancelAll::At(time) => time,
            CancelAll::Abort => 0,
        };
        let refuse_second = self.switches.second_schedule == SecondSchedule::Refused;
        let owner = self.accounts.get_mut(&account).ok_or(Refusal::AccountNotFound)?;
        if time != 0 && owner.cancel_all_at != 0 && refuse_second {
            return Err(Refusal::CancelAllQueued);
        }
        owner.cancel_all_at = time;
        owner.updated = now;
        Ok(Effect::Account { account })
    }

    /// Size and price change, the place in the book is lost, and the order may take (lighter.md 4.3).
    fn modify(&mut self, now: Wall, tx: &Queued, modify: &Modify) -> Result<Effect, Refusal> {
        let old = self.own_live(tx.account, modify.market, modify.index)?;
        let owner = self.accounts.get(&tx.account).ok_or(Refusal::AccountNotFound)?;
        self.check_switch(now, owner)?;
        if modify.version != 0 && modify.version <= old.version {
            return Err(Refusal::StaleOrderVersion);
        }
        let mut new = changed(&old, modify);
        if !old.is_pending() {
            self.check_modified(&new)?;
        }
        if let Some(market) = self.market_mut(modify.market) {
            market.remove(old.index);
            new.book_nonce = market.next_book_nonce(old.side());
        }
        self.orders.take_live(old.index);
        let placed = if new.is_pending() {
            self.keep_pending(new)
        } else if new.remaining <= 0 {
            new.end(OrderStatus::Filled, now);
            self.orders.insert(new.clone());
            self.note_book(now, modify.market);
            self.tell_order(Some(new.clone()));
            Effect::Placed { market: modify.market, trade: None, maker: None, order: Some(Box::new(new)) }
        } else {
            let tx_hash = self.hash_of(tx);
            self.place(now, new, &tx_hash)
        };
        let Effect::Placed { order, .. } = placed else { return Ok(placed) };
        Ok(Effect::Modified { market: modify.market, old: Some(Box::new(old)), new: order })
    }

    fn check_modified(&self, new: &Order) -> Result<(), Refusal> {
        let market = self.markets.get(&new.request.market).ok_or(Refusal::InvalidMarketIndex)?;
        if new.request.base == 0 {
            return Err(Refusal::InvalidBaseAmount);
        }
        if new.remaining <= 0 {
            return Ok(());
        }
        check_amounts(market.rules, new.request.base, &new.request)?;
        check_band(market, new.side(), new.request.price)?;
        self.check_margin(new.account, &new.request, new.remaining)
    }

    fn set_leverage(
        &mut self,
        now: Wall,
        account: i64,
        market: MarketId,
        initial_margin: i64,
        mode: MarginMode,
    ) -> Result<Effect, Refusal> {
        let rules = self.markets.get(&market).ok_or(Refusal::InvalidMarketIndex)?.rules;
        let owner = self.accounts.get(&account).ok_or(Refusal::AccountNotFound)?;
        let flat = Position::flat(rules.default_initial_margin);
        let old = owner.position(market).unwrap_or(&flat).clone();
        let in_use =
            old.size != 0 || self.orders.live_of(account).any(|order| order.request.market == market);
        if mode != old.mode && in_use {
            return Err(Refusal::MarginModeInUse);
        }
        let new = Position { initial_margin, mode, margin_set: true, ..old };
        let after = self.health_with(owner, market, &new, owner.collateral);
        if new.size != 0 && after.cross_value < after.initial {
            return Err(Refusal::BelowInitialMargin);
        }
        let owner = self.accounts.get_mut(&account).ok_or(Refusal::AccountNotFound)?;
        *owner.position_mut(market, rules.default_initial_margin) = new;
        owner.updated = now;
        self.events.push(Event::Position { account, market });
        self.events.push(Event::Balance { account });
        Ok(Effect::Account { account })
    }

    fn move_margin(
        &mut self,
        now: Wall,
        account: i64,
        market: MarketId,
        amount: i64,
    ) -> Result<Effect, Refusal> {
        let state = self.markets.get(&market).ok_or(Refusal::InvalidMarketIndex)?;
        let owner = self.accounts.get(&account).ok_or(Refusal::AccountNotFound)?;
        let isolated = |position: &&Position| position.size != 0 && position.mode == MarginMode::Isolated;
        let position = owner.position(market).filter(isolated).ok_or(Refusal::NoPositionFound)?;
        let required = margin_of(state.mark_value(position.size), position.initial_margin);
        let left = position.allocated + position.unrealized(state.mark) + amount;
        let affordable = if amount > 0 { self.health(owner).available() >= amount } else { left >= required };
        if !affordable {
            return Err(Refusal::NotEnoughCollateral);
        }
        let default_margin = state.rules.default_initial_margin;
        let owner = self.accounts.get_mut(&account).ok_or(Refusal::AccountNotFound)?;
        owner.position_mut(market, default_margin).allocated += amount;
        owner.updated = now;
        self.events.push(Event::Position { account, market });
        self.events.push(Event::Balance { account });
        Ok(Effect::Account { account })
    }
}

/// The order a modify asks for: new total size, filled part included.
fn changed(old: &Order, modify: &Modify) -> Order {
    let mut new = old.clone();
    new.request.base = modify.base;
    new.request.price = modify.price;
    new.request.self_trade = modify.self_trade;
    if old.is_pending() {
        new.request.trigger_price = modify.trigger_price;
    }
    new.remaining = modify.base - old.filled;
    new.version = old.version.max(modify.version);
    new
}

/// The effect of a transaction that was refused.
fn untouched(tx: &Queued) -> Effect {
    match &tx.action {
        Action::Create(order) => {
            Effect::Placed { market: order.market, trade: None, maker: None, order: None }
        }
        Action::Cancel { index, .. } => {
            let client_index = if *index < super::FIRST_ORDER_INDEX { *index } else { 0 };
            let index = if client_index == 0 { *index } else { 0 };
            Effect::Canceled { account: tx.account, index, client_index }
        }
        Action::Modify(modify) => Effect::Modified { market: modify.market, old: None, new: None },
        Action::CancelAll(_)
        | Action::Leverage { .. }
        | Action::ChangeKey { .. }
        | Action::MoveMargin { .. } => Effect::Account { account: tx.account },
    }
}
