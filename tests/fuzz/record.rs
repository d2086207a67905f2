//! Seeds for the fuzz targets: what sessions and simulated venues say to each other in a short life.

use hedge_fast::domain::{ClientOrderId, OrderIntent, Purpose, Side, Usd, Venue, Wall};
use hedge_fast::sim::credentials::{Credentials, LIGHTER_ACCOUNT_INDEX, LIGHTER_API_KEY_INDEX};
use hedge_fast::sim::faults::PRESETS;
use hedge_fast::sim::lighter::{self, LighterSim, Tier};
use hedge_fast::sim::paradex::{self, ParadexOptions, ParadexSim};
use hedge_fast::sim::rng::Rng;
use hedge_fast::sim::world::{Network, What, World};
use hedge_fast::transport::service::{ConnId, Request, Response, Sent, Service};
use hedge_fast::venue::lighter::nonce::NonceRule;
use hedge_fast::venue::lighter::quota::Limits;
use hedge_fast::venue::lighter::tx::KeySlot;
use hedge_fast::venue::lighter::{LighterConfig, LighterSession, Timing};
use hedge_fast::venue::paradex::session::{ParadexConfig, ParadexSession};
use hedge_fast::venue::{Session, VenueCommand, VenueReport};
use std::collections::BTreeMap;
use std::time::Duration;

/// Target, file name, content.
pub type Seed = (&'static str, String, Vec<u8>);

const EPOCH: Wall = Wall(1_795_000_000_250_000);

/// All seeds.
pub fn corpus() -> Vec<Seed> {
    let mut seeds: Vec<Seed> = PRESETS
        .iter()
        .map(|(name, text)| ("fault_plan", (*name).to_owned(), text.as_bytes().to_vec()))
        .collect();
    let paradex = life(Venue::Paradex, paradex_session(), paradex_venue());
    let lighter = life(Venue::Lighter, lighter_session(), lighter_venue());
    seeds.extend(paradex.seeds("paradex_json", "paradex_sbe", "paradex_session"));
    seeds.extend(lighter.seeds("lighter_rest", "lighter_frame", "lighter_session"));
    seeds.extend(lighter.transactions());
    seeds.extend(public_sbe());
    let said =
        |tape: &Tape, letter| tape.said.values().map(|line| format!("{letter}{line}\n")).collect::<String>();
    let asked =
        |tape: &Tape, letter| tape.asked.values().map(|line| format!("{letter}{line}\n")).collect::<String>();
    let all = [said(&paradex, 'p'), asked(&paradex, 'P'), said(&lighter, 'l'), asked(&lighter, 'L')];
    seeds.push(("simulators", "a_life".to_owned(), all.concat().into_bytes()));
    seeds
}

/// What was said, one of each kind.
#[derive(Default)]
struct Tape {
    texts: BTreeMap<String, String>,
    binaries: BTreeMap<String, Vec<u8>>,
    answers: BTreeMap<String, Vec<u8>>,
    said: BTreeMap<String, String>,
    asked: BTreeMap<String, String>,
    lines: Vec<u8>,
}

impl Tape {
    fn seeds(&self, rest: &'static str, frames: &'static str, session: &'static str) -> Vec<Seed> {
        let texts = if frames.ends_with("sbe") { rest } else { frames };
        let mut seeds = vec![(session, "a_life".to_owned(), self.lines.clone())];
        let number = |kind: &str, index: usize| format!("{kind}_{index:02}");
        for (index, answer) in self.answers.values().enumerate() {
            seeds.push((rest, number("answer", index), answer.clone()));
        }
        for (index, text) in self.texts.values().enumerate() {
            seeds.push((texts, number("frame", index), text.clone().into_bytes()));
            // What a channel carries is read on its own, too.
            let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
            if let Some(data) = value.pointer("/params/data") {
                seeds.push((rest, number("data", index), data.to_string().into_bytes()));
            }
        }
        for (index, bytes) in self.binaries.values().enumerate() {
            seeds.push((frames, number("frame", index), bytes.clone()));
        }
        seeds
    }

    /// Signed transactions as the venue received them, the type in front.
    fn transactions(&self) -> Vec<Seed> {
        let read = |text: &String| {
            let frame: serde_json::Value = serde_json::from_str(text).ok()?;
            let tx_type = u8::try_from(frame.pointer("/data/tx_type")?.as_u64()?).ok()?;
            Some([&[tx_type], frame.pointer("/data/tx_info")?.to_string().as_bytes()].concat())
        };
        let found = self.said.values().filter_map(read).enumerate();
        found.map(|(index, bytes)| ("lighter_transaction", format!("tx_{index:02}"), bytes)).collect()
    }
}

/// A venue that keeps what passes.
struct Recorder<V> {
    venue: V,
    tape: Tape,
}

/// Messages of the same kind have the same names in them.
fn kind_of(text: &str) -> String {
    let words = text.split('"').skip(1).step_by(2);
    words.filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || b"_/".contains(&byte))).collect()
}

