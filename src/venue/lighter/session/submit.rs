//! Orders and cancels on their way out, and the venue's answers to them.

use super::super::quota::Use;
use super::super::rejects::{self, local};
use super::super::tx::SignedTx;
use super::super::wire::request;
use super::super::wire::send::{Accepted, SendReply};
use super::ahead::ReadyOrder;
use super::outstanding::{Attribution, Send, Sent};
use super::signer::SignError;
use super::{LINK, LighterSession};
use crate::domain::{ClientOrderId, Mono, Now, OrderIntent};
use crate::venue::{AheadNews, Outbox, Output, Reaction, Refusal, VenueReport};
use log::Level;
use std::time::Duration;

/// A cancel is worthless once the order is dead; it must outlive the longest order.
const CANCEL_VALID_FOR: Duration = Duration::from_secs(10);

/// Codes for a nonce that the venue did not expect.
const NONCE_REFUSED: [i64; 2] = [21_104, 21_105];

/// An order made ahead that left, before it is noted.
pub(super) struct Departed {
    id: u64,
    cid: ClientOrderId,
    hashes: [String; 2],
    nonce: u64,
    purpose: Use,
    dead_at: Mono,
    at: Now,
}

/// What is seen before an order leaves.
pub(super) struct Look {
    /// How long it may live.
    valid_for: Duration,
    purpose: Use,
    /// That of an order that is ready.
    nonce: Option<u64>,
}

impl LighterSession {
    pub(super) fn submit(&mut self, now: Now, intent: &OrderIntent, out: &mut Outbox) {
        if self.orders.was_signed(intent.cid) {
            return self.orders.repeat(intent.cid, out);
        }
        if let Err(refusal) = self.send_order(now, intent, out) {
            out.report(VenueReport::OrderRefused { cid: intent.cid, refusal });
        }
    }

    fn send_order(&mut self, now: Now, intent: &OrderIntent, out: &mut Outbox) -> Result<(), Refusal> {
        let Look { valid_for, purpose, nonce } = self.look(now, intent)?;
        let ready = self.shelf.take(intent);
        if let (Some(nonce), Some(ReadyOrder { id, text, hashes, .. })) = (nonce, ready) {
            out.push(Output::Text(LINK, text));
            let (cid, dead_at) = (intent.cid, now.mono.after(valid_for));
            self.departed = Some(Departed { id, cid, hashes, nonce, purpose, dead_at, at: now });
            return Ok(());
        }
        let Some(market) = self.market.clone() else { return Err(not_sent("the market is not loaded")) };
        let expired_at = self.clock.venue_wall(now).after(valid_for);
        let signed = self.sign_next(now, purpose, |session, nonce| {
            session.signer.order(now.mono, intent, &market, nonce, expired_at)
        })?;
        let (hash, dead_at) = (signed.0.hash.to_string(), now.mono.after(valid_for));
        self.orders.sent(intent.cid, hash, dead_at, self.nonce.epoch());
        self.transmit(now, Sent::Order(intent.cid), signed, out);
        out.push(Output::Ahead(AheadNews::Missed));
        Ok(())
    }

    /// Looks at everything that keeps an order from leaving, and then at what is ready for it. Not inlined: what a rehearsal
    /// looks at is then what the order finds in the caches.
    #[inline(never)]
    pub(super) fn look(&self, now: Now, intent: &OrderIntent) -> Result<Look, Refusal> {
        let valid_for = self.may_send(now, intent)?;
        let purpose = if intent.purpose.reduce_only() { Use::Close } else { Use::Open };
        self.quota.has_room(now.mono, purpose).map_err(over_budget)?;
        Ok(Look { valid_for, purpose, nonce: self.nonce_of_ready(now, intent, valid_for) })
    }

    /// How long the order may live, if it may leave.
    fn may_send(&self, now: Now, intent: &OrderIntent) -> Result<Duration, Refusal> {
        if let Some(obstacle) = self.obstacle() {
            return Err(not_sent(obstacle));
        }
        if !intent.purpose.reduce_only() && self.clock_is_off(now) {
            let text = "the computer's clock differs from Lighter's by more than half a second";
            return Err(rejects::not_sent(local::CLOCK, Reaction::NotSent, text));
        }
        self.validity(intent)
    }

