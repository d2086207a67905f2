//! The judge of depth 2: the venues' own truth, commands at the boundary, notices and the journal. Shares no code with the
//! coordinator. Where somebody else has moved a position, or a fill was taken back, rules about sizes are suspended for the
//! rest of the run; those about ids, flags, alarms that must end and exits are not. Depth 1 judges such runs more finely.

use super::place::{Truth, reduces};
use crate::coordinator::journal::Memory;
use crate::coordinator::{ExitReason, Notice, RecoveryOutcome, Settings};
use crate::domain::{Bbo, ClientOrderId, MarketSpec, OrderIntent, PerVenue, Purpose, Qty, Venue};
use crate::dst::disk::Disk;
use crate::dst::figures::Figures;
use crate::dst::oracle::{Invariant, Violation};
use crate::dst::plan::SECOND;
use std::collections::BTreeSet;

/// Exposure is alarmed after this: five seconds, and what it takes to learn of it.
const ALARM_WITHIN: u64 = 8 * SECOND;
/// A standing alarm is repeated this often.
const REPEATED_WITHIN: u64 = 11 * SECOND;

/// Watches one run.
pub(super) struct Judge {
    pub(super) violations: Vec<Violation>,
    settings: Settings,
    pub(super) quotes: PerVenue<Option<Bbo>>,
    pub(super) specs: PerVenue<Option<MarketSpec>>,
    clip: PerVenue<Qty>,
    contested: PerVenue<bool>,
    sent: BTreeSet<ClientOrderId>,
    up_since: Option<u64>,
    naked_since: Option<u64>,
    alarm_at: Option<u64>,
    recovering: bool,
}

