//! Scalar multiplication by windows of four bits: in constant time for secrets, in variable time for verification.

use super::curve::Point;
use super::scalar::Scalar;

const WINDOW: usize = 16;

impl Point {
    /// `scalar` times the generator, in constant time: for secret scalars.
    pub fn mul_generator(scalar: &Scalar) -> Self {
        Self::GENERATOR.mul(scalar)
    }

    /// `scalar` times this point, in constant time.
    pub fn mul(&self, scalar: &Scalar) -> Self {
        let table = self.small_multiples();
        let mut result = Self::NEUTRAL;
        for digit in scalar.digits().into_iter().rev() {
            result = result.times_window().add(&Self::select(&table, digit));
        }
        result
    }

    /// `s` times the generator plus `e` times this point. Time depends on the scalars: for public values only.
    pub fn mul_add_generator_vartime(&self, e: &Scalar, s: &Scalar) -> Self {
        let own_table = self.small_multiples();
        let generator_table = Self::GENERATOR.small_multiples();
        let mut result = Self::NEUTRAL;
        for (own_digit, generator_digit) in e.digits().into_iter().zip(s.digits()).rev() {
            result = result.times_window();
            for (table, digit) in [(&own_table, own_digit), (&generator_table, generator_digit)] {
                if digit != 0 {
                    result = result.add(&table[usize::from(digit)]);
                }
            }
        }
        result
    }

    /// 0 to 15 times this point.
    fn small_multiples(&self) -> [Self; WINDOW] {
        let mut table = [Self::NEUTRAL; WINDOW];
        for i in 1..WINDOW {
            table[i] = if i % 2 == 0 { table[i / 2].double() } else { table[i - 1].add(self) };
        }
        table
    }

    /// 16 times this point.
    fn times_window(&self) -> Self {
        self.double().double().double().double()
    }
}

#[cfg(test)]
mod tests {
    use super::super::strategies::{point, scalar};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn multiplication_is_a_homomorphism(p in point(), a in scalar(), b in scalar()) {
            prop_assert_eq!(p.mul(&(a + b)), p.mul(&a).add(&p.mul(&b)));
            prop_assert_eq!(p.mul(&(a * b)), p.mul(&a).mul(&b));
        }

        #[test]
        fn the_double_multiplication_agrees_with_two_single_ones(p in point(), e in scalar(), s in scalar()) {
            let expected = Point::mul_generator(&s).add(&p.mul(&e));
            prop_assert_eq!(p.mul_add_generator_vartime(&e, &s), expected);
        }

        #[test]
        fn small_multiples_are_repeated_additions(p in point(), count in 0u64..40) {
            let repeated = (0..count).fold(Point::NEUTRAL, |sum, _| sum.add(&p));
            prop_assert_eq!(p.mul(&Scalar::from_u64(count)), repeated);
        }
    }

    #[test]
    fn minus_one_times_the_generator_is_its_inverse() {
        let minus_one = Scalar::ZERO - Scalar::from_u64(1);
        assert_eq!(Point::mul_generator(&minus_one), Point::GENERATOR.negate());
    }
}
