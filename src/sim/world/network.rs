//! Delay, jitter and faults between a session and its venue.

use super::super::rng::Rng;
use crate::domain::Mono;
use std::time::Duration;

/// The way between session and venue. Public fields may be changed at any time; what is under way keeps its arrival.
#[derive(Debug)]
pub struct Network {
    /// Time one message takes one way.
    pub delay: Duration,
    /// Longest additional time, drawn for each message; messages of one connection stay in order.
    pub jitter: Duration,
    /// Frames vanish in both directions although the connections stand (half-open TCP).
    pub muted: bool,
    /// What becomes of HTTP requests.
    pub http: HttpFate,
    /// What becomes of new connections.
    pub dial: DialFate,
    rng: Rng,
}

/// What becomes of an HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpFate {
    /// It arrives and is answered.
    Answered,
    /// It arrives, and the answer is lost.
    AnswerLost,
    /// It does not leave.
    Unreachable,
}

/// What becomes of an attempt to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialFate {
    /// The venue decides.
    Arrives,
    /// There is no connection.
    Unreachable,
    /// The certificate does not fit.
    WrongCertificate,
}

impl Network {
    /// Time after which a client gives an HTTP request up.
    pub(super) const HTTP_TIMEOUT: Duration = Duration::from_secs(5);

    /// A network with this delay one way, no jitter and no faults; `seed` decides jitter once there is some.
    pub fn new(seed: u64, delay: Duration) -> Self {
        Self {
            delay,
            jitter: Duration::ZERO,
            muted: false,
            http: HttpFate::Answered,
            dial: DialFate::Arrives,
            rng: Rng::stream(seed, "network"),
        }
    }

    /// When a message sent now arrives.
    pub(super) fn arrival(&mut self, now: Mono) -> Mono {
        let most = u64::try_from(self.jitter.as_nanos()).unwrap_or(u64::MAX);
        now.after(self.delay).after(Duration::from_nanos(self.rng.below(most.saturating_add(1))))
    }
}
