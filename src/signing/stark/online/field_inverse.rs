//! Inversion in the STARK field by division steps (Bernstein and Yang, "Fast constant-time gcd computation and modular
//! inversion", 2019), 62 at a time on the lowest words. Here in variable time: for public values only.

use super::field::{Fp, power_of_two};

const BITS: u32 = 62;
const MASK: u64 = u64::MAX >> (64 - BITS);

/// A signed integer of five limbs of 62 bits; the last carries the sign.
type Signed = [i64; 5];

/// The prime in such limbs. Its lowest is 1, so that the multiple of p that clears 62 bits can be read off those bits.
const PRIME: Signed = [1, 0, 0, 17 << 6, 1 << 3];

/// 2^512 mod p.
const SQUARE: Fp = Fp::from_limbs(power_of_two(512));

/// What 62 division steps do, times 2^62: f becomes `u f + v g`, g becomes `q f + r g`.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

impl Fp {
    /// 1 / self as a plain integer instead of a residue in Montgomery form: times a residue it gives the quotient as an
    /// integer. `None` for zero.
    pub fn integer_inverse(&self) -> Option<Self> {
        let value = self.canonical().limbs();
        if value == [0; 4] {
            return None;
        }
        // The inverse of a 2^256 is 1 / a divided by 2^256.
        Some(Self::from_limbs(inverse(&value)).times(&SQUARE))
    }

    /// 1 / self. `None` for zero.
    pub fn inverse(&self) -> Option<Self> {
        self.integer_inverse().map(|inverse| inverse.times(&SQUARE))
    }
}

/// The inverse of a number between 0 and p, between 0 and p itself.
fn inverse(value: &[u64; 4]) -> [u64; 4] {
    let (mut f, mut g) = (PRIME, to_signed(value));
    // d value = f and e value = g, modulo p.
    let (mut d, mut e) = ([0; 5], [1, 0, 0, 0, 0]);
    let (mut eta, mut length) = (-1, 5);
    while g[..length].iter().any(|limb| *limb != 0) {
        let matrix = division_steps(&mut eta, f[0] as u64, g[0] as u64);
        update_factors(&mut d, &mut e, &matrix);
        update_numbers(&mut f, &mut g, length, &matrix);
        length = shorten(&mut f, &mut g, length);
    }
    // f is 1 or -1 now.
    to_limbs(&normalized(&d, f[length - 1] < 0))
}

/// 62 steps on the lowest words of f (odd) and g. `eta` is the negative of the paper's delta.
fn division_steps(eta: &mut i64, mut f: u64, mut g: u64) -> Matrix {
    let mut m = Matrix { u: 1, v: 0, q: 0, r: 1 };
    let mut left = BITS;
    let mut inverse = negative_inverse(f);
    loop {
        // Even steps halve g; doubling the first row instead keeps the matrix whole.
        let zeros = (g | u64::MAX << left).trailing_zeros();
        g >>= zeros;
        m.u <<= zeros;
        m.v <<= zeros;
        *eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            return m;
        }
        if *eta < 0 {
            *eta = -*eta;
            (f, g) = (g, f.wrapping_neg());
            (m.u, m.q) = (m.q, -m.u);
            (m.v, m.r) = (m.r, -m.v);
            inverse = negative_inverse(f);
        }
        // Until eta changes its sign, the odd steps only add f: their sum clears that many bits of g at once, at most six.
        let count = (*eta + 1).min(i64::from(left)).min(6);
        let factor = inverse.wrapping_mul(g) & !(u64::MAX << count);
        g = g.wrapping_add(f.wrapping_mul(factor));
        m.q += m.u * factor as i64;
        m.r += m.v * factor as i64;
    }
}

/// -1 / f modulo 64 for an odd f: f itself is 1 / f modulo 8, and one step of Newton's doubles the bits.
fn negative_inverse(f: u64) -> u64 {
    f.wrapping_mul(f).wrapping_sub(2).wrapping_mul(f)
}

/// Applies the steps to f and g, whose lowest 62 bits they clear.
fn update_numbers(f: &mut Signed, g: &mut Signed, length: usize, m: &Matrix) {
    let row = |a: i64, b: i64, i: usize, f: &Signed, g: &Signed| {
        i128::from(a) * i128::from(f[i]) + i128::from(b) * i128::from(g[i])
    };
    let mut next_f = row(m.u, m.v, 0, f, g) >> BITS;
    let mut next_g = row(m.q, m.r, 0, f, g) >> BITS;
    for i in 1..length {
        next_f += row(m.u, m.v, i, f, g);
        next_g += row(m.q, m.r, i, f, g);
        f[i - 1] = (next_f as u64 & MASK) as i64;
        g[i - 1] = (next_g as u64 & MASK) as i64;
        next_f >>= BITS;
        next_g >>= BITS;
    }
    f[length - 1] = next_f as i64;
    g[length - 1] = next_g as i64;
}

