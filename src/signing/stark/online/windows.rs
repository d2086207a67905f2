//! Tables of multiples for sums of known points: a number is cut into windows, and each window adds one table entry.
//!
//! A window of w bits holds u from 0 to 2^w - 1. Instead of u times its point the sum takes the half-integer
//! u - (2^w - 1) / 2, which halves exist because the group's order is odd. That makes every window symmetric (2^(w-1) entries,
//! the rest by negation), free of carries and never zero; what was left out is a constant multiple of the point, the
//! [`Windows::offset`], and belongs to where the sum starts.

use super::curve::{Affine, Sum, inverses, to_affine};
use super::field::Fp;
use starknet_crypto::Felt;

/// A point by its canonical coordinates.
pub type Coordinates = (Felt, Felt);

/// The generator of the curve, as the STARK curve's definition gives it.
pub const GENERATOR: Coordinates = (
    Felt::from_hex_unchecked("0x1ef15c18599971b7beced415a40f0c7deacfd9b0d1819e03d723d8bc943cfca"),
    Felt::from_hex_unchecked("0x5668060aa49730b7be4801df46ec62de53ecd11abe43a32873000c36e8dc1f"),
);

/// The order of the group plus one, halved: times a point it is half of the point.
const HALF: [u64; 4] =
    [0x0f33_5120_d6e3_2698, 0xdbc0_8936_e573_d919, 0x7fff_ffff_ffff_ffff, 0x0400_0000_0000_0008];

/// Where one window lies in its number, and where its entries lie in the table.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Its lowest bit in the number.
    pub bit: u32,
    /// How many bits it has.
    pub width: u32,
    /// The index of its first entry.
    start: usize,
}

impl Window {
    /// Windows of the given widths side by side from bit 0, for a table that begins at entry `start`.
    pub const fn row<const N: usize>(widths: [u32; N], mut start: usize) -> [Self; N] {
        let mut row = [Self { bit: 0, width: 0, start: 0 }; N];
        let (mut i, mut bit) = (0, 0);
        while i < N {
            row[i] = Self { bit, width: widths[i], start };
            bit += widths[i];
            start += 1 << (widths[i] - 1);
            i += 1;
        }
        row
    }

    /// The first entry behind the last of these windows.
    pub const fn end(windows: &[Self]) -> usize {
        let last = windows[windows.len() - 1];
        last.start + (1 << (last.width - 1))
    }

    /// The content of this window in `number`.
    #[inline(always)]
    fn digit(&self, number: &[u64; 4]) -> u64 {
        let (limb, shift) = ((self.bit / 64) as usize, self.bit % 64);
        let low = number[limb] >> shift;
        let high = match number.get(limb + 1) {
            Some(next) if shift + self.width > 64 => next << (64 - shift),
            _ => 0,
        };
        (low | high) & ((1 << self.width) - 1)
    }

    /// Index among this window's entries, and whether that entry is to be negated (all ones).
    #[inline(always)]
    fn choice(&self, number: &[u64; 4]) -> (usize, u64) {
        let digit = self.digit(number);
        let half = 1 << (self.width - 1);
        let negative = (digit >> (self.width - 1)).wrapping_sub(1);
        (((digit ^ negative) & (half - 1)) as usize, negative)
    }

    /// What this window of `number` adds. The entry that is read depends on the number: for public numbers only.
    #[inline(always)]
    pub fn look_up(&self, table: &[Affine], number: &[u64; 4]) -> Affine {
        let (index, negative) = self.choice(number);
        table[self.start + index].negated_if(negative)
    }

