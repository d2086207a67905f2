//! What can be wrong with an SBE frame, and with a message that should become one.

/// Why a binary frame cannot be used. Whose fault: the sender's, or a schema newer than ours. The data of that
/// connection must be treated as corrupt (paradex.md 8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SbeError {
    /// Shorter than the 8-byte header.
    #[error("SBE frame of {0} bytes has no whole header")]
    NoHeader(usize),
    /// Another schema than Paradex's 1.
    #[error("SBE schema id {0}, only 1 is known")]
    UnknownSchema(u16),
    /// The block is shorter than in any version of the schema.
    #[error("SBE template {template_id}: block of {block_length} bytes is shorter than in version 0")]
    ShortBlock {
        /// Which message.
        template_id: u16,
        /// What its header says.
        block_length: u16,
    },
    /// The frame ends inside the block, a group or a text.
    #[error("SBE template {template_id}: frame ends inside its {part}")]
    Truncated {
        /// Which message.
        template_id: u16,
        /// Where it ends.
        part: FramePart,
    },
    /// Group entries shorter than a price and a size.
    #[error("SBE template {template_id}: group entries of {entry_length} bytes")]
    ShortEntry {
        /// Which message.
        template_id: u16,
        /// What the group header says.
        entry_length: u16,
    },
    /// A text that is not UTF-8.
    #[error("SBE template {template_id}: text is not UTF-8")]
    NotUtf8 {
        /// Which message.
        template_id: u16,
    },
}

/// Where a frame ended too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FramePart {
    /// The fixed block.
    Block,
    /// A repeating group.
    Group,
    /// A text of the variable part.
    Text,
}

impl std::fmt::Display for FramePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Block => "block",
            Self::Group => "group",
            Self::Text => "text",
        })
    }
}

/// Why a message has no frame. Whose fault: the caller's. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Not a version of the schema.
    #[error("SBE schema version {0} is none of 0, 1, 2")]
    UnknownVersion(u16),
    /// A message of an unknown template has no layout.
    #[error("SBE template {0} has no known layout")]
    UnknownTemplate(u16),
    /// A text longer than its one-byte length can say.
    #[error("a text of {0} bytes does not fit an SBE frame, 255 do")]
    LongText(usize),
    /// More levels than a two-byte count can say.
    #[error("{0} book levels do not fit an SBE frame, 65535 do")]
    ManyLevels(usize),
}
