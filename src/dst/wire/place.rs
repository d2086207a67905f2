//! One venue with the session that talks to it, and what the venue itself holds.

use super::plan::{EPOCH, WirePlan};
use crate::domain::{ClientOrderId, Mono, PerVenue, Qty, Side, Usd, Venue};
use crate::sim::credentials::{Credentials, LIGHTER_ACCOUNT_INDEX, LIGHTER_API_KEY_INDEX};
use crate::sim::exchange::book::Owner;
use crate::sim::faults::{Faultable, Faulty, Tally};
use crate::sim::lighter::{self, LighterSim, Tier};
use crate::sim::paradex::{AccountSetup, ParadexOptions, ParadexSim};
use crate::sim::rng::Rng;
use crate::sim::world::{Network, Stuck, Told, World};
use crate::venue::lighter::nonce::NonceRule;
use crate::venue::lighter::quota::Limits;
use crate::venue::lighter::tx::KeySlot;
use crate::venue::lighter::{LighterConfig, LighterSession, Timing};
use crate::venue::paradex::session::{ParadexConfig, ParadexSession};
use crate::venue::{Session, VenueCommand};

/// The market in which is traded.
const SYMBOL: &str = "BTC";
const MARKET: &str = "BTC-USD-PERP";
/// The only client of the simulated Paradex.
const TRADER: Owner = Owner(1);
/// Whose keys are used: a key pair takes longer to make than it is worth to vary.
const KEYS: u64 = 5;
const BALANCE: i64 = 10_000;

/// An order of ours that a venue has taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) cid: ClientOrderId,
    pub(super) reduce_only: bool,
    pub(super) alive: bool,
    /// Signed.
    pub(super) filled: Qty,
}

/// What a venue holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub(super) position: Qty,
    pub(super) orders: Vec<Taken>,
    /// The venue has taken a fill back.
    pub(super) busted: bool,
}

impl Truth {
    /// What our orders made.
    pub(super) fn own(&self) -> Qty {
        self.orders.iter().map(|order| order.filled).sum()
    }
}

/// A venue that can be asked for the truth.
pub(super) trait Truthful: Faultable {
    fn truth(&self) -> Truth;
}

impl Truthful for ParadexSim {
    fn truth(&self) -> Truth {
        let exchange = self.exchange();
        let taken = exchange.history(TRADER).filter_map(|order| {
            let cid = ClientOrderId::from_text(&order.asked.client_id)?;
            let filled = order.asked.side.signed(order.filled());
            Some(Taken { cid, reduce_only: order.asked.reduce_only, alive: order.alive(), filled })
        });
        Truth {
            position: self.position(0, MARKET).unwrap_or_default(),
            orders: taken.collect(),
            busted: exchange.busts(TRADER).next().is_some(),
        }
    }
}

impl Truthful for LighterSim {
    fn truth(&self) -> Truth {
        let orders = self.orders(LIGHTER_ACCOUNT_INDEX, SYMBOL);
        let taken = orders.into_iter().filter_map(|order| {
            let number = u64::try_from(order.client_index).ok()?;
            let cid = ClientOrderId::from_number(number).filter(|cid| cid.cycle().is_some())?;
            let filled = order.side.signed(order.filled);
            Some(Taken { cid, reduce_only: order.reduce_only, alive: order.alive, filled })
        });
        Truth {
            position: self.position(LIGHTER_ACCOUNT_INDEX, SYMBOL).unwrap_or_default(),
            orders: taken.collect(),
            busted: false,
        }
    }
}

/// A world without its types.
pub(super) trait Place {
    fn next_due(&self) -> Option<Mono>;
    fn run_to(&mut self, until: Mono) -> Result<(), Stuck>;
    fn command(&mut self, command: VenueCommand);
    fn take_told(&mut self) -> Vec<Told>;
    /// The process is gone: its connections end, and the session of another one waits for its start.
    fn restart(&mut self, process: u32);
    fn network(&mut self) -> &mut Network;
    fn cut(&mut self);
    fn truth(&self) -> Truth;
    fn tally(&self) -> &Tally;
}

struct Joined<S, V> {
    world: World<S, Faulty<V>>,
    session: Box<dyn Fn(u32) -> S>,
}

impl<S: Session, V: Truthful> Place for Joined<S, V> {
    fn next_due(&self) -> Option<Mono> {
        self.world.next_due()
    }

    fn run_to(&mut self, until: Mono) -> Result<(), Stuck> {
        self.world.run_to(until)
    }

