//! Questions and what the venues answer.

use super::{Item, World};
use crate::domain::{ClientOrderId, Mono, PerVenue, Qty, Usd, Venue};
use crate::dst::exchange::Stage;
use crate::dst::fault::Fault;
use crate::dst::plan::{MS, SECOND};
use crate::venue::{OrderAnswer, VenueCommand, VenueReport};

/// A look-up that lags knows nothing of what happened within this time.
const LOOKUP_LAG: u64 = 800 * MS;
/// Untrue readings in a row that a venue may give: beyond this nothing could be told from the truth.
const FALSE_READINGS: u8 = 4;
/// A question that meets no connection fails after this.
const TIMEOUT: u64 = 300 * MS;

impl World<'_> {
    /// A question reaches its venue (or nothing).
    pub(super) fn question_arrives(&mut self, epoch: u32, asked: u64, venue: Venue, question: VenueCommand) {
        if epoch != self.process.epoch() || self.strikes(Fault::AnswerLost) {
            return;
        }
        let line = &self.lines[venue];
        let reachable = !line.dead
            && (line.up || (self.plan.habits[venue].answers_while_down && self.now >= line.down_until));
        let asked = Mono(asked);
        let report = match question {
            VenueCommand::AskOrder(cid) => {
                let answer = if !reachable || self.strikes(Fault::AnswerFails) {
                    OrderAnswer::Failed("no answer".to_owned())
                } else {
                    self.look_up(venue, cid)
                };
                VenueReport::OrderAnswer { cid, asked, answer }
            }
            VenueCommand::AskPosition if reachable && !self.strikes(Fault::PositionFails) => {
                VenueReport::Position { qty: self.reading(venue), asked, answer: true }
            }
            VenueCommand::AskOpenOrders if reachable && !self.strikes(Fault::PositionFails) => {
                self.resting(venue, asked)
            }
            VenueCommand::AskBalance if reachable => {
                let low = self.strikes(Fault::BalanceLow);
                VenueReport::Balance { free: Usd::from_whole(if low { 5 } else { 10_000 }) }
            }
            _ => VenueReport::AskFailed { cause: "no answer".to_owned() },
        };
        let wait = if reachable { self.latency(venue) } else { TIMEOUT };
        self.tell(self.now + wait, venue, report);
    }

    fn look_up(&mut self, venue: Venue, cid: ClientOrderId) -> OrderAnswer {
        let lag = if self.strikes(Fault::AnswerStale) { LOOKUP_LAG } else { 0 };
        let Some(order) = self.venues[venue].order(cid) else { return OrderAnswer::NotFound };
        if lag > 0 && order.changed + lag > self.now {
            return OrderAnswer::NotFound;
        }
        match order.stage {
            Stage::UnderWay | Stage::Void => OrderAnswer::NotFound,
            Stage::Working => OrderAnswer::Working { filled: order.filled },
            Stage::Ended => OrderAnswer::Ended {
                filled: order.filled,
                average: order.fills.first().map(|fill| fill.price),
                reason: "closed".to_owned(),
            },
        }
    }

    fn reading(&mut self, venue: Venue) -> Qty {
        let truth = self.venues[venue].position();
        let mut told = truth;
        if self.lines[venue].false_readings < FALSE_READINGS {
            if self.strikes(Fault::PositionStale) {
                let behind = self.faults.between(Fault::PositionStale, 100 * MS, 3 * SECOND);
                told = self.venues[venue].position_at(self.now.saturating_sub(behind));
            }
            if self.strikes(Fault::PositionZero) {
                told = Qty::ZERO;
            }
        }
        let line = &mut self.lines[venue];
        line.false_readings = if told == truth { 0 } else { line.false_readings + 1 };
        told
    }

    /// Resting orders: none of ours rests, but some of others, or some that only look like ours.
    fn resting(&mut self, venue: Venue, asked: Mono) -> VenueReport {
        let (mut own, mut foreign) = (Vec::new(), 0);
        if self.strikes(Fault::ForeignOrders) {
            let old = self.venues[venue].orders.first().map(|order| order.intent.cid);
            match self.faults.between(Fault::ForeignOrders, 0, 2) {
                0 => foreign = 1,
                1 => own.extend(old),
                _ => own.extend(ClientOrderId::from_number(99 << 32)),
            }
        }
        VenueReport::OpenOrders { asked, own, foreign }
    }

    /// Which venues are connected.
    pub(super) fn connected(&self) -> PerVenue<bool> {
        PerVenue::from_fn(|venue| self.lines[venue].up)
    }

    /// A quiet world comes back: everything that was put off by a fault happens now.
    pub(super) fn restore(&mut self) {
        for venue in Venue::ALL {
            let line = &mut self.lines[venue];
            line.dead = false;
            line.down_until = 0;
            line.silent_until = 0;
            line.lags_until = 0;
            line.quotes_silent_until = 0;
            line.quotes_bad_until = 0;
            line.closed_until = 0;
            line.closing_only_until = 0;
            if self.connected()[venue] {
                self.tell_trading(venue);
            }
            self.agenda.add(self.now, Item::Line(venue));
        }
    }
}
