//! The real program against venues in this process: started, watched line by line, killed, and held against venue truth.

pub mod truth;

use hedge_fast::domain::{PerVenue, Qty, Usd, Wall};
use hedge_fast::sim::faults::parse;
use hedge_fast::sim::launch::{SimSettings, Simulators};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Both venues and a folder for the program that trades on them.
pub struct Stage {
    pub venues: Simulators,
    pub folder: tempfile::TempDir,
    settings: Vec<(&'static str, String)>,
}

impl Stage {
    /// Venues of this seed under this fault plan, each order 20 ms under way.
    pub fn new(seed: u64, plan: &str) -> Self {
        Self::with_delay(seed, plan, Duration::from_millis(20))
    }

    pub fn with_delay(seed: u64, plan: &str, delay: Duration) -> Self {
        let settings = SimSettings {
            seed,
            balance: Usd::from_whole(10_000),
            delay: Some(delay),
            port_base: None,
            faults: parse(plan).expect("a plan"),
            json_market_data: false,
        };
        let now = Wall::default().after(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        let venues = Simulators::start(&settings, now).expect("the venues start");
        venues.lift_request_limits();
        let folder = tempfile::tempdir().expect("a folder");
        let mut text = String::new();
        for (name, value) in venues.environment() {
            text.push_str(&format!("{name}={value}\n"));
        }
        std::fs::write(folder.path().join("bot.env"), text).expect("written");
        let settings = [
            ("HEDGE_STATE_DIR", folder.path().join("state").display().to_string()),
            ("HEDGE_LOG_DIR", folder.path().join("logs").display().to_string()),
            ("HEDGE_ORDER_VALIDITY_MS", "1000".to_owned()),
            ("HEDGE_RETRY_WAIT", "0".to_owned()),
            ("HEDGE_FAILURES_MAX", "1000".to_owned()),
        ];
        Self { venues, folder, settings: settings.to_vec() }
    }

    /// One setting of every program that is started from now on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value.to_owned()));
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The program with these words.
    pub fn command(&self, words: &[&str]) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_hedge-fast")), words)
    }

    /// A shell script, in which `"$0" "$@"` is the program with these words.
    pub fn script(&self, script: &str, words: &[&str]) -> Command {
        let mut shell = Command::new("bash");
        shell.args(["-c", script]).arg(env!("CARGO_BIN_EXE_hedge-fast"));
        self.prepare(shell, words)
    }

    fn prepare(&self, mut command: Command, words: &[&str]) -> Command {
        command.args(words).args(["--env-file", "bot.env"]).current_dir(self.folder.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.settings.iter().map(|(name, value)| (*name, value.as_str())));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn start(&self, words: &[&str]) -> Running {
        Running::start(self.command(words))
    }

    /// Runs the program to its end.
    pub fn run(&self, words: &[&str]) -> Ended {
        self.start(words).end(Duration::from_secs(90))
    }

    /// Signed positions in BTC at the venues.
    pub fn positions(&self) -> PerVenue<Qty> {
        self.venues.positions("BTC").expect("both venues are there")
    }

    pub fn is_flat(&self) -> bool {
        self.positions().all(|qty| qty.is_zero())
    }

    /// Waits until the venues hold what is wanted.
    pub fn wait_for(&self, what: &str, within: Duration, wanted: impl Fn(&PerVenue<Qty>) -> bool) {
        let begun = Instant::now();
        while !wanted(&self.positions()) {
            assert!(begun.elapsed() < within, "{what}: not within {within:?}: {:?}", self.positions());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// What a program that ended left behind.
pub struct Ended {
    pub code: Option<i32>,
    pub text: String,
}

impl Ended {
    pub fn count(&self, text: &str) -> usize {
        self.text.lines().filter(|line| line.contains(text)).count()
    }

    /// Fails with the whole output when the program ended otherwise or any text is missing.
    pub fn expect(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "no \"{text}\" in:\n{}", self.text);
        }
    }
}

/// A program that runs. Dropped, it is killed.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    pub born: Instant,
    pub seen: Vec<String>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let born = Instant::now();
        let mut child = command.spawn().expect("the program starts");
        let (sender, lines) = channel();
        read_lines(child.stdout.take().expect("piped"), sender.clone());
        read_lines(child.stderr.take().expect("piped"), sender);
        Self { child, lines, born, seen: Vec::new() }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line with one of these texts; false when none came in time or the program ended.
    pub fn saw(&mut self, texts: &[&str], within: Duration) -> bool {
        let until = Instant::now() + within;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let found = texts.iter().any(|text| line.contains(text));
                    self.seen.push(line);
                    if found {
                        return true;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Waits for a line, which must come.
    pub fn until(&mut self, text: &str) {
        assert!(self.saw(&[text], Duration::from_secs(60)), "no \"{text}\" in:\n{}", self.text());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    pub fn text(&self) -> String {
        self.seen.join("\n")
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status();
        assert!(status.expect("kill runs").success());
    }

    /// SIGKILL; everything it ever said.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("killed");
        self.child.wait().expect("a child of ours");
        self.seen.extend(self.lines.iter());
        self.text()
    }

    /// SIGTERM, and its end.
    pub fn stop(self) -> Ended {
        self.signal("TERM");
        self.end(Duration::from_secs(90))
    }

    /// Waits for its end; one that hangs fails the test.
    pub fn end(mut self, within: Duration) -> Ended {
        let begun = Instant::now();
        while self.is_running() {
            self.seen.extend(self.lines.try_iter());
            assert!(begun.elapsed() < within, "no end after {within:?}:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
        let code = self.child.wait().expect("a child of ours").code();
        self.seen.extend(self.lines.iter());
        let text = self.text();
        assert!(!text.contains("panicked"), "{text}");
        Ended { code, text }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(stream: impl Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}

/// The only ledger below a state folder.
pub fn ledger_file(state: &Path) -> PathBuf {
    let folder = std::fs::read_dir(state.join("ledger")).expect("a folder");
    let mut paths = folder.map(|entry| entry.expect("an entry").path());
    paths.find(|path| path.extension().is_some_and(|end| end == "sqlite")).expect("a ledger")
}