impl<V> Recorder<V> {
    fn keep(&mut self, out: &[Sent]) {
        for sent in out {
            match sent {
                Sent::Text(_, text) => {
                    if self.tape.texts.insert(kind_of(text), text.clone()).is_none() {
                        self.tape.lines.extend([b"t", text.trim_end().as_bytes(), b"\n"].concat());
                    }
                }
                Sent::Binary(_, bytes) => {
                    self.tape.binaries.insert(format!("{:?}", &bytes[..4.min(bytes.len())]), bytes.clone());
                }
                Sent::Ping(_) | Sent::Close(..) | Sent::Cut(_) => {}
            }
        }
    }
}

impl<V: Service> Service for Recorder<V> {
    fn http(&mut self, now: Wall, request: &Request, out: &mut Vec<Sent>) -> Response {
        let response = self.venue.http(now, request, out);
        let query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let asked = format!("{} {}?{}", request.method, request.path, query.join("&"));
        if self.tape.asked.insert(request.path.clone(), asked).is_none() {
            self.tape.lines.extend([b"h", response.body.as_slice(), b"\n"].concat());
        }
        self.tape.answers.insert(request.path.clone(), response.body.clone());
        self.keep(out);
        response
    }

    fn open(
        &mut self,
        now: Wall,
        conn: ConnId,
        request: &Request,
        out: &mut Vec<Sent>,
    ) -> Result<(), Response> {
        let opened = self.venue.open(now, conn, request, out);
        self.keep(out);
        opened
    }

    fn text(&mut self, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
        let tx_type: String =
            text.split("\"tx_type\":").skip(1).map(|rest| &rest[..2.min(rest.len())]).collect();
        self.tape.said.insert(kind_of(text) + &tx_type, text.to_owned());
        self.venue.text(now, conn, text, out);
        self.keep(out);
    }

    fn binary(&mut self, now: Wall, conn: ConnId, bytes: &[u8], out: &mut Vec<Sent>) {
        self.venue.binary(now, conn, bytes, out);
    }

    fn alive(&mut self, now: Wall, conn: ConnId) {
        self.venue.alive(now, conn);
    }

    fn closed(&mut self, now: Wall, conn: ConnId, clean: bool, out: &mut Vec<Sent>) {
        self.venue.closed(now, conn, clean, out);
    }

    fn advance(&mut self, now: Wall, out: &mut Vec<Sent>) {
        self.venue.advance(now, out);
        self.keep(out);
    }

    fn next_due(&self) -> Option<Wall> {
        self.venue.next_due()
    }
}

/// Start, an order opened and closed, a cancel, every question.
fn life<S: Session, V: Service>(venue: Venue, session: S, service: V) -> Tape {
    let recorder = Recorder { venue: service, tape: Tape::default() };
    let mut world = World::new(session, recorder, Network::new(1, Duration::from_millis(5)), EPOCH);
    world.command(VenueCommand::Start);
    world.run_for(Duration::from_secs(3)).expect("not stuck");
    let (mut market, mut touch) = (None, None);
    for told in world.take_told() {
        match told.what {
            What::Report(VenueReport::Market { spec, .. }) => market = Some(spec),
            What::Quote(Ok(bbo)) => touch = Some(bbo),
            _ => {}
        }
    }
    let (spec, touch) = (market.expect("a market"), touch.expect("a quote"));
    let qty = "0.01".parse().expect("a size");
    for (number, side, purpose) in [(1, Side::Buy, Purpose::Open), (2, Side::Sell, Purpose::Close)] {
        let cid = ClientOrderId::from_number(number).expect("in range");
        let bound = spec.bound(side, touch.touch(side), 1_000);
        let valid_for = Duration::from_secs(3);
        world.command(VenueCommand::Submit(OrderIntent { cid, venue, side, qty, bound, purpose, valid_for }));
        world.run_for(Duration::from_secs(1)).expect("not stuck");
        world.command(VenueCommand::Cancel(cid));
        world.command(VenueCommand::AskOrder(cid));
        world.command(VenueCommand::AskPosition);
        world.command(VenueCommand::AskBalance);
        world.run_for(Duration::from_secs(1)).expect("not stuck");
    }
    world.meddle(|recorder, _, _| std::mem::take(&mut recorder.tape))
}

