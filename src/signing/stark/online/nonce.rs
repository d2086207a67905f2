//! Nonces made ahead: everything of a signature that does not depend on the message, ready to be used once.
//!
//! A nonce used for two messages reveals the private key, and so does one that can be guessed. Hence: entries are drawn from
//! the operating system's randomness only, cannot be copied, printed or stored, are consumed by the signature they make and
//! wiped afterwards, and the whole pool is dropped when it finds itself in another process than the one that drew it.

use super::pedersen::Integer;
use super::scalar::{Scalar, Scaled};
use super::tables::Tables;
use crate::signing::Entropy;
use crate::signing::stark::{Signature, StarkKey};
use starknet_crypto::Felt;
use std::collections::VecDeque;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// One nonce, for one signature. It stays where it was made: moving it moves a pointer, and no copy of the secret is left.
pub struct NonceEntry(Box<Parts>);

/// With nonce k, key d and r = x(k G): a signature of z is (r, k^-1 z + k^-1 r d).
#[derive(Zeroize, ZeroizeOnDrop)]
struct Parts {
    inverse: Scaled,
    tail: Scalar,
    r: Scalar,
    /// Whose key it is for.
    #[zeroize(skip)]
    public_key: Felt,
}

/// s would be out of Starknet's range, for about one nonce in 2^55: the next one will do. Nothing of this one was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotThisNonce;

impl NonceEntry {
    /// Signs a hash below 2^251. In constant time.
    pub(super) fn sign(self, hash: &Integer) -> Result<Signature, NotThisNonce> {
        let signature = self.proof(hash).ok_or(NotThisNonce)?;
        #[cfg(debug_assertions)]
        {
            let public_key = &self.0.public_key;
            let holds = crate::signing::stark::verify(public_key, &super::felt_of(hash), &signature);
            assert!(holds, "a signature made online does not verify");
        }
        Ok(signature)
    }

    fn proof(&self, hash: &Integer) -> Option<Signature> {
        let s = Scalar::from_limbs(*hash)?.times(&self.0.inverse).plus(&self.0.tail);
        s.is_signature_part().then(|| Signature { r: self.0.r.to_felt(), s: s.to_felt() })
    }
}

/// Why a batch of nonces is not used. Its entries are wiped; signing goes on without a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// Draws `count` nonces for a key, fewer in the one case in 2^55 that one is out of range.
    pub fn draw(key: &StarkKey, count: usize, entropy: &mut dyn Entropy) -> Self {
        let nonces = Zeroizing::new((0..count).map(|_| draw(entropy)).collect::<Vec<_>>());
        let points = Tables::shared().nonce_points(&nonces).unwrap_or_default();
        let inverses = Zeroizing::new(inverses(&nonces));
        let secret = Zeroizing::new(key.scalar().scaled());
        let entries = points.iter().zip(inverses.iter()).filter_map(|(point, inverse)| {
            let r = Scalar::from_limbs(felt_limbs(&point.to_felt())).filter(Scalar::is_signature_part)?;
            let tail = r.times(&secret).times(inverse);
            let public_key = key.public_key();
            Some(NonceEntry(Box::new(Parts { inverse: *inverse, tail, r, public_key })))
        });
        Self(entries.collect())
    }

    /// Makes one signature with each, of a random number, and lets the library verify it. That signature is never published
    /// and is wiped, so that the nonce is still good for one.
    pub fn check(self, key: &StarkKey, entropy: &mut dyn Entropy) -> Result<CheckedBatch, BatchError> {
        for entry in &self.0 {
            let mut bytes = Zeroizing::new([0; 32]);
            entropy.fill(&mut bytes[1..]);
            let hash = Felt::from_bytes_be(&bytes);
            let mut signature = entry.proof(&felt_limbs(&hash)).ok_or(BatchError::DoesNotVerify)?;
            let holds = starknet_crypto::verify(&key.public_key(), &hash, &signature.r, &signature.s);
            signature.s = Felt::ZERO;
            std::hint::black_box(&signature);
            if !holds.unwrap_or(false) {
                return Err(BatchError::DoesNotVerify);
            }
        }
        Ok(CheckedBatch(self.0))
    }
}

/// Checked nonces of one key, each handed out once.
pub struct NoncePool {
    ready: Vec<NonceEntry>,
    /// Parts of r that were handed out lately, to notice randomness that repeats itself.
    used: VecDeque<u64>,
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
    pub fn refill(&mut self, key: &StarkKey, entropy: &mut dyn Entropy) -> Result<(), BatchError> {
        self.belong_to(entropy.process());
        let missing = Self::DEPTH - self.ready.len();
        let batch = UncheckedBatch::draw(key, missing.min(Self::BATCH), entropy);
        self.add(batch.check(key, entropy)?)
    }

