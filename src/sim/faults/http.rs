//! What becomes of HTTP requests and of attempts to connect.

use super::new_things::{with_new_fields, with_new_words};
use super::plan::Mishap;
use super::{Faultable, Faulty};
use crate::domain::Wall;
use crate::transport::service::{Delivery, Request, Response, Sent};
use std::time::Duration;

impl<V: Faultable> Faulty<V> {
    /// An HTTP request, carried out; the answer may be late when the venue is stalled.
    pub(super) fn ask(&mut self, now: Wall, request: &Request, out: &mut Vec<Sent>) -> Response {
        let mut produced = Vec::new();
        let mut response = self.venue.http(now, request, &mut produced);
        self.emit(now, produced, out);
        if let Some(until) = self.stalled(now) {
            let wait = u64::try_from(until.0.saturating_sub(now.0)).unwrap_or_default();
            response.delivery = Delivery::Late(Duration::from_micros(wait));
        }
        response
    }

    /// A request to which something happens.
    pub(super) fn http_mishap(
        &mut self,
        now: Wall,
        request: &Request,
        mishap: Mishap,
        out: &mut Vec<Sent>,
    ) -> Response {
        let unanswered = |response| Response { delivery: Delivery::Never, ..response };
        match mishap {
            Mishap::Drop | Mishap::Cut => unanswered(status(502, 0)),
            Mishap::CutAfter => unanswered(self.ask(now, request, out)),
            Mishap::Status(code) => status(code, 1),
            Mishap::Refuse(code) => self.venue.refusal_response(&code),
            Mishap::Delay(span) => {
                let delivery = Delivery::Late(self.dice.draw(span));
                Response { delivery, ..self.ask(now, request, out) }
            }
            Mishap::Duplicate => {
                let first = self.ask(now, request, out);
                self.ask(now, request, out);
                first
            }
            Mishap::NewFields => rewritten(self.ask(now, request, out), with_new_fields),
            Mishap::NewWords => rewritten(self.ask(now, request, out), with_new_words),
            Mishap::Reorder(_) => self.ask(now, request, out),
        }
    }
}

/// An answer of something in front of the venue, not of the venue.
pub(super) fn status(code: u16, retry_after_s: u64) -> Response {
    let page = format!("<html><body>{code}</body></html>").into_bytes();
    let mut headers = vec![("content-type", "text/html".to_owned())];
    if matches!(code, 429 | 503) {
        headers.push(("retry-after", retry_after_s.to_string()));
    }
    Response { headers, ..Response::plain(code, page) }
}

fn rewritten(response: Response, change: fn(&str) -> String) -> Response {
    match String::from_utf8(response.body) {
        Ok(text) => Response { body: change(&text).into_bytes(), ..response },
        Err(bytes) => Response { body: bytes.into_bytes(), ..response },
    }
}
