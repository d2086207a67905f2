//! Two venues at event level that misbehave by the dice, and a run of the coordinator against them.

use hedge_fast::coordinator::journal::{LedgerReport, Memory};
use hedge_fast::coordinator::{
    Action, Coordinator, Event, ExitReason, Imbalance, Mission, Notice, OnRestart, OnVenueDown, Settings,
};
use hedge_fast::domain::{
    Bbo, ClientOrderId, CycleId, Fill, MarketSpec, Mono, OrderIntent, PerVenue, Price, Purpose, Qty, Side,
    TradeKey, Usd, Venue, Wall,
};
use hedge_fast::venue::{OrderAnswer, Reaction, Refusal, TradingState, VenueCommand, VenueReport};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub const MS: u64 = 1_000_000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// What a venue does with one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Full,
    /// A third.
    Partial,
    /// Two thirds.
    Most,
    Nothing,
    Refused,
    LostBeforeVenue,
    AckLostFilled,
    AckLostPartial,
    NeverEndsUntilCancel,
    ArrivesLate,
}

const FATES: [Fate; 9] = [
    Fate::Full,
    Fate::Partial,
    Fate::Nothing,
    Fate::Refused,
    Fate::LostBeforeVenue,
    Fate::AckLostFilled,
    Fate::AckLostPartial,
    Fate::NeverEndsUntilCancel,
    Fate::ArrivesLate,
];

#[derive(Default)]
pub struct Truth {
    pub position: Qty,
    pub orders: BTreeMap<ClientOrderId, (Qty, bool)>,
    pub seen: BTreeSet<ClientOrderId>,
}

pub struct World {
    dice: Dice,
    now: u64,
    queue: BTreeMap<(u64, u64), Event>,
    /// Orders on their way to a venue, with the time they get there.
    late: Vec<(u64, Venue, OrderIntent)>,
    serial: u64,
    cycles: u32,
    pub truth: PerVenue<Truth>,
    faults_per_mille: u64,
    pub violations: Vec<String>,
    qty_max: Qty,
    naked_since: Option<u64>,
    pub longest_naked: u64,
    last_alarm: Option<u64>,
    closed: Option<Closed>,
    /// What becomes of the first opening order at each venue.
    pub opening: PerVenue<Option<Fate>>,
}

/// A venue that takes no orders between two moments, which it says at once or does not.
#[derive(Clone, Copy)]
pub struct Closed {
    pub venue: Venue,
    pub from: u64,
    pub until: u64,
    pub told: bool,
}

impl World {
    fn at(&mut self, delay_ms: u64, event: Event) {
        self.serial += 1;
        self.queue.insert((self.now + delay_ms * MS, self.serial), event);
    }

    fn report(&mut self, delay_ms: u64, venue: Venue, report: VenueReport) {
        self.at(delay_ms, Event::Report(venue, report));
    }

    fn quote(&mut self, venue: Venue) {
        let mid = 9_680_000_000_000 + i64::try_from(self.dice.below(2_000_000_000)).expect("small");
        let bbo = Bbo {
            bid: Price::from_units(mid / 10_000_000 * 10_000_000),
            bid_qty: Qty::from_whole(1),
            ask: Price::from_units(mid / 10_000_000 * 10_000_000 + 10_000_000),
            ask_qty: Qty::from_whole(1),
            received: Mono(self.now),
        };
        self.at(0, Event::Quote(venue, Ok(bbo)));
    }

    fn command(&mut self, venue: Venue, command: VenueCommand) {
        let latency = 1 + self.dice.below(40);
        match command {
            VenueCommand::Start => self.start(venue),
            VenueCommand::Submit(intent) => self.submit(venue, intent),
            VenueCommand::Prepare(_) => {}
            VenueCommand::Cancel(cid) => self.cancel(venue, cid, latency),
            VenueCommand::AskOrder(cid) => {
                let answer = match self.truth[venue].orders.get(&cid) {
                    _ if self.dice.below(5) == 0 => OrderAnswer::Failed("no answer".to_owned()),
                    None => OrderAnswer::NotFound,
                    Some((filled, true)) => {
                        OrderAnswer::Ended { filled: *filled, average: None, reason: "closed".to_owned() }
                    }
                    Some((filled, false)) => OrderAnswer::Working { filled: *filled },
                };
                let asked = Mono(self.now);
                self.report(latency, venue, VenueReport::OrderAnswer { cid, asked, answer });
            }
            VenueCommand::AskPosition => {
                let (qty, asked) = (self.truth[venue].position, Mono(self.now));
                let report = match self.dice.below(10) {
                    0 => VenueReport::AskFailed { cause: "no answer".to_owned() },
                    // A reading from a lagging replica: zero, whatever is held.
                    1 if self.faults_per_mille > 0 => {
                        VenueReport::Position { qty: Qty::ZERO, asked, answer: true }
                    }
                    _ => VenueReport::Position { qty, asked, answer: true },
                };
                self.report(latency, venue, report);
            }
            VenueCommand::AskOpenOrders => {
                let report = VenueReport::OpenOrders { asked: Mono(self.now), own: Vec::new(), foreign: 0 };
                self.report(latency, venue, report);
            }
            VenueCommand::AskBalance => {
                self.report(latency, venue, VenueReport::Balance { free: Usd::from_whole(10_000) });
            }
            VenueCommand::Shutdown => {}
        }
    }

