//! What must be known before connecting: clock, market, account, key, nonce, fees.
//!
//! Anything that time may mend is asked again with growing pauses; anything that only the operator can mend ends the session
//! with the words that help.

use super::super::nonce::Epoch;
use super::super::wire::account::{Account, AccountLimits, KeyList, MakerOnlyKeys, NextNonce, Status};
use super::super::wire::market::MarketList;
use super::super::wire::reply::ApiError;
use super::questions::{Asked, Question, Reading};
use super::{LighterSession, Stage};
use crate::domain::{Mono, Now, Wall};
use crate::venue::backoff::Backoff;
use crate::venue::http::{HttpFailure, HttpReply};
use crate::venue::{Outbox, Output, VenueReport};
use log::Level;
use std::collections::BTreeSet;
use std::time::Duration;

/// What is still missing.
#[derive(Debug)]
pub struct Startup {
    missing: BTreeSet<Lookup>,
    asked: BTreeSet<Lookup>,
    account: Option<(Account, Mono)>,
    backoff: Backoff,
    /// No question before this moment.
    pub not_before: Option<Mono>,
}

/// One thing to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// First, because the auth token and every order carry a time.
    Clock,
    Market,
    Account,
    Key,
    Nonce,
    Limits,
    MakerOnly,
}

impl Lookup {
    const ALL: [Self; 7] =
        [Self::Clock, Self::Market, Self::Account, Self::Key, Self::Nonce, Self::Limits, Self::MakerOnly];
}

/// Pause before a fact is read again that could not be read while running, short for the nonce, without which nothing is sent.
const READ_AGAIN: Duration = Duration::from_secs(20);
/// Pause between two looks at a market that is closed.
const CLOSED_AGAIN: Duration = Duration::from_secs(10);
const NONCE_AGAIN: Duration = Duration::from_secs(1);
/// The pause before the nonce doubles with every failure up to this: asking costs requests that closing may need.
const NONCE_AGAIN_LONGEST: Duration = Duration::from_secs(8);

impl Startup {
    fn new() -> Self {
        Self {
            missing: Lookup::ALL.into(),
            asked: BTreeSet::new(),
            account: None,
            backoff: Backoff::default(),
            not_before: None,
        }
    }

    fn learned(&mut self, lookup: Lookup) {
        self.missing.remove(&lookup);
        self.asked.remove(&lookup);
    }

    /// Questions that can leave now: the clock alone first, then the others together.
    fn open(&self) -> Vec<Lookup> {
        let open = |lookup: &&Lookup| !self.asked.contains(*lookup);
        if self.missing.contains(&Lookup::Clock) {
            return [Lookup::Clock].iter().filter(open).copied().collect();
        }
        self.missing.iter().filter(open).copied().collect()
    }
}

impl LighterSession {
    pub(super) fn start(&mut self, now: Now, out: &mut Outbox) {
        if matches!(self.stage, Stage::Idle) {
            self.born = now.mono;
            self.stage = Stage::Starting(Startup::new());
            self.continue_startup(now, out);
        }
    }

    /// Asks what can be asked; connects when nothing is missing.
    pub(super) fn continue_startup(&mut self, now: Now, out: &mut Outbox) {
        let Some(startup) = self.startup() else { return };
        if startup.not_before.is_some_and(|at| at > now.mono) {
            return;
        }
        startup.not_before = None;
        if startup.missing.is_empty() {
            return self.finish_startup(now, out);
        }
        for lookup in startup.open() {
            match self.look_up(now, lookup, out) {
                Ok(()) => {
                    if let Some(startup) = self.startup() {
                        startup.asked.insert(lookup);
                    }
                }
                Err(cause) => return self.startup_delayed(now, lookup, &cause),
            }
        }
    }

    fn look_up(&mut self, now: Now, lookup: Lookup, out: &mut Outbox) -> Result<(), String> {
        let slot = self.config.slot.api_key();
        match lookup {
            Lookup::Clock => self.ask(now, Question::Clock, self.addresses.status(), out),
            Lookup::Market => self.ask(now, Question::Market, self.addresses.markets(), out),
            Lookup::Account => {
                self.ask(now, Question::Account(Reading::Start), self.addresses.account(), out)
            }
            Lookup::Key => self.ask(now, Question::Key, self.addresses.api_keys(slot), out),
            Lookup::Nonce => {
                self.ask(now, Question::Nonce(self.nonce.epoch()), self.addresses.next_nonce(slot), out)
            }
            Lookup::Limits => self.ask_privately(now, Question::Limits, self.addresses.account_limits(), out),
            Lookup::MakerOnly => {
                self.ask_privately(now, Question::MakerOnly, self.addresses.maker_only_keys(), out)
            }
        }
    }

