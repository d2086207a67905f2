//! Venue threads with a session that obeys and reports, against the live server.

use super::*;
use crate::domain::{ClientOrderId, Mono, Now, QuoteFault, Venue};
use crate::domain::{Price, Purpose, Qty, Side};
use crate::latency::Latencies;
use crate::runtime::clock::Clock;
use crate::runtime::feed::{FeedReader, FromVenue, feed};
use crate::transport::server::{ServerHandle, bind};
use crate::transport::testing::Echo;
use crate::venue::http::{Body, HttpRequest, Method};
use crate::venue::{Input, LinkId, Outbox, Output, Session, VenueReport};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

const LINK: LinkId = LinkId(3);
const PATIENCE: Duration = Duration::from_secs(5);

/// A session that does what commands say and reports everything that happens to it, as text.
struct Probe {
    urls: Vec<String>,
    http: String,
    wake: Option<Mono>,
    rehearsed: Arc<AtomicUsize>,
}

impl Session for Probe {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        let happened = match input {
            Input::Command(command) => return self.obey(now, command, out),
            Input::Opened(link) => format!("opened {}", link.0),
            Input::Closed(_, failure) => format!("closed: {failure}"),
            Input::Text(_, text) => format!("text {text}"),
            Input::Binary(..) => return out.push(Output::Quote(Err(QuoteFault::Gap))),
            Input::Alive(_) => "alive".to_owned(),
            Input::Http(ticket, reply) => {
                format!(
                    "reply {ticket}: {}",
                    reply.map_or_else(|error| error.to_string(), |reply| reply.status.to_string())
                )
            }
            Input::Wake => {
                self.wake = None;
                "woken".to_owned()
            }
        };
        out.report(VenueReport::AskFailed { cause: happened });
    }

    fn deadline(&self) -> Option<Mono> {
        self.wake
    }

    fn rehearse(&self, _now: Now, intent: &OrderIntent) -> Option<String> {
        self.rehearsed.fetch_add(1, Ordering::Relaxed);
        Some(format!("rehearsal of {}", intent.cid))
    }
}

impl Probe {
    fn obey(&mut self, now: Now, command: VenueCommand, out: &mut Outbox) {
        match command {
            VenueCommand::Start => {
                let url = if self.urls.len() > 1 { self.urls.remove(0) } else { self.urls[0].clone() };
                out.push(Output::Open { link: LINK, url, headers: Vec::new() });
            }
            VenueCommand::AskOrder(cid) => out.push(Output::Text(LINK, cid.to_string())),
            VenueCommand::AskBalance => out.push(Output::Http(HttpRequest {
                ticket: 9,
                method: Method::Get,
                url: self.http.clone(),
                headers: Vec::new(),
                body: Body::Empty,
            })),
            VenueCommand::AskPosition => self.wake = Some(now.mono.after(Duration::from_millis(30))),
            VenueCommand::Cancel(_) => panic!("as told"),
            VenueCommand::Submit(_) | VenueCommand::Prepare(_) | VenueCommand::AskOpenOrders => {}
            VenueCommand::Shutdown => out.push(Output::Close(LINK)),
        }
    }
}

struct Rig {
    server: ServerHandle<Echo>,
    thread: VenueThread,
    commands: Commands,
    reader: FeedReader,
    rehearsed: Arc<AtomicUsize>,
}

fn server() -> ServerHandle<Echo> {
    let bound = bind(([127, 0, 0, 1], 0).into()).expect("port");
    bound.spawn("echo", Echo::default()).expect("server")
}

fn ws(addr: SocketAddr) -> String {
    format!("ws://{addr}/ws")
}

fn rig(urls: impl FnOnce(SocketAddr) -> Vec<String>) -> Rig {
    rig_that(Wait::Hybrid, urls)
}

fn rig_that(wait: Wait, urls: impl FnOnce(SocketAddr) -> Vec<String>) -> Rig {
    let server = server();
    let http = format!("http://{}/look-up", server.addr());
    let rehearsed = Arc::new(AtomicUsize::new(0));
    let probe = Probe { urls: urls(server.addr()), http, wake: None, rehearsed: Arc::clone(&rehearsed) };
    let (writers, reader) = feed();
    let outbound = crate::transport::client::TlsConfig::public_roots().expect("TLS").into();
    let common = Common { clock: Clock::start(), outbound, latencies: Arc::new(Latencies::default()) };
    let freight = Freight { venue: Venue::Lighter, session: Box::new(probe), feed: writers.lighter };
    let (thread, commands) = VenueThread::spawn(freight, &common, None, wait).expect("thread");
    Rig { server, thread, commands, reader, rehearsed }
}

fn cid(number: u64) -> ClientOrderId {
    ClientOrderId::from_number(number).expect("in range")
}

impl Rig {
    fn command(&mut self, command: VenueCommand) {
        self.commands.put(command, Mono(0));
        self.commands.wake();
    }

    fn next(&self) -> FromVenue {
        self.reader.reports().recv_timeout(PATIENCE).expect("something happens in time")
    }

