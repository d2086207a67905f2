//! The Paradex session: sign-in, two connections (public SBE, private with orders), quotes, orders, questions.
//! Sans-I/O (see `venue::Session`); each file of this folder holds one duty.

mod ahead;
mod ask;
mod bootstrap;
mod care;
mod fills;
mod inquiry;
mod market_data;
mod open_orders;
mod orders;
mod signing;
mod streams;

use super::budget::{RequestBudget, Scope};
use super::identity::{Form, Identity};
use super::quota::OrderQuota;
use crate::domain::{ClientOrderId, MarketSpec, Mono, Now, OrderIntent, SecretText, Wall};
use crate::signing::Entropy;
use crate::signing::stark::{Felt, StarkKey};
use crate::venue::http::{Body, HttpFailure, HttpReply, HttpRequest, Method};
use crate::venue::sent_ids::SentIds;
use crate::venue::venue_clock::VenueClock;
use crate::venue::{
    Input, LinkFailure, LinkId, Outbox, Output, Session, TradingState, VenueCommand, VenueReport,
};
use care::LinkCare;
use fills::Busts;
use inquiry::Inquiries;
use market_data::MarketData;
use open_orders::Lists;
use orders::{Departed, OwnOrder};
use signing::Desk;
use std::collections::BTreeMap;
use std::time::Duration;

/// Market data, SBE.
const PUBLIC: LinkId = LinkId(0);
/// Account streams and orders.
const PRIVATE: LinkId = LinkId(1);

/// What a session needs to know.
#[derive(Clone)]
pub struct ParadexConfig {
    /// REST base with `/v1`, without a slash at the end.
    pub rest_url: String,
    /// WebSocket address with `/v1`.
    pub ws_url: String,
    /// Such as `BTC-USD-PERP`.
    pub market: String,
    /// Signs sign-ins and orders.
    pub key: StarkKey,
    /// The account; needed with a subkey, else derived from the key.
    pub account: Option<Felt>,
    /// Ask for a fee-free (retail) token.
    pub retail: bool,
    /// When orders and cancels of earlier processes left for this account, as far as they are on record: the venue's
    /// windows are up to a day long.
    pub sent_before: Vec<Wall>,
}

/// A bearer token.
struct Token {
    text: SecretText,
    renew_at: Mono,
}

/// Why an HTTP request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Config,
    Time,
    State,
    Market,
    Bbo,
    Auth,
    Account,
    Positions {
        answer: bool,
    },
    /// Fills taken back.
    Busts,
    /// What the inquiry of this number needs to know next.
    Order(u64),
    /// A page of the list of this number.
    OpenOrders(u64),
}

impl Ask {
    /// The limit it counts against.
    fn scope(self) -> Scope {
        match self {
            Self::Config | Self::Time | Self::State | Self::Market | Self::Bbo => Scope::Public,
            Self::Auth => Scope::SignIn,
            Self::Account | Self::Positions { .. } | Self::OpenOrders(_) => Scope::Private,
            Self::Order(_) | Self::Busts => Scope::Private,
        }
    }
}

/// A request under way.
struct Pending {
    ask: Ask,
    /// When the question it belongs to first left us.
    asked: Mono,
}

/// The session of one market.
pub struct ParadexSession {
    config: ParadexConfig,
    entropy: Box<dyn Entropy>,
    identity: Option<Identity>,
    desk: Option<Desk>,
    token: Option<Token>,
    spec: Option<MarketSpec>,
    pending: BTreeMap<u64, Pending>,
    again: Vec<(Mono, Ask)>,
    next_ticket: u64,
    next_rpc: u64,
    rpc: BTreeMap<u64, streams::Rpc>,
    public: LinkCare,
    private: LinkCare,
    sbe_version: u16,
    sbe_refused: u8,
    data: MarketData,
    subscriptions_open: usize,
    signed_in: bool,
    account_read: bool,
    positions_read: bool,
    ready: bool,
    trading: Trading,
    sent: SentIds,
    orders: BTreeMap<ClientOrderId, OwnOrder>,
    departed: Option<Departed>,
    lists: Lists,
    inquiries: Inquiries,
    busts: Busts,
    /// Venue messages about what happened before are history.
    private_since: Wall,
    quota: OrderQuota,
    budget: RequestBudget,
    clock: VenueClock,
    stopped: bool,
}

/// What gates openings, each with its own source.
#[derive(Default)]
struct Trading {
    state: Option<String>,
    account: Option<String>,
    fees: Option<Mono>,
    busts: Option<Mono>,
    fee_currency_told: bool,
    quota: Option<(String, Mono)>,
    told: Option<TradingState>,
}

