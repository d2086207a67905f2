//! Orders signed with what was made ready in idle time: nonces, and hashes of everything but size and price.

use super::ParadexSession;
use super::ahead::ReadyOrder;
use crate::domain::{Mono, Now, OrderIntent};
use crate::signing::stark::online::{NoncePool, OrderSigner, OrderTerms};
use crate::signing::stark::{MessageHasher, Quanta, Signature, StarkKey, felt_from_text, short_string};
use crate::venue::ahead::Shelf;
use crate::venue::{Outbox, Output};
use std::time::Duration;

/// Between two refills of the nonces, each of which takes a part of a millisecond: frames come first.
const REFILL_PAUSE: Duration = Duration::from_millis(1);
/// After an order its answer and its fills come first.
const AFTER_ORDER: Duration = Duration::from_millis(20);
/// After nonces that do not sign; orders are signed without them.
const REFILL_RETRY: Duration = Duration::from_secs(60);
/// An order is prepared anew at this age, and not used beyond the other one. Its age is added to `recv_window`, which counts
/// from the signed timestamp, so that it dies when the intent says (law R1).
pub(super) const PREPARE_EVERY: Duration = Duration::from_millis(800);
pub(super) const PREPARED_AGE_MAX_MS: u64 = 1_000;

/// The signer and when it wants idle time.
pub(super) struct Desk {
    signer: OrderSigner,
    refill_at: Option<Mono>,
    prepare_at: Mono,
    pub(super) shelf: Shelf<ReadyOrder>,
}

/// An order's signature and what it was made for.
pub(super) struct SignedOrder {
    pub(super) timestamp_ms: u64,
    pub(super) signature: Signature,
    /// `recv_window`: the intent's validity and the age of the timestamp.
    pub(super) valid_for: Duration,
}

impl Desk {
    /// `None` for a market whose name cannot be signed; its orders are refused then.
    pub(super) fn new(now: Now, hasher: MessageHasher, market: &str) -> Option<Self> {
        let (market, order_type) = (felt_from_text(market).ok()?, short_string("LIMIT").ok()?);
        let signer = OrderSigner::new(hasher, market, order_type);
        Some(Self { signer, refill_at: Some(now.mono), prepare_at: now.mono, shelf: Shelf::default() })
    }

    pub(super) fn signer(&self) -> &OrderSigner {
        &self.signer
    }

    /// After an order nothing is made ready for a while.
    pub(super) fn rest_after_order(&mut self, now: Now) {
        let soon = now.mono.after(AFTER_ORDER);
        self.refill_at = Some(self.refill_at.map_or(soon, |at| at.max(soon)));
        self.prepare_at = soon;
        self.shelf.rest(soon);
    }

    /// Signs an order that may never leave, with the nonces that the next orders leave over.
    pub(super) fn sign_ahead(
        &mut self,
        now: Now,
        key: &StarkKey,
        terms: &OrderTerms,
        process: u32,
    ) -> Option<Signature> {
        if self.signer.nonces_ready() <= NoncePool::DEPTH / 2 {
            return None;
        }
        let signature = self.signer.sign_ahead(key, terms, process).ok()?;
        self.refill_at = self.refill_at.or(Some(now.mono.after(REFILL_PAUSE)));
        Some(signature)
    }
}

impl ParadexSession {
    /// Nonces ready for orders; an order that finds none is signed the slower way.
    pub fn nonces_ready(&self) -> usize {
        self.desk.as_ref().map_or(0, |desk| desk.signer.nonces_ready())
    }

