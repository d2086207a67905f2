//! The REST calls (paradex.md 2): one table of routes, limits before everything, errors in the venue's form.

mod accounts;
mod markets;
mod orders;
mod paging;
mod system;

use super::ParadexSim;
use super::actions::Actor;
use super::rate::Scope;
use super::refusal::{Code, Refusal};
use crate::domain::Wall;
use crate::sim::service::{Request, Response};
use serde_json::{Value, json};

pub(super) use orders::texts;

/// What every call lives under.
const BASE: &str = "/v1/";

/// A handler's answer.
type Answer = Result<Response, Refusal>;

fn ok(body: &Value) -> Answer {
    Ok(Response::json(200, body))
}

fn results(list: Vec<Value>) -> Answer {
    ok(&json!({"results": list}))
}

impl ParadexSim {
    /// Answers one call.
    pub(super) fn answer(&mut self, now: Wall, request: &Request) -> Response {
        let Some(path) = request.path.strip_prefix(BASE) else { return unknown_path(request).response() };
        let segments: Vec<&str> = path.split('/').collect();
        let mut headers = Vec::new();
        let answer = self.route(now, request, &segments, &mut headers);
        let mut response = answer.unwrap_or_else(|refusal| refusal.response());
        response.headers.extend(headers);
        response
    }

    fn route(&mut self, now: Wall, request: &Request, path: &[&str], headers: &mut Headers) -> Answer {
        if let Some(answer) = self.sign_in_route(now, request, path, headers) {
            return answer;
        }
        if request.method == "GET" && is_public(path) {
            self.count(now, Scope::Public, headers)?;
            return self.public(now, request, path);
        }
        if !is_private(path) {
            return Err(unknown_path(request));
        }
        let bearer = self.bearer(now, request)?;
        self.count(now, Scope::Private, headers)?;
        if request.method == "GET" {
            self.count(now, Scope::PrivateGet(bearer.owner), headers)?;
            return self.private_get(now, request, bearer.owner, path);
        }
        self.count(now, Scope::Orders(bearer.owner), headers)?;
        self.private_change(now, request, &Actor { bearer, tracking: None }, path)
    }

    fn sign_in_route(
        &mut self,
        now: Wall,
        request: &Request,
        path: &[&str],
        headers: &mut Headers,
    ) -> Option<Answer> {
        let known = matches!(
            (request.method.as_str(), path),
            ("POST", ["auth"] | ["auth", _] | ["onboarding"]) | ("GET", ["onboarding"])
        );
        if !known {
            return None;
        }
        if let Err(refusal) = self.count(now, Scope::SignIn, headers) {
            return Some(Err(refusal));
        }
        Some(match (request.method.as_str(), path) {
            ("POST", ["auth", key]) => self.sign_in(now, request, Some(key)),
            ("POST", ["auth"]) => self.sign_in(now, request, None),
            ("POST", _) => self.onboard(request),
            _ => self.onboarding(request),
        })
    }

    fn count(&mut self, now: Wall, scope: Scope, headers: &mut Headers) -> Result<(), Refusal> {
        let verdict = self.rates.count(now, scope);
        *headers = verdict.headers;
        if verdict.allowed { Ok(()) } else { Err(Refusal::new(Code::RateLimited, "rate limit exceeded")) }
    }

    fn public(&self, now: Wall, request: &Request, path: &[&str]) -> Answer {
        match path {
            ["system", "config"] => self.system_config(),
            ["system", "time"] => self.system_time(now),
            ["system", "state"] => ok(&json!({"status": self.exchange.status.word()})),
            ["markets"] => self.markets(request),
            ["markets", "summary"] => self.summaries(now, request),
            ["bbo", market] | ["bbo", market, "interactive"] => self.bbo(market),
            ["orderbook", market] | ["orderbook", market, "interactive"] => self.orderbook(request, market),
            ["trades"] => self.trades(request),
            ["funding", "data"] => self.funding_data(request),
            ["jwks.json"] => ok(&json!({"keys": []})),
            _ => Err(unknown_path(request)),
        }
    }
}

/// Extra headers of an answer.
type Headers = Vec<(&'static str, String)>;

fn is_public(path: &[&str]) -> bool {
    matches!(
        path,
        ["system", ..]
            | ["markets", ..]
            | ["bbo", ..]
            | ["orderbook", ..]
            | ["trades"]
            | ["funding", "data"]
            | ["jwks.json"]
    )
}

fn is_private(path: &[&str]) -> bool {
    matches!(
        path,
        ["account", ..]
            | ["balance"]
            | ["positions"]
            | ["orders", ..]
            | ["orders-history"]
            | ["fills"]
            | ["tradebusts"]
            | ["funding", "payments"]
    )
}

fn unknown_path(request: &Request) -> Refusal {
    Refusal::new(Code::NotFound, format!("no such call: {} {}", request.method, request.path))
}
