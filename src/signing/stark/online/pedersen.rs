//! Pedersen hashes from tables, with whatever is known of an operand already added up: an order's hash is a chain of these.
//!
//! Operands and hashes are canonical integers of four limbs, least first. `None` means that two points of a sum met, for which
//! nobody knows an operand (it would be a relation between the hash's constant points); the caller takes the plain way then.

use super::curve::{Affine, Sum};
use super::tables::{FIRST, FIRST_TOP, SECOND, SECOND_TOP, SHORT, Tables};

/// A field element as an integer below p.
pub type Integer = [u64; 4];

impl Tables {
    /// The hash of two operands.
    pub fn hash(&self, first: &Integer, second: &Integer) -> Option<Integer> {
        self.hash_second(&self.start_second(first)?, second)
    }

    /// Where a hash starts of which only the first operand is missing.
    pub fn start_first(&self, second: &Integer) -> Option<Affine> {
        affine(sum(&self.full_start, &self.second(second)))
    }

    /// Where a hash starts of which only the second operand is missing.
    pub fn start_second(&self, first: &Integer) -> Option<Affine> {
        affine(sum(&self.full_start, &self.first(first)))
    }

    /// Where a hash starts of which only a short second operand is missing.
    pub fn start_short(&self, first: &Integer) -> Sum {
        sum(&self.first_start, &self.first(first))
    }

    /// The hash of a start with its missing first operand.
    pub fn hash_first(&self, start: &Affine, first: &Integer) -> Option<Integer> {
        finish(start, &self.first(first))
    }

    /// The hash of a start with its missing second operand.
    pub fn hash_second(&self, start: &Affine, second: &Integer) -> Option<Integer> {
        finish(start, &self.second(second))
    }

    /// The hash of a start with its missing short second operand.
    pub fn hash_short(&self, start: &Sum, second: u64) -> Option<Integer> {
        let (points, count) = self.short(second);
        let start = start.plus(&self.short_offsets[count - 1]);
        let (last, others) = points[..count].split_last()?;
        others.iter().fold(start, |sum, point| sum.plus(point)).x_with(last)
    }

    /// The hash of two operands of which the second is short.
    pub fn hash_with_short(&self, first: &Integer, second: u64) -> Option<Integer> {
        let (points, count) = self.short(second);
        let start = sum(&self.short_starts[count - 1], &points[..count]);
        let points = self.first(first);
        let (last, others) = points.split_last()?;
        others.iter().fold(start, |sum, point| sum.plus(point)).x_with(last)
    }

    /// All that a first operand adds. The entries are copied before the first addition, so that the processor waits for those
    /// that are not in its cache all at once instead of one after the other.
    #[inline(always)]
    fn first(&self, operand: &Integer) -> [Affine; FIRST.len() + 1] {
        let top = [operand[3] >> 56, 0, 0, 0];
        std::array::from_fn(|i| match FIRST.get(i) {
            Some(window) => window.look_up(&self.entries, operand),
            None => FIRST_TOP[0].look_up(&self.entries, &top),
        })
    }

    /// All that a second operand adds.
    #[inline(always)]
    fn second(&self, operand: &Integer) -> [Affine; SECOND.len() + 1] {
        let top = [operand[3] >> 56, 0, 0, 0];
        std::array::from_fn(|i| match SECOND.get(i) {
            Some(window) => window.look_up(&self.entries, operand),
            None => SECOND_TOP[0].look_up(&self.entries, &top),
        })
    }

    /// All that a short second operand adds, and how many windows that is: those above its highest bit are left out.
    #[inline(always)]
    fn short(&self, operand: u64) -> ([Affine; SHORT], usize) {
        let count = (u64::BITS - operand.leading_zeros()).div_ceil(8).max(1) as usize;
        let mut points = [self.full_start; SHORT];
        for (point, window) in points.iter_mut().zip(&SECOND[..count]) {
            *point = window.look_up(&self.entries, &[operand, 0, 0, 0]);
        }
        (points, count)
    }
}

/// `start` and all `points`, of which there is at least one.
fn sum(start: &Affine, points: &[Affine]) -> Sum {
    points[1..].iter().fold(start.plus(&points[0]), |sum, point| sum.plus(point))
}

/// x of `start` and all `points`, of which there are at least two.
#[inline(always)]
fn finish(start: &Affine, points: &[Affine]) -> Option<Integer> {
    let (last, others) = points.split_last()?;
    sum(start, others).x_with(last)
}

fn affine(sum: Sum) -> Option<Affine> {
    Some(sum.to_affine(&sum.denominator().inverse()?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{any_residue, any_short, felt};
    use super::*;
    use proptest::prelude::*;
    use starknet_crypto::{Felt, pedersen_hash};

    fn library(first: Integer, second: Integer) -> Option<Integer> {
        Some(pedersen_hash(&felt(first), &felt(second)).to_le_digits())
    }

    #[test]
    fn a_broken_entry_gives_a_wrong_hash() {
        let mut broken = Tables::build().expect("tables");
        let operand = [7, 0, 0, 0];
        assert_eq!(broken.hash(&operand, &operand), library(operand, operand));
        // The lowest window of the first operand holds 7: entry 511 - 7, negated.
        broken.entries[504] = broken.entries[504].negated_if(u64::MAX);
        assert_ne!(broken.hash(&operand, &operand), library(operand, operand));
    }

    #[test]
    fn a_sum_that_meets_itself_is_no_hash() {
        let tables = Tables::shared();
        let lonely = tables.first(&[9, 0, 0, 0])[0];
        assert_eq!(tables.hash_first(&lonely, &[9, 0, 0, 0]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]

        #[test]
        fn hashes_agree_with_the_library_in_every_form(a in any_residue(), b in any_residue(), short in any_short()) {
            let tables = Tables::shared();
            let (a, b) = (felt(a).to_le_digits(), felt(b).to_le_digits());
            let expected = library(a, b);
            prop_assert_eq!(tables.hash(&a, &b), expected);
            let start = tables.start_first(&b).expect("a start");
            prop_assert_eq!(tables.hash_first(&start, &a), expected);
            let wide = [short, 0, 0, 0];
            let expected = library(a, wide);
            prop_assert_eq!(tables.hash_with_short(&a, short), expected);
            prop_assert_eq!(tables.hash_short(&tables.start_short(&a), short), expected);
        }
    }

    #[test]
    fn the_edges_of_the_field_hash_as_in_the_library() {
        let top = Felt::MAX.to_le_digits();
        let bits: Vec<Integer> =
            (0..252u32).step_by(3).map(|bit| Felt::TWO.pow(bit).to_le_digits()).collect();
        for operand in [[0; 4], [1, 0, 0, 0], top].into_iter().chain(bits) {
            for other in [[0; 4], operand, top] {
                assert_eq!(Tables::shared().hash(&operand, &other), library(operand, other));
            }
        }
    }
}
