//! What every phase shares: the view of both venues, recorded positions, ids, money counted, alarms. Sends orders for the
//! phases; never decides to.

use super::event::{Action, Event};
use super::evidence::{PositionWatch, Verdict};
use super::inflight::{OrderTrack, Outcome};
use super::notice::Notice;
use super::settings::Settings;
use super::tally::Tally;
use crate::domain::{
    Bbo, ClientOrderId, Fill, MarketSpec, Mono, OrderIntent, PerVenue, Purpose, Qty, QuoteFault, Side,
    TradeKey, Usd, Venue,
};
use crate::venue::{TradingState, VenueCommand, VenueReport};
use std::collections::VecDeque;
use std::time::Duration;

/// Naked longer than this is an alarm.
const NAKED_ALARM_AFTER: Duration = Duration::from_secs(5);
/// A standing alarm is repeated this often.
const ALARM_REPEAT: Duration = Duration::from_secs(10);
/// Ended orders whose late fills are still recognised.
const REMEMBERED_ORDERS: usize = 64;

/// What is known of one venue.
#[derive(Clone, Debug)]
pub struct VenueView {
    /// Its market rules, once read.
    pub spec: Option<MarketSpec>,
    /// Private streams and order entry are up.
    pub ready: bool,
    /// What it takes.
    pub trading: TradingState,
    /// Free collateral, once read.
    pub free: Option<Usd>,
    /// When it was told.
    pub free_at: Mono,
    /// The newest quote, or why there is none.
    pub quote: Result<Bbo, QuoteFault>,
    /// The last quote that was usable.
    pub last_good: Option<Bbo>,
    /// A position was read at least once.
    pub position_known: bool,
}

impl VenueView {
    /// Whether an order that closes has a chance there.
    pub fn can_close(&self) -> bool {
        self.ready && !matches!(self.trading, TradingState::Closed(_))
    }
}

impl Default for VenueView {
    fn default() -> Self {
        Self {
            spec: None,
            ready: false,
            trading: TradingState::Open,
            free: None,
            free_at: Mono(0),
            quote: Err(QuoteFault::Missing),
            last_good: None,
            position_known: false,
        }
    }
}

/// An order that has ended, remembered for fills that come late.
#[derive(Clone, Debug)]
struct EndedOrder {
    cid: ClientOrderId,
    side: Side,
    keys: Vec<TradeKey>,
    by_fills: Qty,
    accounted: Qty,
}

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
    /// Openings that failed in a row.
    pub failures: u32,
    /// The operator asked to stop.
    pub stopping: bool,
    /// A venue or thread failed for good: leave with this once flat.
    pub broken: Option<super::event::ExitReason>,
    busy: PerVenue<bool>,
    attempts: PerVenue<[u8; Purpose::ALL.len()]>,
    ended: VecDeque<(Venue, EndedOrder)>,
    naked_since: Option<Mono>,
    next_alarm: Option<Mono>,
}

