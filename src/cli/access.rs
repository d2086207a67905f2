//! From keys and addresses as they were written to the two sessions that use them.

use crate::config::{LighterAccess, ParadexAccess, Profile, RunConfig};
use crate::domain::{PerVenue, Wall};
use crate::runtime::entropy::OsEntropy;
use crate::runtime::instance::{Claim, file_name};
use crate::signing::ecgfp5::SchnorrKey;
use crate::signing::ethereum::EthAddress;
use crate::signing::stark::{Felt, StarkKey, felt_from_hex};
use crate::transport::client::{Outbound, http};
use crate::venue::Session;
use crate::venue::http::{Body, HttpRequest, Method};
use crate::venue::lighter::discovery::{AccountSearch, SearchError};
use crate::venue::lighter::nonce::NonceRule;
use crate::venue::lighter::quota::Limits;
use crate::venue::lighter::session::{LighterConfig, LighterSession, Timing};
use crate::venue::lighter::tx::KeySlot;
use crate::venue::paradex::session::{ParadexConfig, ParadexSession};
use crate::venue::{lighter, paradex};
use std::path::{Path, PathBuf};

/// Why there are no sessions. The sentence is for the operator and names the setting.
pub enum AccessError {
    /// A setting has to be changed.
    Wrong(String),
    /// Nothing is wrong that is known of: a venue could not be asked.
    Unreachable(String),
}

impl std::fmt::Display for AccessError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Wrong(sentence) | Self::Unreachable(sentence)) = self;
        f.write_str(sentence)
    }
}

impl From<String> for AccessError {
    fn from(sentence: String) -> Self {
        Self::Wrong(sentence)
    }
}

/// Claims on the market: one per venue.
const MARKETS: usize = 2;

const ONE_PER_MARKET: &str = "two in one market would close each other's legs: stop the other one first";
const ONE_PER_SLOT: &str = "two would use up each other's nonces: give each its own LIGHTER_API_KEY_INDEX and key, \
                            or set LIGHTER_SKIP_NONCE=true for both";

/// What trades, and for whom.
pub struct Accounts {
    paradex: ParadexConfig,
    lighter: LighterConfig,
    /// What no two processes may have at the same time, those of the market first.
    pub claims: Vec<Claim>,
    /// Which accounts these are, in words: the same for every market of theirs.
    pub key: String,
}

impl Accounts {
    /// One fresh session per venue. `sent_before`: when orders left for Paradex in the last day, which count against its limit.
    pub fn sessions(&self, sent_before: Vec<Wall>) -> PerVenue<Box<dyn Session>> {
        let paradex = ParadexConfig { sent_before, ..self.paradex.clone() };
        PerVenue {
            paradex: Box::new(ParadexSession::new(paradex, Box::new(OsEntropy))),
            lighter: Box::new(LighterSession::new(self.lighter.clone(), Box::new(OsEntropy))),
        }
    }
}

impl Accounts {
    /// The market on both venues: whoever holds these is the bot of this market.
    pub fn market_claims(&self) -> &[Claim] {
        self.claims.get(..MARKETS).unwrap_or_default()
    }

    /// What this market shares with others of the account: its holder may be the bot of another market.
    pub fn account_claims(&self) -> &[Claim] {
        self.claims.get(MARKETS..).unwrap_or_default()
    }

    /// Where the bot of this market leaves its sign of life.
    pub fn heartbeat(&self, state_dir: &Path) -> PathBuf {
        let market = self.claims.first().map(|claim| claim.what.as_str()).unwrap_or_default();
        state_dir.join(format!("{}.alive", file_name(market)))
    }

    /// What reads the positions without trading.
    pub fn readers(&self) -> (paradex::reader::PositionReader, lighter::reader::PositionReader) {
        (
            paradex::reader::PositionReader::new(self.paradex.clone()),
            lighter::reader::PositionReader::new(&self.lighter),
        )
    }
}

