//! Which ids may be used: the cycle reserved ahead, the one under way, and those of earlier runs that nobody finished.

use crate::coordinator::journal::Memory;
use crate::domain::{ClientOrderId, CycleId, PerVenue, Purpose, Venue};

/// Attempts from this one on are kept for closing while the ledger cannot reserve anything. All such orders flatten,
/// whatever they close: one question then tells the next run whether there were any.
pub const FIRST_SPARE: u8 = ClientOrderId::ATTEMPTS / 2;

/// Ids of this run.
#[derive(Clone, Debug)]
pub(super) struct Ids {
    reserved: Option<CycleId>,
    asked: bool,
    current: Option<CycleId>,
    /// Begun and not finished, oldest first; includes the current one.
    open: Vec<CycleId>,
    /// The last one that was finished.
    last: Option<CycleId>,
    attempts: PerVenue<[u8; Purpose::ALL.len()]>,
    /// The cycle under way is an older one whose spare attempts serve.
    sparing: bool,
    /// The first attempt of each venue that was not used among the spare ones of the newest cycle.
    spares: PerVenue<u8>,
    /// Why the ledger cannot write, while it cannot.
    pub failing: Option<String>,
}

impl Ids {
    pub(super) fn new(memory: &Memory) -> Self {
        let mut ids = Self {
            reserved: None,
            asked: false,
            current: None,
            open: memory.cycles.iter().map(|cycle| cycle.id).collect(),
            last: None,
            attempts: PerVenue::default(),
            sparing: false,
            spares: PerVenue::from_fn(|_| FIRST_SPARE),
            failing: None,
        };
        for order in memory.cycles.iter().flat_map(|cycle| &cycle.orders) {
            ids.used(order.intent.cid);
        }
        ids
    }

    /// This order was sent, by this run or an earlier one: its id is not used as a spare one.
    pub(super) fn used(&mut self, cid: ClientOrderId) {
        let is_spare = cid.purpose() == Purpose::Flatten && cid.attempt() >= FIRST_SPARE;
        if is_spare && cid.cycle() == self.spare() {
            let free = &mut self.spares[cid.venue()];
            *free = (*free).max(cid.attempt() + 1);
        }
    }

    /// True once per reservation that is missing.
    pub(super) fn wants_more(&mut self) -> bool {
        let missing = self.reserved.is_none() && !self.asked;
        self.asked |= missing;
        missing
    }

    pub(super) fn reserved(&mut self, cycle: CycleId) {
        self.asked = false;
        self.reserved = Some(cycle);
        // The cycle begins with its orders, and nothing asks for memory before they are handed over.
        self.open.reserve(1);
    }

    /// A reservation was asked for and not answered yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.asked
    }

    pub(super) fn is_reserved(&self) -> bool {
        self.reserved.is_some()
    }

    pub(super) fn current(&self) -> Option<CycleId> {
        self.current
    }

    /// Whether this cycle was begun and not finished.
    pub(super) fn is_open(&self, cycle: CycleId) -> bool {
        self.open.contains(&cycle)
    }

    pub(super) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Goes on with the reserved ids; false, and nothing changed, when there are none.
    pub(super) fn begin(&mut self) -> bool {
        let Some(cycle) = self.reserved.take() else { return false };
        self.current = Some(cycle);
        self.open.push(cycle);
        self.attempts = PerVenue::default();
        self.sparing = false;
        self.spares = PerVenue::from_fn(|_| FIRST_SPARE);
        true
    }

    /// Everything begun is over.
    pub(super) fn end(&mut self) -> Vec<CycleId> {
        self.last = self.open.last().copied().or(self.last);
        self.current = None;
        self.sparing = false;
        std::mem::take(&mut self.open)
    }

    /// Gives back what was not used.
    pub(super) fn release(&mut self) -> Option<CycleId> {
        self.reserved.take()
    }

    /// Whether [`Ids::next`] can have an answer. While it cannot, a reservation is under way.
    pub(super) fn ready(&self) -> bool {
        self.current.is_some()
            || self.reserved.is_some()
            || (self.failing.is_some() && self.spare().is_some())
    }

    fn spare(&self) -> Option<CycleId> {
        self.open.last().copied().or(self.last)
    }

    /// What [`Ids::next`] would say within the cycle under way, without using it up; spare ones are not told.
    pub(super) fn coming(&self, venue: Venue, purpose: Purpose) -> Option<ClientOrderId> {
        if self.sparing {
            return None;
        }
        let attempt = self.attempts[venue][index_of(purpose)?];
        ClientOrderId::new(self.current?, venue, purpose, attempt)
    }

    /// What [`Ids::next`] would say first once the reserved cycle has begun, without using it up.
    pub(super) fn first_of_next(&self, venue: Venue, purpose: Purpose) -> Option<ClientOrderId> {
        ClientOrderId::new(self.reserved?, venue, purpose, 0)
    }

    /// The next id for an order, never used before; `None` when there is none or a cycle used up its attempts. It is one for
    /// `purpose`, or a spare one.
    pub(super) fn next(&mut self, venue: Venue, purpose: Purpose) -> Option<ClientOrderId> {
        // Something has to be closed between cycles: the reserved ids are as good for that.
        if self.current.is_none() && !self.begin() {
            // The ledger cannot give new ids, and closing must not wait for a disk.
            self.current = self.failing.as_ref().and(self.spare());
            self.sparing = self.current.is_some();
        }
        let (purpose, attempt) = if self.sparing {
            (Purpose::Flatten, self.spares[venue])
        } else {
            (purpose, self.attempts[venue][index_of(purpose)?])
        };
        let cid = ClientOrderId::new(self.current?, venue, purpose, attempt)?;
        if !self.sparing {
            self.attempts[venue][index_of(purpose)?] = attempt.saturating_add(1);
        }
        self.used(cid);
        Some(cid)
    }
}

fn index_of(purpose: Purpose) -> Option<usize> {
    Purpose::ALL.iter().position(|known| *known == purpose)
}
