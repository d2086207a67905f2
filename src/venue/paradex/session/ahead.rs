//! Orders made in idle time, before they are commanded: signed, checked and written down to the last byte but `recv_window`, to
//! which the age of the signature is added when the order leaves, so that it dies when the intent says (law R1).

use super::ParadexSession;
use super::signing::{PREPARE_EVERY, PREPARED_AGE_MAX_MS, terms};
use crate::domain::{Mono, Now, OrderIntent};
use crate::venue::ahead::{MadeAhead, Piece};
use crate::venue::paradex::wire;
use crate::venue::{AheadNews, Outbox, Output};
use std::time::Duration;

/// After an order made ahead that is not what it should be; orders are made on the spot then.
const AFTER_FAULT: Duration = Duration::from_secs(60);
/// Digits of the largest number that a duration in milliseconds is written as.
const WINDOW_DIGITS: usize = 20;

/// An order of which nothing is missing.
pub(super) struct ReadyOrder {
    /// JSON-RPC id in the text.
    id: u64,
    /// Up to the number of `recv_window`, with room for the rest.
    head: String,
    /// What follows that number.
    tail: String,
    timestamp_ms: u64,
    made_at: Mono,
}

impl MadeAhead for ReadyOrder {
    fn renew_at(&self) -> Mono {
        self.made_at.after(PREPARE_EVERY)
    }
}

impl ReadyOrder {
    /// `None` when this is no text of an order.
    fn new(id: u64, mut text: String, timestamp_ms: u64, made_at: Mono) -> Option<Self> {
        let window = wire::recv_window_place(&text)?;
        let tail = text[window.end..].to_owned();
        text.truncate(window.start);
        text.reserve(tail.len() + WINDOW_DIGITS);
        Some(Self { id, head: text, tail, timestamp_ms, made_at })
    }

    /// `None` when it is too old to be used, or from a future that a corrected clock took back.
    fn age_ms(&self, venue_ms: u64) -> Option<u64> {
        venue_ms.checked_sub(self.timestamp_ms).filter(|age| *age <= PREPARED_AGE_MAX_MS)
    }
}

impl ParadexSession {
    /// An order that may be commanded next.
    pub(super) fn prepare(&mut self, now: Now, intent: OrderIntent) {
        let may_come = !self.stopped && !self.sent.contains(intent.cid);
        if let Some(desk) = self.desk.as_mut().filter(|_| may_come) {
            desk.shelf.want(now.mono, intent);
        }
    }

    /// Orders that are ready to leave.
    pub fn orders_ready(&self) -> usize {
        self.desk.as_ref().map_or(0, |desk| desk.shelf.ready())
    }

    /// How old the signature of exactly this order is, if it is ready and fresh.
    pub(super) fn age_of_ready(&self, now: Now, intent: &OrderIntent) -> Option<u64> {
        self.desk.as_ref()?.shelf.look_at(intent)?.age_ms(self.venue_ms(now))
    }

    /// The text of exactly this order and its JSON-RPC id, where [`ParadexSession::look`] found it ready. Whatever was kept
    /// under its id is gone afterwards.
    pub(super) fn take_ready(&mut self, intent: &OrderIntent, age_ms: Option<u64>) -> Option<(u64, String)> {
        let order = self.desk.as_mut()?.shelf.take(intent)?;
        Some((order.id, dated(order.head, &order.tail, intent, age_ms?)))
    }

    /// What [`ParadexSession::submit`] would send now, if it is ready.
    pub(super) fn rehearse_order(&self, now: Now, intent: &OrderIntent) -> Option<String> {
        let age_ms = self.look(now, intent).ok()??;
        let order = self.desk.as_ref()?.shelf.look_at(intent)?;
        let mut head = String::with_capacity(order.head.len() + order.tail.len() + WINDOW_DIGITS);
        head.push_str(&order.head);
        Some(dated(head, &order.tail, intent, age_ms))
    }

