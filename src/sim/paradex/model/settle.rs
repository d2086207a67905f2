//! What an execution does to the two accounts: funding, profit, fee (paradex.md 2, 2.3, 7.4).

use super::event::{BalanceChange, FundingPayment};
use super::{Account, Event, Exchange, Fill, Symbol, Trade};
use crate::domain::{Qty, Side, Usd};
use crate::sim::exchange::book::{OrderNo, Owner};
use crate::sim::paradex::words::{FillKind, Liquidity};

/// Pro maker fee in 1e-8 of the notional: 0.003 %.
pub const MAKER_FEE_E8: i64 = 3_000;
/// Pro taker fee in 1e-8 of the notional: 0.045 %.
pub const TAKER_FEE_E8: i64 = 45_000;

/// One account's part in a trade; `order` is `None` for the market maker.
struct Part {
    owner: Owner,
    order: Option<OrderNo>,
    side: Side,
    liquidity: Liquidity,
}

/// What a part did to its account.
struct Booked {
    fee: Usd,
    realized_pnl: Usd,
    realized_funding: Usd,
    before: Usd,
    after: Usd,
}

impl Exchange {
    /// Books a trade for both sides. An order number the exchange does not know is the market maker's.
    pub(super) fn settle(&mut self, trade: &Trade, taker: Option<OrderNo>, maker: Option<OrderNo>) {
        let sides = [(taker, trade.side, Liquidity::Taker), (maker, trade.side.opposite(), Liquidity::Maker)];
        for (no, side, liquidity) in sides {
            let order = no.filter(|no| self.orders.contains_key(no));
            let owner = order.and_then(|no| self.orders.get(&no)).map_or(Owner::MAKER, |order| order.owner);
            self.settle_part(trade, &Part { owner, order, side, liquidity });
        }
        let held = |account: &Account| account.position(trade.symbol).state.qty.max(Qty::ZERO);
        let open_interest = self.accounts.iter().map(held).sum();
        self.market_mut(trade.symbol).open_interest = open_interest;
    }

    fn settle_part(&mut self, trade: &Trade, part: &Part) {
        let fill_id = self.next_id();
        let fee = self.fee(trade, part);
        let booked = self.book(trade, part, fee, &fill_id);
        self.fees = self.fees + fee;
        let Some(fill) = self.record(trade, part, &booked, fill_id) else { return };
        self.tell(trade.symbol, part.owner, &booked, &fill);
        self.events.push(Event::Fill(Box::new(fill.clone())));
        self.fills.push(fill);
    }

    /// Retail orders pay nothing; the market maker is the house.
    fn fee(&self, trade: &Trade, part: &Part) -> Usd {
        let Some(order) = part.order.and_then(|no| self.orders.get(&no)) else { return Usd::ZERO };
        if order.interactive {
            return Usd::ZERO;
        }
        let rate = match part.liquidity {
            Liquidity::Maker => MAKER_FEE_E8,
            Liquidity::Taker => TAKER_FEE_E8,
        };
        trade.price.notional(trade.size).fraction(rate, 100_000_000)
    }

    /// Moves position and collateral.
    fn book(&mut self, trade: &Trade, part: &Part, fee: Usd, fill_id: &str) -> Booked {
        let (now, seq) = (self.now, self.next_seq());
        let index = self.market(trade.symbol).funding.index;
        let account = self.account_mut(part.owner);
        let before = account.collateral;
        let position = &mut account.positions[trade.symbol.index()];
        let realized_funding = position.settle_funding(index);
        let realized_pnl = position.take(now, part.side, trade.size, trade.price, fill_id);
        position.seq = seq;
        account.collateral = before + realized_funding + realized_pnl - fee;
        Booked { fee, realized_pnl, realized_funding, before, after: account.collateral }
    }

    /// Moves the order; `None` for the market maker, who has none.
    fn record(&mut self, trade: &Trade, part: &Part, booked: &Booked, id: String) -> Option<Fill> {
        let underlying = self.market(trade.symbol).index_price;
        let order = self.orders.get_mut(&part.order?)?;
        order.remaining = order.remaining - trade.size;
        order.filled_value = order.filled_value + trade.price.notional(trade.size);
        Some(Fill {
            id,
            trade_id: trade.id.clone(),
            owner: part.owner,
            symbol: trade.symbol,
            order_id: order.id.clone(),
            client_id: order.asked.client_id.clone(),
            side: part.side,
            liquidity: part.liquidity,
            price: trade.price,
            size: trade.size,
            remaining: order.remaining,
            fee: booked.fee,
            realized_pnl: booked.realized_pnl,
            realized_funding: booked.realized_funding,
            interactive: order.interactive,
            book_seq: trade.book_seq,
            underlying,
            at: trade.at,
            kind: FillKind::Fill,
        })
    }

    fn tell(&mut self, symbol: Symbol, owner: Owner, booked: &Booked, fill: &Fill) {
        let funding_index = self.market(symbol).funding.index;
        self.events.push(Event::Balance(Box::new(BalanceChange {
            owner,
            symbol,
            fill_id: fill.id.clone(),
            fee: booked.fee,
            realized_pnl: booked.realized_pnl,
            realized_funding: booked.realized_funding,
            funding_index,
            before: booked.before,
            after: booked.after,
            at: self.now,
        })));
        if booked.realized_funding.is_zero() {
            return;
        }
        let payment = FundingPayment {
            owner,
            id: self.next_id(),
            symbol,
            payment: booked.realized_funding,
            index: funding_index,
            fill_id: fill.id.clone(),
            at: self.now,
        };
        self.funding_payments.push(payment.clone());
        self.events.push(Event::Funding(Box::new(payment)));
    }

    pub(super) fn show_position(&mut self, owner: Owner, symbol: Symbol) {
        if self.account(owner).position(symbol).known() {
            let shown = self.shown_position(owner, symbol);
            self.events.push(Event::Position(Box::new(shown)));
        }
    }

    pub(super) fn show_account(&mut self, owner: Owner) {
        let (now, seq) = (self.now, self.next_seq());
        let account = self.account_mut(owner);
        (account.updated_at, account.seq) = (now, seq);
        let shown = self.shown_account(owner);
        self.events.push(Event::Account(Box::new(shown)));
    }
}
