//! Everything that is due at a time: reconnection, pings, stale quotes, unanswered sends, renewals.

use super::super::wire::frame::Channel;
use super::super::wire::request;
use super::link::{Link, Need};
use super::outstanding::Sent;
use super::questions::Question;
use super::{LINK, LighterSession, Stage};
use crate::domain::{Mono, Now};
use crate::venue::market_data::Silence;
use crate::venue::{LinkFailure, Outbox, Output};
use log::Level;
use std::time::Duration;

/// Moments that belong to no part of their own.
#[derive(Debug, Default)]
pub struct Due {
    /// An order has left, and what that changes was not looked at yet.
    pub upkeep: Option<Mono>,
    /// Next comparison of the clocks.
    pub clock: Option<Mono>,
    /// The market rules are to be read again.
    pub market: Option<Mono>,
    /// The nonce is to be read again.
    pub nonce: Option<Mono>,
    /// How often in a row it could not be read.
    pub nonce_failures: u32,
    /// The book is to be subscribed to again.
    pub book: Option<Mono>,
    /// When the book was last subscribed to again.
    pub book_renewed: Option<Mono>,
    /// When there is room in the request budget for an opening again.
    pub budget: Option<Mono>,
    /// When the venue said that the last accepted transaction is executed.
    pub executed: Option<Mono>,
    /// When clock and market rules were read or asked for last.
    refreshed: Option<Mono>,
}

impl Due {
    /// A new connection may find another world: clock and market rules are read again, but not on every attempt.
    pub fn refresh(&mut self, now: Mono) {
        if self.refreshed.is_none_or(|at| now.since(at) >= REFRESH_EVERY) {
            self.refreshed = Some(now);
            self.clock = Some(now);
            self.market = Some(now);
        }
    }

    /// Clock and market rules are fresh.
    pub fn refreshed(&mut self, now: Mono) {
        self.refreshed = Some(now);
    }
}

/// Least time between two readings of what a new connection calls for.
const REFRESH_EVERY: Duration = Duration::from_secs(60);

/// Least time between two new subscriptions to the book: messages that stay wrong must not become a flood of requests.
const BOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long after its validity an order without a known end may still hold up a renewal.
const AFTER_VALIDITY: Duration = Duration::from_secs(1);

/// Wait before a server that limits connections is tried again (lighter.md 2.5, firewall).
const LIMITED: Duration = Duration::from_secs(60);

impl LighterSession {
    /// Does everything that is due.
    pub(super) fn keep_up(&mut self, now: Now, out: &mut Outbox) {
        self.continue_startup(now, out);
        if !matches!(self.stage, Stage::Running) {
            return;
        }
        self.keep_connected(now, out);
        self.keep_quotes(now, out);
        self.keep_sends(now, out);
        self.keep_private_channels(now, out);
        self.keep_facts(now, out);
    }

    /// Only when nothing else is to be done.
    pub(super) fn use_idle_time(&mut self, now: Now, out: &mut Outbox) {
        let Stage::Running = self.stage else { return };
        if self.signer.refill_at().is_none_or(|at| now.mono < at) {
            return self.work_ahead(now, out);
        }
        if let Err(cause) = self.signer.refill(now.mono) {
            let text = format!("Lighter orders are signed the slower way: {cause}");
            out.push(Output::Log(Level::Error, text));
        }
    }

    /// The earliest moment at which anything above may have something to do.
    pub(super) fn next_due(&self) -> Option<Mono> {
        match &self.stage {
            Stage::Idle | Stage::Stopped => None,
            Stage::Starting(startup) => startup.not_before,
            Stage::Running => {
                let timing = &self.config.timing;
                let link = match &self.link {
                    Link::Waiting { until } => Some(*until),
                    Link::Open(link) => Some(link.deadline(timing, self.quiet_at())),
                    Link::Down | Link::Opening | Link::Closing => None,
                };
                let all = [
                    link,
                    self.quotes.deadline(timing.quote_stale_after),
                    self.outstanding.deadline(timing.answer_within),
                    self.subscriptions.waiting_since().map(|since| since.after(timing.subscribed_within)),
                    self.renewal_due(),
                    self.due.book.filter(|_| matches!(self.link, Link::Open(_))),
                    self.due.budget,
                    self.due.upkeep,
                    self.due.nonce,
                    self.due.market,
                    self.due.clock,
                    self.signer.refill_at(),
                    self.ahead_due(),
                ];
                all.into_iter().flatten().min()
            }
        }
    }

    /// When no order of ours can be executed any more.
    fn quiet_at(&self) -> Mono {
        match self.orders.quiet_at() {
            Mono(0) => Mono(0),
            dead_at => dead_at.after(AFTER_VALIDITY),
        }
    }

    /// Asks for the connection.
    pub(super) fn connect(&mut self, out: &mut Outbox) {
        self.link = Link::Opening;
        out.push(Output::Open { link: LINK, url: self.config.ws_url.clone(), headers: Vec::new() });
    }

    /// The connection is gone; it is asked for again after a pause.
    pub(super) fn wait_to_connect(&mut self, now: Now, failure: &LinkFailure) {
        let mut until = self.backoff.next(now.mono, self.signer.entropy());
        if matches!(failure, LinkFailure::Upgrade(405 | 429)) {
            until = until.max(now.mono.after(LIMITED));
        }
        self.link = Link::Waiting { until };
    }

