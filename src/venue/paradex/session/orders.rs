//! Orders of ours: sent once, followed until they end (paradex.md 4, 6; laws R1, R5, R7).

use super::signing::SignedOrder;
use super::streams::Rpc;
use super::{PRIVATE, ParadexSession};
use crate::domain::{ClientOrderId, Now, OrderIntent, Purpose, Qty, Side, TradeKey};
use crate::venue::paradex::rejects;
use crate::venue::paradex::wire::{self, Answer, OrderView, RpcRequest};
use crate::venue::{AheadNews, Outbox, Output, Reaction, Refusal, VenueReport};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of an order of this session.
#[derive(Clone, Debug)]
pub struct OwnOrder {
    pub(super) side: Side,
    /// The venue said it ended.
    pub(super) ended: bool,
    /// Fills told, each once.
    pub(super) fills: BTreeMap<TradeKey, Qty>,
}

impl OwnOrder {
    fn new(side: Side) -> Self {
        Self { side, ended: false, fills: BTreeMap::new() }
    }
}

/// An order that left, before it is noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Departed {
    id: u64,
    cid: ClientOrderId,
    side: Side,
    at: Now,
    news: AheadNews,
}

/// Ended orders that are kept.
const KEPT: usize = 128;

impl ParadexSession {
    /// Sends an order. What has to be noted about it is noted with the next input, which is due at once: nothing that the
    /// order does not need comes before its way out.
    pub(super) fn submit(&mut self, now: Now, intent: &OrderIntent, out: &mut Outbox) {
        let age_ms = match self.look(now, intent) {
            Ok(age_ms) => age_ms,
            Err(refusal) => return out.report(VenueReport::OrderRefused { cid: intent.cid, refusal }),
        };
        let (id, text, news) = if let Some((id, text)) = self.take_ready(intent, age_ms) {
            (id, text, AheadNews::Used)
        } else {
            let Some(SignedOrder { timestamp_ms, signature, valid_for }) = self.sign_order(now, intent)
            else {
                let refusal = not_sent("the order cannot be signed");
                return out.report(VenueReport::OrderRefused { cid: intent.cid, refusal });
            };
            let id = self.free_rpc_id();
            let dated = OrderIntent { valid_for, ..*intent };
            let text = wire::order_create(id, &dated, &self.config.market, timestamp_ms, &signature);
            (id, text, AheadNews::Missed)
        };
        out.push(Output::Text(PRIVATE, text));
        self.departed = Some(Departed { id, cid: intent.cid, side: intent.side, at: now, news });
    }

    /// Notes the order that left with the last input. Comes before anything else is looked at.
    pub(super) fn note_departed(&mut self, out: &mut Outbox) {
        let Some(Departed { id, cid, side, at, news }) = self.departed.take() else { return };
        self.rpc.insert(id, Rpc::Create(cid));
        self.sent.insert(cid);
        self.orders.insert(cid, OwnOrder::new(side));
        self.forget_oldest();
        out.push(Output::Ahead(news));
        if let Some(desk) = &mut self.desk {
            desk.rest_after_order(at);
        }
        self.note_sent(at, out);
    }

    /// Looks at everything that keeps an order from leaving, and then at what is ready for it: the age of an order that was
    /// signed ahead. Not inlined: what a rehearsal looks at is then what the order finds in the caches.
    #[inline(never)]
    pub(super) fn look(&self, now: Now, intent: &OrderIntent) -> Result<Option<u64>, Refusal> {
        self.may_send(now, intent)?;
        Ok(self.age_of_ready(now, intent))
    }

    /// Closing is never held back by a quota.
    fn may_send(&self, now: Now, intent: &OrderIntent) -> Result<(), Refusal> {
        if self.sent.contains(intent.cid) {
            return Err(not_sent("an order of this id was sent before"));
        }
        if !self.ready {
            return Err(not_sent("the private connection is not ready"));
        }
        if intent.purpose == Purpose::Open && self.quota.opening(now.mono).is_err() {
            let text = "our part of the account's order quota is used up".to_owned();
            return Err(Refusal { code: "order quota".to_owned(), text, reaction: Reaction::BackOff });
        }
        Ok(())
    }

    /// Orders whose end is known are kept for late news, so many of them.
    fn forget_oldest(&mut self) {
        if self.orders.len() > KEPT
            && let Some(oldest) = self.orders.iter().find(|(_, order)| order.ended).map(|(cid, _)| *cid)
        {
            self.orders.remove(&oldest);
        }
    }

    fn note_sent(&mut self, now: Now, out: &mut Outbox) {
        self.quota.note(now.mono);
        self.tell_quota(now, out);
    }

    pub(super) fn tell_quota(&mut self, now: Now, out: &mut Outbox) {
        // Also for less than a second: an opening that only this venue refuses costs the other leg's way there and back.
        if let Err(until) = self.quota.opening(now.mono) {
            let seconds = until.since(now.mono).as_secs() + 1;
            self.trading.quota =
                Some((format!("order quota of the account, next opening in {seconds} s"), until));
            self.tell_trading(now, out);
        }
    }

