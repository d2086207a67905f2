//! Questions and their dated answers: account and position (paradex.md 2; laws R2, R3).

use super::{Ask, ParadexSession};
use crate::domain::{Mono, Now, Qty};
use crate::venue::http::HttpReply;
use crate::venue::paradex::rejects;
use crate::venue::paradex::wire::{self, PositionView};
use crate::venue::{Outbox, Output, Reaction, VenueReport};
use std::time::Duration;

impl ParadexSession {
    /// After every (re)connect: what the streams do not repeat.
    pub(super) fn read_account(&mut self, now: Now, out: &mut Outbox) {
        self.request(now, Ask::Account, out);
        self.request(now, Ask::Positions { answer: false }, out);
        self.request(now, Ask::Busts, out);
    }

    /// Ready once the streams are confirmed and the account was read behind them.
    pub(super) fn judge_ready(&mut self, _now: Now, out: &mut Outbox) {
        let ready = self.signed_in
            && self.subscriptions_open == 0
            && self.account_read
            && self.positions_read
            && self.spec.is_some();
        if ready && !self.ready {
            self.ready = true;
            self.private.met();
            self.private.served();
            out.report(VenueReport::Ready);
        }
    }

    pub(super) fn account_answer(
        &mut self,
        now: Now,
        ask: Ask,
        asked: Mono,
        reply: &HttpReply,
        out: &mut Outbox,
    ) {
        if reply.status != 200 {
            let refusal = rejects::of_rest(reply.status, &wire::rest_error(&reply.body));
            if refusal.reaction == Reaction::Reauthenticate {
                self.later(now, Duration::ZERO, Ask::Auth);
            }
            if refusal.reaction == Reaction::BackOff
                && let Some(seconds) = reply.retry_after_s.filter(|_| ask != Ask::Positions { answer: true })
            {
                return self.later(now, Duration::from_secs(seconds.into()), ask);
            }
            return self.failed(now, ask, asked, &refusal.to_string(), out);
        }
        let done = match ask {
            Ask::Account => wire::account(&reply.body).map(|view| {
                self.account_read |= self.on_account(now, &view, out);
            }),
            Ask::Positions { answer } => {
                wire::positions(&reply.body).map(|list| self.on_positions(&list, asked, answer, out))
            }
            _ => Ok(()),
        };
        if let Err(cause) = done {
            self.failed(now, ask, asked, &cause.to_string(), out);
        }
    }

    /// Collateral and state of the account; false when it is the account of somebody else.
    pub(super) fn on_account(&mut self, now: Now, view: &wire::AccountView, out: &mut Outbox) -> bool {
        if !self.is_ours(&view.account) {
            let text = "Paradex told of another account".to_owned();
            out.push(Output::Log(log::Level::Error, text));
            return false;
        }
        self.trading.account = view.trouble.as_ref().map(|status| format!("the account's state is {status}"));
        self.tell_trading(now, out);
        out.report(VenueReport::Balance { free: view.free });
        true
    }

    fn on_positions(&mut self, list: &[PositionView], asked: Mono, answer: bool, out: &mut Outbox) {
        if list.iter().any(|view| !self.is_ours(&view.account)) {
            return out
                .report(VenueReport::AskFailed { cause: "the answer is for another account".to_owned() });
        }
        self.positions_read = true;
        let qty = self.position_in(list).unwrap_or(Qty::ZERO);
        out.report(VenueReport::Position { qty, asked, answer });
    }

    /// Ours, or not said.
    pub(super) fn is_ours(&self, account: &str) -> bool {
        account.is_empty() || self.identity.as_ref().is_some_and(|identity| identity.is_ours(account))
    }

    fn position_in(&self, list: &[PositionView]) -> Option<Qty> {
        list.iter().find(|view| view.market == self.config.market).map(|view| view.qty)
    }

    /// A position message of the stream.
    pub(super) fn position_news(&mut self, now: Now, list: &[PositionView], out: &mut Outbox) {
        if let Some(qty) = self.position_in(list) {
            out.report(VenueReport::Position { qty, asked: now.mono, answer: false });
        }
    }
}
