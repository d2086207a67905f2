//! The flags of every verb. Values stay text here: `config` checks them together with the env file.

use argh::FromArgs;
use std::path::PathBuf;

/// Opens opposite positions of equal size on Paradex and Lighter at the same instant, holds them, closes both, and repeats.
///
/// `hedge-fast BTC` trades with the keys of the env file; `hedge-fast BTC --sim` needs no keys and no network;
/// `hedge-fast sim` runs the two simulated venues for other programs, `hedge-fast watchdog BTC` watches a bot from outside,
/// `hedge-fast flatten BTC` closes whatever is open, `hedge-fast latency` shows how fast a run is,
/// `hedge-fast chaos` tests this program in simulation.
#[derive(FromArgs, Debug)]
pub struct RunArguments {
    /// base symbol, such as BTC
    #[argh(positional)]
    pub symbol: Option<String>,
    /// base symbol, as the positional one
    #[argh(option)]
    pub ticker: Option<String>,
    /// notional of one leg in USDC (default 100)
    #[argh(option)]
    pub margin: Option<String>,
    /// seconds a pair is held (default 300)
    #[argh(option)]
    pub hold_time: Option<String>,
    /// percent of profit of one leg that closes the pair, 0 is off (default 50)
    #[argh(option)]
    pub take_profit: Option<String>,
    /// percent of loss of one leg that closes the pair, 0 is off (default 50)
    #[argh(option)]
    pub stop_loss: Option<String>,
    /// paradex SHORT + Lighter LONG instead of the opposite
    #[argh(switch)]
    pub reverse: bool,
    /// seconds between two cycles (default 20)
    #[argh(option)]
    pub cooldown: Option<String>,
    /// stop after this many complete cycles (default: until stopped)
    #[argh(option)]
    pub cycles: Option<u64>,
    /// a pair that an earlier run left open: flatten (default) or adopt
    #[argh(option)]
    pub on_restart: Option<String>,
    /// how trading threads wait: block, hybrid (default) or spin
    #[argh(option)]
    pub wait: Option<String>,
    /// trading threads: three, one, or auto (default)
    #[argh(option)]
    pub threads: Option<String>,
    /// cores for the trading threads, such as 2,3,4
    #[argh(option)]
    pub cores: Option<String>,
    /// file with settings and keys (default .env)
    #[argh(option)]
    pub env_file: Option<PathBuf>,
    /// trade against simulated venues inside this process: no keys, no network, no money
    #[argh(switch)]
    pub sim: bool,
    /// with --sim: repeat the market of this seed
    #[argh(option)]
    pub seed: Option<u64>,
    /// with --sim: delay of the venues in milliseconds (default: that of the fee-free account classes)
    #[argh(option)]
    pub sim_delay_ms: Option<u64>,
    /// with --sim: USDC on each account (default 10000)
    #[argh(option)]
    pub sim_balance: Option<String>,
    /// with --sim: what goes wrong; storm, drizzle, outage, market, busts, or a file
    #[argh(option)]
    pub faults: Option<String>,
}

/// Runs the two simulated venues on loopback ports until stopped, for any program to trade against.
#[derive(FromArgs, Debug)]
pub struct SimArguments {
    /// paradex listens on this port + 1, Lighter on this port + 2 (default 18100)
    #[argh(option, default = "18100")]
    pub port_base: u16,
    /// also write the addresses and test keys to this file
    #[argh(option)]
    pub env_out: Option<PathBuf>,
    /// repeat the market of this seed (default 1)
    #[argh(option, default = "1")]
    pub seed: u64,
    /// delay of the venues in milliseconds (default: that of the fee-free account classes)
    #[argh(option)]
    pub sim_delay_ms: Option<u64>,
    /// USDC on each account (default 10000)
    #[argh(option)]
    pub sim_balance: Option<String>,
    /// what goes wrong; storm, drizzle, outage, market, busts, or a file
    #[argh(option)]
    pub faults: Option<String>,
    /// paradex gives public channels as JSON to connections without SBE, as before September 2026
    #[argh(switch)]
    pub json_market_data: bool,
}

/// Shows how long the steps of an order take in the running program, or took in the last run.
#[derive(FromArgs, Debug)]
pub struct LatencyArguments {
    /// folder of the runs' records (default: HEDGE_STATE_DIR, else that of the user)
    #[argh(option)]
    pub state_dir: Option<PathBuf>,
    /// file with settings (default .env)
    #[argh(option)]
    pub env_file: Option<PathBuf>,
}

/// Brings whatever position stands in a market to zero on both venues, reduce-only, and leaves. Not beside a running bot.
#[derive(FromArgs, Debug)]
pub struct FlattenArguments {
    /// base symbol, such as BTC
    #[argh(positional)]
    pub symbol: String,
    /// file with settings and keys (default .env)
    #[argh(option)]
    pub env_file: Option<PathBuf>,
}

/// Watches a bot from outside: flattens both sides when it is dead, hangs, or leaves one side without a counterpart.
#[derive(FromArgs, Debug)]
pub struct WatchdogArguments {
    /// base symbol, such as BTC
    #[argh(positional)]
    pub symbol: String,
    /// file with settings and keys of the bot (default .env)
    #[argh(option)]
    pub env_file: Option<PathBuf>,
    /// seconds a position may stand without a counterpart (default 60)
    #[argh(option, default = "60")]
    pub naked_seconds: u64,
    /// seconds without a sign of life after which the bot counts as dead (default 15)
    #[argh(option, default = "15")]
    pub silence_seconds: u64,
    /// seconds between two looks (default 10); each costs one request per venue
    #[argh(option, default = "10")]
    pub poll_seconds: u64,
}

