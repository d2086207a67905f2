//! The session and the venue in one world, and what was told in it.

pub use hedge_fast::domain::{
    Bbo, ClientOrderId, Fill, Mono, OrderIntent, Purpose, Qty, Side, Usd, Venue, Wall,
};
pub use hedge_fast::sim::credentials::{Credentials, LIGHTER_ACCOUNT_INDEX, LIGHTER_API_KEY_INDEX};
pub use hedge_fast::sim::lighter::{AccountSetup, ExpiredToken, Fault, LighterSim, Options, SendReply, Tier};
pub use hedge_fast::sim::rng::Rng;
pub use hedge_fast::sim::world::{DialFate, HttpFate, Network, What, World};
pub use hedge_fast::venue::lighter::nonce::NonceRule;
pub use hedge_fast::venue::lighter::quota::Limits;
pub use hedge_fast::venue::lighter::tx::KeySlot;
pub use hedge_fast::venue::lighter::{LighterConfig, LighterSession, Timing};
pub use hedge_fast::venue::{
    AheadNews, ForeignMove, OrderAnswer, Reaction, Session, TradingState, VenueCommand, VenueReport,
};
pub use std::time::Duration;

pub const SEED: u64 = 5;
pub const EPOCH: Wall = Wall(1_795_000_000_250_000);
pub const DELAY: Duration = Duration::from_millis(5);

pub fn slot() -> KeySlot {
    let account = i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small");
    KeySlot::new(account, i64::from(LIGHTER_API_KEY_INDEX)).expect("in range")
}

pub fn options(seed: u64) -> Options {
    let keys = Credentials::of_seed(SEED);
    let account = AccountSetup {
        index: i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small"),
        l1_address: keys.l1_key.address().to_string(),
        api_keys: vec![(LIGHTER_API_KEY_INDEX, keys.lighter_key.public_key().0)],
        balance: 10_000_000_000,
        tier: Tier::Standard,
        maker_only: Vec::new(),
    };
    Options { accounts: vec![account], ..Options::new(seed) }
}

pub fn config() -> LighterConfig {
    LighterConfig {
        rest_url: "http://lighter.test".to_owned(),
        ws_url: "ws://lighter.test/stream".to_owned(),
        chain_id: 304,
        slot: slot(),
        key: Credentials::of_seed(SEED).lighter_key,
        nonces: NonceRule::default(),
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    }
}

/// A world and everything told in it so far.
pub struct Run {
    pub world: World<LighterSession, LighterSim>,
    pub reports: Vec<(Mono, VenueReport)>,
    pub quote: Option<Bbo>,
    pub ahead: Vec<AheadNews>,
}

impl Run {
    pub fn new(config: LighterConfig, options: Options) -> Self {
        let seed = options.seed;
        let session = LighterSession::new(config, Box::new(Rng::stream(seed, "entropy")));
        let network = Network::new(seed, DELAY);
        let world = World::new(session, LighterSim::new(options, EPOCH), network, EPOCH);
        let mut run = Self { world, reports: Vec::new(), quote: None, ahead: Vec::new() };
        run.command(VenueCommand::Start);
        run
    }

    pub fn ready() -> Self {
        Self::ready_with(config(), options(SEED))
    }

    pub fn ready_with(config: LighterConfig, options: Options) -> Self {
        let mut run = Self::new(config, options);
        run.until_ready();
        run
    }

    pub fn until_ready(&mut self) {
        self.wait_for("Ready", |report| (*report == VenueReport::Ready).then_some(()));
        self.pass(Duration::from_millis(500));
        assert!(self.quote.is_some(), "no quote");
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
                What::Quote(quote) => self.quote = quote.ok(),
                What::Log(..) => {}
                What::Ahead(news) => self.ahead.push(news),
            }
        }
    }

    /// The first report that `pick` takes, waiting up to half a minute for it; it and all before it are dropped.
    pub fn wait_for<T>(&mut self, what: &str, mut pick: impl FnMut(&VenueReport) -> Option<T>) -> T {
        for _ in 0..30_000 {
            let found = self.reports.iter().enumerate().find_map(|(i, (_, report))| Some((i, pick(report)?)));
            if let Some((i, found)) = found {
                self.reports.drain(..=i);
                return found;
            }
            self.pass(Duration::from_millis(1));
        }
        panic!("{what} never came; told: {:?}", self.reports);
    }

    pub fn order(&self, number: u64, purpose: Purpose, side: Side, qty: &str, bound_ppm: i64) -> OrderIntent {
        let touch = self.quote.expect("a quote").touch(side);
        let tick = "0.1".parse().expect("price");
        let bound = match side {
            Side::Buy => touch.scaled_ppm(bound_ppm).floor_to(tick),
            Side::Sell => touch.scaled_ppm(-bound_ppm).ceil_to(tick),
        };
        OrderIntent {
            cid: cid(number),
            venue: Venue::Lighter,
            purpose,
            side,
            qty: qty.parse().expect("qty"),
            bound,
            valid_for: Duration::from_secs(2),
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
            VenueReport::OrderRefused { refusal, .. } => Some((refusal.code.clone(), refusal.reaction)),
            _ => None,
        })
    }

    pub fn position(&mut self) -> Qty {
        self.command(VenueCommand::AskPosition);
        self.wait_for("the position", |report| match report {
            VenueReport::Position { qty, answer: true, .. } => Some(*qty),
            _ => None,
        })
    }

    pub fn ask(&mut self, number: u64) -> (Mono, OrderAnswer) {
        self.command(VenueCommand::AskOrder(cid(number)));
        self.wait_for("the answer", |report| match report {
            VenueReport::OrderAnswer { asked, answer, .. } => Some((*asked, answer.clone())),
            _ => None,
        })
    }

    /// This process ends without a word and another begins, which knows nothing.
    pub fn restart(&mut self) {
        let entropy = Box::new(Rng::stream(SEED + 1, "entropy"));
        self.world.restart(LighterSession::new(config(), entropy));
        self.collect();
        self.reports.clear();
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

    /// Moves without an order of ours that were told.
    pub fn moves(&self) -> Vec<ForeignMove> {
        let moved = |(_, report): &(Mono, VenueReport)| {
            if let VenueReport::Moved(what) = report { Some(*what) } else { None }
        };
        self.reports.iter().filter_map(moved).collect()
    }

    pub fn fills(&self) -> Vec<Fill> {
        let fill = |(_, report): &(Mono, VenueReport)| {
            if let VenueReport::Filled(fill) = report { Some(*fill) } else { None }
        };
        self.reports.iter().filter_map(fill).collect()
    }
}

pub fn cid(number: u64) -> ClientOrderId {
    ClientOrderId::from_number(number).expect("in range")
}

pub fn qty(text: &str) -> Qty {
    text.parse().expect("qty")
}
