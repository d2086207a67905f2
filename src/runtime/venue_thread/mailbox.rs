//! Mail to a thread that sleeps in its poll. Waking costs a system call, so only a sleeper is woken, and whoever has mail for
//! two threads puts both down before waking either.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, unbounded};
use mio::Waker;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

/// Letters of one [`Outgoing`] that wait without memory being asked for; far more than are ever under way.
const SLOTS: usize = 256;

/// One thread that sleeps, for everybody who may have to wake it.
#[derive(Clone)]
pub struct Sleeper(Arc<Sleeping>);

struct Sleeping {
    asleep: AtomicBool,
    waker: Waker,
}

impl Sleeper {
    /// `waker` belongs to the poll of the thread.
    pub fn new(waker: Waker) -> Self {
        Self(Arc::new(Sleeping { asleep: AtomicBool::new(false), waker }))
    }

    /// Wakes the thread if it sleeps. To be called after mail was put down.
    pub fn wake(&self) {
        // Pairs with the fence in `lie_down`: either the reader sees the mail, or we see that it fell asleep.
        fence(Ordering::SeqCst);
        if self.0.asleep.load(Ordering::Relaxed) && self.0.asleep.swap(false, Ordering::Relaxed) {
            let _ = self.0.waker.wake();
        }
    }

    /// Announces that the thread is going to sleep; to be called before it looks for mail one last time.
    pub fn lie_down(&self) {
        self.0.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Announces that the thread is awake and will look at its mail.
    pub fn get_up(&self) {
        self.0.asleep.store(false, Ordering::Relaxed);
    }
}

/// The sending end, for any number of threads.
pub struct Mailbox<T> {
    mail: Sender<T>,
    sleeper: Sleeper,
}

/// A mailbox of the sleeper, and where it reads.
pub fn mailbox<T>(sleeper: &Sleeper) -> (Mailbox<T>, Receiver<T>) {
    let (mail, receiver) = unbounded();
    (Mailbox { mail, sleeper: sleeper.clone() }, receiver)
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { mail: self.mail.clone(), sleeper: self.sleeper.clone() }
    }
}

impl<T> Mailbox<T> {
    /// Hands mail over. A thread that is gone reads none; its end was reported through the feed.
    pub fn post(&self, mail: T) {
        let _ = self.mail.send(mail);
        self.sleeper.wake();
    }
}

/// The sending end of the one thread that commands: never waits, and asks for no memory while anybody reads.
pub struct Outgoing<T> {
    slots: Sender<T>,
    /// What did not fit, in order: only a reader that hangs lets it grow.
    backlog: VecDeque<T>,
    sleeper: Sleeper,
}

/// Both ends of a way for commands to the sleeper.
pub fn outgoing<T>(sleeper: &Sleeper) -> (Outgoing<T>, Receiver<T>) {
    let (slots, receiver) = bounded(SLOTS);
    (Outgoing { slots, backlog: VecDeque::with_capacity(16), sleeper: sleeper.clone() }, receiver)
}

impl<T> Outgoing<T> {
    /// Puts one down, without waking anybody: [`Outgoing::wake`] follows.
    pub fn put(&mut self, letter: T) {
        self.backlog.push_back(letter);
        while let Some(next) = self.backlog.pop_front() {
            match self.slots.try_send(next) {
                Ok(()) => {}
                Err(TrySendError::Full(next)) => return self.backlog.push_front(next),
                // The reader is gone, which was reported through the feed.
                Err(TrySendError::Disconnected(_)) => return self.backlog.clear(),
            }
        }
    }

    /// Whether everything that was put down has been taken.
    pub fn is_empty(&self) -> bool {
        self.backlog.is_empty() && self.slots.is_empty()
    }

    /// Wakes the reader, and puts down again what did not fit before.
    pub fn wake(&mut self) {
        if let Some(next) = self.backlog.pop_back() {
            self.put(next);
        }
        self.sleeper.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Events, Poll, Token};
    use std::time::Duration;

    #[test]
    fn no_mail_is_ever_slept_through() {
        const LETTERS: u32 = 20_000;
        let mut poll = Poll::new().expect("poll");
        let sleeper = Sleeper::new(Waker::new(poll.registry(), Token(0)).expect("waker"));
        let (mailbox, inbox) = mailbox(&sleeper);
        let sender = std::thread::spawn(move || {
            for number in 0..LETTERS {
                mailbox.post(number);
                if number % 7 == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let mut events = Events::with_capacity(4);
        let mut next = 0;
        while next < LETTERS {
            let mut woken = true;
            sleeper.lie_down();
            if inbox.is_empty() {
                poll.poll(&mut events, Some(Duration::from_secs(5))).expect("poll");
                woken = !events.is_empty();
            }
            sleeper.get_up();
            assert!(woken, "slept five seconds over letter {next}");
            while let Ok(number) = inbox.try_recv() {
                assert_eq!(number, next, "in order");
                next += 1;
            }
        }
        sender.join().expect("sender");
    }

    #[test]
    fn commands_to_a_thread_that_hangs_wait_in_order_and_hold_nobody_up() {
        let poll = Poll::new().expect("poll");
        let sleeper = Sleeper::new(Waker::new(poll.registry(), Token(0)).expect("waker"));
        let (mut commands, inbox) = outgoing(&sleeper);
        let mut read = Vec::new();
        for number in 0..4 * SLOTS {
            commands.put(number);
            if number % 300 == 299 {
                read.extend(inbox.try_iter().take(100));
            }
        }
        while read.len() < 4 * SLOTS {
            commands.wake();
            read.extend(inbox.try_iter());
        }
        assert!(read.is_sorted(), "{read:?}");
        drop(inbox);
        commands.put(1);
        assert!(commands.backlog.is_empty());
    }
}
