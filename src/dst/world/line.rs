//! The connection between a session and its venue, as the session would tell of it: up, down, silent, late.

use super::{Item, World};
use crate::coordinator::Event;
use crate::domain::{QuoteFault, Usd, Venue};
use crate::dst::fault::Fault;
use crate::dst::plan::MS;
use crate::venue::{TradingState, VenueReport};

/// State of one connection, and what the venue behind it takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    /// Started by the process that runs now.
    pub started: bool,
    /// Private streams and order entry work.
    pub up: bool,
    /// The session gave up for good.
    pub dead: bool,
    /// Cannot be up before this.
    pub down_until: u64,
    /// The private stream says nothing until then.
    pub silent_until: u64,
    /// Everything is late until then, by `lag`.
    pub lags_until: u64,
    /// By how much.
    pub lag: u64,
    /// No quotes until then.
    pub quotes_silent_until: u64,
    /// Quotes are unusable until then.
    pub quotes_bad_until: u64,
    /// Takes nothing until then.
    pub closed_until: u64,
    /// Takes only what closes until then.
    pub closing_only_until: u64,
    /// It says that it is closed.
    pub closed_told: bool,
    /// The stream keeps its order.
    pub last_delivery: u64,
    /// Readings in a row that were not true.
    pub false_readings: u8,
}

impl World<'_> {
    pub(super) fn latency(&mut self, venue: Venue) -> u64 {
        let base = self.plan.habits[venue].latency;
        let lag = if self.now < self.lines[venue].lags_until { self.lines[venue].lag } else { 0 };
        base + self.dice.below(base / 2 + 1) + lag
    }

    /// The session of a new process connects.
    pub(super) fn connect(&mut self, venue: Venue) {
        let wait = 3 * self.latency(venue);
        let line = &mut self.lines[venue];
        (line.started, line.up, line.last_delivery) = (true, false, 0);
        let spec = self.venues[venue].spec;
        self.tell(self.now + wait, venue, VenueReport::Market { contract: "BTC".to_owned(), spec });
        self.tell(self.now + wait, venue, VenueReport::Balance { free: Usd::from_whole(10_000) });
        self.agenda.add(self.now + wait, Item::Line(venue));
    }

    /// Comes up, if nothing keeps it down.
    pub(super) fn try_up(&mut self, venue: Venue) {
        let line = &mut self.lines[venue];
        if !line.started || line.up || line.dead || self.now < line.down_until {
            return;
        }
        line.up = true;
        line.silent_until = 0;
        self.tell(self.now, venue, VenueReport::Ready);
        self.tell_trading(venue);
        let qty = self.venues[venue].position();
        self.tell(self.now + MS, venue, VenueReport::Position { qty, asked: self.mono(), answer: false });
        self.tell_quote(venue);
    }

    /// Goes down until then: what was sent and has no known end is unknown.
    pub(super) fn go_down(&mut self, venue: Venue, until: u64, why: &str) {
        let line = &mut self.lines[venue];
        line.down_until = line.down_until.max(until);
        self.agenda.add(until, Item::Line(venue));
        if !std::mem::take(&mut line.up) {
            return;
        }
        self.tell(self.now, venue, VenueReport::NotReady(why.to_owned()));
        self.deliver(self.now, Event::Quote(venue, Err(QuoteFault::Disconnected)));
        let epoch_began = self.process_began();
        let open = self.venues[venue].orders.iter().filter(|order| !order.told && order.sent >= epoch_began);
        let unknown: Vec<_> = open.map(|order| order.intent.cid).collect();
        for cid in unknown {
            self.tell(self.now, venue, VenueReport::OrderUnknown { cid, cause: why.to_owned() });
        }
    }

    fn process_began(&self) -> u64 {
        self.oracle.up_since().unwrap_or(self.now)
    }

    /// The session notices that its stream is dead and connects again.
    pub(super) fn replace_line(&mut self, venue: Venue) {
        let wait = 3 * self.latency(venue);
        self.go_down(venue, self.now + wait, "the private stream was silent");
    }

    fn trading_state(&self, venue: Venue) -> TradingState {
        let line = &self.lines[venue];
        if self.now < line.closed_until && line.closed_told {
            TradingState::Closed("maintenance".to_owned())
        } else if self.now < line.closing_only_until {
            TradingState::ClosingOnly("post-only mode".to_owned())
        } else {
            TradingState::Open
        }
    }

    /// Says what the venue takes now.
    pub(super) fn tell_trading(&mut self, venue: Venue) {
        if self.lines[venue].up {
            let state = self.trading_state(venue);
            self.tell(self.now, venue, VenueReport::Trading(state));
        }
    }

    /// The next quote of a venue, whoever hears it.
    pub(super) fn quote(&mut self, venue: Venue) {
        self.market.walk(venue);
        self.agenda.add(self.now + self.plan.quote_gap, Item::Quote(venue));
        self.tell_quote(venue);
    }

    fn tell_quote(&mut self, venue: Venue) {
        let line = &self.lines[venue];
        if !line.up || self.now < line.quotes_silent_until {
            return;
        }
        let bad = self.now < line.quotes_bad_until;
        // Quotes of a line that lags are dropped for the newest one; what arrives was true some time ago.
        let quote = if bad {
            Err(QuoteFault::Gap)
        } else {
            Ok(self.market.quote(venue, &self.venues[venue].spec, self.mono()))
        };
        self.deliver(self.now, Event::Quote(venue, quote));
    }

    /// A message of the private stream: may be lost, doubled, late, or out of order.
    pub(super) fn stream(&mut self, venue: Venue, report: VenueReport, after: u64, in_order: bool) -> bool {
        let line = &self.lines[venue];
        if !line.up || self.now < line.silent_until || self.strikes(Fault::MessageLost) {
            return false;
        }
        let mut at = self.now + self.latency(venue) + after;
        if self.strikes(Fault::MessageReordered) {
            at += self.faults.between(Fault::MessageReordered, 0, 300) * MS;
        } else if in_order {
            at = at.max(self.lines[venue].last_delivery);
            self.lines[venue].last_delivery = at;
        }
        if self.strikes(Fault::MessageTwice) {
            let again = at + self.faults.between(Fault::MessageTwice, 0, 500) * MS;
            self.tell(again, venue, report.clone());
        }
        self.tell(at, venue, report);
        true
    }
}
