//! The official Paradex client against the simulated venue: every request it puts on the wire at a fixed clock is accepted, or
//! refused exactly where the reference says so (paradex.md 11). Signatures are really checked: a changed one is refused.

use super::super::Check;
use super::case::Case;
use hedge_fast::domain::{Price, Usd, Wall};
use hedge_fast::signing::stark::{Felt, Message, Signature, StarkKey, verify};
use hedge_fast::sim::paradex::{AccountSetup, Network, ParadexOptions, ParadexSim};
use hedge_fast::transport::service::{ConnId, Request, Response, Sent, Service};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The file checked here.
pub const CHECKS: &[(&str, Check)] = &[("sdk_wire.json", sdk_wire)];

/// How the venue has to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    Accepted(u16),
    /// By the venue's code, over REST with status 400.
    Refused(&'static str),
    /// By the number of a JSON-RPC error.
    RpcError(i64),
}

/// The venue and what a recorded client knows of it.
struct Venue {
    sim: ParadexSim,
    now: Wall,
    token: String,
    onboarded: bool,
}

fn sdk_wire(file: &Value) -> usize {
    let file = Case::file("sdk_wire.json", file);
    let rest = file.list("rest");
    let onboards = rest.iter().any(|case| route(case) == ["onboarding"] && case.text("method") == "POST");
    let mut venue = Venue::open(&file, !onboards);
    for case in &rest {
        venue.rest(case);
    }
    let connects = file.list("ws_connects");
    let sent = file.list("ws_sent");
    for (number, connect) in (0u64..).zip(&connects) {
        // Every recorded connection may say everything that was recorded; orders need a venue that has not seen them.
        let mut venue = Venue::open(&file, true);
        venue.sign_in(&rest);
        venue.connect(connect, ConnId(number));
        let mut channels = BTreeSet::new();
        for case in &sent {
            venue.frame(case, ConnId(number), &mut channels);
        }
    }
    rest.len() + connects.len() * (1 + sent.len())
}

/// Path behind `/v1`, in parts.
fn route<'a>(case: &Case<'a>) -> Vec<&'a str> {
    let path = case.text("path");
    let tail = path.strip_prefix("/v1/").unwrap_or_else(|| panic!("{}: not under /v1: {path}", case.place()));
    tail.split('/').collect()
}

/// A text with its last digit changed: still a number, not the one that was signed.
fn tampered(text: &str) -> String {
    let at = text.rfind(|letter: char| letter.is_ascii_digit()).expect("a signature has digits");
    let digit = if &text[at..=at] == "1" { "2" } else { "1" };
    format!("{}{digit}{}", &text[..at], &text[at + 1..])
}

/// The network the client was recorded on: the one its sign-in is signed for.
fn recorded_network(file: &Case<'_>, account: Felt, public_key: &Felt) -> Network {
    let networks = [Network::Mainnet, Network::Sepolia, Network::MockSepolia, Network::Testnet];
    let rest = file.list("rest");
    let signed_for = |network: &Network| {
        let hasher = network.domain().for_account(account);
        rest.iter().filter(|case| route(case)[0] == "auth").any(|case| {
            let headers = case.field("headers");
            let number = |name: &str| headers.text(name).parse().unwrap_or_default();
            let (timestamp_s, expiration_s) =
                (number("paradex-timestamp"), number("paradex-signature-expiration"));
            let hash = hasher.message_hash(&Message::Auth { timestamp_s, expiration_s });
            let signature = Signature::from_wire(headers.text("paradex-starknet-signature"));
            signature.is_ok_and(|signature| verify(public_key, &hash, &signature))
        })
    };
    networks.into_iter().find(signed_for).expect("a sign-in signed for a network of Paradex")
}

impl Venue {
    fn open(file: &Case<'_>, onboarded: bool) -> Self {
        // Seconds as an exact decimal: at 1e-8, the hundredth part is microseconds.
        let clock: Usd = file.accepted("clock", file.field("clock_unix_seconds").value().to_string().parse());
        let now = Wall(clock.units() / 100);
        let key = file.accepted("private_key", StarkKey::from_hex(file.text("private_key")));
        let public_key = key.public_key();
        let mut options = ParadexOptions::new(1);
        let address = options.classes.account_address(public_key);
        options.network = recorded_network(file, address, &public_key);
        if onboarded {
            options.accounts.push(AccountSetup {
                l1_address: String::new(),
                address,
                public_key,
                subkeys: Vec::new(),
                balance: Usd::from_whole(100_000),
            });
        }
        Self { sim: ParadexSim::new(options, now), now, token: String::new(), onboarded }
    }

