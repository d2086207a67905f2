//! Paradex: wire formats, session, errors (paradex.md).