    /// Adds checked nonces.
    pub fn add(&mut self, batch: CheckedBatch) -> Result<(), BatchError> {
        for entry in batch.0 {
            let mark = entry.mark();
            if self.used.contains(&mark) || self.ready.iter().any(|known| known.mark() == mark) {
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
        self.used.push_back(entry.mark());
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

impl NonceEntry {
    /// Enough of r, which every signature shows, to tell nonces apart.
    fn mark(&self) -> u64 {
        self.0.r.limbs()[0]
    }
}

/// A uniform number from 1 to n - 1: 252 random bits, drawn again where they are out of range.
fn draw(entropy: &mut dyn Entropy) -> Scalar {
    let mut bytes = Zeroizing::new([0; 32]);
    loop {
        entropy.fill(&mut *bytes);
        bytes[0] &= 0x0f;
        if let Some(scalar) = Scalar::from_be_bytes(&bytes).filter(|scalar| *scalar != Scalar::ZERO) {
            return scalar;
        }
    }
}

/// The inverses of all, with one inversion; in constant time.
fn inverses(scalars: &[Scalar]) -> Vec<Scaled> {
    let mut product = Zeroizing::new(Scaled::ONE);
    let mut before = Vec::with_capacity(scalars.len());
    let scaled = Zeroizing::new(scalars.iter().map(Scalar::scaled).collect::<Vec<_>>());
    for scalar in scaled.iter() {
        before.push(*product);
        *product = product.times(scalar);
    }
    let mut inverse = Zeroizing::new(product.inverse());
    for (slot, scalar) in before.iter_mut().zip(scaled.iter()).rev() {
        *slot = slot.times(&inverse);
        *inverse = inverse.times(scalar);
    }
    before
}

fn felt_limbs(felt: &Felt) -> Integer {
    felt.to_le_digits()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Seeded, any_residue, felt};
    use super::*;
    use crate::signing::stark::verify;
    use proptest::prelude::*;

    fn key() -> StarkKey {
        StarkKey::from_hex("0x1234567890abcdef1234567890abcdef").expect("a key")
    }

    fn checked(seed: u64, count: usize) -> CheckedBatch {
        let mut entropy = Seeded(seed);
        UncheckedBatch::draw(&key(), count, &mut entropy).check(&key(), &mut entropy).expect("checks")
    }

    /// Fails to compile if the type can be copied or printed: two implementations would then apply.
    macro_rules! has_neither {
        ($type:ty, $a:path, $b:path) => {{
            trait Ambiguous<A> {
                fn here() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $a> Ambiguous<u8> for T {}
            #[allow(clippy::items_after_statements)]
            struct Other;
            impl<T: ?Sized + $b> Ambiguous<Other> for T {}
            let _ = <$type as Ambiguous<_>>::here;
        }};
    }

    #[test]
    fn nonces_can_be_neither_copied_nor_printed() {
        has_neither!(NonceEntry, Clone, std::fmt::Debug);
        has_neither!(NoncePool, Clone, std::fmt::Debug);
        const { assert!(std::mem::needs_drop::<Parts>()) };
    }

    #[test]
    fn a_batch_with_a_wrong_part_is_refused() {
        let damages: [fn(&mut Parts); 3] = [
            |parts| parts.inverse = parts.inverse.times(&parts.inverse),
            |parts| parts.tail = parts.tail.plus(&parts.tail),
            |parts| parts.r = parts.r.plus(&parts.r),
        ];
        for damage in damages {
            let mut batch = UncheckedBatch::draw(&key(), 2, &mut Seeded(1));
            damage(&mut batch.0[1].0);
            let refused = batch.check(&key(), &mut Seeded(2)).err();
            assert_eq!(refused, Some(BatchError::DoesNotVerify));
        }
        let other = StarkKey::from_hex("0x77").expect("a key");
        let batch = UncheckedBatch::draw(&other, 1, &mut Seeded(1));
        assert_eq!(batch.check(&key(), &mut Seeded(2)).err(), Some(BatchError::DoesNotVerify));
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
    fn a_pool_fills_to_its_depth_and_gives_each_nonce_once() {
        let (mut pool, mut entropy) = (NoncePool::new(), Seeded(9));
        for _ in 0..NoncePool::DEPTH {
            pool.refill(&key(), &mut entropy).expect("refills");
        }
        assert_eq!(pool.depth(), NoncePool::DEPTH);
        let mut seen = std::collections::BTreeSet::new();
        while let Some(entry) = pool.take(0) {
            assert!(seen.insert(entry.0.r.limbs()));
        }
        assert_eq!(seen.len(), NoncePool::DEPTH);
    }

    #[test]
    fn another_process_gets_nothing_of_this_one() {
        let mut pool = NoncePool::new();
        pool.add(checked(5, 2)).expect("fresh");
        assert!(pool.take(4711).is_none());
        assert_eq!(pool.depth(), 0);
        assert!(pool.take(0).is_none(), "nor does the way back help");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn nonces_sign_any_hash_in_range(seed in any::<u64>(), hash in any_residue()) {
            let hash = felt(hash);
            prop_assume!(hash < Felt::TWO.pow(251u32));
            let batch = UncheckedBatch::draw(&key(), 1, &mut Seeded(seed));
            let signature = batch.0[0].proof(&hash.to_le_digits()).expect("in range");
            prop_assert!(verify(&key().public_key(), &hash, &signature));
            prop_assert!(!verify(&key().public_key(), &(hash + Felt::ONE), &signature));
        }
    }
}
