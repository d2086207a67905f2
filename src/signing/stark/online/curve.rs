//! Points of the STARK curve y^2 = x^3 + x + b as tables and sums need them: affine entries, extended Jacobian sums.
//!
//! Additions are incomplete: they hold for points with different x only. Adding a point to itself or to its negative gives a
//! sum whose `zz` is zero for ever after, which [`Sum::x`] tells. No operation branches on a value.

use super::field::Fp;
use starknet_crypto::Felt;

/// A point with canonical coordinates, one cache line.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(64))]
pub struct Affine {
    /// Horizontal.
    pub x: Fp,
    /// Vertical; never zero, as the curve has no point of order two.
    pub y: Fp,
}

/// A point as x = X / zz, y = Y / zzz with zz^3 = zzz^2.
///
/// Bounds in multiples of p that every operation here takes and gives: X 7.6, Y 2.5, zz 3.7, zzz 2.1.
#[derive(Clone, Copy, Debug)]
pub struct Sum {
    x: Fp,
    y: Fp,
    zz: Fp,
    zzz: Fp,
}

impl Affine {
    /// A known point of the curve.
    pub fn from_felts(x: &Felt, y: &Felt) -> Self {
        Self { x: Fp::from_felt(x), y: Fp::from_felt(y) }
    }

    /// The negative where `mask` is all ones, the point itself where it is zero.
    #[inline(always)]
    pub fn negated_if(&self, mask: u64) -> Self {
        Self { x: self.x, y: self.y.negated_if(mask) }
    }

    /// Twice this point.
    pub fn doubled(&self) -> Sum {
        Sum { x: self.x, y: self.y, zz: Fp::ONE, zzz: Fp::ONE }.doubled()
    }

    /// This point plus another one.
    #[inline(always)]
    pub fn plus(&self, other: &Self) -> Sum {
        let p = other.x.minus::<1>(&self.x);
        let r = other.y.minus::<1>(&self.y);
        Sum::from_differences(&p, &r, self.x, self.y, |pp, ppp| (*pp, *ppp))
    }
}

impl Sum {
    /// This sum plus one more point: ten multiplications.
    #[inline(always)]
    pub fn plus(&self, other: &Affine) -> Self {
        let p = other.x.times(&self.zz).minus::<8>(&self.x);
        let r = other.y.times(&self.zzz).minus::<3>(&self.y);
        Self::from_differences(&p, &r, self.x, self.y, |pp, ppp| (self.zz.times(pp), self.zzz.times(ppp)))
    }

    /// The common part of both additions. `p` and `r` are the differences of x and y over common denominators, `x` and `y`
    /// those of the first point. With p below 9.2 and r below 4.1 the bounds of [`Sum`] hold again.
    #[inline(always)]
    fn from_differences(p: &Fp, r: &Fp, x: Fp, y: Fp, denominators: impl Fn(&Fp, &Fp) -> (Fp, Fp)) -> Self {
        let pp = p.square();
        let ppp = p.times(&pp);
        let q = x.times(&pp);
        let x = r.square().minus::<6>(&ppp.plus(&q).plus(&q));
        let y = r.times_plus(&q.minus::<8>(&x), &y, &Fp::from_limbs([0; 4]).minus::<3>(&ppp));
        let (zz, zzz) = denominators(&pp, &ppp);
        Self { x, y, zz, zzz }
    }

    /// Twice this point.
    pub fn doubled(&self) -> Self {
        let u = self.y.plus(&self.y);
        let v = u.square();
        let w = u.times(&v);
        let s = self.x.times(&v);
        let square = self.x.square();
        let m = square.plus(&square).plus(&square).plus(&self.zz.square()).canonical();
        let x = m.square().minus::<6>(&s.plus(&s)).canonical();
        let y = m.times_plus(&s.minus::<8>(&x), &w, &Fp::from_limbs([0; 4]).minus::<3>(&self.y));
        Self { x, y, zz: v.times(&self.zz), zzz: w.times(&self.zzz) }
    }

