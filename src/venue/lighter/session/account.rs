//! Position and balance, asked for over REST. Never evidence without an answer about our own account.

use super::super::wire::account::{Account, AccountReply};
use super::super::wire::reply::ApiError;
use super::LighterSession;
use super::questions::{Asked, Question, Reading};
use super::startup::{Lookup, is_account_unknown, unknown_account};
use crate::domain::Now;
use crate::venue::http::{HttpFailure, HttpReply};
use crate::venue::{Outbox, VenueReport};

impl LighterSession {
    pub(super) fn ask_position(&mut self, now: Now, out: &mut Outbox) {
        self.ask_account(now, Reading::Position, out);
    }

    pub(super) fn ask_balance(&mut self, now: Now, out: &mut Outbox) {
        self.ask_account(now, Reading::Balance, out);
    }

    fn ask_account(&mut self, now: Now, reading: Reading, out: &mut Outbox) {
        if self.market.is_none() {
            return out
                .report(VenueReport::AskFailed { cause: "Lighter's market is not loaded yet".to_owned() });
        }
        if let Err(cause) = self.ask(now, Question::Account(reading), self.addresses.account(), out) {
            out.report(VenueReport::AskFailed { cause });
        }
    }

    pub(super) fn account_answered(
        &mut self,
        now: Now,
        reading: Reading,
        asked: &Asked,
        answer: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        let index = self.config.slot.account();
        let account = match self.read::<AccountReply>(now, answer) {
            Ok(reply) => reply.of(index),
            Err(ApiError::Refused { code, message })
                if reading == Reading::Start && is_account_unknown(code) =>
            {
                return self.fatal(now, unknown_account(index, &message), out);
            }
            Err(error) => Err(error.to_string()),
        };
        if let Ok(account) = &account {
            self.status.cancel_all_ms = account.cancel_all_ms;
        }
        match (reading, account) {
            (Reading::Start, Ok(account)) => self.account_loaded(account, asked.at.mono),
            (Reading::Start, Err(cause)) => self.startup_delayed(now, Lookup::Account, &cause),
            (Reading::Position | Reading::Balance, Err(cause)) => {
                out.report(VenueReport::AskFailed { cause })
            }
            (Reading::Position, Ok(account)) => {
                // The same answer tells both, and requests are few.
                out.report(VenueReport::Balance { free: account.free });
                out.report(self.position_answer(&account, asked));
            }
            (Reading::Balance, Ok(account)) => out.report(VenueReport::Balance { free: account.free }),
        }
    }

    fn position_answer(&self, account: &Account, asked: &Asked) -> VenueReport {
        let position = match &self.market {
            Some(market) => account.position(market.id),
            None => Err("Lighter's market is not loaded yet".to_owned()),
        };
        match position {
            Ok(qty) => VenueReport::Position { qty, asked: asked.at.mono, answer: true },
            Err(cause) => VenueReport::AskFailed { cause },
        }
    }
}
