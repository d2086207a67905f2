//! Who trades against the bench's venue: the engine itself, a client that does nothing but read and write, and the plain
//! async client of `benches/baseline` as a process of its own.

use super::support;
use super::venue::{Door, Which};
use super::warm::Warm;
use hedge_fast::coordinator::journal::Memory;
use hedge_fast::coordinator::{Coordinator, Notice, Settings};
use hedge_fast::domain::{PerVenue, Venue as Name};
use hedge_fast::latency::Latencies;
use hedge_fast::ledger::{LedgerLink, ToLedger};
use hedge_fast::runtime::engine::{self, Ended, Parts, Surroundings};
use hedge_fast::runtime::tuning::{Threads, Tuning, Wait};
use hedge_fast::transport::client::TlsConfig;
use hedge_fast::venue::Session;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Core of the client; the venue has the first one.
pub const CLIENT_CORE: usize = 1;

/// A thread that may run anywhere: what it starts may, too. The bench itself stays on the venue's core, and threads and processes
/// inherit that.
pub struct Starter {
    jobs: crossbeam_channel::Sender<Box<dyn FnOnce() + Send>>,
    cores: usize,
}

impl Starter {
    /// To be made before the bench is pinned.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (jobs, incoming) = crossbeam_channel::unbounded::<Box<dyn FnOnce() + Send>>();
        std::thread::spawn(move || incoming.into_iter().for_each(|job| job()));
        Self { jobs, cores }
    }

    /// Runs it there.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (result, done) = crossbeam_channel::bounded(1);
        let told = move || drop(result.send(job()));
        self.jobs.send(Box::new(told)).expect("the starter lives");
        done.recv().expect("the starter lives")
    }
}

/// The engine, running.
pub struct Engine {
    stop: crossbeam_channel::Sender<()>,
    thread: JoinHandle<Ended>,
    pub latencies: Arc<Latencies>,
    /// Set: Lighter's opening orders are left to the venue.
    pub lighter_refuses: Arc<AtomicBool>,
    /// What the coordinator said last.
    pub said: Arc<Mutex<VecDeque<Notice>>>,
}

/// How long a pair is held: long enough for the orders that close it to be signed ahead.
pub const HOLD: Duration = Duration::from_millis(120);

/// So many of its last words are kept.
const LAST_WORDS: usize = 24;

impl Engine {
    pub fn start(starter: &Starter, door: &Door, tls: TlsConfig, wait: Wait) -> Self {
        let lighter_refuses = Arc::new(AtomicBool::new(false));
        let never = Arc::new(AtomicBool::new(false));
        let url = door.url();
        let paradex = Warm::new(Name::Paradex, support::paradex(), url.clone(), &never);
        let lighter = Warm::new(Name::Lighter, support::lighter(), url, &lighter_refuses);
        let sessions: PerVenue<Box<dyn Session>> =
            PerVenue { paradex: Box::new(paradex), lighter: Box::new(lighter) };
        let settings = Settings { hold_time: HOLD, ..support::settings() };
        let coordinator = Coordinator::new(settings, Memory { ledger: 1, ..Memory::default() });
        let parts = Parts { coordinator, sessions, ledger: starter.run(ledger) };
        let (stop, stop_requests) = crossbeam_channel::unbounded();
        let latencies = Arc::new(Latencies::default());
        let cores = if starter.cores > CLIENT_CORE { vec![CLIENT_CORE] } else { Vec::new() };
        let around = Surroundings {
            stop_requests,
            panics: crossbeam_channel::never(),
            outbound: tls.into(),
            beats: Default::default(),
            tuning: Tuning { wait, threads: Threads::One, cores },
            latencies: Arc::clone(&latencies),
        };
        let said = Arc::new(Mutex::new(VecDeque::with_capacity(LAST_WORDS)));
        let words = Arc::clone(&said);
        let tell = move |notice| {
            let mut words = words.lock().expect("nobody panics while listening");
            if words.len() == LAST_WORDS {
                words.pop_front();
            }
            words.push_back(notice);
        };
        let run = move || engine::run(parts, &around, tell).expect("an engine");
        let thread = starter.run(move || std::thread::spawn(run));
        Self { stop, thread, latencies, lighter_refuses, said }
    }

    /// Asks twice, so that nothing is waited for.
    pub fn stop(self) -> Ended {
        for _ in 0..2 {
            let _ = self.stop.send(());
        }
        self.thread.join().expect("the engine ends")
    }
}

