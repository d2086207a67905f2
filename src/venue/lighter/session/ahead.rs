//! Orders made in idle time, before they are commanded: built, signed, checked and framed. Each bears the nonce that comes next,
//! which it uses up only by leaving: any other send, and any doubt about the counter, makes all of them stale.

use super::super::tx::{OrderType, ReceivedTx, TimeInForce, Transaction, TxType};
use super::super::wire::market::Market;
use super::super::wire::request;
use super::LighterSession;
use crate::domain::{Mono, Now, OrderIntent, Price, Qty, Side, Wall};
use crate::venue::ahead::{MadeAhead, Piece};
use crate::venue::{AheadNews, Outbox, Output};
use log::Level;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;

/// Oldest order that may leave, where its validity allows that much.
const AGE_MAX: Duration = Duration::from_secs(1);
/// Validities that leave less than this to age are not worth it.
const AGE_MIN: Duration = Duration::from_millis(200);
/// After a send the others are made again this soon: the answer comes later.
const AFTER_SEND: Duration = Duration::from_millis(2);
/// After an order made ahead that is not what it should be; orders are made on the spot then.
const AFTER_FAULT: Duration = Duration::from_secs(60);

/// An order of which nothing is missing.
pub struct ReadyOrder {
    /// Our number in the frame.
    pub(super) id: u64,
    /// The frame.
    pub(super) text: String,
    /// What the venue will call it, for the two places that note it.
    pub(super) hashes: [String; 2],
    nonce: u64,
    expired_at: Wall,
    /// Size and price as the market counted them then.
    units: (u64, u32),
    renew_at: Mono,
}

impl MadeAhead for ReadyOrder {
    fn renew_at(&self) -> Mono {
        self.renew_at
    }
}

impl LighterSession {
    /// An order that may be commanded next.
    pub(super) fn prepare(&mut self, now: Now, intent: OrderIntent) {
        if !self.orders.was_signed(intent.cid) && self.age_max(&intent).is_some() {
            self.shelf.want(now.mono, intent);
        }
    }

    /// Orders that are ready to leave.
    pub fn orders_ready(&self) -> usize {
        self.shelf.ready()
    }

    /// How old an order may become without the venue's own delay outliving it. `None` where that is not worth the signing.
    fn age_max(&self, intent: &OrderIntent) -> Option<Duration> {
        let spare = self.validity(intent).ok()?.checked_sub(self.config.timing.valid_for_min)?;
        Some(spare.min(AGE_MAX)).filter(|age| *age >= AGE_MIN)
    }

    /// The nonce of exactly this order, if it is ready, bears the next one, and its end is within its validity (law R1) and not
    /// too near.
    pub(super) fn nonce_of_ready(&self, now: Now, intent: &OrderIntent, valid_for: Duration) -> Option<u64> {
        let order = self.shelf.look_at(intent)?;
        let latest = self.clock.venue_wall(now).after(valid_for);
        let age = latest.0.checked_sub(order.expired_at.0).and_then(|age| u64::try_from(age).ok());
        let is_fresh =
            age.is_some_and(|age| self.age_max(intent).is_some_and(|max| Duration::from_micros(age) <= max));
        let is_next = self.nonce.coming() == Some(order.nonce);
        // Market rules are read again at times; what was counted in other units is another order.
        let is_same = self.market.as_ref().is_some_and(|market| units(market, intent) == Some(order.units));
        (is_fresh && is_next && is_same).then_some(order.nonce)
    }

    pub(super) fn rest_ahead(&mut self, now: Now) {
        self.shelf.rest(now.mono.after(AFTER_SEND));
    }

    /// When a piece of work is due.
    pub(super) fn ahead_due(&self) -> Option<Mono> {
        let coming = self.nonce.coming().filter(|_| self.obstacle().is_none())?;
        self.shelf.deadline(|made| made.nonce == coming)
    }

    /// One piece of what is due.
    pub(super) fn work_ahead(&mut self, now: Now, out: &mut Outbox) {
        let Some(coming) = self.nonce.coming().filter(|_| self.obstacle().is_none()) else { return };
        let Some(market) = self.market.clone() else { return };
        match self.shelf.piece(now.mono, |made| made.nonce == coming) {
            None => {}
            Some(Piece::Make(intent)) => {
                let made = self.make_ahead(now, &intent, &market, coming);
                self.shelf.made(now.mono, &intent, made);
            }
            Some(Piece::Check(intent, made)) if self.says(&intent, &market, &made) => {
                self.shelf.checked(&intent, made);
                out.push(Output::Ahead(AheadNews::Made));
            }
            Some(Piece::Check(..)) => {
                self.shelf.rest(now.mono.after(AFTER_FAULT));
                let text = "a Lighter order made ahead is not what it should be and was thrown away: \
                            the machine's memory or processor is faulty";
                out.push(Output::Log(Level::Error, text.to_owned()));
            }
        }
    }