    /// One piece of what is due.
    pub(super) fn work_ahead(&mut self, now: Now, out: &mut Outbox) {
        let venue_ms = self.venue_ms(now);
        let Some(desk) = self.desk.as_mut() else { return };
        match desk.shelf.piece(now.mono, |made| made.age_ms(venue_ms).is_some()) {
            None => {}
            Some(Piece::Make(intent)) => {
                let made = self.make_ahead(now, venue_ms, &intent);
                if let Some(desk) = &mut self.desk {
                    desk.shelf.made(now.mono, &intent, made);
                }
            }
            Some(Piece::Check(intent, made)) => {
                let is_right = self.says(&intent, &made);
                let Some(desk) = &mut self.desk else { return };
                if is_right {
                    desk.shelf.checked(&intent, made);
                    out.push(Output::Ahead(AheadNews::Made));
                } else {
                    desk.shelf.rest(now.mono.after(AFTER_FAULT));
                    let text = "a Paradex order made ahead is not what it should be and was thrown away: \
                                the machine's memory or processor is faulty";
                    out.push(Output::Log(log::Level::Error, text.to_owned()));
                }
            }
        }
    }

    fn make_ahead(&mut self, now: Now, timestamp_ms: u64, intent: &OrderIntent) -> Option<ReadyOrder> {
        let terms = terms(intent, timestamp_ms)?;
        let process = self.entropy.process();
        let signature = self.desk.as_mut()?.sign_ahead(now, &self.config.key, &terms, process)?;
        let id = self.free_rpc_id();
        let text = wire::order_create(id, intent, &self.config.market, timestamp_ms, &signature);
        ReadyOrder::new(id, text, timestamp_ms, now.mono)
    }

    /// Whether the text, read as a stranger would, is the order of the intent, and the signature that of what the text says.
    fn says(&self, intent: &OrderIntent, made: &ReadyOrder) -> bool {
        let text = dated(made.head.clone(), &made.tail, intent, 0);
        let (Some(desk), Some(order)) = (&self.desk, wire::read_order_create(&text)) else {
            return false;
        };
        let said =
            OrderIntent { cid: order.cid, side: order.side, qty: order.size, bound: order.price, ..*intent };
        let is_meant = said == *intent
            && order.reduce_only == intent.purpose.reduce_only()
            && order.market == self.config.market
            && order.valid_for.as_millis() == intent.valid_for.as_millis()
            && (order.id, order.timestamp_ms) == (made.id, made.timestamp_ms);
        let public_key = self.config.key.public_key();
        let signed = |terms| desk.signer().holds(&public_key, &terms, &order.signature);
        is_meant && terms(&said, order.timestamp_ms).is_some_and(signed)
    }
}

/// The text with the validity that is left to the order. Not inlined, as [`ParadexSession::look`].
#[inline(never)]
fn dated(mut head: String, tail: &str, intent: &OrderIntent, age_ms: u64) -> String {
    wire::push_millis(&mut head, intent.valid_for + Duration::from_millis(age_ms));
    head.push_str(tail);
    head
}

#[cfg(test)]
mod tests {
    use super::super::signing::tests::{at, idle_until, intent, session};
    use super::*;
    use crate::venue::{Input, Session, VenueCommand};

    fn made() -> (ParadexSession, ReadyOrder) {
        let mut session = session();
        idle_until(&mut session, 100);
        let timestamp_ms = session.venue_ms(at(100));
        let made = session.make_ahead(at(100), timestamp_ms, &intent()).expect("made");
        (session, made)
    }

