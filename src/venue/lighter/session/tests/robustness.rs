//! Arbitrary treatment: rules that hold whatever arrives.

use super::super::LINK;
use crate::domain::{Mono, Now, Purpose, Wall};
use crate::venue::http::{HttpFailure, HttpReply};
use crate::venue::lighter::session::testing::{ACCOUNT, BOOK, MARKETS, Rig, TICKER, cid, intent};
use crate::venue::{Input, LinkFailure, Output, Session, VenueCommand, VenueReport};
use proptest::prelude::*;

/// Frames from which mutations are made: one of every kind the session reads.
const SEEDS: &[&str] = &[
    BOOK,
    TICKER,
    r#"{"channel":"account_all_orders:10","orders":{"1":[{"client_order_index":41,"status":"filled","filled_base_amount":"0.002"}]},"type":"update/account_all_orders"}"#,
    r#"{"channel":"account_all_trades:10","trades":{"1":[{"trade_id":5,"size":"0.002","price":"80441.7","bid_account_id":10,"bid_client_id":41,"is_maker_ask":true}]},"type":"update/account_all_trades"}"#,
    r#"{"channel":"account_all_positions:10","positions":{"1":{"market_id":1,"sign":1,"position":"0.5"}},"type":"update/account_all_positions"}"#,
    r#"{"channel":"account_tx:10","txs":[{"hash":"ab","status":2,"event_info":"{\"ae\":\"\"}"}],"type":"update/account_tx"}"#,
    r#"{"channel":"user_stats:10","stats":{"available_balance":"40.0"},"type":"update/user_stats"}"#,
    r#"{"code":200,"id":"1","predicted_execution_time_ms":1791528509552,"tx_hash":"ab","type":"jsonapi/sendtx"}"#,
    r#"{"error":{"code":21104,"message":"invalid nonce"},"id":"1"}"#,
    r#"{"error":{"code":23000,"message":"too many requests"}}"#,
    r#"{"type":"shutdown","close_in_ms":9223372036854775807}"#,
    r#"{"type":"ping"}"#,
    MARKETS,
    ACCOUNT,
    r#"{"code":200,"nonce":722}"#,
];

#[derive(Clone, Debug)]
enum Step {
    Frame(usize, Vec<(usize, u8)>),
    Bytes(Vec<u8>),
    Answer(usize, u16, Vec<(usize, u8)>),
    NoAnswer,
    Order(u64, bool),
    Command(u8),
    Cut,
    Open,
    Pass(u64),
    WallJump(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let edits = || proptest::collection::vec((any::<usize>(), any::<u8>()), 0..4);
    prop_oneof![
        6 => (0..SEEDS.len(), edits()).prop_map(|(i, edits)| Step::Frame(i, edits)),
        1 => proptest::collection::vec(any::<u8>(), 0..60).prop_map(Step::Bytes),
        3 => (0..SEEDS.len(), prop_oneof![Just(200u16), Just(400), Just(429), Just(500)], edits()).prop_map(|(i, s, e)| Step::Answer(i, s, e)),
        1 => Just(Step::NoAnswer),
        2 => (40u64..60, any::<bool>()).prop_map(|(n, open)| Step::Order(n, open)),
        1 => (0u8..5).prop_map(Step::Command),
        1 => Just(Step::Cut),
        2 => Just(Step::Open),
        2 => (0u64..20_000_000_000).prop_map(Step::Pass),
        1 => (-4_000_000_000i64..4_000_000_000).prop_map(Step::WallJump),
    ]
}

fn mutated(seed: &str, edits: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = seed.as_bytes().to_vec();
    for (at, byte) in edits {
        let at = at % bytes.len();
        bytes[at] = *byte;
    }
    bytes
}

/// A session under arbitrary treatment, with the rules that must hold at every step.
struct Trial {
    rig: Rig,
    open: bool,
    opening: bool,
    asked: usize,
    answered: usize,
}

impl Trial {
    fn new() -> Self {
        Self { rig: Rig::ready(), open: true, opening: false, asked: 0, answered: 0 }
    }