impl ParadexSession {
    /// A session that waits for [`VenueCommand::Start`]. `entropy` makes nonces and spreads reconnects.
    pub fn new(config: ParadexConfig, entropy: Box<dyn Entropy>) -> Self {
        let quota = OrderQuota::new(config.retail);
        Self {
            config,
            entropy,
            identity: None,
            desk: None,
            token: None,
            spec: None,
            pending: BTreeMap::new(),
            again: Vec::new(),
            next_ticket: 0,
            next_rpc: 0,
            rpc: BTreeMap::new(),
            public: LinkCare::new(PUBLIC),
            private: LinkCare::new(PRIVATE),
            sbe_version: streams::SBE_VERSIONS[0],
            sbe_refused: 0,
            data: MarketData::default(),
            subscriptions_open: 0,
            signed_in: false,
            account_read: false,
            positions_read: false,
            ready: false,
            trading: Trading::default(),
            sent: SentIds::default(),
            departed: None,
            orders: BTreeMap::new(),
            lists: Lists::default(),
            inquiries: Inquiries::default(),
            busts: Busts::default(),
            private_since: Wall::default(),
            quota,
            budget: RequestBudget::default(),
            clock: VenueClock::default(),
            stopped: false,
        }
    }

    fn command(&mut self, now: Now, command: VenueCommand, out: &mut Outbox) {
        match command {
            VenueCommand::Start => self.start(now, out),
            VenueCommand::Submit(intent) => self.submit(now, &intent, out),
            VenueCommand::Prepare(intent) => self.prepare(now, intent),
            VenueCommand::Cancel(cid) => self.cancel(now, cid, out),
            VenueCommand::AskOrder(cid) => self.ask_order(now, cid, out),
            VenueCommand::AskPosition => self.request(now, Ask::Positions { answer: true }, out),
            VenueCommand::AskBalance => self.request(now, Ask::Account, out),
            VenueCommand::AskOpenOrders => self.ask_open_orders(now, out),
            VenueCommand::Shutdown => {
                self.stopped = true;
                out.push(Output::Close(PUBLIC));
                out.push(Output::Close(PRIVATE));
            }
        }
    }

    /// Makes a request; the answer comes back to [`ParadexSession::answered`].
    fn request(&mut self, now: Now, ask: Ask, out: &mut Outbox) {
        self.request_dated(now, now.mono, ask, out);
    }

    /// As [`ParadexSession::request`], for a question that was first asked at `asked`.
    fn request_dated(&mut self, now: Now, asked: Mono, ask: Ask, out: &mut Outbox) {
        let Some((method, path, headers)) = self.form(now, ask) else {
            self.failed(now, ask, asked, "not signed in yet", out);
            return;
        };
        if self.budget.spend(now.mono, ask.scope()).is_err() {
            self.failed(now, ask, asked, "our part of the venue's request limit is used up", out);
            return;
        }
        self.next_ticket += 1;
        self.pending.insert(self.next_ticket, Pending { ask, asked });
        let url = format!("{}{path}", self.config.rest_url);
        out.push(Output::Http(HttpRequest {
            ticket: self.next_ticket,
            method,
            url,
            headers,
            body: Body::Empty,
        }));
    }

    /// Method, path with query and headers of a request; `None` when it needs a token we do not have.
    fn form(&self, now: Now, ask: Ask) -> Option<Form> {
        let market = &self.config.market;
        let bearer =
            || Some(vec![("authorization", format!("Bearer {}", self.token.as_ref()?.text.expose()))]);
        let public = |path: String| Some((Method::Get, path, Vec::new()));
        let private = |path: String| Some((Method::Get, path, bearer()?));
        match ask {
            Ask::Config => public("/system/config".to_owned()),
            Ask::Time => public("/system/time".to_owned()),
            Ask::State => public("/system/state".to_owned()),
            Ask::Market => public(format!("/markets?market={market}")),
            Ask::Bbo => public(format!("/bbo/{market}")),
            Ask::Auth => self.auth_form(now),
            Ask::Account => private("/account".to_owned()),
            Ask::Positions { .. } => private("/positions".to_owned()),
            Ask::Busts => {
                private(format!("/tradebusts?page_size=1000&start_at={}", self.busts.since_ms(now)))
            }
            Ask::Order(inquiry) => private(self.inquiries.path(inquiry, market)?),
            Ask::OpenOrders(list) => {
                private(format!("/orders?market={market}{}", self.lists.continuation(list)))
            }
        }
    }

    fn answered(&mut self, now: Now, ticket: u64, reply: Result<HttpReply, HttpFailure>, out: &mut Outbox) {
        let Some(Pending { ask, asked }) = self.pending.remove(&ticket) else { return };
        if let Some(left) = reply.as_ref().ok().and_then(|reply| reply.rate_left) {
            self.budget.heard(now, ask.scope(), left);
        }
        match reply {
            Err(HttpFailure::Certificate(cause)) => {
                out.report(VenueReport::Fatal(format!(
                    "the certificate of the server is not acceptable: {cause}"
                )));
            }
            Err(failure) => self.failed(now, ask, asked, &failure.to_string(), out),
            Ok(reply) => match ask {
                Ask::Config | Ask::Time | Ask::State | Ask::Market | Ask::Bbo | Ask::Auth => {
                    self.bootstrap_answer(now, ask, asked, &reply, out);
                }
                Ask::Account | Ask::Positions { .. } => self.account_answer(now, ask, asked, &reply, out),
                Ask::Order(inquiry) => self.order_answer(now, inquiry, asked, &reply, out),
                Ask::Busts => self.busts_answer(now, wall_then(now, asked), &reply, out),
                Ask::OpenOrders(list) => self.list_answer(now, list, asked, &reply, out),
            },
        }
        self.judge_ready(now, out);
    }

