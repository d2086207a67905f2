//! Alarms for people who are not looking at the log: which notices are worth one, in which words, and when each leaves.
//!
//! Pure: time and answers come in, requests and log lines go out. The thread and the HTTP client are in
//! `runtime::notifier`; the log itself is the business of `observe`.

pub mod alarm;
mod board;
pub mod channel;
pub mod desk;
pub mod meaning;
mod outbox;
pub mod spool;
pub mod words;

pub use alarm::Alarm;
pub use channel::Channel;
pub use desk::Desk;
pub use meaning::{Meaning, meaning};
pub use words::{Language, Words};

/// What the operator wants told, and where.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where messages go; empty: nowhere.
    pub channels: Vec<Channel>,
    /// Their language.
    pub language: Language,
}