    pub(super) fn cancel(&mut self, now: Now, cid: ClientOrderId, out: &mut Outbox) {
        if !self.signed_in || self.orders.get(&cid).is_some_and(|order| order.ended) {
            return;
        }
        let (client_id, market) = (cid.to_string(), self.config.market.clone());
        let request = RpcRequest::Cancel { client_id: &client_id, market: &market };
        self.send_rpc(PRIVATE, Rpc::Cancel(cid), &request, out);
        self.note_sent(now, out);
    }

    pub(super) fn create_answered(
        &mut self,
        now: Now,
        cid: ClientOrderId,
        answer: Answer<'_>,
        out: &mut Outbox,
    ) {
        match answer {
            Answer::Result(_) => out.report(VenueReport::OrderAcked { cid }),
            Answer::Error(error) => {
                let refusal = rejects::of_rpc(&error);
                if rejects::proves_nothing(&error) {
                    return out.report(VenueReport::OrderUnknown { cid, cause: refusal.to_string() });
                }
                if refusal.reaction == Reaction::Reauthenticate {
                    // A new connection begins with a new token; this one would only refuse again.
                    self.later(now, Duration::ZERO, super::Ask::Auth);
                    out.push(Output::Close(PRIVATE));
                }
                if refusal.reaction == Reaction::VenueClosed {
                    // The state was read a while ago: what follows should know it.
                    self.later(now, Duration::ZERO, super::Ask::State);
                }
                self.end(cid);
                out.report(VenueReport::OrderRefused { cid, refusal });
            }
        }
    }

    /// What the fills told so far add up to.
    pub(super) fn told(&self, cid: ClientOrderId) -> Qty {
        self.orders.get(&cid).map(|order| order.fills.values().copied().sum()).unwrap_or_default()
    }

    pub(super) fn end(&mut self, cid: ClientOrderId) {
        if let Some(order) = self.orders.get_mut(&cid) {
            order.ended = true;
        }
    }

    /// News of an order, from either encoding.
    pub(super) fn order_news(&mut self, view: &OrderView, out: &mut Outbox) {
        let Some(cid) = ClientOrderId::from_text(&view.client_id) else { return };
        if view.market != self.config.market || !view.closed {
            return;
        }
        self.end(cid);
        let refused = rejects::of_cancel_reason(&view.cancel_reason).filter(|_| view.filled.is_zero());
        out.report(match refused {
            Some(refusal) => VenueReport::OrderRefused { cid, refusal },
            None => VenueReport::OrderEnded {
                cid,
                filled: view.filled,
                average: view.average,
                reason: end_reason(view),
            },
        });
    }

    /// The private connection is gone: whatever has not ended may have done anything.
    pub(super) fn orders_cut(&mut self, cause: &str, out: &mut Outbox) {
        for (cid, _) in self.orders.iter().filter(|(_, order)| !order.ended) {
            out.report(VenueReport::OrderUnknown { cid: *cid, cause: cause.to_owned() });
        }
    }
}

/// The venue's word for the end, or what the sizes say.
pub(super) fn end_reason(view: &OrderView) -> String {
    if view.cancel_reason.is_empty() { "closed".to_owned() } else { view.cancel_reason.clone() }
}

fn not_sent(text: &str) -> Refusal {
    Refusal { code: "not sent".to_owned(), text: text.to_owned(), reaction: Reaction::NotSent }
}

#[cfg(test)]
mod tests {
    use super::super::signing::tests::{at, intent, session};
    use super::*;
    use crate::venue::paradex::quota::OrderQuota;
    use crate::venue::{Input, Session, TradingState, VenueCommand};

    fn told(session: &mut ParadexSession, ms: u64, input: Input<'_>) -> Vec<TradingState> {
        let mut out = Outbox::default();
        session.handle(at(ms), input, &mut out);
        let state = |output| match output {
            Output::Report(VenueReport::Trading(state)) => Some(state),
            _ => None,
        };
        out.drain().filter_map(state).collect()
    }

    #[test]
    fn a_quota_that_is_full_for_part_of_a_second_keeps_the_other_leg_from_opening_too() {
        let mut session = session();
        session.quota = OrderQuota::new(true);
        assert!(told(&mut session, 1, Input::Wake).iter().all(|state| *state == TradingState::Open));
        for number in 1..=3 {
            let cid = ClientOrderId::from_number(number).expect("in range");
            let submit = VenueCommand::Submit(OrderIntent { cid, ..intent() });
            assert_eq!(told(&mut session, 10, Input::Command(submit)), [], "order {number}");
        }
        let closing = told(&mut session, 11, Input::Wake);
        assert!(matches!(closing[..], [TradingState::ClosingOnly(_)]), "{closing:?}");
        let due = session.deadline().expect("the end of it");
        assert!(due <= at(1_010).mono, "{due:?}");
        assert_eq!(told(&mut session, 1_011, Input::Wake), [TradingState::Open]);
    }
}
