//! Keeps one connection alive: pings, notices silence, decides when to open it again. Never two attempts at once.

use crate::domain::Mono;
use crate::signing::Entropy;
use crate::venue::backoff::Backoff;
use crate::venue::{LinkId, Outbox, Output};
use std::time::Duration;

/// A ping leaves this often (paradex.md 5: every 10 to 20 s).
const PING: Duration = Duration::from_secs(10);
/// Nothing heard for this long is a dead peer (paradex.md 5).
const DEAD: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not wanted yet.
    Off,
    /// To be opened from this moment on.
    Down {
        retry_at: Mono,
    },
    Opening,
    Open {
        heard: Mono,
        pinged: Mono,
    },
}

/// A connection that did its work this long was a good one: the next failure is not one of a row.
const GOOD_AFTER: Duration = Duration::from_secs(10);

/// The life of one connection.
#[derive(Debug)]
pub struct LinkCare {
    link: LinkId,
    state: State,
    backoff: Backoff,
    /// What it is for must have been achieved by then.
    expected_by: Option<Mono>,
    opened_at: Mono,
    served: bool,
}

impl LinkCare {
    /// A connection nobody wants yet.
    pub fn new(link: LinkId) -> Self {
        Self {
            link,
            state: State::Off,
            backoff: Backoff::default(),
            expected_by: None,
            opened_at: Mono(0),
            served: false,
        }
    }

    /// Wants the connection from now on; nothing when it is wanted already.
    pub fn want(&mut self, now: Mono) {
        if self.state == State::Off {
            self.state = State::Down { retry_at: now };
        }
    }

    /// True when the connection is to be opened now; it counts as opening afterwards.
    pub fn take_opening(&mut self, now: Mono) -> bool {
        let due = matches!(self.state, State::Down { retry_at } if now >= retry_at);
        if due {
            self.state = State::Opening;
        }
        due
    }

    /// It is up.
    pub fn opened(&mut self, now: Mono) {
        self.state = State::Open { heard: now, pinged: now };
        (self.opened_at, self.served) = (now, false);
    }

    /// It must serve its purpose by then, or it is replaced: an answer that was lost does not come again.
    pub fn expect(&mut self, by: Mono) {
        self.expected_by = Some(by);
    }

    /// What was expected came.
    pub fn met(&mut self) {
        self.expected_by = None;
    }

    /// It serves its purpose.
    pub fn served(&mut self) {
        self.served = true;
    }

    /// It is gone; opened again after a pause.
    pub fn closed(&mut self, now: Mono, entropy: &mut dyn Entropy) {
        self.met();
        if std::mem::take(&mut self.served) && now.since(self.opened_at) >= GOOD_AFTER {
            self.backoff.reset();
        }
        self.state = State::Down { retry_at: self.backoff.next(now, entropy) };
    }

    /// Anything arrived on it.
    pub fn heard(&mut self, now: Mono) {
        if let State::Open { heard, .. } = &mut self.state {
            *heard = now;
        }
    }

    /// Up?
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Pings when due, gives a silent peer up.
    pub fn on_time(&mut self, now: Mono, out: &mut Outbox) {
        let State::Open { heard, pinged } = &mut self.state else { return };
        if now.since(*heard) >= DEAD || self.expected_by.is_some_and(|by| now >= by) {
            out.push(Output::Close(self.link));
            // Asked for once: the close is answered, and until then it must not be asked for again.
            self.state = State::Opening;
        } else if now.since(*pinged) >= PING {
            *pinged = now;
            out.push(Output::Ping(self.link));
        }
    }

    /// When [`LinkCare::on_time`] or [`LinkCare::take_opening`] is next needed.
    pub fn deadline(&self) -> Option<Mono> {
        match self.state {
            State::Off | State::Opening => None,
            State::Down { retry_at } => Some(retry_at),
            State::Open { heard, pinged } => {
                let care = heard.after(DEAD).min(pinged.after(PING));
                Some(self.expected_by.map_or(care, |by| by.min(care)))
            }
        }
    }
}
