//! Sessions that are signed in and ready, coordinators that wait for one quote, and the frames that set them off: what the
//! benches and the allocation test need before they can measure anything.
#![allow(dead_code, reason = "each bench uses its part of it")]

use hedge_fast::coordinator::journal::{LedgerReport, Memory};
use hedge_fast::coordinator::{
    Action, Coordinator, Event, Imbalance, Mission, OnRestart, OnVenueDown, Settings,
};
use hedge_fast::domain::{
    Bbo, ClientOrderId, CycleId, MarketSpec, Mono, Now, OrderIntent, PerVenue, Price, Purpose, Qty,
    QuoteFault, Side, Usd, Venue, Wall,
};
use hedge_fast::sim::credentials::{Credentials, LIGHTER_ACCOUNT_INDEX, LIGHTER_API_KEY_INDEX};
use hedge_fast::sim::lighter::{self, LighterSim, Tier};
use hedge_fast::sim::paradex::{self, ParadexOptions, ParadexSim};
use hedge_fast::sim::rng::Rng;
use hedge_fast::sim::world::{Network, What, World};
use hedge_fast::transport::service::Service;
use hedge_fast::venue::lighter::nonce::NonceRule;
use hedge_fast::venue::lighter::quota::Limits;
use hedge_fast::venue::lighter::tx::KeySlot;
use hedge_fast::venue::lighter::{LighterConfig, LighterSession, Timing};
use hedge_fast::venue::paradex::sbe;
use hedge_fast::venue::paradex::session::{ParadexConfig, ParadexSession};
use hedge_fast::venue::{Session, TradingState, VenueCommand, VenueReport};
use std::time::Duration;

const SEED: u64 = 5;
const EPOCH: Wall = Wall(1_795_000_000_250_000);

/// A session that is ready for orders, and what it told on the way there.
pub struct Ready {
    pub session: Box<dyn Session>,
    pub now: Now,
    pub contract: String,
    pub spec: MarketSpec,
    pub quote: Bbo,
}

pub fn paradex() -> Ready {
    let keys = Credentials::of_seed(SEED);
    let mut options = ParadexOptions::new(SEED);
    options.accounts.push(paradex::AccountSetup {
        l1_address: keys.l1_key.address().to_string(),
        address: options.classes.account_address(keys.paradex_key.public_key()),
        public_key: keys.paradex_key.public_key(),
        subkeys: Vec::new(),
        balance: Usd::from_whole(10_000),
    });
    let config = ParadexConfig {
        rest_url: "http://paradex.test/v1".to_owned(),
        ws_url: "ws://paradex.test/v1".to_owned(),
        market: "BTC-USD-PERP".to_owned(),
        key: keys.paradex_key,
        account: None,
        // The quota of the other class ends after a thousand orders.
        retail: false,
        sent_before: Vec::new(),
    };
    let session = ParadexSession::new(config, Box::new(Rng::stream(SEED, "entropy")));
    ready(session, ParadexSim::new(options, EPOCH))
}

pub fn lighter() -> Ready {
    let keys = Credentials::of_seed(SEED);
    let account = lighter::AccountSetup {
        index: i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small"),
        l1_address: keys.l1_key.address().to_string(),
        api_keys: vec![(LIGHTER_API_KEY_INDEX, keys.lighter_key.public_key().0)],
        balance: 10_000_000_000,
        tier: Tier::Standard,
        maker_only: Vec::new(),
    };
    let options = lighter::Options { accounts: vec![account], ..lighter::Options::new(SEED) };
    let index = i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small");
    let config = LighterConfig {
        rest_url: "http://lighter.test".to_owned(),
        ws_url: "ws://lighter.test/stream".to_owned(),
        chain_id: 304,
        slot: KeySlot::new(index, i64::from(LIGHTER_API_KEY_INDEX)).expect("in range"),
        key: keys.lighter_key,
        nonces: NonceRule::default(),
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits { requests: 1_000_000, creates: 1_000_000, close_reserve: 16 },
    };
    let session = LighterSession::new(config, Box::new(Rng::stream(SEED, "entropy")));
    ready(session, LighterSim::new(options, EPOCH))
}

fn ready<S: Session + 'static, V: Service>(session: S, venue: V) -> Ready {
    let mut world = World::new(session, venue, Network::new(SEED, Duration::from_millis(5)), EPOCH);
    world.command(VenueCommand::Start);
    let (mut market, mut is_ready, mut quote) = (None, false, None);
    while market.is_none() || !is_ready || quote.is_none() {
        world.run_for(Duration::from_millis(100)).expect("not stuck");
        for told in world.take_told() {
            match told.what {
                What::Report(VenueReport::Market { contract, spec }) => market = Some((contract, spec)),
                What::Report(VenueReport::Ready) => is_ready = true,
                What::Quote(told) => quote = told.ok().or(quote),
                What::Report(_) | What::Log(..) | What::Ahead(_) => {}
            }
        }
        assert!(world.now().mono < Mono(60_000_000_000), "not ready in a minute");
    }
    let now = world.now();
    let (contract, spec) = market.expect("told");
    Ready { session: Box::new(world.into_session()), now, contract, spec, quote: quote.expect("told") }
}

