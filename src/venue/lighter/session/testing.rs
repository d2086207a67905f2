//! What the tests of the session share: a configuration and entropy that repeats.

use super::{LighterConfig, Timing};
use crate::signing::Entropy;
use crate::signing::ecgfp5::SchnorrKey;
use crate::venue::lighter::quota::Limits;
use crate::venue::lighter::tx::KeySlot;

/// A counter in place of randomness.
pub struct Counting(pub u64);

impl Entropy for Counting {
    fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = self.0.to_be_bytes()[0];
        }
    }
}

pub fn entropy() -> Box<dyn Entropy> {
    Box::new(Counting(1))
}

/// Account 10, slot 4, market BTC, with a key made for tests only.
pub fn config() -> LighterConfig {
    LighterConfig {
        rest_url: "http://127.0.0.1:18102".to_owned(),
        ws_url: "ws://127.0.0.1:18102/stream".to_owned(),
        chain_id: 304,
        slot: KeySlot::new(10, 4).expect("in range"),
        key: SchnorrKey::parse(&"3".repeat(80)).expect("a key"),
        symbol: "BTC".to_owned(),
        timing: Timing::default(),
        limits: Limits::STANDARD,
    }
}
