//! The exchange behind the simulated API: markets, accounts, orders, and time (paradex.md 2, 4, 7). Knows no JSON and no
//! sockets; whoever asks has been identified already.

mod account;
mod checks;
pub mod event;
mod forced;
mod lifecycle;
mod listing;
pub mod margin;
mod market;
mod matching;
mod mishaps;
mod order;
mod risk;
mod settle;

pub use account::{Account, Position};
pub use event::Event;
pub use lifecycle::Change;
pub use listing::{Listing, Symbol};
pub use market::{Funding, Levels, Market};
pub use mishaps::Shape;
pub use order::{Fill, ModifyInfo, NewOrder, Order, Trade};
pub use settle::{MAKER_FEE_E8, TAKER_FEE_E8};

use super::options::{AccountSetup, ParadexOptions, Switches};
pub use super::words::FillKind;
use crate::domain::{Price, Side, Usd, Wall};
use crate::signing::stark::Felt;
use crate::sim::exchange::book::{OrderNo, Owner};
use crate::sim::market::TICK_MS;
use event::{ShownAccount, ShownPosition};
use lifecycle::Task;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the venue does at the moment (paradex.md 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemStatus {
    /// Everything.
    Ok,
    /// Nothing.
    Maintenance,
    /// Cancels.
    CancelOnly,
    /// Cancels and orders that only rest.
    PostOnly,
}

impl SystemStatus {
    /// The venue's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Maintenance => "maintenance",
            Self::CancelOnly => "cancel_only",
            Self::PostOnly => "post_only",
        }
    }
}

/// The exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What the venue does at the moment.
    pub status: SystemStatus,
    /// Fees taken since the start.
    pub fees: Usd,
    pub(super) switches: Switches,
    retail_delay: Duration,
    now: Wall,
    next_tick: Wall,
    next_second: i64,
    markets: [Market; 3],
    /// By owner number; the first is the market maker.
    accounts: Vec<Account>,
    orders: BTreeMap<OrderNo, Order>,
    ids: BTreeMap<String, OrderNo>,
    client_ids: BTreeMap<(Owner, String), OrderNo>,
    fills: Vec<Fill>,
    funding_payments: Vec<event::FundingPayment>,
    tasks: BTreeMap<(Wall, u64), Task>,
    counter: u64,
    last_seq: i64,
    events: Vec<Event>,
    busts: Vec<event::Bust>,
    mishaps: mishaps::Mishaps,
}

impl Exchange {
    /// An exchange with the accounts of the options, opened at `start`.
    pub fn new(options: &ParadexOptions, start: Wall) -> Self {
        let mut counter = 0;
        let mut next_no = || {
            counter += 1;
            OrderNo(counter)
        };
        let markets = Symbol::ALL.map(|symbol| {
            let params = &options.markets[symbol.index()];
            Market::new(options.seed, symbol, params, start, &mut next_no)
        });
        let house = Account::new(Owner::MAKER, Felt::ZERO, Felt::ZERO, String::new(), Usd::ZERO);
        let mut exchange = Self {
            status: SystemStatus::Ok,
            fees: Usd::ZERO,
            switches: options.switches,
            retail_delay: options.retail_delay(),
            now: start,
            next_tick: start.after(TICK),
            next_second: start.secs() + 1,
            markets,
            accounts: vec![house],
            orders: BTreeMap::new(),
            ids: BTreeMap::new(),
            client_ids: BTreeMap::new(),
            fills: Vec::new(),
            funding_payments: Vec::new(),
            tasks: BTreeMap::new(),
            counter,
            last_seq: 0,
            events: Vec::new(),
            busts: Vec::new(),
            mishaps: mishaps::Mishaps::default(),
        };
        for setup in &options.accounts {
            exchange.add_account(setup);
        }
        exchange
    }

    /// Registers an account.
    pub fn add_account(&mut self, setup: &AccountSetup) -> Owner {
        let owner = Owner(self.accounts.len() as u64);
        let l1_address = setup.l1_address.clone();
        let mut account = Account::new(owner, setup.address, setup.public_key, l1_address, setup.balance);
        account.subkeys.clone_from(&setup.subkeys);
        (account.updated_at, account.created_at) = (self.now, self.now);
        self.accounts.push(account);
        owner
    }

    /// The exchange's time.
    pub fn now(&self) -> Wall {
        self.now
    }

    /// A market.
    pub fn market(&self, symbol: Symbol) -> &Market {
        &self.markets[symbol.index()]
    }

    fn market_mut(&mut self, symbol: Symbol) -> &mut Market {
        &mut self.markets[symbol.index()]
    }

    /// An account; owners come from this exchange.
    pub fn account(&self, owner: Owner) -> &Account {
        &self.accounts[owner.0 as usize]
    }