pub fn price(tenths: i64) -> Price {
    Price::from_units(tenths * 10_000_000)
}

/// A best bid and offer of Paradex; without a bid nothing may be opened on it. `at` is the bid in tenths.
pub fn paradex_touch(seq: i64, at: i64, whole: bool) -> Vec<u8> {
    let bid = whole.then(|| (price(at), Qty::from_units(15_000_000)));
    let message = sbe::Message::Bbo(sbe::Bbo {
        ts: EPOCH,
        seq,
        bid_price: bid.map(|bid| bid.0),
        bid_size: bid.map(|bid| bid.1),
        ask_price: Some(price(at + 20)),
        ask_size: Some(Qty::from_units(31_000_000)),
        market: "BTC-USD-PERP".into(),
    });
    encoded(&message)
}

/// A whole book of one level a side.
pub fn paradex_book(seq: i64, at: i64) -> Vec<u8> {
    let level = |tenths| [sbe::Level { price: price(tenths), size: Qty::from_units(31_000_000) }];
    let (bids, asks) = (level(at), level(at + 20));
    let message = sbe::Message::Book(sbe::Book {
        ts: EPOCH,
        seq,
        pkg_type: sbe::PkgType::Snapshot,
        best_bid_price: Some(bids[0].price),
        best_bid_size: Some(bids[0].size),
        best_ask_price: Some(asks[0].price),
        best_ask_size: Some(asks[0].size),
        relative_spread: None,
        best_bid_api_price: Some(bids[0].price),
        best_bid_api_size: Some(bids[0].size),
        best_ask_api_price: Some(asks[0].price),
        best_ask_api_size: Some(asks[0].size),
        bids: bids.as_slice().into(),
        asks: asks.as_slice().into(),
        market: "BTC-USD-PERP".into(),
    });
    encoded(&message)
}

fn encoded(message: &sbe::Message<'_>) -> Vec<u8> {
    let mut frame = Vec::new();
    sbe::encode(message, 1, &mut frame).expect("encodes");
    frame
}

