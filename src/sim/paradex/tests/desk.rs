//! A client of the simulation: keys, a clock, a connection, and what came back.

use crate::domain::{Price, Qty, Side, Usd, Wall};
use crate::signing::stark::{Felt, Message, Nonce, OrderFields, SigningDomain, StarkKey, felt_from_decimal};
use crate::sim::paradex::model::Symbol;
use crate::sim::paradex::{AccountSetup, ParadexOptions, ParadexSim, production_classes};
use crate::sim::service::{ConnId, Request, Response, Sent, Service};
use serde_json::{Value, json};
use std::time::Duration;

pub const CHAIN_ID: &str = "PRIVATE_SN_PARACLEAR_MAINNET";
pub const BTC: &str = "BTC-USD-PERP";
/// A Monday morning.
const START: Wall = Wall(1_795_435_200_250_000);

pub fn qty(text: &str) -> Qty {
    text.parse().expect("a size")
}

pub fn key(number: u32) -> StarkKey {
    StarkKey::from_hex(&format!("{number:#x}")).expect("a key")
}

pub fn address_of(key: &StarkKey) -> Felt {
    production_classes().account_address(key.public_key())
}

pub fn setup(key: &StarkKey, balance: i64) -> AccountSetup {
    AccountSetup {
        l1_address: "0x0000000000000000000000000000000000000001".to_owned(),
        public_key: key.public_key(),
        address: address_of(key),
        subkeys: vec![],
        balance: Usd::from_whole(balance),
    }
}

/// Two funded accounts: keys 1001 and 1002.
pub fn options() -> ParadexOptions {
    let mut options = ParadexOptions::new(7);
    options.accounts = vec![setup(&key(1001), 100_000), setup(&key(1002), 100_000)];
    options
}

pub struct Desk {
    pub sim: ParadexSim,
    pub now: Wall,
    /// Everything the venue sent and nobody took yet.
    pub sent: Vec<Sent>,
    /// Pings are answered at once.
    pub answers_pings: bool,
    next_id: i64,
}

/// One signed-in client.
pub struct Client {
    pub key: StarkKey,
    pub account: Felt,
    pub token: String,
    pub conn: ConnId,
    pub orders: u32,
}

impl Client {
    /// Another key behind the account and token of `like`, without a connection of its own.
    pub fn unconnected(number: u32, like: &Self) -> Self {
        let (account, token, conn) = (like.account, like.token.clone(), like.conn);
        Self { key: key(number), account, token, conn, orders: 500 }
    }
}

/// An order to be signed; the fields as they go on the wire.
#[derive(Clone, Debug)]
pub struct Ticket {
    pub market: &'static str,
    pub side: Side,
    pub kind: &'static str,
    pub size: String,
    pub price: Option<String>,
    pub instruction: &'static str,
    pub extra: Value,
}

impl Ticket {
    pub fn limit(side: Side, size: Qty, price: Price, instruction: &'static str) -> Self {
        let (size, price) = (size.to_string(), Some(price.to_string()));
        Self { market: BTC, side, kind: "LIMIT", size, price, instruction, extra: json!({}) }
    }

    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.extra[field] = value;
        self
    }

    pub fn reduce_only(self) -> Self {
        self.with("flags", json!(["REDUCE_ONLY"]))
    }
}

impl Desk {
    pub fn new(options: ParadexOptions) -> Self {
        let sim = ParadexSim::new(options, START);
        let mut desk = Self { sim, now: START, sent: Vec::new(), answers_pings: true, next_id: 0 };
        desk.wait(0);
        desk
    }