    /// What [`LighterSession::submit`] would send now, if it is ready.
    pub(super) fn rehearse_order(&self, now: Now, intent: &OrderIntent) -> Option<String> {
        if self.orders.was_signed(intent.cid) {
            return None;
        }
        self.look(now, intent).ok()?.nonce?;
        Some(self.shelf.look_at(intent)?.text.clone())
    }

    /// Notes the order that left with the last input, its nonce and its place in the budget: nothing that an order made ahead
    /// does not need comes before its way out. Comes before anything else is looked at.
    pub(super) fn note_departed(&mut self, out: &mut Outbox) {
        let Some(departed) = self.departed.take() else { return };
        let Departed { id, cid, hashes: [hash, same], nonce, purpose, dead_at, at } = departed;
        self.quota.note(at.mono, purpose);
        let epoch = self.nonce.epoch();
        // Nothing came between, so it is the one that was coming; if not, the venue is asked.
        if self.nonce.take(0) != Some(nonce) {
            self.nonce_lost(at);
        }
        out.push(Output::Ahead(AheadNews::Used));
        self.outstanding.add_numbered(id, Sent::Order(cid), hash, nonce, at.mono);
        self.orders.sent(cid, same, dead_at, epoch);
        self.signer.rest_after_order(at.mono);
        self.rest_ahead(at);
    }

    pub(super) fn validity(&self, intent: &OrderIntent) -> Result<Duration, Refusal> {
        let timing = &self.config.timing;
        if intent.valid_for < timing.valid_for_min {
            let text = format!("a validity of {:?} is below the venue's own delay", intent.valid_for);
            return Err(rejects::not_sent(local::NOT_SENT, Reaction::NotSent, text));
        }
        Ok(intent.valid_for.min(timing.valid_for_max))
    }

    pub(super) fn cancel(&mut self, now: Now, cid: ClientOrderId, out: &mut Outbox) {
        let sent = match (self.obstacle(), self.market.clone()) {
            (None, Some(market)) => {
                let expired_at = self.clock.venue_wall(now).after(CANCEL_VALID_FOR);
                self.sign_next(now, Use::Cancel, |session, nonce| {
                    session.signer.cancel(cid, &market, nonce, expired_at)
                })
            }
            (obstacle, _) => Err(not_sent(obstacle.unwrap_or("the market is not loaded"))),
        };
        match sent {
            Ok(signed) => self.transmit(now, Sent::Cancel(cid), signed, out),
            Err(refusal) => {
                out.push(Output::Log(Level::Warn, format!("cancel of {cid} not sent: {refusal}")))
            }
        }
    }

    /// Takes a place in the budget and a nonce, and signs; both are given back when nothing can be signed.
    fn sign_next(
        &mut self,
        now: Now,
        purpose: Use,
        sign: impl FnOnce(&mut Self, u64) -> Result<SignedTx, SignError>,
    ) -> Result<(SignedTx, u64), Refusal> {
        let unix_ms = u64::try_from(self.clock.venue_wall(now).millis()).unwrap_or(0);
        let Some(nonce) = self.nonce.take(unix_ms) else {
            return Err(not_sent("the nonce is being read again"));
        };
        let signed = self
            .quota
            .spend(now.mono, purpose)
            .map_err(over_budget)
            .and_then(|()| sign(self, nonce).map_err(|error| not_sent(&error.to_string())));
        match signed {
            Ok(signed) => Ok((signed, nonce)),
            Err(refusal) => {
                self.nonce.give_back(nonce);
                Err(refusal)
            }
        }
    }

    fn transmit(&mut self, now: Now, what: Sent, (signed, nonce): (SignedTx, u64), out: &mut Outbox) {
        self.rest_ahead(now);
        let id = self.outstanding.add(what, signed.hash.to_string(), nonce, now.mono);
        let frame = request::send_transaction(id, signed.tx_type.code(), &signed.info);
        out.push(Output::Text(LINK, frame));
    }