/// Both accounts, their keys parsed and checked, the Lighter account looked up where it is not given.
pub fn accounts(config: &RunConfig, timing: Timing, outbound: &Outbound) -> Result<Accounts, AccessError> {
    let access = &config.access;
    let owner: EthAddress =
        access.paradex.l1_address.parse().map_err(|cause| format!("PARADEX_L1_ADDRESS: {cause}"))?;
    let paradex = paradex_config(&config.ticker, &access.paradex)?;
    let lighter = lighter_config(&config.ticker, &access.lighter, owner, timing, outbound)?;
    let ticker = &config.ticker;
    // One spelling for each account: another one would be another account to the locks and to the ledger.
    let address =
        paradex.account.map_or_else(|| owner.to_string().to_lowercase(), |felt| format!("{felt:#x}"));
    let (slot, server) = (lighter.slot, host(&lighter.rest_url));
    let market = |what: String| Claim { what, shared: false, remedy: ONE_PER_MARKET };
    let on_paradex = format!("Paradex {} {address}", host(&paradex.rest_url));
    let on_lighter = format!("Lighter {server} {}", slot.account());
    let key = format!("{on_paradex}, {on_lighter}");
    let claims = vec![
        market(format!("{on_paradex} {ticker}")),
        market(format!("{on_lighter} {ticker}")),
        Claim {
            what: format!("Lighter {server} {} API key slot {}", slot.account(), slot.api_key()),
            shared: lighter.nonces == NonceRule::Skipping,
            remedy: ONE_PER_SLOT,
        },
    ];
    Ok(Accounts { paradex, lighter, claims, key })
}

/// Host and port of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn paradex_config(ticker: &str, access: &ParadexAccess) -> Result<ParadexConfig, String> {
    let key = StarkKey::from_hex(access.private_key.expose())
        .map_err(|cause| format!("PARADEX_L2_PRIVATE_KEY: {cause}"))?;
    let account: Option<Felt> = match &access.account {
        None => None,
        Some(text) => Some(felt_from_hex(text).map_err(|cause| format!("PARADEX_L2_ADDRESS: {cause}"))?),
    };
    Ok(ParadexConfig {
        rest_url: access.endpoints.rest.clone(),
        ws_url: access.endpoints.ws.clone(),
        market: format!("{ticker}-USD-PERP"),
        key,
        account,
        retail: access.profile == Profile::Retail,
        sent_before: Vec::new(),
    })
}

fn lighter_config(
    ticker: &str,
    access: &LighterAccess,
    owner: EthAddress,
    timing: Timing,
    outbound: &Outbound,
) -> Result<LighterConfig, AccessError> {
    let key = SchnorrKey::parse(access.private_key.expose())
        .map_err(|cause| format!("API_KEY_PRIVATE_KEY: {cause}"))?;
    let account = match access.account_index {
        Some(index) => index,
        None => find_account(access, &key, owner, outbound)?,
    };
    let slot = KeySlot::new(i64::try_from(account).unwrap_or_default(), access.api_key_index.into())
        .map_err(|cause| format!("LIGHTER_ACCOUNT_INDEX and LIGHTER_API_KEY_INDEX: {cause}"))?;
    Ok(LighterConfig {
        rest_url: access.endpoints.rest.clone(),
        ws_url: access.endpoints.ws.clone(),
        chain_id: access.chain_id,
        slot,
        key,
        nonces: if access.nonces_skip { NonceRule::Skipping } else { NonceRule::Consecutive },
        symbol: ticker.to_owned(),
        timing,
        limits: Limits::STANDARD,
    })
}

fn find_account(
    access: &LighterAccess,
    key: &SchnorrKey,
    owner: EthAddress,
    outbound: &Outbound,
) -> Result<u64, AccessError> {
    let search = AccountSearch {
        rest_url: access.endpoints.rest.clone(),
        owner: owner.to_string(),
        slot: access.api_key_index,
        key: key.public_key(),
    };
    let get =
        |url| HttpRequest { ticket: 0, method: Method::Get, url, headers: Vec::new(), body: Body::Empty };
    let found = search.run(|url| http::fetch(outbound, get(url)));
    found.map_err(|error| match error {
        SearchError::NotAnswered { .. } => AccessError::Unreachable(error.to_string()),
        SearchError::NoAccount { .. } | SearchError::NoKey { .. } => AccessError::Wrong(error.to_string()),
    })
}