    /// x of the sum with one more point, as a canonical integer; `None` where the addition did not hold.
    #[inline(always)]
    pub fn x_with(&self, last: &Affine) -> Option<[u64; 4]> {
        let p = last.x.times(&self.zz).minus::<8>(&self.x);
        let r = last.y.times(&self.zzz).minus::<3>(&self.y);
        let pp = p.square();
        let q = self.x.times(&pp);
        let x = r.square().minus::<6>(&p.times(&pp).plus(&q).plus(&q));
        let inverse = self.zz.times(&pp).integer_inverse()?;
        Some(x.times(&inverse).canonical().limbs())
    }

    /// x as a canonical integer; `None` where an addition did not hold.
    pub fn x(&self) -> Option<[u64; 4]> {
        let inverse = self.zz.integer_inverse()?;
        Some(self.x.times(&inverse).canonical().limbs())
    }

    /// The denominator of both coordinates: zz times zzz.
    pub fn denominator(&self) -> Fp {
        self.zz.times(&self.zzz)
    }

    /// The point, with the inverse of its [`Sum::denominator`].
    pub fn to_affine(self, inverse: &Fp) -> Affine {
        let x = self.x.times(&self.zzz).times(inverse).canonical();
        let y = self.y.times(&self.zz).times(inverse).canonical();
        Affine { x, y }
    }
}

/// Many sums as points, with one inversion; `None` where an addition did not hold. In variable time.
pub fn to_affine(sums: &[Sum]) -> Option<Vec<Affine>> {
    let denominators: Vec<Fp> = sums.iter().map(Sum::denominator).collect();
    let inverses = inverses(&denominators, |product| product.inverse())?;
    Some(sums.iter().zip(&inverses).map(|(sum, inverse)| sum.to_affine(inverse)).collect())
}

/// The inverses of all `values`, with one inversion by `invert`.
pub fn inverses(values: &[Fp], invert: impl FnOnce(&Fp) -> Option<Fp>) -> Option<Vec<Fp>> {
    let mut product = Fp::ONE;
    let mut before = Vec::with_capacity(values.len());
    for value in values {
        before.push(product);
        product = product.times(value);
    }
    let mut inverse = invert(&product)?;
    for (slot, value) in before.iter_mut().zip(values).rev() {
        *slot = slot.times(&inverse);
        inverse = inverse.times(value);
    }
    Some(before)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{any_scalar, felt};
    use super::super::windows::GENERATOR;
    use super::*;
    use proptest::prelude::*;
    use starknet_crypto::get_public_key;

    /// `factor` times the generator, by doubling and adding in this module; not for 0 and for factors that meet -generator.
    fn multiple(factor: &Felt) -> Sum {
        let generator = Affine::from_felts(&GENERATOR.0, &GENERATOR.1);
        let bits: Vec<bool> = factor.to_bits_le().into_iter().collect();
        let top = bits.iter().rposition(|bit| *bit).expect("not zero");
        let mut sum = Sum { x: generator.x, y: generator.y, zz: Fp::ONE, zzz: Fp::ONE };
        for bit in bits[..top].iter().rev() {
            sum = sum.doubled();
            if *bit {
                sum = sum.plus(&generator);
            }
        }
        sum
    }

    #[test]
    fn an_addition_that_does_not_hold_is_told_at_the_end() {
        let generator = Affine::from_felts(&GENERATOR.0, &GENERATOR.1);
        let other = to_affine(&[generator.doubled()]).expect("a point")[0];
        assert!(other.plus(&generator).x().is_some());
        for wrong in [generator.plus(&generator), generator.plus(&generator.negated_if(u64::MAX))] {
            assert!(wrong.x().is_none());
            assert!(wrong.plus(&other).x().is_none() && wrong.x_with(&other).is_none());
            assert!(to_affine(&[generator.doubled(), wrong]).is_none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn multiples_of_the_generator_agree_with_the_library(factor in any_scalar()) {
            let factor = felt(factor.limbs());
            prop_assume!(factor != Felt::ZERO);
            let sum = multiple(&factor);
            prop_assert_eq!(sum.x(), Some(get_public_key(&factor).to_le_digits()));
            let affine = to_affine(&[sum]).expect("a point")[0];
            prop_assert_eq!(affine.x.to_felt(), get_public_key(&factor));
            let generator = Affine::from_felts(&GENERATOR.0, &GENERATOR.1);
            prop_assert_eq!(sum.x_with(&generator), sum.plus(&generator).x());
        }
    }
}
