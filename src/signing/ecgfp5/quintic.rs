//! The extension field `GF(p)[z]/(z^5 - 3)`, in which points, hashes and challenges live (lighter.md 3.2).

use super::goldilocks::{Goldilocks, ProductSum};
use std::ops::{Add, Mul, Neg, Sub};

/// One element a0 + a1 z + ... + a4 z^4, least power first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Quintic(pub [Goldilocks; 5]);

/// 3^((p-1)/5): the Frobenius map multiplies coefficient i by its i-th power.
const FROBENIUS_ROOT: Goldilocks = Goldilocks::new(1_041_288_259_238_279_555);

impl Quintic {
    /// Length of the serialised form.
    pub const BYTES: usize = 40;
    /// The neutral element of addition.
    pub const ZERO: Self = Self([Goldilocks::ZERO; 5]);
    /// The neutral element of multiplication.
    pub const ONE: Self = Self::from_base(Goldilocks::ONE);

    /// The base field inside the extension.
    pub const fn from_base(value: Goldilocks) -> Self {
        Self([value, Goldilocks::ZERO, Goldilocks::ZERO, Goldilocks::ZERO, Goldilocks::ZERO])
    }

    /// Reads five little-endian 64-bit coefficients; coefficients from p upward are reduced, as the venue's readers do.
    pub fn from_le_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (limbs, _) = bytes.as_chunks::<8>();
        Self(std::array::from_fn(|i| Goldilocks::new(u64::from_le_bytes(limbs[i]))))
    }

    /// Five canonical little-endian 64-bit coefficients.
    pub fn to_le_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (limbs, _) = bytes.as_chunks_mut::<8>();
        for (limb, coefficient) in limbs.iter_mut().zip(self.0) {
            *limb = coefficient.value().to_le_bytes();
        }
        bytes
    }

    /// This element plus itself.
    pub fn double(self) -> Self {
        self + self
    }

    /// This element times itself.
    pub fn square(self) -> Self {
        let [a0, a1, a2, a3, a4] = self.0;
        let (a0_2, a1_2) = (a0 + a0, a1 + a1);
        let (a3_3, a4_3) = (a3 + a3 + a3, a4 + a4 + a4);
        let (a3_6, a4_6) = (a3_3 + a3_3, a4_3 + a4_3);
        let sum = ProductSum::default();
        Self([
            sum.plus(a0, a0).plus(a1, a4_6).plus(a2, a3_6).reduce(),
            sum.plus(a0_2, a1).plus(a2, a4_6).plus(a3, a3_3).reduce(),
            sum.plus(a0_2, a2).plus(a1, a1).plus(a3, a4_6).reduce(),
            sum.plus(a0_2, a3).plus(a1_2, a2).plus(a4, a4_3).reduce(),
            sum.plus(a0_2, a4).plus(a1_2, a3).plus(a2, a2).reduce(),
        ])
    }

    /// This element times one of the base field.
    pub fn scale(self, factor: Goldilocks) -> Self {
        Self(self.0.map(|coefficient| coefficient * factor))
    }

    /// The automorphism a -> a^p, applied `times` times.
    pub fn frobenius(self, times: u32) -> Self {
        let root = FROBENIUS_ROOT.pow(times.into());
        let mut factor = Goldilocks::ONE;
        Self(self.0.map(|coefficient| {
            let image = coefficient * factor;
            factor = factor * root;
            image
        }))
    }

    /// The multiplicative inverse; zero for zero.
    pub fn inverse(self) -> Self {
        let conjugates = self.conjugates();
        conjugates.scale(self.norm(conjugates).inverse())
    }

    /// 0 for zero, 1 for other squares, p - 1 for non-squares, as an element of the base field.
    pub fn legendre(self) -> Goldilocks {
        self.norm(self.conjugates()).legendre()
    }

    /// One of the two square roots, or `None` for a non-square (time depends on the value).
    pub fn sqrt(self) -> Option<Self> {
        let v = self.square_times(31);
        // self^((p+1)/2), since (p+1)/2 = 2^63 - 2^31 + 1.
        let d = self * v.square_times(32) * v.inverse();
        let e = (d * d.frobenius(2)).frobenius(1);
        let root = self.norm(e.square()).sqrt()?;
        Some(e.inverse().scale(root))
    }

    /// a^(p + p^2 + p^3 + p^4), the product of the other conjugates.
    fn conjugates(self) -> Self {
        let first = self.frobenius(1);
        let pair = first * first.frobenius(1);
        pair * pair.frobenius(2)
    }

    /// Coefficient 0 of `self * other`, for products known to lie in the base field.
    fn norm(self, other: Self) -> Goldilocks {
        let [a0, a1, a2, a3, a4] = self.0;
        let [b0, b1, b2, b3, b4] = other.0;
        let wrapped = ProductSum::default().plus(a1, b4).plus(a2, b3).plus(a3, b2).plus(a4, b1).reduce();
        a0 * b0 + wrapped + wrapped + wrapped
    }

    fn square_times(self, times: u32) -> Self {
        (0..times).fold(self, |power, _| power.square())
    }
}

