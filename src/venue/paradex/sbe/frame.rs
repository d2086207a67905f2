//! The parts of a frame: header, block, groups, texts. Reads advance by the lengths in the frame, never by our own.

use super::error::{EncodeError, FramePart, SbeError};
use super::field::Field;
use super::levels::{Level, Levels};
use std::fmt;
use std::str::Utf8Error;

/// The only schema id there is.
pub const SCHEMA_ID: u16 = 1;

/// The first 8 bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the fixed block that follows.
    pub block_length: u16,
    /// Which message.
    pub template_id: u16,
    /// Which schema.
    pub schema_id: u16,
    /// Which version of the schema the sender wrote.
    pub version: u16,
}

impl Header {
    const SIZE: usize = 8;

    /// Reads the header of a frame and leaves the rest unread; any schema and template.
    #[inline]
    pub fn read(frame: &[u8]) -> Result<Self, SbeError> {
        let Some(&[b0, b1, t0, t1, s0, s1, v0, v1]) = frame.first_chunk::<{ Self::SIZE }>() else {
            return Err(SbeError::NoHeader(frame.len()));
        };
        Ok(Self {
            block_length: u16::from_le_bytes([b0, b1]),
            template_id: u16::from_le_bytes([t0, t1]),
            schema_id: u16::from_le_bytes([s0, s1]),
            version: u16::from_le_bytes([v0, v1]),
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        for part in [self.block_length, self.template_id, self.schema_id, self.version] {
            out.extend_from_slice(&part.to_le_bytes());
        }
    }
}

/// A frame being read: the block as a whole, then what follows it piece by piece.
pub(super) struct Reader<'a> {
    header: Header,
    block: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// The body behind a header. `block_least` is the block length of version 0.
    #[inline]
    pub(super) fn new(header: Header, frame: &'a [u8], block_least: usize) -> Result<Self, SbeError> {
        let Header { block_length, template_id, .. } = header;
        let length = usize::from(block_length);
        if length < block_least {
            return Err(SbeError::ShortBlock { template_id, block_length });
        }
        let truncated = SbeError::Truncated { template_id, part: FramePart::Block };
        let (block, rest) =
            frame.get(Header::SIZE..).and_then(|body| body.split_at_checked(length)).ok_or(truncated)?;
        Ok(Self { header, block, rest })
    }

    fn truncated(&self, part: FramePart) -> SbeError {
        SbeError::Truncated { template_id: self.header.template_id, part }
    }

    /// The field at `offset`, or its absence where the block ends before it.
    #[inline]
    pub(super) fn field<T: Field>(&self, offset: usize) -> Result<T, SbeError> {
        match self.block.get(offset..offset + T::SIZE) {
            Some(bytes) => Ok(T::read(bytes)),
            None => T::absent().ok_or_else(|| self.truncated(FramePart::Block)),
        }
    }

    #[inline]
    fn take(&mut self, length: usize, part: FramePart) -> Result<&'a [u8], SbeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.truncated(part))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next group, which every version has.
    pub(super) fn levels(&mut self) -> Result<Levels<'a>, SbeError> {
        let (entry_length, count) = self.take(4, FramePart::Group)?.split_at(2);
        let (entry_length, count) = (read_u16(entry_length), read_u16(count));
        if usize::from(entry_length) < Level::SIZE && count > 0 {
            return Err(SbeError::ShortEntry { template_id: self.header.template_id, entry_length });
        }
        let entries = self.take(usize::from(entry_length) * usize::from(count), FramePart::Group)?;
        Ok(Levels::in_frame(entries, entry_length.into()))
    }

    /// The next text, or its absence where the frame ends before it.
    #[inline]
    pub(super) fn text<T: Text<'a>>(&mut self) -> Result<T, SbeError> {
        let Some(&length) = self.rest.first() else { return Ok(T::absent()) };
        let bytes = &self.take(1 + usize::from(length), FramePart::Text)?[1..];
        T::from_frame(bytes).map_err(|_| SbeError::NotUtf8 { template_id: self.header.template_id })
    }
}

fn read_u16(bytes: &[u8]) -> u16 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u16::from(*byte))
}

