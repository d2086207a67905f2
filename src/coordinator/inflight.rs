//! One order from hand-over to its final, dated truth (laws R1, R2, R7). Knows nothing of pairs or positions.
//!
//! An order is final only when the venue said it ended and the fills add up to its word, when a question asked for that
//! reason confirmed the venue's word, when it was refused, or when the venue did not know it after its validity had passed.

use super::event::Action;
use super::notice::Notice;
use crate::domain::{Fill, Mono, OrderIntent, Price, Qty, TradeKey, Usd, Venue};
use crate::venue::{OrderAnswer, Refusal, VenueCommand, VenueReport};
use std::time::Duration;

/// Added to an order's validity before "not found" proves that it never lived: clocks differ (law R2).
const VALIDITY_SLACK: Duration = Duration::from_secs(1);
/// How long fills may lag behind the venue's word that the order ended.
const FILL_GRACE: Duration = Duration::from_millis(300);
/// Pause between two questions about the same order, doubled with every one up to the second: a venue that is away must not
/// eat the requests with which the truth is found once it is back.
const ASK_PAUSE: Duration = Duration::from_millis(400);
const ASK_PAUSE_LONGEST: Duration = Duration::from_secs(4);
/// A question the session never answered is asked again after this.
const ASK_LOST: Duration = Duration::from_secs(15);
/// Answers that must repeat a total the fills do not add up to before it is believed.
const CONFIRMATIONS: u8 = 2;

/// Where an order stands in the venue's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// May still fill.
    Live,
    /// The venue said it ended with this total; its fills may still be on their way.
    Ended { filled: Qty, average: Option<Price>, reason: String, at: Mono, confirmations: u8 },
    /// It never became an order.
    Refused(Refusal),
    /// Unknown to the venue after it could no longer be executed.
    Expired,
}

/// A final result. Never changes; a fill that comes later is an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Cumulative filled size.
    pub filled: Qty,
    /// Volume weighted fill price, when known.
    pub average: Option<Price>,
    /// Why it was refused, when it was.
    pub refusal: Option<Refusal>,
    /// The venue's word for the end, for people.
    pub reason: String,
}

/// An order between hand-over and outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTrack {
    intent: OrderIntent,
    sent: Mono,
    give_up: Mono,
    cancelled: bool,
    fills: Vec<Fill>,
    busted: Option<Fill>,
    stage: Stage,
    asked: Option<Mono>,
    next_ask: Option<Mono>,
    questions: u32,
}

impl OrderTrack {
    /// Starts to follow an order handed over at `now`; after `deadline` without an end it is cancelled and asked about.
    pub fn new(intent: OrderIntent, now: Mono, deadline: Duration) -> Self {
        Self {
            intent,
            sent: now,
            give_up: now.after(deadline),
            cancelled: false,
            // No memory is asked for between a decision and its orders.
            fills: Vec::new(),
            busted: None,
            stage: Stage::Live,
            asked: None,
            next_ask: None,
            questions: 0,
        }
    }

    /// Goes on with an order of an earlier run, which left before this process was `born`: its end is asked for.
    pub fn recovered(intent: OrderIntent, fills: Vec<Fill>, born: Mono) -> Self {
        let mut track = Self::new(intent, born, Duration::ZERO);
        track.cancelled = true;
        // What was recorded exists: the venue can tell at once. Of the rest, only silence after its validity is an answer.
        track.next_ask = Some(if intent.qty == Qty::MAX { track.dead_after() } else { born });
        track.fills = fills;
        track
    }

    /// What was sent.
    pub fn intent(&self) -> &OrderIntent {
        &self.intent
    }

    /// Executions seen so far, each once.
    pub fn fills(&self) -> &[Fill] {
        &self.fills
    }

    /// Sum of the executions seen so far.
    pub fn filled_so_far(&self) -> Qty {
        self.fills.iter().map(|fill| fill.qty).sum()
    }