    /// What this window of `number` adds, reading every entry of the window alike: for secret numbers.
    pub fn look_up_in_constant_time(&self, table: &[Affine], number: &[u64; 4]) -> Affine {
        let (index, negative) = self.choice(number);
        let mut chosen = [[0; 4]; 2];
        for (position, entry) in (0u64..).zip(&table[self.start..self.start + (1 << (self.width - 1))]) {
            let difference = position ^ index as u64;
            // All ones where the difference is zero; the black box keeps the compiler from making it a branch.
            let mask = std::hint::black_box((difference.wrapping_sub(1) >> 63).wrapping_neg());
            for (limbs, coordinate) in chosen.iter_mut().zip([entry.x, entry.y]) {
                for (limb, value) in limbs.iter_mut().zip(coordinate.limbs()) {
                    *limb |= value & mask;
                }
            }
        }
        let [x, y] = chosen.map(Fp::from_limbs);
        Affine { x, y }.negated_if(negative)
    }
}

/// One point with the windows of the numbers it is multiplied by, while its table is being built.
pub struct Windows<'a> {
    windows: &'a [Window],
    /// Half of the point, doubled again and again: entry i is 2^(i-1) times the point.
    powers: Vec<Affine>,
}

impl<'a> Windows<'a> {
    /// Prepares `point` for these windows. `None` never happens for points of this curve.
    pub fn new(point: &Coordinates, windows: &'a [Window]) -> Option<Self> {
        let point = Affine::from_felts(&point.0, &point.1);
        let mut half = point.doubled();
        // HALF has its highest bit at 250, and the loop starts below the one that `doubled` stands for.
        for bit in (0..250).rev() {
            if bit < 249 {
                half = half.doubled();
            }
            if HALF[bit / 64] >> (bit % 64) & 1 == 1 {
                half = half.plus(&point);
            }
        }
        let last = windows.last()?;
        let sums = std::iter::successors(Some(half), |power| Some(power.doubled()));
        let powers = to_affine(&sums.take((last.bit + last.width) as usize + 1).collect::<Vec<_>>())?;
        Some(Self { windows, powers })
    }

    /// Writes the entries of all windows of `all` into `table`: the odd multiples of half the window's lowest bit.
    ///
    /// From m of them the next m follow by adding 2 m times that half, for all windows with one inversion.
    pub fn fill(all: &[Self], table: &mut [Affine]) -> Option<()> {
        let each = || all.iter().flat_map(|row| row.windows.iter().map(move |window| (row, window)));
        for (row, window) in each() {
            table[window.start] = row.powers[window.bit as usize];
        }
        let widest = each().map(|(_, window)| window.width).max()?;
        for level in 0..widest - 1 {
            let known = 1usize << level;
            let jobs: Vec<_> = each()
                .filter(|(_, window)| level + 1 < window.width)
                .map(|(row, window)| (row.powers[(window.bit + level + 1) as usize], window.start))
                .collect();
            let pairs: Vec<_> = jobs
                .iter()
                .flat_map(|(step, start)| (*start..start + known).map(move |i| (*step, i)))
                .collect();
            add_all(&pairs, known, table)?;
        }
        Some(())
    }

    /// What a sum over all windows that end at or below `bits` left out: (2^bits - 1) / 2 times the point.
    pub fn offset(&self, bits: u32) -> Sum {
        self.powers[bits as usize].plus(&self.powers[0].negated_if(u64::MAX))
    }
}

/// `table[i + shift] = table[i] + step` for each `(step, i)`, with one inversion.
fn add_all(pairs: &[(Affine, usize)], shift: usize, table: &mut [Affine]) -> Option<()> {
    let differences: Vec<_> = pairs.iter().map(|(step, i)| step.x.minus::<1>(&table[*i].x)).collect();
    let inverses = inverses(&differences, |product| product.inverse())?;
    for ((step, i), inverse) in pairs.iter().zip(&inverses) {
        let old = table[*i];
        let slope = step.y.minus::<1>(&old.y).times(inverse);
        let x = slope.square().minus::<3>(&old.x.plus(&step.x)).canonical();
        let y = slope.times(&old.x.minus::<1>(&x)).minus::<1>(&old.y).canonical();
        table[i + shift] = Affine { x, y };
    }
    Some(())
}
