//! What this session knows of its own orders: the reports they gave rise to, each told once.
//!
//! Messages about one order come in any order and more than once: the answer to the send, executions, the record of its end,
//! the sequencer's verdict. Whatever the order, the same executions and the same end are reported.

use super::super::nonce::Epoch;
use super::super::wire::order::{Life, OrderRecord};
use super::super::wire::trade::Trade;
use crate::domain::{ClientOrderId, Mono, Price, Qty, TradeKey, Venue};
use crate::venue::sent_ids::SentIds;
use crate::venue::{Outbox, Refusal, VenueReport};
use std::collections::BTreeMap;

/// Own orders by id.
#[derive(Debug, Default)]
pub struct OwnOrders {
    /// Every id ever signed in this session (law R5).
    signed: SentIds,
    known: BTreeMap<ClientOrderId, OwnOrder>,
    /// Those of them without an end, a few at most, and when they are dead: asked for with every frame.
    unfinished: Vec<(ClientOrderId, Mono)>,
}

#[derive(Debug)]
struct OwnOrder {
    hash: String,
    /// When the venue can no longer execute it.
    dead_at: Mono,
    /// The doubts about the nonce counter that came before it.
    nonce_epoch: Epoch,
    stage: Stage,
    fills: BTreeMap<TradeKey, Qty>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    Sent,
    Acked,
    Doubtful(String),
    Refused(Refusal),
    Ended(End),
}

/// How an order ended, in the venue's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Cumulative filled size.
    pub filled: Qty,
    /// Volume weighted fill price.
    pub average: Option<Price>,
    /// The venue's word.
    pub reason: String,
}

impl From<&OrderRecord> for End {
    fn from(record: &OrderRecord) -> Self {
        Self { filled: record.filled, average: record.average(), reason: record.status.clone() }
    }
}

/// Orders whose end is known are kept for late messages, this many of them.
const KEPT: usize = 128;

impl OwnOrders {
    /// Whether an order with this id was signed before.
    pub fn was_signed(&self, cid: ClientOrderId) -> bool {
        self.signed.contains(cid)
    }

    /// An order is about to leave.
    pub fn sent(&mut self, cid: ClientOrderId, hash: String, dead_at: Mono, nonce_epoch: Epoch) {
        self.signed.insert(cid);
        let order = OwnOrder { hash, dead_at, nonce_epoch, stage: Stage::Sent, fills: BTreeMap::new() };
        self.known.insert(cid, order);
        self.unfinished.push((cid, dead_at));
        self.forget_oldest();
    }

    /// Says again what is known of an order whose id was submitted a second time; nothing is sent for it.
    pub fn repeat(&self, cid: ClientOrderId, out: &mut Outbox) {
        out.report(match self.known.get(&cid).map(|order| &order.stage) {
            Some(Stage::Ended(end)) => ended(cid, end),
            Some(Stage::Refused(refusal)) => VenueReport::OrderRefused { cid, refusal: refusal.clone() },
            Some(Stage::Sent | Stage::Acked | Stage::Doubtful(_)) | None => VenueReport::OrderUnknown {
                cid,
                cause: "this order was already sent and is not sent again".to_owned(),
            },
        });
    }

    /// The venue took it. Told once, and not after its end.
    pub fn acked(&mut self, cid: ClientOrderId, out: &mut Outbox) {
        if let Some(order) = self.known.get_mut(&cid)
            && matches!(order.stage, Stage::Sent | Stage::Doubtful(_))
        {
            order.stage = Stage::Acked;
            out.report(VenueReport::OrderAcked { cid });
        }
    }

    /// The venue refused it, for good.
    pub fn refused(&mut self, cid: ClientOrderId, refusal: Refusal, out: &mut Outbox) {
        if let Some(order) = self.known.get_mut(&cid)
            && !order.is_final()
        {
            order.stage = Stage::Refused(refusal.clone());
            self.unfinished.retain(|(open, _)| *open != cid);
            out.report(VenueReport::OrderRefused { cid, refusal });
        }
    }

    /// Its fate is unknown now.
    pub fn doubt(&mut self, cid: ClientOrderId, cause: &str, out: &mut Outbox) {
        if let Some(order) = self.known.get_mut(&cid)
            && matches!(order.stage, Stage::Sent | Stage::Acked)
        {
            order.stage = Stage::Doubtful(cause.to_owned());
            out.report(VenueReport::OrderUnknown { cid, cause: cause.to_owned() });
        }
    }

    /// The account stream is gone: the end of any unfinished order may be missed.
    pub fn doubt_all(&mut self, cause: &str, out: &mut Outbox) {
        let unfinished: Vec<_> =
            self.known.iter().filter(|(_, order)| !order.is_final()).map(|(cid, _)| *cid).collect();
        unfinished.into_iter().for_each(|cid| self.doubt(cid, cause, out));
    }

