//! The truth about one order, from the strongest witness to the weakest: the transaction and its verdict, the order record,
//! the list of ended orders, the executions (lighter.md 6.2).
//!
//! Every question carries the date of the first (law R2). "Not found" means that no witness knew the order; whether that is
//! final is for the coordinator to judge by the order's validity. An order of a process that is gone has no transaction hash
//! here: it is asked for by its id, and its executions are told on the way. Lists are read newest first, until the order is
//! found, the list ends, or an own order of an earlier cycle comes by: ids of one ledger rise with time.

use super::super::rejects;
use super::super::wire::container::{self, Rows};
use super::super::wire::order::{Life, OrderRecord};
use super::super::wire::reply::ApiError;
use super::super::wire::trade::Trade;
use super::super::wire::transaction::{TransactionRecord, Verdict};
use super::LighterSession;
use super::own_orders::End;
use super::questions::Question;
use crate::domain::{ClientOrderId, Mono, Now, Price, Qty, Usd};
use crate::venue::http::{HttpFailure, HttpReply};
use crate::venue::{OrderAnswer, Outbox, VenueReport};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;

/// One question of the coordinator on its way from witness to witness.
#[derive(Debug)]
pub struct Inquiry {
    cid: ClientOrderId,
    asked: Mono,
    witness: Witness,
    /// The sequencer accepted the order: it exists or existed, whatever the other witnesses do not know yet.
    accepted: bool,
    /// The order has ended so, but executions are still missing here.
    ended: Option<End>,
    /// The venue's number of the order.
    number: Option<u64>,
    /// Where the witness's list goes on, and how many pages of it were read.
    cursor: Option<String>,
    pages: usize,
    /// Its executions so far.
    executed: (Qty, Usd),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Witness {
    Transaction,
    Record,
    EndedOrders,
    Trades,
}

#[derive(Deserialize)]
struct OrderList {
    #[serde(default)]
    orders: Option<Box<RawValue>>,
    #[serde(default)]
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct TradeList {
    #[serde(default)]
    trades: Option<Box<RawValue>>,
    #[serde(default)]
    next_cursor: Option<String>,
}

/// Pages read of one list at most: requests are few, and the look-up by id covers what is older.
const PAGES: usize = 5;

/// How long after its validity an accepted order without a record is judged by its executions alone.
const RECORDS_WITHIN: Duration = Duration::from_secs(5);

/// What one witness said.
enum Testimony {
    /// The answer is known.
    Answer(OrderAnswer),
    /// Ask the next one.
    Next(Witness),
    /// It has more to say.
    More(String),
}

use Testimony::{Answer, More, Next};

impl LighterSession {
    pub(super) fn ask_order(&mut self, now: Now, cid: ClientOrderId, out: &mut Outbox) {
        if let Some(End { filled, average, reason }) = self.orders.proven_end(cid) {
            let answer = OrderAnswer::Ended { filled, average, reason };
            return out.report(VenueReport::OrderAnswer { cid, asked: now.mono, answer });
        }
        let witness = match self.orders.sent_as(cid) {
            Some(_) => Witness::Transaction,
            None => Witness::Record,
        };
        let inquiry = Inquiry {
            cid,
            asked: now.mono,
            witness,
            accepted: false,
            ended: None,
            number: None,
            cursor: None,
            pages: 0,
            executed: Default::default(),
        };
        self.question(now, inquiry, out);
    }

    /// Puts the question to the inquiry's present witness.
    fn question(&mut self, now: Now, inquiry: Inquiry, out: &mut Outbox) {
        let Some(market) = self.market.as_ref().map(|market| market.id) else {
            return answer(
                &inquiry,
                OrderAnswer::Failed("Lighter's market is not loaded yet".to_owned()),
                out,
            );
        };
        let (cid, cursor) = (inquiry.cid, inquiry.cursor.as_deref());
        let number = self.inquiries.last_key_value().map_or(1, |(last, _)| last + 1);
        let question = Question::Order(number);
        let asked = match inquiry.witness {
            Witness::Transaction => {
                let url = self.orders.sent_as(cid).map(|(hash, _)| self.addresses.transaction(hash));
                url.map_or(Ok(()), |url| self.ask(now, question, url, out))
            }
            Witness::Record => self.ask_privately(now, question, self.addresses.order(cid), out),
            Witness::EndedOrders => {
                self.ask_privately(now, question, self.addresses.ended_orders(market, cursor), out)
            }
            Witness::Trades => {
                let url = self.addresses.trades(market, inquiry.number, cursor);
                self.ask_privately(now, question, url, out)
            }
        };
        match asked {
            Ok(()) => {
                self.inquiries.insert(number, inquiry);
            }
            Err(cause) => self.conclude_without(now, &inquiry, cause, out),
        }
    }

