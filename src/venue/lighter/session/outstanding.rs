//! Sends without an answer yet, and which of them an answer belongs to (lighter.md 5.3).

use super::super::rejects;
use super::super::wire::send::SendReply;
use crate::domain::{ClientOrderId, Mono};
use std::time::Duration;

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A new order.
    Order(ClientOrderId),
    /// A cancel of an order.
    Cancel(ClientOrderId),
}

/// One send without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// Our id in the frame.
    pub id: u64,
    /// What it is.
    pub what: Sent,
    /// Transaction hash.
    pub hash: String,
    /// The nonce it carries.
    pub nonce: u64,
    /// When it left.
    pub at: Mono,
    /// Its outcome already counts as unknown; a late answer is still worth having.
    pub given_up: bool,
}

/// All sends without an answer on the current connection.
#[derive(Debug, Default)]
pub struct Outstanding {
    sends: Vec<Send>,
    last_id: u64,
}

/// Whose answer it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Attribution {
    /// This send's.
    One(Send),
    /// It may be any of ours: the outcome of all of them is unknown now.
    Any,
    /// None of ours: about a subscription or the socket, or an answer seen before.
    None,
}

/// Given-up sends kept for late answers.
const KEPT: usize = 32;

impl Outstanding {
    /// A number for a send that may never leave.
    pub fn free_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Notes a send and numbers it.
    pub fn add(&mut self, what: Sent, hash: String, nonce: u64, at: Mono) -> u64 {
        let id = self.free_id();
        self.add_numbered(id, what, hash, nonce, at);
        id
    }

    /// Notes a send that bears a number of [`Outstanding::free_id`] already.
    pub fn add_numbered(&mut self, id: u64, what: Sent, hash: String, nonce: u64, at: Mono) {
        if self.sends.len() >= KEPT
            && let Some(oldest) = self.sends.iter().position(|send| send.given_up)
        {
            self.sends.remove(oldest);
        }
        self.sends.push(Send { id, what, hash, nonce, at, given_up: false });
    }

    /// Finds the send an answer belongs to: by id, by hash, or because there is only one it can belong to.
    /// `subscribing` says that an answer to a subscription is also awaited.
    pub fn attribute(&mut self, reply: &SendReply, subscribing: bool) -> Attribution {
        let named = |send: &Send| {
            reply.id.as_ref().is_some_and(|id| *id == send.id.to_string())
                || reply.tx_hash.as_ref().is_some_and(|hash| *hash == send.hash)
        };
        if let Some(position) = self.sends.iter().position(named) {
            return Attribution::One(self.sends.remove(position));
        }
        if reply.id.is_some() || reply.tx_hash.is_some() {
            return Attribution::None;
        }
        let waiting: Vec<usize> = (0..self.sends.len()).filter(|i| !self.sends[*i].given_up).collect();
        let Err(refusal) = &reply.outcome else {
            return if waiting.is_empty() { Attribution::None } else { Attribution::Any };
        };
        let is_limit = matches!(refusal.code, Some(23_000..24_000));
        match waiting[..] {
            [] => Attribution::None,
            _ if !rejects::may_concern_a_send(refusal.code) => Attribution::None,
            _ if names_a_channel(&refusal.message) => Attribution::None,
            // A limit without an id may concern any frame of ours (lighter.md 2.5); a wrong guess would call an order dead.
            [only] if !is_limit && !subscribing && self.sends.len() == 1 => {
                Attribution::One(self.sends.remove(only))
            }
            _ => Attribution::Any,
        }
    }

    /// Sends that waited too long, now given up.
    pub fn give_up(&mut self, now: Mono, answer_within: Duration) -> Vec<Sent> {
        let overdue =
            self.sends.iter_mut().filter(|send| !send.given_up && now >= send.at.after(answer_within));
        overdue.map(Send::give_up).collect()
    }

    /// All sends that are still waiting, now given up.
    pub fn give_up_all(&mut self) -> Vec<Sent> {
        self.sends.iter_mut().filter(|send| !send.given_up).map(Send::give_up).collect()
    }

    /// The connection is gone and no answer can come any more. True when a send was left without one.
    pub fn clear(&mut self) -> bool {
        let unanswered = !self.is_empty();
        self.sends.clear();
        unanswered
    }

