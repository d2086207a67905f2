//! From flags, env file and environment to checked settings: one table of names, raw values with their origin, then types.
//! Opens nothing but the env file; knows no venue protocol and parses no key.

mod notifications;
mod raw;
mod table;
mod validate;

pub use raw::{Origin, RawConfig, RawError};
pub use table::{SETTINGS, Setting};
pub use validate::{Access, ConfigError, Endpoints, LighterAccess, ParadexAccess, Profile, RunConfig};
