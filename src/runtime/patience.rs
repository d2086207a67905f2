//! How a thread with sockets waits: sleeps in its poll, looks on for a while first, or never sleeps.

use super::clock::Clock;
use super::tuning::Wait;
use super::venue_thread::Sleeper;
use crate::domain::Mono;
use mio::{Events, Poll};
use std::io::{self, ErrorKind};
use std::time::Duration;

/// What comes within this after an event finds a hybrid thread awake: answers and the other venue's news come in bunches.
pub const LOOK_ON: Duration = Duration::from_micros(50);

/// A way of waiting, and since when nothing has happened.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    wait: Wait,
    clock: Clock,
    awake_until: Mono,
}

impl Patience {
    /// Waits as `wait` says.
    pub fn new(wait: Wait, clock: Clock) -> Self {
        Self { wait, clock, awake_until: Mono(0) }
    }

    /// Whether the thread may sleep now although it would rather look on.
    pub fn may_sleep(&self, now: Mono) -> bool {
        match self.wait {
            Wait::Block => true,
            Wait::Hybrid => now >= self.awake_until,
            Wait::Spin => false,
        }
    }

    /// Something happened.
    pub fn stir(&mut self, now: Mono) {
        self.awake_until = now.after(LOOK_ON);
    }

    /// Takes what the sockets have, and waits for it, for mail, or for the deadline, in the way of this thread. `idle` tells
    /// whether there is nothing to do already.
    ///
    /// # Errors
    /// Those of the system; an interruption is none.
    pub fn poll(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        sleeper: &Sleeper,
        deadline: Option<Mono>,
        idle: impl Fn() -> bool,
    ) -> io::Result<()> {
        loop {
            let now = self.clock.mono();
            let due = deadline.is_some_and(|deadline| now >= deadline);
            let sleeps = !due && self.may_sleep(now);
            if sleeps {
                sleeper.lie_down();
            }
            let busy = due || !idle();
            let longest = if sleeps && !busy {
                deadline.map(|deadline| deadline.since(now))
            } else {
                Some(Duration::ZERO)
            };
            let polled = poll.poll(events, longest);
            if sleeps {
                sleeper.get_up();
            }
            match polled {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            if busy || sleeps || !events.is_empty() || !idle() {
                if !events.is_empty() || busy {
                    self.stir(self.clock.mono());
                }
                return Ok(());
            }
            std::hint::spin_loop();
        }
    }
}
