//! Starting. Waits for: rules, balance, position, resting orders, quote and readiness of both venues, and reserved ids.
//! Leaves to: idle, recovering when an earlier run left cycles without an end, or the end of the run when something refuses.
//! Deadline: `ready_deadline`, with a line every tenth of it; while something may be open only after a request to stop.
//! On restart: starts here.

use super::{Phase, idle::Idle, leave, leave_unresolved, recovering::Recovering};
use crate::coordinator::desk::Desk;
use crate::coordinator::event::{Action, Event, ExitReason};
use crate::coordinator::journal::Memory;
use crate::coordinator::notice::Notice;
use crate::coordinator::settings::Mission;
use crate::domain::{ClientOrderId, Mono, PerVenue, Venue, common_quantity};
use crate::venue::VenueCommand;
use std::time::Duration;

/// How often the wait is reported until the deadline.
const REPORTS: u32 = 10;
/// A list of resting orders that did not come is asked for again after this.
const LIST_AGAIN: Duration = Duration::from_secs(3);

/// Waiting for everything a first cycle needs.
#[derive(Clone, Debug)]
pub struct Starting {
    memory: Box<Memory>,
    born: Mono,
    next_report: Mono,
    reports: u32,
    lists: PerVenue<Option<Mono>>,
    cancelled: PerVenue<bool>,
}

impl Starting {
    /// Before the first event.
    pub fn new(memory: Memory) -> Self {
        Self {
            memory: Box::new(memory),
            born: Mono(0),
            next_report: Mono(u64::MAX),
            reports: 0,
            lists: PerVenue::default(),
            cancelled: PerVenue::default(),
        }
    }

    /// One event.
    pub fn step(mut self, desk: &mut Desk, now: Mono, event: &Event, actions: &mut Vec<Action>) -> Phase {
        if matches!(event, Event::Begin) {
            self.begin(desk, now, actions);
        }
        let no_more = desk.stopping || desk.broken.is_some();
        if no_more && !self.may_go_on(desk, now) {
            let open = self.is_recovery() || desk.settings.mission == Mission::Flatten;
            let reason = if open { ExitReason::Exposure } else { desk.broken.unwrap_or(ExitReason::Done) };
            return leave_unresolved(desk, reason, self.unresolved(), actions);
        }
        self.list_resting(desk, now, actions);
        if let Some(reason) = self.refusal(desk, actions) {
            return leave(desk, reason, actions);
        }
        let missing = self.missing(desk);
        if missing.is_none() {
            return self.go_on(desk, now, actions);
        }
        if now >= self.next_report {
            self.reports += 1;
            if self.reports > REPORTS && !self.is_recovery() {
                actions.push(Action::Notice(Notice::NotReadyInTime(missing.unwrap_or_default())));
                return leave(desk, ExitReason::Refused, actions);
            }
            let attempt = self.reports.min(REPORTS);
            actions.push(Action::Notice(Notice::Waiting { attempt, of: REPORTS }));
            self.next_report = now.after(pause(desk));
        }
        Phase::Starting(self)
    }

    fn begin(&mut self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) {
        for venue in Venue::ALL {
            actions.push(Action::Command(venue, VenueCommand::Start));
        }
        self.next_report = now.after(pause(desk));
        self.born = now;
        if self.memory.cycles.is_empty() {
            return;
        }
        let cycles = self.memory.cycles.iter().map(|cycle| cycle.id).collect();
        let sent = self.memory.cycles.iter().any(|cycle| !cycle.orders.is_empty());
        actions.push(Action::Notice(Notice::Recovering { cycles, positions: desk.positions(), sent }));
        // What their orders did is not known: exposure until it is.
        for venue in Venue::ALL {
            desk.set_unresolved(venue, true);
        }
    }

    /// Something may be open: nothing refuses this start, and it waits for the venues as long as it takes.
    pub fn is_recovery(&self) -> bool {
        !self.memory.cycles.is_empty()
    }

    /// A request to stop is a request to leave flat: what earlier runs left is closed first, if its venues answer in time.
    fn may_go_on(&self, desk: &Desk, now: Mono) -> bool {
        self.is_recovery() && now < self.born.after(desk.settings.ready_deadline)
    }

    fn go_on(self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        if self.is_recovery() || desk.settings.mission == Mission::Flatten {
            return Recovering::enter(desk, now, self.born, &self.memory, actions);
        }
        Idle::enter(desk, now, actions)
    }

    /// Asks for the resting orders, again where the answer did not come. Ours are cancelled: none should rest.
    fn list_resting(&mut self, desk: &Desk, now: Mono, actions: &mut Vec<Action>) {
        for venue in Venue::ALL {
            let view = &desk.venues[venue];
            match &view.resting {
                None if view.ready
                    && self.lists[venue].is_none_or(|asked| now >= asked.after(LIST_AGAIN)) =>
                {
                    self.lists[venue] = Some(now);
                    actions.push(Action::Command(venue, VenueCommand::AskOpenOrders));
                }
                Some((own, _)) if !self.cancelled[venue] => {
                    self.cancelled[venue] = true;
                    for cid in own.iter().filter(|cid| self.is_ours(**cid)) {
                        actions.push(Action::Command(venue, VenueCommand::Cancel(*cid)));
                    }
                }
                None | Some(_) => {}
            }
        }
    }