impl Judge {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            violations: Vec::new(),
            settings,
            quotes: PerVenue::default(),
            specs: PerVenue::default(),
            clip: PerVenue::default(),
            contested: PerVenue::default(),
            sent: BTreeSet::new(),
            up_since: None,
            naked_since: None,
            alarm_at: None,
            recovering: false,
        }
    }

    pub(super) fn broken(&mut self, rule: Invariant, at: u64, text: String) {
        self.violations.push(Violation { rule, at, text });
    }

    pub(super) fn process_begins(&mut self, now: u64) {
        self.up_since = Some(now);
        (self.alarm_at, self.recovering) = (None, false);
    }

    pub(super) fn process_gone(&mut self) {
        self.up_since = None;
    }

    fn answerable(&self) -> bool {
        !self.contested.any(|contested| *contested)
    }

    /// An order leaves the process.
    pub(super) fn on_submit(&mut self, now: u64, intent: &OrderIntent, truth: &Truth, disk: &Disk) {
        let (cid, venue) = (intent.cid, intent.venue);
        if !cid.cycle().is_some_and(|cycle| disk.has_reserved(cycle)) {
            self.broken(Invariant::ReservedBeforeSent, now, format!("{cid} was never reserved"));
        }
        if !self.sent.insert(cid) && truth.orders.iter().any(|order| order.cid == cid) {
            self.broken(Invariant::OneIntentOneOrder, now, format!("{cid} is sent again"));
        }
        if cid.venue() != venue || cid.purpose() != intent.purpose {
            self.broken(Invariant::NeverFlips, now, format!("{cid} says something else than it is"));
        }
        if let Some(alive) = truth.orders.iter().find(|order| order.alive) {
            let text = format!("{cid} is sent to {venue} while {} is alive", alive.cid);
            self.broken(Invariant::OneOpenOrder, now, text);
        }
        self.note_contested(venue, truth);
        match intent.purpose {
            Purpose::Open => {
                if let Some(most) = self.most_a_leg_may_be().filter(|_| cid.attempt() == 0) {
                    self.clip[venue] = most;
                }
            }
            Purpose::Close | Purpose::Unwind | Purpose::Flatten => {
                if self.answerable() && !reduces(truth.own(), intent.side, intent.qty) {
                    let text = format!("{cid}: {:?} {} while {}", intent.side, intent.qty, truth.own());
                    self.broken(Invariant::NeverFlips, now, text);
                }
            }
        }
    }

    /// The size that the margin buys at the mean of both quotes.
    fn most_a_leg_may_be(&self) -> Option<Qty> {
        let mid = |venue: Venue| {
            self.quotes[venue].map(|quote| i128::from(quote.bid.units()) + i128::from(quote.ask.units()))
        };
        let average = (mid(Venue::Paradex)? + mid(Venue::Lighter)?) / 4 - 2;
        let qty = i128::from(self.settings.margin.units()) * 100_000_000 / average.max(1);
        i64::try_from(qty).ok().map(Qty::from_units)
    }

    fn note_contested(&mut self, venue: Venue, truth: &Truth) {
        self.contested[venue] |= truth.busted || truth.own() != truth.position;
    }

    /// Compares both venues with the rules.
    pub(super) fn look(&mut self, now: u64, truths: &PerVenue<Truth>, figures: &mut Figures) {
        for (venue, truth) in truths.iter() {
            self.note_contested(venue, truth);
            let mut ids = BTreeSet::new();
            for order in &truth.orders {
                if !ids.insert(order.cid) {
                    let text = format!("{venue} has taken two orders under {}", order.cid);
                    self.broken(Invariant::OneIntentOneOrder, now, text);
                }
                if order.reduce_only != order.cid.purpose().reduce_only() {
                    let text = format!("{} has the wrong reduce-only flag on {venue}", order.cid);
                    self.broken(Invariant::NeverFlips, now, text);
                }
            }
            if self.answerable() && truth.own().abs() > self.clip[venue] {
                let text = format!("{} on {venue}, at most {}", truth.own(), self.clip[venue]);
                self.broken(Invariant::Clip, now, text);
            }
        }
        self.look_at_exposure(now, truths, figures);
    }

    fn look_at_exposure(&mut self, now: u64, truths: &PerVenue<Truth>, figures: &mut Figures) {
        let net = truths.paradex.position + truths.lighter.position;
        if self.is_dust(net) {
            if let Some(since) = self.naked_since.take() {
                figures.naked_ms.add((now - since) / 1_000_000);
            }
            return;
        }
        let since = *self.naked_since.get_or_insert(now);
        let Some(up) = self.up_since.filter(|_| self.answerable()) else { return };
        if now.saturating_sub(since.max(up)) > ALARM_WITHIN && !self.alarm_stands(now) {
            let text = format!("{net} naked for {} s without an alarm", (now - since) / SECOND);
            self.broken(Invariant::AlarmStands, now, text);
        }
    }

    fn alarm_stands(&self, now: u64) -> bool {
        self.alarm_at.is_some_and(|at| now - at <= REPEATED_WITHIN)
    }

    /// Too little for the coarser venue to take as an order of its own.
    fn is_dust(&self, qty: Qty) -> bool {
        let price = self.quotes.iter().find_map(|(_, quote)| *quote).map_or(0, |quote| quote.bid.units());
        let value = i128::from(qty.abs().units()) * i128::from(price) / 100_000_000;
        qty.is_zero()
            || self
                .specs
                .iter()
                .filter_map(|(_, spec)| *spec)
                .any(|spec| qty.abs() < spec.min_qty || value < i128::from(spec.min_notional.units()))
    }

    pub(super) fn on_notice(&mut self, now: u64, notice: &Notice, figures: &mut Figures) {
        match notice {
            Notice::NakedAlarm { .. } => {
                self.alarm_at = Some(now);
                figures.alarms += 1;
            }
            Notice::Halted { .. } => {
                self.alarm_at = Some(now);
                figures.halts += 1;
            }
            Notice::Recovering { .. } => self.recovering = true,
            Notice::Recovered { outcome, .. } => {
                if let Some(since) = self.up_since.filter(|_| std::mem::take(&mut self.recovering)) {
                    figures.recovery_ms.add((now - since) / 1_000_000);
                }
                figures.adopted += u64::from(*outcome == RecoveryOutcome::Adopted);
            }
            Notice::PairOpened => figures.held += 1,
            Notice::PairClosed => figures.closed += 1,
            _ => {}
        }
    }

    /// Long after the last fault.
    pub(super) fn judge(&mut self, now: u64, truths: &PerVenue<Truth>) {
        let net = truths.paradex.position + truths.lighter.position;
        let for_long = self.naked_since.is_some_and(|since| now - since > 10 * SECOND);
        if for_long && self.answerable() && self.up_since.is_some() && !self.alarm_stands(now) {
            self.broken(Invariant::Live, now, format!("{net} naked and silent long after the last fault"));
        }
        if self.recovering && self.up_since.is_some() && !self.alarm_stands(now) {
            self.broken(Invariant::Live, now, "recovers in silence long after the last fault".to_owned());
        }
    }

    /// The process has ended by itself; called some seconds later, too, when nothing can be under way any more.
    pub(super) fn on_exit(&mut self, now: u64, reason: ExitReason, truths: &PerVenue<Truth>) {
        for (venue, truth) in truths.iter() {
            self.note_contested(venue, truth);
        }
        if reason == ExitReason::Exposure || !self.answerable() {
            return;
        }
        for (venue, truth) in truths.iter() {
            if !self.is_dust(truth.own()) {
                let text = format!("left with {reason:?} and {} on {venue}", truth.own());
                self.broken(Invariant::TruthfulExit, now, text);
            }
            if let Some(alive) = truth.orders.iter().find(|order| order.alive) {
                let text = format!("left with {reason:?} while {} is alive", alive.cid);
                self.broken(Invariant::TruthfulExit, now, text);
            }
        }
    }

    /// The journal of an end that left nothing unwritten.
    pub(super) fn on_final_memory(&mut self, now: u64, memory: &Memory, truths: &PerVenue<Truth>) {
        for (venue, truth) in truths.iter() {
            let open = memory.cycles.iter().map(|cycle| cycle.net[venue]);
            let recorded = open.fold(memory.left[venue], |sum, net| sum + net);
            if self.answerable() && recorded != truth.own() {
                let text = format!("the journal says {recorded} on {venue}, the venue {}", truth.own());
                self.broken(Invariant::TruthfulExit, now, text);
            }
        }
    }

    pub(super) fn end(&mut self, now: u64, figures: &mut Figures) {
        if let Some(since) = self.naked_since.take() {
            figures.naked_ms.add((now - since) / 1_000_000);
            figures.left_naked += 1;
        }
    }
}
