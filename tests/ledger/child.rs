//! A process of its own that uses a ledger, to be killed, limited and multiplied. It is this test program again, asked for
//! one test that does as the environment says.

use super::{ACCOUNT, WISH, birth, order};
use hedge_fast::coordinator::journal::{Entry, LedgerReport, Record};
use hedge_fast::domain::{Purpose, Side, Venue, Wall};
use hedge_fast::ledger::{Ledger, ToLedger};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const ROLE: &str = "LEDGER_TEST_ROLE";
const DIR: &str = "LEDGER_TEST_DIR";
const MARKET: &str = "LEDGER_TEST_MARKET";

/// A running child and what it prints.
pub struct Running {
    pub child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// `limits` are shell commands that come before the child's own.
    pub fn start(role: &str, dir: &Path, market: &str, limits: &str) -> Self {
        let mut command = Command::new("bash");
        let script = format!("{limits} exec \"$0\" --exact child::plays_its_role --ignored --nocapture");
        command.args(["-c", &script]).arg(std::env::current_exe().expect("this program"));
        command.env(ROLE, role).env(DIR, dir).env(MARKET, market);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    /// The next thing it says.
    pub fn next(&mut self) -> Option<String> {
        let said = |line: std::io::Result<String>| Some(line.ok()?.strip_prefix("child: ")?.to_owned());
        self.lines.by_ref().find_map(said)
    }

    /// Tells it something.
    pub fn tell(&mut self, word: &str) {
        writeln!(self.child.stdin.as_mut().expect("piped"), "{word}").expect("it listens");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "child: {text}").and_then(|()| out.flush());
}

#[test]
#[ignore = "played by a process that other tests start"]
fn plays_its_role() {
    let dir = std::env::var_os(DIR).expect("a folder is named");
    let market = std::env::var(MARKET).expect("a market is named");
    let ledger = Ledger::open(Path::new(&dir), ACCOUNT, birth()).expect("a ledger");
    match std::env::var(ROLE).expect("a role is named").as_str() {
        "reserve for ever" => reserve(ledger, &market, usize::MAX),
        "reserve 60" => reserve(ledger, &market, 60),
        "write" => write(ledger, &market),
        role => panic!("no such role: {role}"),
    }
}

/// Reserves, says so at once, and records an order of what it got before it asks again.
fn reserve(mut ledger: Ledger, market: &str, times: usize) {
    let link = ledger.link(market).expect("a thread");
    for _ in 0..times {
        link.requests.send(ToLedger::Reserve(Wall(1), WISH)).expect("the thread lives");
        // Several of these keep the file from each other for longer than real ones do: that is told, and waited for.
        let cycle = link.reports.iter().find_map(|report| match report {
            LedgerReport::Reserved(cycle) => Some(cycle),
            LedgerReport::Failing(_) | LedgerReport::Working => None,
        });
        let cycle = cycle.expect("the thread lives");
        say(&cycle.number().to_string());
        let record = Record::Sent(order(cycle, Venue::Paradex, Purpose::Open, Side::Buy, 1));
        link.requests.send(ToLedger::Keep(Entry { at: Wall(1), record })).expect("the thread lives");
    }
    ledger.finish().expect("the disk works");
}

/// Records numbered notes until it is told to end, and says what it hears from the ledger.
fn write(mut ledger: Ledger, market: &str) {
    let link = ledger.link(market).expect("a thread");
    let (words, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        std::io::stdin().lock().lines().map_while(Result::ok).for_each(|line| drop(words.send(line)))
    });
    let mut sent = 0;
    loop {
        let text = format!("{sent:>500}");
        let entry = Entry { at: Wall(1), record: Record::Incident { kind: "note", text } };
        link.requests.send(ToLedger::Keep(entry)).expect("the thread lives");
        sent += 1;
        for report in link.reports.try_iter() {
            say(&match report {
                LedgerReport::Failing(cause) => format!("failing {cause}"),
                LedgerReport::Working => "working".to_owned(),
                LedgerReport::Reserved(_) => "reserved".to_owned(),
            });
        }
        match told.recv_timeout(Duration::from_millis(1)).as_deref() {
            Ok("reserve") => link.requests.send(ToLedger::Reserve(Wall(1), WISH)).expect("the thread lives"),
            Ok(_) => break,
            Err(_) => {}
        }
    }
    let result = ledger.finish();
    say(&format!("sent {sent} {}", result.map_or_else(|cause| cause.to_string(), |()| "kept".to_owned())));
}