/// How a text of the variable part stands in a message.
pub(super) trait Text<'a>: Copy {
    /// From a frame.
    fn from_frame(bytes: &'a [u8]) -> Result<Self, Utf8Error>;

    /// Where the frame ends before the text.
    fn absent() -> Self;

    /// The text, when there is one.
    fn get(self) -> Option<&'a str>;
}

/// Texts that every version has: absent is empty.
impl<'a> Text<'a> for &'a str {
    fn from_frame(bytes: &'a [u8]) -> Result<Self, Utf8Error> {
        std::str::from_utf8(bytes)
    }

    fn absent() -> Self {
        ""
    }

    fn get(self) -> Option<&'a str> {
        Some(self)
    }
}

impl<'a> Text<'a> for Option<&'a str> {
    fn from_frame(bytes: &'a [u8]) -> Result<Self, Utf8Error> {
        std::str::from_utf8(bytes).map(Some)
    }

    fn absent() -> Self {
        None
    }

    fn get(self) -> Option<&'a str> {
        self
    }
}

/// The name of a market. It stands in every quote, so it is kept as the bytes it came in: a text of a dozen letters takes longer
/// to check than the numbers take to read, while bytes that are all ASCII need no other check.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct MarketName<'a>(&'a [u8]);

impl<'a> MarketName<'a> {
    /// As text.
    pub fn as_str(self) -> &'a str {
        // Always is: it came from a text, or was checked.
        std::str::from_utf8(self.0).unwrap_or_default()
    }
}

impl<'a> From<&'a str> for MarketName<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl PartialEq<&str> for MarketName<'_> {
    #[inline]
    fn eq(&self, text: &&str) -> bool {
        self.0 == text.as_bytes()
    }
}

impl PartialEq<String> for MarketName<'_> {
    #[inline]
    fn eq(&self, text: &String) -> bool {
        self.0 == text.as_bytes()
    }
}

impl fmt::Debug for MarketName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl fmt::Display for MarketName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<'a> Text<'a> for MarketName<'a> {
    #[inline]
    fn from_frame(bytes: &'a [u8]) -> Result<Self, Utf8Error> {
        if !bytes.is_ascii() {
            std::str::from_utf8(bytes)?;
        }
        Ok(Self(bytes))
    }

    fn absent() -> Self {
        Self::default()
    }

    fn get(self) -> Option<&'a str> {
        Some(self.as_str())
    }
}

/// A frame being written at the end of a buffer, in the layout of one version.
pub(super) struct Writer<'a> {
    version: u16,
    block_start: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Writes the header and an empty block.
    pub(super) fn new(template_id: u16, version: u16, block_length: u16, out: &'a mut Vec<u8>) -> Self {
        Header { block_length, template_id, schema_id: SCHEMA_ID, version }.write(out);
        let block_start = out.len();
        out.resize(block_start + usize::from(block_length), 0);
        Self { version, block_start, out }
    }

    /// Writes a field into the block, if this version has it.
    pub(super) fn field<T: Field>(&mut self, offset: usize, since: u16, field: &T) {
        if since <= self.version {
            field.write(&mut self.out[self.block_start + offset..][..T::SIZE]);
        }
    }

    /// Appends a group.
    pub(super) fn levels(&mut self, levels: Levels<'_>) -> Result<(), EncodeError> {
        let count = u16::try_from(levels.len()).map_err(|_| EncodeError::ManyLevels(levels.len()))?;
        self.out.extend_from_slice(&(Level::SIZE as u16).to_le_bytes());
        self.out.extend_from_slice(&count.to_le_bytes());
        levels.iter().for_each(|level| self.out.extend_from_slice(&level.bytes()));
        Ok(())
    }

    /// Appends a text, if this version has it; a missing one is empty.
    pub(super) fn text<'t>(&mut self, since: u16, text: impl Text<'t>) -> Result<(), EncodeError> {
        if since > self.version {
            return Ok(());
        }
        let text = text.get().unwrap_or_default();
        self.out.push(u8::try_from(text.len()).map_err(|_| EncodeError::LongText(text.len()))?);
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}