    /// The answer of a witness.
    pub(super) fn order_answered(
        &mut self,
        now: Now,
        number: u64,
        reply: Result<HttpReply, HttpFailure>,
        out: &mut Outbox,
    ) {
        let Some(mut inquiry) = self.inquiries.remove(&number) else { return };
        let testimony = match inquiry.witness {
            Witness::Transaction => {
                let read = self.read(now, reply);
                self.hear_transaction(now, &mut inquiry, read)
            }
            Witness::Record => {
                let read = self.read(now, reply);
                self.hear_orders(&mut inquiry, read, Witness::EndedOrders)
            }
            Witness::EndedOrders => {
                let read = self.read(now, reply);
                self.hear_orders(&mut inquiry, read, Witness::Trades)
            }
            Witness::Trades => {
                let read = self.read(now, reply);
                self.hear_trades(now, &mut inquiry, read, out)
            }
        };
        match testimony {
            Ok(Answer(said)) => self.conclude(now, &inquiry, said, out),
            Ok(Next(witness)) => {
                self.question(now, Inquiry { witness, cursor: None, pages: 0, ..inquiry }, out);
            }
            Ok(More(cursor)) => {
                let pages = inquiry.pages + 1;
                self.question(now, Inquiry { cursor: Some(cursor), pages, ..inquiry }, out);
            }
            Err(cause) => self.conclude_without(now, &inquiry, cause, out),
        }
    }

    fn hear_transaction(
        &mut self,
        now: Now,
        inquiry: &mut Inquiry,
        read: Result<TransactionRecord, ApiError>,
    ) -> Result<Testimony, String> {
        let record = match read {
            Ok(record) => record,
            // Not found before the end of its validity is no proof of absence; the others are asked, too.
            Err(ApiError::Refused { code, message }) if knows_no_such_thing(code, &message) => {
                return Ok(Next(Witness::Record));
            }
            Err(error) => return Err(error.to_string()),
        };
        let is_ours = self.orders.sent_as(inquiry.cid).is_some_and(|(hash, _)| record.is(hash));
        if !is_ours {
            return Err("Lighter answered with another transaction".to_owned());
        }
        Ok(match record.verdict() {
            // Long after its validity it will not be executed any more, whatever the record still says.
            Verdict::Pending if self.is_long_dead(now, inquiry.cid) => Next(Witness::Record),
            Verdict::Pending => Answer(OrderAnswer::Working { filled: self.orders.filled(inquiry.cid) }),
            Verdict::Refused(refused) => Answer(nothing_filled(rejects::refusal(&refused).to_string())),
            Verdict::Failed => {
                self.nonce_lost(now);
                Answer(nothing_filled("the transaction failed at the sequencer".to_owned()))
            }
            Verdict::Accepted => {
                inquiry.accepted = true;
                Next(Witness::Record)
            }
            Verdict::Undecided => Next(Witness::Record),
        })
    }

    fn hear_orders(
        &self,
        inquiry: &mut Inquiry,
        read: Result<OrderList, ApiError>,
        next: Witness,
    ) -> Result<Testimony, String> {
        let (list, cursor): (Rows<OrderRecord>, _) = match read {
            Ok(OrderList { orders, next_cursor }) => {
                (orders.as_deref().map(container::rows).unwrap_or_default(), next_cursor)
            }
            Err(ApiError::Refused { code, message })
                if next != Witness::Trades && knows_no_such_thing(code, &message) =>
            {
                return Ok(Next(next));
            }
            Err(error) => return Err(error.to_string()),
        };
        let Some(record) = list.rows.iter().find(|record| record.cid == Some(inquiry.cid)) else {
            if list.unreadable > 0 {
                return Err("an order record could not be read".to_owned());
            }
            let passed = list
                .rows
                .iter()
                .filter_map(|record| record.cid)
                .any(|cid| is_of_earlier_cycle(cid, inquiry.cid));
            return Ok(further(cursor, inquiry.pages, passed).map_or(Next(next), More));
        };
        let account = self.config.slot.account();
        if record.owner.is_some_and(|owner| owner != account) {
            return Err(format!("Lighter answered with an order of another account than {account}"));
        }
        match record.life() {
            Life::Alive => Ok(Answer(OrderAnswer::Working { filled: record.filled })),
            Life::Unclear => {
                Err(format!("Lighter calls the order {:?}, which proves nothing", record.status))
            }
            Life::Ended => {
                (inquiry.ended, inquiry.number) = (Some(End::from(record)), record.order_index);
                let told = record.filled == self.orders.filled(inquiry.cid);
                Ok(if told { Answer(ended(End::from(record))) } else { Next(Witness::Trades) })
            }
        }
    }

