//! From a venue's market messages to one judged quote: the book, the touch beside it, and whether both may be believed.
//! Pure, and the same for both venues; not a decoder (each venue's codec hands over levels) and not a subscription.

mod book;
mod guard;
mod quotes;

pub use book::{Change, SidedLevel};
pub use quotes::{Consequence, Quotes, Silence, Touch};
