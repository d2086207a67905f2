//! Mail to a thread that sleeps in its poll. Waking costs a system call, so only a sleeper is woken.

use crossbeam_channel::{Receiver, Sender, unbounded};
use mio::Waker;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

/// The sending end.
pub(super) struct Mailbox<T> {
    mail: Sender<T>,
    sleeper: Arc<Sleeper>,
}

/// The receiving end.
pub(super) struct Inbox<T> {
    mail: Receiver<T>,
    sleeper: Arc<Sleeper>,
}

struct Sleeper {
    asleep: AtomicBool,
    waker: Waker,
}

/// Both ends; `waker` belongs to the poll of the receiving thread.
pub(super) fn mailbox<T>(waker: Waker) -> (Mailbox<T>, Inbox<T>) {
    let (sender, receiver) = unbounded();
    let sleeper = Arc::new(Sleeper { asleep: AtomicBool::new(false), waker });
    (Mailbox { mail: sender, sleeper: Arc::clone(&sleeper) }, Inbox { mail: receiver, sleeper })
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { mail: self.mail.clone(), sleeper: Arc::clone(&self.sleeper) }
    }
}

impl<T> Mailbox<T> {
    /// Hands mail over. A thread that is gone reads none; its end was reported through the feed.
    pub(super) fn post(&self, mail: T) {
        let _ = self.mail.send(mail);
        // Pairs with the fence in `may_sleep`: either the reader sees the mail, or we see that it fell asleep.
        fence(Ordering::SeqCst);
        if self.sleeper.asleep.swap(false, Ordering::Relaxed) {
            let _ = self.sleeper.waker.wake();
        }
    }
}

impl<T> Inbox<T> {
    /// The next piece of mail, if there is one.
    pub(super) fn take(&self) -> Option<T> {
        self.mail.try_recv().ok()
    }

    /// Announces that the thread is going to sleep; false when mail has come in and it must not.
    pub(super) fn may_sleep(&self) -> bool {
        self.sleeper.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.mail.is_empty()
    }

    /// Announces that the thread is awake and will look at its mail.
    pub(super) fn awake(&self) {
        self.sleeper.asleep.store(false, Ordering::Relaxed);
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
        let (mailbox, inbox) = mailbox(Waker::new(poll.registry(), Token(0)).expect("waker"));
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
            if inbox.may_sleep() {
                poll.poll(&mut events, Some(Duration::from_secs(5))).expect("poll");
                woken = !events.is_empty();
            }
            inbox.awake();
            assert!(woken, "slept five seconds over letter {next}");
            while let Some(number) = inbox.take() {
                assert_eq!(number, next, "in order");
                next += 1;
            }
        }
        sender.join().expect("sender");
    }
}
