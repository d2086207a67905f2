//! Secret multiples of the generator, in constant time: nonce points.

use super::curve::{Affine, Sum, inverses};
use super::field::Fp;
use super::scalar::Scalar;
use super::tables::{SECRET, Tables};

impl Tables {
    /// x of each scalar times the generator. The scalars are secret and not zero: no table index and no branch depends on
    /// them, and the one inversion is Fermat's.
    pub fn nonce_points(&self, scalars: &[Scalar]) -> Option<Vec<Fp>> {
        let sums: Vec<Sum> = scalars.iter().map(|scalar| self.multiple_of_generator(scalar)).collect();
        let denominators: Vec<Fp> = sums.iter().map(Sum::denominator).collect();
        let inverses = inverses(&denominators, |product| Some(product.inverse_in_constant_time()))?;
        Some(sums.iter().zip(&inverses).map(|(sum, inverse)| sum.to_affine(inverse).x).collect())
    }

    /// The windows' sum leaves out (2^252 - 1) / 2, so that much is added to the scalar first. Partial sums are smaller than
    /// what the next window adds, which is never zero: no addition meets an equal or opposite point.
    fn multiple_of_generator(&self, scalar: &Scalar) -> Sum {
        let shifted = scalar.plus(&Scalar::HALF_OF_252_ONES).limbs();
        let point = |i: usize| -> Affine { SECRET[i].look_up_in_constant_time(&self.entries, &shifted) };
        (2..SECRET.len()).fold(point(0).plus(&point(1)), |sum, i| sum.plus(&point(i)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{any_scalar, felt};
    use super::*;
    use proptest::prelude::*;
    use starknet_crypto::get_public_key;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn multiples_agree_with_the_library(a in any_scalar(), b in any_scalar()) {
            prop_assume!(a != Scalar::ZERO && b != Scalar::ZERO);
            let points = Tables::shared().nonce_points(&[a, b]).expect("points");
            for (scalar, point) in [a, b].iter().zip(points) {
                prop_assert_eq!(point.to_felt(), get_public_key(&felt(scalar.limbs())));
            }
        }
    }
}
