//! The tables of the online path, built once per process in a few milliseconds and shared by everything that signs.

use super::curve::{Affine, Sum, to_affine};
use super::windows::{Coordinates, GENERATOR, Window, Windows};
use starknet_crypto::Felt;
use std::sync::LazyLock;

/// The points of Starknet's pedersen hash: the shift point, then those for the lower 248 and the upper 4 bits of each operand.
const SHIFT: Coordinates = (
    Felt::from_hex_unchecked("0x49ee3eba8c1600700ee1b87eb599f16716b0b1022947733551fde4050ca6804"),
    Felt::from_hex_unchecked("0x3ca0cfe4b3bc6ddf346d49d06ea0ed34e621062c0e056c1d0405d266e10268a"),
);
const FIRST_LOW: Coordinates = (
    Felt::from_hex_unchecked("0x234287dcbaffe7f969c748655fca9e58fa8120b6d56eb0c1080d17957ebe47b"),
    Felt::from_hex_unchecked("0x3b056f100f96fb21e889527d41f4e39940135dd7a6c94cc6ed0268ee89e5615"),
);
const FIRST_HIGH: Coordinates = (
    Felt::from_hex_unchecked("0x4fa56f376c83db33f9dab2656558f3399099ec1de5e3018b7a6932dba8aa378"),
    Felt::from_hex_unchecked("0x3fa0984c931c9e38113e0c0e47e4401562761f92a7a23b45168f4e80ff5b54d"),
);
const SECOND_LOW: Coordinates = (
    Felt::from_hex_unchecked("0x4ba4cc166be8dec764910f75b45f74b40c690c74709e90f3aa372f0bd2d6997"),
    Felt::from_hex_unchecked("0x40301cf5c1751f4b971e46c4ede85fcac5c59a5ce5ae7c48151f27b24b219c"),
);
const SECOND_HIGH: Coordinates = (
    Felt::from_hex_unchecked("0x54302dcb0e6cc1c6e44cca8f61a63bb2ca65048d53fb325d36ff12c49a58202"),
    Felt::from_hex_unchecked("0x1b77b3e37d13504b348046268d8ae25ce98ad783c25561a879dcc77e99c2426"),
);

/// Bits of an operand that its first point covers, and those left to its second point.
pub(super) const LOW_BITS: u32 = 248;
const HIGH_BITS: u32 = 4;

/// The first operand is summed three times per order and gets most of the room.
pub(super) const FIRST: [Window; 25] = Window::row(filled([10; 25], 23, 9), 0);
pub(super) const FIRST_TOP: [Window; 1] = Window::row([HIGH_BITS], Window::end(&FIRST));
/// The second operand is summed once in full; sizes and prices use its lowest eight windows, of eight bits, only.
pub(super) const SECOND: [Window; 33] =
    Window::row(filled(filled([8; 33], 25, 7), 29, 5), Window::end(&FIRST_TOP));
pub(super) const SECOND_TOP: [Window; 1] = Window::row([HIGH_BITS], Window::end(&SECOND));
/// Small windows, since every entry of a window is read for each secret digit.
pub(super) const SECRET: [Window; 63] = Window::row([4; 63], Window::end(&SECOND_TOP));

/// Windows of a size or price.
pub(super) const SHORT: usize = 8;

const ENTRIES: usize = Window::end(&SECRET);

/// `widths` with everything from `from` on replaced.
const fn filled<const N: usize>(mut widths: [u32; N], from: usize, width: u32) -> [u32; N] {
    let mut i = from;
    while i < N {
        widths[i] = width;
        i += 1;
    }
    widths
}

/// All multiples the online path looks up, and where its sums start.
pub struct Tables {
    pub(super) entries: Box<[Affine]>,
    /// Where a hash starts whose first operand comes from the table: the shift point and that operand's offset.
    pub(super) first_start: Affine,
    /// The same for both operands.
    pub(super) full_start: Affine,
    /// The same for the first operand and the lowest one to eight windows of the second.
    pub(super) short_starts: [Affine; SHORT],
    /// The offset of the lowest one to eight windows of the second operand alone.
    pub(super) short_offsets: [Affine; SHORT],
}

static TABLES: LazyLock<Tables> =
    LazyLock::new(|| Tables::build().expect("multiples of five constant points never meet"));

impl Tables {
    /// Memory of the entries.
    pub const BYTES: usize = ENTRIES * size_of::<Affine>();