/// Runs the coordinator through seeds of a simulated hostile world and checks every invariant after every step.
///
/// One seed is one run. Exits with 1 when any run broke a rule.
#[derive(FromArgs, Debug)]
pub struct ChaosArguments {
    /// which seeds: A..B without B, or one seed
    #[argh(option)]
    pub seeds: String,
    /// how deep: 1 is venues at the level of reports (default), 2 the real sessions against the simulated venues
    #[argh(option, default = "1")]
    pub depth: u8,
    /// show the run of the first failing seed (or of the first seed) as a text diagram, made as small as it still fails
    #[argh(switch)]
    pub trace: bool,
}

/// Why no verb runs.
#[derive(Debug)]
pub enum Early {
    /// Help was asked for.
    Help(String),
    /// The words make no sense.
    Wrong(String),
}

/// Parses the flags of a run.
pub fn run(words: &[&str]) -> Result<RunArguments, Early> {
    parse(&["hedge-fast"], words)
}

/// Parses the flags of `sim`.
pub fn sim(words: &[&str]) -> Result<SimArguments, Early> {
    parse(&["hedge-fast", "sim"], words)
}

/// Parses the flags of `latency`.
pub fn latency(words: &[&str]) -> Result<LatencyArguments, Early> {
    parse(&["hedge-fast", "latency"], words)
}

/// Parses the flags of `flatten`.
pub fn flatten(words: &[&str]) -> Result<FlattenArguments, Early> {
    parse(&["hedge-fast", "flatten"], words)
}

/// Parses the flags of `watchdog`.
pub fn watchdog(words: &[&str]) -> Result<WatchdogArguments, Early> {
    parse(&["hedge-fast", "watchdog"], words)
}

/// Parses the flags of `chaos`.
pub fn chaos(words: &[&str]) -> Result<ChaosArguments, Early> {
    parse(&["hedge-fast", "chaos"], words)
}

fn parse<T: FromArgs>(command: &[&str], words: &[&str]) -> Result<T, Early> {
    T::from_args(command, words).map_err(|early| match early.status {
        Ok(()) => Early::Help(early.output),
        Err(()) => Early::Wrong(format!("{}\nhedge-fast --help shows all flags", early.output.trim_end())),
    })
}

impl RunArguments {
    /// The symbol, from the positional word or `--ticker`.
    pub fn ticker(&self) -> Result<&str, String> {
        match (&self.symbol, &self.ticker) {
            (Some(symbol), None) => Ok(symbol),
            (None, Some(ticker)) => Ok(ticker),
            (Some(symbol), Some(ticker)) if symbol.eq_ignore_ascii_case(ticker) => Ok(symbol),
            (Some(symbol), Some(ticker)) => {
                Err(format!("two different tickers were given: {symbol} and {ticker}"))
            }
            (None, None) => Err("which market? For example: hedge-fast BTC --sim".to_owned()),
        }
    }

    /// The flags that are settings, under the setting's name.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut flags: Vec<(&'static str, String)> = [
            ("CROSS_HEDGE_MARGIN", &self.margin),
            ("CROSS_HEDGE_POSITION_HOLD_TIME", &self.hold_time),
            ("CROSS_HEDGE_TAKE_PROFIT", &self.take_profit),
            ("CROSS_HEDGE_STOP_LOSS", &self.stop_loss),
            ("CROSS_HEDGE_CYCLE_WAIT", &self.cooldown),
            ("HEDGE_ON_RESTART", &self.on_restart),
            ("HEDGE_WAIT", &self.wait),
            ("HEDGE_THREADS", &self.threads),
            ("HEDGE_CORES", &self.cores),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect();
        if self.reverse {
            flags.push(("CROSS_HEDGE_REVERSE", "true".to_owned()));
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_symbol_may_be_a_word_or_a_flag_but_not_two_different_ones() {
        let ticker = |words: &[&str]| run(words).expect("parses").ticker().map(str::to_owned);
        assert_eq!(ticker(&["BTC"]).as_deref(), Ok("BTC"));
        assert_eq!(ticker(&["--ticker", "ETH"]).as_deref(), Ok("ETH"));
        assert!(ticker(&["BTC", "--ticker", "ETH"]).is_err());
        assert!(ticker(&[]).is_err());
    }

    #[test]
    fn unknown_flags_and_negative_numbers_are_wrong_usage() {
        assert!(matches!(run(&["BTC", "--no-such-flag"]), Err(Early::Wrong(_))));
        assert!(matches!(run(&["BTC", "--cycles", "-1"]), Err(Early::Wrong(_))));
        assert!(matches!(run(&["--help"]), Err(Early::Help(_))));
    }

    #[test]
    fn a_negative_margin_reaches_the_configuration_which_names_it() {
        let parsed = run(&["BTC", "--margin", "-5"]);
        assert!(parsed.is_ok_and(|arguments| arguments.margin.as_deref() == Some("-5")));
    }
}
