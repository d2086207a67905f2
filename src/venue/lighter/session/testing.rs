//! What the tests of the session share: a configuration and entropy that repeats.

use super::{LINK, LighterConfig, LighterSession, Timing};
use crate::domain::{Bbo, ClientOrderId, Mono, Now, OrderIntent, Purpose, QuoteFault, Side, Venue, Wall};
use crate::signing::Entropy;
use crate::signing::ecgfp5::SchnorrKey;
use crate::venue::http::{HttpReply, HttpRequest};
use crate::venue::lighter::nonce::NonceRule;
use crate::venue::lighter::quota::Limits;
use crate::venue::lighter::tx::{KeySlot, ReceivedTx};
use crate::venue::{Input, Outbox, Output, Session, VenueCommand, VenueReport};
use std::time::Duration;

/// A counter in place of randomness.
pub struct Counting(pub u64);

impl Entropy for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_be_bytes()[0];
        }
    }
}

pub fn entropy() -> Box<dyn Entropy> {
    Box::new(Counting(1))
}

/// Account 10, slot 4, market BTC, with a key made for tests only.
pub fn config() -> LighterConfig {
    LighterConfig {
        rest_url: "http://127.0.0.1:18102".to_owned(),
        ws_url: "ws://127.0.0.1:18102/stream".to_owned(),
        chain_id: 304,
        slot: KeySlot::new(10, 4).expect("in range"),
        key: SchnorrKey::parse(&"3".repeat(80)).expect("a key"),
        nonces: NonceRule::default(),
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    }
}

/// A session with a scripted venue: inputs go in by hand, everything it wants is collected.
pub struct Rig {
    pub session: LighterSession,
    pub now: Now,
    pub texts: Vec<String>,
    pub requests: Vec<HttpRequest>,
    pub reports: Vec<VenueReport>,
    pub quotes: Vec<Result<Bbo, QuoteFault>>,
    pub opened: usize,
    pub closed: usize,
    pub logs: Vec<String>,
}

/// Unix time of the scripts, in whole seconds.
pub const START_S: i64 = 1_795_000_000;

pub const MARKETS: &str = r#"{"code":200,"order_book_details":[{"symbol":"BTC","market_id":1,"market_type":"perp","status":"active",
    "min_base_amount":"0.00007","min_quote_amount":"10.000000","order_quote_limit":"281474976.710655","size_decimals":5,
    "price_decimals":1,"last_trade_price":80441.7}]}"#;

pub const ACCOUNT: &str = r#"{"code":200,"accounts":[{"code":0,"index":10,"available_balance":"1945.003244","positions":[
    {"market_id":1,"sign":-1,"position":"0.00100"}]}]}"#;

impl Rig {
    pub fn new(config: LighterConfig) -> Self {
        Self {
            session: LighterSession::new(config, entropy()),
            now: Now { mono: Mono(7_000_000_000), wall: Wall(START_S * 1_000_000 + 500_000) },
            texts: Vec::new(),
            requests: Vec::new(),
            reports: Vec::new(),
            quotes: Vec::new(),
            opened: 0,
            closed: 0,
            logs: Vec::new(),
        }
    }

    /// Started, loaded, connected and confirmed; what was collected on the way is dropped.
    pub fn ready() -> Self {
        let mut rig = Self::new(config());
        rig.load();
        rig.connect();
        assert!(rig.reports.contains(&VenueReport::Ready), "{:?}", rig.reports);
        rig.forget();
        rig
    }