    fn hear_trades(
        &mut self,
        now: Now,
        inquiry: &mut Inquiry,
        read: Result<TradeList, ApiError>,
        out: &mut Outbox,
    ) -> Result<Testimony, String> {
        let TradeList { trades, next_cursor } = read.map_err(|error| error.to_string())?;
        let trades: Rows<Trade> = trades.as_deref().map(container::rows).unwrap_or_default();
        self.executions(inquiry, &trades.rows, out);
        let (filled, value) = inquiry.executed;
        let account = self.config.slot.account();
        let fills = trades.rows.iter().flat_map(|trade| trade.fills_of(account));
        let passed = fills.into_iter().any(|fill| is_of_earlier_cycle(fill.cid, inquiry.cid))
            || inquiry.ended.as_ref().is_some_and(|end| end.filled <= filled);
        if let Some(cursor) = further(next_cursor, inquiry.pages, passed) {
            return Ok(More(cursor));
        }
        if let Some(end) = inquiry.ended.take() {
            return Ok(Answer(ended(end)));
        }
        if trades.unreadable > 0 {
            return Err("an execution could not be read".to_owned());
        }
        let average = Price::average(value, filled);
        let executed = End { filled, average, reason: "by its executions".to_owned() };
        if executed.filled.is_zero() {
            let unknown = "Lighter accepted the order but shows no record of it yet".to_owned();
            return if inquiry.accepted { Err(unknown) } else { Ok(Answer(OrderAnswer::NotFound)) };
        }
        if self.is_long_dead(now, inquiry.cid) {
            Ok(Answer(ended(executed)))
        } else {
            Err("executions found, but no order record yet".to_owned())
        }
    }

    /// Whether the order's validity ended so long ago that every record of it must be there. One of another process was sent
    /// before this session began.
    fn is_long_dead(&self, now: Now, cid: ClientOrderId) -> bool {
        let sent_here = self.orders.sent_as(cid).map(|(_, dead_at)| dead_at);
        let dead_at = sent_here.unwrap_or_else(|| self.born.after(self.config.timing.valid_for_max));
        now.mono >= dead_at.after(RECORDS_WITHIN)
    }

    /// Tells the executions of the order and adds them up.
    fn executions(&mut self, inquiry: &mut Inquiry, trades: &[Trade], out: &mut Outbox) {
        let account = self.config.slot.account();
        let (filled, value) = &mut inquiry.executed;
        for trade in trades {
            for fill in trade.fills_of(account).iter().filter(|fill| fill.cid == inquiry.cid) {
                *filled = *filled + fill.qty;
                *value = *value + fill.price.notional(fill.qty);
                self.orders.traded(account, trade, out);
            }
        }
    }

    fn conclude(&mut self, now: Now, inquiry: &Inquiry, said: OrderAnswer, out: &mut Outbox) {
        if let OrderAnswer::Ended { filled, average, reason } = &said {
            let end = End { filled: *filled, average: *average, reason: reason.clone() };
            self.orders.ended(inquiry.cid, &end);
        }
        // Sent, and nobody knows it: its nonce was never spent, and unless it was read since, every later one leaves a gap.
        let is_current = self.orders.nonce_epoch(inquiry.cid) == Some(self.nonce.epoch());
        if said == OrderAnswer::NotFound && is_current {
            self.nonce_lost(now);
        }
        answer(inquiry, said, out);
    }

    /// A witness could not be heard. What an earlier one proved still counts.
    fn conclude_without(&mut self, now: Now, inquiry: &Inquiry, cause: String, out: &mut Outbox) {
        let said = inquiry.ended.clone().map_or(OrderAnswer::Failed(cause), ended);
        self.conclude(now, inquiry, said, out);
    }
}

/// Where a list goes on, unless what matters has been `passed` or enough was read.
fn further(cursor: Option<String>, pages: usize, passed: bool) -> Option<String> {
    cursor.filter(|cursor| !cursor.is_empty() && !passed && pages + 1 < PAGES)
}

/// Whether `other` was made by the same ledger in an earlier cycle than `cid`.
fn is_of_earlier_cycle(other: ClientOrderId, cid: ClientOrderId) -> bool {
    match (other.cycle(), cid.cycle()) {
        (Some(other), Some(asked)) => other.ledger() == asked.ledger() && other.count() < asked.count(),
        _ => false,
    }
}

/// Codes that deny the thing asked for: no such transaction, no such order (as a parameter of the question), not found.
/// Any other refusal is about the question and proves nothing about the order.
fn knows_no_such_thing(code: i64, message: &str) -> bool {
    match code {
        21_500 | 21_700 | 29_404 => true,
        // The same code is given to a question without a token.
        20_001 => !message.contains("auth"),
        _ => false,
    }
}

fn answer(inquiry: &Inquiry, said: OrderAnswer, out: &mut Outbox) {
    out.report(VenueReport::OrderAnswer { cid: inquiry.cid, asked: inquiry.asked, answer: said });
}

fn ended(End { filled, average, reason }: End) -> OrderAnswer {
    OrderAnswer::Ended { filled, average, reason }
}

fn nothing_filled(reason: String) -> OrderAnswer {
    OrderAnswer::Ended { filled: Qty::ZERO, average: None, reason }
}
