//! From nothing to signed in: network, clock, market rules, token (paradex.md 1, 2, 3.2), and the token's renewal.

use super::signing::Desk;
use super::{Ask, ParadexSession, Token};
use crate::domain::{Mono, Now, SecretText, Wall};
use crate::venue::http::HttpReply;
use crate::venue::paradex::identity::{Form, Identity};
use crate::venue::paradex::{rejects, wire};
use crate::venue::{Outbox, Output, Reaction, VenueReport};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;

/// A request that failed is made again after this.
const RETRY: Duration = Duration::from_secs(1);
/// The venue's state is read this often (`ok`, `cancel_only`, `post_only`, `maintenance`).
const STATE_EVERY: Duration = Duration::from_secs(15);
/// A token is renewed at this age at the latest (paradex.md 3.2).
const RENEW_AFTER: Duration = Duration::from_secs(180);
/// The venue's time is read this often, and more often while the clocks differ.
const TIME_EVERY: Duration = Duration::from_secs(60);
const TIME_AGAIN: Duration = Duration::from_secs(10);

impl ParadexSession {
    pub(super) fn start(&mut self, now: Now, out: &mut Outbox) {
        self.quota.seed(now, &self.config.sent_before);
        self.tell_quota(now, out);
        for ask in [Ask::Config, Ask::Time, Ask::Market, Ask::State] {
            self.request(now, ask, out);
        }
        self.public.want(now.mono);
    }

    /// A request without an answer: bootstrap steps repeat, questions are told.
    pub(super) fn failed(&mut self, now: Now, ask: Ask, asked: Mono, cause: &str, out: &mut Outbox) {
        match ask {
            Ask::Order(inquiry) => self.order_unanswered(inquiry, asked, cause, out),
            Ask::OpenOrders(list) => self.list_unanswered(list, cause, out),
            Ask::Positions { answer: true } => out.report(VenueReport::AskFailed { cause: cause.to_owned() }),
            _ => {
                out.push(Output::Log(
                    log::Level::Debug,
                    format!("Paradex {ask:?} failed ({cause}), trying again"),
                ));
                self.later(now, RETRY, ask);
            }
        }
    }

    pub(super) fn bootstrap_answer(
        &mut self,
        now: Now,
        ask: Ask,
        asked: Mono,
        reply: &HttpReply,
        out: &mut Outbox,
    ) {
        if reply.status != 200 {
            return self.bootstrap_refused(now, ask, reply, out);
        }
        let done = match ask {
            Ask::Config => self.on_config(now, &reply.body, out),
            Ask::Time => self.on_time_of_venue(now, asked, &reply.body, out),
            Ask::State => self.on_state(now, &reply.body, out),
            Ask::Market => self.on_market(&reply.body, out),
            Ask::Bbo => self.on_seed(now, &reply.body, out),
            Ask::Auth => self.on_token(now, &reply.body, out),
            _ => Ok(()),
        };
        if let Err(cause) = done {
            self.failed(now, ask, now.mono, &cause.to_string(), out);
        }
    }

    fn bootstrap_refused(&mut self, now: Now, ask: Ask, reply: &HttpReply, out: &mut Outbox) {
        let refusal = rejects::of_rest(reply.status, &wire::rest_error(&reply.body));
        match (ask, refusal.reaction) {
            (Ask::Auth, Reaction::Stop) => out.report(VenueReport::Fatal(format!(
                "sign-in refused: {refusal}. Check PARADEX_L2_PRIVATE_KEY, PARADEX_L2_ADDRESS and PARADEX_ENVIRONMENT"
            ))),
            (Ask::Market, Reaction::Stop) => out.report(VenueReport::Fatal(format!(
                "the market {} cannot be traded: {refusal}; check the ticker, and where this machine stands",
                self.config.market
            ))),
            (_, Reaction::BackOff) => {
                let pause = Duration::from_secs(reply.retry_after_s.unwrap_or(5).into());
                self.budget.block(now.mono, ask.scope(), pause);
                self.later(now, pause, ask);
            }
            _ => self.failed(now, ask, now.mono, &refusal.to_string(), out),
        }
    }