/// Applies the steps to d and e modulo p; both stay between -2 p and p.
fn update_factors(d: &mut Signed, e: &mut Signed, m: &Matrix) {
    let row = |a: i64, b: i64, i: usize, d: &Signed, e: &Signed| {
        i128::from(a) * i128::from(d[i]) + i128::from(b) * i128::from(e[i])
    };
    let (d_sign, e_sign) = (d[4] >> 63, e[4] >> 63);
    let mut next_d = row(m.u, m.v, 0, d, e);
    let mut next_e = row(m.q, m.r, 0, d, e);
    // p for each negative factor, then as much of p as clears the lowest 62 bits.
    let clearing =
        |multiple: i64, low: i128| multiple - ((low as u64).wrapping_add(multiple as u64) & MASK) as i64;
    let p_d = clearing((m.u & d_sign) + (m.v & e_sign), next_d);
    let p_e = clearing((m.q & d_sign) + (m.r & e_sign), next_e);
    next_d = (next_d + i128::from(p_d)) >> BITS;
    next_e = (next_e + i128::from(p_e)) >> BITS;
    for i in 1..5 {
        next_d += row(m.u, m.v, i, d, e) + i128::from(PRIME[i]) * i128::from(p_d);
        next_e += row(m.q, m.r, i, d, e) + i128::from(PRIME[i]) * i128::from(p_e);
        d[i - 1] = (next_d as u64 & MASK) as i64;
        e[i - 1] = (next_e as u64 & MASK) as i64;
        next_d >>= BITS;
        next_e >>= BITS;
    }
    d[4] = next_d as i64;
    e[4] = next_e as i64;
}

/// Drops a limb of f and g that holds nothing but their signs.
fn shorten(f: &mut Signed, g: &mut Signed, length: usize) -> usize {
    let (top_f, top_g) = (f[length - 1], g[length - 1]);
    let is_sign = |limb: i64| limb == 0 || limb == -1;
    if length < 2 || !is_sign(top_f) || !is_sign(top_g) {
        return length;
    }
    f[length - 2] |= ((top_f as u64) << BITS) as i64;
    g[length - 2] |= ((top_g as u64) << BITS) as i64;
    length - 1
}

/// `value` or `-value`, between 0 and p.
fn normalized(value: &Signed, negate: bool) -> Signed {
    let mut value = *value;
    if value[4] < 0 {
        value = carried(std::array::from_fn(|i| value[i] + PRIME[i]));
    }
    if negate {
        value = carried(value.map(|limb| -limb));
    }
    if value[4] < 0 {
        value = carried(std::array::from_fn(|i| value[i] + PRIME[i]));
    }
    value
}

/// All limbs but the last between 0 and 2^62 again.
fn carried(mut value: Signed) -> Signed {
    for i in 0..4 {
        value[i + 1] += value[i] >> BITS;
        value[i] = (value[i] as u64 & MASK) as i64;
    }
    value
}

fn to_signed(limbs: &[u64; 4]) -> Signed {
    let [a, b, c, d] = *limbs;
    [a, a >> 62 | b << 2, b >> 60 | c << 4, c >> 58 | d << 6, d >> 56].map(|limb| (limb & MASK) as i64)
}

fn to_limbs(value: &Signed) -> [u64; 4] {
    let [a, b, c, d, e] = value.map(|limb| limb as u64);
    [a | b << 62, b >> 2 | c << 60, c >> 4 | d << 58, d >> 6 | e << 56]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{any_residue, felt};
    use super::*;
    use proptest::prelude::*;
    use starknet_crypto::Felt;

    #[test]
    fn zero_has_no_inverse_and_the_edges_have() {
        assert!(Fp::from_felt(&Felt::ZERO).inverse().is_none());
        for value in [Felt::ONE, Felt::TWO, Felt::MAX, Felt::MAX - Felt::ONE, Felt::TWO.pow(251u32)] {
            let inverse = Fp::from_felt(&value).inverse().expect("not zero");
            assert_eq!(Some(inverse.to_felt()), value.inverse());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn inverses_agree_with_the_library(a in any_residue(), b in any_residue()) {
            let (x, y) = (felt(a), felt(b));
            let inverse = Fp::from_felt(&x).inverse().map(Fp::to_felt);
            prop_assert_eq!(inverse, x.inverse());
            if let Some(plain) = Fp::from_felt(&x).integer_inverse() {
                let quotient = Fp::from_felt(&y).times(&plain).canonical().limbs();
                let expected = (y * x.inverse().expect("not zero")).to_le_digits();
                prop_assert_eq!(quotient, expected);
            }
        }
    }
}
