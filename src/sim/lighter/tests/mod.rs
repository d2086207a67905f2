//! The simulated venue driven as a service, without sockets: everything a client can see, and nothing else.

mod control;
mod feeds;
mod keys;
mod mishaps;
mod properties;
mod reading;
mod sending;
mod shapes;
mod switching;

use super::*;
use crate::domain::Wall;
use crate::signing::ecgfp5::SchnorrKey;
use crate::sim::rng::Rng;
use crate::transport::service::{ConnId, Request, Sent, Service};
use crate::venue::lighter::tx::{
    Attributes, CancelAll, CancelOrder, KeySlot, Order, OrderFields, SignedTx, Transaction, TxHeader,
    UnsignedTx, mint_auth_token,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

const ACCOUNT: i64 = 731_664;
const SLOT: i64 = 4;
const OTHER: i64 = 900_000;
const OWNER: &str = "0x1111111111111111111111111111111111111111";
const CHAIN: u32 = 304;
const BTC: i64 = 1;
const START_MILLIS: i64 = 1_795_000_000_000;

fn test_key(number: u8) -> SchnorrKey {
    SchnorrKey::parse(&format!("{number:02x}").repeat(40)).expect("a key")
}

/// A venue with one trading account and a client of it.
struct Bench {
    sim: LighterSim,
    now: Wall,
    key: SchnorrKey,
    rng: Rng,
    nonce: i64,
    frames: BTreeMap<ConnId, Vec<Value>>,
    ended: BTreeMap<ConnId, Sent>,
    next_conn: u64,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::new(42);
        options.crowd = false;
        options.rate_limits = false;
        let account = |index, key: u8, address: &str| AccountSetup {
            index,
            l1_address: address.to_owned(),
            api_keys: vec![(4, test_key(key).public_key().0)],
            balance: 10_000_000_000,
            tier: Tier::Standard,
            maker_only: Vec::new(),
        };
        options.accounts =
            vec![account(ACCOUNT, 1, OWNER), account(OTHER, 2, "0x2222222222222222222222222222222222222222")];
        change(&mut options);
        let now = Wall::from_millis(START_MILLIS);
        Self {
            sim: LighterSim::new(options, now),
            now,
            key: test_key(1),
            rng: Rng::new(3),
            nonce: 0,
            frames: BTreeMap::new(),
            ended: BTreeMap::new(),
            next_conn: 0,
        }
    }

    fn sort(&mut self, out: Vec<Sent>) {
        for sent in out {
            match sent {
                Sent::Text(conn, text) => {
                    let frame = serde_json::from_str(&text).expect("JSON");
                    self.frames.entry(conn).or_default().push(frame);
                }
                Sent::Close(conn, ..) | Sent::Cut(conn) => {
                    self.ended.insert(conn, sent);
                }
                Sent::Binary(..) | Sent::Ping(_) => panic!("the venue speaks text: {sent:?}"),
            }
        }
    }

    fn pass(&mut self, millis: u64) {
        self.now = self.now.after(Duration::from_millis(millis));
        let mut out = Vec::new();
        self.sim.advance(self.now, &mut out);
        self.sort(out);
    }

    fn request(&mut self, request: &Request) -> (u16, Value) {
        let mut out = Vec::new();
        let response = self.sim.http(self.now, request, &mut out);
        self.sort(out);
        (response.status, serde_json::from_slice(&response.body).unwrap_or(Value::Null))
    }

    fn get(&mut self, target: &str) -> (u16, Value) {
        self.get_with(target, None)
    }

    fn get_with(&mut self, target: &str, token: Option<&str>) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.request(&Request {
            method: "GET".into(),
            path: path.into(),
            query: query.split('&').filter_map(pair).collect(),
            headers: token.map(|token| ("authorization".to_owned(), token.to_owned())).into_iter().collect(),
            body: Vec::new(),
        })
    }

    fn private(&mut self, target: &str) -> Value {
        let token = self.token();
        let (status, body) = self.get_with(target, Some(&token));
        assert_eq!(status, 200, "{target}: {body}");
        body
    }

    fn post(&mut self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let token = self.token();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("authorization", &token)];
        self.request(&Request {
            method: "POST".into(),
            path: path.into(),
            query: Vec::new(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.join("&").into_bytes(),
        })
    }

    fn send_tx(&mut self, tx: &SignedTx) -> (u16, Value) {
        let tx_type = tx.tx_type.code().to_string();
        self.post("/api/v1/sendTx", &[("tx_type", &tx_type), ("tx_info", &tx.info)])
    }

    fn token(&mut self) -> String {
        let slot = KeySlot::new(ACCOUNT, SLOT).expect("a slot");
        mint_auth_token(self.now.secs() + 600, slot, &self.key, &mut self.rng)
    }

    fn header(&self, nonce: i64) -> TxHeader {
        let slot = KeySlot::new(ACCOUNT, SLOT).expect("a slot");
        TxHeader::new(CHAIN, slot, nonce, self.now.millis() + 20_000).expect("a header")
    }

    fn sign_under(&mut self, header: TxHeader, transaction: Transaction, attributes: Attributes) -> SignedTx {
        let unsigned = UnsignedTx::new(transaction, header, attributes).expect("a transaction");
        unsigned.sign(&self.key, &mut self.rng).expect("a signature")
    }

    /// Signs with the next nonce.
    fn sign(&mut self, transaction: Transaction) -> SignedTx {
        self.nonce += 1;
        let header = self.header(self.nonce - 1);
        self.sign_under(header, transaction, Attributes::NONE)
    }

    fn best(&self, side: crate::domain::Side) -> i64 {
        self.sim.exchange.markets[&BTC].best(side).expect("a book").0
    }

    /// An IOC that reaches half a percent into the book.
    fn ioc(&self, is_ask: bool, base_amount: i64, client_order_index: i64) -> OrderFields {
        let touch = self.best(if is_ask { crate::domain::Side::Buy } else { crate::domain::Side::Sell });
        let price = if is_ask { touch - touch / 200 } else { touch + touch / 200 };
        OrderFields {
            market_index: BTC,
            client_order_index,
            base_amount,
            price,
            is_ask: i64::from(is_ask),
            ..OrderFields::LIMIT_IOC
        }
    }

    /// A post-only order far from the market.
    fn resting(&self, client_order_index: i64) -> OrderFields {
        OrderFields {
            price: self.best(crate::domain::Side::Buy) * 99 / 100,
            time_in_force: 2,
            order_expiry: self.now.millis() + 3_600_000,
            ..self.ioc(false, 100, client_order_index)
        }
    }

    fn order(&mut self, fields: OrderFields) -> SignedTx {
        self.sign(create(fields))
    }

    fn connect(&mut self) -> ConnId {
        self.connect_to(&[]).expect("an upgrade")
    }

    fn connect_to(&mut self, query: &[(&str, &str)]) -> Result<ConnId, u16> {
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        let request = Request {
            method: "GET".into(),
            path: "/stream".into(),
            query: query.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let mut out = Vec::new();
        let opened = self.sim.open(self.now, conn, &request, &mut out);
        self.sort(out);
        opened.map(|()| conn).map_err(|response| response.status)
    }

    fn say(&mut self, conn: ConnId, frame: &Value) {
        self.say_text(conn, &frame.to_string());
    }

    fn say_text(&mut self, conn: ConnId, text: &str) {
        let mut out = Vec::new();
        self.sim.text(self.now, conn, text, &mut out);
        self.sort(out);
    }

    /// Says something and returns the frames that came since the last look.
    fn ask(&mut self, conn: ConnId, frame: &Value) -> Vec<Value> {
        self.take(conn);
        self.say(conn, frame);
        self.take(conn)
    }

    fn subscribe(&mut self, conn: ConnId, channel: &str) -> Value {
        let token = self.token();
        let frames = self.ask(conn, &json!({"type": "subscribe", "channel": channel, "auth": token}));
        let expected = format!("subscribed/{}", channel.split('/').next().expect("a name"));
        let found = frames.iter().find(|frame| frame["type"] == expected);
        found.unwrap_or_else(|| panic!("no {expected} in {frames:?}")).clone()
    }

    fn take(&mut self, conn: ConnId) -> Vec<Value> {
        self.frames.remove(&conn).unwrap_or_default()
    }

    /// Frames of one type, and only those; the others are dropped.
    fn take_typed(&mut self, conn: ConnId, kind: &str) -> Vec<Value> {
        self.take(conn).into_iter().filter(|frame| frame["type"] == kind).collect()
    }

    fn send_frame(tx: &SignedTx, id: Value) -> Value {
        let info: Value = serde_json::from_str(&tx.info).expect("JSON");
        json!({"type": "jsonapi/sendtx", "data": {"id": id, "tx_type": tx.tx_type.code(), "tx_info": info}})
    }

    /// The refusal inside `ae` of a transaction, or an empty text.
    fn verdict(&mut self, hash: &str) -> String {
        let (_, tx) = self.get(&format!("/api/v1/tx?by=hash&value={hash}"));
        let info: Value =
            serde_json::from_str(tx["event_info"].as_str().expect("a text")).expect("JSON inside");
        info["ae"].as_str().expect("a text").to_owned()
    }
}

fn create(fields: OrderFields) -> Transaction {
    Transaction::CreateOrder(Order::new(fields).expect("an order"))
}

fn cancel(index: i64) -> Transaction {
    Transaction::CancelOrder(CancelOrder::new(BTC, index).expect("a cancel"))
}

fn cancel_all() -> Transaction {
    Transaction::CancelAllOrders(CancelAll::Immediate)
}