fn lighter_level(tenths: i64) -> String {
    format!(r#"{{"price":"{}.{}","size":"0.07313"}}"#, tenths / 10, tenths % 10)
}

/// A ticker of Lighter; without a bid nothing may be opened on it.
pub fn lighter_ticker(nonce: i64, at: i64, whole: bool) -> String {
    let bid = if whole { lighter_level(at) } else { r#"{"price":"","size":""}"#.to_owned() };
    let ask = lighter_level(at + 20);
    format!(
        r#"{{"channel":"ticker:1","last_updated_at":1795000007250000,"nonce":{nonce},"ticker":{{"a":{ask},"b":{bid},"last_updated_at":1795000007250000,"s":"BTC"}},"timestamp":1795000007250,"type":"update/ticker"}}"#
    )
}

/// A whole book of one level a side.
pub fn lighter_book(nonce: i64, at: i64) -> String {
    let (bid, ask) = (lighter_level(at), lighter_level(at + 20));
    format!(
        r#"{{"channel":"order_book:1","last_updated_at":1795000007250000,"offset":7,"order_book":{{"asks":[{ask}],"begin_nonce":0,"bids":[{bid}],"code":0,"last_updated_at":1795000007250000,"nonce":{nonce},"offset":7}},"timestamp":1795000007250,"type":"subscribed/order_book"}}"#
    )
}

pub fn settings() -> Settings {
    Settings {
        margin: Usd::from_whole(100),
        hold_time: Duration::ZERO,
        take_profit_ppm: None,
        stop_loss_ppm: None,
        reverse: false,
        cooldown: Duration::ZERO,
        retry_wait: Duration::from_millis(5),
        cycles: None,
        mission: Mission::Trade,
        on_restart: OnRestart::Flatten,
        on_venue_down: OnVenueDown::Hold,
        halt_for: Duration::ZERO,
        slippage_ppm: 3_000,
        imbalance: Imbalance::Reduce,
        order_validity: Duration::from_secs(2),
        outcome_deadline: Duration::from_secs(3),
        ready_deadline: Duration::from_secs(20),
        quote_age_max: Duration::from_secs(60),
        failures_max: u32::MAX,
        day_loss_max: None,
    }
}

/// A coordinator whose gates are all open but one: it waits for a usable quote of Paradex.
pub fn waiting_coordinator(
    markets: &PerVenue<(String, MarketSpec)>,
    quotes: PerVenue<Bbo>,
    now: Mono,
) -> Coordinator {
    let mut coordinator = Coordinator::new(settings(), Memory { ledger: 1, ..Memory::default() });
    let mut actions = Vec::new();
    let mut now = now;
    coordinator.step(now, &Event::Begin, &mut actions);
    for (venue, (contract, spec)) in markets.iter() {
        for report in [
            VenueReport::Market { contract: contract.clone(), spec: *spec },
            VenueReport::Trading(TradingState::ClosingOnly("not yet".to_owned())),
            VenueReport::Balance { free: Usd::from_whole(10_000) },
            VenueReport::OpenOrders { asked: now, own: Vec::new(), foreign: 0 },
            VenueReport::Ready,
        ] {
            coordinator.step(now, &Event::Report(venue, report), &mut actions);
        }
    }
    coordinator.step(now, &Event::Ledger(reserved(1)), &mut actions);
    for (venue, quote) in quotes.iter() {
        coordinator.step(now, &Event::Quote(venue, Ok(*quote)), &mut actions);
    }
    for _ in 0..8 {
        let asked: Vec<Venue> = actions
            .drain(..)
            .filter_map(|action| match action {
                Action::Command(venue, VenueCommand::AskPosition) => Some(venue),
                _ => None,
            })
            .collect();
        for venue in asked {
            let report = VenueReport::Position { qty: Qty::ZERO, asked: now, answer: true };
            coordinator.step(now, &Event::Report(venue, report), &mut actions);
        }
        now = now.after(Duration::from_millis(600));
        coordinator.step(now, &Event::Wake, &mut actions);
    }
    coordinator.step(now, &Event::Quote(Venue::Paradex, EMPTY), &mut actions);
    for venue in Venue::ALL {
        let report = VenueReport::Trading(TradingState::Open);
        coordinator.step(now, &Event::Report(venue, report), &mut actions);
    }
    assert!(orders(&actions).is_empty(), "opened on a quote that is none");
    coordinator
}

pub fn reserved(cycle: u32) -> LedgerReport {
    LedgerReport::Reserved(CycleId::new(1, cycle).expect("a cycle"))
}

/// The orders among actions, by venue.
pub fn orders(actions: &[Action]) -> Vec<(Venue, OrderIntent)> {
    let order = |action: &Action| match action {
        Action::Command(venue, VenueCommand::Submit(intent)) => Some((*venue, *intent)),
        _ => None,
    };
    actions.iter().filter_map(order).collect()
}

pub const EMPTY: Result<Bbo, QuoteFault> = Err(QuoteFault::EmptySide);

/// An update of Lighter's book with a hundred levels.
pub fn lighter_long_book() -> String {
    let side = |from: i64, step: i64| {
        let levels: Vec<String> = (0..50).map(|i| lighter_level(from + step * i)).collect();
        levels.join(",")
    };
    let (asks, bids) = (side(968_120, 1), side(968_100, -1));
    format!(
        r#"{{"channel":"order_book:1","last_updated_at":1795000007250000,"offset":7,"order_book":{{"asks":[{asks}],"begin_nonce":25652002800,"bids":[{bids}],"code":0,"last_updated_at":1795000007250000,"nonce":25652002844,"offset":7}},"timestamp":1795000007250,"type":"update/order_book"}}"#
    )
}

/// A closing order of its own for every `cycle`.
pub fn intent(venue: Venue, cycle: u32, ready: &Ready) -> OrderIntent {
    let cycle = CycleId::new(1, cycle).expect("a cycle");
    let cid = ClientOrderId::new(cycle, venue, Purpose::Close, 0).expect("an id");
    let (side, valid_for) = (Side::Sell, Duration::from_secs(2));
    let (qty, bound) = ("0.001".parse().expect("a size"), ready.spec.bound(side, ready.quote.bid, 2_000));
    OrderIntent { cid, venue, purpose: Purpose::Close, side, qty, bound, valid_for }
}

/// That the venue has the order, in the venue's words.
pub fn answer_to(venue: Venue, order: &str) -> String {
    match venue {
        Venue::Paradex => {
            format!(r#"{{"jsonrpc":"2.0","result":{{}},"id":{}}}"#, digits_after(order, "\"id\":"))
        }
        Venue::Lighter => format!(r#"{{"id":"{}","code":200}}"#, digits_after(order, "\"id\":\"")),
    }
}

/// The number behind these words.
pub fn digits_after(text: &str, words: &str) -> String {
    let rest = text.split_once(words).map_or("", |(_, rest)| rest);
    rest.chars().take_while(char::is_ascii_digit).collect()
}
