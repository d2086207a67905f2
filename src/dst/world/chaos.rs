//! Faults that need no occasion, drawn once a second, and the moment when all of them stop.

use super::{Item, World};
use crate::coordinator::Event;
use crate::coordinator::journal::LedgerReport;
use crate::domain::{Qty, Side, Venue};
use crate::dst::exchange::Stage;
use crate::dst::fault::Fault;
use crate::dst::oracle::SETTLED_WITHIN;
use crate::dst::plan::{MS, SECOND, spec};
use crate::venue::{ForeignMove, VenueReport};

impl World<'_> {
    /// Once a second.
    pub(super) fn second(&mut self) {
        self.agenda.add(self.now + SECOND, Item::Second);
        self.oracle.look(self.now, &self.venues, &mut self.figures);
        if !self.faults.on {
            return;
        }
        for venue in Venue::ALL {
            self.trouble_connection(venue);
            self.trouble_market(venue);
            self.trouble_position(venue);
        }
        if self.strikes(Fault::DisconnectBoth) {
            let until = self.now + self.faults.between(Fault::DisconnectBoth, 50 * MS, 10 * SECOND);
            Venue::ALL.into_iter().for_each(|venue| self.go_down(venue, until, "connection lost"));
        }
        if self.strikes(Fault::PriceJump) {
            let ppm = i64::try_from(self.faults.between(Fault::PriceJump, 0, 200_000)).unwrap_or(100_000);
            self.market.jump(ppm - 100_000);
        }
        self.trouble_process();
        self.trouble_disk();
    }

    fn until(&mut self, fault: Fault, shortest: u64, longest: u64) -> u64 {
        self.now + self.faults.between(fault, shortest, longest)
    }

    fn trouble_connection(&mut self, venue: Venue) {
        if self.strikes(Fault::Disconnect) {
            let until = self.until(Fault::Disconnect, 10 * MS, 10 * SECOND);
            self.go_down(venue, until, "connection lost");
        }
        if self.strikes(Fault::Outage) {
            let until = self.until(Fault::Outage, 60 * SECOND, 300 * SECOND);
            self.go_down(venue, until, "no route to host");
        }
        if self.lines[venue].up && self.strikes(Fault::StreamSilent) {
            let until = self.until(Fault::StreamSilent, 500 * MS, 3 * SECOND);
            self.lines[venue].silent_until = until;
            self.agenda.add(until, Item::Replace(venue));
        }
        if self.strikes(Fault::StreamLags) {
            let line_until = self.until(Fault::StreamLags, SECOND, 10 * SECOND);
            let lag = self.faults.between(Fault::StreamLags, 100 * MS, 4 * SECOND);
            (self.lines[venue].lags_until, self.lines[venue].lag) = (line_until, lag);
        }
        if self.process.is_up() && self.strikes(Fault::Fatal) {
            if self.faults.between(Fault::Fatal, 0, 1) == 0 {
                self.lines[venue].dead = true;
                self.go_down(venue, self.now, "the venue wants us no more");
            }
            self.tell(self.now, venue, VenueReport::Fatal("account suspended".to_owned()));
        }
    }

    fn trouble_market(&mut self, venue: Venue) {
        if self.strikes(Fault::QuoteSilent) {
            self.lines[venue].quotes_silent_until = self.until(Fault::QuoteSilent, SECOND, 20 * SECOND);
        }
        if self.strikes(Fault::QuoteBad) {
            self.lines[venue].quotes_bad_until = self.until(Fault::QuoteBad, 100 * MS, 10 * SECOND);
        }
        for (fault, told) in [(Fault::ClosedTold, true), (Fault::ClosedUntold, false)] {
            if self.strikes(fault) {
                let until = self.until(fault, SECOND, 60 * SECOND);
                (self.lines[venue].closed_until, self.lines[venue].closed_told) = (until, told);
                self.tell_trading(venue);
                self.agenda.add(until, Item::Reopen(venue));
            }
        }
        if self.strikes(Fault::ClosingOnly) {
            let until = self.until(Fault::ClosingOnly, SECOND, 40 * SECOND);
            self.lines[venue].closing_only_until = until;
            self.tell_trading(venue);
            self.agenda.add(until, Item::Reopen(venue));
        }
        if self.lines[venue].up && self.strikes(Fault::MarketRules) {
            let number = self.faults.between(Fault::MarketRules, 0, 2);
            let step = [1_000, 2_000, 5_000][usize::try_from(number).unwrap_or(0)];
            // Venues announce coarser steps for markets in which nothing odd is open; minimum sizes change any time.
            let flat = self
                .venues
                .all(|exchange| exchange.position().is_zero() && exchange.live_order(self.now).is_none());
            let kept = self.venues[venue].spec.step.units();
            self.venues[venue].spec = if flat { spec(step, 7 * step) } else { spec(kept, 7 * step) };
            if flat {
                self.oracle.regridded(venue);
            }
            let spec = self.venues[venue].spec;
            self.tell(self.now, venue, VenueReport::Market { contract: "BTC".to_owned(), spec });
        }
    }

    fn trouble_position(&mut self, venue: Venue) {
        if self.strikes(Fault::Bust) {
            let recent = self.now.saturating_sub(60 * SECOND);
            let orders = self.venues[venue].orders.iter().rev();
            let ended = orders.filter(|order| order.stage == Stage::Ended && order.changed >= recent);
            let key = ended.flat_map(|order| &order.fills).map(|fill| fill.key).next();
            if let Some(key) = key {
                self.venues[venue].bust(self.now, key);
                self.disturb(venue, Some(VenueReport::Busted { key }), Fault::Bust);
            }
        }
        if !self.venues[venue].position().is_zero() && self.strikes(Fault::Liquidation) {
            let all = self.venues[venue].position();
            self.venues[venue].foreign_trade(self.now, -all);
            let what = ForeignMove::Liquidation;
            self.disturb(venue, Some(VenueReport::Moved(what)), Fault::Liquidation);
        }
        if self.strikes(Fault::HandTrade) {
            let steps = i64::try_from(self.faults.between(Fault::HandTrade, 1, 100)).unwrap_or(1);
            let size = Qty::from_units(self.venues[venue].spec.step.units() * steps);
            let position = self.venues[venue].position();
            let change = match (self.faults.between(Fault::HandTrade, 0, 2), Side::of_position(position)) {
                // By hand, mostly something is closed.
                (0 | 1, Some(side)) => side.opposite().signed(size.min(position.abs())),
                (0, None) => -size,
                _ => size,
            };
            self.venues[venue].foreign_trade(self.now, change);
            self.disturb(venue, Some(VenueReport::Moved(ForeignMove::Trade)), Fault::HandTrade);
        }
    }

    /// Somebody moved the position: the oracle knows at once, the process when it is told or looks.
    fn disturb(&mut self, venue: Venue, report: Option<VenueReport>, fault: Fault) {
        self.oracle.disturbed(self.now, venue);
        self.oracle.look(self.now, &self.venues, &mut self.figures);
        let position = self.venues[venue].position();
        self.trace.line(self.now, || format!("      {venue} now states {position}"));
        if self.faults.between(fault, 0, 2) > 0 {
            if let Some(report) = report {
                self.stream(venue, report, 0, true);
            }
            let report = VenueReport::Position { qty: position, asked: self.mono(), answer: false };
            self.stream(venue, report, 0, true);
        }
    }

    fn trouble_process(&mut self) {
        if self.process.may_crash() && self.strikes(Fault::Crash) {
            match self.faults.between(Fault::Crash, 0, 40) {
                0 => self.crash(),
                actions => self.process.dies_after(actions - 1),
            }
        }
        if self.process.is_up() && self.strikes(Fault::Stop) {
            self.deliver(self.now, Event::StopRequested);
            if self.strikes(Fault::StopTwice) {
                let again = self.until(Fault::StopTwice, 0, 10 * SECOND);
                self.deliver(again, Event::StopRequested);
            }
        }
        if self.process.is_up() && self.strikes(Fault::Pause) {
            let until = self.until(Fault::Pause, 100 * MS, 10 * SECOND);
            self.process.pause(until);
            self.agenda.add(until, Item::Resume);
            self.oracle.resumed(until);
        }
        if self.process.is_up() && self.strikes(Fault::ThreadDied) {
            self.deliver(self.now, Event::ThreadDied("a venue thread panicked".to_owned()));
        }
        if self.strikes(Fault::WallJump) {
            let off = i64::try_from(self.faults.between(Fault::WallJump, 0, 7_200)).unwrap_or(0);
            self.wall_offset = (off - 3_600) * 1_000_000;
        }
    }

    fn trouble_disk(&mut self) {
        if self.strikes(Fault::DiskFails) {
            self.disk.set_failing(true);
            let until = self.until(Fault::DiskFails, 100 * MS, 15 * SECOND);
            self.agenda.add(until, Item::DiskWorks);
        }
        if self.strikes(Fault::DiskSlow) {
            self.disk_slow_until = self.until(Fault::DiskSlow, 100 * MS, 2 * SECOND);
        }
    }

    /// All faults stop; venues and disk are well, and a process that is down starts soon.
    pub(super) fn quiet(&mut self) {
        self.trace.line(self.now, || "== faults stop".to_owned());
        self.faults.on = false;
        self.restore();
        self.process.calm();
        self.oracle.resumed(self.now);
        self.oracle.quiet(self.now);
        self.disk.set_failing(false);
        self.disk_slow_until = 0;
        self.plan_disk();
        if !self.process.is_up() {
            self.agenda.add(self.now + 100 * MS, Item::Start);
        }
        self.agenda.add(self.now + SETTLED_WITHIN, Item::Judge);
    }
}