    fn start(&mut self, venue: Venue) {
        let spec = MarketSpec {
            tick: Price::from_units(10_000_000),
            step: Qty::from_units(1_000),
            min_qty: Qty::from_units(7_000),
            min_notional: Usd::from_whole(10),
            max_qty: Qty::from_whole(100),
            max_notional: Usd::from_whole(1_000_000),
        };
        self.report(5, venue, VenueReport::Market { contract: "BTC".to_owned(), spec });
        self.report(6, venue, VenueReport::Balance { free: Usd::from_whole(10_000) });
        self.report(7, venue, VenueReport::Ready);
        self.quote(venue);
    }

    fn submit(&mut self, venue: Venue, intent: OrderIntent) {
        if !self.truth[venue].seen.insert(intent.cid) {
            self.violations.push(format!("{} was sent twice", intent.cid));
        }
        if intent.purpose != Purpose::Open && !intent.purpose.reduce_only() {
            self.violations.push(format!("{} is not reduce-only", intent.cid));
        }
        let now = self.now;
        if self.closed.is_some_and(|shut| shut.venue == venue && (shut.from..shut.until).contains(&now)) {
            return self.refuse(venue, intent.cid, Reaction::VenueClosed);
        }
        let faulty = self.dice.below(1000) < self.faults_per_mille;
        let fate =
            if faulty { FATES[usize::try_from(self.dice.below(9)).expect("small")] } else { Fate::Full };
        let fate = match self.opening[venue].take_if(|_| intent.purpose == Purpose::Open) {
            Some(scripted) => scripted,
            None => fate,
        };
        let position = self.truth[venue].position;
        let reducible = if Side::of_position(position) == Some(intent.side.opposite()) {
            position.abs()
        } else {
            Qty::ZERO
        };
        if intent.purpose.reduce_only() && reducible.is_zero() {
            return self.refuse(venue, intent.cid, Reaction::ReadPosition);
        }
        let most = if intent.purpose.reduce_only() { intent.qty.min(reducible) } else { intent.qty };
        let part = Qty::from_units(most.units() / 3).floor_to(Qty::from_units(1_000));
        match fate {
            Fate::Refused => self.refuse(venue, intent.cid, Reaction::Unknown),
            Fate::LostBeforeVenue => {
                let cause = "cut".to_owned();
                self.report(5, venue, VenueReport::OrderUnknown { cid: intent.cid, cause });
            }
            Fate::Full => self.execute(venue, intent, most, true),
            Fate::Partial => self.execute(venue, intent, part, true),
            Fate::Most => self.execute(venue, intent, part + part, true),
            Fate::Nothing => self.execute(venue, intent, Qty::ZERO, true),
            Fate::AckLostFilled => self.execute(venue, intent, most, false),
            Fate::AckLostPartial => self.execute(venue, intent, part, false),
            Fate::ArrivesLate => {
                // Within its validity: "not found" proves nothing before that has passed.
                self.late.push((self.now + 1_500 * MS, venue, intent));
                let cause = "cut".to_owned();
                self.report(5, venue, VenueReport::OrderUnknown { cid: intent.cid, cause });
            }
            Fate::NeverEndsUntilCancel => {
                self.truth[venue].orders.insert(intent.cid, (Qty::ZERO, false));
            }
        }
    }

    /// Orders that reach their venue now are executed whole, as far as a reduce-only one may be.
    fn arrive(&mut self) {
        let now = self.now;
        let due: Vec<_> = self.late.extract_if(.., |(at, ..)| *at <= now).collect();
        for (_, venue, intent) in due {
            let position = self.truth[venue].position;
            let opposite = Side::of_position(position) == Some(intent.side.opposite());
            let reducible = if opposite { position.abs() } else { Qty::ZERO };
            let most = if intent.purpose.reduce_only() { intent.qty.min(reducible) } else { intent.qty };
            self.execute(venue, intent, most, false);
        }
    }

