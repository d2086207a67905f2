//! Nonces made ahead: k with the encoding of k times the generator, each for one signature.
//!
//! Two messages signed with one nonce reveal the private key, and nonces with a few known bits reveal it after some signatures.
//! Hence entries are uniform below the group order, drawn from the operating system's randomness only, cannot be copied,
//! printed or stored, are consumed by the signature they make and wiped afterwards, and the whole pool is dropped when it
//! finds itself in another process than the one that drew it.

use super::curve::Point;
use super::key::SchnorrKey;
use super::quintic::Quintic;
use super::scalar::Scalar;
use super::schnorr::{SchnorrSignature, verify};
use crate::signing::Entropy;
use std::collections::VecDeque;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// One nonce, for one signature. It stays where it was made: moving it moves a pointer, and no copy of the secret is left.
pub struct NonceEntry(Box<Parts>);

#[derive(Zeroize, ZeroizeOnDrop)]
struct Parts {
    k: Scalar,
    /// The encoding of k times the generator. Anyone can compute it from the signature.
    #[zeroize(skip)]
    commitment: Quintic,
}

impl NonceEntry {
    /// Signs a hash with the key. In constant time.
    pub fn sign(self, key: &SchnorrKey, message: Quintic) -> SchnorrSignature {
        let signature = key.sign_committed(message, &self.0.k, self.0.commitment);
        debug_assert!(
            verify(&key.public_key(), message, &signature),
            "a signature made online does not verify"
        );
        signature
    }
}

/// Why a batch of nonces is not used. Its entries are wiped; signing goes on without a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BatchError {
    /// A signature made with one of them does not verify.
    #[error("nonces made ahead do not sign: the machine's memory or processor is faulty")]
    DoesNotVerify,
    /// A nonce came twice.
    #[error("the source of randomness repeats itself")]
    Repeated,
}

/// Fresh nonces that nobody has checked: they can be checked and nothing else.
pub struct UncheckedBatch(Vec<NonceEntry>);

/// Nonces that were seen to sign for the public key.
pub struct CheckedBatch(Vec<NonceEntry>);

impl UncheckedBatch {
    /// Draws `count` nonces.
    pub fn draw(count: usize, entropy: &mut dyn Entropy) -> Self {
        let entry = |_| {
            let k = draw(entropy);
            let commitment = Point::mul_generator(&k).encode();
            NonceEntry(Box::new(Parts { k: *k, commitment }))
        };
        Self((0..count).map(entry).collect())
    }

    /// Makes one signature with each, of a random message, and verifies it. That signature is never published and is wiped,
    /// so that the nonce is still good for one.
    pub fn check(self, key: &SchnorrKey, entropy: &mut dyn Entropy) -> Result<CheckedBatch, BatchError> {
        for NonceEntry(parts) in &self.0 {
            let mut bytes = [0; Quintic::BYTES];
            entropy.fill(&mut bytes);
            let message = Quintic::from_le_bytes(&bytes);
            let signature = Zeroizing::new(key.sign_committed(message, &parts.k, parts.commitment));
            if !verify(&key.public_key(), message, &signature) {
                return Err(BatchError::DoesNotVerify);
            }
        }
        Ok(CheckedBatch(self.0))
    }
}

/// Checked nonces of one key, each handed out once.
pub struct NoncePool {
    ready: Vec<NonceEntry>,
    /// Commitments that were handed out lately, to notice randomness that repeats itself.
    used: VecDeque<Quintic>,
    /// The process that drew them.
    process: u32,
}

/// How many past nonces are compared with.
const REMEMBERED: usize = 64;

impl NoncePool {
    /// Nonces kept ready: more orders than these do not leave within the time a refill takes.
    pub const DEPTH: usize = 8;
    /// Nonces per refill: whatever comes meanwhile waits for it.
    pub const BATCH: usize = 1;

    /// An empty pool.
    pub fn new() -> Self {
        Self {
            ready: Vec::with_capacity(Self::DEPTH),
            used: VecDeque::with_capacity(REMEMBERED + 1),
            process: 0,
        }
    }

    /// Nonces that are ready.
    pub fn depth(&self) -> usize {
        self.ready.len()
    }

    /// Draws, checks and adds the next few nonces, unless the pool is full.
    pub fn refill(&mut self, key: &SchnorrKey, entropy: &mut dyn Entropy) -> Result<(), BatchError> {
        self.belong_to(entropy.process());
        let missing = Self::DEPTH - self.ready.len();
        let batch = UncheckedBatch::draw(missing.min(Self::BATCH), entropy);
        self.add(batch.check(key, entropy)?)
    }

    /// Adds checked nonces.
    pub fn add(&mut self, batch: CheckedBatch) -> Result<(), BatchError> {
        for entry in batch.0 {
            let commitment = entry.0.commitment;
            let known = self.ready.iter().any(|ready| ready.0.commitment == commitment);
            if known || self.used.contains(&commitment) {
                return Err(BatchError::Repeated);
            }
            self.ready.push(entry);
        }
        Ok(())
    }

