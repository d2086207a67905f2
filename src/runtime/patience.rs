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

/// So often a thread that does not sleep looks at its sockets itself before it asks the system: most of what happens is something
/// to read, and to try that costs no more than to ask. What is left is a socket that can be written again.
const LOOKS_PER_POLL: u8 = 32;

/// What a thread sees where it looks for something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing.
    Nothing,
    /// Something that wakes nobody; the sockets may have more.
    Work,
    /// Something that was read from a socket at this moment.
    Found,
}

/// A way of waiting, and since when nothing has happened.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    wait: Wait,
    clock: Clock,
    awake_until: Mono,
    looks: u8,
}

impl Patience {
    /// Waits as `wait` says.
    pub fn new(wait: Wait, clock: Clock) -> Self {
        Self { wait, clock, awake_until: Mono(0), looks: 0 }
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

    /// Waits for something to read, for mail, or for the deadline, in the way of this thread. `look` looks for something to do;
    /// told `true`, into the sockets as well, because nobody tells whoever stays awake of them.
    ///
    /// # Errors
    /// Those of the system; an interruption is none.
    pub fn poll(
        &mut self,
        poll: &mut Poll,
        events: &mut Events,
        sleeper: &Sleeper,
        deadline: Option<Mono>,
        mut look: impl FnMut(bool) -> Sight,
    ) -> io::Result<()> {
        events.clear();
        loop {
            let now = self.clock.mono();
            let due = deadline.is_some_and(|deadline| now >= deadline);
            let sleeps = !due && self.may_sleep(now);
            if sleeps {
                sleeper.lie_down();
            }
            let sight = look(!sleeps);
            if sight == Sight::Found && !sleeps {
                self.stir(now);
                return Ok(());
            }
            let busy = due || sight != Sight::Nothing;
            self.looks += 1;
            if sleeps || busy || self.looks >= LOOKS_PER_POLL {
                self.looks = 0;
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
            }
            if busy || sleeps || !events.is_empty() {
                if !events.is_empty() || busy {
                    self.stir(self.clock.mono());
                }
                return Ok(());
            }
            std::hint::spin_loop();
        }
    }
}