    /// Something could not be loaded; it is asked again later. Outside the start this has no effect.
    pub(super) fn startup_delayed(&mut self, now: Now, lookup: Lookup, cause: &str) {
        let Stage::Starting(startup) = &mut self.stage else { return };
        startup.asked.remove(&lookup);
        startup.not_before = Some(startup.backoff.next(now.mono, self.signer.entropy()));
        self.status.trouble = Some(format!("cannot load {lookup:?} from Lighter: {cause}"));
    }

    fn finish_startup(&mut self, now: Now, out: &mut Outbox) {
        let Some((account, asked)) = self.startup().and_then(|startup| startup.account.take()) else {
            return;
        };
        let Some(market) = &self.market else { return };
        let position = account.position(market.id);
        self.stage = Stage::Running;
        self.due.refreshed(now.mono);
        self.report_market(out);
        out.report(VenueReport::Balance { free: account.free });
        match position {
            Ok(qty) => out.report(VenueReport::Position { qty, asked, answer: false }),
            Err(cause) => out.push(Output::Log(Level::Error, format!("Lighter: {cause}"))),
        }
        self.connect(out);
    }

    fn report_market(&mut self, out: &mut Outbox) {
        if let Some(market) = &self.market {
            out.report(VenueReport::Market { contract: market.id.to_string(), spec: market.spec });
        }
    }

    pub(super) fn learned(&mut self, lookup: Lookup) {
        if let Some(startup) = self.startup() {
            startup.learned(lookup);
        }
    }

    pub(super) fn clock_answered(
        &mut self,
        now: Now,
        asked: &Asked,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        match self.read::<Status>(now, answer) {
            Ok(Status { timestamp }) => {
                let told = Wall(timestamp.saturating_mul(1_000_000));
                self.clock.learn(asked.at.mono, now.mono, told, Duration::from_secs(1));
                let off = self.clock.trouble(now, "Lighter").is_some();
                let pause = if off { READ_AGAIN } else { self.config.timing.clock_every };
                let usual = now.mono.after(pause);
                self.due.clock = Some(self.clock.narrowing(now.mono).map_or(usual, |next| next.min(usual)));
                self.warn_about_clock(now, out);
                self.learned(Lookup::Clock);
            }
            Err(error) => {
                self.due.clock = Some(now.mono.after(READ_AGAIN));
                self.startup_delayed(now, Lookup::Clock, &error.to_string());
            }
        }
    }

    fn warn_about_clock(&mut self, now: Now, out: &mut Outbox) {
        if let Some(trouble) = self.clock.trouble(now, "Lighter") {
            out.push(Output::Log(Level::Warn, trouble));
        }
    }

    pub(super) fn market_answered(
        &mut self,
        now: Now,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        let found = match self.read::<MarketList>(now, answer) {
            Ok(list) => list.find(&self.config.symbol),
            Err(error) => {
                self.due.market = Some(now.mono.after(READ_AGAIN));
                return self.startup_delayed(now, Lookup::Market, &error.to_string());
            }
        };
        match (found, &self.market) {
            // The pair that is held was opened under the old id and can only be closed under it.
            (Ok(market), Some(known)) if market.id != known.id => {
                let (symbol, old, new) = (&market.symbol, known.id, market.id);
                self.status.market_doubt = Some(format!(
                    "the market {symbol} changed its id from {old} to {new}; start again once flat"
                ));
            }
            (Ok(market), known) => {
                let news = known.as_ref().is_some_and(|known| known.spec != market.spec);
                // Nothing else tells that it is open again: no order is tried that could be taken.
                if market.closed.is_some() {
                    self.due.market = Some(now.mono.after(CLOSED_AGAIN));
                }
                self.market = Some(market);
                self.status.market_doubt = None;
                if news {
                    self.report_market(out);
                }
                self.learned(Lookup::Market);
            }
            (Err(error), None) => self.fatal(now, error.to_string(), out),
            // A market that vanished from the list while running: closing must stay possible.
            (Err(error), Some(_)) => self.status.market_doubt = Some(error.to_string()),
        }
    }

