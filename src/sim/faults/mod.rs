//! What goes wrong between a simulated venue and its clients, and at the venue: planned in a text, drawn from a seed.
//!
//! [`Faulty`] wraps a venue and is a [`Service`] itself, so that the live server and the
//! simulation in virtual time meet the same faults. Same venue, same plan, same seed, same calls: same faults.

mod dice;
mod faulty;
mod frames;
mod http;
mod lanes;
mod lighter;
mod messages;
mod new_things;
mod paradex;
mod parse;
mod plan;
mod presets;
#[cfg(test)]
mod tests;
mod words;

pub use faulty::{Faulty, Tally};
pub use parse::{PlanError, parse};
pub use plan::{Class, FaultPlan, Mishap, Rule, Span, State, Strike, Way, Window};
pub use presets::{PRESETS, preset};

use crate::domain::Wall;
use crate::transport::service::{Request, Response, Sent, Service};

/// What a venue must tell and do to be struck by faults.
pub trait Faultable: Service {
    /// What a frame to a client is about.
    fn class_of_sent(&self, frame: &Frame) -> Class;

    /// What a text frame of a client is about.
    fn class_of_text(&self, text: &str) -> Class;

    /// What an HTTP request is about.
    fn class_of_request(&self, request: &Request) -> Class;

    /// The frame with which the venue refuses a request frame; `None` when the request cannot be read.
    fn refusal_frame(&self, now: Wall, request: &str, code: &str) -> Option<String>;

    /// The HTTP answer with which the venue refuses.
    fn refusal_response(&self, code: &str) -> Response;

    /// The venue's own part of a strike. Those of sockets and HTTP are not its part.
    fn strike(&mut self, now: Wall, strike: &Strike, out: &mut Vec<Sent>);

    /// When what the last strike began must be ended by calling [`Faultable::recover`].
    fn recover(&mut self, now: Wall, strike: &Strike, out: &mut Vec<Sent>);
}

/// What a data frame carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}