    fn refuse(&mut self, venue: Venue, cid: ClientOrderId, reaction: Reaction) {
        let refusal = Refusal { code: "21739".to_owned(), text: "no".to_owned(), reaction };
        self.report(3, venue, VenueReport::OrderRefused { cid, refusal });
    }

    fn execute(&mut self, venue: Venue, intent: OrderIntent, filled: Qty, told: bool) {
        let truth = &mut self.truth[venue];
        truth.position = truth.position + intent.side.signed(filled);
        truth.orders.insert(intent.cid, (filled, true));
        if !told {
            let cause = "cut".to_owned();
            return self.report(5, venue, VenueReport::OrderUnknown { cid: intent.cid, cause });
        }
        let mut parts = vec![filled];
        if self.dice.below(2) == 0 && filled.units() > 2_000 {
            parts = vec![Qty::from_units(1_000), filled - Qty::from_units(1_000)];
        }
        for (index, qty) in parts.into_iter().enumerate().filter(|(_, qty)| qty.is_positive()) {
            let key = TradeKey::from_text(u8::try_from(index).expect("small"), &intent.cid.to_string());
            let fill = Fill {
                cid: intent.cid,
                key,
                side: intent.side,
                qty,
                price: intent.bound,
                fee: Usd::ZERO,
                at: Wall(0),
            };
            for _ in 0..=self.dice.below(2) {
                let delay = 300 + self.dice.below(30);
                self.report(delay, venue, VenueReport::Filled(fill));
            }
        }
        let delay = 300 + self.dice.below(30);
        let reason = "closed".to_owned();
        let ended = VenueReport::OrderEnded { cid: intent.cid, filled, average: Some(intent.bound), reason };
        self.report(delay, venue, ended);
        let delay = 300 + self.dice.below(30);
        self.report(delay, venue, VenueReport::OrderAcked { cid: intent.cid });
        let (qty, asked) = (self.truth[venue].position, Mono(self.now));
        self.report(340, venue, VenueReport::Position { qty, asked, answer: false });
    }

    fn cancel(&mut self, venue: Venue, cid: ClientOrderId, latency: u64) {
        if let Some(order) = self.truth[venue].orders.get_mut(&cid)
            && !order.1
        {
            order.1 = true;
            let (filled, reason) = (order.0, "cancelled".to_owned());
            self.report(latency, venue, VenueReport::OrderEnded { cid, filled, average: None, reason });
        }
    }

    /// What is only rehearsed has left no trace: its ids are still to be used.
    fn expect_unused(&mut self, orders: &[OrderIntent]) {
        let used = |order: &&OrderIntent| self.truth[order.venue].seen.contains(&order.cid);
        let used: Vec<String> = orders.iter().filter(used).map(|order| format!("{order:?}")).collect();
        self.violations.extend(used);
    }

    fn check(&mut self) {
        for venue in Venue::ALL {
            if self.truth[venue].position.abs() > self.qty_max {
                let position = self.truth[venue].position;
                self.violations.push(format!("{venue} holds {position}, more than one leg"));
            }
        }
        let net = self.truth.paradex.position + self.truth.lighter.position;
        if net.is_zero() {
            self.naked_since = None;
        } else {
            let since = *self.naked_since.get_or_insert(self.now);
            self.longest_naked = self.longest_naked.max(self.now - since);
            // An alarm stands while it is repeated, which happens every ten seconds.
            let alarm_stands = self.last_alarm.is_some_and(|at| self.now - at <= 10_500 * MS);
            if self.now - since > 7_000 * MS && !alarm_stands {
                self.violations.push(format!("naked for 7 s at {} ms without an alarm", self.now / MS));
            }
        }
    }
}

pub fn settings(cycles: u64, reverse: bool) -> Settings {
    Settings {
        margin: Usd::from_whole(100),
        hold_time: Duration::from_secs(2),
        take_profit_ppm: Some(500_000),
        stop_loss_ppm: Some(500_000),
        reverse,
        cooldown: Duration::from_secs(1),
        retry_wait: Duration::from_secs(1),
        cycles: Some(cycles),
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
        failures_max: 1_000,
        day_loss_max: None,
    }
}