    pub(super) fn key_answered(
        &mut self,
        now: Now,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        let (account, slot) = (self.config.slot.account(), self.config.slot.api_key());
        let registered = match self.read::<KeyList>(now, answer) {
            Ok(list) => list.registered(slot),
            Err(ApiError::Refused { code: 21_109, .. }) => None,
            Err(ApiError::Refused { code, message }) if is_account_unknown(code) => {
                return self.fatal(now, unknown_account(account, &message), out);
            }
            Err(error) => return self.startup_delayed(now, Lookup::Key, &error.to_string()),
        };
        let own = self.signer.public_key().to_string();
        match registered {
            Some(listed) if listed == own => self.learned(Lookup::Key),
            Some(_) => self.fatal(now, format!(
                    "API_KEY_PRIVATE_KEY is not the key registered at Lighter in slot {slot} of account {account}: \
                     check LIGHTER_API_KEY_INDEX and LIGHTER_ACCOUNT_INDEX, or register the key"
                ),
                out,
            ),
            None => self.fatal(now, format!(
                    "Lighter lists no key in slot {slot} of account {account}: \
                     register one, or check LIGHTER_API_KEY_INDEX and LIGHTER_ACCOUNT_INDEX"
                ),
                out,
            ),
        }
    }

    pub(super) fn nonce_answered(
        &mut self,
        now: Now,
        epoch: Epoch,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        match self.read::<NextNonce>(now, answer) {
            Ok(NextNonce { nonce }) => {
                self.due.nonce_failures = 0;
                self.nonce.learn(epoch, nonce);
                if self.nonce.is_known() {
                    self.due.nonce = None;
                    self.learned(Lookup::Nonce);
                } else if self.due.nonce.is_none() {
                    self.due.nonce = Some(now.mono.after(NONCE_AGAIN));
                    self.startup_delayed(now, Lookup::Nonce, "the answer is out of range or out of date");
                }
            }
            Err(error) => {
                let pause = NONCE_AGAIN.saturating_mul(1 << self.due.nonce_failures.min(8));
                self.due.nonce = Some(now.mono.after(pause.min(NONCE_AGAIN_LONGEST)));
                self.due.nonce_failures = self.due.nonce_failures.saturating_add(1);
                let text = format!("Lighter's next nonce cannot be read: {error}");
                out.push(Output::Log(Level::Warn, text));
                self.startup_delayed(now, Lookup::Nonce, &error.to_string());
            }
        }
    }

    pub(super) fn limits_answered(
        &mut self,
        now: Now,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        match self.read::<AccountLimits>(now, answer) {
            Ok(limits) => {
                let tier = limits.user_tier.unwrap_or_else(|| "unknown".to_owned());
                let fee = limits.current_taker_fee_tick.unwrap_or(0);
                let text = format!("Lighter account tier {tier}, taker fee {fee} millionths of the value");
                out.push(Output::Log(Level::Info, text));
                self.learned(Lookup::Limits);
            }
            // Fees also come with every trade: a refusal here must not keep an account from trading.
            Err(error @ ApiError::Refused { .. }) => {
                out.push(Output::Log(Level::Warn, format!("Lighter account tier unknown: {error}")));
                self.learned(Lookup::Limits);
            }
            Err(error) => self.startup_delayed(now, Lookup::Limits, &error.to_string()),
        }
    }

    pub(super) fn maker_only_answered(
        &mut self,
        now: Now,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        let slot = self.config.slot.api_key();
        match self.read::<MakerOnlyKeys>(now, answer) {
            Ok(list) if list.api_key_indexes.contains(&u64::from(slot)) => self.fatal(
                now,
                format!(
                    "slot {slot} of LIGHTER_API_KEY_INDEX is restricted to maker orders at Lighter: \
                     hedging takes; use another slot, or lift the restriction"
                ),
                out,
            ),
            // Where the restriction does not exist, or is not told, the first order would say so.
            Ok(_) | Err(ApiError::Refused { .. } | ApiError::Malformed(_)) => self.learned(Lookup::MakerOnly),
            Err(ApiError::Unusable { status: 400..=499 }) => self.learned(Lookup::MakerOnly),
            Err(error) => self.startup_delayed(now, Lookup::MakerOnly, &error.to_string()),
        }
    }

    /// The account as it was found at the start.
    pub(super) fn account_loaded(&mut self, account: Account, asked: Mono) {
        if let Some(startup) = self.startup() {
            startup.account = Some((account, asked));
            startup.learned(Lookup::Account);
        }
    }
}

/// Codes that say that there is no such account.
pub(super) fn is_account_unknown(code: i64) -> bool {
    matches!(code, 21_100..=21_102 | 29_404)
}

/// Words for the operator whose account the venue does not know.
pub(super) fn unknown_account(account: u64, message: &str) -> String {
    format!(
        "Lighter knows no account {account} ({message}): check LIGHTER_ACCOUNT_INDEX, and LIGHTER_ENVIRONMENT or LIGHTER_REST_URL"
    )
}
