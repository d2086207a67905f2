//! What the venue says no with: one table of codes, their HTTP status and the reader's text (paradex.md 2.1, 5).

use crate::sim::service::Response;
use serde_json::json;

/// Codes of refused requests; the names are the codes of paradex.md 2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    ValidationError,
    BindingError,
    NotFound,
    MethodNotAllowed,
    InvalidRequestParameter,
    OrderIdNotFound,
    ClientOrderIdNotFound,
    OrderIsClosed,
    OrderIsNotOpen,
    InvalidOrderSize,
    DuplicatedClientId,
    InvalidToken,
    Unauthorized,
    InvalidStarknetAddress,
    InvalidStarknetSignature,
    SignatureVerificationFailed,
    NotOnboarded,
    InvalidTimestamp,
    InvalidBlockExpiration,
    InvalidOrderSignature,
    PublicKeyInvalid,
    InvalidSubkey,
    MarketNotFound,
    BatchSizeOutOfRange,
    RpiNotWhitelisted,
    MaxOpenOrders,
    StatusPostOnly,
    StatusCancelOnly,
    ServiceUnavailable,
    RateLimited,
}

impl Code {
    /// The code as it stands in `error`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ValidationError => "VALIDATION_ERROR",
            Self::BindingError => "BINDING_ERROR",
            Self::NotFound => "NOT_FOUND",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::InvalidRequestParameter => "INVALID_REQUEST_PARAMETER",
            Self::OrderIdNotFound => "ORDER_ID_NOT_FOUND",
            Self::ClientOrderIdNotFound => "CLIENT_ORDER_ID_NOT_FOUND",
            Self::OrderIsClosed => "ORDER_IS_CLOSED",
            Self::OrderIsNotOpen => "ORDER_IS_NOT_OPEN",
            Self::InvalidOrderSize => "INVALID_ORDER_SIZE",
            Self::DuplicatedClientId => "DUPLICATED_CLIENT_ID",
            Self::InvalidToken => "INVALID_TOKEN",
            Self::Unauthorized => "UNAUTHORIZED_ERROR",
            Self::InvalidStarknetAddress => "INVALID_STARKNET_ADDRESS",
            Self::InvalidStarknetSignature => "INVALID_STARKNET_SIGNATURE",
            Self::SignatureVerificationFailed => "STARKNET_SIGNATURE_VERIFICATION_FAILED",
            Self::NotOnboarded => "NOT_ONBOARDED",
            Self::InvalidTimestamp => "INVALID_TIMESTAMP",
            Self::InvalidBlockExpiration => "INVALID_BLOCK_EXPIRATION",
            Self::InvalidOrderSignature => "INVALID_ORDER_SIGNATURE",
            Self::PublicKeyInvalid => "PUBLIC_KEY_INVALID",
            Self::InvalidSubkey => "INVALID_SUBKEY",
            Self::MarketNotFound => "MARKET_NOT_FOUND",
            Self::BatchSizeOutOfRange => "BATCH_SIZE_OUT_OF_RANGE",
            Self::RpiNotWhitelisted => "RPI_ACCOUNT_NOT_WHITELISTED",
            Self::MaxOpenOrders => "MAX_OPEN_ORDERS_REACHED",
            Self::StatusPostOnly => "SYSTEM_STATUS_POST_ONLY",
            Self::StatusCancelOnly => "SYSTEM_STATUS_CANCEL_ONLY",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::RateLimited => "RATE_LIMIT_EXCEEDED",
        }
    }

    /// The HTTP status it travels with; 400 for most.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidToken | Self::Unauthorized => 401,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RateLimited => 429,
            Self::ServiceUnavailable => 503,
            _ => 400,
        }
    }
}

/// One refusal: the code and what was wrong with this request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.word())]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// A refusal with its explanation.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The REST error answer.
    pub fn response(&self) -> Response {
        Response::json(self.code.status(), &self.body())
    }

    /// `{"error":…,"message":…,"data":null}`.
    pub fn body(&self) -> serde_json::Value {
        json!({"error": self.code.word(), "message": self.message, "data": null})
    }
}