    fn unknown_market(&self, out: &mut Outbox) {
        let market = &self.config.market;
        out.report(VenueReport::Fatal(format!("there is no market {market}; check the ticker")));
    }

    fn on_config(&mut self, now: Now, body: &[u8], out: &mut Outbox) -> Result<(), wire::WireError> {
        let config = wire::config(body)?;
        let identity = Identity::new(&config, &self.config.key, self.config.account)?;
        if identity.is_subkey {
            let text = "Paradex: the key is not the main key of PARADEX_L2_ADDRESS, using it as a subkey of that account";
            out.push(Output::Log(log::Level::Info, text.to_owned()));
        }
        self.desk = Desk::new(now, identity.hasher.clone(), &self.config.market);
        self.identity = Some(identity);
        self.request(now, Ask::Auth, out);
        Ok(())
    }

    fn on_time_of_venue(
        &mut self,
        now: Now,
        asked: Mono,
        body: &[u8],
        out: &mut Outbox,
    ) -> Result<(), wire::WireError> {
        let told = Wall::from_millis(wire::server_time(body)?);
        self.clock.learn(asked, now.mono, told, Duration::from_millis(1));
        self.tell_trading(now, out);
        let off = self.clock.trouble(now, "Paradex").is_some();
        self.later(now, if off { TIME_AGAIN } else { TIME_EVERY }, Ask::Time);
        Ok(())
    }

    fn on_state(&mut self, now: Now, body: &[u8], out: &mut Outbox) -> Result<(), wire::WireError> {
        let status = wire::system_state(body)?;
        self.trading.state = (status != "ok").then(|| format!("the venue's state is {status}"));
        self.tell_trading(now, out);
        self.later(now, STATE_EVERY, Ask::State);
        Ok(())
    }

    fn on_market(&mut self, body: &[u8], out: &mut Outbox) -> Result<(), wire::WireError> {
        match wire::market(body, &self.config.market)? {
            Some(found) => {
                self.spec = Some(found.spec);
                out.report(VenueReport::Market { contract: found.symbol, spec: found.spec });
            }
            None => self.unknown_market(out),
        }
        Ok(())
    }

    /// A signed sign-in request; `None` before the network is known.
    pub(super) fn auth_form(&self, now: Now) -> Option<Form> {
        let identity = self.identity.as_ref()?;
        identity.sign_in(&self.config.key, self.config.retail, self.clock.venue_wall(now))
    }

    fn on_token(&mut self, now: Now, body: &[u8], out: &mut Outbox) -> Result<(), wire::WireError> {
        let text = SecretText::new(wire::auth_token(body)?);
        let life = token_life(text.expose(), self.clock.venue_wall(now).secs())
            .map_or(RENEW_AFTER, |life| life * 3 / 5);
        self.token = Some(Token { text, renew_at: now.mono.after(life.min(RENEW_AFTER)) });
        self.private.want(now.mono);
        if self.private.is_open() && !self.signed_in {
            self.sign_in(out);
        }
        Ok(())
    }

    /// A fresh token with a fresh signature; the old one serves until it is there.
    pub(super) fn renew_token(&mut self, now: Now, out: &mut Outbox) {
        let due = self.token.as_ref().is_some_and(|token| now.mono >= token.renew_at);
        if due && let Some(token) = &mut self.token {
            // Planned anew at once, so that a slow answer causes no second request.
            token.renew_at = now.mono.after(Duration::from_secs(15));
            self.request(now, Ask::Auth, out);
        }
    }
}

/// Time a token has left by its `exp` claim (paradex.md 3.2: read only that).
fn token_life(token: &str, now_s: i64) -> Option<Duration> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    let left = claims.get("exp")?.as_i64()?.checked_sub(now_s)?;
    Some(Duration::from_secs(u64::try_from(left).ok()?))
}
