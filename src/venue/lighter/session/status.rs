//! Whether orders can be sent and openings are taken, told whenever it changes.

use super::link::Link;
use super::{LighterSession, Stage};
use crate::domain::Now;
use crate::venue::{Input, Outbox, TradingState, VenueCommand, VenueReport};
use crate::venue::{OrderAnswer, Reaction};

/// Requests of one ordinary cycle: two orders and the questions around them.
const CYCLE: usize = 8;
/// A scheduled cancel-all nearer than this holds openings: once due it blocks every order until the venue ran it.
const CANCEL_ALL_NEAR_MS: i64 = 120_000;
/// Refused nonces in a row after which somebody else must be using the slot: the first alone is a lost race.
const NONCES_REFUSED: u32 = 2;

/// What was told last.
#[derive(Debug, Default)]
pub struct Status {
    ready: bool,
    not_ready: Option<String>,
    trading: Option<TradingState>,
    /// When a cancel-all that somebody scheduled on this account is due, in unix milliseconds.
    pub cancel_all_ms: Option<i64>,
    /// Why the market is not what it was when the pair was opened.
    pub market_doubt: Option<String>,
    /// Why the session cannot get ready at the moment, in words for the operator.
    pub trouble: Option<String>,
}

impl LighterSession {
    /// Tells changes of readiness and of trading.
    pub(super) fn report_status(&mut self, now: Now, out: &mut Outbox) {
        // Once closed, the gate opens again only with room for a whole cycle, or it would flap with every request.
        let room = if self.due.budget.is_some() { CYCLE } else { 0 };
        self.due.budget = self.quota.opening(now.mono, room).err();
        let trading = self.trading(now);
        if self.market.is_some() && self.status.trading.as_ref() != Some(&trading) {
            self.status.trading = Some(trading.clone());
            out.report(VenueReport::Trading(trading));
        }
        match self.obstacle() {
            None if !self.status.ready => {
                self.status = Status {
                    ready: true,
                    not_ready: None,
                    trouble: None,
                    ..std::mem::take(&mut self.status)
                };
                out.report(VenueReport::Ready);
            }
            None => {}
            Some(obstacle) => self.report_obstacle(obstacle, out),
        }
    }

    /// The first report of an obstacle, or one with a new cause; waiting alone is no news.
    fn report_obstacle(&mut self, obstacle: &'static str, out: &mut Outbox) {
        let trouble = self.status.trouble.clone();
        let news = self.status.ready || (trouble.is_some() && trouble != self.status.not_ready);
        if news {
            self.status.ready = false;
            let words = trouble.unwrap_or_else(|| obstacle.to_owned());
            self.status.not_ready = Some(words.clone());
            out.report(VenueReport::NotReady(words));
        }
    }

    /// Why orders cannot be sent now.
    pub(super) fn obstacle(&self) -> Option<&'static str> {
        let Stage::Running = self.stage else { return Some("Lighter is not started") };
        let Link::Open(link) = &self.link else { return Some("not connected to Lighter") };
        if link.is_leaving() {
            return Some("Lighter announced a shutdown; connecting again");
        }
        if !self.subscriptions.private_confirmed() {
            return Some("Lighter's private channels are not confirmed");
        }
        (!self.nonce.is_known()).then_some("the nonce is being read again")
    }

    /// What is taken now.
    fn trading(&self, now: Now) -> TradingState {
        match self.market.as_ref().and_then(|market| market.closed.as_ref()) {
            Some(closed) => TradingState::Closed(format!("Lighter: {closed}")),
            None => self.opening_held(now).map_or(TradingState::Open, TradingState::ClosingOnly),
        }
    }

    /// Why opening orders do not leave now, by our own judgement.
    fn opening_held(&self, now: Now) -> Option<String> {
        if let Some(doubt) = &self.status.market_doubt {
            return Some(format!("Lighter: {doubt}"));
        }
        if let Some(trouble) = self.clock.trouble(now, "Lighter") {
            return Some(trouble);
        }
        if let Some(at) = self.status.cancel_all_ms
            && at - self.clock.venue_wall(now).millis() < CANCEL_ALL_NEAR_MS
        {
            let text = "a cancel-all that another program scheduled on this Lighter account is (almost) due: the venue \
                        would then refuse closing orders, too; have it renewed or aborted";
            return Some(text.to_owned());
        }
        // Told before an opening is tried: one leg alone would have to be rolled back.
        if self.due.budget.is_some() {
            return Some("Lighter's request budget is used up but for closing".to_owned());
        }
        if self.nonce_refusals >= NONCES_REFUSED {
            let slot = self.config.slot.api_key();
            return Some(format!(
                "Lighter refused {} nonces in a row: another program uses API key slot {slot}",
                self.nonce_refusals
            ));
        }
        None
    }

    /// Whether our clock is certainly too far off for bounded validity (law R1).
    pub(super) fn clock_is_off(&self, now: Now) -> bool {
        self.clock.trouble(now, "Lighter").is_some()
    }

    /// After the end every command that promises an answer still gets one.
    pub(super) fn refuse_after_end(&self, now: Now, input: &Input<'_>, out: &mut Outbox) {
        let Input::Command(command) = input else { return };
        let cause = "the Lighter session has ended".to_owned();
        match *command {
            VenueCommand::Submit(intent) if self.orders.was_signed(intent.cid) => {
                self.orders.repeat(intent.cid, out);
            }
            VenueCommand::Submit(intent) => out.report(VenueReport::OrderRefused {
                cid: intent.cid,
                refusal: super::super::rejects::not_sent(
                    super::super::rejects::local::NOT_SENT,
                    Reaction::NotSent,
                    cause,
                ),
            }),
            VenueCommand::AskOrder(cid) => out.report(VenueReport::OrderAnswer {
                cid,
                asked: now.mono,
                answer: OrderAnswer::Failed(cause),
            }),
            VenueCommand::AskPosition | VenueCommand::AskBalance | VenueCommand::AskOpenOrders => {
                out.report(VenueReport::AskFailed { cause });
            }
            VenueCommand::Start
            | VenueCommand::Prepare(_)
            | VenueCommand::Cancel(_)
            | VenueCommand::Shutdown => {}
        }
    }
}