    /// Does one piece of what is due. Only when nothing else is to be done: one piece takes up to a millisecond.
    pub(super) fn use_idle_time(&mut self, now: Now, out: &mut Outbox) {
        let venue_ms = self.venue_ms(now);
        let Some(desk) = self.desk.as_mut().filter(|_| !self.stopped) else { return };
        if desk.refill_at.is_some_and(|at| now.mono >= at) {
            let refilled = desk.signer.refill(&self.config.key, self.entropy.as_mut());
            let missing = desk.signer.nonces_ready() < NoncePool::DEPTH;
            desk.refill_at = match refilled {
                Ok(()) => missing.then(|| now.mono.after(REFILL_PAUSE)),
                Err(cause) => {
                    let text = format!("Paradex orders are signed the slower way: {cause}");
                    out.push(Output::Log(log::Level::Error, text));
                    Some(now.mono.after(REFILL_RETRY))
                }
            };
        } else if self.ready && now.mono >= desk.prepare_at {
            desk.signer.prepare(venue_ms);
            desk.prepare_at = now.mono.after(PREPARE_EVERY);
        } else if self.ready {
            self.work_ahead(now, out);
        }
    }

    /// When idle time is wanted next.
    pub(super) fn idle_deadline(&self) -> Option<Mono> {
        let desk = self.desk.as_ref()?;
        let prepare = Some(desk.prepare_at).filter(|_| self.ready && desk.signer.is_online());
        let ahead = desk.shelf.deadline(|_| true).filter(|_| self.ready);
        [desk.refill_at, prepare, ahead].into_iter().flatten().min()
    }

    pub(super) fn sign_order(&mut self, now: Now, intent: &OrderIntent) -> Option<SignedOrder> {
        let now_ms = self.venue_ms(now);
        let desk = self.desk.as_mut()?;
        let age = |at: u64| now_ms.checked_sub(at).filter(|age| *age <= PREPARED_AGE_MAX_MS);
        let age_ms = desk.signer.prepared_at(intent.side).and_then(age).unwrap_or(0);
        let terms = terms(intent, now_ms - age_ms)?;
        let signature = desk.signer.sign(&self.config.key, &terms, self.entropy.process()).ok()?;
        let valid_for = intent.valid_for + Duration::from_millis(age_ms);
        Some(SignedOrder { timestamp_ms: terms.timestamp_ms, signature, valid_for })
    }

    /// The venue's clock counts: an order of ours stays within its validity even when our own clock is set.
    pub(super) fn venue_ms(&self, now: Now) -> u64 {
        u64::try_from(self.clock.venue_wall(now).millis()).unwrap_or_default()
    }
}

