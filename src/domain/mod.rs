//! The words every other module speaks: exact money, market rules, quotes, orders, fills, ids, time, secrets.
//! No I/O, no floating point, no serialisation, no venue protocol.

mod amount;
mod ids;
mod market;
mod order;
mod pair;
mod quote;
mod secret;
mod time;

pub use amount::{AmountError, Price, Qty, SCALE, Usd};
pub use ids::{ClientOrderId, CycleId, TradeKey};
pub use market::{MarketSpec, SizeRefusal, common_quantity, common_step};
pub use order::{Fill, OrderIntent, Purpose, Side};
pub use pair::{PerVenue, Venue};
pub use quote::{Bbo, QuoteFault};
pub use secret::{SecretBytes, SecretText};
pub use time::{Mono, Now, Wall};
