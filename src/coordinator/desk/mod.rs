//! What every phase shares: the view of both venues, recorded positions, ids, money counted, alarms. Sends orders for the
//! phases; never decides to.

mod ahead;
mod alarm;
mod ids;
mod orders;
mod positions;
mod results;
mod view;

pub use ahead::Cycle;
pub use ids::FIRST_SPARE;
pub use orders::OrderWish;
pub use view::VenueView;

use super::event::{Action, Event, ExitReason};
use super::evidence::PositionWatch;
use super::journal::{LedgerReport, Memory, Record, Reservation};
use super::notice::Notice;
use super::settings::{Settings, open_side};
use super::tally::Tally;
use crate::domain::{Bbo, CycleId, Mono, PerVenue, Qty, QuoteFault, Side, Usd, Venue};
use crate::venue::{VenueCommand, VenueReport};
use ahead::Ahead;
use alarm::Alarm;
use ids::Ids;
use orders::EndedOrders;
use positions::Positions;
use results::Results;

/// Shared state of all phases.
#[derive(Clone, Debug)]
pub struct Desk {
    /// What the operator wants.
    pub settings: Settings,
    /// Views of both venues.
    pub venues: PerVenue<VenueView>,
    /// Recorded positions and their evidence.
    pub watch: PerVenue<PositionWatch>,
    /// Money counted in the current cycle.
    pub tally: Tally,
    /// Opening attempts so far in this run.
    pub cycle: u64,
    /// Complete cycles so far in this run.
    pub completed: u64,
    /// Openings that failed in a row, over runs.
    pub failures: u32,
    /// The operator asked to stop.
    pub stopping: bool,
    /// A venue or thread failed for good: leave with this once flat.
    pub broken: Option<ExitReason>,
    /// Direction of the pair under way.
    pub reverse: bool,
    /// What is under way was begun by an earlier run.
    pub recovering: bool,
    /// What earlier runs left is not known yet: exposure until it is.
    pub in_doubt: bool,
    ids: Ids,
    positions: Positions,
    busy: PerVenue<bool>,
    ended: EndedOrders,
    ahead: Ahead,
    alarm: Alarm,
    results: Results,
}

impl Desk {
    /// A desk at the start of a run that knows what the runs before it left.
    pub fn new(settings: Settings, memory: &Memory) -> Self {
        let positions = Positions::new(memory);
        Self {
            settings,
            venues: PerVenue::from_fn(|_| VenueView::default()),
            watch: PerVenue::from_fn(|venue| PositionWatch::new(positions.remembered(venue))),
            tally: Tally::default(),
            cycle: 0,
            completed: 0,
            failures: memory.failures,
            stopping: false,
            broken: None,
            reverse: settings.reverse,
            recovering: false,
            in_doubt: !memory.cycles.is_empty(),
            ids: Ids::new(memory),
            positions,
            busy: PerVenue::default(),
            ended: EndedOrders::default(),
            ahead: Ahead::default(),
            alarm: Alarm::new(memory.naked_for),
            results: Results::new(memory),
        }
    }

    /// Direction in which the leg on `venue` is opened.
    pub fn open_side(&self, venue: Venue) -> Side {
        open_side(venue, self.reverse)
    }

    /// Takes in what happened, before the phase sees it.
    pub fn observe(&mut self, now: Mono, event: &Event, actions: &mut Vec<Action>) {
        match event {
            Event::Quote(venue, quote) => self.on_quote(*venue, *quote, actions),
            Event::Report(venue, report) => self.on_report(now, *venue, report, actions),
            Event::Ledger(report) => self.on_ledger(report, actions),
            Event::Begin => self.results.begin(now),
            Event::Wake | Event::StopRequested | Event::ThreadDied(_) => {}
        }
    }

