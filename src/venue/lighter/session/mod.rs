//! The Lighter client as a state machine: inputs in, outputs out (lighter.md).
//!
//! One file per concern; each adds its part of [`LighterSession`]:
//! `startup` loads the market and checks account and key, `stream` reads the socket, `submit` sends orders and cancels, `ahead` makes orders before they are commanded,
//! `ask` finds out the truth about one order, `open_orders` what rests, `account` reads position and balance, `upkeep` is everything that is due at a
//! time, `status` says when orders can be sent. Plain state lives in `link`, `own_orders`, `outstanding`,
//! `questions` and `signer`, none of which knows the session.
//!
//! # No dead-man switch
//!
//! A scheduled cancel-all (lighter.md 4.3) is never armed, by design. The venue takes none nearer than five minutes, while
//! every order here is immediate-or-cancel and dead within [`Timing::valid_for_max`] (30 s) of its sending whatever becomes
//! of this process (law R1): there is nothing left for it to cancel. It would do harm instead. It is account-wide, so it
//! cancels what is not ours. And once due it blocks every new order until the venue ran it (21122): after a crash exactly the
//! closing orders of the restart. Arming would also spend nonces that a closing order may need at that moment. One that
//! another program armed is read with the account, and holds openings when it is near.

mod account;
mod ahead;
mod ask;
mod config;
mod link;
mod open_orders;
mod outstanding;
mod own_orders;
mod questions;
mod signer;
mod startup;
mod status;
mod stream;
mod submit;
mod upkeep;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use config::{LighterConfig, Timing};

use super::nonce::NonceCounter;
use super::quota::Quota;
use super::wire::market::Market;
use super::wire::request::Addresses;
use crate::domain::{Mono, Now, OrderIntent};
use crate::signing::Entropy;
use crate::venue::ahead::Shelf;
use crate::venue::backoff::Backoff;
use crate::venue::market_data::Quotes;
use crate::venue::venue_clock::VenueClock;
use crate::venue::{Input, LinkId, Outbox, Output, Session, VenueCommand, VenueReport};
use ahead::ReadyOrder;
use ask::Inquiry;
use link::Link;
use outstanding::Outstanding;
use own_orders::OwnOrders;
use questions::Questions;
use signer::{Signer, Token};
use startup::Startup;
use status::Status;
use std::collections::BTreeMap;
use stream::Subscriptions;
use submit::Departed;
use upkeep::Due;

/// The only connection of this session: market data, account streams and orders share it.
const LINK: LinkId = LinkId(0);

/// One Lighter account in one market.
pub struct LighterSession {
    config: LighterConfig,
    addresses: Addresses,
    stage: Stage,
    /// When this session was started: orders of other processes left before.
    born: Mono,
    market: Option<Market>,
    clock: VenueClock,
    quota: Quota,
    signer: Signer,
    token: Token,
    nonce: NonceCounter,
    /// Refused nonces since the last accepted transaction.
    nonce_refusals: u32,
    link: Link,
    backoff: Backoff,
    subscriptions: Subscriptions,
    quotes: Quotes,
    orders: OwnOrders,
    departed: Option<Departed>,
    outstanding: Outstanding,
    shelf: Shelf<ReadyOrder>,
    questions: Questions,
    inquiries: BTreeMap<u64, Inquiry>,
    due: Due,
    /// When an unreadable frame was told last.
    unreadable_told: Option<Mono>,
    status: Status,
}

/// Where the session stands in its life.
#[derive(Debug)]
enum Stage {
    /// Before the start.
    Idle,
    /// Loading over REST what must be known before connecting.
    Starting(Startup),
    /// Connected, or trying to be.
    Running,
    /// Shut down, or stopped by something only the operator can mend.
    Stopped,
}

