//! A Telegram that takes every message and shows what it took.

use hedge_fast::domain::Wall;
use hedge_fast::transport::server::{self, ServerHandle};
use hedge_fast::transport::service::{ConnId, Request, Response, Sent, Service};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};

#[derive(Default)]
pub struct People {
    texts: Vec<String>,
}

impl Service for People {
    fn http(&mut self, _now: Wall, request: &Request, _out: &mut Vec<Sent>) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.texts.push(body["text"].as_str().unwrap_or_default().to_owned());
        Response::json(200, &json!({"ok": true, "result": {"message_id": 1}}))
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

pub fn serve() -> ServerHandle<People> {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    server::bind(addr).expect("a port").spawn("people", People::default()).expect("starts")
}

/// What people were told so far.
pub fn texts(people: &ServerHandle<People>) -> Vec<String> {
    people.with(|people| people.texts.clone()).expect("the server lives")
}
