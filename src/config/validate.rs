//! From raw values to a configuration that can be trusted. All faults are found at once and told together.

use super::raw::RawConfig;
use super::table::{self, SETTINGS};
use crate::coordinator::{Imbalance, Mission, OnRestart, OnVenueDown, Settings};
use crate::domain::SecretText;
use crate::domain::Usd;
use crate::notify;
use crate::runtime::tuning::{Threads, Tuning, Wait};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Fee class of Paradex orders (paradex.md 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// No fee, about 300 ms delay, order quota.
    Retail,
    /// Fees, no delay.
    Pro,
}

/// Addresses of one venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// REST base without trailing slash.
    pub rest: String,
    /// WebSocket address.
    pub ws: String,
}

/// What is needed to trade on Paradex.
#[derive(Clone, Debug)]
pub struct ParadexAccess {
    /// Addresses.
    pub endpoints: Endpoints,
    /// Owner's Ethereum address as written.
    pub l1_address: String,
    /// Stark private key as written.
    pub private_key: SecretText,
    /// Account address as written, when given.
    pub account: Option<String>,
    /// Fee class.
    pub profile: Profile,
}

/// What is needed to trade on Lighter.
#[derive(Clone, Debug)]
pub struct LighterAccess {
    /// Addresses.
    pub endpoints: Endpoints,
    /// Chain id that goes into signatures.
    pub chain_id: u32,
    /// API private key as written.
    pub private_key: SecretText,
    /// Account; `None`: to be found by the owner's address.
    pub account_index: Option<u64>,
    /// Key slot.
    pub api_key_index: u8,
    /// Nonces follow the clock.
    pub nonces_skip: bool,
}

/// Both venues.
#[derive(Clone, Debug)]
pub struct Access {
    /// Paradex.
    pub paradex: ParadexAccess,
    /// Lighter.
    pub lighter: LighterAccess,
}

/// A checked configuration of one run.
#[derive(Clone, Debug)]
pub struct RunConfig {
    /// Upper-case base symbol, such as `BTC`.
    pub ticker: String,
    /// What the coordinator needs.
    pub settings: Settings,
    /// Keys and addresses.
    pub access: Access,
    /// Suffix of file names.
    pub account_name: Option<String>,
    /// Folder of the log and order files.
    pub log_dir: PathBuf,
    /// Folder of locks and records, where the operator names one.
    pub state_dir: Option<PathBuf>,
    /// Time zone of log timestamps.
    pub time_zone: String,
    /// Where alarms go.
    pub notifications: notify::Settings,
    /// Threads, cores, waiting.
    pub tuning: Tuning,
}

/// Everything wrong with a configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Required names without a value.
    pub missing: Vec<&'static str>,
    /// Other faults, one sentence each.
    pub faults: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.missing.is_empty() {
            writeln!(f, "These settings are missing. Put them into the env file (see env_example.txt):")?;
            for setting in self.missing.iter().filter_map(|name| table::find(name)) {
                writeln!(f, "  {:<24} {} (from: {})", setting.name, setting.meaning, setting.source)?;
            }
            writeln!(f, "To try hedge-fast without keys and without money, add --sim.")?;
        }
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

impl RunConfig {
    /// Checks everything and reports all faults together. `cycles` comes from outside the table.
    pub fn validate(raw: &RawConfig, ticker: &str, cycles: Option<u64>) -> Result<Self, ConfigError> {
        let mut reader = Reader { raw, faults: Vec::new() };
        let settings = reader.settings(cycles);
        let access = reader.access();
        let ticker = reader.ticker(ticker);
        let account_name = reader.account_name();
        let log_dir = PathBuf::from(reader.text("HEDGE_LOG_DIR").unwrap_or_default());
        let state_dir = reader.text("HEDGE_STATE_DIR").map(PathBuf::from);
        let time_zone = reader.text("TIMEZONE").unwrap_or_default();
        let notifications = reader.notifications();
        let tuning = reader.tuning();
        let missing: Vec<_> = SETTINGS
            .iter()
            .filter(|setting| setting.required && raw.get(setting.name).is_none())
            .filter(|setting| setting.found_through.is_none_or(|other| raw.get(other).is_none()))
            .map(|setting| setting.name)
            .collect();
        match (missing.is_empty() && reader.faults.is_empty(), access) {
            (true, Some(access)) => Ok(Self {
                ticker,
                settings,
                access,
                account_name,
                log_dir,
                state_dir,
                time_zone,
                notifications,
                tuning,
            }),
            _ => Err(ConfigError { missing, faults: reader.faults }),
        }
    }
}

/// Reads single settings and collects what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) raw: &'a RawConfig,
    faults: Vec<String>,
}

