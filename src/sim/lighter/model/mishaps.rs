//! What goes wrong inside the exchange on demand: orders that run late, in part or never, markets that stop. Books in odd
//! shapes belong to the market itself.

use super::action::Action;
use super::order::{Order, TimeInForce};
use super::{CROWD, MARKET_MAKER};

/// What is in store for the next orders; each happens once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mishaps {
    /// The next immediate order of an account fills at most this many percent of its size.
    pub fill_percent: Option<u8>,
    /// The next order runs this many milliseconds later than predicted.
    pub late_millis: Option<i64>,
    /// The next order is accepted, never runs, and fails once its validity is over.
    pub swallow: bool,
}

/// How an accepted transaction departs from its schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// Later than told by this many milliseconds.
    Late(i64),
    /// Not before its validity is over.
    Never,
}

impl Mishaps {
    /// What happens to this transaction, if anything.
    pub fn departure(&mut self, action: &Action) -> Option<Departure> {
        if !matches!(action, Action::Create(_)) {
            return None;
        }
        if std::mem::take(&mut self.swallow) {
            return Some(Departure::Never);
        }
        self.late_millis.take().map(Departure::Late)
    }

    /// Size that stays unfilled of this order, whatever the book offers.
    pub fn withheld(&mut self, order: &Order) -> i64 {
        let immediate = order.request.time_in_force == TimeInForce::ImmediateOrCancel;
        if !immediate || matches!(order.account, CROWD | MARKET_MAKER) {
            return 0;
        }
        let percent = self.fill_percent.take().map_or(100, |percent| i64::from(percent.min(100)));
        order.remaining - order.remaining * percent / 100
    }
}
