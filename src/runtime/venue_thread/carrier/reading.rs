//! What comes in by the connections, in the order in which it came. Says who reads when; what it means is the session's.

use super::Carrier;
use crate::runtime::patience::Sight;
use crate::transport::client::link::{Arrival, Link};
use crate::venue::{Input, LinkFailure, LinkId};
use mio::Token;

impl Carrier {
    /// Looks for something to do before [`Carrier::deadline`]; where that is wanted, into the sockets as well, without asking the
    /// system which of them is ready. What is found there is for the next turn.
    pub fn look(&mut self, into_sockets: bool) -> Sight {
        if !self.commands.is_empty() || !self.mail.is_empty() || self.links.any_ready() {
            return Sight::Work;
        }
        if into_sockets && self.found.is_none() {
            self.found = self.links.look();
        }
        if self.found.is_some() { Sight::Found } else { Sight::Nothing }
    }

    /// Serves every link that is ready; true when one of them had something to read.
    pub(super) fn serve_links(&mut self) -> bool {
        let mut turn = std::mem::take(&mut self.turn);
        self.links.take_ready(&mut turn);
        let mut brought_something = false;
        if let Some((token, found)) = self.found.take() {
            turn.retain(|ready| *ready != token);
            brought_something = self.serve_found(token, found);
        }
        for token in turn.drain(..) {
            match self.links.of(token) {
                None => self.links.see_off(token),
                Some(link) => brought_something |= self.serve(link, token),
            }
        }
        self.turn = turn;
        brought_something
    }

    /// What was found on a connection that may have been closed since.
    fn serve_found(&mut self, token: Token, found: Result<Arrival, LinkFailure>) -> bool {
        let Some(link) = self.links.of(token) else {
            self.links.see_off(token);
            return false;
        };
        self.take_in(link, token, found)
    }

    /// Writes and reads one link; true when it had something to read.
    fn serve(&mut self, link: LinkId, token: Token) -> bool {
        if let Some(Err(failure)) = self.links.open(link).map(Link::flush) {
            self.lose(link, failure);
            return false;
        }
        match self.links.open(link).map(Link::read).and_then(Result::transpose) {
            None => false,
            Some(read) => self.take_in(link, token, read),
        }
    }

    /// Hands over what a link had to read; true when that was a frame. Then there may be more.
    fn take_in(&mut self, link: LinkId, token: Token, read: Result<Arrival, LinkFailure>) -> bool {
        match read {
            Ok(Arrival::Text(text)) => self.input(Input::Text(link, &text)),
            Ok(Arrival::Binary(bytes)) => self.input(Input::Binary(link, &bytes)),
            Ok(Arrival::Alive) => self.input(Input::Alive(link)),
            Err(failure) => {
                self.lose(link, failure);
                return false;
            }
        }
        self.links.mark_ready(token);
        true
    }

    fn lose(&mut self, link: LinkId, failure: LinkFailure) {
        self.links.forget(link);
        self.input(Input::Closed(link, failure));
    }
}
