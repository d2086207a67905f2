//! What a simulated venue itself knows of an account: the truth that checks from outside hold records against. No reports, no
//! delays, no faults on the way.

use crate::domain::{ClientOrderId, Price, Qty, Side};

/// An order as the venue has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrueOrder {
    /// Our id; `None` for an order without one of our form.
    pub cid: Option<ClientOrderId>,
    /// Size asked for.
    pub qty: Qty,
    /// Cumulative fill.
    pub filled: Qty,
    /// Nothing more can happen to it.
    pub ended: bool,
}

/// An execution as the venue has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrueTrade {
    /// Direction of the account.
    pub side: Side,
    /// Size.
    pub qty: Qty,
    /// Price.
    pub price: Price,
}
