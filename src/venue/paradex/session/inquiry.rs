//! The truth about one order, from witness to witness: open orders, history, fills (paradex.md 2; laws R2, R3).
//!
//! It needs nothing of this session's memory: an order of a process that is gone is found by its client id like any other,
//! and fills that were not told yet are told on the way. "Not found" is said only when every witness was heard.

use super::open_orders::escaped;
use super::orders::end_reason;
use super::{Ask, ParadexSession};
use crate::domain::{ClientOrderId, Mono, Now, Price, Qty, Wall};
use crate::venue::http::HttpReply;
use crate::venue::paradex::rejects;
use crate::venue::paradex::wire::{self, FillView, OrderView, Page};
use crate::venue::{OrderAnswer, Outbox, VenueReport};
use std::collections::BTreeMap;
use std::time::Duration;

/// Questions about orders under way, by number.
#[derive(Debug, Default)]
pub struct Inquiries {
    open: BTreeMap<u64, Inquiry>,
    last: u64,
}

/// One question on its way.
#[derive(Clone, Debug)]
struct Inquiry {
    cid: ClientOrderId,
    witness: Witness,
    /// Where the witness's list goes on, and how many pages of it were read.
    cursor: Option<String>,
    pages: usize,
    /// A witness that could not be heard: nothing found elsewhere proves absence.
    unheard: Option<String>,
    /// The order has ended so; its fills are being told.
    ended: Option<End>,
    executed: Qty,
}

#[derive(Clone, Debug)]
struct End {
    filled: Qty,
    average: Option<Price>,
    reason: String,
    since: Option<Wall>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Witness {
    Open,
    History,
    Fills,
}

/// What one answer leads to.
enum Step {
    Answer(OrderAnswer),
    Ask(Witness),
    NextPage(String),
}

/// A list filtered by the order, or by its time, is shorter than this.
const PAGES: usize = 16;
/// Clocks of one venue's servers may differ: fills are looked for from so much before the order.
const BEFORE: Duration = Duration::from_secs(5);

impl Inquiries {
    /// Path and query of the question a number stands for.
    pub fn path(&self, number: u64, market: &str) -> Option<String> {
        let inquiry = self.open.get(&number)?;
        let cid = inquiry.cid;
        let cursor = inquiry.cursor.as_deref().map(|cursor| format!("&cursor={}", escaped(cursor)));
        let cursor = cursor.unwrap_or_default();
        Some(match inquiry.witness {
            Witness::Open => format!("/orders/by_client_id/{cid}"),
            Witness::History => format!("/orders-history?market={market}&client_id={cid}{cursor}"),
            Witness::Fills => {
                let since = inquiry.ended.as_ref().and_then(|end| end.since);
                let before = i64::try_from(BEFORE.as_millis()).unwrap_or(0);
                let since = since.map(|at| format!("&start_at={}", (at.millis() - before).max(0)));
                format!("/fills?market={market}&page_size=100{}{cursor}", since.unwrap_or_default())
            }
        })
    }
}

impl ParadexSession {
    pub(super) fn ask_order(&mut self, now: Now, cid: ClientOrderId, out: &mut Outbox) {
        self.inquiries.last += 1;
        let number = self.inquiries.last;
        let inquiry = Inquiry {
            cid,
            witness: Witness::Open,
            cursor: None,
            pages: 0,
            unheard: None,
            ended: None,
            executed: Qty::ZERO,
        };
        self.inquiries.open.insert(number, inquiry);
        self.request(now, Ask::Order(number), out);
    }

    /// A witness could not be heard. What an earlier one proved still counts.
    pub(super) fn order_unanswered(&mut self, number: u64, asked: Mono, cause: &str, out: &mut Outbox) {
        let Some(inquiry) = self.inquiries.open.remove(&number) else { return };
        let cid = inquiry.cid;
        let answer = inquiry.ended.map_or_else(|| OrderAnswer::Failed(cause.to_owned()), End::answer);
        out.report(VenueReport::OrderAnswer { cid, asked, answer });
    }

    /// The answer of a witness.
    pub(super) fn order_answer(
        &mut self,
        now: Now,
        number: u64,
        asked: Mono,
        reply: &HttpReply,
        out: &mut Outbox,
    ) {
        let Some(mut inquiry) = self.inquiries.open.get(&number).cloned() else { return };
        if reply.status == 401 {
            self.later(now, Duration::ZERO, Ask::Auth);
        }
        let step = match inquiry.witness {
            Witness::Open => self.hear_open(&mut inquiry, reply),
            Witness::History => self.hear_history(&mut inquiry, reply),
            Witness::Fills => self.hear_fills(now, &mut inquiry, reply, out),
        };
        match step {
            Err(cause) => return self.order_unanswered(number, asked, &cause, out),
            Ok(Step::Answer(answer)) => {
                self.inquiries.open.remove(&number);
                return out.report(VenueReport::OrderAnswer { cid: inquiry.cid, asked, answer });
            }
            Ok(Step::Ask(witness)) => {
                (inquiry.witness, inquiry.cursor, inquiry.pages) = (witness, None, 0);
            }
            Ok(Step::NextPage(cursor)) => inquiry.cursor = Some(cursor),
        }
        self.inquiries.open.insert(number, inquiry);
        self.request_dated(now, asked, Ask::Order(number), out);
    }

