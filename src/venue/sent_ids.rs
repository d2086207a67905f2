//! Which order ids a session has used (law R5), in bounded memory: ids rise from cycle to cycle, so below a floor every id
//! counts as used.

use crate::domain::ClientOrderId;
use std::collections::BTreeSet;

/// So many are remembered one by one: far more than the ids of the cycles that can still be under way.
const REMEMBERED: usize = 4_096;

/// The ids used so far.
#[derive(Debug, Default)]
pub struct SentIds {
    floor: Option<ClientOrderId>,
    recent: BTreeSet<ClientOrderId>,
}

impl SentIds {
    /// Notes an id that is about to leave.
    pub fn insert(&mut self, cid: ClientOrderId) {
        self.recent.insert(cid);
        if self.recent.len() > REMEMBERED {
            self.floor = self.recent.pop_first().max(self.floor);
        }
    }

    /// Whether it was used, or is so old that it must have been.
    pub fn contains(&self, cid: ClientOrderId) -> bool {
        Some(cid) <= self.floor || self.recent.contains(&cid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cid(number: u64) -> ClientOrderId {
        ClientOrderId::from_number(number).expect("in range")
    }

    #[test]
    fn no_id_is_ever_free_again_and_memory_is_bounded() {
        let mut sent = SentIds::default();
        for number in (10..200_000).step_by(7) {
            assert!(!sent.contains(cid(number)));
            sent.insert(cid(number));
        }
        assert!((10..200_000).step_by(7).all(|number| sent.contains(cid(number))));
        assert!(sent.recent.len() <= REMEMBERED);
        assert!(!sent.contains(cid(200_001)));
    }
}
