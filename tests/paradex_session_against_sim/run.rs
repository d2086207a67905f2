//! The session and the venue in one world, and what was told in it.

use hedge_fast::domain::{
    Bbo, ClientOrderId, Fill, Mono, OrderIntent, Purpose, Qty, QuoteFault, Side, Usd, Venue, Wall,
};
use hedge_fast::sim::credentials::Credentials;
use hedge_fast::sim::exchange::book::Owner;
use hedge_fast::sim::faults::{Faulty, parse};
use hedge_fast::sim::paradex::{AccountSetup, ParadexOptions, ParadexSim};
use hedge_fast::sim::rng::Rng;
use hedge_fast::sim::world::{Network, What, World};
use hedge_fast::venue::paradex::session::{ParadexConfig, ParadexSession};
use hedge_fast::venue::{AheadNews, OrderAnswer, Reaction, VenueCommand, VenueReport};
use std::time::Duration;

pub const SEED: u64 = 5;
pub const EPOCH: Wall = Wall(1_795_000_000_250_000);
pub const DELAY: Duration = Duration::from_millis(5);
pub const SECOND: Duration = Duration::from_secs(1);
/// The only client of the venue.
pub const TRADER: Owner = Owner(1);

pub fn options() -> ParadexOptions {
    let keys = Credentials::of_seed(SEED);
    let mut options = ParadexOptions::new(SEED);
    options.accounts.push(AccountSetup {
        l1_address: keys.l1_key.address().to_string(),
        address: options.classes.account_address(keys.paradex_key.public_key()),
        public_key: keys.paradex_key.public_key(),
        subkeys: Vec::new(),
        balance: Usd::from_whole(10_000),
    });
    options
}

pub fn config() -> ParadexConfig {
    ParadexConfig {
        rest_url: "http://paradex.test/v1".to_owned(),
        ws_url: "ws://paradex.test/v1".to_owned(),
        market: "BTC-USD-PERP".to_owned(),
        key: Credentials::of_seed(SEED).paradex_key,
        account: None,
        retail: true,
        sent_before: Vec::new(),
    }
}

/// A world and everything told in it so far.
pub struct Run {
    pub world: World<ParadexSession, Faulty<ParadexSim>>,
    pub reports: Vec<(Mono, VenueReport)>,
    pub quotes: Vec<(Mono, Result<Bbo, QuoteFault>)>,
    pub ahead: Vec<AheadNews>,
}

impl Run {
    pub fn new(config: ParadexConfig, options: ParadexOptions, plan: &str) -> Self {
        let rules = parse(plan).expect("a plan").rules_of(Venue::Paradex);
        let session = ParadexSession::new(config, Box::new(Rng::stream(SEED, "entropy")));
        let venue = Faulty::new(ParadexSim::new(options, EPOCH), rules, SEED, "faults", EPOCH);
        let world = World::new(session, venue, Network::new(SEED, DELAY), EPOCH);
        let mut run = Self { world, reports: Vec::new(), quotes: Vec::new(), ahead: Vec::new() };
        run.command(VenueCommand::Start);
        run
    }

    pub fn ready() -> Self {
        Self::ready_with(options(), "")
    }

    pub fn ready_with(options: ParadexOptions, plan: &str) -> Self {
        let mut run = Self::new(config(), options, plan);
        run.until_ready();
        run
    }

    pub fn until_ready(&mut self) {
        self.wait_for("Ready", |report| (*report == VenueReport::Ready).then_some(()));
        self.pass(Duration::from_millis(500));
        self.until_quoted();
    }

    /// Waits until the last quote told is a good one.
    pub fn until_quoted(&mut self) {
        for _ in 0..300 {
            if self.quotes.last().is_some_and(|(_, quote)| quote.is_ok()) {
                return;
            }
            self.pass(Duration::from_millis(100));
        }
        panic!("no good quote in half a minute; the last: {:?}", self.quotes.last());
    }

    pub fn command(&mut self, command: VenueCommand) {
        self.world.command(command);
        self.collect();
    }

    pub fn pass(&mut self, time: Duration) {
        self.world.run_for(time).expect("not stuck");
        self.collect();
    }

    pub fn collect(&mut self) {
        for told in self.world.take_told() {
            match told.what {
                What::Report(report) => self.reports.push((told.at, report)),
                What::Quote(quote) => self.quotes.push((told.at, quote)),
                What::Log(..) => {}
                What::Ahead(news) => self.ahead.push(news),
            }
        }
    }

