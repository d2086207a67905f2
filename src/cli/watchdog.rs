//! `hedge-fast watchdog BTC`: a second process that needs no order stream. It reads both positions over REST, looks at the bot's
//! lock and sign of life, and flattens both sides when the bot cannot (`coordinator::watch` judges). Whoever holds the lock
//! acts: the watchdog takes it before it sends anything, and ends a bot that hangs first; one that came back is left alone.

use super::access::AccessError;
use super::arguments::WatchdogArguments;
use super::setup::{Setup, Wish};
use super::{USAGE, trade};
use crate::coordinator::watch::{Bot, Patience, Sight, Trouble, Verdict, Watch};
use crate::coordinator::{ExitReason, Mission, Notice};
use crate::domain::{PerVenue, Qty};
use crate::ledger::Ledger;
use crate::runtime::clock::{self, Clock};
use crate::runtime::engine::Surroundings;
use crate::runtime::heartbeat::{self, Beats};
use crate::runtime::instance::{Claim, InstanceLock, LockError};
use crate::runtime::{panics, processes, signals};
use crate::transport::client::http;
use crate::venue::http::{Body, HttpRequest, Method};
use crate::venue::lighter::session::Timing;
use crate::venue::{lighter, paradex};
use crossbeam_channel::RecvTimeoutError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a process that was ended may take to give its lock back.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// Pause between two looks at a lock.
const LOCK_AGAIN: Duration = Duration::from_millis(100);

/// Watches until SIGTERM or SIGINT; returns the exit code.
pub fn run(arguments: WatchdogArguments) -> u8 {
    match start(&arguments) {
        Ok(()) => 0,
        Err(AccessError::Unreachable(sentence)) => {
            eprintln!("{sentence}");
            ExitReason::Refused.code()
        }
        Err(AccessError::Wrong(sentence)) => {
            eprintln!("{}", sentence.trim_end());
            USAGE
        }
    }
}

fn start(arguments: &WatchdogArguments) -> Result<(), AccessError> {
    let stop_requests =
        signals::stop_requests().map_err(|cause| format!("cannot listen for signals: {cause}"))?;
    let panics = panics::watch();
    let setup = Setup::prepare(Wish {
        ticker: &arguments.symbol,
        flags: Vec::new(),
        simulated: Vec::new(),
        env_file: arguments.env_file.as_deref(),
        cycles: None,
        timing: Timing::default(),
    })?;
    let ledger = setup.open_ledger(false)?;
    let (tell, narrator) = setup.open_log()?;
    let (naked, silence) = (arguments.naked_seconds, arguments.silence_seconds);
    let every = arguments.poll_seconds.max(1);
    log::info!(
        "Watchdog of {}: looks every {every}s, acts after {naked}s without a counterpart or {silence}s without a sign of life",
        setup.config.ticker
    );
    let notifications = setup.notify(false, &ledger)?;
    let alert = notifications.teller();
    let (outbound, tuning) = (setup.outbound.clone(), setup.config.tuning.clone());
    let (beats, latencies) = (Beats::default(), Arc::default());
    let around = Surroundings { stop_requests, panics, outbound, beats, tuning, latencies };
    let silence = Duration::from_secs(silence);
    let stopped = Arc::new(AtomicBool::new(false));
    let mut watchdog = Watchdog {
        ledger,
        stopped: Arc::clone(&stopped),
        eyes: Eyes::new(&setup, silence),
        watch: Watch::new(Patience { naked: Duration::from_secs(naked), abandoned: silence }),
        setup: &setup,
        around: &around,
        tell: move |notice| {
            if matches!(notice, Notice::Stopping) {
                stopped.store(true, Ordering::Relaxed);
            }
            alert(&notice);
            tell.tell(notice);
        },
    };
    watchdog.keep_watch(Duration::from_secs(every));
    let Watchdog { ledger, tell, .. } = watchdog;
    drop(tell);
    if let Err(cause) = ledger.finish() {
        log::error!("{cause}");
    }
    notifications.finish(&Ok(ExitReason::Done));
    narrator.finish();
    log::info!("Exit 0: the watchdog was asked to end");
    log::logger().flush();
    Ok(())
}

struct Watchdog<'a, T> {
    /// The only connection of this process: closing a second one would release the locks of the first.
    ledger: Ledger,
    /// The request to stop reached it while it was flattening.
    stopped: Arc<AtomicBool>,
    setup: &'a Setup,
    around: &'a Surroundings,
    eyes: Eyes<'a>,
    watch: Watch,
    tell: T,
}