    fn make_ahead(
        &mut self,
        now: Now,
        intent: &OrderIntent,
        market: &Market,
        nonce: u64,
    ) -> Option<ReadyOrder> {
        let units = units(market, intent)?;
        let renew_at = now.mono.after(self.age_max(intent)? * 4 / 5);
        // Whole milliseconds, as it is signed.
        let expired_at = self.clock.venue_wall(now).after(self.validity(intent).ok()?);
        let expired_at = Wall::from_millis(expired_at.millis());
        let signed = self.signer.order_ahead(now.mono, intent, market, nonce, expired_at)?;
        let id = self.outstanding.free_id();
        let text = request::send_transaction(id, signed.tx_type.code(), &signed.info);
        let hash = signed.hash.to_string();
        Some(ReadyOrder { id, text, hashes: [hash.clone(), hash], nonce, expired_at, units, renew_at })
    }

    /// Whether the frame, read as the venue reads it, is the order of the intent, signed by our key.
    fn says(&self, intent: &OrderIntent, market: &Market, made: &ReadyOrder) -> bool {
        let Ok(Frame { kind: "jsonapi/sendtx", data }) = serde_json::from_str::<Frame<'_>>(&made.text) else {
            return false;
        };
        let chain = self.config.chain_id;
        let Ok(received) = ReceivedTx::parse(chain, data.tx_type, data.tx_info.get()) else { return false };
        let Transaction::CreateOrder(order) = received.tx.transaction() else { return false };
        let header = received.tx.header();
        let spec = &market.spec;
        let product = |unit: i64, count: u64| unit.checked_mul(i64::try_from(count).ok()?);
        let size = product(spec.step.units(), order.base_amount()).map(Qty::from_units);
        let price = product(spec.tick.units(), order.price().into()).map(Price::from_units);
        let is_meant = (order.market().number(), order.client_order_index())
            == (market.id, intent.cid.number())
            && (size, price) == (Some(intent.qty), Some(intent.bound))
            && (order.is_ask(), order.reduce_only())
                == (intent.side == Side::Sell, intent.purpose.reduce_only())
            && (order.order_type(), order.time_in_force())
                == (OrderType::Limit, TimeInForce::ImmediateOrCancel)
            && (order.trigger_price(), order.expiry_ms()) == (0, 0);
        let is_headed = self.signer.says_whose(&received.tx)
            && header.nonce() == made.nonce
            && i64::try_from(header.expired_at_ms()).ok() == Some(made.expired_at.millis());
        let is_framed = data.id == made.id.to_string()
            && data.tx_type == TxType::CreateOrder.code()
            && received.tx.hash().to_string() == made.hashes[0];
        is_meant && is_headed && is_framed && received.is_signed_by(&self.signer.public_key())
    }
}

/// Size and price of an order in the market's units.
fn units(market: &Market, intent: &OrderIntent) -> Option<(u64, u32)> {
    Some((market.base_amount(intent.qty)?, market.price(intent.bound)?))
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(borrow)]
    data: FrameData<'a>,
}