    fn hear_open(&mut self, inquiry: &mut Inquiry, reply: &HttpReply) -> Result<Step, String> {
        let error = wire::rest_error(&reply.body);
        match reply.status {
            200 => {
                let orders = wire::orders(&reply.body).map_err(|cause| cause.to_string())?;
                Ok(self.find(inquiry, &orders)?.unwrap_or(Step::Ask(Witness::History)))
            }
            400 | 404 => {
                if !error.error.contains("NOT_FOUND") {
                    inquiry.unheard = Some(rejects::of_rest(reply.status, &error).to_string());
                }
                Ok(Step::Ask(Witness::History))
            }
            status => Err(rejects::of_rest(status, &error).to_string()),
        }
    }

    fn hear_history(&mut self, inquiry: &mut Inquiry, reply: &HttpReply) -> Result<Step, String> {
        let page = read(reply, wire::order_page)?;
        if let Some(step) = self.find(inquiry, &page.rows)? {
            return Ok(step);
        }
        inquiry.pages += 1;
        match page.next {
            None => Ok(Step::Ask(Witness::Fills)),
            Some(_) if inquiry.pages >= PAGES => Err("the history of one order does not end".to_owned()),
            Some(cursor) => Ok(Step::NextPage(cursor)),
        }
    }

    /// Looks for the order in a list.
    fn find(&mut self, inquiry: &mut Inquiry, orders: &[OrderView]) -> Result<Option<Step>, String> {
        let cid = inquiry.cid;
        let ours = |view: &&OrderView| ClientOrderId::from_text(&view.client_id) == Some(cid);
        let Some(view) = orders.iter().find(ours) else { return Ok(None) };
        if !self.is_ours(&view.account) {
            return Err("the answer is for another account".to_owned());
        }
        if !view.closed {
            return Ok(Some(Step::Answer(OrderAnswer::Working { filled: view.filled })));
        }
        self.end(cid);
        let end =
            End { filled: view.filled, average: view.average, reason: end_reason(view), since: view.created };
        if view.filled == self.told(cid) {
            return Ok(Some(Step::Answer(end.answer())));
        }
        inquiry.ended = Some(end);
        Ok(Some(Step::Ask(Witness::Fills)))
    }

    /// Tells the order's fills. Of an order without a record the newest page is enough: the history covers all but what
    /// happened just now.
    fn hear_fills(
        &mut self,
        now: Now,
        inquiry: &mut Inquiry,
        reply: &HttpReply,
        out: &mut Outbox,
    ) -> Result<Step, String> {
        let page: Page<FillView> = read(reply, wire::fill_page)?;
        let cid = inquiry.cid;
        for view in page.rows.iter().filter(|view| ClientOrderId::from_text(&view.client_id) == Some(cid)) {
            inquiry.executed = inquiry.executed + view.qty;
            self.fill_news(now, view, out);
        }
        inquiry.pages += 1;
        match (&inquiry.ended, page.next) {
            (Some(end), Some(cursor)) if inquiry.executed < end.filled && inquiry.pages < PAGES => {
                Ok(Step::NextPage(cursor))
            }
            (Some(end), _) => Ok(Step::Answer(end.clone().answer())),
            // It lived, so it is not "not found"; the record of its end will come.
            (None, _) if inquiry.executed.is_positive() => {
                Ok(Step::Answer(OrderAnswer::Working { filled: inquiry.executed }))
            }
            (None, _) => match inquiry.unheard.take() {
                Some(cause) => Err(cause),
                None => Ok(Step::Answer(OrderAnswer::NotFound)),
            },
        }
    }
}

impl End {
    fn answer(self) -> OrderAnswer {
        OrderAnswer::Ended { filled: self.filled, average: self.average, reason: self.reason }
    }
}

fn read<T>(
    reply: &HttpReply,
    page: impl Fn(&[u8]) -> Result<Page<T>, wire::WireError>,
) -> Result<Page<T>, String> {
    match reply.status {
        200 => page(&reply.body).map_err(|cause| cause.to_string()),
        status => Err(rejects::of_rest(status, &wire::rest_error(&reply.body)).to_string()),
    }
}
