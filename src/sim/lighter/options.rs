//! How a simulated venue is set up: accounts with their keys, delays, and the positions of its switches.

use super::model::Tier;
use super::switches::Switches;

/// One account as it is when the simulation starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSetup {
    /// Account number, 1 to 2^48-2; from 2^47 on a sub-account.
    pub index: i64,
    /// Owner's Ethereum address, `0x` and 40 hex digits.
    pub l1_address: String,
    /// Registered public keys by slot (0 to 254), 40 bytes each.
    pub api_keys: Vec<(u8, [u8; 40])>,
    /// Collateral in millionths of a USDC.
    pub balance: i64,
    /// Fees, speed and limits of the L1 address.
    pub tier: Tier,
    /// Slots restricted to the fast lane (lighter.md 4.7).
    pub maker_only: Vec<u8>,
}

/// How long the sequencer holds transactions back, in milliseconds (lighter.md 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// Orders that may take.
    pub taker: i64,
    /// Orders that rest.
    pub maker: i64,
    /// Cancels, cancel-alls and modifies.
    pub cancel: i64,
}

impl Delays {
    /// The documented delays of a tier.
    pub fn of_tier(tier: Tier) -> Self {
        match tier {
            Tier::Standard | Tier::Plus => Self { taker: 300, maker: 0, cancel: 300 },
            Tier::Premium(_) => Self { taker: 140, maker: 0, cancel: 0 },
        }
    }

    /// The older profile of the standard tier: makers and cancels wait 200 ms.
    pub const STANDARD_OLD: Self = Self { taker: 300, maker: 200, cancel: 200 };

    /// The same delay for everything.
    pub fn flat(millis: i64) -> Self {
        Self { taker: millis, maker: millis, cancel: millis }
    }
}

/// Everything a simulated venue is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Decides the whole run: the same seed, the same venue.
    pub seed: u64,
    /// Signing chain id (lighter.md 1): 304 mainnet, 300 testnet.
    pub chain_id: u32,
    /// Accounts at the start.
    pub accounts: Vec<AccountSetup>,
    /// Delays for everyone instead of those of the tier.
    pub delays: Option<Delays>,
    /// True to enforce the request limits of lighter.md 2.5.
    pub rate_limits: bool,
    /// True when a crowd trades now and then besides the accounts.
    pub crowd: bool,
    /// Positions of the switches.
    pub switches: Switches,
}

impl Options {
    /// Mainnet rules, no accounts, limits enforced.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            chain_id: 304,
            accounts: Vec::new(),
            delays: None,
            rate_limits: true,
            crowd: true,
            switches: Switches::default(),
        }
    }
}
