//! What is fuzzed: everything that reads bytes of somebody else. One function per target, used by cargo-fuzz and by
//! `tests/fuzz.rs` alike. A target fails by panicking: in the decoder, or in a property asserted here.

use hedge_fast::domain::{Mono, Now, SecretText, Wall};
use hedge_fast::notify::Channel;
use hedge_fast::sim::credentials::Credentials;
use hedge_fast::sim::rng::Rng;
use hedge_fast::transport::service::{ConnId, Request, Service};
use hedge_fast::venue::http::HttpReply;
use hedge_fast::venue::lighter::nonce::NonceRule;
use hedge_fast::venue::lighter::quota::Limits;
use hedge_fast::venue::lighter::tx::{AuthToken, KeySlot, ReceivedTx};
use hedge_fast::venue::lighter::wire as lighter;
use hedge_fast::venue::lighter::{LighterConfig, LighterSession, Timing};
use hedge_fast::venue::paradex::sbe;
use hedge_fast::venue::paradex::session::{ParadexConfig, ParadexSession};
use hedge_fast::venue::paradex::wire as paradex;
use hedge_fast::venue::{Input, LinkId, Outbox, Output, Session, VenueCommand};
use serde_json::value::RawValue;

/// Takes any bytes.
pub type Target = fn(&[u8]);

/// Name and function of each target; the corpus of each is in `fuzz/corpus/<name>`.
pub const TARGETS: [(&str, Target); 10] = [
    ("fault_plan", fault_plan),
    ("lighter_frame", lighter_frame),
    ("lighter_rest", lighter_rest),
    ("lighter_session", lighter_session),
    ("lighter_transaction", lighter_transaction),
    ("notify_answer", notify_answer),
    ("paradex_json", paradex_json),
    ("paradex_sbe", paradex_sbe),
    ("paradex_session", paradex_session),
    ("simulators", simulators),
];

/// Fault plans of `--faults`.
pub fn fault_plan(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = hedge_fast::sim::faults::parse(text);
    }
}

/// Text frames of Lighter.
pub fn lighter_frame(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let strictly = lighter::frame::Frame::parse_strictly(text);
        // What the scan reads, it reads as the strict reading does.
        if let Some(quick) = lighter::quick::market_frame(text) {
            let Ok(lighter::frame::Frame::Data(strict)) = strictly else {
                panic!("read by the scan alone: {text}")
            };
            assert_eq!(format!("{quick:?}"), format!("{strict:?}"));
        }
    }
}

/// Answers of Telegram and Lark; the first byte chooses the status. Whatever they say, the token is not repeated.
pub fn notify_answer(data: &[u8]) {
    const STATUSES: [u16; 8] = [200, 302, 400, 401, 403, 404, 429, 500];
    let Some((first, body)) = data.split_first() else { return };
    let status = STATUSES[usize::from(*first) % STATUSES.len()];
    let (base, token) = (String::new(), SecretText::new("CANARY:0af9".to_owned()));
    let telegram = Channel::Telegram { base: base.clone(), token: token.clone(), chat: String::new() };
    for channel in [telegram, Channel::Lark { base, token }] {
        let answer = channel.read(&Ok(HttpReply::plain(status, body.to_vec())));
        assert!(!format!("{answer:?}").contains("CANARY:0af9"), "{answer:?}");
    }
}

/// REST answers of Lighter, each body read as every kind of answer.
pub fn lighter_rest(data: &[u8]) {
    let answer = || Ok(HttpReply::plain(200, data.to_vec()));
    let _ = lighter::reply::code(&answer());
    let _ = lighter::reply::read::<lighter::account::AccountReply>(answer()).map(|reply| reply.of(10));
    let _ = lighter::reply::read::<lighter::account::KeyList>(answer()).map(|list| list.registered(4));
    let _ = lighter::reply::read::<lighter::account::NextNonce>(answer());
    let _ = lighter::reply::read::<lighter::account::AccountLimits>(answer());
    let _ = lighter::reply::read::<lighter::account::Status>(answer());
    let _ = lighter::reply::read::<lighter::market::MarketList>(answer()).map(|list| list.find("BTC"));
    let _ = lighter::reply::read::<lighter::transaction::TransactionRecord>(answer()).map(|tx| tx.verdict());
    if let Ok(raw) = serde_json::from_slice::<&RawValue>(data) {
        let orders = lighter::container::rows::<lighter::order::OrderRecord>(raw);
        orders.rows.iter().for_each(|order| {
            order.life();
            order.average();
        });
        let trades = lighter::container::rows::<lighter::trade::Trade>(raw);
        trades.rows.iter().for_each(|trade| {
            trade.fills_of(10);
        });
    }
}

