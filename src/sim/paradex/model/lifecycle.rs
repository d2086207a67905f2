//! The way of an order: taken, delayed, checked, matched, ended (paradex.md 2.3, 4.3).

use super::{Event, Exchange, ModifyInfo, NewOrder, Order, Symbol};
use crate::domain::{Price, Qty, Usd};
use crate::sim::exchange::book::{OrderNo, Owner};
use crate::sim::paradex::refusal::{Code, Refusal};
use crate::sim::paradex::words::{CancelReason, Instruction, Kind, ModifyStatus, Status};
use crate::sim::service::ConnId;
use std::time::Duration;

/// What waits for its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// The order reaches the risk engine.
    Enter(OrderNo),
    /// A cancel reaches the book.
    Cancel(OrderNo, CancelReason),
    /// A modification reaches the book.
    Modify(OrderNo, Change, ModifyInfo),
    /// A liquidation is over.
    EndLiquidation(Owner),
}

/// What a modification asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// New size, with what is filled.
    pub size: Qty,
    /// New limit.
    pub price: Price,
    /// New trigger, if it is to change.
    pub trigger: Option<Price>,
}

impl Exchange {
    /// Takes an admitted order: NEW now, and in the risk engine after the delay of its class.
    pub fn submit(
        &mut self,
        owner: Owner,
        asked: NewOrder,
        interactive: bool,
        conn: Option<ConnId>,
    ) -> OrderNo {
        let id = self.next_id();
        let no = OrderNo(self.next_number());
        let order = Order {
            no,
            id: id.clone(),
            owner,
            interactive,
            conn,
            status: Status::New,
            cancel_reason: None,
            remaining: asked.size,
            filled_value: Usd::ZERO,
            triggered: false,
            received_at: self.now,
            updated_at: self.now,
            seq: self.next_seq(),
            modify: None,
            asked,
        };
        self.ids.insert(id, no);
        if !order.asked.client_id.is_empty() {
            self.client_ids.insert((owner, order.asked.client_id.clone()), no);
        }
        self.events.push(Event::Order(Box::new(order.clone())));
        self.orders.insert(no, order);
        self.account_mut(owner).alive.insert(no);
        if let Some(late) = self.mishaps.delay() {
            self.schedule_late(interactive, late, Task::Enter(no));
        }
        no
    }

    /// An order by its number.
    pub fn order(&self, no: OrderNo) -> Option<&Order> {
        self.orders.get(&no)
    }

    /// Queues a cancel.
    pub fn cancel(&mut self, no: OrderNo, reason: CancelReason) {
        let interactive = self.orders.get(&no).is_some_and(|order| order.interactive);
        self.schedule(interactive, Task::Cancel(no, reason));
    }

    /// Queues a modification of an open order; its answer carries the pending request.
    pub fn modify(&mut self, no: OrderNo, change: Change) -> Result<(), Refusal> {
        let order = self
            .orders
            .get(&no)
            .ok_or_else(|| Refusal::new(Code::OrderIdNotFound, "there is no such order"))?;
        let waits = matches!(order.status, Status::Open | Status::Untriggered);
        if !order.alive() {
            return Err(Refusal::new(Code::OrderIsClosed, format!("order is closed: {}", order.id)));
        }
        if !waits || order.asked.kind == Kind::Market {
            return Err(Refusal::new(Code::OrderIsNotOpen, format!("order is not open: {}", order.id)));
        }
        let asked = NewOrder { size: change.size, price: change.price, ..order.asked.clone() };
        let (owner, interactive) = (order.owner, order.interactive);
        self.admit_change(owner, &asked)?;
        let info = ModifyInfo { id: self.next_id(), status: ModifyStatus::Pending, message: String::new() };
        if let Some(order) = self.orders.get_mut(&no) {
            order.modify = Some(info.clone());
        }
        self.schedule(interactive, Task::Modify(no, change, info));
        Ok(())
    }

    /// The connection tracks all orders of the account from now on.
    pub fn track(&mut self, owner: Owner, conn: ConnId) {
        let alive = self.account(owner).alive.clone();
        for no in alive {
            if let Some(order) = self.orders.get_mut(&no).filter(|order| order.conn.is_none()) {
                order.conn = Some(conn);
            }
        }
    }

    /// A connection that had asked for it is gone: its orders are cancelled.
    pub fn disconnect(&mut self, conn: ConnId) {
        let tracked = |order: &&Order| order.alive() && order.conn == Some(conn);
        let lost: Vec<OrderNo> = self.orders.values().filter(tracked).map(|order| order.no).collect();
        for no in lost {
            self.cancel(no, CancelReason::Disconnect);
        }
    }

    fn schedule(&mut self, interactive: bool, task: Task) {
        self.schedule_late(interactive, Duration::ZERO, task);
    }