    fn is_ours(&self, cid: ClientOrderId) -> bool {
        cid.cycle().is_some_and(|cycle| cycle.ledger() == self.memory.ledger)
    }

    /// Facts that refuse the start at once. All of them are said, not only the first.
    fn refusal(&self, desk: &Desk, actions: &mut Vec<Action>) -> Option<ExitReason> {
        if self.is_recovery() || desk.settings.mission == Mission::Flatten {
            return None;
        }
        let mut reason = None;
        let required = desk.settings.required_balance();
        let balances_known = desk.venues.all(|view| view.free.is_some());
        for (venue, view) in desk.venues.iter() {
            let stated = desk.watch[venue].stated().filter(|_| view.position_known);
            if let Some(position) =
                stated.filter(|position| !position.is_zero() && *position != desk.own(venue))
            {
                actions.push(Action::Notice(Notice::ForeignPosition { venue, position }));
                reason = Some(ExitReason::Refused);
            }
            if let Some(count) = self.foreign_orders(desk, venue) {
                actions.push(Action::Notice(Notice::ForeignOrders { venue, count }));
                reason = Some(ExitReason::Refused);
            }
            // Both balances are judged together, so that the operator reads of both at once.
            if let Some(free) = view.free.filter(|free| balances_known && *free < required) {
                actions.push(Action::Notice(Notice::InsufficientBalance { venue, free, required }));
                reason = Some(ExitReason::Refused);
            }
        }
        if reason.is_none() {
            reason = size_refusal(desk, actions);
        }
        reason
    }

    fn foreign_orders(&self, desk: &Desk, venue: Venue) -> Option<usize> {
        let (own, foreign) = desk.venues[venue].resting.as_ref()?;
        let count = foreign + own.iter().filter(|cid| !self.is_ours(**cid)).count();
        (count > 0).then_some(count)
    }

    /// What is still missing, in words; `None` when all is there.
    fn missing(&self, desk: &Desk) -> Option<String> {
        let mut parts = Vec::new();
        for (venue, view) in desk.venues.iter() {
            // Closing needs no fresh quote: an earlier one is as good a reference.
            let quote = view.quote.is_ok() || (self.is_recovery() && view.last_good.is_some());
            let facts = [
                (view.spec.is_some(), "market rules"),
                (view.free.is_some(), "balance"),
                // Recovering reads it by itself, once nothing of an earlier run can change it any more.
                (view.position_known || self.is_recovery(), "position"),
                (view.resting.is_some(), "list of resting orders"),
                (quote, "a usable quote"),
                (view.ready, "confirmed private streams"),
            ];
            parts
                .extend(facts.iter().filter(|(known, _)| !known).map(|(_, what)| format!("{venue}: {what}")));
        }
        if let Err(cause) = desk.ledger_gate().or_else(|cause| self.closes_without(cause)) {
            parts.push(cause.map_or("ledger: reserved ids".to_owned(), |cause| format!("ledger: {cause}")));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// A ledger that cannot be written keeps nobody from closing what is open.
    fn closes_without(&self, cause: Option<String>) -> Result<(), Option<String>> {
        if self.is_recovery() && cause.is_some() { Ok(()) } else { Err(cause) }
    }

    /// Orders of earlier runs whose end is not on record.
    pub fn unresolved(&self) -> Vec<(Venue, ClientOrderId)> {
        let orders = self.memory.cycles.iter().flat_map(|cycle| &cycle.orders);
        orders
            .filter(|order| order.ended.is_none())
            .map(|order| (order.intent.venue, order.intent.cid))
            .collect()
    }

    /// Next report, or the next look for a list.
    pub fn deadline(&self, desk: &Desk) -> Mono {
        // A venue that is not ready is asked when it says that it is: until then time changes nothing.
        let missing = |venue: &Venue| desk.venues[*venue].ready && desk.venues[*venue].resting.is_none();
        let lists = Venue::ALL.into_iter().filter(missing);
        let list = lists.filter_map(|venue| self.lists[venue]).map(|asked| asked.after(LIST_AGAIN)).min();
        list.map_or(self.next_report, |list| list.min(self.next_report))
    }
}

fn pause(desk: &Desk) -> Duration {
    desk.settings.ready_deadline / REPORTS
}

fn size_refusal(desk: &Desk, actions: &mut Vec<Action>) -> Option<ExitReason> {
    let (a, b) = (&desk.venues.paradex, &desk.venues.lighter);
    let specs = PerVenue { paradex: a.spec?, lighter: b.spec? };
    let average = a.quote.ok()?.mid().midpoint(b.quote.ok()?.mid());
    let refusal = common_quantity(desk.settings.margin, average, &specs).err()?;
    actions.push(Action::Notice(Notice::NoSize(refusal)));
    Some(ExitReason::Configuration)
}
