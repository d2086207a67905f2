//! Recovering. An earlier run left cycles without an end. Waits for: the truth about every order of theirs that may exist,
//! and each venue's confirmation of the position. Leaves to: idle when nothing is open, holding when the pair is whole and
//! adopted, holding that ends at once or flattening otherwise, the end of the run when a position is not ours. Deadlines:
//! those of its questions. On restart: here again.
//!
//! Orders of a process that is gone are dead once their validity has passed since this one began (law R1); what could not
//! be recorded in time is found by asking for the reserved ids. Closing orders only reduce, so what the opening orders
//! filled bounds what can be ours.

use super::{Phase, cooling::Cooling, flattening::Flattening, holding::Holding, leave};
use crate::coordinator::desk::{Desk, FIRST_SPARE};
use crate::coordinator::event::{Action, Event, ExitReason};
use crate::coordinator::evidence::Verdict;
use crate::coordinator::inflight::OrderTrack;
use crate::coordinator::journal::{Memory, OpenCycle, PastOrder, Record};
use crate::coordinator::notice::{Notice, RecoveryOutcome};
use crate::coordinator::settings::{Mission, OnRestart, open_side};
use crate::domain::{
    ClientOrderId, Fill, Mono, OrderIntent, PerVenue, Price, Purpose, Qty, Side, Usd, Venue,
};
use crate::venue::VenueReport;
use std::time::Duration;

/// Orders asked about at a time on each venue: a question takes several requests, and all at once used up the budget of a
/// minute so that none of them was ever answered.
const AT_ONCE: usize = 2;
/// Pause between two questions to a venue, whose requests count.
const PACE: Duration = Duration::from_millis(100);

/// Looking for the truth about an earlier run.
#[derive(Clone, Debug)]
pub struct Recovering {
    memory: Box<Memory>,
    born: Mono,
    tracks: Vec<OrderTrack>,
    /// The next question to each venue.
    next_question: PerVenue<Mono>,
    /// What was asked about and is no longer in `tracks`.
    answered: Vec<ClientOrderId>,
    /// Orders that the crash swallowed and that are on record by now.
    found: Vec<ClientOrderId>,
    /// What opening orders of the open cycles filled, per venue, signed: the most that can be ours.
    opened: PerVenue<Qty>,
    /// At which average, where that is known.
    averages: PerVenue<Option<Price>>,
}

impl Recovering {
    /// Begins to ask. Everything of earlier runs was sent before this process was `born`.
    pub fn enter(
        desk: &mut Desk,
        now: Mono,
        born: Mono,
        memory: &Memory,
        actions: &mut Vec<Action>,
    ) -> Phase {
        let mut tracks: Vec<OrderTrack> =
            memory.cycles.iter().flat_map(|cycle| doubtful(cycle, born)).collect();
        tracks.extend(memory.cycles.last().into_iter().flat_map(|cycle| spares(cycle, born)));
        for venue in Venue::ALL {
            desk.set_unresolved(venue, tracks.iter().any(|track| track.venue() == venue));
            desk.watch[venue].quiet(now);
        }
        let known = |venue: Venue| {
            let orders = memory.cycles.iter().flat_map(|cycle| &cycle.orders);
            let over = orders.filter(|order| {
                order.intent.venue == venue
                    && order.intent.purpose == Purpose::Open
                    && tracks.iter().all(|track| track.intent().cid != order.intent.cid)
            });
            over.map(|order| order.intent.side.signed(order.filled())).sum::<Qty>()
        };
        let opened = PerVenue::from_fn(known);
        let averages = PerVenue::from_fn(|venue| recorded_average(memory, venue));
        for order in memory.cycles.iter().flat_map(|cycle| &cycle.orders) {
            desk.remember(order);
        }
        let memory = Box::new(memory.clone());
        let (answered, found, next_question) = (Vec::new(), Vec::new(), PerVenue::from_fn(|_| now));
        Self { memory, born, tracks, next_question, answered, found, opened, averages }
            .look(desk, now, actions)
    }