impl<T: Fn(Notice) + Clone + Send + 'static> Watchdog<'_, T> {
    fn keep_watch(&mut self, every: Duration) {
        let clock = Clock::start();
        loop {
            let sight = self.eyes.look();
            match self.watch.look(clock.mono(), &sight) {
                Verdict::Rest => {}
                Verdict::Warn(trouble) => self.warn(trouble),
                Verdict::AskToStop(trouble) => self.ask_to_stop(trouble),
                Verdict::TakeOver(trouble) => self.take_over(trouble, sight.bot),
            }
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            match self.around.stop_requests.recv_timeout(every) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn warn(&self, trouble: Trouble) {
        let positions = self.watch.confirmed();
        (self.tell)(Notice::WatchdogWarns { trouble, positions });
    }

    fn ask_to_stop(&self, trouble: Trouble) {
        self.warn(trouble);
        if let Err(LockError::Running { pid: Some(pid), .. }) = self.eyes.lock_is_free() {
            (self.tell)(Notice::WatchdogStopsBot { pid, at_once: false });
            if let Err(cause) = processes::ask_to_stop(pid) {
                log::error!("process {pid} cannot be asked to stop: {cause}");
            }
        }
    }

    /// The bot cannot or is not there: its lock is taken, by force if need be, and both sides are flattened.
    fn take_over(&mut self, trouble: Trouble, seen: Bot) {
        self.warn(trouble);
        // Reading the positions took its time: a bot that came back meanwhile does this itself.
        let now = self.eyes.bot();
        if now != seen {
            return log::warn!("The watchdog does not act: the bot was {seen:?} and is {now:?} now");
        }
        let locks = match self.lock(seen) {
            Ok(locks) => locks,
            Err(cause) => return log::error!("The watchdog cannot act: {cause}"),
        };
        (self.tell)(Notice::WatchdogActs);
        match self.flatten() {
            Ok(reason) => {
                log::info!("Flattening ended with {}: {}", reason.code(), trade::words(reason));
                if reason == ExitReason::Done {
                    // The bot's sign of life is not needed any more, and would be old for ever.
                    let _ = std::fs::remove_file(&self.eyes.heartbeat);
                }
            }
            Err(sentence) => log::error!("{sentence}"),
        }
        drop(locks);
    }

    /// What the bot recorded until it died is read now, not when the watch began.
    fn flatten(&mut self) -> Result<ExitReason, String> {
        let ledger = &mut self.ledger;
        let reason = trade::trade(self.setup, ledger, Mission::Flatten, self.around, self.tell.clone());
        // While the lock is held: the next bot reads what was written here.
        ledger.end_runs().map_err(|cause| cause.to_string())?;
        reason
    }

    /// The market, by force only from a bot that hangs; and what it shares with other markets, never by force.
    fn lock(&self, seen: Bot) -> Result<[InstanceLock; 2], LockError> {
        let accounts = &self.setup.accounts;
        let market = match seen {
            Bot::Silent | Bot::Alive => self.lock_by_force(accounts.market_claims())?,
            Bot::Gone | Bot::Absent => InstanceLock::take(&self.setup.state_dir, accounts.market_claims())?,
        };
        Ok([market, InstanceLock::take(&self.setup.state_dir, accounts.account_claims())?])
    }

    /// Ends the process that holds the lock, and no other that may take it next.
    fn lock_by_force(&self, claims: &[Claim]) -> Result<InstanceLock, LockError> {
        let clock = Clock::start();
        let mut ended = None;
        loop {
            match InstanceLock::take(&self.setup.state_dir, claims) {
                Err(LockError::Running { pid: Some(pid), .. })
                    if ended.is_none_or(|before| before == pid) && !is_over(&clock) =>
                {
                    if ended.replace(pid).is_none() {
                        (self.tell)(Notice::WatchdogStopsBot { pid, at_once: true });
                        if let Err(cause) = processes::end_at_once(pid) {
                            log::error!("process {pid} cannot be ended: {cause}");
                        }
                    }
                    std::thread::sleep(LOCK_AGAIN);
                }
                other => return other,
            }
        }
    }
}

fn is_over(clock: &Clock) -> bool {
    Duration::from_nanos(clock.mono().0) > LOCK_PATIENCE
}

/// What can be seen without trading.
struct Eyes<'a> {
    setup: &'a Setup,
    heartbeat: std::path::PathBuf,
    silence: Duration,
    paradex: paradex::reader::PositionReader,
    lighter: lighter::reader::PositionReader,
}

impl<'a> Eyes<'a> {
    fn new(setup: &'a Setup, silence: Duration) -> Self {
        let (paradex, lighter) = setup.accounts.readers();
        Self { setup, heartbeat: setup.accounts.heartbeat(&setup.state_dir), silence, paradex, lighter }
    }

    fn look(&mut self) -> Sight {
        Sight { bot: self.bot(), positions: self.positions() }
    }

    fn bot(&self) -> Bot {
        let age = heartbeat::age(&self.heartbeat);
        if age.is_some_and(|age| age < self.silence) {
            return Bot::Alive;
        }
        match (self.lock_is_free(), age) {
            (Ok(()), Some(_)) => Bot::Gone,
            (Ok(()), None) => Bot::Absent,
            (Err(LockError::Running { .. }), Some(_)) => Bot::Silent,
            // It holds the lock and is about to show its first sign of life, or nothing can be known.
            (Err(_), _) => Bot::Alive,
        }
    }

    fn lock_is_free(&self) -> Result<(), LockError> {
        InstanceLock::look(&self.setup.state_dir, self.setup.accounts.market_claims())
    }

    fn positions(&mut self) -> PerVenue<Option<Qty>> {
        let outbound = &self.setup.outbound;
        let paradex = self.paradex.read(clock::wall(), |request| http::fetch(outbound, request));
        let get = |url| {
            let headers = Vec::new();
            http::fetch(
                outbound,
                HttpRequest { ticket: 0, method: Method::Get, url, headers, body: Body::Empty },
            )
        };
        let lighter = self.lighter.read(get);
        let told = |venue: &str, read: Result<Qty, String>| {
            read.inspect_err(|cause| log::warn!("the position on {venue} cannot be read: {cause}")).ok()
        };
        PerVenue { paradex: told("Paradex", paradex), lighter: told("Lighter", lighter) }
    }
}
