//! What goes wrong on real venues, on demand (lighter.md 5.1, 11 point 5).

use super::LighterSim;
use super::auth::check_token;
use super::model::{AccountKind, MarketId, Shape, Trading, Warp};
use super::refusal::Refusal;
use crate::domain::Wall;
use crate::transport::service::Sent;
use serde_json::json;
use std::collections::VecDeque;
use std::time::Duration;

/// Something that goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next book frame of a market is lost.
    BookGap(MarketId),
    /// The next book frame of a market comes twice.
    BookDuplicate(MarketId),
    /// Nothing is sent for this many milliseconds, then everything.
    Stall(i64),
    /// Every connection breaks.
    Disconnect,
    /// A shutdown is announced and closes every connection after this many milliseconds.
    Shutdown(i64),
}

impl LighterSim {
    /// Makes something go wrong.
    pub fn inject(&mut self, now: Wall, fault: Fault, out: &mut Vec<Sent>) {
        let after = |millis: i64| now.after(Duration::from_millis(millis.max(0).unsigned_abs()));
        match fault {
            Fault::BookGap(market) => {
                self.hub.gaps.insert(market);
            }
            Fault::BookDuplicate(market) => {
                self.hub.duplicates.insert(market);
            }
            Fault::Stall(millis) => self.hub.stalled_until = Some(after(millis)),
            Fault::Disconnect => self.hub.cut_all(),
            Fault::Shutdown(millis) => {
                let frame = json!({ "type": "shutdown", "close_in_ms": millis });
                for conn in self.hub.connections.keys().copied().collect::<Vec<_>>() {
                    self.hub.send_now(conn, &frame);
                }
                self.hub.closing_at = Some(after(millis));
            }
        }
        self.hub.drain_into(out);
    }
}

/// Refusals of sends that were asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct WantedRefusals {
    once: VecDeque<Refusal>,
    lasting: Option<(Refusal, Wall)>,
}

/// What only the model of the venue can do wrong. Each call prepares one thing; a market that does not exist is left alone.
impl LighterSim {
    /// Every token the venue has accepted so far is expired from now on; running subscriptions follow switch 9.
    pub fn expire_tokens(&mut self, now: Wall) {
        self.exchange.expired_tokens.append(&mut self.tokens);
        for connection in self.hub.connections.values_mut() {
            for subscription in connection.subscriptions.values_mut() {
                subscription.token_until_s = subscription.token_until_s.map(|_| now.secs());
            }
        }
    }

    /// The quotes of a market take an odd shape from its next move until this time.
    pub fn warp_market(&mut self, market: MarketId, shape: Shape, until: Wall) {
        if let Some(market) = self.exchange.markets.get_mut(&market) {
            market.warp = Some(Warp { shape, until });
        }
    }

    /// Every market of the venue.
    pub fn market_ids(&self) -> Vec<MarketId> {
        self.exchange.markets.keys().copied().collect()
    }

    /// Whether a market trades from now on.
    pub fn set_trading(&mut self, market: MarketId, trading: Trading) {
        if let Some(market) = self.exchange.markets.get_mut(&market) {
            market.trading = trading;
        }
    }

    /// The next immediate order of an account fills at most this many percent of its size.
    pub fn fill_next_in_part(&mut self, percent: u8) {
        self.exchange.mishaps.fill_percent = Some(percent);
    }

    /// The next order runs this many milliseconds later than its answer predicts.
    pub fn run_next_late(&mut self, millis: i64) {
        self.exchange.mishaps.late_millis = Some(millis);
    }

    /// The next order is accepted, never runs, and fails once its validity is over.
    pub fn swallow_next(&mut self) {
        self.exchange.mishaps.swallow = true;
    }

    /// No limits on requests from now on: as many clients as one likes, one after the other.
    pub fn lift_request_limits(&mut self) {
        self.limits = super::RateLimits::new(false);
    }

    /// The clock it tells is off by so many milliseconds from now on; what it does goes by the right one.
    pub fn set_clock_off(&mut self, ms: i64) {
        self.clock_off_ms = ms;
    }

    /// Accounts of clients.
    fn clients(&self) -> Vec<i64> {
        let clients = self.exchange.accounts.values().filter(|account| account.kind != AccountKind::Venue);
        clients.map(|account| account.index).collect()
    }

    /// Every position of every client is closed by force.
    pub fn liquidate(&mut self, now: Wall) {
        self.clients().into_iter().for_each(|account| self.exchange.liquidate_now(now, account));
    }

    /// Every client trades by hand in this market.
    pub fn trade_by_hand(&mut self, now: Wall, market: MarketId) {
        self.clients().into_iter().for_each(|account| self.exchange.trade_by_hand(now, account, market));
    }

    /// Every client has an order resting in this market that was placed elsewhere, with this client index.
    pub fn rest_by_hand(&mut self, now: Wall, market: MarketId, client_index: i64) {
        for account in self.clients() {
            self.exchange.rest_by_hand(now, account, market, client_index);
        }
    }

    /// The next send is refused with this code; asked several times, several sends.
    pub fn refuse_next_send(&mut self, code: u32, words: &str) {
        self.refusals.once.push_back(Refusal::Wanted(code, words.to_owned()));
    }

    /// Every send is refused with this code until this time: maintenance.
    pub fn refuse_sends_until(&mut self, code: u32, words: &str, until: Wall) {
        self.refusals.lasting = Some((Refusal::Wanted(code, words.to_owned()), until));
    }

    pub(super) fn wanted_refusal(&mut self, now: Wall) -> Option<Refusal> {
        let lasting = self.refusals.lasting.take().filter(|(_, until)| *until > now);
        self.refusals.lasting.clone_from(&lasting);
        self.refusals.once.pop_front().or_else(|| lasting.map(|(refusal, _)| refusal))
    }

    /// Notes a token that holds now, so that it can be expired.
    pub(super) fn remember_token(&mut self, now: Wall, token: Option<&str>) {
        if let Some(token) = token.filter(|token| check_token(&self.exchange, now, token).is_ok()) {
            self.tokens.insert(token.to_owned());
        }
    }
}