    /// After the delay of the class and so much more.
    fn schedule_late(&mut self, interactive: bool, late: Duration, task: Task) {
        let delay = if interactive { self.retail_delay } else { Duration::ZERO };
        let key = (self.now.after(delay).after(late), self.next_number());
        self.tasks.insert(key, task);
    }

    pub(super) fn run(&mut self, task: Task) {
        match task {
            Task::Enter(no) => self.enter(no),
            Task::Cancel(no, reason) => self.cancel_now(no, reason),
            Task::Modify(no, change, info) => self.modify_now(no, &change, info),
            Task::EndLiquidation(owner) => self.end_liquidation(owner),
        }
    }

    /// The order meets the risk engine, then the book.
    pub(super) fn enter(&mut self, no: OrderNo) {
        let Some(order) = self.orders.get(&no).filter(|order| order.alive()) else { return };
        if order.asked.kind.conditional() && !order.triggered {
            return self.set_status(no, Status::Untriggered);
        }
        if let Some(reason) = self.stopped_by(no) {
            return self.close(no, Some(reason));
        }
        self.trade(no);
    }

    /// Why the risk engine stops an order, if it does.
    fn stopped_by(&mut self, no: OrderNo) -> Option<CancelReason> {
        let order = self.orders.get(&no)?;
        let late = order.asked.signed_ms.saturating_add(order.asked.recv_window_ms) < self.now.millis();
        if late && self.switches.delay_counts_in_recv_window && !order.triggered {
            return Some(CancelReason::Expired);
        }
        if !self.status_permits(order) {
            return Some(CancelReason::SystemStatus);
        }
        self.risk(no)
    }

    /// Ends an order; without a reason it is filled.
    pub(super) fn close(&mut self, no: OrderNo, reason: Option<CancelReason>) {
        let Some(order) = self.orders.get_mut(&no) else { return };
        order.cancel_reason = reason;
        let (owner, symbol) = (order.owner, order.asked.symbol);
        self.account_mut(owner).alive.remove(&no);
        let rested = self.market_mut(symbol).book.cancel(no).is_some();
        self.set_status(no, Status::Closed);
        if rested {
            self.commit(symbol);
            self.show_account(owner);
        }
    }

    pub(super) fn set_status(&mut self, no: OrderNo, status: Status) {
        let (now, seq) = (self.now, self.next_seq());
        let Some(order) = self.orders.get_mut(&no) else { return };
        (order.status, order.updated_at, order.seq) = (status, now, seq);
        let event = Event::Order(Box::new(order.clone()));
        self.events.push(event);
    }

    fn cancel_now(&mut self, no: OrderNo, reason: CancelReason) {
        if self.orders.get(&no).is_some_and(Order::alive) {
            self.close(no, Some(reason));
        }
    }

    /// A modified order goes to the end of the queue and meets risk engine and book anew.
    fn modify_now(&mut self, no: OrderNo, change: &Change, mut info: ModifyInfo) {
        let Some(order) = self.orders.get_mut(&no) else { return };
        let filled = order.filled();
        if !order.alive() || change.size <= filled {
            info.status = ModifyStatus::Rejected;
            "the order is closed or filled beyond the new size".clone_into(&mut info.message);
            order.modify = Some(info);
            let status = order.status;
            return self.set_status(no, status);
        }
        info.status = ModifyStatus::Success;
        order.modify = Some(info);
        (order.asked.size, order.asked.price) = (change.size, change.price);
        order.asked.trigger = change.trigger.or(order.asked.trigger);
        order.remaining = change.size - filled;
        let symbol = order.asked.symbol;
        if self.market_mut(symbol).book.cancel(no).is_some() {
            self.commit(symbol);
        }
        self.enter(no);
    }

    /// Conditional orders whose trigger the mark has reached go the way of any other order.
    pub(super) fn trigger_orders(&mut self, symbol: Symbol) {
        let mark = self.market(symbol).mark;
        let reached = |order: &&Order| {
            order.status == Status::Untriggered
                && order.asked.symbol == symbol
                && order.asked.trigger.is_some_and(|trigger| triggers(order, trigger, mark))
        };
        let due: Vec<OrderNo> = self.orders.values().filter(reached).map(|order| order.no).collect();
        for no in due {
            if let Some(order) = self.orders.get_mut(&no) {
                order.triggered = true;
            }
            self.enter(no);
        }
    }

    /// In cancel_only and post_only whatever takes is stopped (paradex.md 1).
    fn status_permits(&self, order: &Order) -> bool {
        let rests = matches!(order.asked.instruction, Instruction::PostOnly | Instruction::Rpi);
        match self.status {
            super::SystemStatus::Ok => true,
            super::SystemStatus::PostOnly => rests,
            super::SystemStatus::CancelOnly | super::SystemStatus::Maintenance => false,
        }
    }
}

/// Stops trigger when the mark moves against the position they close, take-profits when it moves in favour.
fn triggers(order: &Order, trigger: Price, mark: Price) -> bool {
    if order.triggers_upwards() { mark >= trigger } else { mark <= trigger }
}