    /// Obtains a token with the recorded sign-in.
    fn sign_in(&mut self, rest: &[Case<'_>]) {
        for case in rest.iter().filter(|case| route(case)[0] == "auth") {
            self.rest(case);
        }
    }

    fn send(&mut self, request: &Request) -> (Response, Value) {
        let response = self.sim.http(self.now, request, &mut Vec::new());
        let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        (response, body)
    }

    /// The recorded request, with our token in the place of the recorded one.
    fn request(&self, case: &Case<'_>) -> Request {
        let query = case.text("query").split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.to_owned(), value.to_owned())
        });
        let headers = case.table("headers").into_iter().map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let value = if name == "authorization" {
                format!("Bearer {}", self.token)
            } else {
                value.as_text().to_owned()
            };
            (name, value)
        });
        let body = case.field("body");
        Request {
            method: case.text("method").to_owned(),
            path: case.text("path").to_owned(),
            query: query.collect(),
            headers: headers.collect(),
            body: if body.value().is_null() { Vec::new() } else { body.value().to_string().into_bytes() },
        }
    }

    fn rest(&mut self, case: &Case<'_>) {
        let parts = route(case);
        let request = self.request(case);
        let body = case.field("body");
        let expected = self.expected(case.text("method"), &parts, body.value());
        self.refuses_tampered(case, &request, &expected);
        let (response, answer) = self.send(&request);
        check_rest(case, &expected, &response, &answer);
        match (case.text("method"), parts.as_slice()) {
            ("POST", ["auth", ..]) if response.status == 200 => {
                let token = answer["jwt_token"].as_str();
                self.token = token.unwrap_or_else(|| panic!("{}: no token", case.place())).to_owned();
            }
            ("POST", ["onboarding"]) => self.onboarded = true,
            ("POST", ["orders", "batch"]) => self.check_batch(case, body.value(), &answer),
            _ => {}
        }
    }

    /// What the reference says of a request at a venue that knows no order of the recorded ids.
    fn expected(&mut self, method: &str, parts: &[&str], body: &Value) -> Expected {
        match (method, parts) {
            ("POST", ["auth", ..]) if !self.onboarded => Expected::Refused("NOT_ONBOARDED"),
            ("GET" | "DELETE", ["orders", "by_client_id", _]) => {
                Expected::Refused("CLIENT_ORDER_ID_NOT_FOUND")
            }
            ("DELETE", ["orders", "batch"]) => Expected::Accepted(200),
            ("GET" | "PUT" | "DELETE", ["orders", _]) => Expected::Refused("ORDER_ID_NOT_FOUND"),
            ("POST", ["orders"]) if self.beyond_band(body) => Expected::Refused("VALIDATION_ERROR"),
            ("POST", ["orders", ..]) => Expected::Accepted(201),
            _ => Expected::Accepted(200),
        }
    }

    /// True for a buy above or a sell below the price band (paradex.md 2.3), by the venue's own published figures.
    fn beyond_band(&mut self, order: &Value) -> bool {
        let Some(price) = order["price"].as_str().filter(|_| order["type"] != "MARKET") else { return false };
        let symbol = order["market"].as_str().expect("a market").to_owned();
        let mut get = |path: &str| {
            let query = vec![("market".to_owned(), symbol.clone())];
            let (method, path) = ("GET".to_owned(), path.to_owned());
            self.send(&Request { method, path, query, headers: Vec::new(), body: Vec::new() }).1["results"][0]
                .clone()
        };
        let amount =
            |value: &Value| value.as_str().expect("a decimal").parse::<Price>().expect("a decimal").units();
        let mark = amount(&get("/v1/markets/summary")["mark_price"]);
        let width = amount(&get("/v1/markets")["price_bands_width"]) / 100;
        let mark = Price::from_units(mark);
        let price: Price = price.parse().expect("a decimal");
        match order["side"].as_str() {
            Some("BUY") => price > mark.scaled_ppm(width),
            _ => price < mark.scaled_ppm(-width),
        }
    }

    fn check_batch(&mut self, case: &Case<'_>, orders: &Value, answer: &Value) {
        let orders = orders.as_array().expect("a list of orders");
        for (index, order) in orders.iter().enumerate() {
            let case = case.named(&format!("order {index}"));
            if self.beyond_band(order) {
                case.same("error", answer["errors"][index]["error"].as_str(), Some("VALIDATION_ERROR"));
                case.holds("no order", answer["orders"][index].is_null());
            } else {
                case.same("client id", &answer["orders"][index]["client_id"], &order["client_id"]);
                case.holds("no error", answer["errors"][index].is_null());
            }
        }
    }

    /// Sends the same request with a changed signature, and orders with a changed size: both have to be refused.
    fn refuses_tampered(&mut self, case: &Case<'_>, request: &Request, expected: &Expected) {
        let refused = |what: &str, answer: (Response, Value), code: &str| {
            case.same(&format!("status, {what}"), answer.0.status, 400);
            case.same(what, answer.1["error"].as_str(), Some(code));
        };
        let mut forged = request.clone();
        let header = forged.headers.iter_mut().find(|(name, _)| name == "paradex-starknet-signature");
        if let Some((_, signature)) = header.filter(|_| *expected == Expected::Accepted(200)) {
            *signature = tampered(signature);
            let answer = self.send(&forged);
            refused("changed signature", answer, "STARKNET_SIGNATURE_VERIFICATION_FAILED");
        }
        for (what, body) in forgeries(case.field("body").value()) {
            forged.body = body.to_string().into_bytes();
            let answer = self.send(&forged);
            refused(what, answer, "INVALID_ORDER_SIGNATURE");
        }
    }

    fn connect(&mut self, case: &Case<'_>, conn: ConnId) {
        let url = case.text("url");
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let after_scheme = path.split_once("://").map_or(path, |(_, rest)| rest);
        let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
        let shaped = json!({
            "method": "GET", "path": path, "query": query, "headers": case.field("headers").value(), "body": null,
        });
        let request = self.request(&Case::file(case.place(), &shaped));
        let outcome = self.sim.open(self.now, conn, &request, &mut Vec::new());
        case.accepted("upgrade", outcome);
    }

    /// One request frame: its answer comes first of all frames it causes.
    fn frame(&mut self, case: &Case<'_>, conn: ConnId, channels: &mut BTreeSet<String>) {
        let mut frame = case.value().clone();
        if frame["method"] == "auth" {
            frame["params"]["bearer"] = self.token.clone().into();
        }
        for (what, params) in forgeries(&frame["params"]) {
            let mut forged = frame.clone();
            forged["params"] = params;
            let answer = self.ask(case, conn, &forged);
            case.same(what, answer["error"]["code"].as_i64(), Some(100));
            let reason = answer["error"]["data"].to_string();
            case.holds("the reason is the signature", reason.contains("INVALID_ORDER_SIGNATURE"));
        }
        let expected = self.expected_of_frame(&frame, channels);
        let answer = self.ask(case, conn, &frame);
        case.same("id", &answer["id"], &frame["id"]);
        match expected {
            Expected::RpcError(code) => case.same("error", answer["error"]["code"].as_i64(), Some(code)),
            _ => case.holds(&format!("an object in result: {answer}"), answer["result"].is_object()),
        }
        let channel = &frame["params"]["channel"];
        if !channel.is_null() && answer["error"].is_null() {
            case.same("channel", &answer["result"]["channel"], channel);
        }
    }

    fn ask(&mut self, case: &Case<'_>, conn: ConnId, frame: &Value) -> Value {
        let mut out = Vec::new();
        self.sim.text(self.now, conn, &frame.to_string(), &mut out);
        let answer = out.iter().find_map(|sent| match sent {
            Sent::Text(to, text) if *to == conn => Some(text),
            _ => None,
        });
        let answer = answer.unwrap_or_else(|| panic!("{}: no answer", case.place()));
        case.accepted("answer", serde_json::from_str(answer))
    }

    fn expected_of_frame(&mut self, frame: &Value, channels: &mut BTreeSet<String>) -> Expected {
        let params = &frame["params"];
        let channel = params["channel"].as_str().unwrap_or_default().to_owned();
        match frame["method"].as_str().unwrap_or_default() {
            "subscribe" if channel.contains("deltas@") => Expected::RpcError(-32600),
            "subscribe" => {
                // One book of a market on a connection (paradex.md 7.3), and nothing twice.
                let book =
                    |name: &str| name.strip_prefix("order_book.")?.split('.').next().map(str::to_owned);
                let shares =
                    book(&channel).is_some() && channels.iter().any(|other| book(other) == book(&channel));
                let fresh = !shares && channels.insert(channel);
                if fresh { Expected::Accepted(200) } else { Expected::RpcError(-32600) }
            }
            "unsubscribe" if !channels.remove(&channel) => Expected::RpcError(-32600),
            "order.modify" | "order.cancel" => Expected::RpcError(100),
            "order.create" if self.beyond_band(params) => Expected::RpcError(100),
            _ => Expected::Accepted(200),
        }
    }
}

