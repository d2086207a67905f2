//! The field types of a block: how each is read, written, and told to people and checks. Little endian (paradex.md 8.2).

use crate::domain::{Price, Qty, Usd, Wall};

/// A rate as a whole number of 1e-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate8(pub i64);

/// A rate as a whole number of 1e-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rate12(pub i64);

/// The account of a private message: a felt, 32 bytes big endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AccountAddress(pub [u8; 32]);

/// One field of a message as the schema sees it, without its Rust type. For logs and checks, not for trading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValue<'a> {
    /// Null, or beyond the block or frame end.
    None,
    /// A plain number.
    Integer(i128),
    /// A number in units of 1e-8.
    Decimal8(i64),
    /// A number in units of 1e-12.
    Decimal12(i64),
    /// Unix time in microseconds.
    Micros(i64),
    /// An enumeration: its byte, and its word when the byte is a known one.
    Code(u8, Option<&'static str>),
    /// A set of flags: its byte, and the word of each bit.
    Flags(u8, &'static [(u8, &'static str)]),
    /// An account.
    Account([u8; 32]),
    /// A text of the variable part.
    Text(&'a str),
}

/// A type that can stand in a block.
pub(super) trait Field: Sized {
    /// Bytes it takes.
    const SIZE: usize;

    /// Reads exactly [`Self::SIZE`] bytes.
    fn read(bytes: &[u8]) -> Self;

    /// Writes exactly [`Self::SIZE`] bytes.
    fn write(&self, bytes: &mut [u8]);

    /// The value for people and checks.
    fn value(&self) -> FieldValue<'static>;

    /// What stands for a field beyond the block; `None` where every version has the field.
    fn absent() -> Option<Self> {
        None
    }
}

/// A field type that may be missing: null on the wire, or added by a later version.
pub(super) trait MaybeMissing: Field + PartialEq {
    /// Written when there is no value.
    const MISSING: Self;
    /// Whether [`Self::MISSING`] read from the wire is null; otherwise it is an ordinary value (0, unspecified).
    const IS_NULL: bool;
}

impl<T: MaybeMissing> Field for Option<T> {
    const SIZE: usize = T::SIZE;

    #[inline]
    fn read(bytes: &[u8]) -> Self {
        let value = T::read(bytes);
        (!T::IS_NULL || value != T::MISSING).then_some(value)
    }

    fn write(&self, bytes: &mut [u8]) {
        self.as_ref().unwrap_or(&T::MISSING).write(bytes);
    }

    fn value(&self) -> FieldValue<'static> {
        self.as_ref().map_or(FieldValue::None, T::value)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// The value bytes as an array; `Field::read` is only ever given as many bytes as the type has.
#[inline]
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

/// `type, its integer, how the integer becomes it, how it becomes the integer, how it is told`.
macro_rules! number_field {
    ($($type:ty, $int:ty, $from:expr, $into:expr, $tell:expr;)*) => {$(
        impl Field for $type {
            const SIZE: usize = size_of::<$int>();

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                let from: fn($int) -> $type = $from;
                from(<$int>::from_le_bytes(array(bytes)))
            }

            fn write(&self, bytes: &mut [u8]) {
                let into: fn($type) -> $int = $into;
                bytes.copy_from_slice(&into(*self).to_le_bytes());
            }

            fn value(&self) -> FieldValue<'static> {
                let (into, tell): (fn($type) -> $int, fn($int) -> FieldValue<'static>) = ($into, $tell);
                tell(into(*self))
            }
        }
    )*};
}

number_field! {
    u8, u8, |n| n, |n| n, |n| FieldValue::Integer(n.into());
    i16, i16, |n| n, |n| n, |n| FieldValue::Integer(n.into());
    i64, i64, |n| n, |n| n, |n| FieldValue::Integer(n.into());
    u64, u64, |n| n, |n| n, |n| FieldValue::Integer(n.into());
    Price, i64, Price::from_units, Price::units, FieldValue::Decimal8;
    Qty, i64, Qty::from_units, Qty::units, FieldValue::Decimal8;
    Usd, i64, Usd::from_units, Usd::units, FieldValue::Decimal8;
    Rate8, i64, Rate8, |rate| rate.0, FieldValue::Decimal8;
    Rate12, i64, Rate12, |rate| rate.0, FieldValue::Decimal12;
    Wall, i64, Wall, |time| time.0, FieldValue::Micros;
}

macro_rules! maybe_missing {
    ($($type:ty, $missing:expr, $is_null:expr;)*) => {$(
        impl MaybeMissing for $type {
            const MISSING: Self = $missing;
            const IS_NULL: bool = $is_null;
        }
    )*};
}

maybe_missing! {
    i64, i64::MIN, true;
    Price, Price::from_units(i64::MIN), true;
    Qty, Qty::from_units(i64::MIN), true;
    Usd, Usd::from_units(i64::MIN), true;
    Rate8, Rate8(i64::MIN), true;
    Rate12, Rate12(i64::MIN), true;
    // Late fields without a null: zero says "never", "none".
    Wall, Wall(0), false;
    u64, 0, false;
}

impl Field for AccountAddress {
    const SIZE: usize = 32;

    fn read(bytes: &[u8]) -> Self {
        Self(array(bytes))
    }

    fn write(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0);
    }

    fn value(&self) -> FieldValue<'static> {
        FieldValue::Account(self.0)
    }
}
