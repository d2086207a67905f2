//! What becomes of one order: drawn when it leaves, or prescribed by a script.

use super::fault::{Fault, Faults};
use super::plan::{MS, SECOND};
use crate::domain::{OrderIntent, PerVenue};
use crate::venue::Reaction;

/// Whether and when an order reaches its venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// As usual.
    Arrives,
    /// After this long.
    Late(u64),
    /// Never.
    Lost,
}

/// How much of an order is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// As much as the price and the position allow.
    All,
    /// This part of a thousand.
    Some(i64),
    /// Nothing.
    Nothing,
    /// A step more than was asked.
    Over,
}

/// What becomes of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// Whether it arrives.
    pub road: Road,
    /// Refused for this reason.
    pub refusal: Option<Reaction>,
    /// How much is filled.
    pub part: Part,
    /// It works this long before it is filled, unless it is cancelled or dead before.
    pub hangs: Option<u64>,
    /// The session says soon that the outcome is unknown.
    pub unknown: bool,
    /// Nothing about it is reported by the stream.
    pub silent: bool,
    /// Its fills are reported this long after its end.
    pub fills_late: u64,
    /// Its ack is reported this late.
    pub ack_late: u64,
    /// The first report of its end tells a wrong total.
    pub wrong_total: bool,
    /// Everything about it is reported this much later.
    pub reports_late: u64,
}

impl Fate {
    /// Filled at once, and told.
    pub const GOOD: Self = Self {
        road: Road::Arrives,
        refusal: None,
        part: Part::All,
        hangs: None,
        unknown: false,
        silent: false,
        fills_late: 0,
        ack_late: 0,
        wrong_total: false,
        reports_late: 0,
    };

    /// Draws the fate of an order.
    pub fn draw(faults: &mut Faults, intent: &OrderIntent) -> (Self, Vec<Fault>) {
        let mut fate = Self::GOOD;
        let mut struck = Vec::new();
        for fault in PER_ORDER {
            let reduces = intent.purpose.reduce_only();
            let possible = match fault {
                Fault::RejectReduceOnly | Fault::RejectSmall => reduces,
                Fault::Overfill => !reduces,
                _ => true,
            };
            if faults.strikes(*fault) && possible {
                fate.meet(*fault, faults);
                struck.push(*fault);
            }
        }
        (fate, struck)
    }

    fn meet(&mut self, fault: Fault, faults: &mut Faults) {
        match fault {
            Fault::AckLost => (self.unknown, self.silent) = (true, true),
            Fault::RequestLost => (self.road, self.unknown) = (Road::Lost, true),
            Fault::RequestLate => {
                self.road = Road::Late(faults.between(fault, 50 * MS, 1_950 * MS));
                self.unknown = true;
            }
            Fault::RequestTooLate => {
                self.road = Road::Late(faults.between(fault, 2_001 * MS, 4_000 * MS));
                self.unknown = true;
            }
            Fault::SilentDrop => self.road = Road::Lost,
            Fault::Hangs => self.hangs = Some(faults.between(fault, 100 * MS, 4 * SECOND)),
            Fault::FillsLate => self.fills_late = faults.between(fault, 10 * MS, 2 * SECOND),
            Fault::AckLast => self.ack_late = faults.between(fault, 10 * MS, SECOND),
            Fault::WrongTotal => self.wrong_total = true,
            Fault::PartialFill => {
                self.part = Part::Some(i64::try_from(faults.between(fault, 50, 950)).unwrap_or(500));
            }
            Fault::NoMatch | Fault::SelfTrade => self.part = Part::Nothing,
            Fault::Overfill => self.part = Part::Over,
            Fault::RejectMargin => self.refusal = Some(Reaction::Margin),
            Fault::RejectRules | Fault::RejectSmall => self.refusal = Some(Reaction::ReloadMarket),
            Fault::RejectReduceOnly => self.refusal = Some(Reaction::ReadPosition),
            Fault::RejectNonce => self.refusal = Some(Reaction::ResyncNonce),
            Fault::RejectBand => self.refusal = Some(Reaction::Reprice),
            Fault::RejectUnknown => self.refusal = Some(Reaction::Unknown),
            Fault::RejectBusy => self.refusal = Some(Reaction::BackOff),
            Fault::RejectAuth => self.refusal = Some(Reaction::Reauthenticate),
            Fault::RejectClosed => self.refusal = Some(Reaction::VenueClosed),
            Fault::RejectNotSent => self.refusal = Some(Reaction::NotSent),
            other => unreachable!("{other:?} is no fault of an order"),
        }
    }
}

/// Faults of one order, in the order in which they are drawn; a later one overrides an earlier one.
pub const PER_ORDER: &[Fault] = &[
    Fault::FillsLate,
    Fault::AckLast,
    Fault::WrongTotal,
    Fault::PartialFill,
    Fault::NoMatch,
    Fault::SelfTrade,
    Fault::Overfill,
    Fault::Hangs,
    Fault::AckLost,
    Fault::RequestLate,
    Fault::RequestTooLate,
    Fault::RequestLost,
    Fault::SilentDrop,
    Fault::RejectMargin,
    Fault::RejectRules,
    Fault::RejectReduceOnly,
    Fault::RejectNonce,
    Fault::RejectBand,
    Fault::RejectUnknown,
    Fault::RejectBusy,
    Fault::RejectAuth,
    Fault::RejectClosed,
    Fault::RejectNotSent,
];

/// Prescribed fates of the first orders of a run; everything after them goes well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Of the first opening order on each venue.
    pub open: PerVenue<Fate>,
    /// Of the first closing order on each venue.
    pub close: PerVenue<Fate>,
    /// The process dies after this many actions.
    pub crash_at: Option<u64>,
    /// How much of what the ledger had not written survives a crash, in thousandths.
    pub survives: u64,
}

impl Script {
    /// Takes the prescribed fate of an order.
    pub fn fate(&mut self, intent: &OrderIntent) -> Fate {
        let fates = if intent.purpose.reduce_only() { &mut self.close } else { &mut self.open };
        std::mem::replace(&mut fates[intent.venue], Fate::GOOD)
    }
}