    /// Lets time pass in steps of what is due, as a server would.
    pub fn wait(&mut self, millis: u64) {
        let end = self.now.after(Duration::from_millis(millis));
        while let Some(due) = self.sim.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.advance();
        }
        self.now = end;
        self.advance();
    }

    fn advance(&mut self) {
        let before = self.sent.len();
        self.sim.advance(self.now, &mut self.sent);
        for sent in self.sent[before..].iter().filter(|_| self.answers_pings) {
            if let Sent::Ping(conn) = sent {
                self.sim.alive(self.now, *conn);
            }
        }
    }

    pub fn http(&mut self, method: &str, path: &str, headers: &[(&str, String)], body: &str) -> Response {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pair = |text: &str| {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            (name.to_owned(), value.to_owned())
        };
        let request = Request {
            method: method.to_owned(),
            path: format!("/v1{path}"),
            query: query.split('&').filter(|text| !text.is_empty()).map(pair).collect(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            body: body.as_bytes().to_vec(),
        };
        self.sim.http(self.now, &request, &mut self.sent)
    }

    pub fn call(&mut self, client: &Client, method: &str, path: &str, body: &str) -> (u16, Value) {
        let bearer = [("authorization", format!("Bearer {}", client.token))];
        let response = self.http(method, path, &bearer, body);
        (response.status, serde_json::from_slice(&response.body).unwrap_or(Value::Null))
    }

    pub fn get(&mut self, client: &Client, path: &str) -> Value {
        let (status, body) = self.call(client, "GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub fn auth_headers(&self, key: &StarkKey, account: Felt, chain: &str) -> Vec<(&'static str, String)> {
        let timestamp_s = u64::try_from(self.now.secs()).expect("after 1970");
        let expiration_s = timestamp_s + 1_800;
        let domain = SigningDomain::new(chain).expect("a chain id");
        let hash = domain.for_account(account).message_hash(&Message::Auth { timestamp_s, expiration_s });
        let signature = key.sign(&hash, Nonce::Plain).expect("a signature");
        vec![
            ("paradex-starknet-account", format!("{account:#x}")),
            ("paradex-starknet-signature", signature.wire()),
            ("paradex-timestamp", timestamp_s.to_string()),
            ("paradex-signature-expiration", expiration_s.to_string()),
        ]
    }

    pub fn onboarding_headers(&self, key: &StarkKey, account: Felt) -> Vec<(&'static str, String)> {
        let domain = SigningDomain::new(CHAIN_ID).expect("a chain id");
        let hash = domain.for_account(account).message_hash(&Message::Onboarding);
        let signature = key.sign(&hash, Nonce::Plain).expect("a signature");
        vec![
            ("paradex-ethereum-account", "0x000000000000000000000000000000000000dEaD".to_owned()),
            ("paradex-starknet-account", format!("{account:#x}")),
            ("paradex-starknet-signature", signature.wire()),
        ]
    }

    pub fn token(&mut self, key: &StarkKey, account: Felt, query: &str) -> String {
        let headers = self.auth_headers(key, account, CHAIN_ID);
        let path = format!("/auth/{:#x}{query}", key.public_key());
        let response = self.http("POST", &path, &headers, "");
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(response.status, 200, "{body}");
        body["jwt_token"].as_str().expect("a token").to_owned()
    }

    pub fn connect(&mut self, query: &str) -> Result<ConnId, Response> {
        self.next_id += 1;
        let conn = ConnId(self.next_id.unsigned_abs());
        let pair = |text: &str| text.split_once('=').map(|(a, b)| (a.to_owned(), b.to_owned()));
        let request = Request {
            method: "GET".to_owned(),
            path: "/v1".to_owned(),
            query: query.split('&').filter_map(pair).collect(),
            headers: vec![],
            body: vec![],
        };
        self.sim.open(self.now, conn, &request, &mut self.sent).map(|()| conn)
    }

    /// A signed-in client with a plain connection; `query` goes to the sign-in.
    pub fn client(&mut self, number: u32, query: &str) -> Client {
        let key = key(number);
        let account = address_of(&key);
        let token = self.token(&key, account, query);
        let conn = self.connect("").expect("an upgrade");
        let client = Client { key, account, token, conn, orders: 0 };
        let params = json!({"bearer": client.token});
        self.rpc(client.conn, "auth", params).expect("a sign-in");
        client
    }

    pub fn pro(&mut self, number: u32) -> Client {
        self.client(number, "")
    }

    pub fn retail(&mut self, number: u32) -> Client {
        self.client(number, "?token_usage=interactive")
    }

    /// One request; its result or its error. Everything else stays in `sent`.
    pub fn rpc(&mut self, conn: ConnId, method: &str, params: Value) -> Result<Value, Value> {
        self.next_id += 1;
        let id = self.next_id;
        let text = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
        self.sim.text(self.now, conn, &text, &mut self.sent);
        let position = self.sent.iter().position(|sent| match sent {
            Sent::Text(to, text) => *to == conn && text.contains(&format!("\"id\":{id},")),
            _ => false,
        });
        let Sent::Text(_, text) = self.sent.remove(position.expect("an answer")) else { unreachable!() };
        assert!(text.ends_with('\n'), "recorded frames end in a newline");
        let mut frame: Value = serde_json::from_str(&text).expect("JSON");
        assert!(frame["usIn"].is_i64() && frame["usOut"].is_i64() && frame["usDiff"].is_i64(), "{frame}");
        if frame["error"].is_null() { Ok(frame["result"].take()) } else { Err(frame["error"].take()) }
    }

    pub fn disconnect(&mut self, conn: ConnId, clean: bool) {
        self.sim.closed(self.now, conn, clean, &mut self.sent);
    }

    /// Any text frame; the one frame that answers it.
    pub fn raw(&mut self, conn: ConnId, text: &str) -> Value {
        let before = self.sent.len();
        self.sim.text(self.now, conn, text, &mut self.sent);
        let Some(Sent::Text(_, answer)) = self.sent.get(before) else { panic!("no answer to {text}") };
        serde_json::from_str(answer).expect("JSON")
    }

    pub fn subscribe(&mut self, conn: ConnId, channel: &str) {
        let result = self.rpc(conn, "subscribe", json!({"channel": channel}));
        assert_eq!(result, Ok(json!({"channel": channel})));
    }

    /// Takes the messages of one channel out of what was sent.
    pub fn take(&mut self, conn: ConnId, channel: &str) -> Vec<Value> {
        let mut taken = Vec::new();
        self.sent.retain(|sent| {
            let Sent::Text(to, text) = sent else { return true };
            let frame: Value = serde_json::from_str(text).expect("JSON");
            let hit = *to == conn && frame["params"]["channel"] == channel;
            if hit {
                taken.push(frame["params"]["data"].clone());
            }
            !hit
        });
        taken
    }

    /// Takes the binary frames of one connection out of what was sent.
    pub fn take_binary(&mut self, conn: ConnId) -> Vec<Vec<u8>> {
        let mut taken = Vec::new();
        self.sent.retain(|sent| match sent {
            Sent::Binary(to, frame) if *to == conn => {
                taken.push(frame.clone());
                false
            }
            _ => true,
        });
        taken
    }

    /// A signed body for this client.
    pub fn sign(&self, client: &mut Client, ticket: &Ticket) -> Value {
        self.sign_on(client, ticket, CHAIN_ID, None)
    }

    pub fn sign_on(
        &self,
        client: &mut Client,
        ticket: &Ticket,
        chain: &str,
        modifies: Option<&str>,
    ) -> Value {
        client.orders += 1;
        let signed_ms = self.now.millis();
        let price = ticket.price.as_deref();
        let fields = OrderFields::from_wire(
            signed_ms.unsigned_abs(),
            ticket.market,
            ticket.side,
            ticket.kind,
            &ticket.size,
            price,
        );
        let order = fields.expect("signable fields");
        let message = match modifies {
            None => Message::Order(order),
            Some(id) => Message::ModifyOrder { order, order_id: felt_from_decimal(id).expect("an id") },
        };
        let domain = SigningDomain::new(chain).expect("a chain id");
        let hash = domain.for_account(client.account).message_hash(&message);
        let signature = client.key.sign(&hash, Nonce::Plain).expect("a signature");
        let mut body = json!({
            "market": ticket.market,
            "side": if ticket.side == Side::Buy { "BUY" } else { "SELL" },
            "type": ticket.kind,
            "size": ticket.size,
            "instruction": ticket.instruction,
            "signature": signature.wire(),
            "signature_timestamp": signed_ms,
            "client_id": format!("c{}", client.orders),
            "recv_window": null,
            "stp": null,
        });
        if let Some(price) = price {
            body["price"] = json!(price);
        }
        if let Some(id) = modifies {
            body["id"] = json!(id);
        }
        for (name, value) in ticket.extra.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    }

    /// Signs and sends over WebSocket.
    pub fn place(&mut self, client: &mut Client, ticket: &Ticket) -> Result<Value, Value> {
        let body = self.sign(client, ticket);
        self.rpc(client.conn, "order.create", body).map(|result| result["order"].clone())
    }

    /// An order of the history by its id.
    pub fn order(&mut self, client: &Client, id: &Value) -> Value {
        let list = self.get(client, "/orders-history?page_size=5000");
        let orders = list["results"].as_array().expect("a list");
        orders.iter().find(|order| order["id"] == *id).cloned().expect("a known order")
    }

    /// The touch of BTC: bid and ask with sizes.
    pub fn touch(&self) -> ((Price, Qty), (Price, Qty)) {
        let touch = self.sim.exchange().market(Symbol::Btc).touch();
        (touch.bid.expect("a bid"), touch.ask.expect("an ask"))
    }
}
