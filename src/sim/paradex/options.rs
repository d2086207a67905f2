//! What a simulated Paradex is made of: accounts, delays, and a switch for each question the protocol leaves open.

use super::model::Fill;
use super::words::Liquidity;
use crate::domain::{Side, Usd};
use crate::signing::stark::{AccountClasses, Felt, SigningDomain, felt_from_hex};
use crate::sim::market::{MARKETS, MarketParams};
use std::time::Duration;

/// The networks the official client knows (paradex.md 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Production.
    Mainnet,
    /// Testnet.
    Sepolia,
    /// A mock of the testnet.
    MockSepolia,
    /// An older testnet.
    Testnet,
}

impl Network {
    /// `starknet_chain_id`.
    pub const fn chain_id(self) -> &'static str {
        match self {
            Self::Mainnet => "PRIVATE_SN_PARACLEAR_MAINNET",
            Self::Sepolia => "PRIVATE_SN_POTC_SEPOLIA",
            Self::MockSepolia => "PRIVATE_SN_POTC_MOCK_SEPOLIA",
            Self::Testnet => "PRIVATE_SN_PARACLEAR_TESTNET",
        }
    }

    /// `l1_chain_id`.
    pub const fn l1_chain_id(self) -> &'static str {
        match self {
            Self::Mainnet => "1",
            Self::Sepolia | Self::MockSepolia | Self::Testnet => "11155111",
        }
    }

    /// `environment`.
    pub const fn environment(self) -> &'static str {
        match self {
            Self::Mainnet => "prod",
            Self::Sepolia | Self::MockSepolia | Self::Testnet => "testnet",
        }
    }

    /// What everything on this network is signed for.
    pub fn domain(self) -> SigningDomain {
        SigningDomain::new(self.chain_id()).expect("the ids above are ASCII and shorter than 32 characters")
    }
}

/// `paraclear_account_proxy_hash` of production.
pub const PROXY_CLASS: &str = "0x3530cc4759d78042f1b543bf797f5f3d647cde0388c33734cf91b7f7b9314a9";
/// `paraclear_account_hash` of production.
pub const ACCOUNT_CLASS: &str = "0x41cb0280ebadaa75f996d8d92c6f265f6d040bb3ba442e5f86a554f1765244e";
/// `paraclear_evm_account_hash` of production.
pub const EVM_ACCOUNT_CLASS: &str = "0x73414441639dcd11d1846f287650a00c60c416b9d3ba45d31c651672125b2c2";
/// `l2_token_address` of USDC; made up, as the simulation has no chain.
pub const USDC_ADDRESS: &str = "0x51304";

/// One account the venue knows from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSetup {
    /// Owner on Ethereum, for display.
    pub l1_address: String,
    /// Main public key.
    pub public_key: Felt,
    /// Address of the account.
    pub address: Felt,
    /// Public keys of registered subkeys.
    pub subkeys: Vec<Felt>,
    /// USDC at the start.
    pub balance: Usd,
}

/// How a simulated Paradex is built.
#[derive(Clone, Debug)]
pub struct ParadexOptions {
    /// Of everything random.
    pub seed: u64,
    /// Known accounts; others may onboard.
    pub accounts: Vec<AccountSetup>,
    /// USDC of an account that onboards later.
    pub onboarding_balance: Usd,
    /// Speed bump of retail submits and cancels; about 300 ms where `None` (paradex.md 2.3).
    pub delay: Option<Duration>,
    /// Life of a token in seconds.
    pub jwt_lifetime_s: i64,
    /// Which network it says it is.
    pub network: Network,
    /// Contract classes of its accounts.
    pub classes: AccountClasses,
    /// How the three markets move.
    pub markets: [MarketParams; 3],
    /// Open questions, one way or the other.
    pub switches: Switches,
}

impl ParadexOptions {
    /// Production's network without accounts.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            accounts: Vec::new(),
            onboarding_balance: Usd::ZERO,
            delay: None,
            jwt_lifetime_s: 300,
            network: Network::Mainnet,
            classes: production_classes(),
            markets: MARKETS,
            switches: Switches::default(),
        }
    }

    /// The speed bump in force.
    pub fn retail_delay(&self) -> Duration {
        self.delay.unwrap_or(Duration::from_millis(300))
    }
}

/// The account classes of production.
pub fn production_classes() -> AccountClasses {
    let class = |text| felt_from_hex(text).expect("the class hashes above are numbers");
    AccountClasses { proxy: class(PROXY_CLASS), account: class(ACCOUNT_CLASS) }
}

/// What a connection without SBE gets for a public subscribe (paradex.md 8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainPublic {
    /// An error.
    Refuse,
    /// An acknowledgement and then nothing.
    Silence,
    /// JSON payloads, as before September 2026.
    Json,
}

/// One position for each question that no source settles (paradex.md 10). The defaults are the harder ones for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Private channels of an SBE connection are binary.
    pub private_sbe: bool,
    /// Public channels of a connection without SBE.
    pub plain_public: PlainPublic,
    /// A BBO message follows the subscribe acknowledgement.
    pub bbo_at_subscribe: bool,
    /// Orders, positions and account follow the subscribe acknowledgement.
    pub private_snapshots: bool,
    /// The class of the connection's token holds for its orders.
    pub retail_over_ws: bool,
    /// The retail delay counts against `recv_window`.
    pub delay_counts_in_recv_window: bool,
    /// A reduce-only IOC beyond the position is trimmed instead of cancelled.
    pub trim_reduce_only: bool,
    /// `client_id` stays taken when its order has ended.
    pub client_id_taken_for_ever: bool,
    /// `GET /orders/{id}` still knows ended orders.
    pub closed_orders_by_id: bool,
    /// Cancel on disconnect acts on an orderly close too.
    pub cancel_on_clean_close: bool,
    /// `order_book.{m}.deltas` without parameters is taken, as it was live.
    pub bare_deltas: bool,
    /// `order_book.{m}.deltas` with the documented parameters is taken instead of refused.
    pub deltas_with_parameters: bool,
    /// `server_time` is a number instead of a text.
    pub server_time_as_number: bool,
    /// Batch replies leave out the nulls.
    pub packed_batches: bool,
    /// The side of a maker's fill is the taker's.
    pub maker_fill_has_taker_side: bool,
    /// Cancels count against the retail limits.
    pub cancels_count_as_retail: bool,
    /// How far ahead of the venue's clock a signature's time may be, in milliseconds.
    pub timestamp_ahead_max_ms: i64,
    /// Orders one batch may hold.
    pub batch_max: usize,
}

impl Switches {
    /// The side a fill shows.
    pub(super) fn side_of_fill(&self, fill: &Fill) -> Side {
        let taker_side = self.maker_fill_has_taker_side && fill.liquidity == Liquidity::Maker;
        if taker_side { fill.side.opposite() } else { fill.side }
    }
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            private_sbe: false,
            plain_public: PlainPublic::Refuse,
            bbo_at_subscribe: false,
            private_snapshots: false,
            retail_over_ws: true,
            delay_counts_in_recv_window: false,
            trim_reduce_only: false,
            client_id_taken_for_ever: true,
            closed_orders_by_id: false,
            cancel_on_clean_close: false,
            bare_deltas: true,
            deltas_with_parameters: false,
            server_time_as_number: false,
            packed_batches: false,
            maker_fill_has_taker_side: false,
            cancels_count_as_retail: false,
            timestamp_ahead_max_ms: 10_000,
            batch_max: 10,
        }
    }
}
