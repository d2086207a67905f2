//! Both simulated venues on loopback ports, with one trader both know. For `--sim` and for `hedge-fast sim`.

use super::credentials::{Credentials, LIGHTER_ACCOUNT_INDEX, LIGHTER_API_KEY_INDEX};
use super::faults::{FaultPlan, Faulty, Strike, Tally};
use super::lighter::{self, Delays, ExpiredToken, LighterSim, Tier};
use super::outlet::Outlet;
use super::paradex::model::Symbol;
use super::paradex::{AccountSetup, ParadexOptions, ParadexSim, PlainPublic};
use super::truth::{TrueOrder, TrueTrade};
use crate::domain::{PerVenue, Qty, Usd, Venue, Wall};
use crate::signing::stark::Felt;
use crate::transport::server::{self, Bound};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The chain id the simulated Lighter signs for.
const LIGHTER_CHAIN_ID: u32 = 304;

/// How the simulation is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimSettings {
    /// Decides markets and keys.
    pub seed: u64,
    /// USDC on each account.
    pub balance: Usd,
    /// Instead of the delays of the fee-free account classes.
    pub delay: Option<Duration>,
    /// Paradex listens on this port + 1, Lighter on this port + 2; `None` takes free ones.
    pub port_base: Option<u16>,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// Paradex gives public channels as JSON to connections without SBE, as before September 2026.
    pub json_market_data: bool,
}

/// Why the simulation did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimStartError {
    /// The port is taken or not allowed.
    #[error("cannot listen on port {port}: {cause}; choose another with --port-base")]
    Port {
        /// Which.
        port: u16,
        /// The system's word.
        cause: io::Error,
    },
    /// No port was asked for and the system gives none.
    #[error("no free port on the loopback address: {0}")]
    NoFreePort(io::Error),
    /// The base leaves no room for two ports above it.
    #[error("--port-base must be at most 65533, not {0}")]
    PortBase(u16),
    /// No thread.
    #[error("cannot start a simulated venue: {0}")]
    Thread(io::Error),
}

/// Both running venues. Dropping it stops them.
pub struct Simulators {
    paradex: Outlet<Faulty<ParadexSim>>,
    lighter: Outlet<Faulty<LighterSim>>,
    credentials: Credentials,
    account: Felt,
    lighter_token_life: Option<Duration>,
}

impl Simulators {
    /// Starts both at `start`.
    pub fn start(settings: &SimSettings, start: Wall) -> Result<Self, SimStartError> {
        let ports = ports(settings.port_base)?;
        let (paradex, lighter) = (bind(ports.paradex)?, bind(ports.lighter)?);
        let credentials = Credentials::of_seed(settings.seed);
        let account = account_of(&credentials);
        let paradex = Outlet::open(
            paradex,
            "sim-paradex",
            Faulty::new(
                paradex_venue(settings, &credentials, account, start),
                settings.faults.rules_of(Venue::Paradex),
                settings.seed,
                "faults-paradex",
                start,
            ),
        );
        let lighter = Outlet::open(
            lighter,
            "sim-lighter",
            Faulty::new(
                lighter_venue(settings, &credentials, start),
                settings.faults.rules_of(Venue::Lighter),
                settings.seed,
                "faults-lighter",
                start,
            ),
        );
        Ok(Self {
            paradex: paradex.map_err(SimStartError::Thread)?,
            lighter: lighter.map_err(SimStartError::Thread)?,
            credentials,
            account,
            lighter_token_life: settings.faults.token_life.lighter,
        })
    }

