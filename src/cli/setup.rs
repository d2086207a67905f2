//! From words, files and environment to everything a trading verb needs: configuration, accounts, log.

use super::access::{self, AccessError, Accounts};
use super::notifications::{LedgerSpool, Notifications};
use crate::config::{RawConfig, RunConfig};
use crate::ledger::{Birth, Ledger};
use crate::observe::lines::Lines;
use crate::observe::log_file::{self, LogPaths};
use crate::observe::narrator::{Narrator, Telling};
use crate::observe::order_file::OrderFile;
use crate::runtime::{clock, entropy};
use crate::transport::client::{Outbound, Proxy, TlsConfig};
use crate::venue::lighter::session::Timing;
use std::path::{Path, PathBuf};

/// Env file that is read when none is named.
pub const ENV_FILE: &str = ".env";

/// What the operator said.
pub struct Wish<'a> {
    /// Base symbol.
    pub ticker: &'a str,
    /// Flags that are settings, under the setting's name.
    pub flags: Vec<(&'static str, String)>,
    /// Addresses and keys of simulated venues.
    pub simulated: Vec<(&'static str, String)>,
    /// The env file, where one is named.
    pub env_file: Option<&'a Path>,
    /// Complete cycles to run.
    pub cycles: Option<u64>,
    /// Life of Lighter's tokens.
    pub timing: Timing,
}

/// Everything checked and ready.
pub struct Setup {
    /// Checked settings.
    pub config: RunConfig,
    /// Keys and addresses, parsed.
    pub accounts: Accounts,
    /// How the world is reached.
    pub outbound: Outbound,
    /// Folder of locks and records.
    pub state_dir: PathBuf,
    warnings: Vec<String>,
}

impl Setup {
    /// Reads and checks everything; asks a venue only where an account has to be found.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn prepare(wish: Wish<'_>) -> Result<Self, AccessError> {
        let raw = collect(&wish)?;
        let config =
            RunConfig::validate(&raw, wish.ticker, wish.cycles).map_err(|cause| cause.to_string())?;
        let outbound = outbound()?;
        let accounts = access::accounts(&config, wish.timing, &outbound)?;
        let state_dir = config.state_dir.clone().unwrap_or_else(state_dir);
        Ok(Self { config, accounts, outbound, state_dir, warnings: raw.warnings().to_vec() })
    }

    /// Name of this run's reports, as the log files have it.
    pub fn report_name(&self) -> String {
        match &self.config.account_name {
            Some(account) => format!("{}_{account}", self.config.ticker),
            None => self.config.ticker.clone(),
        }
    }

    /// Opens log and order file; what has to be said before anything else is said there.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open_log(&self) -> Result<(Telling, Narrator), String> {
        let config = &self.config;
        let zone = log_file::time_zone(&config.time_zone).map_err(|cause| cause.to_string())?;
        let paths = LogPaths::new(&config.log_dir, &config.ticker, config.account_name.as_deref());
        let file = log_file::open_append(&paths.activity).map_err(|cause| cause.to_string())?;
        let orders = OrderFile::open(&paths.orders, zone.clone()).map_err(|cause| cause.to_string())?;
        log_file::install(file, zone, log_level()).map_err(|cause| cause.to_string())?;
        for warning in &self.warnings {
            log::warn!("{warning}");
        }
        if let Some(proxy) = &self.outbound.proxy {
            log::info!("Everything but this machine is reached through the proxy {proxy}");
        }
        let lines = Lines::new(&config.ticker, config.settings);
        Narrator::spawn(lines, orders).map_err(|cause| format!("cannot start the log writer: {cause}"))
    }

    /// Opens the record of these accounts; that of `simulated` ones ends with the process.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open_ledger(&self, simulated: bool) -> Result<Ledger, AccessError> {
        let birth = Birth { now: clock::wall(), entropy: entropy::bytes() };
        let ledger = if simulated {
            Ledger::in_memory(birth)
        } else {
            Ledger::open(&self.state_dir, &self.accounts.key, birth)
        };
        ledger.map_err(|cause| AccessError::Unreachable(cause.to_string()))
    }

    /// Starts what brings alarms to people; what does not arrive stays in the ledger.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn notify(&self, simulated: bool, ledger: &Ledger) -> Result<Notifications, String> {
        let spool = Box::new(LedgerSpool(ledger.alarms(&self.config.ticker)));
        Notifications::start(&self.config, simulated, &self.outbound, spool)
    }
}

fn collect(wish: &Wish<'_>) -> Result<RawConfig, String> {
    let file = wish.env_file.map_or_else(|| PathBuf::from(ENV_FILE), Path::to_owned);
    // A name or value that is no text cannot be a setting of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    warn_open_file(&file);
    RawConfig::collect(&wish.flags, &wish.simulated, &file, wish.env_file.is_some(), environment)
        .map_err(|cause| cause.to_string())
}

/// Keys in a file that others can read are keys of others.
fn warn_open_file(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(meta) = std::fs::metadata(file) else { return };
    if meta.permissions().mode() & 0o077 != 0 {
        eprintln!("warning: {} can be read by others; chmod 600 {}", file.display(), file.display());
    }
}

/// Public roots, and the proxy that the environment names.
fn outbound() -> Result<Outbound, String> {
    let tls = TlsConfig::public_roots().map_err(|cause| format!("TLS cannot be set up: {cause}"))?;
    let proxy =
        Proxy::from_environment(|name| std::env::var(name).ok()).map_err(|cause| cause.to_string())?;
    Ok(Outbound { tls, proxy })
}

/// Where the user's programs keep state; the working folder where there is no user to speak of.
pub fn state_dir() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("XDG_STATE_HOME")
        .or_else(|| named("HOME").map(|home| home.join(".local").join("state")))
        .map_or_else(|| PathBuf::from("state"), |base| base.join("hedge-fast"))
}

/// `RUST_LOG` as one word (`error` to `trace`); anything else means `info`.
fn log_level() -> log::LevelFilter {
    let asked = std::env::var("RUST_LOG").ok().and_then(|word| word.parse().ok());
    asked.unwrap_or(log::LevelFilter::Info)
}