/// Number of the kind of an event in the coverage tables.
pub(in crate::dst) fn event_index(event: &Event) -> usize {
    match event {
        Event::Begin => 0,
        Event::Quote(_, Ok(_)) => 1,
        Event::Quote(_, Err(_)) => 2,
        Event::Wake => 3,
        Event::StopRequested => 4,
        Event::ThreadDied(_) => 5,
        Event::Ledger(LedgerReport::Reserved(_)) => 6,
        Event::Ledger(LedgerReport::Failing(_) | LedgerReport::Working) => 7,
        Event::Report(_, report) => match report {
            VenueReport::Market { .. } => 8,
            VenueReport::Ready => 9,
            VenueReport::NotReady(_) => 10,
            VenueReport::Trading(_) => 11,
            VenueReport::Balance { .. } => 12,
            VenueReport::Position { .. } => 13,
            VenueReport::OrderAcked { .. } => 14,
            VenueReport::Filled(_) => 15,
            VenueReport::OrderEnded { .. } => 16,
            VenueReport::OrderRefused { .. } => 17,
            VenueReport::OrderUnknown { .. } => 18,
            VenueReport::OrderAnswer { .. } => 19,
            VenueReport::Busted { .. }
            | VenueReport::Moved(_)
            | VenueReport::OpenOrders { .. }
            | VenueReport::AskFailed { .. }
            | VenueReport::Fatal(_) => 20,
        },
    }
}