    /// One name and value for each address and test credential, as the env file has them.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let (paradex, lighter) = (self.paradex.addr(), self.lighter.addr());
        vec![
            ("PARADEX_L1_ADDRESS", self.credentials.l1_key.address().to_string()),
            ("PARADEX_L2_PRIVATE_KEY", self.credentials.paradex_key_text.clone()),
            ("PARADEX_L2_ADDRESS", format!("{:#x}", self.account)),
            ("PARADEX_ENVIRONMENT", "prod".to_owned()),
            ("PARADEX_REST_URL", format!("http://{paradex}/v1")),
            ("PARADEX_WS_URL", format!("ws://{paradex}/v1")),
            ("PARADEX_PROFILE", "retail".to_owned()),
            ("API_KEY_PRIVATE_KEY", self.credentials.lighter_key_text.clone()),
            ("LIGHTER_ACCOUNT_INDEX", LIGHTER_ACCOUNT_INDEX.to_string()),
            ("LIGHTER_API_KEY_INDEX", LIGHTER_API_KEY_INDEX.to_string()),
            ("LIGHTER_ENVIRONMENT", "prod".to_owned()),
            ("LIGHTER_REST_URL", format!("http://{lighter}")),
            ("LIGHTER_WS_URL", format!("ws://{lighter}/stream")),
            ("LIGHTER_CHAIN_ID", LIGHTER_CHAIN_ID.to_string()),
        ]
    }

    /// Signed positions of the trader by base symbol, as the venues hold them: the truth, for checks from outside.
    pub fn positions(&self, symbol: &str) -> Option<PerVenue<Qty>> {
        let (listed, trader) = (Symbol::from_base(symbol)?, self.account);
        let in_paradex = move |sim: &mut Faulty<ParadexSim>| {
            sim.venue().exchange().account_at(&trader).map(|account| account.position(listed).state.qty)
        };
        let symbol = symbol.to_owned();
        let in_lighter =
            move |sim: &mut Faulty<LighterSim>| sim.venue().position(LIGHTER_ACCOUNT_INDEX, &symbol);
        Some(PerVenue { paradex: self.paradex.with(in_paradex)??, lighter: self.lighter.with(in_lighter)?? })
    }

    /// Every order of the trader in a market as the venues have it; `None` while one of them is out of reach.
    pub fn orders(&self, symbol: &str) -> Option<PerVenue<Vec<TrueOrder>>> {
        let (listed, trader) = (Symbol::from_base(symbol)?, self.account);
        let in_paradex = move |sim: &mut Faulty<ParadexSim>| sim.venue().orders_of(&trader, listed);
        let symbol = symbol.to_owned();
        let in_lighter =
            move |sim: &mut Faulty<LighterSim>| sim.venue().orders_of(LIGHTER_ACCOUNT_INDEX, &symbol);
        Some(PerVenue { paradex: self.paradex.with(in_paradex)?, lighter: self.lighter.with(in_lighter)? })
    }

    /// Every execution of the trader in a market, oldest first; `None` while a venue is out of reach.
    pub fn trades(&self, symbol: &str) -> Option<PerVenue<Vec<TrueTrade>>> {
        let (listed, trader) = (Symbol::from_base(symbol)?, self.account);
        let in_paradex = move |sim: &mut Faulty<ParadexSim>| sim.venue().trades_of(&trader, listed);
        let symbol = symbol.to_owned();
        let in_lighter =
            move |sim: &mut Faulty<LighterSim>| sim.venue().trades_of(LIGHTER_ACCOUNT_INDEX, &symbol);
        Some(PerVenue { paradex: self.paradex.with(in_paradex)?, lighter: self.lighter.with(in_lighter)? })
    }

    /// Makes something go wrong at a venue now, whatever the plan says.
    pub fn strike(&self, venue: Venue, strike: Strike) {
        match venue {
            Venue::Paradex => self.paradex.with(|sim| sim.want(strike)),
            Venue::Lighter => self.lighter.with(|sim| sim.want(strike)),
        };
    }

    /// Lighter counts no requests any more: a trader that is started again every few seconds would use up the minute's.
    pub fn lift_request_limits(&self) {
        self.lighter.with(|sim| sim.venue_mut().lift_request_limits());
    }

    /// Nobody reaches this venue any more: its port is closed and every connection to it ends.
    pub fn close(&mut self, venue: Venue) {
        match venue {
            Venue::Paradex => self.paradex.close(),
            Venue::Lighter => self.lighter.close(),
        }
    }

    /// The venue is back on its port, as it was.
    ///
    /// # Errors
    /// When another process has taken the port meanwhile, or the system has no thread.
    pub fn reopen(&mut self, venue: Venue) -> io::Result<()> {
        match venue {
            Venue::Paradex => self.paradex.reopen(),
            Venue::Lighter => self.lighter.reopen(),
        }
    }

    /// How long clients are to let their tokens for Lighter live, as they mint them themselves.
    pub fn lighter_token_life(&self) -> Option<Duration> {
        self.lighter_token_life
    }

    /// What the fault plan has done so far; empty without a plan.
    pub fn tally(&self) -> PerVenue<Tally> {
        let of_paradex = self.paradex.with(|sim: &mut Faulty<ParadexSim>| sim.tally().clone());
        let of_lighter = self.lighter.with(|sim: &mut Faulty<LighterSim>| sim.tally().clone());
        PerVenue { paradex: of_paradex.unwrap_or_default(), lighter: of_lighter.unwrap_or_default() }
    }
}

