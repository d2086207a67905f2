//! From the first byte of a tick to the last of both orders: stage by stage in this process, and over loopback sockets
//! against a venue that never sleeps. Prints a table and writes `target/latency/report.json`; BENCHMARKS.md explains both.
//!
//! Without arguments it measures everything; `--no-instructions` leaves callgrind out, `--spin` everything but the spinning engine. `--stage NAME N` runs one stage N times and nothing else, for callgrind.

#[path = "cycle/chain.rs"]
mod chain;
#[path = "cycle/peers.rs"]
mod peers;
#[path = "cycle/report.rs"]
mod report;
#[allow(dead_code, reason = "each bench uses its part of it")]
mod signing_work;
#[path = "support/mod.rs"]
mod support;
#[path = "cycle/venue.rs"]
mod venue;
#[path = "cycle/warm.rs"]
mod warm;

use chain::{AHEAD, COLD, Chain, SHORT, STAGES, WHOLE, is_ahead};
use hedge_fast::coordinator::ExitReason;
use hedge_fast::domain::Venue as Name;
use hedge_fast::runtime::engine::Ended;
use hedge_fast::runtime::tuning::Wait;
use hedge_fast::transport::client::TlsConfig;
use peers::{Engine, Raw, RawWay, Starter, baseline, tick_socket};
use report::Report;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::json;
use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tungstenite::Message;
use venue::{Door, Venue, Which};

/// Cycles over sockets, per kind of client.
const CYCLES: u32 = 300;
/// And of the engine, which needs more time between two.
const ENGINE_CYCLES: u32 = 150;
/// Orders that are signed and nothing else.
const SIGNATURES: [&str; 4] =
    ["paradex_sign_online", "paradex_sign_plain", "lighter_sign_online", "lighter_sign_plain"];
/// Runs of a stage in this process.
const RUNS: usize = 1_000;
/// So many a set of sessions takes before its quotas are used up.
const RUNS_PER_CHAIN: usize = 250;
/// With orders signed ahead more time passes, and silent venues are noticed after seconds.
const RUNS_PER_CHAIN_AHEAD: usize = 12;
/// From one tick that is traded on to the next, for clients that have nothing to do between them.
const BETWEEN: Duration = Duration::from_millis(45);
/// The same for the engine: a pair is held and closed meanwhile, and for every order that left a new one is signed.
const ENGINE_BETWEEN: Duration = Duration::from_millis(350);
/// Bid of the bench's market, in tenths.
const AT: i64 = 968_100;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|word| word == "--stage") {
        let n = arguments[at + 2].parse().expect("a number");
        if let Some(sign) = signing_work::work(&arguments[at + 1]) {
            return (0..u64::from(n)).for_each(sign);
        }
        let mut chain = Chain::new();
        // The nonces of all orders that are counted are made before the first.
        if arguments[at + 1].starts_with("order") || arguments[at + 1].starts_with("tick") {
            chain.idle(Duration::from_millis(200));
        }
        return chain.repeat(&arguments[at + 1], n);
    }
    let mut report = Report::default();
    if arguments.iter().any(|word| word == "--spin") {
        only_spinning(&mut report);
        return report.print();
    }
    let orders = in_process(&mut report);
    signatures(&mut report);
    if !arguments.iter().any(|word| word == "--no-instructions") {
        instructions(&mut report);
    }
    let starter = Starter::new();
    core_affinity::set_for_current(core_affinity::CoreId { id: 0 });
    for way in [RawWay::Spin, RawWay::Block, RawWay::SpinAndPractise] {
        raw(&mut report, way, &orders);
    }
    engine(&mut report, &starter, Wait::Spin, None, "");
    engine(&mut report, &starter, Wait::Block, None, "_block");
    engine(&mut report, &starter, Wait::Spin, Some(tls()), "_tls");
    async_client(&mut report, &starter);
    for (a, b) in [
        ("tick_to_wire", "raw_pingpong"),
        ("tick_to_wire_block", "raw_pingpong_block"),
        ("decision_to_wire_both", "bare_writes_both"),
        ("tick_to_wire", "raw_pingpong_practised"),
        ("decision_to_wire_both", "bare_writes_both_practised"),
        ("baseline_async", "tick_to_wire"),
        ("tick_to_wire_tls", "tick_to_wire"),
        ("paradex_sign_plain", "paradex_sign_online"),
        ("lighter_sign_plain", "lighter_sign_online"),
    ] {
        report.ratio(a, b);
    }
    report.print();
    report.write();
}