    /// Answers every question of the start.
    pub fn load(&mut self) {
        self.command(VenueCommand::Start);
        self.answer("/", 200, &format!(r#"{{"status":1,"network_id":1,"timestamp":{START_S}}}"#));
        self.answer("orderBookDetails", 200, MARKETS);
        self.answer("account?", 200, ACCOUNT);
        let key = config().key.public_key();
        let keys = format!(r#"{{"code":200,"api_keys":[{{"api_key_index":4,"public_key":"{key}"}}]}}"#);
        self.answer("apikeys", 200, &keys);
        self.answer("nextNonce", 200, r#"{"code":200,"nonce":722}"#);
        self.answer("getMakerOnlyApiKeys", 200, r#"{"code":200,"api_key_indexes":[7]}"#);
        self.answer(
            "accountLimits",
            200,
            r#"{"code":200,"user_tier":"standard","current_taker_fee_tick":0}"#,
        );
    }

    /// Opens the connection and confirms every channel.
    pub fn connect(&mut self) {
        self.input(Input::Opened(LINK));
        self.text(r#"{"session_id":"x","type":"connected"}"#);
        self.confirm_private();
        self.text(BOOK);
        self.text(TICKER);
    }

    pub fn confirm_private(&mut self) {
        for (name, content) in [
            ("account_all_orders", r#""orders":{}"#),
            ("account_all_trades", r#""trades":{}"#),
            ("account_tx", r#""txs":[]"#),
            ("account_all_positions", r#""positions":{"1":{"market_id":1,"sign":-1,"position":"0.00100"}}"#),
            ("user_stats", r#""stats":{"available_balance":"1945.0"}"#),
        ] {
            self.text(&format!(r#"{{"channel":"{name}:10",{content},"type":"subscribed/{name}"}}"#));
        }
    }

    pub fn forget(&mut self) {
        self.texts.clear();
        self.reports.clear();
        self.quotes.clear();
        self.logs.clear();
    }

    pub fn input(&mut self, input: Input<'_>) {
        let mut out = Outbox::default();
        self.session.handle(self.now, input, &mut out);
        for output in out.drain() {
            match output {
                Output::Open { .. } => self.opened += 1,
                Output::Close(_) => self.closed += 1,
                Output::Text(_, text) => self.texts.push(text),
                Output::Ping(_) => self.texts.push("ping frame".to_owned()),
                Output::Http(request) => self.requests.push(request),
                Output::Quote(quote) => self.quotes.push(quote),
                Output::Report(report) => self.reports.push(report),
                Output::Log(_, text) => self.logs.push(text),
                Output::Ahead(_) => {}
            }
        }
    }

    pub fn command(&mut self, command: VenueCommand) {
        self.input(Input::Command(command));
    }

    pub fn text(&mut self, text: &str) {
        self.input(Input::Text(LINK, text));
    }

    /// Answers the only open request whose address contains `part` (`/` alone: whose path is that).
    pub fn answer(&mut self, part: &str, status: u16, body: &str) {
        let wanted = |request: &HttpRequest| match part {
            "/" => request.url.ends_with(":18102/"),
            part => request.url.contains(part),
        };
        let position = self.requests.iter().position(wanted);
        let position = position.unwrap_or_else(|| panic!("no request for {part} in {:?}", self.requests));
        let ticket = self.requests.remove(position).ticket;
        let reply = HttpReply::plain(status, body.as_bytes().to_vec());
        self.input(Input::Http(ticket, Ok(reply)));
    }

    /// Lets time pass, waking the session whenever it asks to be.
    pub fn wait(&mut self, time: Duration) {
        let target = self.now.mono.after(time);
        for _ in 0..10_000 {
            match self.session.deadline() {
                Some(due) if due <= target => {
                    self.pass(due.since(self.now.mono));
                    self.input(Input::Wake);
                    let next = self.session.deadline();
                    assert!(next.is_none_or(|next| next > due), "a deadline that is never met: {next:?}");
                }
                _ => {
                    self.pass(target.since(self.now.mono));
                    return self.input(Input::Wake);
                }
            }
        }
        panic!("the session asks to be woken without end");
    }

    fn pass(&mut self, time: Duration) {
        self.now = Now { mono: self.now.mono.after(time), wall: self.now.wall.after(time) };
    }

    /// Sends an order and returns the frame's id and transaction hash.
    pub fn submit(&mut self, number: u64, purpose: Purpose) -> (u64, String) {
        let before = self.texts.len();
        self.command(VenueCommand::Submit(intent(number, purpose)));
        assert_eq!(self.texts.len(), before + 1, "not sent: {:?}", self.reports);
        sent(&self.texts[before])
    }

    /// Reports of the kind `pick` takes, in order; the others stay collected, too.
    pub fn picked<T>(&self, pick: impl FnMut(&VenueReport) -> Option<T>) -> Vec<T> {
        self.reports.iter().filter_map(pick).collect()
    }
}

/// A buy of 0.002 at 80441.9 or better.
pub fn intent(number: u64, purpose: Purpose) -> OrderIntent {
    OrderIntent {
        cid: cid(number),
        venue: Venue::Lighter,
        purpose,
        side: Side::Buy,
        qty: "0.002".parse().expect("qty"),
        bound: "80441.9".parse().expect("price"),
        valid_for: Duration::from_secs(2),
    }
}

pub fn cid(number: u64) -> ClientOrderId {
    ClientOrderId::from_number(number).expect("in range")
}

/// Id and hash of a sendtx frame; the signature is checked against the configured key.
pub fn sent(frame: &str) -> (u64, String) {
    let value: serde_json::Value = serde_json::from_str(frame).expect("json");
    let data = &value["data"];
    assert_eq!(value["type"], "jsonapi/sendtx");
    let tx_type = u8::try_from(data["tx_type"].as_u64().expect("type")).expect("small");
    let received = ReceivedTx::parse(304, tx_type, &data["tx_info"].to_string()).expect("a transaction");
    assert!(received.is_signed_by(&config().key.public_key()));
    (data["id"].as_str().expect("id").parse().expect("digits"), received.tx.hash().to_string())
}

pub const BOOK: &str = r#"{"channel":"order_book:1","order_book":{"code":0,"asks":[{"price":"80441.7","size":"4.3"},{"price":"80450.0","size":"1.0"}],
    "bids":[{"price":"80441.6","size":"0.2"}],"nonce":100,"begin_nonce":0},"timestamp":1,"type":"subscribed/order_book"}"#;

pub const TICKER: &str = r#"{"channel":"ticker:1","nonce":100,"ticker":{"s":"BTC","a":{"price":"80441.7","size":"4.3"},
    "b":{"price":"80441.6","size":"0.2"}},"timestamp":1,"type":"subscribed/ticker"}"#;

/// A ticker update.
pub fn ticker(nonce: i64, bid: &str, ask: &str) -> String {
    format!(
        r#"{{"channel":"ticker:1","nonce":{nonce},"ticker":{{"s":"BTC","a":{{"price":"{ask}","size":"1"}},"b":{{"price":"{bid}","size":"1"}}}},"type":"update/ticker"}}"#
    )
}

/// A book update.
pub fn book(begin: i64, nonce: i64, bids: &str, asks: &str) -> String {
    format!(
        r#"{{"channel":"order_book:1","order_book":{{"asks":[{asks}],"bids":[{bids}],"nonce":{nonce},"begin_nonce":{begin}}},"type":"update/order_book"}}"#
    )
}
