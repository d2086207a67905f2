//! The exchange inside the simulated Paradex: accounts, books, order life cycle, risk checks, matching. No protocol here.

pub mod account;
mod admission;
mod matching;
pub mod order;
pub mod rules;

use crate::domain::{Price, Qty, Side, Venue, Wall};
use crate::sim::exchange::book::{Book, OrderNo};
use crate::sim::market::{MARKETS as SYMBOLS, Quoter, TICK_MS, requote};
use account::{Account, AccountSetup};
pub use admission::Reject;
use order::{FillRecord, Order, Status};
use rules::{Class, MARKETS};
use std::collections::BTreeMap;

/// Number of markets.
pub const COUNT: usize = MARKETS.len();
/// The built-in speed bump of retail orders and cancels (paradex.md 2.3).
const RETAIL_DELAY_US: i64 = 300_000;
/// Public trades that are remembered per market.
const TRADES_KEPT: usize = 200;

/// What clients of the exchange may want to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An order changed; the state it was in then.
    Order(Box<Order>),
    /// An account's order was filled.
    Fill(Box<FillRecord>),
    /// A position or the collateral of an account changed, in this market.
    Account(usize, usize),
    /// A match happened.
    Trade(usize, PublicTrade),
    /// The book of a market changed.
    Book(usize),
}

/// One match as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTrade {
    /// Number of the match.
    pub no: u64,
    /// Taker's side.
    pub side: Side,
    /// Price.
    pub price: Price,
    /// Size.
    pub qty: Qty,
    /// When.
    pub at: Wall,
    /// The book's sequence number after it.
    pub seq: i64,
}

/// One market.
pub struct Market {
    /// Resting orders.
    pub book: Book,
    /// Mark price.
    pub mark: Price,
    /// Price outside.
    pub index: Price,
    /// Last match.
    pub last: Price,
    /// One counter for book, touch and trades (paradex.md 7.3).
    pub seq: i64,
    /// Newest first.
    pub trades: Vec<PublicTrade>,
    quoter: Quoter,
}

/// What is due at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Activate(u64),
    Cancel(u64),
}

/// The exchange.
pub struct Exchange {
    /// Accounts in the order of their set-up.
    pub accounts: Vec<Account>,
    /// Markets in the order of the table.
    pub markets: Vec<Market>,
    /// Every order ever taken.
    pub orders: BTreeMap<u64, Order>,
    /// Every execution of an account's order.
    pub fills: Vec<FillRecord>,
    /// The word of /system/state.
    pub state: &'static str,
    delay_us: Option<i64>,
    queue: BTreeMap<(Wall, u64), Due>,
    next_no: u64,
    next_tick: Wall,
    events: Vec<Event>,
}

impl Exchange {
    /// An exchange that opens at `start`. `delay_us` replaces the delays of both classes.
    pub fn new(seed: u64, accounts: Vec<AccountSetup>, delay_us: Option<i64>, start: Wall) -> Self {
        let market = |rules: &rules::Rules| {
            let params = SYMBOLS.iter().find(|params| params.symbol == rules.base).unwrap_or(&SYMBOLS[0]);
            let quoter = Quoter::new(seed, Venue::Paradex, params, rules.tick, rules.step);
            let (book, price, trades) = (Book::default(), params.start, Vec::new());
            // Sequence numbers of a venue that has been running for a while.
            let seq = 7_687_000_000;
            Market { book, mark: price, index: price, last: price, seq, trades, quoter }
        };
        let mut exchange = Self {
            accounts: accounts.into_iter().map(Account::new).collect(),
            markets: MARKETS.iter().map(market).collect(),
            orders: BTreeMap::new(),
            fills: Vec::new(),
            state: "ok",
            delay_us,
            queue: BTreeMap::new(),
            next_no: 1,
            next_tick: start,
            events: Vec::new(),
        };
        exchange.tick(start);
        exchange.events.clear();
        exchange
    }

    /// What happened since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// When something is next due.
    pub fn next_due(&self) -> Wall {
        self.queue.keys().next().map_or(self.next_tick, |(due, _)| (*due).min(self.next_tick))
    }

    /// Does everything due up to `now`, in order of time.
    pub fn advance(&mut self, now: Wall) {
        while self.next_due() <= now {
            match self.queue.first_key_value() {
                Some(((due, _), _)) if *due <= self.next_tick => {
                    if let Some(((at, _), due)) = self.queue.pop_first() {
                        self.perform(at, due);
                    }
                }
                _ => self.tick(self.next_tick),
            }
        }
    }

