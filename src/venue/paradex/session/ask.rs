//! Questions and their dated answers: account, position, one order (paradex.md 2; laws R2, R3).

use super::orders::end_reason;
use super::{Ask, ParadexSession};
use crate::domain::{ClientOrderId, Mono, Now, Qty};
use crate::venue::http::HttpReply;
use crate::venue::paradex::rejects;
use crate::venue::paradex::wire::{self, PositionView};
use crate::venue::{OrderAnswer, Outbox, Output, Reaction, VenueReport};
use std::time::Duration;

impl ParadexSession {
    /// After every (re)connect: what the streams do not repeat.
    pub(super) fn read_account(&mut self, now: Now, out: &mut Outbox) {
        self.request(now, Ask::Account, out);
        self.request(now, Ask::Positions { answer: false }, out);
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

    /// Open orders first, then history, then fills: what one does not know the next may.
    pub(super) fn ask_order(&mut self, now: Now, cid: ClientOrderId, out: &mut Outbox) {
        self.request(now, Ask::OrderOpen(cid), out);
    }

    pub(super) fn order_unanswered(
        &mut self,
        cid: ClientOrderId,
        asked: Mono,
        cause: &str,
        out: &mut Outbox,
    ) {
        out.report(VenueReport::OrderAnswer { cid, asked, answer: OrderAnswer::Failed(cause.to_owned()) });
    }

    pub(super) fn order_answer(
        &mut self,
        now: Now,
        ask: Ask,
        cid: ClientOrderId,
        asked: Mono,
        reply: &HttpReply,
        out: &mut Outbox,
    ) {
        let next = match ask {
            Ask::OrderOpen(_) => Some(Ask::OrderHistory(cid)),
            Ask::OrderHistory(_) => Some(Ask::OrderFills(cid)),
            _ => None,
        };
        let answer = match (ask, reply.status) {
            (Ask::OrderFills(_), 200) => self.answer_from_fills(now, cid, &reply.body, out),
            (_, 200) => self.answer_from_orders(cid, &reply.body),
            // Refusals of the look-up by id are how the venue says that nothing of this id is open.
            (Ask::OrderOpen(_), 400 | 404) => Ok(None),
            (_, status) => Err(rejects::of_rest(status, &wire::rest_error(&reply.body)).to_string()),
        };
        match (answer, next) {
            (Ok(Some(answer)), _) => out.report(VenueReport::OrderAnswer { cid, asked, answer }),
            (Ok(None), Some(next)) => self.request_dated(now, asked, next, out),
            (Ok(None), None) => {
                out.report(VenueReport::OrderAnswer { cid, asked, answer: OrderAnswer::NotFound });
            }
            (Err(cause), _) => {
                if reply.status == 401 {
                    self.later(now, Duration::ZERO, Ask::Auth);
                }
                self.order_unanswered(cid, asked, &cause, out);
            }
        }
    }

    fn answer_from_orders(&mut self, cid: ClientOrderId, body: &[u8]) -> Result<Option<OrderAnswer>, String> {
        let orders = wire::orders(body).map_err(|cause| cause.to_string())?;
        let ours = |text: &str| ClientOrderId::from_text(text) == Some(cid);
        let Some(view) = orders.iter().find(|view| ours(&view.client_id)) else { return Ok(None) };
        if !view.closed {
            return Ok(Some(OrderAnswer::Working { filled: view.filled }));
        }
        if let Some(order) = self.orders.get_mut(&cid) {
            order.ended = true;
        }
        let (filled, average) = (view.filled, view.average);
        Ok(Some(OrderAnswer::Ended { filled, average, reason: end_reason(view) }))
    }

    /// Fills of an order nobody else knows: it lived, so it is not "not found".
    fn answer_from_fills(
        &mut self,
        now: Now,
        cid: ClientOrderId,
        body: &[u8],
        out: &mut Outbox,
    ) -> Result<Option<OrderAnswer>, String> {
        let fills = wire::fills(body).map_err(|cause| cause.to_string())?;
        let ours = |text: &str| ClientOrderId::from_text(text) == Some(cid);
        let mut filled = Qty::ZERO;
        for view in fills.iter().filter(|view| ours(&view.client_id) && view.ordinary) {
            filled = filled + view.qty;
            self.fill_news(now, view, out);
        }
        Ok(filled.is_positive().then_some(OrderAnswer::Working { filled }))
    }
}