/// What is signed of an order; `None` for amounts that no order has.
pub(super) fn terms(intent: &OrderIntent, timestamp_ms: u64) -> Option<OrderTerms> {
    let (size, price) = (Quanta::try_from(intent.qty).ok()?, Quanta::try_from(intent.bound).ok()?);
    Some(OrderTerms { timestamp_ms, side: intent.side, size, price })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{ClientOrderId, Purpose, Side, Venue, Wall};
    use crate::signing::Entropy;
    use crate::signing::stark::{Felt, Message, OrderFields, SigningDomain, StarkKey, verify};
    use crate::venue::paradex::session::ParadexConfig;
    use crate::venue::{Input, Session};

    struct Counter(u64);

    impl Entropy for Counter {
        fn fill(&mut self, buffer: &mut [u8]) {
            for byte in buffer {
                self.0 =
                    self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                *byte = self.0.to_be_bytes()[0];
            }
        }
    }

    fn hasher() -> MessageHasher {
        SigningDomain::new("X").expect("a chain").for_account(Felt::TWO)
    }

    pub(in super::super) fn at(ms: u64) -> Now {
        Now {
            mono: Mono(ms * 1_000_000),
            wall: Wall::from_millis(1_790_000_000_000 + i64::try_from(ms).expect("small")),
        }
    }

    /// Signed in and idle: connections want nothing from this session.
    pub(in super::super) fn session() -> ParadexSession {
        let config = ParadexConfig {
            rest_url: String::new(),
            ws_url: String::new(),
            market: "BTC-USD-PERP".to_owned(),
            key: StarkKey::from_hex("0xabcdef").expect("a key"),
            account: None,
            retail: false,
            sent_before: Vec::new(),
        };
        let mut session = ParadexSession::new(config, Box::new(Counter(1)));
        session.desk = Desk::new(at(0), hasher(), "BTC-USD-PERP");
        session.ready = true;
        session
    }

    /// Wakes the session whenever it asks to be, up to and at `ms`.
    pub(in super::super) fn idle_until(session: &mut ParadexSession, ms: u64) {
        while let Some(due) = session.deadline().filter(|due| *due <= at(ms).mono) {
            session.handle(at(due.0 / 1_000_000), Input::Wake, &mut Outbox::default());
        }
    }

    pub(in super::super) fn intent() -> OrderIntent {
        OrderIntent {
            cid: ClientOrderId::from_number(1).expect("in range"),
            venue: Venue::Paradex,
            purpose: Purpose::Open,
            side: Side::Buy,
            qty: "0.00103".parse().expect("a size"),
            bound: "97114.7".parse().expect("a price"),
            valid_for: Duration::from_secs(2),
        }
    }

    fn holds(session: &ParadexSession, signed: &SignedOrder) -> bool {
        let fields = OrderFields {
            timestamp_ms: signed.timestamp_ms,
            market: felt_from_text("BTC-USD-PERP").expect("a name"),
            side: Side::Buy,
            order_type: short_string("LIMIT").expect("short"),
            size: Quanta::try_from(intent().qty).expect("positive"),
            price: Quanta::try_from(intent().bound).expect("positive"),
        };
        let hash = hasher().message_hash(&Message::Order(fields));
        verify(&session.config.key.public_key(), &hash, &signed.signature)
    }

    #[test]
    fn idle_time_fills_the_pool_piece_by_piece_and_keeps_an_order_prepared() {
        let mut session = session();
        assert_eq!(session.nonces_ready(), 0);
        session.handle(at(0), Input::Wake, &mut Outbox::default());
        assert_eq!(session.nonces_ready(), NoncePool::BATCH);
        idle_until(&mut session, 100);
        assert_eq!(session.nonces_ready(), NoncePool::DEPTH);
        let desk = session.desk.as_ref().expect("a desk");
        assert!(desk.signer.prepared_at(Side::Buy).is_some());
        assert!(session.idle_deadline().is_some_and(|next| next > at(100).mono));
    }

    #[test]
    fn an_order_uses_what_is_ready_and_dies_when_the_intent_says() {
        let mut session = session();
        idle_until(&mut session, 100);
        let ready = session.sign_order(at(500), &intent()).expect("signs");
        assert!(holds(&session, &ready));
        assert_eq!(session.nonces_ready(), NoncePool::DEPTH - 1);
        let dies_at = |signed: &SignedOrder| u128::from(signed.timestamp_ms) + signed.valid_for.as_millis();
        assert!(ready.timestamp_ms < 1_790_000_000_500, "a timestamp of idle time");
        assert_eq!(dies_at(&ready), 1_790_000_002_500);
        // The prepared order was used up: the next one has a timestamp of its own.
        let next = session.sign_order(at(500), &intent()).expect("signs");
        assert!(holds(&session, &next));
        assert_eq!((next.timestamp_ms, dies_at(&next)), (1_790_000_000_500, 1_790_000_002_500));
    }

    #[test]
    fn an_order_prepared_too_long_ago_is_not_used() {
        let mut session = session();
        idle_until(&mut session, 100);
        let late = session.sign_order(at(5_000), &intent()).expect("signs");
        assert_eq!(late.timestamp_ms, 1_790_000_005_000);
        assert!(holds(&session, &late));
    }

    #[test]
    fn without_idle_time_orders_are_signed_all_the_same() {
        let mut session = session();
        let signed = session.sign_order(at(7), &intent()).expect("signs");
        assert!(holds(&session, &signed));
        assert_eq!((signed.timestamp_ms, session.nonces_ready()), (1_790_000_000_007, 0));
    }
}