    /// Tells the gates' common verdict when it changed.
    fn tell_trading(&mut self, now: Now, out: &mut Outbox) {
        if self.trading.quota.as_ref().is_some_and(|(_, until)| now.mono >= *until) {
            self.trading.quota = None;
        }
        self.trading.fees = self.trading.fees.filter(|until| now.mono < *until);
        self.trading.busts = self.trading.busts.filter(|until| now.mono < *until);
        let quota = self.trading.quota.as_ref().map(|(text, _)| text);
        let fees = self.trading.fees.map(|_| "fees are charged although the profile is retail".to_owned());
        let busts = self.trading.busts.map(|_| "fills were taken back a moment ago".to_owned());
        let clock = self.clock.trouble(now, "Paradex");
        let Trading { state, account, .. } = &self.trading;
        let held = account.as_ref().or(clock.as_ref()).or(busts.as_ref()).or(fees.as_ref()).or(quota);
        let verdict = match (state, held) {
            (Some(reason), _) => TradingState::Closed(reason.clone()),
            (None, Some(reason)) => TradingState::ClosingOnly(reason.clone()),
            (None, None) => TradingState::Open,
        };
        if self.trading.told.as_ref() != Some(&verdict) {
            out.report(VenueReport::Trading(verdict.clone()));
            self.trading.told = Some(verdict);
        }
    }

    fn on_time(&mut self, now: Now, out: &mut Outbox) {
        if self.stopped {
            return;
        }
        let due: Vec<Ask> =
            self.again.extract_if(.., |(at, _)| now.mono >= *at).map(|(_, ask)| ask).collect();
        for ask in due {
            self.request(now, ask, out);
        }
        self.renew_token(now, out);
        self.care_for_links(now, out);
        self.tell_trading(now, out);
    }

    fn later(&mut self, now: Now, pause: Duration, ask: Ask) {
        if !self.again.iter().any(|(_, planned)| *planned == ask) {
            self.again.push((now.mono.after(pause), ask));
        }
    }

    fn closed(&mut self, now: Now, link: LinkId, failure: &LinkFailure, out: &mut Outbox) {
        if self.stopped {
            return;
        }
        if let LinkFailure::Certificate(cause) = failure {
            out.report(VenueReport::Fatal(format!(
                "the certificate of the server is not acceptable: {cause}"
            )));
            self.stopped = true;
            return;
        }
        if link == PUBLIC {
            self.public_closed(now, failure, out)
        } else {
            self.private_closed(now, failure, out)
        }
    }
}

impl Session for ParadexSession {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        self.note_departed(out);
        match input {
            // An order leaves before anything else is looked at; what is due is due in the next moment, too.
            Input::Command(VenueCommand::Submit(intent)) => return self.submit(now, &intent, out),
            Input::Command(command) => self.command(now, command, out),
            Input::Opened(link) => self.opened(now, link, out),
            Input::Closed(link, failure) => self.closed(now, link, &failure, out),
            Input::Text(link, text) => {
                self.care_of(link).heard(now.mono);
                self.text(now, text, out);
            }
            Input::Binary(link, bytes) => {
                self.care_of(link).heard(now.mono);
                self.binary(now, link, bytes, out);
            }
            Input::Alive(link) => self.care_of(link).heard(now.mono),
            Input::Http(ticket, reply) => self.answered(now, ticket, reply, out),
            Input::Wake => self.use_idle_time(now, out),
        }
        self.on_time(now, out);
    }

    fn deadline(&self) -> Option<Mono> {
        if self.departed.is_some() {
            return Some(Mono(0));
        }
        if self.stopped {
            return None;
        }
        let again = self.again.iter().map(|(at, _)| *at);
        let token = self.token.as_ref().map(|token| token.renew_at);
        let quota = self.trading.quota.as_ref().map(|(_, until)| *until);
        let idle = self.idle_deadline();
        let gates = [token, quota, self.trading.fees, self.trading.busts, self.links_deadline(), idle];
        again.chain(gates.into_iter().flatten()).min()
    }

    fn rehearse(&self, now: Now, intent: &OrderIntent) -> Option<String> {
        self.rehearse_order(now, intent)
    }
}

/// What our wall clock showed at an earlier moment, unless it was set since.
fn wall_then(now: Now, then: Mono) -> Wall {
    let ago = i64::try_from(now.mono.since(then).as_micros()).unwrap_or(i64::MAX);
    Wall(now.wall.0.saturating_sub(ago))
}