impl Reader<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.raw.get(name).map(|(value, _)| value.expose().to_owned())
    }

    pub(super) fn fault(&mut self, name: &str, wrong: &str) {
        let flag = table::find(name).and_then(|setting| setting.flag);
        let place = flag.map_or_else(|| name.to_owned(), |flag| format!("{flag} ({name})"));
        self.faults.push(format!("{place} {wrong}"));
    }

    /// A whole number within bounds; the fallback only stands in until the faults are reported.
    fn whole(&mut self, name: &str, low: u64, high: u64) -> u64 {
        let text = self.text(name).unwrap_or_default();
        match text.parse::<u64>() {
            Ok(number) if (low..=high).contains(&number) => number,
            _ => {
                self.fault(name, &format!("must be a whole number from {low} to {high}, not \"{text}\""));
                low
            }
        }
    }

    /// A percentage as parts per million; zero is off.
    fn percent_ppm(&mut self, name: &str) -> Option<i64> {
        let text = self.text(name).unwrap_or_default();
        match text.parse::<Usd>() {
            Ok(percent) if percent >= Usd::ZERO && percent <= Usd::from_whole(1_000) => {
                let ppm = percent.units() / 10_000;
                (ppm > 0).then_some(ppm)
            }
            _ => {
                self.fault(name, &format!("must be a percentage from 0 to 1000, not \"{text}\""));
                None
            }
        }
    }

    /// An amount from `least` to a million.
    fn usd(&mut self, name: &str, least: i64) -> Usd {
        let text = self.text(name).unwrap_or_default();
        match text.parse::<Usd>() {
            Ok(amount) if amount >= Usd::from_whole(least) && amount <= Usd::from_whole(1_000_000) => amount,
            _ => {
                self.fault(name, &format!("must be from {least} to 1000000 USDC, not \"{text}\""));
                Usd::ZERO
            }
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        let text = self.text(name).unwrap_or_default();
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.fault(name, &format!("must be true or false, not \"{text}\""));
                false
            }
        }
    }

    /// One of a few words; the first stands in until the faults are reported.
    fn choice<T: Copy, const N: usize>(&mut self, name: &str, words: [(&str, T); N]) -> T {
        let text = self.text(name).unwrap_or_default();
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return *meaning;
        }
        let known = words.map(|(word, _)| word).join(" or ");
        self.fault(name, &format!("must be {known}, not \"{text}\""));
        words[0].1
    }

    fn tuning(&mut self) -> Tuning {
        let wait = [("block", Wait::Block), ("hybrid", Wait::Hybrid), ("spin", Wait::Spin)];
        let threads = [("auto", Threads::Auto), ("three", Threads::Three), ("one", Threads::One)];
        let list = self.text("HEDGE_CORES").unwrap_or_default();
        let cores: Result<Vec<usize>, _> =
            list.split(',').map(str::trim).filter(|core| !core.is_empty()).map(str::parse).collect();
        if cores.is_err() {
            self.fault("HEDGE_CORES", &format!("must be core numbers such as 2,3,4, not \"{list}\""));
        }
        Tuning {
            wait: self.choice("HEDGE_WAIT", wait),
            threads: self.choice("HEDGE_THREADS", threads),
            cores: cores.unwrap_or_default(),
        }
    }

    fn settings(&mut self, cycles: Option<u64>) -> Settings {
        Settings {
            margin: self.usd("CROSS_HEDGE_MARGIN", 1),
            hold_time: Duration::from_secs(self.whole("CROSS_HEDGE_POSITION_HOLD_TIME", 0, 604_800)),
            take_profit_ppm: self.percent_ppm("CROSS_HEDGE_TAKE_PROFIT"),
            stop_loss_ppm: self.percent_ppm("CROSS_HEDGE_STOP_LOSS"),
            reverse: self.flag("CROSS_HEDGE_REVERSE"),
            cooldown: Duration::from_secs(self.whole("CROSS_HEDGE_CYCLE_WAIT", 0, 86_400)),
            retry_wait: Duration::from_secs(self.whole("HEDGE_RETRY_WAIT", 0, 86_400)),
            cycles,
            mission: Mission::Trade,
            imbalance: self
                .choice("HEDGE_IMBALANCE", [("reduce", Imbalance::Reduce), ("topup", Imbalance::TopUp)]),
            on_restart: self
                .choice("HEDGE_ON_RESTART", [("flatten", OnRestart::Flatten), ("adopt", OnRestart::Adopt)]),
            on_venue_down: self.choice(
                "HEDGE_ON_VENUE_DOWN",
                [("hold", OnVenueDown::Hold), ("flatten", OnVenueDown::Flatten)],
            ),
            halt_for: Duration::from_secs(self.whole("HEDGE_HALT_SECONDS", 0, 86_400)),
            slippage_ppm: i64::try_from(self.whole("HEDGE_SLIPPAGE_BPS", 1, 300)).unwrap_or(30) * 100,
            order_validity: Duration::from_millis(self.whole("HEDGE_ORDER_VALIDITY_MS", 1_000, 10_000)),
            outcome_deadline: Duration::from_secs(self.whole("HEDGE_ORDER_TIMEOUT", 1, 60)),
            ready_deadline: Duration::from_secs(20),
            quote_age_max: Duration::from_millis(self.whole("HEDGE_QUOTE_AGE_MS_MAX", 50, 60_000)),
            failures_max: u32::try_from(self.whole("HEDGE_FAILURES_MAX", 1, 1_000)).unwrap_or(10),
            day_loss_max: Some(self.usd("HEDGE_DAY_LOSS_MAX", 0)).filter(|most| most.is_positive()),
        }
    }

    fn access(&mut self) -> Option<Access> {
        let paradex = self.paradex();
        let lighter = self.lighter();
        Some(Access { paradex: paradex?, lighter: lighter? })
    }

    fn paradex(&mut self) -> Option<ParadexAccess> {
        let testnet = self.is_testnet("PARADEX_ENVIRONMENT");
        let host = if testnet { "api.testnet.paradex.trade" } else { "api.prod.paradex.trade" };
        let rest = self.url("PARADEX_REST_URL", &format!("https://{host}/v1"), "http");
        let ws = self.url("PARADEX_WS_URL", &format!("wss://ws.{host}/v1"), "ws");
        let profile = match self.text("PARADEX_PROFILE").as_deref() {
            Some("retail") => Profile::Retail,
            Some("pro") => Profile::Pro,
            other => {
                let wrong = format!("must be retail or pro, not \"{}\"", other.unwrap_or_default());
                self.fault("PARADEX_PROFILE", &wrong);
                Profile::Retail
            }
        };
        Some(ParadexAccess {
            endpoints: Endpoints { rest, ws },
            l1_address: self.text("PARADEX_L1_ADDRESS")?,
            private_key: self.raw.get("PARADEX_L2_PRIVATE_KEY")?.0,
            account: self.text("PARADEX_L2_ADDRESS"),
            profile,
        })
    }

    fn lighter(&mut self) -> Option<LighterAccess> {
        let testnet = self.is_testnet("LIGHTER_ENVIRONMENT");
        let host = if testnet { "testnet.zklighter.elliot.ai" } else { "mainnet.zklighter.elliot.ai" };
        let rest = self.url("LIGHTER_REST_URL", &format!("https://{host}"), "http");
        let ws = self.url("LIGHTER_WS_URL", &format!("wss://{host}/stream"), "ws");
        let by_environment = if testnet { 300 } else { 304 };
        let chain_id = match self.text("LIGHTER_CHAIN_ID") {
            None => by_environment,
            Some(_) => u32::try_from(self.whole("LIGHTER_CHAIN_ID", 1, u64::from(u32::MAX)))
                .unwrap_or(by_environment),
        };
        self.text("LIGHTER_API_KEY_INDEX")?;
        let named = self.text("LIGHTER_ACCOUNT_INDEX").is_some();
        let account_index = named.then(|| self.whole("LIGHTER_ACCOUNT_INDEX", 1, (1 << 48) - 2));
        let nonces_skip = self.flag("LIGHTER_SKIP_NONCE");
        let api_key_index = u8::try_from(self.whole("LIGHTER_API_KEY_INDEX", 0, 254)).unwrap_or(254);
        let private_key = self.raw.get("API_KEY_PRIVATE_KEY")?.0;
        Some(LighterAccess {
            endpoints: Endpoints { rest, ws },
            chain_id,
            private_key,
            account_index,
            api_key_index,
            nonces_skip,
        })
    }

    fn is_testnet(&mut self, name: &str) -> bool {
        match self.text(name).as_deref() {
            Some("prod" | "mainnet") => false,
            Some("testnet") => true,
            other => {
                let wrong = format!("must be prod or testnet, not \"{}\"", other.unwrap_or_default());
                self.fault(name, &wrong);
                false
            }
        }
    }

    /// An address of the right kind; without TLS only on this machine.
    pub(super) fn url(&mut self, name: &str, standard: &str, plain_scheme: &str) -> String {
        let Some(url) = self.text(name) else {
            return standard.to_owned();
        };
        let url = url.trim_end_matches('/').to_owned();
        let tls_scheme = format!("{plain_scheme}s");
        let fault = match url.split_once("://") {
            Some((scheme, rest)) if scheme == tls_scheme && !rest.is_empty() => None,
            Some((scheme, rest)) if scheme == plain_scheme && is_loopback(rest) => None,
            Some((scheme, _)) if scheme == plain_scheme => {
                Some(format!("must use {tls_scheme}:// unless it points to this machine"))
            }
            _ => Some(format!("must start with {tls_scheme}://")),
        };
        if let Some(fault) = fault {
            self.fault(name, &fault);
        }
        url
    }

    fn ticker(&mut self, ticker: &str) -> String {
        let ticker = ticker.to_ascii_uppercase();
        if ticker.is_empty() || ticker.len() > 20 || !ticker.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            self.faults.push(format!(
                "the ticker must be a base symbol such as BTC, not \"{}\"",
                ticker.escape_debug()
            ));
        }
        ticker
    }

    fn account_name(&mut self) -> Option<String> {
        let name = self.text("ACCOUNT_NAME")?;
        if !name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
            self.fault(
                "ACCOUNT_NAME",
                "may hold only letters, digits, - and _: it becomes part of file names",
            );
        }
        Some(name)
    }
}

/// True when host and port name this machine.
fn is_loopback(rest: &str) -> bool {
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