/// Transactions and tokens as the simulated Lighter receives them; the first byte is the type.
pub fn lighter_transaction(data: &[u8]) {
    let Some((tx_type, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let _ = AuthToken::parse(text);
    if let Ok(received) = ReceivedTx::parse(304, *tx_type, text) {
        // Reading what was read gives the same transaction.
        assert_eq!(ReceivedTx::parse(304, *tx_type, text).as_ref(), Ok(&received));
    }
}

/// JSON of Paradex, each body read as every kind of answer.
pub fn paradex_json(data: &[u8]) {
    let _ = paradex::config(data);
    let _ = paradex::server_time(data);
    let _ = paradex::system_state(data);
    let _ = paradex::auth_token(data);
    let _ = paradex::market(data, "BTC-USD-PERP");
    let _ = paradex::orders(data);
    let _ = paradex::fills(data);
    let _ = paradex::positions(data);
    let _ = paradex::account(data);
    let _ = paradex::bbo(data);
    let _ = paradex::rest_error(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = paradex::frame(text);
    }
}

/// SBE frames of Paradex. What was read can be written, and what was written is read and written the same.
pub fn paradex_sbe(data: &[u8]) {
    let Ok(message) = sbe::decode(data) else { return };
    let (mut once, mut twice) = (Vec::new(), Vec::new());
    if sbe::encode(&message, sbe::NEWEST_VERSION, &mut once).is_ok() {
        let again = sbe::decode(&once).expect("our own frame");
        sbe::encode(&again, sbe::NEWEST_VERSION, &mut twice).expect("what was read can be written");
        assert_eq!(once, twice);
    }
}

/// The Paradex session, fed with lines: `t` text, `b` binary, `h` the answer to the oldest request, first letter of each.
pub fn paradex_session(data: &[u8]) {
    let config = ParadexConfig {
        rest_url: "http://paradex.test/v1".to_owned(),
        ws_url: "ws://paradex.test/v1".to_owned(),
        market: "BTC-USD-PERP".to_owned(),
        key: Credentials::of_seed(5).paradex_key,
        account: None,
        retail: true,
        sent_before: Vec::new(),
    };
    feed(Box::new(ParadexSession::new(config, Box::new(Rng::new(1)))), data);
}

/// The Lighter session, fed in the same way.
pub fn lighter_session(data: &[u8]) {
    let Ok(slot) = KeySlot::new(10, 4) else { return };
    let config = LighterConfig {
        rest_url: "http://lighter.test".to_owned(),
        ws_url: "ws://lighter.test/stream".to_owned(),
        chain_id: 304,
        slot,
        key: Credentials::of_seed(5).lighter_key,
        nonces: NonceRule::default(),
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    };
    feed(Box::new(LighterSession::new(config, Box::new(Rng::new(1)))), data);
}

/// Lives through lines of input, ten milliseconds apart, and a minute after them.
fn feed(mut session: Box<dyn Session>, data: &[u8]) {
    let mut run = Feed { tickets: Vec::new(), links: Vec::new(), millis: 0 };
    run.input(&mut *session, Input::Command(VenueCommand::Start));
    for line in data.split(|byte| *byte == b'\n') {
        let Some((kind, rest)) = line.split_first() else { continue };
        let link = run.links.last().copied().unwrap_or(LinkId(0));
        match (kind, std::str::from_utf8(rest)) {
            (b'h', _) => {
                if run.tickets.is_empty() {
                    continue;
                }
                let reply = HttpReply::plain(200, rest.to_vec());
                let ticket = run.tickets.remove(0);
                run.input(&mut *session, Input::Http(ticket, Ok(reply)));
            }
            (b't', Ok(text)) => run.input(&mut *session, Input::Text(link, text)),
            _ => run.input(&mut *session, Input::Binary(link, rest)),
        }
    }
    for _ in 0..60 {
        run.millis += 1_000;
        run.input(&mut *session, Input::Wake);
    }
}

struct Feed {
    tickets: Vec<u64>,
    links: Vec<LinkId>,
    millis: u64,
}

impl Feed {
    fn input(&mut self, session: &mut dyn Session, input: Input<'_>) {
        self.millis += 10;
        let wall = Wall(1_795_000_000_000_000 + i64::try_from(self.millis).unwrap_or_default() * 1_000);
        let now = Now { mono: Mono(self.millis * 1_000_000), wall };
        let mut out = Outbox::default();
        session.handle(now, input, &mut out);
        let mut opened = Vec::new();
        for output in out.drain() {
            match output {
                Output::Http(request) => self.tickets.push(request.ticket),
                Output::Open { link, .. } => opened.push(link),
                _ => {}
            }
        }
        for link in opened {
            self.links.push(link);
            self.input(session, Input::Opened(link));
        }
    }
}

/// Both simulated venues, fed with lines: `p` and `l` are frames to Paradex and Lighter, `P` and `L` HTTP requests
/// (`METHOD path?query body`).
pub fn simulators(data: &[u8]) {
    use hedge_fast::sim::{
        lighter::LighterSim, lighter::Options, paradex::ParadexOptions, paradex::ParadexSim,
    };
    let start = Wall(1_795_000_000_000_000);
    let mut paradex = ParadexSim::new(ParadexOptions::new(1), start);
    let mut lighter = LighterSim::new(Options::new(1), start);
    let (conn, mut out) = (ConnId(1), Vec::new());
    let _ = paradex.open(start, conn, &request("GET /v1", ""), &mut out);
    let _ = lighter.open(start, conn, &request("GET /stream", ""), &mut out);
    for line in data.split(|byte| *byte == b'\n') {
        let Some((kind, rest)) = line.split_first() else { continue };
        let Ok(text) = std::str::from_utf8(rest) else { continue };
        let (head, body) =
            text.split_once(" {").map_or((text, ""), |(head, _)| (head, &text[head.len() + 1..]));
        match kind {
            b'p' => paradex.text(start, conn, text, &mut out),
            b'l' => lighter.text(start, conn, text, &mut out),
            b'P' => drop(paradex.http(start, &request(head, body), &mut out)),
            b'L' => drop(lighter.http(start, &request(head, body), &mut out)),
            _ => {}
        }
    }
}

fn request(head: &str, body: &str) -> Request {
    let (method, target) = head.split_once(' ').unwrap_or(("GET", head));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    }
}