fn ports(base: Option<u16>) -> Result<PerVenue<u16>, SimStartError> {
    let Some(base) = base else { return Ok(PerVenue { paradex: 0, lighter: 0 }) };
    match (base.checked_add(1), base.checked_add(2)) {
        (Some(paradex), Some(lighter)) => Ok(PerVenue { paradex, lighter }),
        _ => Err(SimStartError::PortBase(base)),
    }
}

fn bind(port: u16) -> Result<Bound, SimStartError> {
    let addr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    server::bind(addr).map_err(|cause| match port {
        0 => SimStartError::NoFreePort(cause),
        _ => SimStartError::Port { port, cause },
    })
}

fn account_of(credentials: &Credentials) -> Felt {
    ParadexOptions::new(0).classes.account_address(credentials.paradex_key.public_key())
}

fn paradex_venue(
    settings: &SimSettings,
    credentials: &Credentials,
    address: Felt,
    start: Wall,
) -> ParadexSim {
    let mut options = ParadexOptions::new(settings.seed);
    options.delay = settings.delay;
    if settings.json_market_data {
        options.switches.plain_public = PlainPublic::Json;
    }
    if let Some(life) = settings.faults.token_life.paradex {
        options.jwt_lifetime_s = i64::try_from(life.as_secs()).unwrap_or(i64::MAX);
    }
    options.accounts.push(AccountSetup {
        l1_address: credentials.l1_key.address().to_string(),
        address,
        public_key: credentials.paradex_key.public_key(),
        subkeys: Vec::new(),
        balance: settings.balance,
    });
    ParadexSim::new(options, start)
}

fn lighter_venue(settings: &SimSettings, credentials: &Credentials, start: Wall) -> LighterSim {
    let mut options = lighter::Options::new(settings.seed);
    options.chain_id = LIGHTER_CHAIN_ID;
    if settings.faults.token_life.lighter.is_some() {
        options.switches.expired_token = ExpiredToken::Cuts;
    }
    options.delays =
        settings.delay.map(|delay| Delays::flat(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)));
    options.accounts.push(lighter::AccountSetup {
        index: i64::try_from(LIGHTER_ACCOUNT_INDEX).unwrap_or_default(),
        l1_address: credentials.l1_key.address().to_string(),
        api_keys: vec![(LIGHTER_API_KEY_INDEX, credentials.lighter_key.public_key().0)],
        // Lighter counts in millionths.
        balance: settings.balance.units() / 100,
        tier: Tier::Standard,
        maker_only: Vec::new(),
    });
    LighterSim::new(options, start)
}