    /// The next nonce, for `process`; none from before a fork, as both processes would use them.
    pub fn take(&mut self, process: u32) -> Option<NonceEntry> {
        self.belong_to(process);
        let entry = self.ready.pop()?;
        self.used.push_back(entry.0.commitment);
        if self.used.len() > REMEMBERED {
            self.used.pop_front();
        }
        Some(entry)
    }

    fn belong_to(&mut self, process: u32) {
        if self.process != process {
            self.ready.clear();
            self.process = process;
        }
    }
}

impl Default for NoncePool {
    fn default() -> Self {
        Self::new()
    }
}

/// A uniform number from 1 to n - 1: 319 random bits, drawn again where they are out of range. Never fewer bits: a nonce whose
/// upper bits are known gives the key away after some signatures.
fn draw(entropy: &mut dyn Entropy) -> Zeroizing<Scalar> {
    let mut bytes = Zeroizing::new([0; Scalar::BYTES]);
    loop {
        entropy.fill(&mut *bytes);
        bytes[Scalar::BYTES - 1] &= 0x7f;
        let scalar = Scalar::from_canonical_le_bytes(&bytes).map(Zeroizing::new);
        if let Some(scalar) = scalar.filter(|scalar| **scalar != Scalar::ZERO) {
            return scalar;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::strategies::{SeededEntropy, quintic};
    use super::*;
    use proptest::prelude::*;

    fn key() -> SchnorrKey {
        SchnorrKey::parse(&"5a".repeat(40)).expect("a key")
    }

    fn checked(seed: u64, count: usize) -> CheckedBatch {
        let mut entropy = SeededEntropy(seed);
        UncheckedBatch::draw(count, &mut entropy).check(&key(), &mut entropy).expect("checks")
    }

    /// Fails to compile if the type can be copied or printed: two implementations would then apply.
    macro_rules! is_not {
        ($type:ty, $forbidden:path) => {{
            trait Ambiguous<A> {
                fn here() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $forbidden> Ambiguous<u8> for T {}
            let _ = <$type as Ambiguous<_>>::here;
        }};
    }

    #[test]
    fn nonces_can_be_neither_copied_nor_printed() {
        is_not!(NonceEntry, Clone);
        is_not!(NonceEntry, std::fmt::Debug);
        is_not!(NoncePool, Clone);
        is_not!(NoncePool, std::fmt::Debug);
        const { assert!(std::mem::needs_drop::<Parts>()) };
    }

    #[test]
    fn a_batch_with_a_wrong_part_is_refused() {
        let damages: [fn(&mut Parts); 2] = [
            |parts| parts.k = parts.k + Scalar::from_u64(1),
            |parts| parts.commitment = parts.commitment + Quintic::ONE,
        ];
        for damage in damages {
            let mut batch = UncheckedBatch::draw(2, &mut SeededEntropy(1));
            damage(&mut batch.0[1].0);
            assert_eq!(batch.check(&key(), &mut SeededEntropy(2)).err(), Some(BatchError::DoesNotVerify));
        }
    }

    #[test]
    fn randomness_that_repeats_itself_is_noticed_before_a_nonce_is_used_twice() {
        let mut pool = NoncePool::new();
        pool.add(checked(5, 2)).expect("fresh");
        assert_eq!(pool.add(checked(5, 1)), Err(BatchError::Repeated));
        let mut pool = NoncePool::new();
        pool.add(checked(5, 1)).expect("fresh");
        pool.take(0).expect("an entry");
        assert_eq!(pool.add(checked(5, 1)), Err(BatchError::Repeated));
        assert_eq!(pool.depth(), 0);
    }

    #[test]
    fn another_process_gets_nothing_of_this_one() {
        let mut pool = NoncePool::new();
        pool.add(checked(5, 2)).expect("fresh");
        assert!(pool.take(4711).is_none());
        assert_eq!(pool.depth(), 0);
        assert!(pool.take(0).is_none(), "nor does the way back help");
    }

    #[test]
    fn nonces_use_every_bit_of_the_order() {
        let mut entropy = SeededEntropy(11);
        let all = (0..400).map(|_| draw(&mut entropy).to_le_bytes());
        let seen = all.fold([0u8; Scalar::BYTES], |seen, bytes| std::array::from_fn(|i| seen[i] | bytes[i]));
        assert_eq!(seen[..39], [0xff; 39]);
        assert_eq!(seen[39], 0x7f);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn pooled_nonces_sign_what_the_slow_path_verifies(message in quintic(), seed in any::<u64>()) {
            let (mut pool, mut entropy) = (NoncePool::new(), SeededEntropy(seed));
            for filled in 1..=2 {
                pool.refill(&key(), &mut entropy).expect("refills");
                prop_assert_eq!(pool.depth(), filled * NoncePool::BATCH);
            }
            let mut signatures = std::iter::from_fn(|| pool.take(0)).map(|nonce| nonce.sign(&key(), message));
            let (first, second) = (signatures.next().expect("one"), signatures.next().expect("two"));
            prop_assert_ne!(first, second);
            for signature in [first, second] {
                prop_assert!(verify(&key().public_key(), message, &signature));
                let theirs = goldilocks_crypto::verify_signature(
                    &signature.to_bytes(), &message.to_le_bytes(), &key().public_key().0,
                );
                prop_assert_eq!(theirs.ok(), Some(true));
            }
        }
    }
}