    fn input(&mut self, input: Input<'_>) {
        let mut out = crate::venue::Outbox::default();
        self.rig.session.handle(self.rig.now, input, &mut out);
        for output in out.drain() {
            match output {
                Output::Open { .. } => {
                    assert!(!self.open && !self.opening, "a second connection");
                    self.opening = true;
                }
                Output::Text(_, text) if text.contains("sendtx") => self.rig.texts.push(text),
                Output::Text(..) | Output::Ping(_) => assert!(self.open, "a frame without a connection"),
                Output::Close(_) => assert!(self.open || self.opening, "closing nothing"),
                Output::Http(request) => self.rig.requests.push(request),
                Output::Report(
                    VenueReport::Position { answer: true, .. }
                    | VenueReport::AskFailed { .. }
                    | VenueReport::OrderAnswer { .. },
                ) => self.answered += 1,
                Output::Report(_) | Output::Quote(_) | Output::Log(..) | Output::Ahead(_) => {}
            }
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Frame(i, edits) => self.frame(&mutated(SEEDS[i], &edits)),
            Step::Bytes(bytes) => self.frame(&bytes),
            Step::Answer(i, status, edits) => {
                let body = mutated(SEEDS[i], &edits);
                self.answer(Ok(HttpReply::plain(status, body)));
            }
            Step::NoAnswer => self.answer(Err(HttpFailure::Timeout)),
            Step::Order(number, open) => {
                let purpose = if open { Purpose::Open } else { Purpose::Close };
                self.input(Input::Command(VenueCommand::Submit(intent(number, purpose))));
            }
            Step::Command(0) => self.input(Input::Command(VenueCommand::Cancel(cid(41)))),
            Step::Command(1) => {
                self.asked += 1;
                self.input(Input::Command(VenueCommand::AskOrder(cid(41))));
            }
            Step::Command(2) => {
                self.asked += 1;
                self.input(Input::Command(VenueCommand::AskPosition));
            }
            Step::Command(_) => self.input(Input::Wake),
            Step::Cut if self.open || self.opening => {
                (self.open, self.opening) = (false, false);
                self.input(Input::Closed(LINK, LinkFailure::Lost("cut".to_owned())));
            }
            Step::Open if self.opening => {
                (self.open, self.opening) = (true, false);
                self.input(Input::Opened(LINK));
            }
            Step::Cut | Step::Open => {}
            Step::Pass(nanos) => {
                let Now { mono, wall } = self.rig.now;
                self.rig.now = Now {
                    mono: Mono(mono.0 + nanos),
                    wall: Wall(wall.0 + i64::try_from(nanos / 1_000).expect("small")),
                };
                self.input(Input::Wake);
            }
            Step::WallJump(micros) => self.rig.now.wall = Wall(self.rig.now.wall.0 + micros),
        }
    }

    fn frame(&mut self, bytes: &[u8]) {
        self.input(Input::Binary(LINK, bytes));
        if let Ok(text) = std::str::from_utf8(bytes) {
            self.input(Input::Text(LINK, text));
        }
    }

    fn answer(&mut self, reply: Result<HttpReply, HttpFailure>) {
        if let Some(request) = self.rig.requests.pop() {
            self.input(Input::Http(request.ticket, reply));
        }
    }

    /// Everything still open ends without an answer.
    fn finish(&mut self) {
        for _ in 0..1_000 {
            if self.rig.requests.is_empty() {
                return;
            }
            self.answer(Err(HttpFailure::Timeout));
        }
        panic!("questions without end");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_arrives_nothing_panics_no_id_is_signed_twice_and_every_question_is_answered(
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let mut trial = Trial::new();
        for step in steps {
            trial.step(step);
            let due = trial.rig.session.deadline();
            trial.input(Input::Wake);
            prop_assert!(due.is_none_or(|at| at > trial.rig.now.mono) || trial.rig.session.deadline() != due);
        }
        trial.finish();
        prop_assert_eq!(trial.asked, trial.answered);
        let mut ids: Vec<u64> = trial.rig.texts.iter().filter(|text| text.contains("\"tx_type\":14"))
            .map(|text| serde_json::from_str::<serde_json::Value>(text).expect("json")["data"]["tx_info"]["ClientOrderIndex"].as_u64().expect("an id"))
            .collect();
        let sent = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), sent);
    }
}
