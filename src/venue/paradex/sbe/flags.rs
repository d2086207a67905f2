//! Flag sets of the schema (paradex.md 8.5). Unknown bits are kept.

use super::field::{Field, FieldValue, MaybeMissing};

/// A set of flags over one byte, with the schema's words.
macro_rules! flags {
    ($(#[$doc:meta])* $name:ident { $($(#[$flag_doc:meta])* $constant:ident $test:ident = $bit:literal $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
        pub struct $name(pub u8);

        impl $name {
            $($(#[$flag_doc])* pub const $constant: Self = Self(1 << $bit);)*

            $($(#[$flag_doc])* pub const fn $test(self) -> bool {
                self.0 & Self::$constant.0 != 0
            })*

            /// The flags of both sets.
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl Field for $name {
            const SIZE: usize = 1;

            fn read(bytes: &[u8]) -> Self {
                Self(u8::read(bytes))
            }

            fn write(&self, bytes: &mut [u8]) {
                self.0.write(bytes);
            }

            fn value(&self) -> FieldValue<'static> {
                FieldValue::Flags(self.0, &[$(($bit, $word),)*])
            }
        }
    };
}

flags! {
    /// What is special about an order.
    OrderFlags {
        /// May only shrink the position.
        REDUCE_ONLY reduce_only = 0 "REDUCE_ONLY",
        /// Triggers below its price.
        STOP_CONDITION_BELOW stop_condition_below = 1 "STOP_CONDITION_BELOW_TRIGGER",
        /// Triggers above its price.
        STOP_CONDITION_ABOVE stop_condition_above = 2 "STOP_CONDITION_ABOVE_TRIGGER",
        /// Sent with an interactive token.
        INTERACTIVE interactive = 3 "INTERACTIVE",
        /// Part of a VWAP strategy.
        TARGET_STRATEGY_VWAP target_strategy_vwap = 4 "TARGET_STRATEGY_VWAP",
        /// Under market maker protection (version 2).
        MMP mmp = 5 "MMP",
    }
}

flags! {
    /// What is special about a fill (version 2).
    FillFlags {
        /// Of an order sent with an interactive token.
        INTERACTIVE interactive = 0 "INTERACTIVE",
        /// Against a retail price improvement order.
        RPI rpi = 1 "RPI",
        /// A fast fill.
        FASTFILL fastfill = 2 "FASTFILL",
        /// Has a property the schema has no bit for.
        UNKNOWN unknown = 7 "UNKNOWN",
    }
}

impl MaybeMissing for FillFlags {
    const MISSING: Self = Self(0);
    const IS_NULL: bool = false;
}
