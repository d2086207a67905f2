//! Alarms over real sockets: payloads, retries, order, nothing lost, nobody delayed, tokens nowhere; then the whole program.

#[allow(dead_code, reason = "each test file uses its part of it")]
mod support;

use hedge_fast::coordinator::{ExitReason, Notice};
use hedge_fast::domain::{PerVenue, SecretText, Usd, Venue, Wall};
use hedge_fast::notify::spool::{Kept, MemorySpool};
use hedge_fast::notify::{Channel, Desk, Language, Words};
use hedge_fast::runtime::clock::Clock;
use hedge_fast::runtime::notifier::{Alerts, Notifier};
use hedge_fast::transport::client::{Outbound, TlsConfig};
use hedge_fast::transport::server::{self, ServerHandle};
use hedge_fast::transport::service::{ConnId, Delivery, Request, Response, Sent, Service};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use support::{Finished, finish, program};

const TOKEN: &str = "700:CANARY-Token_x5";
const LARK_TOKEN: &str = "CANARY-0af9-lark";
const SOON: Duration = Duration::from_secs(5);

/// Both services on one port. Answers as scripted, then as if all were well.
#[derive(Default)]
struct Services {
    heard: Vec<Request>,
    script: VecDeque<Response>,
}

impl Service for Services {
    fn http(&mut self, _now: Wall, request: &Request, _out: &mut Vec<Sent>) -> Response {
        self.heard.push(request.clone());
        let well = if request.path.ends_with("/sendMessage") {
            json!({"ok": true, "result": {"message_id": 1}})
        } else {
            json!({"code": 0, "msg": "success", "data": {}})
        };
        self.script.pop_front().unwrap_or_else(|| Response::json(200, &well))
    }

    fn open(&mut self, _: Wall, _: ConnId, _: &Request, _: &mut Vec<Sent>) -> Result<(), Response> {
        Err(Response::plain(404, Vec::new()))
    }

    fn text(&mut self, _: Wall, _: ConnId, _: &str, _: &mut Vec<Sent>) {}
    fn binary(&mut self, _: Wall, _: ConnId, _: &[u8], _: &mut Vec<Sent>) {}
    fn alive(&mut self, _: Wall, _: ConnId) {}
    fn closed(&mut self, _: Wall, _: ConnId, _: bool, _: &mut Vec<Sent>) {}
    fn advance(&mut self, _: Wall, _: &mut Vec<Sent>) {}
    fn next_due(&self) -> Option<Wall> {
        None
    }
}

fn serve(script: Vec<Response>) -> ServerHandle<Services> {
    serve_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), script)
}

fn serve_at(addr: SocketAddr, script: Vec<Response>) -> ServerHandle<Services> {
    let services = Services { script: script.into(), heard: Vec::new() };
    server::bind(addr).expect("a port").spawn("services", services).expect("starts")
}