#[derive(Deserialize)]
struct FrameData<'a> {
    id: &'a str,
    tx_type: u8,
    #[serde(borrow)]
    tx_info: &'a RawValue,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ClientOrderId, Purpose, Venue};
    use crate::venue::lighter::quota::{Limits, Quota, Use};
    use crate::venue::lighter::session::testing::Rig;
    use crate::venue::{Input, Session, VenueCommand};

    fn intent() -> OrderIntent {
        OrderIntent {
            cid: ClientOrderId::from_number(77).expect("in range"),
            venue: Venue::Lighter,
            purpose: Purpose::Close,
            side: Side::Sell,
            qty: "0.03727".parse().expect("a size"),
            bound: "80441.9".parse().expect("a price"),
            valid_for: Duration::from_secs(2),
        }
    }

    fn made(rig: &mut Rig) -> (Market, ReadyOrder) {
        let market = rig.session.market.clone().expect("loaded");
        for wait in 1..20 {
            let _ = rig.session.signer.refill(rig.now.mono.after(Duration::from_millis(wait * 100)));
        }
        let made = rig.session.make_ahead(rig.now, &intent(), &market, 722).expect("made");
        (market, made)
    }

    #[test]
    fn not_one_character_of_a_frame_can_be_wrong_without_being_noticed() {
        let mut rig = Rig::ready();
        let (market, mut made) = made(&mut rig);
        assert!(rig.session.says(&intent(), &market, &made));
        let right = made.text.clone();
        for at in 0..right.len() {
            let mut bytes = right.clone().into_bytes();
            bytes[at] = match bytes[at] {
                b'9' | b'Z' | b'z' => bytes[at] - 1,
                byte if byte.is_ascii_alphanumeric() => byte + 1,
                _ => continue,
            };
            made.text = String::from_utf8(bytes).expect("ASCII");
            assert!(!rig.session.says(&intent(), &market, &made), "{at}: {}", made.text);
        }
    }

    #[test]
    fn what_a_rehearsal_says_is_what_leaves_and_it_uses_nothing_up() {
        let mut rig = Rig::ready();
        let (_, made) = made(&mut rig);
        assert_eq!(rig.session.rehearse(rig.now, &intent()), None, "nothing is ready");
        rig.session.shelf.want(rig.now.mono, intent());
        rig.session.shelf.checked(&intent(), made);
        let other = OrderIntent { bound: intent().bound + intent().bound, ..intent() };
        assert_eq!(rig.session.rehearse(rig.now, &other), None, "another order");
        let (said, nonce) =
            (rig.session.rehearse(rig.now, &intent()).expect("ready"), rig.session.nonce.coming());
        assert_eq!(rig.session.rehearse(rig.now, &intent()).as_ref(), Some(&said));
        assert_eq!(rig.session.nonce.coming(), nonce);
        // Room for this one order and no more.
        rig.session.quota = Quota::new(Limits { requests: 1, creates: 1, close_reserve: 0 });
        let mut out = Outbox::default();
        rig.session.handle(rig.now, Input::Command(VenueCommand::Submit(intent())), &mut out);
        let left = |output| match output {
            Output::Text(_, text) => Some(text),
            _ => None,
        };
        assert_eq!(out.drain().filter_map(left).collect::<Vec<_>>(), [said]);
        assert_eq!(rig.session.nonce.coming(), nonce, "noted with the next input");
        assert_eq!(rig.session.rehearse(rig.now, &intent()), None, "it has left");
        // Noted before anything else: the same again is not sent.
        rig.session.handle(rig.now, Input::Command(VenueCommand::Submit(intent())), &mut out);
        assert_eq!(out.drain().filter_map(left).count(), 0);
        assert!(rig.session.orders.knows(intent().cid));
        assert_eq!(rig.session.nonce.coming(), nonce.map(|nonce| nonce + 1));
        assert!(rig.session.quota.has_room(rig.now.mono, Use::Cancel).is_err(), "it is in the budget");
    }

    #[test]
    fn the_frame_of_another_order_is_not_the_one_that_is_meant() {
        let mut rig = Rig::ready();
        let (market, made) = made(&mut rig);
        let right = intent();
        for other in [
            OrderIntent { qty: right.qty + right.qty, ..right },
            OrderIntent { bound: right.bound + right.bound, ..right },
            OrderIntent { side: right.side.opposite(), ..right },
            OrderIntent { purpose: Purpose::Open, ..right },
            OrderIntent { cid: ClientOrderId::from_number(78).expect("in range"), ..right },
        ] {
            assert!(!rig.session.says(&other, &market, &made), "{other:?}");
        }
        let coarser = |market: &Market| {
            let mut market = market.clone();
            market.spec.step = market.spec.step + market.spec.step;
            market
        };
        assert!(!rig.session.says(&right, &coarser(&market), &made), "counted in other units");
    }

    #[test]
    fn rules_read_anew_in_other_units_make_it_another_order() {
        let mut rig = Rig::ready();
        let (market, made) = made(&mut rig);
        let keep = |rig: &mut Rig, made| {
            rig.session.shelf.want(rig.now.mono, intent());
            rig.session.shelf.checked(&intent(), made);
        };
        keep(&mut rig, made);
        let mut coarser = market.clone();
        coarser.spec.tick = "0.01".parse().expect("a price");
        let (now, valid_for) = (rig.now, intent().valid_for);
        rig.session.market = Some(coarser);
        assert_eq!(rig.session.nonce_of_ready(now, &intent(), valid_for), None);
        rig.session.market = Some(market.clone());
        let made = rig.session.make_ahead(now, &intent(), &market, 722).expect("made");
        keep(&mut rig, made);
        assert_eq!(rig.session.nonce_of_ready(now, &intent(), valid_for), Some(722));
    }
}