    /// Executions of `account` in a trade; each is told once.
    pub fn traded(&mut self, account: u64, trade: &Trade, out: &mut Outbox) {
        for fill in trade.fills_of(account) {
            let news = match self.known.get_mut(&fill.cid) {
                Some(order) => order.fills.insert(fill.key, fill.qty).is_none(),
                None => true,
            };
            if news {
                out.report(VenueReport::Filled(fill));
            }
        }
    }

    /// An order record of the account stream. Only ends are told; the same end once, a contradicting one again.
    pub fn recorded(&mut self, record: &OrderRecord, out: &mut Outbox) {
        let (Some(cid), Life::Ended) = (record.cid, record.life()) else { return };
        let end = End::from(record);
        if self.ended(cid, &end) {
            out.report(ended(cid, &end));
        }
    }

    /// Notes an end; false when it was known already.
    pub fn ended(&mut self, cid: ClientOrderId, end: &End) -> bool {
        let Some(order) = self.known.get_mut(&cid) else { return true };
        let known = matches!(&order.stage, Stage::Ended(earlier) if earlier.filled == end.filled);
        if !known {
            order.stage = Stage::Ended(end.clone());
            self.unfinished.retain(|(open, _)| *open != cid);
        }
        !known
    }

    /// Whether an id is one of ours: sent here, or of the form that only our ledgers make.
    pub fn is_own(&self, cid: ClientOrderId) -> bool {
        self.signed.contains(cid) || (cid.cycle().is_some() && cid.venue() == Venue::Lighter)
    }

    /// Whether an order was sent here and is still remembered.
    pub fn knows(&self, cid: ClientOrderId) -> bool {
        self.known.contains_key(&cid)
    }

    /// The sum of the executions seen so far.
    pub fn filled(&self, cid: ClientOrderId) -> Qty {
        self.known.get(&cid).map(|order| order.fills.values().copied().sum()).unwrap_or_default()
    }

    /// The end, when it is known and the executions add up to it (law R7): then there is nothing to ask.
    pub fn proven_end(&self, cid: ClientOrderId) -> Option<End> {
        match &self.known.get(&cid)?.stage {
            Stage::Ended(end) if end.filled == self.filled(cid) => Some(end.clone()),
            Stage::Refused(refusal) if self.filled(cid).is_zero() => {
                Some(End { filled: Qty::ZERO, average: None, reason: refusal.to_string() })
            }
            _ => None,
        }
    }

    /// Hash and end of validity of an order sent in this session.
    pub fn sent_as(&self, cid: ClientOrderId) -> Option<(&str, Mono)> {
        self.known.get(&cid).map(|order| (order.hash.as_str(), order.dead_at))
    }

    /// The doubts about the nonce counter that came before an order; `None` for one that was not sent here.
    pub fn nonce_epoch(&self, cid: ClientOrderId) -> Option<Epoch> {
        self.known.get(&cid).map(|order| order.nonce_epoch)
    }

    /// The order a transaction belongs to.
    pub fn by_hash(&self, hash: &str) -> Option<ClientOrderId> {
        self.known.iter().find(|(_, order)| order.hash == hash).map(|(cid, _)| *cid)
    }

    /// When the last unfinished order is dead at the venue; zero without any.
    pub fn quiet_at(&self) -> Mono {
        self.unfinished.iter().map(|(_, dead_at)| *dead_at).max().unwrap_or_default()
    }

    fn forget_oldest(&mut self) {
        if self.known.len() > KEPT {
            let oldest = self
                .known
                .iter()
                .filter(|(_, order)| order.is_final())
                .min_by_key(|(_, order)| order.dead_at);
            if let Some(cid) = oldest.map(|(cid, _)| *cid) {
                self.known.remove(&cid);
            }
        }
    }
}

impl OwnOrder {
    fn is_final(&self) -> bool {
        matches!(self.stage, Stage::Refused(_) | Stage::Ended(_))
    }
}

