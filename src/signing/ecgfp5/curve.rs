//! The group of the curve y^2 = x (x^2 + 2x + 263 z): points, addition, doubling, encoding (lighter.md 3.4).
//! Scalar multiplication is in `multiplication`.

use super::goldilocks::Goldilocks;
use super::quintic::Quintic;

/// Curve coefficient a.
const A: Quintic = Quintic::from_base(Goldilocks::new(2));
/// Curve coefficient b is this times z.
const B1: Goldilocks = Goldilocks::new(263);

/// A group element in fractional coordinates: x = X/Z and x/y = U/T. The curve's point (0,0) is the neutral element.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    x: Quintic,
    z: Quintic,
    u: Quintic,
    t: Quintic,
}

impl Point {
    /// The neutral element, encoded as zero.
    pub const NEUTRAL: Self = Self { x: Quintic::ZERO, z: Quintic::ONE, u: Quintic::ZERO, t: Quintic::ONE };

    /// The generator of the group, encoded as 4.
    pub const GENERATOR: Self = Self {
        x: Quintic([
            Goldilocks::new(12_883_135_586_176_881_569),
            Goldilocks::new(4_356_519_642_755_055_268),
            Goldilocks::new(5_248_930_565_894_896_907),
            Goldilocks::new(2_165_973_894_480_315_022),
            Goldilocks::new(2_448_410_071_095_648_785),
        ]),
        z: Quintic::ONE,
        u: Quintic::ONE,
        t: Quintic::from_base(Goldilocks::new(4)),
    };

    /// The point `w` encodes, or `None` where it encodes none.
    pub fn decode(w: Quintic) -> Option<Self> {
        if w == Quintic::ZERO {
            return Some(Self::NEUTRAL);
        }
        let e = w.square() - A;
        let delta = e.square() - times_b(Quintic::from_base(Goldilocks::new(4)));
        let root = delta.sqrt()?;
        let half = Goldilocks::new(2).inverse();
        let candidate = (e + root).scale(half);
        // Of the two candidates exactly the non-square one lies in the group.
        let x = if candidate.legendre() == Goldilocks::ONE { (e - root).scale(half) } else { candidate };
        Some(Self { x, z: Quintic::ONE, u: Quintic::ONE, t: w })
    }

    /// The unique encoding y/x, zero for the neutral element.
    pub fn encode(&self) -> Quintic {
        self.t * self.u.inverse()
    }

    /// Whether this is the neutral element.
    pub fn is_neutral(&self) -> bool {
        self.u == Quintic::ZERO
    }

    /// The group law; complete, so that it holds for equal and neutral points too.
    pub fn add(&self, other: &Self) -> Self {
        let t1 = self.x * other.x;
        let t2 = self.z * other.z;
        let t3 = self.u * other.u;
        let t4 = self.t * other.t;
        let t5 = (self.x + self.z) * (other.x + other.z) - t1 - t2;
        let t6 = (self.u + self.t) * (other.u + other.t) - t3 - t4;
        let t7 = t1 + times_b(t2);
        let t8 = t4 * t7;
        let t9 = t3 * (times_b(t5) + t7).double();
        let t10 = (t4 + t3.double()) * (t5 + t7);
        Self { x: times_b(t10 - t8), z: t8 - t9, u: t6 * (times_b(t2) - t1), t: t8 + t9 }
    }

    /// This point added to itself, cheaper than [`Point::add`].
    pub fn double(&self) -> Self {
        let t1 = self.z * self.t;
        let t2 = t1 * self.t;
        let x_prime = t2.square();
        let z_prime = t1 * self.u;
        let t3 = self.u.square();
        let w = t2 - ((self.x + self.z) * t3).double();
        let t4 = z_prime.square();
        let z = w.square();
        let t4_times_4 = t4.double().double();
        Self {
            x: times_b(t4_times_4),
            z,
            u: (w + z_prime).square() - t4 - z,
            t: x_prime.double() - t4_times_4 - z,
        }
    }

    /// The inverse in the group.
    pub fn negate(&self) -> Self {
        Self { u: -self.u, ..*self }
    }

    /// `table[index]`, touching every entry alike so that time and memory access tell nothing about `index`.
    pub(super) fn select(table: &[Self], index: u8) -> Self {
        let mut chosen = [[0; 5]; 4];
        for (position, point) in (0u64..).zip(table) {
            let difference = position ^ u64::from(index);
            // All ones where the difference is zero; the black box keeps the compiler from making it a branch.
            let mask = std::hint::black_box((difference.wrapping_sub(1) >> 63).wrapping_neg());
            let coordinates = [point.x, point.z, point.u, point.t];
            for (limbs, coordinate) in chosen.iter_mut().zip(coordinates) {
                for (limb, element) in limbs.iter_mut().zip(coordinate.0) {
                    *limb |= element.value() & mask;
                }
            }
        }
        let [x, z, u, t] = chosen.map(|limbs| Quintic(limbs.map(Goldilocks::new)));
        Self { x, z, u, t }
    }
}

/// Two points are equal when their encodings U/T are, whatever their fractions.
impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        self.u * other.t == other.u * self.t
    }
}

impl Eq for Point {}

/// Multiplies by the curve coefficient b = 263 z: a rotation, where z^5 = 3 triples what comes round.
fn times_b(a: Quintic) -> Quintic {
    let [a0, a1, a2, a3, a4] = a.scale(B1).0;
    Quintic([a4 + a4 + a4, a0, a1, a2, a3])
}

#[cfg(test)]
mod tests {
    use super::super::strategies::{point, quintic};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_group_laws_hold(a in point(), b in point(), c in point()) {
            prop_assert_eq!(a.add(&b), b.add(&a));
            prop_assert_eq!(a.add(&b).add(&c), a.add(&b.add(&c)));
            prop_assert_eq!(a.add(&Point::NEUTRAL), a);
            prop_assert!(a.add(&a.negate()).is_neutral());
            prop_assert_eq!(a.double(), a.add(&a));
        }

        #[test]
        fn a_point_decodes_from_its_encoding(a in point()) {
            prop_assert_eq!(Point::decode(a.encode()), Some(a));
            prop_assert_eq!(a.negate().encode(), -a.encode());
        }

        #[test]
        fn what_decodes_is_on_the_curve_in_the_group_and_encodes_back(w in quintic()) {
            let Some(point) = Point::decode(w) else { return Ok(()) };
            prop_assert_eq!(point.encode(), w);
            if !point.is_neutral() {
                let (x, y) = (point.x, point.x * w);
                prop_assert_eq!(y.square(), x * (x.square() + A * x + times_b(Quintic::ONE)));
                prop_assert_eq!(x.legendre(), -Goldilocks::ONE);
            }
        }

        #[test]
        fn selection_finds_the_entry(index in 0u8..16) {
            let table: Vec<_> = std::iter::successors(Some(Point::NEUTRAL), |p| Some(p.add(&Point::GENERATOR))).take(16).collect();
            prop_assert_eq!(Point::select(&table, index), table[usize::from(index)]);
        }
    }

    #[test]
    fn the_generator_is_the_point_encoded_by_four() {
        let four = Quintic::from_base(Goldilocks::new(4));
        assert_eq!(Point::GENERATOR.encode(), four);
        let decoded = Point::decode(four).expect("the generator's encoding");
        assert_eq!((decoded.x, decoded.t), (Point::GENERATOR.x, Point::GENERATOR.t));
    }
}