    /// Whether no send is waiting.
    pub fn is_empty(&self) -> bool {
        self.sends.iter().all(|send| send.given_up)
    }

    /// When the next send has waited too long.
    pub fn deadline(&self, answer_within: Duration) -> Option<Mono> {
        self.sends.iter().filter(|send| !send.given_up).map(|send| send.at.after(answer_within)).min()
    }
}

impl Send {
    fn give_up(&mut self) -> Sent {
        self.given_up = true;
        self.what
    }
}

/// Errors about subscriptions quote the channel.
fn names_a_channel(message: &str) -> bool {
    use super::super::wire::frame::Channel;
    Channel::ALL.iter().any(|channel| message.contains(channel.name())) || message.contains("hannel")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::venue::lighter::wire::reply::ApiRefusal;
    use crate::venue::lighter::wire::send::Accepted;

    fn order(number: u64) -> Sent {
        Sent::Order(ClientOrderId::from_number(number).expect("in range"))
    }

    fn two() -> Outstanding {
        let mut sends = Outstanding::default();
        sends.add(order(1), "aa".to_owned(), 5, Mono(0));
        sends.add(order(2), "bb".to_owned(), 6, Mono(0));
        sends
    }

    fn reply(id: Option<&str>, hash: Option<&str>, refused: Option<(i64, &str)>) -> SendReply {
        SendReply {
            id: id.map(str::to_owned),
            tx_hash: hash.map(str::to_owned),
            outcome: refused.map_or(Ok(Accepted { predicted_ms: None }), |(code, text)| {
                Err(ApiRefusal::new(Some(code), text))
            }),
        }
    }

    fn one(attribution: Attribution) -> Option<Sent> {
        if let Attribution::One(send) = attribution { Some(send.what) } else { None }
    }

    #[test]
    fn id_then_hash_then_the_only_candidate() {
        assert_eq!(one(two().attribute(&reply(Some("2"), None, None), false)), Some(order(2)));
        assert_eq!(one(two().attribute(&reply(Some("x"), Some("aa"), None), false)), Some(order(1)));
        let invalid = reply(None, None, Some((21501, "invalid tx info")));
        assert_eq!(two().attribute(&invalid, false), Attribution::Any);
        let mut single = two();
        single.attribute(&reply(Some("1"), None, None), false);
        assert_eq!(one(single.attribute(&invalid, false)), Some(order(2)));
        assert_eq!(single.attribute(&invalid, false), Attribution::None);
    }

    #[test]
    fn an_error_that_may_be_about_something_else_kills_no_order() {
        let single = || {
            let mut sends = Outstanding::default();
            sends.add(order(1), "aa".to_owned(), 5, Mono(0));
            sends
        };
        let limit = reply(None, None, Some((23000, "too many requests")));
        assert_eq!(single().attribute(&limit, false), Attribution::Any);
        let socket = reply(None, None, Some((30003, "Already Subscribed to : ticker:1")));
        assert_eq!(single().attribute(&socket, false), Attribution::None);
        let field =
            reply(None, None, Some((20001, "invalid param : auth field is required: account_all_orders:10")));
        assert_eq!(single().attribute(&field, false), Attribution::None);
        let unclear = reply(None, None, Some((20013, "invalid auth")));
        assert_eq!(single().attribute(&unclear, true), Attribution::Any);
        let duplicate = reply(Some("99"), Some("cc"), Some((21104, "invalid nonce")));
        assert_eq!(single().attribute(&duplicate, false), Attribution::None);
    }

    #[test]
    fn a_late_answer_still_finds_its_send() {
        let mut sends = two();
        assert_eq!(sends.give_up(Mono(5), Duration::from_nanos(5)), vec![order(1), order(2)]);
        assert!(sends.is_empty() && sends.give_up(Mono(9), Duration::ZERO).is_empty());
        assert!(matches!(
            sends.attribute(&reply(Some("1"), None, None), false),
            Attribution::One(Send { given_up: true, .. })
        ));
        let nameless = reply(None, None, Some((21501, "")));
        assert_eq!(sends.attribute(&nameless, false), Attribution::None);
        sends.add(order(3), "cc".to_owned(), 7, Mono(9));
        assert_eq!(
            sends.attribute(&nameless, false),
            Attribution::Any,
            "it may be the late answer to the other one"
        );
        assert!(sends.clear());
    }
}