    fn expect(&self, happened: &str) {
        match self.next() {
            FromVenue::Report(Venue::Lighter, VenueReport::AskFailed { cause }) => {
                assert_eq!(cause, happened)
            }
            other => panic!("{other:?} instead of {happened}"),
        }
    }

    fn opened(&mut self) {
        self.command(VenueCommand::Start);
        self.expect("opened 3");
        self.expect("text hello");
    }

    fn server_ends_with(&self, end: impl Fn(&Echo) -> bool + Copy + Send + 'static) {
        let start = Instant::now();
        while !self.server.with(move |echo| end(echo)).expect("server") {
            assert!(start.elapsed() < PATIENCE, "did not happen in time");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn orders_leave_and_answers_come_back_in_order_however_the_thread_waits() {
    for wait in [Wait::Block, Wait::Hybrid, Wait::Spin] {
        let mut rig = rig_that(wait, |addr| vec![ws(addr)]);
        rig.opened();
        for number in 1..200 {
            rig.command(VenueCommand::AskOrder(cid(number)));
        }
        for number in 1..200 {
            rig.expect(&format!("text {}", cid(number)));
        }
        // Whoever sleeps is found asleep by now.
        std::thread::sleep(Duration::from_millis(5));
        rig.command(VenueCommand::AskOrder(cid(200)));
        rig.expect(&format!("text {}", cid(200)));
        rig.commands.shut_down(Mono(0));
        rig.thread.join();
    }
}

#[test]
fn a_lost_connection_is_told_once_and_can_be_opened_again() {
    // Who spins finds out by reading, the others are told by the system.
    for wait in [Wait::Block, Wait::Spin] {
        lost_and_opened_again(rig_that(wait, |addr| vec![ws(addr)]));
    }
}

fn lost_and_opened_again(mut rig: Rig) {
    rig.opened();
    rig.server.with(|echo| echo.cut_all = true).expect("server");
    rig.expect(
        "closed: connection lost: WebSocket protocol error: Connection reset without closing handshake",
    );
    rig.opened();
    rig.command(VenueCommand::AskOrder(cid(5)));
    rig.expect(&format!("text {}", cid(5)));
}

#[test]
fn a_refused_upgrade_reaches_the_session_with_its_status() {
    let mut rig = rig(|addr| vec![format!("ws://{addr}/ws?refuse=400")]);
    rig.command(VenueCommand::Start);
    rig.expect("closed: upgrade refused with HTTP status 400");
}

#[test]
fn replies_and_orders_get_through_a_flood_of_frames_and_quotes_wait_as_one() {
    for wait in [Wait::Block, Wait::Spin] {
        flooded(rig_that(wait, |addr| vec![ws(addr)]));
    }
}

fn flooded(mut rig: Rig) {
    rig.opened();
    rig.server.with(|echo| echo.flood = 400).expect("server");
    rig.command(VenueCommand::AskBalance);
    rig.command(VenueCommand::AskOrder(cid(5)));
    let (mut reply, mut order) = (false, false);
    while !(reply && order) {
        match rig.next() {
            FromVenue::Report(_, VenueReport::AskFailed { cause }) if cause == "reply 9: 200" => reply = true,
            FromVenue::Report(_, VenueReport::AskFailed { cause }) if cause.starts_with("text hf") => {
                order = true
            }
            other => panic!("{other:?}"),
        }
    }
    let quotes = rig.reader.quotes().len();
    assert!(quotes <= 1, "{quotes} announcements although nobody read the quote");
    assert_eq!(rig.reader.quote(Venue::Lighter), Err(QuoteFault::Gap));
}

#[test]
fn the_session_is_woken_at_its_deadline() {
    let mut rig = rig(|addr| vec![ws(addr)]);
    let start = Instant::now();
    rig.command(VenueCommand::AskPosition);
    rig.expect("woken");
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(30) && waited < Duration::from_secs(1), "{waited:?}");
}

#[test]
fn shutting_down_says_goodbye_and_waits_for_nothing_else() {
    let mut rig = rig(|addr| vec![ws(addr)]);
    rig.opened();
    let start = Instant::now();
    rig.commands.shut_down(Mono(0));
    rig.expect("closed: closed by us");
    rig.server_ends_with(|echo| echo.closed.iter().any(|(_, clean)| *clean));
    let Rig { thread, .. } = rig;
    thread.join();
    assert!(start.elapsed() < LAST_WORDS, "{:?}", start.elapsed());
}

#[test]
fn an_answer_that_is_due_is_awaited_before_the_thread_ends() {
    let mut rig = rig(|addr| vec![ws(addr)]);
    rig.command(VenueCommand::AskBalance);
    rig.commands.shut_down(Mono(0));
    rig.expect("reply 9: 200");
    rig.thread.join();
}

#[test]
fn a_connection_given_up_while_it_is_opened_does_not_come_back() {
    let silent = bind(([127, 0, 0, 1], 0).into()).expect("a port that nobody serves");
    let nowhere = ws(silent.addr());
    let mut rig = rig(|addr| vec![nowhere, ws(addr)]);
    rig.command(VenueCommand::Start);
    rig.command(VenueCommand::Shutdown);
    rig.expect("closed: closed by us");
    rig.opened();
    // The first attempt fails now; nobody hears of it.
    drop(silent);
    rig.command(VenueCommand::AskOrder(cid(5)));
    rig.expect(&format!("text {}", cid(5)));
}

#[test]
fn a_panic_is_told_to_the_coordinator() {
    let mut rig = rig(|addr| vec![ws(addr)]);
    rig.opened();
    rig.command(VenueCommand::Cancel(cid(5)));
    match rig.next() {
        FromVenue::ThreadDied(Venue::Lighter, why) => {
            assert_eq!(why, "the Lighter thread panicked: as told");
        }
        other => panic!("{other:?}"),
    }
    rig.server_ends_with(|echo| echo.closed.len() == 1);
}

fn intent(number: u64) -> OrderIntent {
    OrderIntent {
        cid: cid(number),
        venue: Venue::Lighter,
        purpose: Purpose::Open,
        side: Side::Buy,
        qty: Qty::from_whole(1),
        bound: Price::from_whole(1),
        valid_for: Duration::from_secs(2),
    }
}

#[test]
fn an_order_that_is_rehearsed_reaches_no_venue_and_holds_nothing_up() {
    for wait in [Wait::Block, Wait::Spin] {
        let mut rig = rig_that(wait, |addr| vec![ws(addr)]);
        rig.opened();
        for number in 1..=20_000 {
            rig.commands.put_rehearsal(intent(number));
            rig.commands.wake();
        }
        rig.command(VenueCommand::AskOrder(cid(5)));
        rig.expect(&format!("text {}", cid(5)));
        // Those that came while one was waiting were left out.
        assert!((1..=20_000).contains(&rig.rehearsed.load(Ordering::Relaxed)));
        // The connection for practice keeps nobody from leaving.
        let start = Instant::now();
        rig.commands.shut_down(Mono(0));
        rig.expect("closed: closed by us");
        rig.thread.join();
        assert!(start.elapsed() < LAST_WORDS, "{:?}", start.elapsed());
    }
}

/// Has always something to do that could wait, and notes what it is called for.
struct Idler {
    url: String,
    noted: Arc<Mutex<String>>,
}

impl Session for Idler {
    fn handle(&mut self, _now: Now, input: Input<'_>, out: &mut Outbox) {
        let mark = match input {
            Input::Command(VenueCommand::Start) => {
                return out.push(Output::Open { link: LINK, url: self.url.clone(), headers: Vec::new() });
            }
            Input::Binary(..) | Input::Text(..) => 'f',
            Input::Wake => 'w',
            _ => return,
        };
        self.noted.lock().expect("nobody panics while noting").push(mark);
    }

    fn deadline(&self) -> Option<Mono> {
        Some(Mono(0))
    }
}

#[test]
fn what_could_wait_comes_after_what_a_turn_has_brought_but_not_never() {
    const FRAMES: usize = 60;
    let server = server();
    let noted = Arc::new(Mutex::new(String::new()));
    let session = Box::new(Idler { url: ws(server.addr()), noted: Arc::clone(&noted) });
    let outbound = crate::transport::client::TlsConfig::public_roots().expect("TLS").into();
    let common = Common { clock: Clock::start(), outbound, latencies: Arc::new(Latencies::default()) };
    let (writers, _reader) = feed();
    let freight = Freight { venue: Venue::Lighter, session, feed: writers.lighter };
    let poll = Poll::new().expect("a poll");
    let sleeper = Sleeper::new(Waker::new(poll.registry(), WAKER).expect("a waker"));
    let registry = poll.registry().try_clone().expect("a registry");
    let (mut carrier, mut commands) = Carrier::new(freight, &common, registry, &sleeper).expect("threads");
    commands.put(VenueCommand::Start, Mono(0));
    let (start, mut turns, mut flooded) = (Instant::now(), Vec::<String>::new(), false);
    let brought = |turns: &[String]| turns.iter().filter(|turn| turn.contains('f')).count();
    while brought(&turns) < 1 + FRAMES {
        assert!(start.elapsed() < PATIENCE, "{turns:?}");
        if brought(&turns) == 1 && !std::mem::replace(&mut flooded, true) {
            server.with(|echo| echo.flood = FRAMES).expect("server");
            // All of it is there before the next turn looks.
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = carrier.look(true);
        carrier.turn();
        turns.push(std::mem::take(&mut *noted.lock().expect("nobody panics while noting")));
    }
    let flood: Vec<&str> = turns.iter().map(String::as_str).skip_while(|turn| !turn.contains('f')).collect();
    assert_eq!(flood.len(), 1 + FRAMES, "one frame in every turn: {flood:?}");
    assert!(flood.iter().all(|turn| matches!(*turn, "f" | "fw")), "{flood:?}");
    let pauses: Vec<usize> = flood.split(|turn| *turn == "fw").map(<[&str]>::len).collect();
    let (last, whole) = pauses.split_last().expect("never empty");
    assert!(whole.len() >= FRAMES / 10 && whole.iter().all(|waited| *waited == 8), "{pauses:?}");
    assert!(*last <= 8, "{pauses:?}");
}