    /// The tables of this process; the first call builds them.
    pub fn shared() -> &'static Self {
        &TABLES
    }

    /// Builds tables of one's own, to measure it.
    pub fn build() -> Option<Self> {
        let first = Windows::new(&FIRST_LOW, &FIRST)?;
        let first_top = Windows::new(&FIRST_HIGH, &FIRST_TOP)?;
        let second = Windows::new(&SECOND_LOW, &SECOND)?;
        let second_top = Windows::new(&SECOND_HIGH, &SECOND_TOP)?;
        let generator = Windows::new(&GENERATOR, &SECRET)?;

        let short = SECOND[..SHORT].iter().map(|window| second.offset(window.bit + window.width));
        let offsets = [first.offset(LOW_BITS), first_top.offset(HIGH_BITS), second.offset(LOW_BITS)];
        let offsets = offsets.into_iter().chain([second_top.offset(HIGH_BITS)]).chain(short);
        let offsets = to_affine(&offsets.collect::<Vec<_>>())?;
        let (long, short) = offsets.split_at(4);
        let start: Sum = Affine::from_felts(&SHIFT.0, &SHIFT.1).plus(&long[0]).plus(&long[1]);
        let full = start.plus(&long[2]).plus(&long[3]);
        let starts = [start, full].into_iter().chain(short.iter().map(|offset| start.plus(offset)));
        let starts = to_affine(&starts.collect::<Vec<_>>())?;

        let blank = starts[0];
        let mut entries = vec![blank; ENTRIES].into_boxed_slice();
        Windows::fill(&[first, first_top, second, second_top, generator], &mut entries)?;
        Some(Self {
            entries,
            first_start: starts[0],
            full_start: starts[1],
            short_starts: std::array::from_fn(|i| starts[2 + i]),
            short_offsets: std::array::from_fn(|i| short[i]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of two points by the textbook, in the library's field.
    fn plus(a: Coordinates, b: Coordinates) -> Coordinates {
        let ratio = |over: Felt, under: Felt| over * under.inverse().expect("not opposite points");
        let slope = if a == b {
            ratio(Felt::THREE * a.0.square() + Felt::ONE, a.1.double())
        } else {
            ratio(b.1 - a.1, b.0 - a.0)
        };
        let x = slope.square() - a.0 - b.0;
        (x, slope * (a.0 - x) - a.1)
    }

    /// The first entry that is not the multiple it stands for, found with the library's arithmetic alone: doubled, an entry is
    /// an odd multiple of its window's lowest bit times the point, and each is two such units above the last.
    fn wrong_entry(tables: &Tables) -> Option<usize> {
        let rows: [(Coordinates, &[Window]); 5] = [
            (FIRST_LOW, &FIRST),
            (FIRST_HIGH, &FIRST_TOP),
            (SECOND_LOW, &SECOND),
            (SECOND_HIGH, &SECOND_TOP),
            (GENERATOR, &SECRET),
        ];
        let mut index = 0;
        for (point, windows) in rows {
            let mut unit = point;
            for window in windows {
                let mut multiple = unit;
                for _ in 0..1 << (window.width - 1) {
                    let entry = tables.entries[index];
                    let entry = (entry.x.to_felt(), entry.y.to_felt());
                    if plus(entry, entry) != multiple {
                        return Some(index);
                    }
                    multiple = plus(plus(multiple, unit), unit);
                    index += 1;
                }
                unit = (0..window.width).fold(unit, |unit, _| plus(unit, unit));
            }
        }
        assert_eq!(index, ENTRIES);
        None
    }

    #[test]
    fn every_entry_is_the_multiple_it_stands_for_and_a_wrong_one_is_found() {
        assert_eq!(wrong_entry(Tables::shared()), None);
        let mut broken = Tables::build().expect("tables");
        // Still a point of the curve, but the wrong one.
        broken.entries[777] = broken.entries[777].negated_if(u64::MAX);
        assert_eq!(wrong_entry(&broken), Some(777));
    }

    #[test]
    fn the_tables_take_no_more_than_one_mebibyte() {
        const { assert!(Tables::BYTES <= 1 << 20) };
        assert_eq!(size_of_val(&*Tables::shared().entries), Tables::BYTES);
    }

    #[test]
    fn the_windows_cover_both_operands_and_the_secret() {
        for (windows, bits) in [(&FIRST[..], LOW_BITS), (&SECOND, LOW_BITS), (&SECRET, 252)] {
            let last = windows.last().expect("windows");
            assert_eq!(last.bit + last.width, bits);
        }
        assert_eq!(SECOND[SHORT - 1].bit + SECOND[SHORT - 1].width, u64::BITS);
    }
}