    fn on_ledger(&mut self, report: &LedgerReport, actions: &mut Vec<Action>) {
        match report {
            LedgerReport::Reserved(cycle) => self.ids.reserved(*cycle),
            LedgerReport::Failing(cause) => {
                self.ids.failing = Some(cause.clone());
                actions.push(Action::Notice(Notice::LedgerFailing(cause.clone())));
            }
            LedgerReport::Working => {
                self.ids.failing = None;
                actions.push(Action::Notice(Notice::LedgerWorking));
            }
        }
    }

    fn on_quote(&mut self, venue: Venue, quote: Result<Bbo, QuoteFault>, actions: &mut Vec<Action>) {
        let view = &mut self.venues[venue];
        let before = view.quote.err();
        view.quote = quote;
        if let Ok(bbo) = quote {
            view.last_good = Some(bbo);
        }
        if before != quote.err() {
            actions.push(Action::Notice(Notice::QuoteState(venue, quote.map(|_| ()))));
        }
    }

    fn on_report(&mut self, now: Mono, venue: Venue, report: &VenueReport, actions: &mut Vec<Action>) {
        let view = &mut self.venues[venue];
        match report {
            VenueReport::Market { contract, spec } => {
                let (contract, tick, step) = (contract.clone(), spec.tick, spec.step);
                if view.spec.replace(*spec) != Some(*spec) {
                    actions.push(Action::Notice(Notice::Market { venue, contract, tick, step }));
                }
            }
            VenueReport::Ready => {
                if !std::mem::replace(&mut view.ready, true) {
                    actions.push(Action::Notice(Notice::VenueReady(venue)));
                }
            }
            VenueReport::NotReady(cause) => {
                if std::mem::replace(&mut view.ready, false) {
                    actions.push(Action::Notice(Notice::VenueNotReady(venue, cause.clone())));
                }
            }
            VenueReport::Trading(state) => {
                if view.trading != *state {
                    view.trading.clone_from(state);
                    actions.push(Action::Notice(Notice::VenueTrading(venue, state.clone())));
                }
            }
            VenueReport::Balance { free } => (view.free, view.free_at) = (Some(*free), now),
            VenueReport::Position { qty, asked, answer } => {
                view.position_known = true;
                if *answer {
                    self.watch[venue].on_reading(now, *qty, *asked);
                } else {
                    self.watch[venue].on_stream(now, *qty);
                }
            }
            VenueReport::OpenOrders { own, foreign, .. } => {
                view.resting = Some((own.clone(), *foreign));
            }
            VenueReport::AskFailed { .. } => self.watch[venue].on_failed(now),
            VenueReport::Filled(fill) => self.on_late_fill(venue, fill, actions),
            VenueReport::Busted { key } => self.on_bust(now, venue, *key, actions),
            VenueReport::Moved(what) => self.on_moved(now, venue, *what, actions),
            VenueReport::OrderAcked { .. }
            | VenueReport::OrderEnded { .. }
            | VenueReport::OrderRefused { .. }
            | VenueReport::OrderUnknown { .. }
            | VenueReport::OrderAnswer { .. }
            | VenueReport::Fatal(_) => {}
        }
        self.venues[venue].keep_time(now);
    }

    /// Asks what is due, keeps ids ready and the alarms standing.
    pub fn on_time(&mut self, now: Mono, actions: &mut Vec<Action>) {
        for venue in Venue::ALL {
            if !self.busy[venue] && self.venues[venue].ready && self.watch[venue].ask(now) {
                actions.push(Action::Command(venue, VenueCommand::AskPosition));
            }
        }
        if self.ids.wants_more() {
            let valid_for = self.settings.order_validity;
            actions.push(Action::Reserve(Reservation { reverse: self.settings.reverse, valid_for }));
        }
        self.shrink_left();
        self.keep_alarm(now, actions);
    }

