//! A venue with faults around it.

use super::dice::Dice;
use super::http::status;
use super::lanes::{Lanes, Waiting};
use super::plan::{Class, Mishap, Rule, Strike};
use super::words::{mishap_word, strike_word};
use super::{Faultable, Frame};
use crate::domain::Wall;
use crate::sim::rng::Rng;
use crate::transport::service::{ConnId, Delivery, Request, Response, Sent, Service};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often each thing happened, by its word.
pub type Tally = BTreeMap<String, u64>;

/// A venue with faults around it. Without rules it is the venue itself.
#[derive(Debug)]
pub struct Faulty<V> {
    pub(super) venue: V,
    pub(super) dice: Dice,
    pub(super) lanes: Lanes,
    /// Ends of strikes that the venue itself must end.
    recoveries: BTreeMap<(Wall, u64), Strike>,
    sequence: u64,
    /// Asked for from outside, struck at the next moment.
    wanted: Vec<Strike>,
    stalled_until: Option<Wall>,
    /// HTTP answers with this status until then.
    http_status: Option<(u16, Wall)>,
    /// New connections get this status until then.
    away: Option<(u16, Wall)>,
    tally: Tally,
}

impl<V: Faultable> Faulty<V> {
    /// The venue under these rules; `label` tells the streams of chance of two venues apart.
    pub fn new(venue: V, rules: Vec<Rule>, seed: u64, label: &str, start: Wall) -> Self {
        Self {
            venue,
            dice: Dice::new(rules, start, Rng::stream(seed, label)),
            lanes: Lanes::default(),
            recoveries: BTreeMap::new(),
            sequence: 0,
            wanted: Vec::new(),
            stalled_until: None,
            http_status: None,
            away: None,
            tally: Tally::new(),
        }
    }

    /// The venue inside.
    pub fn venue(&self) -> &V {
        &self.venue
    }

    /// The venue inside, to change.
    pub fn venue_mut(&mut self) -> &mut V {
        &mut self.venue
    }

    /// What happened so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Makes something go wrong at the next moment the venue lives through, whatever the plan says.
    pub fn want(&mut self, strike: Strike) {
        self.wanted.push(strike);
    }

    /// Makes something go wrong now, whatever the plan says.
    pub fn strike(&mut self, now: Wall, strike: &Strike, out: &mut Vec<Sent>) {
        self.note(strike_word(strike).to_owned());
        let mut produced = Vec::new();
        match strike {
            Strike::Cut => self.cut_all(out),
            Strike::Stall(time) => self.stalled_until = Some(now.after(*time)),
            Strike::Status(status, time) => self.http_status = Some((*status, now.after(*time))),
            Strike::Away(status, time) => {
                let end = now.after(*time);
                (self.http_status, self.away) = (Some((*status, end)), Some((*status, end)));
                self.cut_all(out);
            }
            Strike::Shutdown(_)
            | Strike::ExpireTokens
            | Strike::SkipSequence
            | Strike::EmptyBook(_)
            | Strike::CrossedBook(_)
            | Strike::PriceGap(..)
            | Strike::State(..)
            | Strike::PartialFill
            | Strike::LateFill(_)
            | Strike::BustFill
            | Strike::Swallow
            | Strike::Liquidate
            | Strike::ForeignTrade
            | Strike::ClockOff(..) => {
                self.venue.strike(now, strike, &mut produced);
                if let Some(time) = lasting(strike) {
                    self.sequence += 1;
                    self.recoveries.insert((now.after(time), self.sequence), strike.clone());
                }
            }
        }
        self.emit(now, produced, out);
    }

    fn note(&mut self, word: String) {
        *self.tally.entry(word).or_default() += 1;
    }

    fn cut_all(&mut self, out: &mut Vec<Sent>) {
        for conn in self.lanes.conns() {
            self.cut(conn, out);
        }
    }

    /// Breaks a connection; the driver tells of its end, and so the venue learns of it.
    pub(super) fn cut(&mut self, conn: ConnId, out: &mut Vec<Sent>) {
        if self.lanes.close(conn) {
            out.push(Sent::Cut(conn));
        }
    }

    pub(super) fn stalled(&self, now: Wall) -> Option<Wall> {
        self.stalled_until.filter(|until| *until > now)
    }

    /// What happens to a message of this class, noted.
    pub(super) fn mishap(&mut self, now: Wall, class: Class) -> Option<Mishap> {
        let mishap = self.dice.mishap(now, class)?;
        self.note(format!("{} {}", class.word(), mishap_word(&mishap)));
        Some(mishap)
    }

