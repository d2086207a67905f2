//! Pages of lists that grow at the newest end: a cursor names how many older entries are left, sealed against forgery.

use super::{Answer, ok};
use crate::sim::paradex::ParadexSim;
use crate::sim::paradex::refusal::{Code, Refusal};
use crate::sim::service::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Entries of one page where the request does not say, and the most.
const PAGE: i64 = 100;
const PAGE_MAX: i64 = 5_000;

/// A query parameter as a number within bounds.
pub fn number(request: &Request, name: &str, low: i64, high: i64) -> Result<Option<i64>, Refusal> {
    let Some(text) = request.query(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let number: Option<i64> = text.parse().ok();
    let refuse = || {
        Refusal::new(Code::InvalidRequestParameter, format!("{name} must be a number from {low} to {high}"))
    };
    number.filter(|number| (low..=high).contains(number)).map(Some).ok_or_else(refuse)
}

/// The time filter of a list, in milliseconds.
pub fn period(request: &Request) -> Result<impl Fn(i64) -> bool + use<>, Refusal> {
    let start = number(request, "start_at", 0, i64::MAX)?.unwrap_or(0);
    let end = number(request, "end_at", 0, i64::MAX)?.unwrap_or(i64::MAX);
    Ok(move |at: i64| (start..=end).contains(&at))
}

impl ParadexSim {
    /// One page of a whole list, newest first.
    pub(super) fn page(&self, request: &Request, list: Vec<Value>) -> Answer {
        let size = number(request, "page_size", 1, PAGE_MAX)?.unwrap_or(PAGE);
        let size = usize::try_from(size).unwrap_or_default();
        let left = match request.query("cursor").filter(|text| !text.is_empty()) {
            None => list.len(),
            Some(text) => self.open_cursor(text)?.min(list.len()),
        };
        let start = list.len() - left;
        let end = (start + size).min(list.len());
        let cursor = |left: usize| Value::String(self.cursor(left));
        let next = if end < list.len() { cursor(list.len() - end) } else { Value::Null };
        let prev = if start > 0 { cursor((left + size).min(list.len())) } else { Value::Null };
        ok(&json!({"results": list[start..end], "next": next, "prev": prev}))
    }

    fn cursor(&self, left: usize) -> String {
        let text = left.to_string();
        URL_SAFE_NO_PAD.encode(format!("{text}.{}", self.mint.stamp(&text)))
    }

    fn open_cursor(&self, text: &str) -> Result<usize, Refusal> {
        let refuse = || Refusal::new(Code::InvalidRequestParameter, "cursor is invalid");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
        let opened = String::from_utf8(bytes).map_err(|_| refuse())?;
        let (left, stamp) = opened.split_once('.').ok_or_else(refuse)?;
        if stamp != self.mint.stamp(left) {
            return Err(refuse());
        }
        left.parse().map_err(|_| refuse())
    }
}