    /// Takes a report of the order's venue. Returns the fill when it is a new execution of this order.
    pub fn on_report(&mut self, now: Mono, report: &VenueReport, actions: &mut Vec<Action>) -> Option<Fill> {
        let cid = self.intent.cid;
        match report {
            VenueReport::Filled(fill) if fill.cid == cid => return self.on_fill(*fill),
            VenueReport::Busted { key } => self.on_bust(now, *key),
            VenueReport::OrderEnded { cid: of, filled, average, reason } if *of == cid => {
                self.on_ended(now, *filled, *average, reason, 0);
            }
            VenueReport::OrderRefused { cid: of, refusal } if *of == cid => {
                self.on_refused(now, refusal, actions)
            }
            VenueReport::OrderUnknown { cid: of, cause } if *of == cid => {
                self.on_unknown(now, cause, actions)
            }
            VenueReport::OrderAnswer { cid: of, asked, answer } if *of == cid => {
                self.on_answer(now, *asked, answer, actions);
            }
            // Back again: what could not be asked, or was asked in vain, is asked at once.
            VenueReport::Ready if self.stage == Stage::Live && self.questions > 0 => {
                self.next_ask = Some(now)
            }
            _ => {}
        }
        None
    }

    fn on_fill(&mut self, fill: Fill) -> Option<Fill> {
        if self.fills.iter().any(|known| known.key == fill.key) {
            return None;
        }
        self.fills.push(fill);
        if matches!(self.stage, Stage::Refused(_) | Stage::Expired) {
            // The venue contradicts itself: only its answer to a question settles it.
            self.stage = Stage::Live;
            self.next_ask = Some(self.sent);
        }
        Some(fill)
    }

    /// An execution that never was. What the venue said of the order's end before that is asked for again.
    fn on_bust(&mut self, now: Mono, key: TradeKey) {
        let Some(at) = self.fills.iter().position(|fill| fill.key == key) else { return };
        self.busted = Some(self.fills.remove(at));
        self.stage = Stage::Live;
        self.next_ask = Some(now.after(FILL_GRACE));
    }

    /// The execution that the last report undid, once.
    pub fn take_busted(&mut self) -> Option<Fill> {
        self.busted.take()
    }

    fn on_ended(&mut self, now: Mono, filled: Qty, average: Option<Price>, reason: &str, confirmations: u8) {
        let confirmations = match &self.stage {
            Stage::Ended { filled: before, confirmations: seen, .. } if *before == filled => {
                seen + confirmations
            }
            _ => confirmations,
        };
        let at = match &self.stage {
            Stage::Ended { at, .. } => *at,
            _ => now,
        };
        self.stage = Stage::Ended { filled, average, reason: reason.to_owned(), at, confirmations };
        if !self.adds_up() {
            self.next_ask =
                Some(if confirmations == 0 { now.after(FILL_GRACE) } else { now.after(ASK_PAUSE) });
        }
    }

    fn on_refused(&mut self, now: Mono, refusal: &Refusal, actions: &mut Vec<Action>) {
        if matches!(self.stage, Stage::Ended { .. }) {
            return;
        }
        actions.push(Action::Notice(Notice::Refused {
            venue: self.intent.venue,
            cid: self.intent.cid,
            refusal: refusal.clone(),
        }));
        if self.fills.is_empty() {
            self.stage = Stage::Refused(refusal.clone());
        } else {
            self.next_ask = Some(now);
        }
    }

    fn on_unknown(&mut self, now: Mono, cause: &str, actions: &mut Vec<Action>) {
        if self.stage != Stage::Live {
            return;
        }
        actions.push(Action::Notice(Notice::OutcomeUnknown {
            venue: self.intent.venue,
            cause: cause.to_owned(),
        }));
        self.next_ask = Some(self.next_ask.map_or(now, |planned| planned.min(now)));
        self.on_time(now, actions);
    }

    fn on_answer(&mut self, now: Mono, asked: Mono, answer: &OrderAnswer, actions: &mut Vec<Action>) {
        self.asked = None;
        if matches!(self.stage, Stage::Refused(_) | Stage::Expired) {
            return;
        }
        match answer {
            OrderAnswer::Ended { filled, average, reason } => {
                self.on_ended(now, *filled, *average, reason, 1)
            }
            OrderAnswer::Working { .. } => {
                if now >= self.give_up {
                    actions.push(Action::Command(self.intent.venue, VenueCommand::Cancel(self.intent.cid)));
                }
                self.next_ask = Some(now.after(self.ask_pause()));
            }
            OrderAnswer::NotFound if asked >= self.dead_after() => {
                if self.stage == Stage::Live {
                    self.stage = Stage::Expired;
                } else {
                    // It ended by the venue's own word, yet its look-up does not find it: the word stands.
                    self.confirm_end();
                }
            }
            OrderAnswer::NotFound => self.next_ask = Some(self.dead_after().max(now.after(ASK_PAUSE))),
            OrderAnswer::Failed(_) => self.next_ask = Some(now.after(self.ask_pause())),
        }
        self.on_time(now, actions);
    }

