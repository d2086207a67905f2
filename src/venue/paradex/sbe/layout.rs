//! The layout tables: one table per message is the struct, the decoder, the encoder and the description at once, so that
//! they cannot disagree (paradex.md 8.3, 8.4).

use super::error::{EncodeError, SbeError};
use super::field::FieldValue;
use super::frame::Header;

/// A field of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLayout {
    /// Its name; the schema writes the same words in camel case.
    pub name: &'static str,
    /// Bytes from the start of the block.
    pub offset: usize,
    /// Bytes it takes.
    pub size: usize,
    /// The schema version that added it.
    pub since: u16,
}

/// The fixed part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The schema's name of the message.
    pub name: &'static str,
    /// Its number.
    pub template_id: u16,
    /// The block, in order.
    pub block: &'static [FieldLayout],
}

impl Layout {
    /// Bytes of the block in a version of the schema.
    pub const fn block_length(&self, version: u16) -> usize {
        let (mut length, mut index) = (0, 0);
        while index < self.block.len() {
            let field = &self.block[index];
            if field.since <= version && field.offset + field.size > length {
                length = field.offset + field.size;
            }
            index += 1;
        }
        length
    }
}

/// What each table yields.
pub(super) trait Body<'a>: Sized {
    const LAYOUT: Layout;

    fn decode(header: Header, frame: &'a [u8]) -> Result<Self, SbeError>;

    /// Appends a frame; after an error `out` holds a part of one.
    fn encode(&self, version: u16, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    fn fields(&self) -> Vec<(&'static str, FieldValue<'_>)>;
}

/// The table of one message: `field: type @ offset, since version;`, then groups, then texts. A field or text that a
/// later version added is an `Option`.
macro_rules! message {
    (
        $(#[$doc:meta])*
        $name:ident $(<$life:lifetime>)? = $template:literal $schema_name:literal;
        block { $($(#[$field_doc:meta])* $field:ident: $type:ty, $offset:literal $(, since $since:literal)?;)* }
        groups { $($(#[$group_doc:meta])* $group:ident;)* }
        texts { $($(#[$text_doc:meta])* $text:ident: $text_type:ty $(, since $text_since:literal)?;)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $($(#[$field_doc])* pub $field: $type,)*
            $($(#[$group_doc])* pub $group: Levels<'a>,)*
            $($(#[$text_doc])* pub $text: $text_type,)*
        }

        impl<'a> Body<'a> for $name $(<$life>)? {
            const LAYOUT: Layout = Layout {
                name: $schema_name,
                template_id: $template,
                block: &[$(FieldLayout {
                    name: stringify!($field),
                    offset: $offset,
                    size: <$type as Field>::SIZE,
                    since: 0 $(+ $since)?,
                },)*],
            };

            // Heartbeats have nothing behind their block.
            #[allow(unused_mut)]
            #[inline]
            fn decode(header: Header, frame: &'a [u8]) -> Result<Self, SbeError> {
                let mut reader = Reader::new(header, frame, const { Self::LAYOUT.block_length(0) })?;
                Ok(Self {
                    $($field: reader.field($offset)?,)*
                    $($group: reader.levels()?,)*
                    $($text: reader.text()?,)*
                })
            }

            fn encode(&self, version: u16, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                let block_length = Self::LAYOUT.block_length(version) as u16;
                let mut writer = Writer::new($template, version, block_length, out);
                $(writer.field($offset, 0 $(+ $since)?, &self.$field);)*
                $(writer.levels(self.$group)?;)*
                $(writer.text(0 $(+ $text_since)?, self.$text)?;)*
                Ok(())
            }

            fn fields(&self) -> Vec<(&'static str, FieldValue<'_>)> {
                vec![
                    $((stringify!($field), Field::value(&self.$field)),)*
                    $((stringify!($text), Text::get(self.$text).map_or(FieldValue::None, FieldValue::Text)),)*
                ]
            }
        }
    };
}
pub(super) use message;
