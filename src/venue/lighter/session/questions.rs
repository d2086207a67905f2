//! Questions over REST: what was asked when, and to whom the answer goes.

use super::super::nonce::Epoch;
use super::super::quota::Use;
use super::super::wire::reply::{self, ApiError};
use super::{LighterSession, Stage};
use crate::domain::Now;
use crate::venue::Outbox;
use crate::venue::Output;
use crate::venue::http::{Body, HttpFailure, HttpReply, HttpRequest, Method};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The venue's time.
    Clock,
    /// The rules of the market.
    Market,
    /// The public key registered in our slot.
    Key,
    /// The next nonce, asked in this doubt.
    Nonce(Epoch),
    /// Tier and fees.
    Limits,
    /// Slots that may not take.
    MakerOnly,
    /// Balance and positions.
    Account(Reading),
    /// What rests in our market.
    OpenOrders,
    /// The truth about one order, by number of the inquiry.
    Order(u64),
}

/// Who wants to know about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The start.
    Start,
    /// The coordinator, the position.
    Position,
    /// The coordinator, the balance.
    Balance,
}

/// A question under way.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What.
    pub question: Question,
    /// When it left (law R2).
    pub at: Now,
    url: String,
    privately: bool,
    repeated: bool,
}

/// Questions under way by ticket.
#[derive(Debug, Default)]
pub struct Questions {
    pending: BTreeMap<u64, Asked>,
    last_ticket: u64,
}

/// The code for a refused token.
const TOKEN_REFUSED: i64 = 20_013;

impl LighterSession {
    /// Asks without signing in. `Err` says why the question did not leave.
    pub(super) fn ask(
        &mut self,
        now: Now,
        question: Question,
        url: String,
        out: &mut Outbox,
    ) -> Result<(), String> {
        self.ask_again(Asked { question, at: now, url, privately: false, repeated: false }, now, out)
    }

    /// Asks with the auth token.
    pub(super) fn ask_privately(
        &mut self,
        now: Now,
        question: Question,
        url: String,
        out: &mut Outbox,
    ) -> Result<(), String> {
        self.ask_again(Asked { question, at: now, url, privately: true, repeated: false }, now, out)
    }

    fn ask_again(&mut self, asked: Asked, now: Now, out: &mut Outbox) -> Result<(), String> {
        self.quota
            .spend(now.mono, Use::Ask)
            .map_err(|wait| format!("local rate limit: no question for {:.1} s", wait.as_secs_f32()))?;
        let headers =
            if asked.privately { vec![("Authorization", self.auth_token(now))] } else { Vec::new() };
        self.questions.last_ticket += 1;
        let ticket = self.questions.last_ticket;
        let url = asked.url.clone();
        self.questions.pending.insert(ticket, asked);
        out.push(Output::Http(HttpRequest { ticket, method: Method::Get, url, headers, body: Body::Empty }));
        Ok(())
    }

    /// The auth token to use now.
    pub(super) fn auth_token(&mut self, now: Now) -> String {
        let wall = self.clock.venue_wall(now);
        self.token.current(&mut self.signer, now.mono, wall, self.config.timing.token_life)
    }

    /// Takes an answer to whoever asked.
    pub(super) fn answered(
        &mut self,
        now: Now,
        ticket: u64,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        let Some(asked) = self.questions.pending.remove(&ticket) else { return };
        if let Err(failure @ HttpFailure::Certificate(_)) = &answer {
            return self.fatal(
                now,
                format!("Lighter: {failure}; nothing is sent to an unproven server"),
                out,
            );
        }
        if asked.privately && !asked.repeated && reply::code(&answer) == Some(TOKEN_REFUSED) {
            self.token.discard();
            // The date of the question stays: an answer that is fresher than stated is never taken for later evidence.
            if self.ask_again(Asked { repeated: true, ..asked.clone() }, now, out).is_ok() {
                return;
            }
        }
        match asked.question {
            Question::Clock => self.clock_answered(now, &asked, answer, out),
            Question::Market => self.market_answered(now, answer, out),
            Question::Key => self.key_answered(now, answer, out),
            Question::Nonce(epoch) => self.nonce_answered(now, epoch, answer, out),
            Question::Limits => self.limits_answered(now, answer, out),
            Question::MakerOnly => self.maker_only_answered(now, answer, out),
            Question::Account(reading) => self.account_answered(now, reading, &asked, answer, out),
            Question::OpenOrders => self.open_orders_answered(now, &asked, answer, out),
            Question::Order(inquiry) => self.order_answered(now, inquiry, answer, out),
        }
    }

    /// The answer as `T`; a venue that complains about too many requests is left alone for a while.
    pub(super) fn read<T: DeserializeOwned>(
        &mut self,
        now: Now,
        answer: Result<HttpReply, HttpFailure>,
    ) -> Result<T, ApiError> {
        let read = reply::read(answer);
        if let Err(ApiError::Limited { cooldown, .. }) = &read {
            self.quota.block(now.mono, *cooldown);
        }
        read
    }

    /// Whether the start is still under way.
    pub(super) fn startup(&mut self) -> Option<&mut super::Startup> {
        if let Stage::Starting(startup) = &mut self.stage { Some(startup) } else { None }
    }
}