fn heard(server: &ServerHandle<Services>) -> Vec<Request> {
    server.with(|services| services.heard.clone()).expect("the server lives")
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

/// The texts of these requests, whatever the channel.
fn texts(requests: &[Request]) -> Vec<String> {
    let text = |request: &Request| {
        let body = body(request);
        body["text"].as_str().or_else(|| body["content"]["text"].as_str()).expect("a text").to_owned()
    };
    requests.iter().map(text).collect()
}

/// Waits until so many requests were heard.
fn wait_for(server: &ServerHandle<Services>, count: usize, within: Duration) -> Vec<Request> {
    let begun = Instant::now();
    loop {
        let requests = heard(server);
        if requests.len() >= count {
            return requests;
        }
        assert!(
            begun.elapsed() < within,
            "{} of {count} after {within:?}: {:?}",
            requests.len(),
            texts(&requests)
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn telegram(addr: SocketAddr) -> Channel {
    let (base, token) = (format!("http://{addr}"), SecretText::new(TOKEN.to_owned()));
    Channel::Telegram { base, token, chat: "-10042".to_owned() }
}

fn lark(addr: SocketAddr) -> Channel {
    Channel::Lark { base: format!("http://{addr}"), token: SecretText::new(LARK_TOKEN.to_owned()) }
}

fn notifier(channels: Vec<Channel>, pending: Vec<Kept>) -> (Alerts, Notifier) {
    let zone = jiff::tz::TimeZone::UTC;
    let words = Words::new(Language::English, "BTC", Some("main"), false, zone);
    let clock = Clock::start();
    let desk = Desk::new(clock.now(), channels, words, Box::new(MemorySpool::with(pending)));
    let outbound = Outbound::from(TlsConfig::public_roots().expect("roots"));
    Notifier::spawn(desk, clock, &outbound).expect("starts")
}

fn poor(venue: Venue) -> Notice {
    Notice::InsufficientBalance { venue, free: Usd::from_whole(50), required: Usd::from_whole(200) }
}

#[test]
fn each_service_gets_its_own_payload() {
    let server = serve(Vec::new());
    let (alerts, notifier) = notifier(vec![telegram(server.addr()), lark(server.addr())], Vec::new());
    alerts.tell(&poor(Venue::Lighter));
    notifier.finish(Ok(ExitReason::Refused), SOON);
    let requests = heard(&server);
    let (to_telegram, to_lark): (Vec<Request>, Vec<Request>) =
        requests.into_iter().partition(|request| request.path.ends_with("/sendMessage"));
    assert_eq!((to_telegram.len(), to_lark.len()), (3, 3), "start, alarm and exit on both");
    let balance =
        |text: &String| text.contains("Insufficient Lighter balance: 50 USDC free, 200 USDC required");
    for request in to_telegram.iter().chain(&to_lark) {
        assert_eq!(
            (request.method.as_str(), request.header("content-type")),
            ("POST", Some("application/json"))
        );
        assert!(request.query.is_empty());
    }
    for request in &to_telegram {
        assert_eq!(request.path, format!("/bot{TOKEN}/sendMessage"));
        let (body, text) = (body(request), texts(std::slice::from_ref(request)).remove(0));
        assert_eq!(body, json!({"chat_id": "-10042", "text": text, "disable_web_page_preview": true}));
    }
    for request in &to_lark {
        assert_eq!(request.path, format!("/open-apis/bot/v2/hook/{LARK_TOKEN}"));
        let (body, text) = (body(request), texts(std::slice::from_ref(request)).remove(0));
        assert_eq!(body, json!({"msg_type": "text", "content": {"text": text}}));
    }
    for requests in [to_telegram, to_lark] {
        let texts = texts(&requests);
        assert!(balance(&texts[1]) && texts[1].starts_with("ALARM: hedge-fast BTC (main)\n"), "{texts:?}");
        assert!(texts[2].contains("exit code 3: refused to start"), "{texts:?}");
    }
}

#[test]
fn whatever_goes_wrong_every_alarm_arrives_in_order() {
    let limited = json!({"ok": false, "error_code": 429, "parameters": {"retry_after": 2}});
    let cut = Response { delivery: Delivery::Never, ..Response::plain(200, Vec::new()) };
    let failures = vec![Response::plain(500, Vec::new()), Response::json(429, &limited), cut];
    let server = serve(failures);
    let begun = Instant::now();
    let (alerts, notifier) = notifier(vec![telegram(server.addr())], Vec::new());
    wait_for(&server, 1, SOON);
    for count in 1..=9 {
        alerts.tell(&Notice::FailureLimit(count));
    }
    let requests = wait_for(&server, 13, Duration::from_secs(20));
    assert!(begun.elapsed() >= Duration::from_secs(1 + 2 + 4), "pauses were not kept: {:?}", begun.elapsed());
    notifier.finish(Ok(ExitReason::Limit), SOON);
    let texts = texts(&requests);
    // The word of the start failed first; then alarms overtake it.
    assert!(texts[0].contains("Started") && texts[12].contains("Started"), "{texts:?}");
    assert!(texts[1..4].iter().all(|text| text.contains(": 1 openings")), "{texts:?}");
    for (text, count) in texts[3..12].iter().zip(1..) {
        assert!(text.contains(&format!(": {count} openings")), "{texts:?}");
    }
}

#[test]
fn a_service_that_cannot_be_reached_gets_everything_once_it_can() {
    let server = serve(Vec::new());
    let addr = server.addr();
    drop(server);
    let (alerts, notifier) = notifier(vec![lark(addr)], Vec::new());
    alerts.tell(&Notice::FailureLimit(7));
    std::thread::sleep(Duration::from_millis(1_500));
    let server = serve_at(addr, Vec::new());
    let requests = wait_for(&server, 2, SOON);
    notifier.finish(Ok(ExitReason::Limit), SOON);
    assert!(texts(&requests)[0].contains("7 openings"), "{:?}", texts(&requests));
    assert_eq!(heard(&server).len(), 3);
}

#[test]
fn a_service_that_hangs_delays_no_caller_and_no_other_channel_and_is_asked_again() {
    let hang =
        Response { delivery: Delivery::Late(Duration::from_secs(60)), ..Response::plain(200, Vec::new()) };
    let (slow, quick) = (serve(vec![hang]), serve(Vec::new()));
    let (alerts, notifier) = notifier(vec![telegram(slow.addr()), lark(quick.addr())], Vec::new());
    wait_for(&slow, 1, SOON);
    let positions = PerVenue::default();
    let naked =
        Notice::NakedAlarm { positions, unresolved: PerVenue::default(), since: Duration::from_secs(5) };
    let begun = Instant::now();
    for _ in 0..10_000 {
        alerts.tell(&naked);
        alerts.tell(&Notice::CoolingDown(Duration::from_secs(1)));
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "20000 notices took {:?}", begun.elapsed());
    alerts.tell(&Notice::FailureLimit(7));
    let there = wait_for(&quick, 3, SOON);
    assert!(texts(&there)[2].contains("7 openings"), "{:?}", texts(&there));
    assert_eq!(heard(&slow).len(), 1, "one request at a time");
    let again = wait_for(&slow, 4, Duration::from_secs(20));
    assert!(begun.elapsed() > Duration::from_secs(9), "gave up after {:?}", begun.elapsed());
    assert!(texts(&again)[1].contains("Not surely hedged"), "{:?}", texts(&again));
    notifier.finish(Ok(ExitReason::Exposure), SOON);
}

#[test]
fn the_end_of_a_run_waits_a_few_seconds_for_a_dead_service_and_no_longer() {
    let hang =
        Response { delivery: Delivery::Late(Duration::from_secs(60)), ..Response::plain(200, Vec::new()) };
    let server = serve(vec![hang]);
    let (alerts, notifier) = notifier(vec![telegram(server.addr())], Vec::new());
    alerts.tell(&poor(Venue::Paradex));
    wait_for(&server, 1, SOON);
    let begun = Instant::now();
    notifier.finish(Ok(ExitReason::Refused), Duration::from_secs(1));
    let took = begun.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_secs(4)).contains(&took), "{took:?}");
}

#[test]
fn what_an_earlier_run_left_goes_first_and_late() {
    let server = serve(Vec::new());
    let left = Kept { id: 5, text: "ALARM: old".to_owned(), created: Wall::from_millis(1_700_000_000_000) };
    let (_alerts, notifier) = notifier(vec![telegram(server.addr())], vec![left]);
    notifier.finish(Ok(ExitReason::Done), SOON);
    let texts = texts(&heard(&server));
    assert_eq!(texts[0], "[late, from 2023-11-14 22:13:20 UTC] ALARM: old");
    assert!(texts.len() == 3 && texts[2].contains("exit code 0"), "{texts:?}");
}

/// The program with both channels pointed at `addr`.
fn run(dir: &Path, addr: SocketAddr, arguments: &[&str], more: &[(&str, &str)]) -> Finished {
    let url = format!("http://{addr}");
    let mut command = program(dir, arguments);
    command.env("TELEGRAM_BOT_TOKEN", TOKEN).env("TELEGRAM_CHAT_ID", "-10042").env("TELEGRAM_API_URL", &url);
    command.env("LARK_TOKEN", LARK_TOKEN).env("LARK_API_URL", &url).envs(more.iter().copied());
    command.env("RUST_LOG", "trace");
    let ended = finish(command.spawn().expect("starts"));
    let mut shown = ended.text.clone();
    for entry in std::fs::read_dir(dir.join("logs")).expect("the log folder") {
        shown += &std::fs::read_to_string(entry.expect("an entry").path()).expect("text");
    }
    assert!(!shown.contains("CANARY"), "a token is shown:\n{shown}");
    ended
}

#[test]
fn the_program_tells_of_a_missing_balance_and_of_its_exit() {
    let (dir, server) = (tempfile::tempdir().expect("a folder"), serve(Vec::new()));
    let arguments = ["BTC", "--sim", "--sim-balance", "50"];
    let ended = run(dir.path(), server.addr(), &arguments, &[("ACCOUNT_NAME", "main")]);
    ended.expect(3, &["Notifications: Telegram, Lark", "Insufficient Lighter balance", "Exit 3"]);
    for ending in ["/sendMessage", LARK_TOKEN] {
        let all = heard(&server);
        let mine: Vec<Request> = all.into_iter().filter(|request| request.path.ends_with(ending)).collect();
        let texts = texts(&mine);
        for venue in Venue::ALL {
            let alarm = format!("Insufficient {venue} balance: 50 USDC free, 200 USDC required");
            assert!(texts.iter().any(|text| text.contains(&alarm)), "{texts:?}");
        }
        let last = texts.last().expect("messages");
        assert!(last.starts_with("ALARM: hedge-fast BTC (main), simulated\n"), "{last}");
        assert!(last.contains("exit code 3") && last.contains("Paradex flat, Lighter flat"), "{last}");
    }
}

#[test]
fn a_cycle_without_trouble_is_told_in_two_messages_in_the_language_asked_for() {
    let (dir, server) = (tempfile::tempdir().expect("a folder"), serve(Vec::new()));
    let arguments = ["BTC", "--sim", "--cycles", "1", "--hold-time", "1", "--cooldown", "0"];
    let ended = run(dir.path(), server.addr(), &arguments, &[("HEDGE_LANGUAGE", "zh")]);
    ended.expect(0, &["Exit 0"]);
    let texts = texts(&heard(&server));
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts.iter().filter(|text| text.contains("已启动")).count() == 2, "{texts:?}");
    assert!(texts.iter().filter(|text| text.contains("退出码 0：完成，空仓")).count() == 2, "{texts:?}");
}

#[test]
fn services_that_refuse_or_are_not_there_change_neither_the_exit_code_nor_the_log() {
    let forbidden = || Response::json(401, &json!({"ok": false, "description": format!("no {TOKEN}")}));
    let dir = tempfile::tempdir().expect("a folder");
    let server = serve((0..20).map(|_| forbidden()).collect());
    let ended = run(dir.path(), server.addr(), &["BTC", "--sim", "--sim-balance", "50"], &[]);
    ended.expect(
        3,
        &["No more notifications through Telegram", "No more notifications through Lark", "Exit 3"],
    );
    let dead = server.addr();
    drop(server);
    let dir = tempfile::tempdir().expect("a folder");
    let ended = run(dir.path(), dead, &["BTC", "--sim", "--sim-balance", "50"], &[]);
    ended.expect(3, &["Telegram takes no notifications", "Not delivered to Lark: ALARM", "Exit 3"]);
}