    /// When [`Desk::on_time`] is next needed.
    pub fn deadline(&self) -> Option<Mono> {
        let readings = Venue::ALL
            .into_iter()
            .filter(|venue| !self.busy[*venue] && self.venues[*venue].ready)
            .filter_map(|venue| self.watch[venue].deadline());
        readings.chain(self.alarm.deadline()).min()
    }

    /// The ids of the cycle under way; `None` between cycles.
    pub fn cycle_id(&self) -> Option<CycleId> {
        self.ids.current()
    }

    /// Why no cycle may begin as far as the ledger is concerned.
    pub fn ledger_gate(&self) -> Result<(), Option<String>> {
        match (&self.ids.failing, self.ids.is_reserved()) {
            (Some(cause), _) => Err(Some(cause.clone())),
            (None, false) => Err(None),
            (None, true) => Ok(()),
        }
    }

    /// Starts a new cycle on the reserved ids: new money count. False, and nothing changed, when none are reserved.
    pub fn new_cycle(&mut self) -> bool {
        if !self.ids.begin() {
            return false;
        }
        self.cycle += 1;
        self.tally = Tally::default();
        self.reverse = self.settings.reverse;
        self.recovering = false;
        self.positions.new_cycle();
        true
    }

    /// The orders of an adopted or recovered pair get ids of their own, if any are reserved. Counts as no cycle.
    pub fn begin_recovery(&mut self, reverse: bool) {
        self.ids.begin();
        self.reverse = reverse;
        self.recovering = true;
    }

    /// The cycle under way, and every one of earlier runs, is over. While something is open that could be closed, none is.
    pub fn finish(&mut self, now: Mono, how: super::journal::Finish, actions: &mut Vec<Action>) {
        if !self.flat() {
            return;
        }
        let left = PerVenue::from_fn(|venue| self.own(venue));
        let (volume, fees, result) = (self.tally.volume(), self.tally.fees(), self.tally.result());
        self.positions.new_cycle();
        let ended = self.ids.end();
        if !ended.is_empty() {
            self.results.add(now, result);
        }
        let newest = ended.last().copied();
        for cycle in ended {
            // The money was counted once, so it is recorded once.
            let money = |amount| if Some(cycle) == newest { amount } else { Usd::ZERO };
            let (volume, fees, result) = (money(volume), money(fees), money(result));
            let record = Record::Finished { cycle, how, left, volume, fees, result };
            actions.push(Action::Record(record));
        }
    }

    /// What was lost within a day, by this run and earlier ones.
    pub fn day_loss(&self, now: Mono) -> Usd {
        self.results.loss(now)
    }

    /// Whether ids were asked for that have not come yet.
    pub fn waits_for_ids(&self) -> bool {
        self.ids.is_waiting()
    }

    /// What was reserved and not used is given back: the run ends.
    pub fn release(&mut self, actions: &mut Vec<Action>) {
        actions.extend(self.ids.release().map(|cycle| Action::Record(Record::Released(cycle))));
    }

    /// Cycles of this run or earlier ones that are not finished.
    pub fn has_open_cycles(&self) -> bool {
        self.ids.has_open()
    }

    /// Signed positions of ours as recorded.
    pub fn positions(&self) -> PerVenue<Qty> {
        PerVenue::from_fn(|venue| self.own(venue))
    }

    /// What both legs of ours add up to: zero when each is the hedge of the other.
    pub fn net(&self) -> Qty {
        Venue::ALL.into_iter().map(|venue| self.own(venue)).sum()
    }

    /// Both legs of ours stand, and against each other: closing one alone would leave the other naked.
    pub fn hedged(&self) -> bool {
        let [a, b] = Venue::ALL.map(|venue| Side::of_position(self.own(venue)));
        a.is_some() && b.is_some() && a != b
    }

    /// Whether a venue takes nothing at the moment, not even what closes.
    pub fn someone_is_away(&self) -> Option<Venue> {
        Venue::ALL.into_iter().find(|venue| !self.venues[*venue].can_close())
    }
}