/// A ledger that keeps nothing: on two cores its disk work would be paid for by the threads that are measured.
fn ledger() -> LedgerLink {
    let (requests, incoming) = crossbeam_channel::unbounded();
    let (answers, reports) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        let reservations = incoming.into_iter().filter(|request| matches!(request, ToLedger::Reserve(..)));
        for (cycle, _) in (1..).zip(reservations) {
            if answers.send(support::reserved(cycle)).is_err() {
                return;
            }
        }
    });
    LedgerLink { requests, reports }
}

/// How the client without anything waits, and whether it keeps its way of writing in the caches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RawWay {
    Spin,
    Block,
    /// Writes to itself as often as the engine rehearses when it spins.
    SpinAndPractise,
}

/// As often as that.
const PRACTISE_EVERY: Duration = Duration::from_micros(250);

fn to_itself() -> (TcpStream, TcpStream) {
    let door = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let near = TcpStream::connect(door.local_addr().expect("bound")).expect("a connection");
    near.set_nodelay(true).expect("an option");
    (near, door.accept().expect("a connection").0)
}

/// A client without WebSocket, session or decision: reads a tick, writes two orders of the real length.
pub struct Raw {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl Raw {
    /// `orders` are the texts to be written.
    pub fn start(door: &Door, way: RawWay, orders: [String; 2]) -> Self {
        let (port, over) = (door.port(), Arc::new(AtomicBool::new(false)));
        let stop = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            core_affinity::set_for_current(core_affinity::CoreId { id: CLIENT_CORE });
            let open = |path: &str| upgraded(port, path);
            let (public, private, lighter) = (open("/Paradex/0"), open("/Paradex/1"), open("/Lighter/0"));
            run_raw(public, [private, lighter], way, &orders.map(|text| masked(&text)), &stop)
        });
        Self { over, thread }
    }

    /// How long each pair of writes took.
    pub fn stop(self) -> Vec<Duration> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("the client ends")
    }
}

fn upgraded(port: u16, path: &str) -> TcpStream {
    let tcp = TcpStream::connect(("127.0.0.1", port)).expect("the venue listens");
    tcp.set_nodelay(true).expect("an option");
    let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), tcp).expect("an upgrade");
    socket.into_inner()
}

fn run_raw(
    mut public: TcpStream,
    mut orders_to: [TcpStream; 2],
    way: RawWay,
    orders: &[Vec<u8>; 2],
    over: &AtomicBool,
) -> Vec<Duration> {
    let mut writes = Vec::new();
    let mut buffer = [0; 4096];
    if way == RawWay::Block {
        // Only so that the end is noticed.
        public.set_read_timeout(Some(Duration::from_millis(500))).expect("an option");
    } else {
        public.set_nonblocking(true).expect("an option");
    }
    let mut practice = (way == RawWay::SpinAndPractise).then(|| (to_itself(), Instant::now()));
    while !over.load(Ordering::Relaxed) {
        if let Some(((near, far), last)) = &mut practice
            && last.elapsed() > PRACTISE_EVERY
        {
            for bytes in orders {
                near.write_all(bytes).expect("a connection");
                far.read_exact(&mut buffer[..bytes.len()]).expect("a connection");
            }
            *last = Instant::now();
        }
        match public.read(&mut buffer) {
            Ok(n) if n > 0 && is_trigger(&buffer[..n]) => {
                let begun = Instant::now();
                for (socket, bytes) in orders_to.iter_mut().zip(orders) {
                    socket.write_all(bytes).expect("the venue reads");
                }
                writes.push(begun.elapsed());
            }
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
    writes
}

/// The bid of a best bid and offer is null in every tick but those to be traded on: 2 bytes frame header, 8 bytes message
/// header, time and number of 8 bytes each, then the bid.
fn is_trigger(frame: &[u8]) -> bool {
    const BID: usize = 2 + 8 + 16;
    frame.get(BID..BID + 8).is_some_and(|bid| bid != i64::MIN.to_le_bytes())
}

/// A client's text frame with a mask of zeros.
fn masked(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("an order is short");
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

/// Builds and starts the async client; `None`, with the reason, where that cannot be done.
pub fn baseline(starter: &Starter, door: &Door) -> Result<Child, String> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline/Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "--quiet", "--manifest-path", manifest])
        .status()
        .map_err(|cause| format!("cargo does not start: {cause}"))?;
    if !built.success() {
        return Err("benches/baseline does not build".to_owned());
    }
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline/target/release/baseline");
    let mut command = Command::new(program);
    command.arg(door.url()).stdin(Stdio::null());
    let child = starter.run(move || command.spawn());
    child.map_err(|cause| format!("{program} does not start: {cause}"))
}

/// For whoever sends: the socket that a venue's tick goes to.
pub fn tick_socket(name: Name) -> Which {
    match name {
        Name::Paradex => Which::Public,
        Name::Lighter => Which::Lighter,
    }
}