impl LighterSession {
    /// A session that does nothing until it is told to start. `entropy` feeds signatures and reconnection jitter.
    pub fn new(config: LighterConfig, entropy: Box<dyn Entropy>) -> Self {
        Self {
            addresses: Addresses::new(&config.rest_url, config.slot.account()),
            stage: Stage::Idle,
            born: Mono(0),
            market: None,
            clock: VenueClock::default(),
            quota: Quota::new(config.limits),
            signer: Signer::new(&config, entropy),
            token: Token::default(),
            nonce: NonceCounter::new(config.nonces),
            nonce_refusals: 0,
            link: Link::Down,
            backoff: Backoff::default(),
            subscriptions: Subscriptions::default(),
            quotes: Quotes::default(),
            orders: OwnOrders::default(),
            departed: None,
            outstanding: Outstanding::default(),
            shelf: Shelf::default(),
            questions: Questions::default(),
            inquiries: BTreeMap::new(),
            due: Due::default(),
            unreadable_told: None,
            status: Status::default(),
            config,
        }
    }

    /// Nonces of signatures that are ready for orders; an order that finds none is signed the slower way.
    pub fn nonces_ready(&self) -> usize {
        self.signer.nonces_ready()
    }

    fn command(&mut self, now: Now, command: VenueCommand, out: &mut Outbox) {
        match command {
            VenueCommand::Start => self.start(now, out),
            VenueCommand::Submit(intent) => self.submit(now, &intent, out),
            VenueCommand::Prepare(intent) => self.prepare(now, intent),
            VenueCommand::Cancel(cid) => self.cancel(now, cid, out),
            VenueCommand::AskOrder(cid) => self.ask_order(now, cid, out),
            VenueCommand::AskPosition => self.ask_position(now, out),
            VenueCommand::AskBalance => self.ask_balance(now, out),
            VenueCommand::AskOpenOrders => self.ask_open_orders(now, out),
            VenueCommand::Shutdown => self.stop(now, "shut down", out),
        }
    }

    /// Closes the connection and does nothing more. Orders whose end was not seen are unknown from here on.
    fn stop(&mut self, now: Now, cause: &str, out: &mut Outbox) {
        if matches!(self.link, Link::Open(_)) {
            self.connection_lost(now, cause, out);
        }
        if matches!(self.link, Link::Open(_) | Link::Opening) {
            out.push(Output::Close(LINK));
        }
        self.link = Link::Down;
        self.stage = Stage::Stopped;
    }

    /// Something only the operator can mend.
    fn fatal(&mut self, now: Now, words: String, out: &mut Outbox) {
        self.stop(now, &words, out);
        out.report(VenueReport::Fatal(words));
    }
}

impl Session for LighterSession {
    fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        self.note_departed(out);
        if matches!(self.stage, Stage::Stopped) {
            return self.refuse_after_end(now, &input, out);
        }
        match input {
            Input::Command(VenueCommand::Submit(intent)) => {
                self.submit(now, &intent, out);
                // An order leaves before anything else is looked at: that is for the next moment.
                self.due.upkeep = Some(now.mono);
                return;
            }
            Input::Command(command) => self.command(now, command, out),
            Input::Opened(LINK) => self.opened(now, out),
            Input::Closed(LINK, failure) => self.closed(now, &failure, out),
            Input::Text(LINK, text) => self.text(now, text, out),
            Input::Binary(LINK, bytes) => self.binary(now, bytes.len(), out),
            Input::Alive(LINK) => self.heard(now),
            Input::Opened(_) | Input::Closed(..) | Input::Text(..) | Input::Binary(..) | Input::Alive(_) => {}
            Input::Http(ticket, answer) => self.answered(now, ticket, answer, out),
            Input::Wake => self.use_idle_time(now, out),
        }
        if !matches!(self.stage, Stage::Stopped) {
            self.due.upkeep = None;
            self.keep_up(now, out);
            self.report_status(now, out);
        }
    }

    fn deadline(&self) -> Option<Mono> {
        self.next_due()
    }

    fn rehearse(&self, now: Now, intent: &OrderIntent) -> Option<String> {
        self.rehearse_order(now, intent)
    }
}
