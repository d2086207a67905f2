//! Reads the position over REST alone, for whoever watches an account without trading on it: no stream, no order entry, nothing
//! that ends with a connection. Asks through a function it is handed and opens no socket itself.

use super::identity::Identity;
use super::session::ParadexConfig;
use super::{rejects, wire};
use crate::domain::{Qty, SecretText, Wall};
use crate::venue::http::{Body, HttpFailure, HttpReply, HttpRequest, Method};
use std::time::Duration;

/// A token is replaced at this age (paradex.md 3.2: it lives five minutes).
const TOKEN_LIFE: Duration = Duration::from_secs(180);

/// Reads one account's position in one market.
pub struct PositionReader {
    config: ParadexConfig,
    identity: Option<Identity>,
    token: Option<(SecretText, Wall)>,
}

impl PositionReader {
    /// Asks nothing yet.
    pub fn new(config: ParadexConfig) -> Self {
        Self { config, identity: None, token: None }
    }

    /// The signed position now. `fetch` performs one request.
    ///
    /// # Errors
    /// Why there is no answer, in words; never evidence of zero.
    pub fn read(
        &mut self,
        now: Wall,
        mut fetch: impl FnMut(HttpRequest) -> Result<HttpReply, HttpFailure>,
    ) -> Result<Qty, String> {
        let read = self.read_once(now, &mut fetch);
        if read.is_err() {
            // Whatever was wrong, a fresh token is asked for next time.
            self.token = None;
        }
        read
    }

    fn read_once(
        &mut self,
        now: Wall,
        fetch: &mut impl FnMut(HttpRequest) -> Result<HttpReply, HttpFailure>,
    ) -> Result<Qty, String> {
        let identity = match self.identity.take() {
            Some(identity) => identity,
            None => self.identify(fetch)?,
        };
        let identity = self.identity.insert(identity);
        if self.token.as_ref().is_none_or(|(_, at)| now.0 >= at.after(TOKEN_LIFE).0 || now.0 < at.0) {
            let form = identity.sign_in(&self.config.key, self.config.retail, now);
            let (method, path, headers) = form.ok_or("no sign-in can be signed now")?;
            let request = request(&self.config, method, &path, headers);
            let body = accepted(fetch(request))?;
            let token = wire::auth_token(&body).map_err(|cause| cause.to_string())?;
            self.token = Some((SecretText::new(token), now));
        }
        let bearer = self.token.as_ref().map(|(token, _)| format!("Bearer {}", token.expose()));
        let headers = bearer.into_iter().map(|value| ("Authorization", value)).collect();
        let body = accepted(fetch(request(&self.config, Method::Get, "/positions", headers)))?;
        let list = wire::positions(&body).map_err(|cause| cause.to_string())?;
        if list.iter().any(|view| !identity.is_ours(&view.account)) {
            return Err("the answer is for another account".to_owned());
        }
        let found = list.iter().find(|view| view.market == self.config.market);
        Ok(found.map_or(Qty::ZERO, |view| view.qty))
    }

    fn identify(
        &self,
        fetch: &mut impl FnMut(HttpRequest) -> Result<HttpReply, HttpFailure>,
    ) -> Result<Identity, String> {
        let body = accepted(fetch(request(&self.config, Method::Get, "/system/config", Vec::new())))?;
        let config = wire::config(&body).map_err(|cause| cause.to_string())?;
        Identity::new(&config, &self.config.key, self.config.account).map_err(|cause| cause.to_string())
    }
}

fn request(
    config: &ParadexConfig,
    method: Method,
    path: &str,
    headers: Vec<(&'static str, String)>,
) -> HttpRequest {
    let body = if method == Method::Get { Body::Empty } else { Body::Json("{}".to_owned()) };
    HttpRequest { ticket: 0, method, url: format!("{}{path}", config.rest_url), headers, body }
}

fn accepted(answer: Result<HttpReply, HttpFailure>) -> Result<Vec<u8>, String> {
    let reply = answer.map_err(|failure| failure.to_string())?;
    if reply.status == 200 {
        return Ok(reply.body);
    }
    Err(rejects::of_rest(reply.status, &wire::rest_error(&reply.body)).to_string())
}
