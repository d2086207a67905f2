//! A coordinator on a stage: the test plays both venues and the ledger, event by event.

use hedge_fast::coordinator::journal::{Book, Entry, LedgerReport, Memory, Record};
use hedge_fast::coordinator::{
    Action, Coordinator, Event, ExitReason, Imbalance, Mission, Notice, OnRestart, OnVenueDown, Settings,
};
use hedge_fast::domain::{
    Bbo, ClientOrderId, CycleId, Fill, MarketSpec, Mono, OrderIntent, PerVenue, Price, Purpose, Qty,
    QuoteFault, Side, TradeKey, Usd, Venue, Wall,
};
use hedge_fast::venue::{Reaction, Refusal, VenueCommand, VenueReport};
use std::collections::BTreeSet;
use std::time::Duration;

pub const LEDGER: u16 = 7;

pub fn settings() -> Settings {
    Settings {
        margin: Usd::from_whole(100),
        hold_time: Duration::from_secs(60),
        take_profit_ppm: Some(10_000),
        stop_loss_ppm: Some(10_000),
        reverse: false,
        cooldown: Duration::from_secs(1),
        retry_wait: Duration::from_secs(1),
        cycles: Some(1),
        mission: Mission::Trade,
        on_restart: OnRestart::Flatten,
        on_venue_down: OnVenueDown::Hold,
        halt_for: Duration::from_secs(30),
        imbalance: Imbalance::Reduce,
        slippage_ppm: 3_000,
        order_validity: Duration::from_secs(2),
        outcome_deadline: Duration::from_secs(3),
        ready_deadline: Duration::from_secs(20),
        quote_age_max: Duration::from_secs(3),
        failures_max: 5,
        day_loss_max: None,
    }
}

pub fn qty(text: &str) -> Qty {
    text.parse().expect("a size")
}

pub fn price(text: &str) -> Price {
    text.parse().expect("a price")
}

/// A venue of ours as the test plays it: what it holds, and whether it answers by itself.
/// The market's rules at a venue.
pub fn spec(venue: Venue) -> MarketSpec {
    MarketSpec {
        tick: price("0.1"),
        step: if venue == Venue::Paradex { qty("0.00001") } else { qty("0.00002") },
        min_qty: qty("0.0001"),
        min_notional: Usd::from_whole(10),
        max_qty: Qty::from_whole(100),
        max_notional: Usd::from_whole(1_000_000),
    }
}

pub struct Stage {
    pub coordinator: Coordinator,
    pub now: Mono,
    pub positions: PerVenue<Qty>,
    pub sent: Vec<OrderIntent>,
    pub cancelled: Vec<ClientOrderId>,
    pub asked: Vec<ClientOrderId>,
    /// Named ahead, with the moment.
    pub named: Vec<(Mono, OrderIntent)>,
    pub notices: Vec<Notice>,
    pub records: Vec<Record>,
    pub exit: Option<ExitReason>,
    /// Answers nothing about positions while set.
    pub mute: PerVenue<bool>,
    /// Orders of others that rest.
    pub foreign: PerVenue<usize>,
    /// Grants no ids while set.
    no_ids: bool,
    cycles: u32,
    trades: u64,
}

impl Stage {
    pub fn new(settings: Settings, memory: Memory) -> Self {
        Self::begin(settings, memory, false)
    }

    /// With a ledger that gives no ids.
    pub fn without_ids(settings: Settings, memory: Memory) -> Self {
        Self::begin(settings, memory, true)
    }

    fn begin(settings: Settings, memory: Memory, no_ids: bool) -> Self {
        let mut stage = Self {
            coordinator: Coordinator::new(settings, memory),
            now: Mono(1_000_000),
            positions: PerVenue::default(),
            sent: Vec::new(),
            cancelled: Vec::new(),
            asked: Vec::new(),
            named: Vec::new(),
            notices: Vec::new(),
            records: Vec::new(),
            exit: None,
            mute: PerVenue::default(),
            foreign: PerVenue::default(),
            no_ids,
            cycles: 1_000,
            trades: 0,
        };
        stage.event(Event::Begin);
        stage
    }

    /// Both venues up, with quotes; positions are answered as the stage holds them.
    pub fn up(&mut self) {
        for venue in Venue::ALL {
            self.up_at(venue);
        }
        // Two readings of each position have to agree.
        self.pass(Duration::from_millis(1_100));
    }

    pub fn up_at(&mut self, venue: Venue) {
        let spec = spec(venue);
        self.report(venue, VenueReport::Market { contract: venue.to_string(), spec });
        self.report(venue, VenueReport::Balance { free: Usd::from_whole(10_000) });
        self.report(venue, VenueReport::Ready);
        self.quote(venue, "100000", "100001");
    }