    fn perform(&mut self, at: Wall, due: Due) {
        match due {
            Due::Activate(no) => self.activate(at, no),
            Due::Cancel(no) => self.close(at, no, "USER_CANCELED"),
        }
    }

    fn number(&mut self) -> u64 {
        self.next_no += 1;
        self.next_no
    }

    fn schedule(&mut self, now: Wall, class: Class, due: Due) {
        let own = match class {
            Class::Retail => RETAIL_DELAY_US,
            Class::Pro => 0,
        };
        let at = Wall(now.0 + self.delay_us.unwrap_or(own));
        let no = self.number();
        self.queue.insert((at, no), due);
    }

    fn tick(&mut self, at: Wall) {
        self.next_tick = Wall(at.0 + TICK_MS * 1_000);
        for index in 0..COUNT {
            let ladder = self.markets[index].quoter.step();
            let first = self.next_no;
            let mut used = 0;
            let market = &mut self.markets[index];
            (market.mark, market.index) = (ladder.mark, ladder.index);
            let crossed = requote(&mut market.book, &ladder, &mut || {
                used += 1;
                OrderNo(first + used)
            });
            self.next_no = first + used;
            for order in crossed {
                self.maker_takes(at, index, order.no.0, order.qty);
            }
            self.events.push(Event::Book(index));
        }
    }

    /// Marks of all markets.
    pub fn marks(&self) -> [Price; COUNT] {
        std::array::from_fn(|index| self.markets[index].mark)
    }

    /// Live orders of an account.
    pub fn live_orders(&self, account: usize) -> impl Iterator<Item = &Order> {
        self.orders.values().filter(move |order| order.account == account && order.is_live())
    }

    /// The account's order of this venue id.
    pub fn order_by_id(&self, account: usize, id: &str) -> Option<&Order> {
        self.orders.values().rev().find(|order| order.account == account && order.id == id)
    }

    /// The account's live order of this client id, else its latest one.
    pub fn order_by_client_id(&self, account: usize, client_id: &str) -> Option<&Order> {
        let own = |order: &&Order| order.account == account && order.request.client_id == client_id;
        self.orders.values().rev().filter(own).max_by_key(|order| (order.is_live(), order.no))
    }

    /// Queues a cancel with the delay of the order's class; true when the order still lives.
    pub fn cancel(&mut self, now: Wall, no: u64, class: Class) -> bool {
        let live = self.orders.get(&no).is_some_and(Order::is_live);
        if live {
            self.schedule(now, class, Due::Cancel(no));
        }
        live
    }

    /// New size and price of an open limit order: it keeps its id, loses its place and may take at once.
    pub fn modify(
        &mut self,
        now: Wall,
        order: &Order,
        wanted: &order::OrderRequest,
    ) -> Result<Order, Reject> {
        if order.status != Status::Open {
            return Err(Reject::new("ORDER_IS_NOT_OPEN", format!("order is not open: {}", order.id)));
        }
        let same = (wanted.market, wanted.side, wanted.kind)
            == (order.request.market, order.request.side, order.request.kind);
        if !same || wanted.size <= order.filled() {
            return Err(Reject::new(
                "VALIDATION_ERROR",
                "only size above the filled part and price may change",
            ));
        }
        self.check_shape(wanted)?;
        self.markets[order.request.market].book.cancel(OrderNo(order.no));
        if let Some(changed) = self.orders.get_mut(&order.no) {
            changed.remaining = wanted.size - order.filled();
            (changed.request.size, changed.request.price) = (wanted.size, wanted.price);
            changed.request.signature_timestamp = wanted.signature_timestamp;
            changed.updated = now;
        }
        self.execute(now, order.no);
        Ok(self.orders.get(&order.no).cloned().unwrap_or_else(|| order.clone()))
    }

    /// Takes an order out of the market now.
    pub fn close(&mut self, now: Wall, no: u64, reason: &'static str) {
        let Some(order) = self.orders.get_mut(&no).filter(|order| order.is_live()) else { return };
        order.status = Status::Closed;
        order.cancel_reason = reason;
        order.updated = now;
        let (market, account) = (order.request.market, order.account);
        let snapshot = Box::new(order.clone());
        if self.markets[market].book.cancel(OrderNo(no)).is_some() {
            self.events.push(Event::Book(market));
        }
        self.events.push(Event::Order(snapshot));
        self.events.push(Event::Account(account, market));
    }
}

/// Number of a market by its symbol.
pub fn market_index(symbol: &str) -> Option<usize> {
    MARKETS.iter().position(|rules| rules.symbol == symbol)
}