    /// Lives through everything that is due up to `now`, each at its own time.
    fn catch_up(&mut self, now: Wall, out: &mut Vec<Sent>) {
        for strike in std::mem::take(&mut self.wanted) {
            self.strike(now, &strike, out);
        }
        while let Some(due) = self.next_due().filter(|due| *due <= now) {
            self.live(due, out);
        }
        self.advance_venue(now, out);
    }

    /// One moment.
    fn live(&mut self, due: Wall, out: &mut Vec<Sent>) {
        if let Some(waiting) = self.lanes.take_due(due) {
            match waiting {
                Waiting::ToClient(sent) => out.push(sent),
                Waiting::ToVenue(conn, frame) => self.hand_over(due, conn, &frame, out),
            }
        } else if let Some(entry) = self.recoveries.first_entry().filter(|entry| entry.key().0 <= due) {
            let (strike, mut produced) = (entry.remove(), Vec::new());
            self.venue.recover(due, &strike, &mut produced);
            self.emit(due, produced, out);
        } else if let Some(strike) = self.dice.strike(due) {
            self.strike(due, &strike, out);
        } else {
            self.advance_venue(due, out);
        }
    }

    fn advance_venue(&mut self, now: Wall, out: &mut Vec<Sent>) {
        let mut produced = Vec::new();
        self.venue.advance(now, &mut produced);
        self.emit(now, produced, out);
    }
}

/// How long the venue's own part of a strike lasts.
fn lasting(strike: &Strike) -> Option<Duration> {
    match strike {
        Strike::EmptyBook(time)
        | Strike::CrossedBook(time)
        | Strike::PriceGap(_, time)
        | Strike::ClockOff(_, time)
        | Strike::State(_, time) => Some(*time),
        Strike::Cut
        | Strike::Shutdown(_)
        | Strike::Stall(_)
        | Strike::Away(..)
        | Strike::Status(..)
        | Strike::ExpireTokens
        | Strike::SkipSequence
        | Strike::PartialFill
        | Strike::LateFill(_)
        | Strike::BustFill
        | Strike::Liquidate
        | Strike::ForeignTrade
        | Strike::Swallow => None,
    }
}

impl<V: Faultable> Service for Faulty<V> {
    fn http(&mut self, now: Wall, request: &Request, out: &mut Vec<Sent>) -> Response {
        self.catch_up(now, out);
        if let Some((code, until)) = self.http_status.filter(|(_, until)| *until > now) {
            return status(code, u64::try_from(until.secs() - now.secs()).unwrap_or_default());
        }
        let class = self.venue.class_of_request(request);
        match self.mishap(now, class) {
            None => self.ask(now, request, out),
            Some(mishap) => self.http_mishap(now, request, mishap, out),
        }
    }

    fn open(
        &mut self,
        now: Wall,
        conn: ConnId,
        request: &Request,
        out: &mut Vec<Sent>,
    ) -> Result<(), Response> {
        self.catch_up(now, out);
        if let Some((code, until)) = self.away.filter(|(_, until)| *until > now) {
            return Err(status(code, u64::try_from(until.secs() - now.secs()).unwrap_or_default()));
        }
        match self.mishap(now, Class::Connect) {
            Some(Mishap::Status(code)) => return Err(status(code, 1)),
            Some(Mishap::Drop | Mishap::Cut) => {
                return Err(Response { delivery: Delivery::Never, ..status(502, 0) });
            }
            _ => {}
        }
        let mut greeting = Vec::new();
        self.venue.open(now, conn, request, &mut greeting)?;
        self.lanes.open(conn);
        self.emit(now, greeting, out);
        Ok(())
    }

    fn text(&mut self, now: Wall, conn: ConnId, text: &str, out: &mut Vec<Sent>) {
        self.catch_up(now, out);
        self.take(now, conn, Frame::Text(text.to_owned()), out);
    }

    fn binary(&mut self, now: Wall, conn: ConnId, bytes: &[u8], out: &mut Vec<Sent>) {
        self.catch_up(now, out);
        self.take(now, conn, Frame::Binary(bytes.to_vec()), out);
    }

    fn alive(&mut self, now: Wall, conn: ConnId) {
        self.venue.alive(now, conn);
    }

    fn closed(&mut self, now: Wall, conn: ConnId, clean: bool, out: &mut Vec<Sent>) {
        self.catch_up(now, out);
        self.lanes.close(conn);
        let mut produced = Vec::new();
        self.venue.closed(now, conn, clean, &mut produced);
        self.emit(now, produced, out);
    }

    fn advance(&mut self, now: Wall, out: &mut Vec<Sent>) {
        self.catch_up(now, out);
    }

    fn next_due(&self) -> Option<Wall> {
        let recovery = self.recoveries.first_key_value().map(|((at, _), _)| *at);
        [self.venue.next_due(), self.dice.next_due(), self.lanes.next_due(), recovery]
            .into_iter()
            .flatten()
            .min()
    }
}