    /// An answer to a send, or an error that may be one.
    pub(super) fn send_answered(&mut self, now: Now, reply: &SendReply, out: &mut Outbox) {
        let subscribing = self.subscriptions.waiting_since().is_some();
        match self.outstanding.attribute(reply, subscribing) {
            Attribution::One(send) => match &reply.outcome {
                Ok(accepted) => self.send_accepted(now, &send, *accepted, out),
                Err(refused) => self.send_refused(now, &send, refused, out),
            },
            Attribution::Any => {
                let doubtful = self.outstanding.give_up_all();
                self.nonce_lost(now);
                self.doubt(&doubtful, "an answer without an id may concern any open order", out);
            }
            Attribution::None => self.socket_error(now, reply, out),
        }
    }

    fn send_accepted(&mut self, now: Now, send: &Send, accepted: Accepted, out: &mut Outbox) {
        self.nonce_refusals = 0;
        self.due.executed = accepted.predicted_ms.map(|ms| self.mono_of(now, ms));
        match send.what {
            Sent::Order(cid) => self.orders.acked(cid, out),
            Sent::Cancel(_) => {}
        }
    }

    /// A moment of the venue's clock on ours, not further ahead than a send can matter.
    fn mono_of(&self, now: Now, unix_ms: i64) -> Mono {
        let ahead_ms = unix_ms.saturating_sub(self.clock.venue_wall(now).millis());
        let longest = self.config.timing.valid_for_max;
        now.mono.after(Duration::from_millis(u64::try_from(ahead_ms).unwrap_or(0)).min(longest))
    }

    fn send_refused(
        &mut self,
        now: Now,
        send: &Send,
        refused: &super::super::wire::reply::ApiRefusal,
        out: &mut Outbox,
    ) {
        if rejects::proves_nothing(refused.code) {
            self.nonce_lost(now);
            let refusal = rejects::refusal(refused);
            return self.doubt(&[send.what], &format!("Lighter answered without a verdict: {refusal}"), out);
        }
        self.take_back_nonce(now, send, refused.code);
        let refusal = rejects::refusal(refused);
        self.react(now, refusal.reaction);
        match send.what {
            Sent::Order(cid) => self.orders.refused(cid, refusal, out),
            Sent::Cancel(cid) => {
                out.push(Output::Log(Level::Warn, format!("Lighter refused the cancel of {cid}: {refusal}")));
            }
        }
    }

    fn take_back_nonce(&mut self, now: Now, send: &Send, code: Option<i64>) {
        if code.is_some_and(|code| NONCE_REFUSED.contains(&code)) {
            self.nonce_refusals += 1;
            self.nonce_refused(now);
        } else if !send.given_up {
            self.nonce.give_back(send.nonce);
            if !self.nonce.is_known() {
                self.nonce_lost(now);
            }
        }
    }

    /// What the session does by itself about a refusal.
    pub(super) fn react(&mut self, now: Now, reaction: Reaction) {
        match reaction {
            Reaction::Reauthenticate => self.token.discard(),
            Reaction::ReloadMarket | Reaction::VenueClosed => self.due.market = Some(now.mono),
            Reaction::BackOff => self.quota.block(now.mono, BACK_OFF),
            Reaction::ResyncNonce
            | Reaction::Margin
            | Reaction::ReadPosition
            | Reaction::Reprice
            | Reaction::NotSent
            | Reaction::Stop
            | Reaction::Unknown => {}
        }
    }

    /// Outcomes that are unknown from now on.
    pub(super) fn doubt(&mut self, sends: &[Sent], cause: &str, out: &mut Outbox) {
        for send in sends {
            match send {
                Sent::Order(cid) => self.orders.doubt(*cid, cause, out),
                Sent::Cancel(cid) => {
                    out.push(Output::Log(Level::Warn, format!("cancel of {cid} without an answer: {cause}")));
                }
            }
        }
    }
}

/// Pause after the venue said that it is too much, without a time of its own.
const BACK_OFF: Duration = Duration::from_secs(2);

fn not_sent(text: &str) -> Refusal {
    rejects::not_sent(local::NOT_SENT, Reaction::NotSent, text)
}

fn over_budget(wait: Duration) -> Refusal {
    let text = format!("the request budget of the account is used up for {:.1} s", wait.as_secs_f32());
    rejects::not_sent(local::RATE_LIMIT, Reaction::BackOff, text)
}