impl Desk {
    /// A desk at the start of a run.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            venues: PerVenue::from_fn(|_| VenueView::default()),
            watch: PerVenue::from_fn(|_| PositionWatch::new()),
            tally: Tally::default(),
            cycle: 0,
            completed: 0,
            failures: 0,
            stopping: false,
            broken: None,
            busy: PerVenue::default(),
            attempts: PerVenue::default(),
            ended: VecDeque::with_capacity(REMEMBERED_ORDERS),
            naked_since: None,
            next_alarm: None,
        }
    }

    /// Takes in what happened, before the phase sees it.
    pub fn observe(&mut self, now: Mono, event: &Event, actions: &mut Vec<Action>) {
        match event {
            Event::Quote(venue, quote) => self.on_quote(*venue, *quote, actions),
            Event::Report(venue, report) => self.on_report(now, *venue, report, actions),
            Event::Begin | Event::Wake | Event::StopRequested | Event::ThreadDied(_) => {}
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
                self.on_position(now, venue, *qty, *asked, *answer)
            }
            VenueReport::AskFailed { .. } => self.watch[venue].on_failed(now),
            VenueReport::Filled(fill) => self.on_late_fill(venue, fill, actions),
            VenueReport::OrderAcked { .. }
            | VenueReport::OrderEnded { .. }
            | VenueReport::OrderRefused { .. }
            | VenueReport::OrderUnknown { .. }
            | VenueReport::OrderAnswer { .. }
            | VenueReport::Fatal(_) => {}
        }
    }

    fn on_position(&mut self, now: Mono, venue: Venue, qty: Qty, asked: Mono, answer: bool) {
        self.venues[venue].position_known = true;
        if answer {
            self.watch[venue].on_reading(now, qty, asked);
        } else {
            self.watch[venue].on_stream(now, qty);
        }
    }

    fn on_late_fill(&mut self, venue: Venue, fill: &Fill, actions: &mut Vec<Action>) {
        let Some((_, order)) =
            self.ended.iter_mut().find(|(at, order)| *at == venue && order.cid == fill.cid)
        else {
            return;
        };
        if order.keys.contains(&fill.key) {
            return;
        }
        order.keys.push(fill.key);
        order.by_fills = order.by_fills + fill.qty;
        let excess = order.by_fills - order.accounted;
        if excess.is_positive() {
            order.accounted = order.by_fills;
            let change = order.side.signed(excess);
            self.watch[venue].record(change);
            actions.push(Action::Notice(Notice::LateFill { venue, qty: excess }));
        }
        self.tally.fill(fill);
    }

    /// The next id for an order, never used before; `None` when a cycle used up its attempts.
    fn next_cid(&mut self, venue: Venue, purpose: Purpose) -> Option<ClientOrderId> {
        let cycle = self.settings.first_cycle.checked_add(self.cycle.checked_sub(1)?)?;
        let index = Purpose::ALL.iter().position(|known| *known == purpose)?;
        let attempt = &mut self.attempts[venue][index];
        let cid = ClientOrderId::new(cycle, venue, purpose, *attempt)?;
        *attempt = attempt.saturating_add(1);
        Some(cid)
    }

    /// Starts a new cycle: new ids, new money count.
    pub fn new_cycle(&mut self) {
        self.cycle += 1;
        self.attempts = PerVenue::default();
        self.tally = Tally::default();
    }

    /// Sends one order bounded `bound_ppm` beyond the touch. `None` when ids or prices to make it from are missing.
    pub fn submit(&mut self, now: Mono, wish: OrderWish, actions: &mut Vec<Action>) -> Option<OrderTrack> {
        let OrderWish { venue, purpose, side, qty, bound_ppm } = wish;
        let spec = self.venues[venue].spec?;
        let quote = self.venues[venue].quote.ok().or(self.venues[venue].last_good)?;
        let cid = self.next_cid(venue, purpose)?;
        let bound = spec.bound(side, quote.touch(side), bound_ppm);
        let intent =
            OrderIntent { cid, venue, purpose, side, qty, bound, valid_for: self.settings.order_validity };
        actions.push(Action::Command(venue, VenueCommand::Submit(intent)));
        actions.push(Action::Notice(Notice::Placing { intent, quote }));
        self.busy[venue] = true;
        Some(OrderTrack::new(intent, now, self.settings.outcome_deadline))
    }

    /// Passes a report to an order in flight and records what it executed.
    pub fn follow(&mut self, now: Mono, track: &mut OrderTrack, event: &Event, actions: &mut Vec<Action>) {
        let venue = track.venue();
        if let Event::Report(from, report) = event
            && *from == venue
            && let Some(fill) = track.on_report(now, report, actions)
        {
            self.watch[venue].record(track.intent().side.signed(fill.qty));
            self.tally.fill(&fill);
            actions.push(Action::Notice(Notice::Filled { venue, intent: *track.intent(), fill }));
        }
        track.on_time(now, actions);
    }

    /// Books the final result of an order: what its fills did not tell is recorded from the venue's total.
    pub fn settle(&mut self, now: Mono, track: &OrderTrack, outcome: &Outcome) {
        let venue = track.venue();
        let side = track.intent().side;
        let by_fills = track.filled_so_far();
        let untold = outcome.filled - by_fills;
        if untold.is_positive() {
            self.watch[venue].record(side.signed(untold));
            self.tally.untold(side, untold, outcome.average.unwrap_or(track.intent().bound));
        }
        self.busy[venue] = false;
        self.watch[venue].quiet(now);
        let keys = track.fills().iter().map(|fill| fill.key).collect();
        if self.ended.len() == REMEMBERED_ORDERS {
            self.ended.pop_front();
        }
        let cid = track.intent().cid;
        self.ended.push_back((venue, EndedOrder { cid, side, keys, by_fills, accounted: outcome.filled }));
    }

    /// Signed positions as recorded.
    pub fn positions(&self) -> PerVenue<Qty> {
        PerVenue::from_fn(|venue| self.watch[venue].expected())
    }

    /// True when both recorded positions are zero.
    pub fn flat(&self) -> bool {
        self.positions().all(|qty| qty.is_zero())
    }

    /// A venue whose repeated word contradicts our records, if any.
    pub fn contradiction(&self) -> Option<(Venue, Qty)> {
        Venue::ALL.into_iter().find_map(|venue| match self.watch[venue].verdict() {
            Verdict::Contradicted(actual) => Some((venue, actual)),
            Verdict::Open | Verdict::Confirmed => None,
        })
    }

    /// Asks what is due and keeps the naked alarm.
    pub fn on_time(&mut self, now: Mono, actions: &mut Vec<Action>) {
        for venue in Venue::ALL {
            if !self.busy[venue] && self.venues[venue].ready && self.watch[venue].ask(now) {
                actions.push(Action::Command(venue, VenueCommand::AskPosition));
            }
        }
        self.keep_alarm(now, actions);
    }

    fn keep_alarm(&mut self, now: Mono, actions: &mut Vec<Action>) {
        let positions = self.positions();
        let net = positions.paradex + positions.lighter;
        // An order without a known end counts as exposure: what it did is not recorded yet.
        if net.is_zero() && !self.busy.any(|busy| *busy) {
            let quiet_until = self.naked_since.take().map(|since| since.after(NAKED_ALARM_AFTER));
            if self.next_alarm.take() > quiet_until {
                actions.push(Action::Notice(Notice::HedgedAgain));
            }
            return;
        }
        let since = *self.naked_since.get_or_insert(now);
        let due = *self.next_alarm.get_or_insert(since.after(NAKED_ALARM_AFTER));
        if now >= due {
            self.next_alarm = Some(now.after(ALARM_REPEAT));
            actions.push(Action::Notice(Notice::NakedAlarm {
                positions,
                unresolved: self.busy,
                since: now.since(since),
            }));
        }
    }

    /// When [`Desk::on_time`] is next needed.
    pub fn deadline(&self) -> Option<Mono> {
        let readings = Venue::ALL
            .into_iter()
            .filter(|venue| !self.busy[*venue] && self.venues[*venue].ready)
            .filter_map(|venue| self.watch[venue].deadline());
        readings.chain(self.next_alarm).min()
    }
}

/// An order a phase wants sent.
#[derive(Clone, Copy, Debug)]
pub struct OrderWish {
    /// Where.
    pub venue: Venue,
    /// Why.
    pub purpose: Purpose,
    /// Direction.
    pub side: Side,
    /// Size.
    pub qty: Qty,
    /// How far beyond the touch it may trade, in 1e-6.
    pub bound_ppm: i64,
}