    /// One event.
    pub fn step(mut self, desk: &mut Desk, now: Mono, event: &Event, actions: &mut Vec<Action>) -> Phase {
        if let Event::Report(_, VenueReport::Filled(fill)) = event {
            self.put_on_record(fill.cid, fill.qty, actions);
        }
        let mut asking = PerVenue::<usize>::default();
        for track in &mut self.tracks {
            desk.hear(now, track, event, actions);
            let count = &mut asking[track.venue()];
            if track.outcome().is_none() && *count < AT_ONCE {
                *count += 1;
                let (next, before) = (&mut self.next_question[track.venue()], actions.len());
                if now >= *next {
                    track.on_time(now, actions);
                    *next = if actions.len() > before { now.after(PACE) } else { *next };
                }
            }
        }
        self.look(desk, now, actions)
    }

    /// An order the crash swallowed turns out to exist: it is recorded before anything is recorded of it.
    fn put_on_record(&mut self, cid: ClientOrderId, qty: Qty, actions: &mut Vec<Action>) {
        let track = self.tracks.iter().find(|track| track.intent().cid == cid);
        let Some(intent) = track.map(|track| *track.intent()).filter(|_| !self.is_on_record(cid)) else {
            return;
        };
        self.found.push(cid);
        actions.push(Action::Record(Record::Sent(OrderIntent { qty, ..intent })));
    }

    fn look(mut self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        self.settle_known(desk, now, actions);
        if !self.tracks.is_empty() {
            return Phase::Recovering(self);
        }
        for venue in Venue::ALL {
            match desk.watch[venue].verdict() {
                Verdict::Confirmed => {}
                Verdict::Open => return Phase::Recovering(self),
                Verdict::Contradicted(actual) => {
                    if !self.explains(desk, venue, actual) {
                        actions.push(Action::Notice(Notice::ForeignPosition { venue, position: actual }));
                        let reason = if desk.flat() { ExitReason::Refused } else { ExitReason::Exposure };
                        return leave(desk, reason, actions);
                    }
                    desk.claim_all(now, venue, actual, actions);
                    return Phase::Recovering(self);
                }
            }
        }
        self.judge(desk, now, actions)
    }

    /// Books the orders whose end is known now; the last one on a venue makes its readings count.
    fn settle_known(&mut self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) {
        let mut open = Vec::with_capacity(self.tracks.len());
        for track in std::mem::take(&mut self.tracks) {
            match track.outcome() {
                None => open.push(track),
                Some(outcome) => {
                    let intent = *track.intent();
                    self.answered.push(intent.cid);
                    if intent.purpose == Purpose::Open {
                        let filled = intent.side.signed(outcome.filled);
                        self.opened[intent.venue] = self.opened[intent.venue] + filled;
                        self.averages[intent.venue] = outcome.average.or(self.averages[intent.venue]);
                    }
                    let swallowed = !self.is_on_record(intent.cid) || self.found.contains(&intent.cid);
                    if swallowed && track.existed() {
                        desk.used(intent.cid);
                        open.extend(self.followers(&intent, &open));
                    }
                    if outcome.filled.is_positive() && !self.is_on_record(intent.cid) {
                        self.found.push(intent.cid);
                        let sent = OrderIntent { qty: outcome.filled, ..intent };
                        actions.push(Action::Record(Record::Sent(sent)));
                    }
                    if self.is_on_record(intent.cid) {
                        desk.settle(now, &track, &outcome, actions);
                    } else {
                        desk.watch[intent.venue].quiet(now);
                    }
                }
            }
        }
        self.tracks = open;
        for venue in Venue::ALL {
            desk.set_unresolved(venue, self.tracks.iter().any(|track| track.venue() == venue));
        }
    }

    /// Where one was swallowed those after it may have been, too: the next attempt, and the first of what comes after it.
    fn followers(&self, swallowed: &OrderIntent, asked: &[OrderTrack]) -> Vec<OrderTrack> {
        let (venue, cid) = (swallowed.venue, swallowed.cid);
        let attempts = cid.attempt().checked_add(1).map(|attempt| (swallowed.purpose, attempt));
        let is_spare = cid.attempt() >= FIRST_SPARE;
        let firsts = Purpose::ALL.into_iter().filter(|purpose| purpose.reduce_only() && !is_spare);
        let possible = attempts.into_iter().chain(firsts.map(|purpose| (purpose, 0)));
        let wish = self.memory.cycles.iter().find(|cycle| Some(cycle.id) == cid.cycle());
        let reverse = wish.is_some_and(|cycle| cycle.wish.reverse);
        let unasked = possible.filter_map(|(purpose, attempt)| {
            let cid = ClientOrderId::new(cid.cycle()?, venue, purpose, attempt)?;
            let tracks = self.tracks.iter().chain(asked);
            let known = self.answered.contains(&cid)
                || self.is_on_record(cid)
                || tracks.into_iter().any(|track| track.intent().cid == cid);
            let side = side_of(venue, purpose, reverse);
            (!known).then_some(OrderIntent { cid, purpose, side, qty: Qty::MAX, ..*swallowed })
        });
        unasked.map(|intent| OrderTrack::recovered(intent, Vec::new(), self.born)).collect()
    }