    /// The first report that `pick` takes, waiting up to a minute for it; it and all before it are dropped.
    pub fn wait_for<T>(&mut self, what: &str, mut pick: impl FnMut(&VenueReport) -> Option<T>) -> T {
        for _ in 0..60_000 {
            let found = self.reports.iter().enumerate().find_map(|(i, (_, report))| Some((i, pick(report)?)));
            if let Some((i, found)) = found {
                self.reports.drain(..=i);
                return found;
            }
            self.pass(Duration::from_millis(1));
        }
        panic!("{what} never came; told: {:?}", self.reports);
    }

    pub fn quote(&self) -> Bbo {
        self.quotes.iter().rev().find_map(|(_, quote)| quote.ok()).expect("a good quote")
    }

    pub fn order(
        &self,
        number: u64,
        purpose: Purpose,
        side: Side,
        size: &str,
        bound_ppm: i64,
    ) -> OrderIntent {
        let tick = "0.1".parse().expect("a price");
        let touch = self.quote().touch(side);
        let bound = match side {
            Side::Buy => touch.scaled_ppm(bound_ppm).floor_to(tick),
            Side::Sell => touch.scaled_ppm(-bound_ppm).ceil_to(tick),
        };
        let valid_for = Duration::from_secs(2);
        OrderIntent {
            cid: cid(number),
            venue: Venue::Paradex,
            purpose,
            side,
            qty: qty(size),
            bound,
            valid_for,
        }
    }

    pub fn submit(&mut self, intent: OrderIntent) {
        self.command(VenueCommand::Submit(intent));
    }

    pub fn end(&mut self, number: u64) -> Qty {
        self.wait_for("the end of the order", |report| match report {
            VenueReport::OrderEnded { cid, filled, .. } if cid.number() == number => Some(*filled),
            _ => None,
        })
    }

    pub fn refused(&mut self) -> (String, Reaction) {
        self.wait_for("the refusal", |report| match report {
            VenueReport::OrderRefused { refusal, .. } => Some((refusal.text.clone(), refusal.reaction)),
            _ => None,
        })
    }

    pub fn ask(&mut self, number: u64) -> OrderAnswer {
        self.command(VenueCommand::AskOrder(cid(number)));
        self.wait_for("the answer", |report| match report {
            VenueReport::OrderAnswer { answer, .. } => Some(answer.clone()),
            _ => None,
        })
    }

    /// This process ends without a word and another begins, which knows nothing.
    pub fn restart(&mut self) {
        let entropy = Box::new(Rng::stream(SEED + 1, "entropy"));
        self.world.restart(ParadexSession::new(config(), entropy));
        self.collect();
        self.reports.clear();
        self.quotes.clear();
        self.command(VenueCommand::Start);
        self.until_ready();
    }

    /// What rests, by the session's word.
    pub fn resting(&mut self) -> Option<(Vec<ClientOrderId>, usize)> {
        self.reports.clear();
        self.command(VenueCommand::AskOpenOrders);
        self.wait_for("the list", |report| match report {
            VenueReport::OpenOrders { own, foreign, .. } => Some(Some((own.clone(), *foreign))),
            VenueReport::AskFailed { .. } => Some(None),
            _ => None,
        })
    }

    /// What the venue itself holds.
    pub fn truth(&self) -> Qty {
        self.world.venue().venue().position(0, "BTC-USD-PERP").expect("the trader")
    }

    pub fn orders_at_venue(&self) -> usize {
        self.world.venue().venue().exchange().history(TRADER).count()
    }

    pub fn fills(&self) -> Vec<Fill> {
        let fill = |(_, report): &(Mono, VenueReport)| {
            if let VenueReport::Filled(fill) = report { Some(*fill) } else { None }
        };
        self.reports.iter().filter_map(fill).collect()
    }

    pub fn count(&self, pick: impl Fn(&VenueReport) -> bool) -> usize {
        self.reports.iter().filter(|(_, report)| pick(report)).count()
    }

    /// One order opens, one closes; the venue's word and ours agree.
    pub fn round_trip(&mut self, first: u64) {
        self.submit(self.order(first, Purpose::Open, Side::Buy, "0.01", 3_000));
        assert_eq!(self.end(first), qty("0.01"));
        self.submit(self.order(first + 1, Purpose::Close, Side::Sell, "0.01", 3_000));
        assert_eq!(self.end(first + 1), qty("0.01"));
        assert_eq!(self.truth(), Qty::ZERO);
    }
}

pub fn cid(number: u64) -> ClientOrderId {
    ClientOrderId::from_number(number).expect("in range")
}

pub fn qty(text: &str) -> Qty {
    text.parse().expect("a size")
}

pub fn ended(answer: &OrderAnswer) -> Option<Qty> {
    if let OrderAnswer::Ended { filled, .. } = answer { Some(*filled) } else { None }
}