/// The spinning engine beside the spinning floor and nothing else, for work on it.
fn only_spinning(report: &mut Report) {
    let mut chain = Chain::new();
    chain.run(STAGES[STAGES.len() - 1]);
    let orders = [chain.texts.paradex.clone(), chain.texts.lighter.clone()];
    let starter = Starter::new();
    core_affinity::set_for_current(core_affinity::CoreId { id: 0 });
    raw(report, RawWay::Spin, &orders);
    raw(report, RawWay::SpinAndPractise, &orders);
    engine(report, &starter, Wait::Spin, None, "");
    for (a, b) in [
        ("tick_to_wire", "raw_pingpong"),
        ("decision_to_wire_both", "bare_writes_both"),
        ("tick_to_wire", "raw_pingpong_practised"),
        ("decision_to_wire_both", "bare_writes_both_practised"),
    ] {
        report.ratio(a, b);
    }
}

/// Every piece without sockets. Gives back two orders as they go out.
fn in_process(report: &mut Report) -> [String; 2] {
    let mut texts = None;
    for stage in STAGES.into_iter().chain(AHEAD).chain(WHOLE).chain(COLD) {
        let mut samples = Vec::with_capacity(RUNS);
        let mut missed = 0;
        let (first, per_chain) =
            if is_ahead(stage) { (4, RUNS_PER_CHAIN_AHEAD) } else { (20, RUNS_PER_CHAIN) };
        while samples.len() < RUNS {
            let mut chain = Chain::new();
            (0..first).for_each(|_| assert!(!chain.run(stage).is_zero()));
            samples.extend((0..per_chain).map(|_| chain.run(stage)));
            missed += chain.ready.1;
            texts = Some([chain.texts.paradex.clone(), chain.texts.lighter.clone()]);
        }
        if is_ahead(stage) && missed > 0 {
            report.remarks.push(format!("{stage}: {missed} orders were not ready and were made on the spot"));
        }
        report.samples(stage, samples);
    }
    let mut chain = Chain::new();
    for stage in SHORT {
        const BATCH: u32 = 2_000;
        chain.repeat(stage, BATCH);
        let batch = |_| {
            let begun = Instant::now();
            chain.repeat(stage, BATCH);
            begun.elapsed().as_nanos() as f64 / f64::from(BATCH)
        };
        report.mean_of_batches(stage, (0..200).map(batch).collect(), BATCH);
    }
    texts.expect("at least one stage was run")
}

/// One order hashed and signed with a nonce that was made ahead, and by the plain libraries, turn by turn.
fn signatures(report: &mut Report) {
    let (mut paradex, mut lighter) = (signing_work::Paradex::new(), signing_work::Lighter::new());
    let [mut online, mut plain, mut short, mut long] = [const { Vec::new() }; 4];
    for i in 0..RUNS as u64 {
        let (nonce, other) = (paradex.nonce(), lighter.nonce());
        let begun = Instant::now();
        black_box(paradex.online(i, nonce));
        online.push(begun.elapsed());
        let begun = Instant::now();
        black_box(paradex.plain(i));
        plain.push(begun.elapsed());
        let begun = Instant::now();
        black_box(lighter.online(i, other));
        short.push(begun.elapsed());
        let begun = Instant::now();
        black_box(lighter.plain(i));
        long.push(begun.elapsed());
    }
    report.samples("paradex_sign_online", online);
    report.samples("paradex_sign_plain", plain);
    report.samples("lighter_sign_online", short);
    report.samples("lighter_sign_plain", long);
}

/// Instructions per run of each stage: the slope of two lengths under callgrind.
fn instructions(report: &mut Report) {
    if Command::new("valgrind").arg("--version").output().is_err() {
        report.remarks.push("valgrind is not here: no instructions were counted".to_owned());
        return;
    }
    let mut known = std::collections::BTreeMap::new();
    let mut slope = |stage: &str| {
        *known.entry(stage.to_owned()).or_insert_with(|| {
            let (few, many) = match stage {
                _ if is_short(stage) => (200, 1_200),
                _ if SIGNATURES.contains(&stage) || stage.ends_with("_nonces") => (20, 60),
                // No more orders than nonces are kept ready.
                _ => (2, 8),
            };
            Some((counted(stage, many)?.checked_sub(counted(stage, few)?)?) / (many - few))
        })
    };
    for stage in SHORT.into_iter().chain(STAGES).chain(WHOLE).chain(SIGNATURES) {
        let before = match stage {
            "paradex_sign_online" => Some("paradex_nonces"),
            "lighter_sign_online" => Some("lighter_nonces"),
            _ => Chain::before(stage),
        };
        let before = before.map_or(Some(0), &mut slope);
        match (slope(stage), before) {
            (Some(whole), Some(before)) => {
                report.set(stage, "instructions", json!(whole.saturating_sub(before)));
            }
            _ => report.remarks.push(format!("{stage}: callgrind gave no count")),
        }
    }
}