    fn is_on_record(&self, cid: ClientOrderId) -> bool {
        self.found.contains(&cid)
            || self.memory.cycles.iter().flat_map(|cycle| &cycle.orders).any(|order| order.intent.cid == cid)
    }

    /// Whether our opening orders and what was carried can have made this position.
    fn explains(&self, desk: &Desk, venue: Venue, actual: Qty) -> bool {
        let most = self.opened[venue] + desk.left(venue);
        let covers = |bound: Qty| {
            actual.is_zero()
                || (Side::of_position(actual) == Side::of_position(bound) && actual.abs() <= bound.abs())
        };
        desk.settings.mission == Mission::Flatten || covers(most) || covers(desk.left(venue))
    }

    fn judge(self, desk: &mut Desk, now: Mono, actions: &mut Vec<Action>) -> Phase {
        desk.in_doubt = false;
        let positions = desk.positions();
        let tell = |outcome| Action::Notice(Notice::Recovered { positions, outcome });
        if desk.flat() {
            actions.push(tell(RecoveryOutcome::Flat));
            return Cooling::after_recovery(desk, now, actions);
        }
        let Some(pair) = self.whole_pair(desk) else {
            actions.push(tell(RecoveryOutcome::Unwinding));
            desk.begin_recovery(desk.reverse);
            return Flattening::recover(desk, now, actions);
        };
        desk.begin_recovery(pair.reverse);
        let adopt = desk.settings.on_restart == OnRestart::Adopt
            && pair.entries.is_some()
            && !desk.stopping
            && desk.broken.is_none();
        let outcome = if adopt { RecoveryOutcome::Adopted } else { RecoveryOutcome::Closing };
        actions.push(tell(outcome));
        if adopt && pair.reverse != desk.settings.reverse {
            actions.push(Action::Notice(Notice::AdoptedAsRecorded { qty: pair.qty, reverse: pair.reverse }));
        }
        let left = if adopt {
            desk.settings.hold_time.saturating_sub(pair.age + now.since(self.born))
        } else {
            Default::default()
        };
        let entries = pair.entries.unwrap_or_else(|| {
            // Nobody judges profit in a pair that is closed at once.
            PerVenue::from_fn(|venue| desk.venues[venue].last_good.map_or(Price::ZERO, |bbo| bbo.mid()))
        });
        Holding::adopt(desk, now, pair.qty, entries, left, actions)
    }

    /// The pair, when both legs stand against each other in equal size and as a cycle meant them to.
    fn whole_pair(&self, desk: &Desk) -> Option<WholePair> {
        let [first, _] = Venue::ALL;
        let leg = desk.own(first);
        let side = Side::of_position(leg).filter(|_| desk.net().is_zero())?;
        let reverse = side != open_side(first, false);
        let mut held = self.memory.cycles.iter().filter_map(|cycle| {
            cycle.held.filter(|held| held.qty == leg.abs() && cycle.wish.reverse == reverse)
        });
        let held = held.next_back();
        Some(WholePair {
            qty: leg.abs(),
            reverse,
            // The crash may have swallowed that the pair was held, but not what its orders filled.
            entries: held.map(|held| held.entries).or_else(|| self.entries()),
            age: held.map(|held| held.age).unwrap_or_default(),
        })
    }

    fn entries(&self) -> Option<PerVenue<Price>> {
        Some(PerVenue { paradex: self.averages.paradex?, lighter: self.averages.lighter? })
    }

    /// Next question.
    pub fn deadline(&self) -> Option<Mono> {
        let firsts = Venue::ALL
            .into_iter()
            .flat_map(|venue| self.tracks.iter().filter(move |track| track.venue() == venue).take(AT_ONCE));
        let due = |track: &OrderTrack| Some(track.deadline()?.max(self.next_question[track.venue()]));
        firsts.filter_map(due).min()
    }