pub struct RunEnd {
    pub world: World,
    pub exit: ExitReason,
    pub notices: Vec<Notice>,
    pub stepped: u64,
    /// Orders by purpose: all that were sent, and those that a rehearsal at the same moment had named.
    pub orders: BTreeMap<Purpose, Rehearsed>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rehearsed {
    pub sent: usize,
    pub foreseen: usize,
}

pub fn run(seed: u64, faults_per_mille: u64, settings: Settings, stop_after: Option<u64>) -> RunEnd {
    run_in(world(seed, faults_per_mille, None), settings, stop_after)
}

/// A run whose first pair of opening orders meets these fates; nothing else goes wrong.
pub fn run_scripted(settings: Settings, opening: PerVenue<Fate>) -> RunEnd {
    let mut world = world(1, 0, None);
    world.opening = opening.map(Some);
    run_in(world, settings, None)
}

/// A run in which one venue takes nothing between two moments.
pub fn run_closed(
    seed: u64,
    faults_per_mille: u64,
    settings: Settings,
    stop_after: Option<u64>,
    closed: Option<Closed>,
) -> RunEnd {
    run_in(world(seed, faults_per_mille, closed), settings, stop_after)
}

fn world(seed: u64, faults_per_mille: u64, closed: Option<Closed>) -> World {
    let mut world = World {
        dice: Dice(seed),
        now: MS,
        queue: BTreeMap::new(),
        late: Vec::new(),
        serial: 0,
        cycles: 0,
        truth: PerVenue::from_fn(|_| Truth::default()),
        faults_per_mille,
        violations: Vec::new(),
        qty_max: Qty::from_units(104_000),
        naked_since: None,
        longest_naked: 0,
        last_alarm: None,
        closed,
        opening: PerVenue::default(),
    };
    if let Some(Closed { venue, from, until, told }) = closed {
        if told {
            let words = TradingState::Closed("maintenance".to_owned());
            world.report(from / MS, venue, VenueReport::Trading(words));
        }
        world.report(until / MS, venue, VenueReport::Trading(TradingState::Open));
    }
    world
}

fn run_in(mut world: World, settings: Settings, stop_after: Option<u64>) -> RunEnd {
    let seed = world.dice.0;
    let mut coordinator = Coordinator::new(settings, Memory { ledger: 1, ..Memory::default() });
    let mut notices = Vec::new();
    let mut next_quote = MS;
    let mut stepped = 0;
    let mut stop_after = stop_after;
    let mut orders = BTreeMap::<Purpose, Rehearsed>::new();
    world.at(0, Event::Begin);
    loop {
        let queued = world.queue.keys().next().map(|key| key.0);
        let wake = coordinator.deadline().map(|deadline| deadline.0.max(world.now));
        let late = world.late.iter().map(|(at, ..)| *at).min();
        let next =
            queued.into_iter().chain(wake).chain(late).chain([next_quote]).min().expect("quotes never end");
        world.now = next;
        world.arrive();
        assert!(world.now < 3_600_000 * MS, "seed {seed}: no end after an hour");
        if next == next_quote {
            next_quote += 250 * MS;
            world.quote(Venue::Paradex);
            world.quote(Venue::Lighter);
        }
        let event = match world.queue.first_key_value() {
            Some(((due, _), _)) if *due <= next => world.queue.pop_first().expect("just seen").1,
            _ => Event::Wake,
        };
        let event = match stop_after {
            Some(steps) if stepped >= steps => {
                stop_after = None;
                Event::StopRequested
            }
            _ => event,
        };
        stepped += 1;
        let likely = coordinator.rehearse(Mono(world.now));
        world.expect_unused(&likely);
        let mut actions = Vec::new();
        coordinator.step(Mono(world.now), &event, &mut actions);
        for action in actions {
            if let Action::Command(_, VenueCommand::Submit(intent)) = &action {
                let count = orders.entry(intent.purpose).or_default();
                count.sent += 1;
                // The bound is made from the quote of the moment.
                let is_it = |named: &&OrderIntent| OrderIntent { bound: intent.bound, ..**named } == *intent;
                count.foreseen += likely.iter().filter(is_it).count();
            }
            match action {
                Action::Command(venue, command) => world.command(venue, command),
                Action::Reserve(_) => {
                    world.cycles += 1;
                    let cycle = CycleId::new(1, world.cycles).expect("few cycles");
                    world.at(1, Event::Ledger(LedgerReport::Reserved(cycle)));
                }
                Action::Record(_) => {}
                Action::Notice(notice) => {
                    if matches!(notice, Notice::NakedAlarm { .. }) {
                        world.last_alarm = Some(world.now);
                    }
                    notices.push(notice);
                }
                Action::Exit(exit) => {
                    world.check();
                    return RunEnd { world, exit, notices, stepped, orders };
                }
            }
        }
        world.check();
    }
}