fn is_short(stage: &str) -> bool {
    SHORT.contains(&stage)
}

fn counted(stage: &str, n: u64) -> Option<u64> {
    let program = std::env::current_exe().ok()?;
    let done = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(WHOLE.contains(&stage).then_some("--toggle-collect=*measured_way*"))
        .arg(program)
        .args(["--stage", stage, &n.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(':').next()?.trim().parse().ok()
}

/// Reading a tick and writing two orders of the real length, with nothing between: what the machine itself takes.
fn raw(report: &mut Report, way: RawWay, orders: &[String; 2]) {
    let door = Door::open(None);
    let client = Raw::start(&door, way, orders.clone());
    let mut venue = door.let_in();
    let mut samples = Vec::new();
    for _ in 0..CYCLES {
        keep_warm(&mut venue, BETWEEN, false);
        let tick = next_tick(&mut venue, Name::Paradex, true);
        if let Some((arrived, _)) = venue.trigger(Which::Public, tick) {
            samples.push(arrived.paradex.max(arrived.lighter));
        }
    }
    let writes = {
        drop(venue);
        client.stop()
    };
    match way {
        RawWay::Spin => {
            report.samples("raw_pingpong", samples);
            report.samples("bare_writes_both", writes);
        }
        RawWay::Block => report.samples("raw_pingpong_block", samples),
        RawWay::SpinAndPractise => {
            report.samples("raw_pingpong_practised", samples);
            report.samples("bare_writes_both_practised", writes);
        }
    }
}

/// Ticks as close to each other as in a busy market; nobody opens on one that is not whole.
fn keep_warm(venue: &mut Venue, time: Duration, whole: bool) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        let tick = next_tick(venue, Name::Paradex, whole);
        venue.send(Which::Public, tick);
        let next = Instant::now() + Duration::from_micros(200);
        while Instant::now() < next.min(until) {
            venue.drain();
        }
    }
}

fn next_tick(venue: &mut Venue, name: Name, whole: bool) -> Message {
    venue.seq += 1;
    match name {
        Name::Paradex => Message::binary(support::paradex_touch(venue.seq, AT, whole)),
        Name::Lighter => Message::text(support::lighter_ticker(venue.seq, AT, whole)),
    }
}

