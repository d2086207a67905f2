//! The real program as a child process, in a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longest any run of these tests may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program with these arguments, run in `dir` with nothing of this machine's settings.
pub fn program(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hedge-fast"));
    command
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What a finished run left behind.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub text: String,
}

impl Finished {
    pub fn count(&self, text: &str) -> usize {
        self.text.lines().filter(|line| line.contains(text)).count()
    }

    /// Fails with the whole output when the program ended otherwise or any text is missing.
    pub fn expect(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.text);
        for text in texts {
            assert!(self.text.contains(text), "no \"{text}\" in:\n{}", self.text);
        }
        assert!(!self.text.contains("panicked"), "{}", self.text);
    }
}

/// Runs the program to its end.
pub fn run(dir: &Path, arguments: &[&str]) -> Finished {
    finish(program(dir, arguments).spawn().expect("the program starts"))
}

/// Waits for a run to end; one that hangs fails the test.
pub fn finish(mut child: Child) -> Finished {
    let begun = Instant::now();
    let mut out = child.stdout.take().expect("piped");
    let mut err = child.stderr.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut out, &mut text);
        text
    });
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = std::io::Read::read_to_end(&mut err, &mut text);
        text
    });
    let status = loop {
        match child.try_wait().expect("a child of ours") {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                let _ = child.kill();
                let text = reader.join().expect("read");
                panic!("no end after {PATIENCE:?}:\n{}", String::from_utf8_lossy(&text));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let (stdout, stderr) = (reader.join().expect("read"), errors.join().expect("read"));
    let output = Output { status, stdout, stderr };
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Finished { code: output.status.code(), text }
}

/// Sends a signal by name.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
    assert!(status.expect("kill runs").success());
}

/// The simulated venues in a process of their own, with their environment lines.
pub struct Venues {
    child: Option<Child>,
    pub environment: Vec<(String, String)>,
}

impl Venues {
    /// Starts them and waits for `ready`. `slot` tells the tests of one process apart, its id the processes.
    pub fn start(dir: &Path, slot: u16) -> Self {
        let process = u16::try_from(std::process::id() % 1_500).expect("below 1500");
        // Below the range from which the system takes ports for outgoing connections.
        let port = (20_000 + process * 8 + slot * 2).to_string();
        let mut child =
            program(dir, &["sim", "--port-base", &port, "--env-out", "sim.env"]).spawn().expect("starts");
        let mut environment = Vec::new();
        for line in BufReader::new(child.stdout.as_mut().expect("piped")).lines() {
            let line = line.expect("text");
            if line == "ready" {
                return Self { child: Some(child), environment };
            }
            let (name, value) = line.split_once('=').expect("NAME=value");
            environment.push((name.to_owned(), value.to_owned()));
        }
        let text = finish(child);
        panic!("the simulated venues did not become ready: {text:?}");
    }

    /// An env file with one value changed, or as it is.
    pub fn env_file(&self, path: &Path, change: Option<(&str, &str)>) {
        let mut text = String::new();
        for (name, value) in &self.environment {
            let value =
                change.filter(|(changed, _)| changed == name).map_or(value.as_str(), |(_, value)| value);
            text.push_str(&format!("{name}={value}\n"));
        }
        std::fs::write(path, text).expect("written");
    }

    /// Asks them to stop; they must do so cleanly.
    pub fn stop(mut self) {
        let child = self.child.take().expect("not stopped before");
        signal(&child, "TERM");
        let ended = finish(child);
        assert_eq!(ended.code, Some(0), "{}", ended.text);
    }
}

/// A test that failed leaves no process behind.
impl Drop for Venues {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
        }
    }
}