fn check_rest(case: &Case<'_>, expected: &Expected, response: &Response, answer: &Value) {
    match expected {
        Expected::Accepted(status) => {
            case.same(&format!("status ({answer})"), response.status, *status);
        }
        Expected::Refused(code) => {
            case.same(&format!("status ({answer})"), response.status, 400);
            case.same("error", answer["error"].as_str(), Some(*code));
            case.holds("a message", answer["message"].is_string());
        }
        Expected::RpcError(_) => panic!("{}: not a REST refusal", case.place()),
    }
}

/// Copies of signed orders, or of a batch of them, that their owner did not sign.
fn forgeries(body: &Value) -> Vec<(&'static str, Value)> {
    let change = |what: &dyn Fn(&mut Value)| -> Option<Value> {
        let mut forged = body.clone();
        let order = if forged.is_array() { forged.as_array_mut()?.last_mut()? } else { &mut forged };
        order.get("signature")?;
        what(order);
        Some(forged)
    };
    let signature = change(&|order| {
        let text = tampered(order["signature"].as_str().expect("a signature is a text"));
        order["signature"] = text.into();
    });
    let size = change(&|order| {
        let text = format!("1{}", order["size"].as_str().expect("a size is a text"));
        order["size"] = text.into();
    });
    let forged = [("changed signature", signature), ("changed size", size)];
    forged.into_iter().filter_map(|(what, body)| Some((what, body?))).collect()
}
