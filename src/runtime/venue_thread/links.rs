//! The connections of one session: being dialled, open, or on their way out.

use crate::domain::{Mono, Venue};
use crate::transport::client::connector::Dialed;
use crate::transport::client::link::{Arrival, Link};
use crate::transport::client::practice::{self, FarEnd};
use crate::venue::{LinkFailure, LinkId};
use mio::{Registry, Token};
use std::collections::BTreeMap;

/// Tokens of links; the lower ones belong to the thread.
const FIRST_TOKEN: usize = 16;

/// The connection that rehearsed orders are written to; no session has so many of its own.
pub(super) const PRACTICE: LinkId = LinkId(u8::MAX);
/// The practice connection is read by hand: no event is ever asked for.
const NO_TOKEN: Token = Token(usize::MAX);

/// The token after `token`: venues that share a poll have every other one.
fn next(token: usize) -> usize {
    token + Venue::ALL.len()
}

enum State {
    /// A dial of this number is on its way.
    Dialing(u64),
    Open(Box<Link>, Token),
}

/// Every connection of one session.
pub(super) struct Links {
    states: BTreeMap<LinkId, State>,
    /// Closed for the session, until the venue has said goodbye too or the time is up.
    leaving: BTreeMap<Token, (Box<Link>, Mono)>,
    /// Tokens with something to read or write, in order of arrival.
    ready: Vec<Token>,
    attempts: u64,
    next_token: usize,
    /// `None` when the system has no practice connection for us.
    practice: Option<FarEnd>,
}

impl Links {
    pub(super) fn new(venue: Venue) -> Self {
        let own = Venue::ALL.iter().position(|known| *known == venue).unwrap_or_default();
        let (mut states, mut far_end) = (BTreeMap::new(), None);
        if let Ok((near, far)) = practice::open() {
            states.insert(PRACTICE, State::Open(Box::new(near), NO_TOKEN));
            far_end = Some(far);
        }
        Self {
            states,
            leaving: BTreeMap::new(),
            ready: Vec::new(),
            attempts: 0,
            next_token: FIRST_TOKEN + own,
            practice: far_end,
        }
    }

    /// Notes that `link` is being dialled; the number of the attempt, or `None` when it is in use already.
    pub(super) fn dial(&mut self, link: LinkId) -> Option<u64> {
        if self.states.contains_key(&link) {
            return None;
        }
        self.attempts += 1;
        self.states.insert(link, State::Dialing(self.attempts));
        Some(self.attempts)
    }

    /// Takes the result of a dial in; `None` when nobody wants it any more.
    pub(super) fn dialed(
        &mut self,
        dialed: Dialed,
        registry: &Registry,
    ) -> Option<(LinkId, Result<(), LinkFailure>)> {
        let Dialed { link, attempt, opened } = dialed;
        match self.states.get(&link) {
            Some(State::Dialing(wanted)) if *wanted == attempt => {}
            _ => return None,
        }
        self.states.remove(&link);
        let opened = opened.and_then(|mut open| {
            let token = Token(self.next_token);
            self.next_token = next(self.next_token);
            open.register(registry, token).map_err(|error| LinkFailure::Connect(error.to_string()))?;
            self.states.insert(link, State::Open(Box::new(open), token));
            // Frames may have come with the upgrade: no event tells of bytes that are in our buffer already.
            self.ready.push(token);
            Ok(())
        });
        Some((link, opened))
    }

    /// The open connection of this number.
    pub(super) fn open(&mut self, link: LinkId) -> Option<&mut Link> {
        match self.states.get_mut(&link) {
            Some(State::Open(open, _)) => Some(open),
            Some(State::Dialing(_)) | None => None,
        }
    }

    /// Reads the open connections, one after the other, until one of them has something.
    pub(super) fn look(&mut self) -> Option<(Token, Result<Arrival, LinkFailure>)> {
        self.states.values_mut().find_map(|state| match state {
            State::Open(open, token) if *token != NO_TOKEN => Some((*token, open.read().transpose()?)),
            State::Open(..) | State::Dialing(_) => None,
        })
    }

    /// Drops a connection; true when there was one.
    pub(super) fn forget(&mut self, link: LinkId) -> bool {
        self.states.remove(&link).is_some()
    }

    /// Begins an orderly goodbye, which may last until `until`; true when there was something to close.
    pub(super) fn close(&mut self, link: LinkId, until: Mono) -> bool {
        match self.states.remove(&link) {
            None => false,
            Some(State::Dialing(_)) => true,
            Some(State::Open(mut open, token)) => {
                open.close();
                self.leaving.insert(token, (open, until));
                self.ready.push(token);
                true
            }
        }
    }

    /// Notes that a connection has something to read or write; a foreign token is nothing to us.
    pub(super) fn mark_ready(&mut self, token: Token) {
        let foreign = token.0 % Venue::ALL.len() != self.next_token % Venue::ALL.len();
        if token.0 >= FIRST_TOKEN && !foreign && !self.ready.contains(&token) {
            self.ready.push(token);
        }
    }

    pub(super) fn any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Moves the ready tokens to `tokens`.
    pub(super) fn take_ready(&mut self, tokens: &mut Vec<Token>) {
        tokens.append(&mut self.ready);
    }

    /// Which open link an event belongs to.
    pub(super) fn of(&self, token: Token) -> Option<LinkId> {
        let owner = |state: &State| matches!(state, State::Open(_, own) if *own == token);
        self.states.iter().find(|(_, state)| owner(state)).map(|(link, _)| *link)
    }

    /// Reads off what was written to [`PRACTICE`], so that it never fills up.
    pub(super) fn read_practice(&mut self) {
        if let Some(far) = &mut self.practice {
            far.read_off();
        }
    }

    /// Reads over what a leaving connection still says, and drops it when it is through.
    pub(super) fn see_off(&mut self, token: Token) {
        let Some((leaving, _)) = self.leaving.get_mut(&token) else { return };
        let through = loop {
            match leaving.flush().and_then(|()| leaving.read()) {
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        if through {
            self.leaving.remove(&token);
        }
    }

    /// Drops the connections whose goodbye took too long.
    pub(super) fn expire(&mut self, now: Mono) {
        self.leaving.retain(|_, (_, until)| now < *until);
    }

    /// When [`Links::expire`] has something to do.
    pub(super) fn deadline(&self) -> Option<Mono> {
        self.leaving.values().map(|(_, until)| *until).min()
    }

    /// True when nothing of the session's is dialled, open or leaving.
    pub(super) fn is_empty(&self) -> bool {
        self.states.keys().all(|link| *link == PRACTICE) && self.leaving.is_empty()
    }
}
