//! The queue of one channel: alarms first, one request at a time, pauses that double, nothing lost without a word.

use super::alarm::{Severity, Standing};
use super::channel::{Answer, Channel};
use crate::domain::{Mono, Wall};
use crate::venue::http::{HttpFailure, HttpReply};
use std::collections::VecDeque;
use std::time::Duration;

/// Messages that wait at most. Repeats of a standing alarm replace each other, so this takes many different ones.
const WAITING_MAX: usize = 64;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A service that asks for more is not obeyed: somebody is waiting for an alarm.
const LONGEST_ASKED: Duration = Duration::from_secs(600);
/// Answers that make no sense, after which the message is given up so that it does not block the others.
const ODD_MAX: u32 = 6;

/// One message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same over all channels.
    pub id: u64,
    /// What goes first.
    pub severity: Severity,
    /// The state it speaks of, and whether it says that it is over.
    pub standing: Option<(Standing, bool)>,
    /// The words.
    pub text: String,
    /// When it was first meant to be told.
    pub created: Wall,
    /// Left over from an earlier run.
    pub late: bool,
}

/// What an outbox did with an offered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It waits.
    Waiting,
    /// It waits in the place of an older one that said the same.
    Replaced(Message),
    /// It waits, and this one had to go.
    Dropped(Message),
    /// Nothing passes here any more.
    Refused,
}

/// What an answer changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The message arrived.
    Delivered {
        /// Which.
        id: u64,
        /// Whether the channel had failed before.
        recovered: bool,
    },
    /// It waits for another try; `why` only at the first failure in a row.
    Waiting {
        /// What happened, when it is news.
        news: Option<String>,
    },
    /// It was given up.
    GivenUp {
        /// Which.
        message: Message,
        /// Why.
        why: String,
    },
    /// Nothing passes here any more.
    Closed(String),
}

/// The queue of one channel.
#[derive(Clone, Debug)]
pub struct Outbox {
    channel: Channel,
    waiting: VecDeque<Message>,
    under_way: Option<Message>,
    failures: u32,
    odd: u32,
    not_before: Mono,
    asked_until: Mono,
    dropped: u32,
    dropped_said: u32,
    closed: bool,
}

impl Outbox {
    /// An empty one.
    pub fn new(channel: Channel) -> Self {
        Self {
            channel,
            waiting: VecDeque::new(),
            under_way: None,
            failures: 0,
            odd: 0,
            not_before: Mono(0),
            asked_until: Mono(0),
            dropped: 0,
            dropped_said: 0,
            closed: false,
        }
    }

    /// Where it sends to.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Takes a message into the queue.
    pub fn offer(&mut self, message: Message) -> Offered {
        if self.closed {
            return Offered::Refused;
        }
        if let Some(older) = self.same_news(&message) {
            return Offered::Replaced(std::mem::replace(older, message));
        }
        self.waiting.push_back(message);
        if self.waiting.len() <= WAITING_MAX {
            return Offered::Waiting;
        }
        let least = self.waiting.iter().position(|waiting| waiting.severity == Severity::Info);
        match self.waiting.remove(least.unwrap_or(0)) {
            Some(gone) => {
                self.dropped += 1;
                Offered::Dropped(gone)
            }
            None => Offered::Waiting,
        }
    }

    /// The last waiting word about the same standing alarm, unless that is its end.
    fn same_news(&mut self, message: &Message) -> Option<&mut Message> {
        let (what, false) = message.standing? else { return None };
        let last =
            self.waiting.iter_mut().rev().find(|waiting| waiting.standing.is_some_and(|(of, _)| of == what));
        last.filter(|waiting| waiting.standing == Some((what, false)))
    }

    /// When [`Outbox::next`] may have something; `None` when nothing waits or an answer is outstanding.
    pub fn deadline(&self) -> Option<Mono> {
        let idle = self.closed || self.under_way.is_some() || self.waiting.is_empty();
        (!idle).then_some(self.not_before)
    }

    /// The message to send now, with how many were dropped before it. It is under way until [`Outbox::on_answer`].
    pub fn next(&mut self, now: Mono) -> Option<(&Message, u32)> {
        if self.deadline().is_none_or(|due| due > now) {
            return None;
        }
        let urgent = self.waiting.iter().position(|message| message.severity == Severity::Alarm);
        self.under_way = self.waiting.remove(urgent.unwrap_or(0));
        self.dropped_said = self.dropped;
        self.under_way.as_ref().map(|message| (message, self.dropped))
    }

    /// The answer to what is under way.
    pub fn on_answer(&mut self, now: Mono, outcome: &Result<HttpReply, HttpFailure>) -> Option<Progress> {
        let message = self.under_way.take()?;
        Some(match self.channel.read(outcome) {
            Answer::Taken => {
                let recovered = std::mem::take(&mut self.failures) > 0;
                (self.odd, self.not_before, self.asked_until) = (0, now, now);
                self.dropped -= std::mem::take(&mut self.dropped_said);
                Progress::Delivered { id: message.id, recovered }
            }
            Answer::Later { why, odd: true, .. } if self.odd + 1 >= ODD_MAX => self.give_up(message, why),
            Answer::Later { wait, why, odd } => {
                self.odd += u32::from(odd);
                let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
                self.asked_until = now.after(wait.unwrap_or_default().min(LONGEST_ASKED));
                self.not_before = now.after(pause).max(self.asked_until);
                self.failures = self.failures.saturating_add(1);
                self.waiting.push_front(message);
                Progress::Waiting { news: (self.failures == 1).then_some(why) }
            }
            Answer::Unfit(why) => self.give_up(message, why),
            Answer::Closed(why) => {
                self.waiting.push_front(message);
                self.closed = true;
                Progress::Closed(why)
            }
        })
    }

    fn give_up(&mut self, message: Message, why: String) -> Progress {
        self.odd = 0;
        self.dropped += 1;
        Progress::GivenUp { message, why }
    }

    /// Everything that has not arrived, oldest first.
    pub fn undelivered(&self) -> impl Iterator<Item = &Message> {
        self.under_way.iter().chain(&self.waiting)
    }

    /// Whether nothing more can arrive until `end`.
    pub fn is_done(&self, end: Mono) -> bool {
        self.closed || (self.under_way.is_none() && (self.waiting.is_empty() || self.not_before > end))
    }

    /// The process is about to end: pauses of our own are over, those the service asked for are not.
    pub fn hurry(&mut self) {
        (self.failures, self.not_before) = (0, self.asked_until);
    }
}
