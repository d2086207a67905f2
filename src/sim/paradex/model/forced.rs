//! What moves an account without an order of its API client: the venue's own force, and the owner's hand (paradex.md 2).

use super::event::Event;
use super::lifecycle::Task;
use super::{Exchange, Fill, NewOrder, Symbol};
use crate::domain::{Price, Qty, Side, Usd};
use crate::sim::exchange::book::Owner;
use crate::sim::paradex::words::{FillKind, Instruction, Kind, Liquidity, SelfTrade};
use std::time::Duration;

/// How long an account shows that it is being liquidated.
const LIQUIDATION_LASTS: Duration = Duration::from_secs(5);
/// Steps of size that a trade by hand opens where nothing is held.
const BY_HAND_STEPS: i64 = 100;
/// A trade by hand reaches so far beyond the mark, in 1e-6.
const REACH_PPM: i64 = 20_000;
/// `recv_window` where none is asked for (paradex.md 4.1).
const RECV_WINDOW_MS: i64 = 300_000;

impl Exchange {
    /// Cancels what rests and closes every position of an account by force; false when it holds none.
    pub fn liquidate(&mut self, owner: Owner) -> bool {
        let held: Vec<Symbol> = Symbol::ALL.into_iter().filter(|symbol| self.holds(owner, *symbol)).collect();
        if held.is_empty() {
            return false;
        }
        for no in self.account(owner).alive.clone() {
            self.close(no, Some(crate::sim::paradex::words::CancelReason::Margin));
        }
        self.account_mut(owner).liquidating = true;
        for symbol in held {
            self.close_by_force(owner, symbol, FillKind::Liquidation);
        }
        let key = (self.now.after(LIQUIDATION_LASTS), self.next_number());
        self.tasks.insert(key, Task::EndLiquidation(owner));
        true
    }

    /// The venue takes a position over at the mark, under this kind of fill; false when there is none.
    pub fn close_by_force(&mut self, owner: Owner, symbol: Symbol, kind: FillKind) -> bool {
        let held = self.account(owner).position(symbol).state.qty;
        let Some(side) = Side::of_position(held).map(Side::opposite) else { return false };
        let (price, size) = (self.market(symbol).mark, held.abs());
        let (id, trade_id, seq, now) = (self.next_id(), self.next_id(), self.next_seq(), self.now);
        let (index, underlying) = (self.market(symbol).funding.index, self.market(symbol).index_price);
        let account = self.account_mut(owner);
        let position = &mut account.positions[symbol.index()];
        let realized_funding = position.settle_funding(index);
        let realized_pnl = position.take(now, side, size, price, &id);
        position.seq = seq;
        account.collateral = account.collateral + realized_funding + realized_pnl;
        self.account_mut(Owner::MAKER).positions[symbol.index()].take(now, side.opposite(), size, price, &id);
        let fill = Fill {
            id,
            trade_id,
            owner,
            symbol,
            order_id: String::new(),
            client_id: String::new(),
            side,
            liquidity: Liquidity::Taker,
            price,
            size,
            remaining: Qty::ZERO,
            fee: Usd::ZERO,
            realized_pnl,
            realized_funding,
            interactive: false,
            // No execution in the book.
            book_seq: 0,
            underlying,
            at: now,
            kind,
        };
        self.events.push(Event::Fill(Box::new(fill.clone())));
        self.fills.push(fill);
        self.sweep_reduce_only(owner, symbol);
        self.show_position(owner, symbol);
        self.show_account(owner);
        true
    }

    /// The owner trades by hand: closes half of what is held here, or opens a little where nothing is.
    pub fn trade_by_hand(&mut self, owner: Owner, symbol: Symbol) {
        let held = self.account(owner).position(symbol).state.qty;
        let step = symbol.listing().step;
        let half = Qty::from_units(held.abs().units() / 2).floor_to(step);
        let side = Side::of_position(held).map_or(Side::Buy, Side::opposite);
        let size = match (held.is_zero(), half.is_zero()) {
            (true, _) => Qty::from_units(step.units() * BY_HAND_STEPS),
            (false, true) => held.abs(),
            (false, false) => half,
        };
        let reach = if side == Side::Buy { REACH_PPM } else { -REACH_PPM };
        let price = self.market(symbol).mark.scaled_ppm(reach).floor_to(symbol.listing().tick);
        self.by_hand(owner, symbol, "", (side, size, price), Instruction::Ioc);
    }

    /// An order that rests far from the market, placed by hand or by another program, with any client id.
    pub fn rest_by_hand(&mut self, owner: Owner, symbol: Symbol, client_id: &str) {
        let price = self.market(symbol).mark.scaled_ppm(-REACH_PPM).floor_to(symbol.listing().tick);
        let size = Qty::from_units(symbol.listing().step.units() * BY_HAND_STEPS);
        self.by_hand(owner, symbol, client_id, (Side::Buy, size, price), Instruction::Gtc);
    }

    fn by_hand(
        &mut self,
        owner: Owner,
        symbol: Symbol,
        client_id: &str,
        (side, size, price): (Side, Qty, Price),
        instruction: Instruction,
    ) {
        let asked = NewOrder {
            symbol,
            side,
            kind: Kind::Limit,
            size,
            price,
            trigger: None,
            instruction,
            client_id: client_id.to_owned(),
            reduce_only: false,
            self_trade: SelfTrade::ExpireTaker,
            signed_ms: self.now.millis(),
            recv_window_ms: RECV_WINDOW_MS,
        };
        self.submit(owner, asked, true, None);
    }

    fn holds(&self, owner: Owner, symbol: Symbol) -> bool {
        !self.account(owner).position(symbol).state.qty.is_zero()
    }

    pub(super) fn end_liquidation(&mut self, owner: Owner) {
        self.account_mut(owner).liquidating = false;
        self.show_account(owner);
    }
}