    /// Time passes in small steps; the coordinator is woken whenever it asked to be.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now.after(time);
        while self.exit.is_none() {
            let due = self.coordinator.deadline().filter(|due| *due <= until);
            let Some(due) = due else { break };
            self.now = self.now.max(due).after(Duration::from_micros(1));
            self.event(Event::Wake);
        }
        self.now = self.now.max(until);
    }

    pub fn quote(&mut self, venue: Venue, bid: &str, ask: &str) {
        let one = Qty::from_whole(1);
        let bbo = Bbo { bid: price(bid), bid_qty: one, ask: price(ask), ask_qty: one, received: self.now };
        self.event(Event::Quote(venue, Ok(bbo)));
    }

    pub fn no_quote(&mut self, venue: Venue, fault: QuoteFault) {
        self.event(Event::Quote(venue, Err(fault)));
    }

    pub fn report(&mut self, venue: Venue, report: VenueReport) {
        self.event(Event::Report(venue, report));
    }

    /// Executes part of an order at its bound and tells the coordinator.
    pub fn fill(&mut self, order: &OrderIntent, size: &str) {
        let fill = self.execute(order, size);
        self.report(order.venue, VenueReport::Filled(fill));
    }

    /// Executes part of an order; nobody is told.
    pub fn execute(&mut self, order: &OrderIntent, size: &str) -> Fill {
        self.trades += 1;
        let size = qty(size);
        self.positions[order.venue] = self.positions[order.venue] + order.side.signed(size);
        Fill {
            cid: order.cid,
            key: TradeKey::from_text(1, &self.trades.to_string()),
            side: order.side,
            qty: size,
            price: order.bound,
            fee: Usd::ZERO,
            at: Wall(0),
        }
    }

    pub fn end(&mut self, order: &OrderIntent, filled: &str) {
        let report = VenueReport::OrderEnded {
            cid: order.cid,
            filled: qty(filled),
            average: None,
            reason: "closed".to_owned(),
        };
        self.report(order.venue, report);
    }

    /// Fills and ends an order whole.
    pub fn complete(&mut self, order: &OrderIntent) {
        let size = order.qty.to_string();
        self.fill(order, &size);
        self.end(order, &size);
    }

    pub fn refuse(&mut self, order: &OrderIntent, reaction: Reaction) {
        let refusal = Refusal { code: "TEST".to_owned(), text: "refused".to_owned(), reaction };
        self.report(order.venue, VenueReport::OrderRefused { cid: order.cid, refusal });
    }

    /// The last order sent to a venue.
    pub fn last(&self, venue: Venue) -> OrderIntent {
        *self.sent.iter().rfind(|order| order.venue == venue).expect("an order was sent there")
    }

    pub fn count(&self, purpose: Purpose) -> usize {
        self.sent.iter().filter(|order| order.purpose == purpose).count()
    }

    pub fn has(&self, wanted: impl Fn(&Notice) -> bool) -> bool {
        self.notices.iter().any(wanted)
    }

    /// What a ledger with everything recorded so far tells the next run.
    pub fn remembered(&self) -> Memory {
        let mut book = Book::new();
        for record in &self.records {
            book.apply(&Entry { at: Wall(0), record: record.clone() });
        }
        book.memory(LEDGER, Wall(0))
    }

    pub fn event(&mut self, event: Event) {
        let mut queue = vec![event];
        while let Some(event) = queue.pop() {
            if self.exit.is_some() {
                return;
            }
            let mut actions = Vec::new();
            self.coordinator.step(self.now, &event, &mut actions);
            for action in actions {
                self.perform(action, &mut queue);
            }
        }
    }

    fn perform(&mut self, action: Action, queue: &mut Vec<Event>) {
        match action {
            Action::Command(venue, command) => self.command(venue, command, queue),
            Action::Reserve(_) if self.no_ids => {}
            Action::Reserve(wish) => {
                self.cycles += 1;
                let cycle = CycleId::new(LEDGER, self.cycles).expect("in range");
                self.records.push(Record::Reserved { cycle, wish });
                queue.push(Event::Ledger(LedgerReport::Reserved(cycle)));
            }
            Action::Record(record) => self.records.push(record),
            Action::Notice(notice) => self.notices.push(notice),
            Action::Exit(reason) => self.exit = Some(reason),
        }
    }

    fn command(&mut self, venue: Venue, command: VenueCommand, queue: &mut Vec<Event>) {
        let asked = self.now;
        let answer = match command {
            VenueCommand::Submit(intent) => {
                self.check(&intent);
                self.sent.push(intent);
                return;
            }
            VenueCommand::Prepare(intent) => {
                assert!(self.sent.iter().all(|sent| sent.cid != intent.cid), "named after it was sent");
                return self.named.push((self.now, intent));
            }
            VenueCommand::Cancel(cid) => return self.cancelled.push(cid),
            VenueCommand::AskOrder(cid) => return self.asked.push(cid),
            VenueCommand::AskPosition if self.mute[venue] => return,
            VenueCommand::AskPosition => {
                VenueReport::Position { qty: self.positions[venue], asked, answer: true }
            }
            VenueCommand::AskOpenOrders => {
                VenueReport::OpenOrders { asked, own: Vec::new(), foreign: self.foreign[venue] }
            }
            VenueCommand::AskBalance => VenueReport::Balance { free: Usd::from_whole(10_000) },
            VenueCommand::Start | VenueCommand::Shutdown => return,
        };
        queue.insert(0, Event::Report(venue, answer));
    }

    /// What no order may ever break, whatever a test is about.
    fn check(&self, order: &OrderIntent) {
        let ids: BTreeSet<_> = self.sent.iter().map(|sent| sent.cid).collect();
        assert!(!ids.contains(&order.cid), "an id is used twice");
        if order.purpose.reduce_only() {
            let position = self.positions[order.venue];
            assert_eq!(
                Side::of_position(position),
                Some(order.side.opposite()),
                "reduces nothing: {order:?}"
            );
            assert!(order.qty <= position.abs(), "larger than the position: {order:?}");
        }
    }
}