    #[test]
    fn not_one_character_of_a_text_can_be_wrong_without_being_noticed() {
        let (session, mut made) = made();
        assert!(session.says(&intent(), &made));
        let right = [made.head.clone(), made.tail.clone()];
        for (part, at) in (0..2).flat_map(|part| (0..right[part].len()).map(move |at| (part, at))) {
            let mut bytes = right[part].clone().into_bytes();
            bytes[at] = match bytes[at] {
                b'9' | b'Z' | b'z' => bytes[at] - 1,
                byte if byte.is_ascii_alphanumeric() => byte + 1,
                _ => continue,
            };
            [made.head, made.tail] = right.clone();
            let wrong = if part == 0 { &mut made.head } else { &mut made.tail };
            *wrong = String::from_utf8(bytes).expect("ASCII");
            assert!(!session.says(&intent(), &made), "{at}: {}...{}", made.head, made.tail);
        }
    }

    #[test]
    fn the_text_of_another_order_is_not_the_one_that_is_meant() {
        let (session, made) = made();
        let right = intent();
        for other in [
            OrderIntent { qty: right.qty + right.qty, ..right },
            OrderIntent { bound: right.bound + right.bound, ..right },
            OrderIntent { side: right.side.opposite(), ..right },
            OrderIntent { purpose: crate::domain::Purpose::Close, ..right },
        ] {
            assert!(!session.says(&other, &made), "{other:?}");
        }
    }

    #[test]
    fn what_a_rehearsal_says_is_what_leaves_and_it_uses_nothing_up() {
        let mut session = session();
        idle_until(&mut session, 100);
        assert_eq!(session.rehearse(at(100), &intent()), None, "nothing is ready");
        session.handle(at(100), Input::Command(VenueCommand::Prepare(intent())), &mut Outbox::default());
        idle_until(&mut session, 300);
        let (nonces, other) =
            (session.nonces_ready(), OrderIntent { bound: intent().bound + intent().bound, ..intent() });
        assert_eq!(session.rehearse(at(310), &other), None, "another order");
        let said = session.rehearse(at(310), &intent()).expect("ready");
        assert_ne!(session.rehearse(at(311), &intent()).expect("still ready"), said, "a millisecond older");
        let mut out = Outbox::default();
        session.handle(at(310), Input::Command(VenueCommand::Submit(intent())), &mut out);
        let left: Vec<String> = out.drain().filter_map(text).collect();
        assert_eq!((left, session.nonces_ready()), (vec![said], nonces));
        assert_eq!(session.rehearse(at(310), &intent()), None, "it has left");
    }

    #[test]
    fn an_order_that_left_is_noted_before_anything_else() {
        let mut session = session();
        for (repeated, sent) in [(false, 1), (true, 0)] {
            let mut out = Outbox::default();
            session.handle(at(7), Input::Command(VenueCommand::Submit(intent())), &mut out);
            assert_eq!(out.drain().filter_map(text).count(), sent, "repeated: {repeated}");
        }
        session.handle(at(8), Input::Wake, &mut Outbox::default());
        assert!(session.orders.contains_key(&intent().cid) && session.sent.contains(intent().cid));
    }

    fn text(output: Output) -> Option<String> {
        match output {
            Output::Text(_, text) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn orders_ahead_leave_half_of_the_nonces_to_those_that_are_decided() {
        let mut session = session();
        idle_until(&mut session, 100);
        let depth = session.nonces_ready();
        for number in 0..depth {
            let timestamp_ms = session.venue_ms(at(100));
            let made = session.make_ahead(at(100), timestamp_ms, &intent());
            assert_eq!(made.is_some(), number < depth / 2);
        }
        assert_eq!(session.nonces_ready(), depth / 2);
    }

    #[test]
    fn an_order_of_a_clock_that_was_corrected_backwards_does_not_leave() {
        let mut session = session();
        idle_until(&mut session, 100);
        session.handle(at(5_000), Input::Command(VenueCommand::Prepare(intent())), &mut Outbox::default());
        idle_until(&mut session, 5_200);
        assert_eq!(session.orders_ready(), 1);
        let earlier = Now { mono: at(5_300).mono, ..at(3_000) };
        assert!(session.age_of_ready(at(5_300), &intent()).is_some());
        assert_eq!(session.age_of_ready(earlier, &intent()), None);
    }
}