    fn ask_pause(&self) -> Duration {
        ASK_PAUSE.saturating_mul(1 << self.questions.saturating_sub(2).min(8)).min(ASK_PAUSE_LONGEST)
    }

    fn confirm_end(&mut self) {
        if let Stage::Ended { confirmations, .. } = &mut self.stage {
            *confirmations = CONFIRMATIONS;
        }
    }

    /// From this moment on the venue can no longer execute the order (law R1, with slack for clocks).
    fn dead_after(&self) -> Mono {
        self.sent.after(self.intent.valid_for).after(VALIDITY_SLACK)
    }

    fn adds_up(&self) -> bool {
        match &self.stage {
            Stage::Ended { filled, .. } => *filled == self.filled_so_far(),
            Stage::Live | Stage::Refused(_) | Stage::Expired => false,
        }
    }

    /// Does what time demands: gives up waiting, asks, asks again.
    pub fn on_time(&mut self, now: Mono, actions: &mut Vec<Action>) {
        if self.outcome().is_some() {
            return;
        }
        if now >= self.give_up && !self.cancelled && self.stage == Stage::Live {
            let after = self.give_up.since(self.sent);
            actions.push(Action::Notice(Notice::NotFilledInTime { venue: self.intent.venue, after }));
            self.cancel(now, actions);
        }
        if self.asked.is_some_and(|asked| now.since(asked) >= ASK_LOST) {
            self.asked = None;
            self.next_ask = Some(now);
        }
        if self.asked.is_none() && self.next_ask.is_some_and(|due| now >= due) {
            self.next_ask = None;
            self.asked = Some(now);
            self.questions += 1;
            actions.push(Action::Command(self.intent.venue, VenueCommand::AskOrder(self.intent.cid)));
        }
    }

    /// Cancels what may be left and asks for the truth: the other leg has failed, or time is up.
    pub fn cancel(&mut self, now: Mono, actions: &mut Vec<Action>) {
        if self.cancelled || self.stage != Stage::Live {
            return;
        }
        self.cancelled = true;
        actions.push(Action::Command(self.intent.venue, VenueCommand::Cancel(self.intent.cid)));
        let due = now.after(ASK_PAUSE);
        self.next_ask = Some(self.next_ask.map_or(due, |planned| planned.min(due)));
    }

    /// When [`OrderTrack::on_time`] is next needed.
    pub fn deadline(&self) -> Option<Mono> {
        if self.outcome().is_some() {
            return None;
        }
        let give_up = (!self.cancelled && self.stage == Stage::Live).then_some(self.give_up);
        let ask = match self.asked {
            Some(asked) => Some(asked.after(ASK_LOST)),
            None => self.next_ask,
        };
        [give_up, ask].into_iter().flatten().min()
    }

    /// The venue has had it: it refused it, ended it, or filled something of it.
    pub fn existed(&self) -> bool {
        matches!(self.stage, Stage::Ended { .. } | Stage::Refused(_)) || !self.fills.is_empty()
    }

    /// The final result, once there is one.
    pub fn outcome(&self) -> Option<Outcome> {
        let seen = self.filled_so_far();
        match &self.stage {
            Stage::Live => None,
            Stage::Refused(refusal) => Some(Outcome {
                filled: Qty::ZERO,
                average: None,
                refusal: Some(refusal.clone()),
                reason: refusal.to_string(),
            }),
            Stage::Expired => Some(Outcome {
                filled: seen,
                average: self.average(None),
                refusal: None,
                reason: "expired".to_owned(),
            }),
            Stage::Ended { filled, average, reason, confirmations, .. } => {
                if *filled == seen || *confirmations >= CONFIRMATIONS {
                    // More seen than the venue's total: what was executed cannot be less than its executions.
                    let filled = (*filled).max(seen);
                    Some(Outcome {
                        filled,
                        average: self.average(*average),
                        refusal: None,
                        reason: reason.clone(),
                    })
                } else {
                    None
                }
            }
        }
    }

    fn average(&self, reported: Option<Price>) -> Option<Price> {
        let value: Usd = self.fills.iter().map(|fill| fill.price.notional(fill.qty)).sum();
        let complete = match &self.stage {
            Stage::Ended { filled, .. } => *filled == self.filled_so_far(),
            Stage::Live | Stage::Refused(_) | Stage::Expired => true,
        };
        let own = Price::average(value, self.filled_so_far());
        if complete { own.or(reported) } else { reported.or(own) }
    }

    /// Where the order is.
    pub fn venue(&self) -> Venue {
        self.intent.venue
    }
}