/// Everything that Paradex sends in SBE to somebody without an account, in each version.
fn public_sbe() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for version in ["0", "1", "2"] {
        let mut recorder = Recorder { venue: paradex_venue(), tape: Tape::default() };
        let query = [("sbeSchemaId", "1"), ("sbeSchemaVersion", version)];
        let request = Request {
            method: "GET".to_owned(),
            path: "/v1".to_owned(),
            query: query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let (conn, mut out) = (ConnId(1), Vec::new());
        recorder.open(EPOCH, conn, &request, &mut out).expect("a version of the venue");
        let channels = [
            "trades.ALL",
            "order_book.BTC-USD-PERP.deltas",
            "markets_summary.ALL",
            "funding_data.BTC-USD-PERP",
        ];
        for (id, channel) in channels.iter().enumerate() {
            let params = serde_json::json!({ "channel": channel });
            let frame =
                serde_json::json!({"jsonrpc": "2.0", "id": id, "method": "subscribe", "params": params});
            recorder.text(EPOCH, conn, &frame.to_string(), &mut out);
        }
        recorder.advance(EPOCH.after(Duration::from_secs(10)), &mut out);
        recorder.keep(&out);
        let frames = recorder.tape.binaries.into_values().enumerate();
        seeds
            .extend(frames.map(|(index, bytes)| ("paradex_sbe", format!("public_{version}_{index}"), bytes)));
    }
    seeds
}

fn paradex_session() -> ParadexSession {
    let config = ParadexConfig {
        rest_url: "http://paradex.test/v1".to_owned(),
        ws_url: "ws://paradex.test/v1".to_owned(),
        market: "BTC-USD-PERP".to_owned(),
        key: Credentials::of_seed(5).paradex_key,
        account: None,
        retail: true,
        sent_before: Vec::new(),
    };
    ParadexSession::new(config, Box::new(Rng::new(1)))
}

fn paradex_venue() -> ParadexSim {
    let keys = Credentials::of_seed(5);
    let mut options = ParadexOptions::new(1);
    options.accounts.push(paradex::AccountSetup {
        l1_address: keys.l1_key.address().to_string(),
        address: options.classes.account_address(keys.paradex_key.public_key()),
        public_key: keys.paradex_key.public_key(),
        subkeys: Vec::new(),
        balance: Usd::from_whole(10_000),
    });
    ParadexSim::new(options, EPOCH)
}

fn lighter_session() -> LighterSession {
    let account = i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small");
    let config = LighterConfig {
        rest_url: "http://lighter.test".to_owned(),
        ws_url: "ws://lighter.test/stream".to_owned(),
        chain_id: 304,
        slot: KeySlot::new(account, i64::from(LIGHTER_API_KEY_INDEX)).expect("in range"),
        key: Credentials::of_seed(5).lighter_key,
        nonces: NonceRule::default(),
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    };
    LighterSession::new(config, Box::new(Rng::new(1)))
}

fn lighter_venue() -> LighterSim {
    let keys = Credentials::of_seed(5);
    let account = lighter::AccountSetup {
        index: i64::try_from(LIGHTER_ACCOUNT_INDEX).expect("small"),
        l1_address: keys.l1_key.address().to_string(),
        api_keys: vec![(LIGHTER_API_KEY_INDEX, keys.lighter_key.public_key().0)],
        balance: 10_000_000_000,
        tier: Tier::Standard,
        maker_only: Vec::new(),
    };
    LighterSim::new(lighter::Options { accounts: vec![account], ..lighter::Options::new(1) }, EPOCH)
}