impl Add for Quintic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl Sub for Quintic {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }
}

impl Mul for Quintic {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let [a0, a1, a2, a3, a4] = self.0;
        let [b0, b1, b2, b3, b4] = other.0;
        // z^5 = 3: what overflows degree 4 comes back tripled.
        let [_, b1_3, b2_3, b3_3, b4_3] = other.0.map(|b| b + b + b);
        let sum = ProductSum::default();
        Self([
            sum.plus(a0, b0).plus(a1, b4_3).plus(a2, b3_3).plus(a3, b2_3).plus(a4, b1_3).reduce(),
            sum.plus(a0, b1).plus(a1, b0).plus(a2, b4_3).plus(a3, b3_3).plus(a4, b2_3).reduce(),
            sum.plus(a0, b2).plus(a1, b1).plus(a2, b0).plus(a3, b4_3).plus(a4, b3_3).reduce(),
            sum.plus(a0, b3).plus(a1, b2).plus(a2, b1).plus(a3, b0).plus(a4, b4_3).reduce(),
            sum.plus(a0, b4).plus(a1, b3).plus(a2, b2).plus(a3, b1).plus(a4, b0).reduce(),
        ])
    }
}

impl Neg for Quintic {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.map(Neg::neg))
    }
}

#[cfg(test)]
mod tests {
    use super::super::strategies::quintic;
    use super::{Goldilocks, Quintic};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_field_laws_hold(a in quintic(), b in quintic(), c in quintic()) {
            prop_assert_eq!(a * b, b * a);
            prop_assert_eq!((a * b) * c, a * (b * c));
            prop_assert_eq!(a * (b + c), a * b + a * c);
            prop_assert_eq!(a - b, a + -b);
            prop_assert_eq!(a * Quintic::ONE, a);
            prop_assert_eq!(a.square(), a * a);
        }

        #[test]
        fn inverse_times_element_is_one(a in quintic()) {
            let expected = if a == Quintic::ZERO { Quintic::ZERO } else { Quintic::ONE };
            prop_assert_eq!(a * a.inverse(), expected);
        }

        #[test]
        fn frobenius_is_an_automorphism_of_order_five(a in quintic(), b in quintic()) {
            prop_assert_eq!((a * b).frobenius(1), a.frobenius(1) * b.frobenius(1));
            prop_assert_eq!(a.frobenius(1).frobenius(4), a);
        }

        #[test]
        fn a_root_exists_exactly_for_squares(a in quintic()) {
            match a.sqrt() {
                Some(root) => prop_assert_eq!(root.square(), a),
                None => prop_assert_eq!(a.legendre(), -Goldilocks::ONE),
            }
            prop_assert!(a.square().sqrt().is_some());
        }

        #[test]
        fn bytes_round_trip(a in quintic()) {
            prop_assert_eq!(Quintic::from_le_bytes(&a.to_le_bytes()), a);
        }
    }

    #[test]
    fn z_to_the_fifth_is_three() {
        let mut z = Quintic::ZERO;
        z.0[1] = Goldilocks::ONE;
        assert_eq!(z * z * z * z * z, Quintic::from_base(Goldilocks::new(3)));
    }

    #[test]
    fn coefficients_from_p_upward_are_reduced_on_reading() {
        assert_eq!(Quintic::from_le_bytes(&[0xff; 40]), Quintic([Goldilocks::new(0xffff_fffe); 5]));
    }
}