/// Books that are as new as the touches, and a word on the connection for orders.
fn keep_books(venue: &mut Venue) {
    let behind = venue.seq - 1;
    venue.send(Which::Public, Message::binary(support::paradex_book(behind, AT)));
    venue.send(Which::Lighter, Message::text(support::lighter_book(behind, AT)));
    venue.send(Which::Private, Message::text(r#"{"jsonrpc":"2.0"}"#));
    let tick = next_tick(venue, Name::Lighter, true);
    venue.send(Which::Lighter, tick);
}

/// Whole cycles of the engine in one thread: tick in, both orders out, filled, closed; then the same with a refused leg.
fn engine(
    report: &mut Report,
    starter: &Starter,
    wait: Wait,
    tls: Option<(Arc<rustls::ServerConfig>, TlsConfig)>,
    suffix: &str,
) {
    let (server, client) = tls.map_or_else(
        || (None, TlsConfig::public_roots().expect("TLS")),
        |(server, client)| (Some(server), client),
    );
    let door = Door::open(server);
    let engine = Engine::start(starter, &door, client, wait);
    let mut venue = door.let_in();
    // Touches before books: a book that is alone would be traded on.
    let tick = next_tick(&mut venue, Name::Paradex, false);
    venue.send(Which::Public, tick);
    // Positions are confirmed by two readings, half a second apart.
    for _ in 0..8 {
        keep_books(&mut venue);
        keep_warm(&mut venue, Duration::from_millis(250), false);
    }
    let (mut samples, mut missed) = (Vec::new(), 0);
    for cycle in 0..ENGINE_CYCLES + 20 {
        ready_for_next(&mut venue, cycle);
        let tick = next_tick(&mut venue, Name::Paradex, true);
        let traded = venue.trigger(tick_socket(Name::Paradex), tick);
        match traded {
            Some((arrived, _)) if cycle >= 20 => samples.push(arrived.paradex.max(arrived.lighter)),
            Some(_) => {}
            None => missed += 1,
        }
        // The pair is held, in a market that goes on.
        keep_warm(&mut venue, peers::HOLD - Duration::from_millis(20), true);
        if !venue.closes() {
            missed += 1;
        }
        close_gate(&mut venue);
    }
    let skew = engine.latencies.leg_skew.summary();
    report.samples(&format!("tick_to_wire{suffix}"), samples);
    let stages = &engine.latencies.decision_to_write;
    let (paradex, lighter) = (stages.paradex.summary(), stages.lighter.summary());
    let last = if paradex.p50 > lighter.p50 { paradex } else { lighter };
    report.summary(&format!("decision_to_wire_both{suffix}"), last);
    report.summary(&format!("leg_skew{suffix}"), skew);
    let mut samples = Vec::new();
    engine.lighter_refuses.store(true, Ordering::Relaxed);
    for cycle in 0..ENGINE_CYCLES / 2 {
        ready_for_next(&mut venue, cycle);
        let tick = next_tick(&mut venue, Name::Paradex, true);
        let traded = venue.trigger(Which::Public, tick);
        let Some((_, order)) = traded else {
            close_gate(&mut venue);
            missed += 1;
            told(&engine, missed, "a tick");
            continue;
        };
        // The other leg is filled meanwhile.
        keep_warm(&mut venue, Duration::from_millis(1), true);
        let id = warm::digits_after(&order, "\"id\":\"");
        let refusal = Message::text(format!(
            r#"{{"id":"{id}","error":{{"code":21734,"message":"price too far from the mark price"}}}}"#
        ));
        let sample = venue.provoke(refusal);
        close_gate(&mut venue);
        match sample {
            Some(sample) => samples.push(sample),
            None => {
                missed += 1;
                told(&engine, missed, "a refusal");
            }
        }
    }
    report.samples(&format!("fill_to_rollback{suffix}"), samples);
    for venue in Name::ALL {
        let counts = &engine.latencies.ahead[venue];
        let (used, missed) = (counts.used.get(), counts.missed.get());
        report.remarks.push(format!("{venue}{suffix}: {used} orders were ready, {missed} were not"));
    }
    for venue in Name::ALL {
        let name = format!("upkeep_{}{suffix}", venue.to_string().to_ascii_lowercase());
        report.summary(&name, engine.latencies.upkeep[venue].summary());
    }
    if missed > 0 {
        report.remarks.push(format!("{missed} ticks were not traded on (wait {wait:?}{suffix})"));
    }
    let ended = std::thread::spawn(move || engine.stop());
    while !ended.is_finished() {
        venue.drain_until_closed();
        std::thread::sleep(Duration::from_millis(1));
    }
    let ended = ended.join().expect("the engine ends");
    assert!(matches!(ended, Ended::Left(ExitReason::Done | ExitReason::Exposure)), "{ended:?}");
}

/// The next opening has to wait for the next whole tick.
fn close_gate(venue: &mut Venue) {
    let tick = next_tick(venue, Name::Paradex, false);
    venue.send(Which::Public, tick);
}

/// Why the engine does nothing, in its own last words; once.
fn told(engine: &Engine, missed: u32, about: &str) {
    if missed == 1 {
        let said = engine.said.lock().expect("nobody panics while talking");
        eprintln!("{about} led to nothing; what was said last:");
        said.iter().for_each(|notice| eprintln!("    {notice:?}"));
    }
}

fn ready_for_next(venue: &mut Venue, cycle: u32) {
    // A book that stays behind the touches for two seconds is not believed any more.
    if cycle.is_multiple_of(2) {
        keep_books(venue);
    }
    keep_warm(venue, ENGINE_BETWEEN, false);
    let tick = next_tick(venue, Name::Lighter, true);
    venue.send(Which::Lighter, tick);
    keep_warm(venue, Duration::from_micros(400), false);
}

/// The plain client of benches/baseline against the same venue.
fn async_client(report: &mut Report, starter: &Starter) {
    let door = Door::open(None);
    let mut child = match baseline(starter, &door) {
        Ok(child) => child,
        Err(why) => return report.remarks.push(format!("baseline_async: {why}")),
    };
    let mut venue = door.let_in();
    let mut samples = Vec::new();
    for cycle in 0..CYCLES / 2 {
        let tick = next_tick(&mut venue, Name::Lighter, true);
        venue.send(Which::Lighter, tick);
        keep_warm(&mut venue, BETWEEN, false);
        let tick = next_tick(&mut venue, Name::Paradex, true);
        if let Some((arrived, _)) = venue.trigger(Which::Public, tick)
            && cycle >= 20
        {
            samples.push(arrived.paradex.max(arrived.lighter));
        }
    }
    drop(venue);
    let _ = child.kill();
    let _ = child.wait();
    report.samples("baseline_async", samples);
}

/// A server's and a client's side of the certificate that the tests use.
fn tls() -> (Arc<rustls::ServerConfig>, TlsConfig) {
    let server = CertificateDer::from(&include_bytes!("../tests/data/tls/server.der")[..]);
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("../tests/data/tls/server_key.der")[..]);
    let authority = CertificateDer::from(&include_bytes!("../tests/data/tls/authority.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![server], key.into())
        .expect("a certificate");
    (Arc::new(config), TlsConfig::only(authority).expect("an authority"))
}