fn ended(cid: ClientOrderId, end: &End) -> VenueReport {
    let End { filled, average, reason } = end.clone();
    VenueReport::OrderEnded { cid, filled, average, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::{Output, Reaction};
    use proptest::prelude::*;

    const ACCOUNT: u64 = 10;

    fn cid(number: u64) -> ClientOrderId {
        ClientOrderId::from_number(number).expect("in range")
    }

    fn trade(id: u64, size: &str) -> Trade {
        let text = format!(
            r#"{{"trade_id":{id},"size":"{size}","price":"80000","usd_amount":"80","ask_client_id":7,"ask_account_id":{ACCOUNT},
                "bid_account_id":2,"is_maker_ask":false,"timestamp":1}}"#
        );
        serde_json::from_str(&text).expect("a trade")
    }

    fn record(status: &str, filled: &str) -> OrderRecord {
        let text = format!(
            r#"{{"client_order_index":7,"status":"{status}","filled_base_amount":"{filled}","filled_quote_amount":"240"}}"#
        );
        serde_json::from_str(&text).expect("an order")
    }

    #[derive(Clone, Copy, Debug)]
    enum Message {
        Ack,
        Trade(u64),
        Open,
        End,
    }

    fn feed(messages: &[Message]) -> Vec<VenueReport> {
        let (mut orders, mut out) = (OwnOrders::default(), Outbox::default());
        orders.sent(cid(7), "ab".to_owned(), Mono(1), Epoch::default());
        for message in messages {
            match message {
                Message::Ack => orders.acked(cid(7), &mut out),
                Message::Trade(id) => orders.traded(ACCOUNT, &trade(*id, "0.001"), &mut out),
                Message::Open => orders.recorded(&record("open", "0"), &mut out),
                Message::End => orders.recorded(&record("filled", "0.003"), &mut out),
            }
        }
        assert_eq!(orders.proven_end(cid(7)).map(|end| end.filled), Some("0.003".parse().expect("qty")));
        reports(&mut out)
    }

    fn reports(out: &mut Outbox) -> Vec<VenueReport> {
        out.drain()
            .filter_map(|output| if let Output::Report(report) = output { Some(report) } else { None })
            .collect()
    }

    proptest! {
        #[test]
        fn messages_in_any_order_and_repeated_give_the_same_executions_and_the_same_end(
            extra in proptest::collection::vec(0usize..6, 0..12), order in any::<prop::sample::Index>(), seed in any::<u64>(),
        ) {
            let all = [Message::Ack, Message::Trade(1), Message::Trade(2), Message::Trade(3), Message::Open, Message::End];
            let mut messages: Vec<Message> = all.into_iter().chain(extra.into_iter().map(|i| all[i])).collect();
            let mut state = seed;
            for i in (1..messages.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                messages.swap(i, usize::try_from(state >> 33).expect("fits") % (i + 1));
            }
            let turn = order.index(messages.len());
            messages.rotate_left(turn);
            let told = feed(&messages);
            let mut fills: Vec<_> = told.iter().filter_map(|r| if let VenueReport::Filled(f) = r { Some(f.key) } else { None }).collect();
            fills.sort_unstable();
            fills.dedup();
            prop_assert_eq!(fills.len(), 3);
            prop_assert_eq!(told.iter().filter(|r| matches!(r, VenueReport::Filled(_))).count(), 3);
            prop_assert_eq!(told.iter().filter(|r| matches!(r, VenueReport::OrderEnded { .. })).count(), 1);
            let end = told.iter().position(|r| matches!(r, VenueReport::OrderEnded { .. }));
            let ack = told.iter().position(|r| matches!(r, VenueReport::OrderAcked { .. }));
            prop_assert!(ack.is_none_or(|ack| Some(ack) < end), "no ack after the end");
        }
    }

    #[test]
    fn an_end_that_contradicts_the_first_is_told_again() {
        let (mut orders, mut out) = (OwnOrders::default(), Outbox::default());
        orders.sent(cid(7), "ab".to_owned(), Mono(1), Epoch::default());
        orders.recorded(&record("canceled", "0.001"), &mut out);
        orders.recorded(&record("filled", "0.003"), &mut out);
        assert_eq!(reports(&mut out).len(), 2);
    }

    #[test]
    fn doubt_is_told_once_and_evidence_still_counts_afterwards() {
        let (mut orders, mut out) = (OwnOrders::default(), Outbox::default());
        orders.sent(cid(7), "ab".to_owned(), Mono(1), Epoch::default());
        orders.doubt_all("lost", &mut out);
        orders.doubt_all("lost", &mut out);
        assert!(matches!(reports(&mut out)[..], [VenueReport::OrderUnknown { .. }]));
        let refusal =
            Refusal { code: "21738".to_owned(), text: String::new(), reaction: Reaction::ReadPosition };
        orders.refused(cid(7), refusal.clone(), &mut out);
        orders.refused(cid(7), refusal, &mut out);
        assert!(matches!(reports(&mut out)[..], [VenueReport::OrderRefused { .. }]));
        assert_eq!(orders.quiet_at(), Mono(0));
    }

    #[test]
    fn memory_is_bounded_but_no_signed_id_is_ever_forgotten() {
        let (mut orders, mut out) = (OwnOrders::default(), Outbox::default());
        for number in 1..=1_000 {
            orders.sent(cid(number), number.to_string(), Mono(number), Epoch::default());
            orders.ended(cid(number), &End { filled: Qty::ZERO, average: None, reason: String::new() });
        }
        assert!(orders.known.len() <= KEPT + 1);
        assert!((1..=1_000).all(|number| orders.was_signed(cid(number))));
        orders.repeat(cid(1), &mut out);
        assert!(matches!(reports(&mut out)[..], [VenueReport::OrderUnknown { .. }]));
    }
}
