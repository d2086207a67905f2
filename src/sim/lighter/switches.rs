//! The points on which sources disagree or are silent (lighter.md 10): one switch each, the default first.

/// Positions of all switches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Point 1: how the socket answers a send.
    pub send_reply: SendReply,
    /// Point 2: the status of an immediate order that filled in part.
    pub partial_status: PartialStatus,
    /// Point 3: `status` of a transaction that was refused when it was executed.
    pub refused_tx: RefusedTx,
    /// Point 6: a transaction that reached its `ExpiredAt` in the queue.
    pub expired_nonce: ExpiredNonce,
    /// Point 7: a client order index of an order that has ended.
    pub ended_client_index: EndedClientIndex,
    /// Point 8: a schedule while one stands.
    pub second_schedule: SecondSchedule,
    /// Point 9: a running subscription whose token expires.
    pub expired_token: ExpiredToken,
    /// Point 10: what a position update carries.
    pub position_update: PositionUpdate,
    /// Point 11: an order with the volume quota at zero.
    pub quota_exhausted: QuotaExhausted,
    /// Point 12: when an executed transaction becomes final.
    pub final_status: FinalStatus,
    /// Point 13: the order of frames on different private channels.
    pub channel_order: ChannelOrder,
    /// Point 14: the unit of `timestamp`, `created_at` and `updated_at` of an order.
    pub order_time: OrderTime,
    /// Point 17: the HTTP status of a limit.
    pub limit_status: LimitStatus,
}

/// Point 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SendReply {
    /// The recorded shapes.
    #[default]
    Recorded,
    /// Executed, never answered.
    Silent,
    /// Answered after this many milliseconds.
    Late(i64),
    /// Refusals without the id of the request.
    RefusalWithoutId,
    /// Refusals with code and message at the top level.
    RefusalAtTopLevel,
}

/// Point 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartialStatus {
    /// The name of what stopped it.
    #[default]
    ByCause,
    /// Plain `canceled`.
    Canceled,
}

/// Point 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefusedTx {
    /// Executed (2) with the refusal in `ae`.
    #[default]
    Executed,
    /// Failed (0) with the refusal in `ae`.
    Failed,
}

/// Point 6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpiredNonce {
    /// The nonce can be used again.
    #[default]
    Kept,
    /// The nonce is spent.
    Spent,
}

/// Point 7.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndedClientIndex {
    /// Free again.
    #[default]
    Accepted,
    /// Refused as long as the order is remembered.
    Refused,
}

/// Point 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondSchedule {
    /// The later one counts.
    #[default]
    Replaces,
    /// Refused with 21712.
    Refused,
}

/// Point 9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpiredToken {
    /// The subscription goes on.
    #[default]
    Ignored,
    /// The connection is closed.
    Cuts,
}

/// Point 10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PositionUpdate {
    /// The markets that changed.
    #[default]
    Changed,
    /// Every market.
    Whole,
}

/// Point 11.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuotaExhausted {
    /// Refused with 23000.
    #[default]
    Refused,
    /// Executed at the next free transaction.
    Delayed,
}

/// Point 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalStatus {
    /// After this many milliseconds.
    After(i64),
    /// Never.
    Never,
}

impl Default for FinalStatus {
    fn default() -> Self {
        Self::After(30_000)
    }
}

/// Point 13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Every private channel lags by a random time below this many milliseconds; each keeps its own order.
    ShuffledWithin(i64),
    /// As the events happened.
    Kept,
}

impl Default for ChannelOrder {
    fn default() -> Self {
        Self::ShuffledWithin(5)
    }
}

/// Point 14.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderTime {
    /// Unix seconds.
    #[default]
    Seconds,
    /// Unix milliseconds.
    Millis,
}

/// Point 17.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitStatus {
    /// 429 with a JSON body.
    #[default]
    TooManyRequests,
    /// 405 of the firewall, not JSON.
    Firewall,
}