    /// Orders whose end is not known.
    pub fn unresolved(&self) -> Vec<(Venue, ClientOrderId)> {
        self.tracks.iter().map(|track| (track.venue(), track.intent().cid)).collect()
    }
}

/// Average of what the opening orders on `venue` filled on record; `None` without any fill.
fn recorded_average(memory: &Memory, venue: Venue) -> Option<Price> {
    let orders = memory.cycles.iter().flat_map(|cycle| &cycle.orders);
    let opening = orders.filter(|order| order.intent.venue == venue && order.intent.purpose == Purpose::Open);
    let fills: Vec<Fill> = opening.flat_map(|order| order.fills.iter().copied()).collect();
    let value: Usd = fills.iter().map(|fill| fill.price.notional(fill.qty)).sum();
    Price::average(value, fills.iter().map(|fill| fill.qty).sum())
}

struct WholePair {
    qty: Qty,
    reverse: bool,
    entries: Option<PerVenue<Price>>,
    age: Duration,
}

/// Orders of a cycle that may have done something nobody recorded: those without an end, and on each leg the next one of
/// every purpose that can have followed unrecorded.
fn doubtful(cycle: &OpenCycle, born: Mono) -> Vec<OrderTrack> {
    let recorded = cycle.orders.iter().filter(|order| order.ended.is_none());
    let recorded = recorded.map(|order| OrderTrack::recovered(order.intent, order.fills.clone(), born));
    let unrecorded = Venue::ALL.into_iter().flat_map(|venue| {
        possible_purposes(cycle, venue)
            .iter()
            .filter_map(move |purpose| next_order(cycle, venue, *purpose, 0))
    });
    recorded.chain(unrecorded.map(|intent| OrderTrack::recovered(intent, Vec::new(), born))).collect()
}

/// Orders that flattened while nothing could be recorded, not even their ids.
fn spares(cycle: &OpenCycle, born: Mono) -> impl Iterator<Item = OrderTrack> {
    let unrecorded =
        Venue::ALL.into_iter().filter_map(|venue| next_order(cycle, venue, Purpose::Flatten, FIRST_SPARE));
    unrecorded.map(move |intent| OrderTrack::recovered(intent, Vec::new(), born))
}

/// A leg that holds something may have been reduced; one that was not opened on record may have been opened.
fn possible_purposes(cycle: &OpenCycle, venue: Venue) -> &'static [Purpose] {
    let is_opening =
        |order: &&PastOrder| order.intent.venue == venue && order.intent.purpose == Purpose::Open;
    let openings = cycle.orders.iter().filter(is_opening).count();
    match (openings, cycle.held) {
        (0, _) => &[Purpose::Open, Purpose::Close, Purpose::Unwind, Purpose::Flatten],
        // That it was held may have been swallowed together with its close.
        (_, None) => &[Purpose::Open, Purpose::Close, Purpose::Unwind],
        (_, Some(_)) => &[Purpose::Close],
    }
}

/// The first order of this purpose, from attempt `from` on, that was not recorded. Only its id, venue and side matter: it is
/// asked about, not sent.
fn next_order(cycle: &OpenCycle, venue: Venue, purpose: Purpose, from: u8) -> Option<OrderIntent> {
    // Spare ids count on their own.
    let end =
        if purpose == Purpose::Flatten && from < FIRST_SPARE { FIRST_SPARE } else { ClientOrderId::ATTEMPTS };
    let intents = cycle.orders.iter().map(|order| order.intent);
    let same = intents.filter(|intent| intent.venue == venue && intent.purpose == purpose);
    let last = same.map(|intent| intent.cid.attempt()).filter(|attempt| (from..end).contains(attempt)).max();
    let attempt = last.map_or(from, |attempt| attempt.saturating_add(1));
    if attempt >= end {
        return None;
    }
    Some(OrderIntent {
        cid: ClientOrderId::new(cycle.id, venue, purpose, attempt)?,
        venue,
        purpose,
        side: side_of(venue, purpose, cycle.wish.reverse),
        qty: Qty::MAX,
        bound: Price::ZERO,
        valid_for: cycle.wish.valid_for,
    })
}

/// The side of an order of a cycle in this direction.
fn side_of(venue: Venue, purpose: Purpose, reverse: bool) -> Side {
    let opens = open_side(venue, reverse);
    if purpose.reduce_only() { opens.opposite() } else { opens }
}