    fn command(&mut self, command: VenueCommand) {
        self.world.command(command);
    }

    fn take_told(&mut self) -> Vec<Told> {
        self.world.take_told()
    }

    fn restart(&mut self, process: u32) {
        let session = (self.session)(process);
        self.world.restart(session);
        // What the last session said while it was cut off reaches nobody.
        self.world.take_told();
    }

    fn network(&mut self) -> &mut Network {
        &mut self.world.network
    }

    fn cut(&mut self) {
        self.world.cut();
    }

    fn truth(&self) -> Truth {
        self.world.venue().venue().truth()
    }

    fn tally(&self) -> &Tally {
        self.world.venue().tally()
    }
}

/// Both venues of a plan.
pub(super) fn places(plan: &WirePlan) -> PerVenue<Box<dyn Place>> {
    PerVenue { paradex: Box::new(paradex(plan)), lighter: Box::new(lighter(plan)) }
}

fn join<S: Session, V: Truthful>(
    plan: &WirePlan,
    venue: Venue,
    model: V,
    session: Box<dyn Fn(u32) -> S>,
) -> Joined<S, V> {
    let label = format!("wire-faults/{venue}");
    let faulty = Faulty::new(model, plan.faults.rules_of(venue), plan.seed, &label, EPOCH);
    let mut network = Network::new(plan.seed ^ u64::from(venue == Venue::Lighter), plan.delay[venue]);
    network.jitter = plan.jitter;
    let mut world = World::new(session(0), faulty, network, EPOCH);
    world.client_clock_ahead_us = plan.clock_ahead_us;
    Joined { world, session }
}

fn entropy(seed: u64, venue: Venue, process: u32) -> Box<Rng> {
    Box::new(Rng::stream(seed, &format!("wire-entropy/{venue}/{process}")))
}

fn paradex(plan: &WirePlan) -> Joined<ParadexSession, ParadexSim> {
    let keys = Credentials::of_seed(KEYS);
    let mut options = ParadexOptions::new(plan.seed);
    options.accounts.push(AccountSetup {
        l1_address: keys.l1_key.address().to_string(),
        address: options.classes.account_address(keys.paradex_key.public_key()),
        public_key: keys.paradex_key.public_key(),
        subkeys: Vec::new(),
        balance: Usd::from_whole(BALANCE),
    });
    let config = ParadexConfig {
        rest_url: "http://paradex.test/v1".to_owned(),
        ws_url: "ws://paradex.test/v1".to_owned(),
        market: MARKET.to_owned(),
        key: keys.paradex_key,
        account: None,
        retail: true,
        sent_before: Vec::new(),
    };
    let seed = plan.seed;
    let session = move |process| ParadexSession::new(config.clone(), entropy(seed, Venue::Paradex, process));
    join(plan, Venue::Paradex, ParadexSim::new(options, EPOCH), Box::new(session))
}

fn lighter(plan: &WirePlan) -> Joined<LighterSession, LighterSim> {
    let keys = Credentials::of_seed(KEYS);
    let index = i64::try_from(LIGHTER_ACCOUNT_INDEX).unwrap_or_default();
    let account = lighter::AccountSetup {
        index,
        l1_address: keys.l1_key.address().to_string(),
        api_keys: vec![(LIGHTER_API_KEY_INDEX, keys.lighter_key.public_key().0)],
        balance: BALANCE * 1_000_000,
        tier: Tier::Standard,
        maker_only: Vec::new(),
    };
    let options = lighter::Options { accounts: vec![account], ..lighter::Options::new(plan.seed) };
    let config = LighterConfig {
        rest_url: "http://lighter.test".to_owned(),
        ws_url: "ws://lighter.test/stream".to_owned(),
        chain_id: options.chain_id,
        slot: KeySlot::new(index, i64::from(LIGHTER_API_KEY_INDEX)).expect("a constant in range"),
        key: keys.lighter_key,
        nonces: NonceRule::default(),
        symbol: SYMBOL.to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    };
    let seed = plan.seed;
    let session = move |process| LighterSession::new(config.clone(), entropy(seed, Venue::Lighter, process));
    join(plan, Venue::Lighter, LighterSim::new(options, EPOCH), Box::new(session))
}

/// Whether an order of this side reduces the position, whole.
pub(super) fn reduces(position: Qty, side: Side, qty: Qty) -> bool {
    Side::of_position(position) == Some(side.opposite()) && qty <= position.abs()
}
