//! Paradex SBE: binary frames to typed messages and back, schema 1, versions 0 to 2 (paradex.md 8). Pure and exact: the
//! mantissas of the wire are the integers of the domain. The client decodes, the venue model encodes, both from the same
//! tables. Not a place for books, sequences or meaning.

mod codes;
mod error;
mod field;
mod flags;
mod frame;
mod layout;
mod levels;
mod private;
mod public;
#[cfg(test)]
mod tests;

pub use codes::{
    AccountStatus, AssetKind, FillType, FundingRateSource, LiquiditySide, OrderStatus, OrderType, PkgType,
    PositionStatus, RequestStatus, RequestType, Side, StpMode, TimeInForce,
};
pub use error::{EncodeError, FramePart, SbeError};
pub use field::{AccountAddress, FieldValue, Rate8, Rate12};
pub use flags::{FillFlags, OrderFlags};
pub use frame::{Header, MarketName, SCHEMA_ID};
pub use layout::{FieldLayout, Layout};
pub use levels::{Level, Levels};
pub use private::{Account, Fill, Order, Position};
pub use public::{
    Bbo, Book, FundingData, FundingRateComparison, Heartbeat, MarketSummary, Subscribed, Trade,
};

use layout::Body;

/// The newest version of the schema that is known here; all from 0 on are.
pub const NEWEST_VERSION: u16 = 2;

/// The one list of messages: what can be decoded, encoded and described.
macro_rules! messages {
    ($($name:ident $(<$life:lifetime>)?,)*) => {
        /// What one binary frame says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Message<'a> {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name $(<$life>)?),)*
            /// A template this schema does not have: skip the frame and go on (paradex.md 8.2).
            Unknown {
                /// Its number.
                template_id: u16,
            },
        }

        /// The layout of every message, in the order of the template ids.
        pub const LAYOUTS: &[Layout] = &[$(<$name as Body>::LAYOUT,)*];

        /// Decodes one binary frame of any version. Fields and texts of later versions than the frame's are `None`; what a
        /// newer schema appended is skipped; bytes behind the last text are ignored.
        ///
        /// # Errors
        /// The frame is corrupt or of another schema: nothing of that connection's data can be trusted any more.
        pub fn decode(frame: &[u8]) -> Result<Message<'_>, SbeError> {
            let header = Header::read(frame)?;
            if header.schema_id != SCHEMA_ID {
                return Err(SbeError::UnknownSchema(header.schema_id));
            }
            $(
                const { assert!(<$name as Body>::LAYOUT.block_length(NEWEST_VERSION) <= u16::MAX as usize) };
                if header.template_id == <$name as Body>::LAYOUT.template_id {
                    return Ok(Message::$name(Body::decode(header, frame)?));
                }
            )*
            Ok(Message::Unknown { template_id: header.template_id })
        }

        impl Message<'_> {
            /// The number of the message's template.
            pub const fn template_id(&self) -> u16 {
                match self {
                    $(Self::$name(_) => <$name as Body>::LAYOUT.template_id,)*
                    Self::Unknown { template_id } => *template_id,
                }
            }

            /// Every field of the block and every text by name, in wire order, without the book levels. Allocates: for
            /// people and checks.
            pub fn fields(&self) -> Vec<(&'static str, FieldValue<'_>)> {
                match self {
                    $(Self::$name(body) => body.fields(),)*
                    Self::Unknown { .. } => Vec::new(),
                }
            }

            fn append(&self, version: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                match self {
                    $(Self::$name(body) => body.encode(version, out),)*
                    Self::Unknown { template_id } => Err(EncodeError::UnknownTemplate(*template_id)),
                }
            }
        }
    };
}

messages! {
    Trade<'a>, Bbo<'a>, Book<'a>, MarketSummary<'a>, FundingData<'a>, FundingRateComparison<'a>,
    Order<'a>, Fill<'a>, Position<'a>, Account<'a>, Heartbeat, Subscribed<'a>,
}

/// The best bid and offer in a frame of exactly that kind; `None` for every other frame, which [`decode`] then judges.
/// [`decode`] has room for the largest message to give back, and clearing it costs more than reading this one.
#[inline]
pub fn bbo(frame: &[u8]) -> Option<Bbo<'_>> {
    let header = Header::read(frame).ok()?;
    let is_bbo = header.schema_id == SCHEMA_ID && header.template_id == Bbo::LAYOUT.template_id;
    if is_bbo { Bbo::decode(header, frame).ok() } else { None }
}

/// Appends the frame of `message` in exactly the layout of `version` to `out`. What the version does not have is left
/// out; what it has and the message lacks becomes null, zero or the empty text.
///
/// # Errors
/// The message cannot be written; `out` is as it was.
pub fn encode(message: &Message<'_>, version: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if version > NEWEST_VERSION {
        return Err(EncodeError::UnknownVersion(version));
    }
    let before = out.len();
    let written = message.append(version, out);
    if written.is_err() {
        out.truncate(before);
    }
    written
}
