//! What was not delivered yet, kept where it outlives the process. The record of the account implements it on disk.

use crate::domain::Wall;

/// One message that has not reached anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Ascending over all runs.
    pub id: u64,
    /// The words, the same for every channel.
    pub text: String,
    /// When it was first meant to be told.
    pub created: Wall,
}

/// Keeps messages until one channel has taken them. Called on the notifier thread, so it may wait for a disk.
/// A failure is the spool's to report: it never stops a message from being sent.
pub trait Spool: Send {
    /// Keeps a message.
    fn keep(&mut self, message: &Kept);
    /// It arrived, or a newer one says the same: forget it. Unknown ids are ignored.
    fn done(&mut self, id: u64);
    /// Everything kept, oldest first.
    fn pending(&self) -> Vec<Kept>;
}

/// A spool that ends with the process, for runs without a record: what is left is in the log.
#[derive(Clone, Debug, Default)]
pub struct MemorySpool(Vec<Kept>);

/// More than any run can want; without it a dead network would cost memory for ever.
const MEMORY_MAX: usize = 256;

impl MemorySpool {
    /// With messages of an earlier run.
    pub fn with(pending: Vec<Kept>) -> Self {
        Self(pending)
    }
}

impl Spool for MemorySpool {
    fn keep(&mut self, message: &Kept) {
        if self.0.len() == MEMORY_MAX {
            self.0.remove(0);
        }
        self.0.push(message.clone());
    }

    fn done(&mut self, id: u64) {
        self.0.retain(|kept| kept.id != id);
    }

    fn pending(&self) -> Vec<Kept> {
        self.0.clone()
    }
}