    /// An account, to be changed.
    pub fn account_mut(&mut self, owner: Owner) -> &mut Account {
        &mut self.accounts[owner.0 as usize]
    }

    /// Accounts of clients.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts[1..]
    }

    /// The market maker on the other side of everything.
    pub fn house(&self) -> &Account {
        &self.accounts[0]
    }

    /// The account at an address.
    pub fn account_at(&self, address: &Felt) -> Option<&Account> {
        self.accounts().iter().find(|account| account.address == *address)
    }

    /// An order of an account by the venue's id.
    pub fn by_id(&self, owner: Owner, id: &str) -> Option<&Order> {
        self.ids.get(id).and_then(|no| self.orders.get(no)).filter(|order| order.owner == owner)
    }

    /// The latest order of an account with this client id.
    pub fn by_client_id(&self, owner: Owner, client_id: &str) -> Option<&Order> {
        self.client_ids.get(&(owner, client_id.to_owned())).and_then(|no| self.orders.get(no))
    }

    /// Orders of an account that have not ended, oldest first.
    pub fn alive(&self, owner: Owner) -> impl Iterator<Item = &Order> {
        self.account(owner).alive.iter().filter_map(|no| self.orders.get(no))
    }

    /// All orders of an account, newest first.
    pub fn history(&self, owner: Owner) -> impl Iterator<Item = &Order> {
        self.orders.values().rev().filter(move |order| order.owner == owner)
    }

    /// All fills of an account, newest first.
    pub fn fills(&self, owner: Owner) -> impl Iterator<Item = &Fill> {
        self.fills.iter().rev().filter(move |fill| fill.owner == owner)
    }

    /// All funding settlements of an account, newest first.
    pub fn funding_payments(&self, owner: Owner) -> impl Iterator<Item = &event::FundingPayment> {
        self.funding_payments.iter().rev().filter(move |payment| payment.owner == owner)
    }

    /// What happened since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Where the price band ends for the aggressive side.
    pub fn band(&self, symbol: Symbol, side: Side) -> Price {
        let width = symbol.listing().band_ppm;
        let mark = self.market(symbol).mark;
        match side {
            Side::Buy => mark.scaled_ppm(width),
            Side::Sell => mark.scaled_ppm(-width),
        }
    }

    /// A position as it is shown.
    pub fn shown_position(&self, owner: Owner, symbol: Symbol) -> ShownPosition {
        let (account, market) = (self.account(owner), self.market(symbol));
        ShownPosition {
            owner,
            symbol,
            position: account.position(symbol).clone(),
            mark: market.mark,
            funding_index: market.funding.index,
            leverage: account.leverage[symbol.index()],
            liquidation: self.liquidation_price(account, symbol),
        }
    }

    /// An account as it is shown.
    pub fn shown_account(&self, owner: Owner) -> ShownAccount {
        ShownAccount { account: self.account(owner).clone(), margin: self.margin(owner, None) }
    }

    /// When something is due next.
    pub fn next_due(&self) -> Wall {
        let task = self.tasks.keys().next().map(|(at, _)| *at);
        task.map_or(self.next_tick, |task| task.min(self.next_tick))
    }

    /// Does everything due up to `now`, in its order.
    pub fn advance(&mut self, now: Wall) {
        while self.next_due() <= now {
            let due = self.next_due();
            self.now = self.now.max(due);
            match self.tasks.first_entry().filter(|entry| entry.key().0 == due) {
                Some(entry) => {
                    let task = entry.remove();
                    self.run(task);
                }
                None => self.tick(),
            }
        }
        self.now = self.now.max(now);
    }

    fn tick(&mut self) {
        self.next_tick = self.next_tick.after(TICK);
        let second = self.now.secs() >= self.next_second;
        if second {
            self.next_second = self.now.secs() + 1;
        }
        for symbol in Symbol::ALL {
            if second {
                let now = self.now;
                self.market_mut(symbol).accrue_funding(now);
                self.events.push(Event::FundingRate(symbol));
            }
            self.requote(symbol);
            self.trigger_orders(symbol);
        }
    }

    fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// About 28 decimal digits: the time in microseconds and a counter.
    fn next_id(&mut self) -> String {
        let number = self.next_number();
        format!("{}{:08}0000", self.now.0.max(0), number % 100_000_000)
    }

    /// Rising, not consecutive, near the clock in nanoseconds.
    fn next_seq(&mut self) -> i64 {
        self.last_seq = self.now.0.saturating_mul(1_000).max(self.last_seq + 1);
        self.last_seq
    }
}

const TICK: Duration = Duration::from_millis(TICK_MS.unsigned_abs());