    /// Gives a connection up.
    pub(super) fn replace_connection(&mut self, now: Now, cause: &str, out: &mut Outbox) {
        self.connection_lost(now, cause, out);
        self.link = Link::Closing;
        out.push(Output::Log(Level::Warn, format!("{cause}; connecting again")));
        out.push(Output::Close(LINK));
    }

    fn keep_connected(&mut self, now: Now, out: &mut Outbox) {
        let quiet_at = self.quiet_at();
        let need = match &mut self.link {
            Link::Waiting { until } if *until <= now.mono => return self.connect(out),
            Link::Open(link) => link.need(now.mono, &self.config.timing, quiet_at),
            Link::Down | Link::Waiting { .. } | Link::Opening | Link::Closing => return,
        };
        match need {
            Need::Nothing => {}
            Need::Ping => self.ping(out),
            Need::Replace(cause) => self.replace_connection(now, &format!("Lighter: {cause}"), out),
        }
    }

    /// Both kinds: the frame counts as sent by us for the venue, the WebSocket ping is answered below any backlog.
    fn ping(&mut self, out: &mut Outbox) {
        out.push(Output::Text(LINK, request::PING.to_owned()));
        out.push(Output::Ping(LINK));
    }

    fn keep_quotes(&mut self, now: Now, out: &mut Outbox) {
        let due = self.quotes.deadline(self.config.timing.quote_stale_after);
        if matches!(self.link, Link::Open(_)) && self.due.book.is_some_and(|at| at <= now.mono) {
            (self.due.book, self.due.book_renewed) = (None, Some(now.mono));
            self.subscribe_one(Channel::OrderBook, true, out);
        }
        if !matches!(self.link, Link::Open(_)) || due.is_none_or(|at| at > now.mono) {
            return;
        }
        let (consequence, step) = self.quotes.silent();
        self.follow(now, consequence, out);
        match step {
            Silence::Resubscribe => {
                self.ping(out);
                self.subscribe_market(true, out);
            }
            Silence::Reconnect => {
                self.replace_connection(now, "Lighter: the market channels are silent", out)
            }
        }
    }

    /// The book is to be read anew: at once, unless that was done just now.
    pub(super) fn renew_book(&mut self, now: Now) {
        let earliest = self.due.book_renewed.map_or(now.mono, |last| last.after(BOOK_AGAIN));
        self.due.book.get_or_insert(earliest.max(now.mono));
    }

    fn keep_sends(&mut self, now: Now, out: &mut Outbox) {
        let overdue: Vec<Sent> = self.outstanding.give_up(now.mono, self.config.timing.answer_within);
        if !overdue.is_empty() {
            self.nonce_lost(now);
            self.doubt(&overdue, "Lighter did not answer in time", out);
        }
    }

    fn renewal_due(&self) -> Option<Mono> {
        let renew_at = self.subscriptions.renew_at().filter(|_| self.subscriptions.private_confirmed())?;
        Some(renew_at.max(self.quiet_at()))
    }

    /// Subscriptions that are not confirmed in time are started over; the token is renewed while no order is in flight,
    /// because what happens between the old and the new subscription is not told again.
    fn keep_private_channels(&mut self, now: Now, out: &mut Outbox) {
        if !matches!(self.link, Link::Open(_)) {
            return;
        }
        let within = self.config.timing.subscribed_within;
        if self.subscriptions.waiting_since().is_some_and(|since| since.after(within) <= now.mono) {
            let cause = self.status.trouble.take();
            let cause = cause.unwrap_or_else(|| "Lighter did not confirm the private channels".to_owned());
            return self.replace_connection(now, &cause, out);
        }
        if self.renewal_due().is_some_and(|at| at <= now.mono) {
            self.renew_private(now, out);
        }
    }

    /// The counter is in doubt: it is read again once the transactions under way have settled.
    pub(super) fn nonce_lost(&mut self, now: Now) {
        self.nonce.doubt();
        self.read_nonce_again(now);
    }

    /// A nonce was refused: whatever the rule, where the venue's counter stands is not known.
    pub(super) fn nonce_refused(&mut self, now: Now) {
        self.nonce.lose();
        self.read_nonce_again(now);
    }

    fn read_nonce_again(&mut self, now: Now) {
        if self.nonce.is_known() {
            return;
        }
        let settled = now.mono.after(self.config.timing.nonce_settle);
        self.due.nonce = Some(self.due.executed.map_or(settled, |executed| executed.max(settled)));
    }

    fn keep_facts(&mut self, now: Now, out: &mut Outbox) {
        let is_due = |at: Option<Mono>| at.is_some_and(|at| at <= now.mono);
        if is_due(self.due.nonce) {
            self.due.nonce = None;
            let url = self.addresses.next_nonce(self.config.slot.api_key());
            let question = Question::Nonce(self.nonce.epoch());
            if self.ask(now, question, url, out).is_err() {
                self.due.nonce = Some(now.mono.after(Duration::from_secs(1)));
            }
        }
        if is_due(self.due.market) {
            self.due.market = None;
            if self.ask(now, Question::Market, self.addresses.markets(), out).is_err() {
                self.due.market = Some(now.mono.after(LIMITED));
            }
        }
        if is_due(self.due.clock) {
            let asked = self.ask(now, Question::Clock, self.addresses.status(), out).is_ok();
            let pause = if asked { self.config.timing.clock_every } else { LIMITED };
            self.due.clock = Some(now.mono.after(pause));
        }
    }
}
