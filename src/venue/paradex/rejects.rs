//! One table from Paradex's refusals to what helps (paradex.md 2.1, 4.3, 5). Unknown codes get no retry.

use super::wire::{RestError, RpcError};
use crate::venue::{Reaction, Refusal};

/// Words of REST errors, of JSON-RPC `data`, and of cancel reasons that say an order never lived.
const TABLE: &[(&str, Reaction)] = &[
    ("NOT_ENOUGH_MARGIN", Reaction::Margin),
    ("REDUCE_ONLY_WILL_INCREASE", Reaction::ReadPosition),
    ("REDUCE_ONLY_WILL_DECREASE", Reaction::ReadPosition),
    ("ORDER_SIZE_BELOW_MIN", Reaction::ReloadMarket),
    ("INVALID_ORDER_SIZE", Reaction::ReloadMarket),
    ("INVALID_SYMBOL", Reaction::Stop),
    ("MARKET_NOT_FOUND", Reaction::Stop),
    ("MARKET_NOT_OPEN", Reaction::VenueClosed),
    ("MARKET_MARGIN_RESTRICTED", Reaction::VenueClosed),
    ("SYSTEM_STATUS_POST_ONLY", Reaction::VenueClosed),
    ("SYSTEM_STATUS_CANCEL_ONLY", Reaction::VenueClosed),
    ("SERVICE_UNAVAILABLE", Reaction::VenueClosed),
    ("NO_ACCESS_TO_MARKET", Reaction::Stop),
    ("RATE_LIMIT_EXCEEDED", Reaction::BackOff),
    ("MAX_OPEN_ORDERS_REACHED", Reaction::BackOff),
    ("TOKEN_LIMIT_REACHED", Reaction::BackOff),
    ("ONBOARDING_RATE_LIMITED", Reaction::BackOff),
    ("INVALID_TOKEN", Reaction::Reauthenticate),
    ("UNAUTHORIZED_ERROR", Reaction::Reauthenticate),
    ("INVALID_STARKNET_ADDRESS", Reaction::Stop),
    ("INVALID_STARKNET_SIGNATURE", Reaction::Stop),
    ("STARKNET_SIGNATURE_VERIFICATION_FAILED", Reaction::Stop),
    ("INVALID_ORDER_SIGNATURE", Reaction::Stop),
    ("PUBLIC_KEY_INVALID", Reaction::Stop),
    ("INVALID_SUBKEY", Reaction::Stop),
    ("NOT_ONBOARDED", Reaction::Stop),
    ("ACCOUNT_NOT_FOUND", Reaction::Stop),
    ("GEO_IP_BLOCK", Reaction::Stop),
    ("IP_NOT_ALLOWED", Reaction::Stop),
];

/// The table's entry for the first known word in `text`; words are compared whole.
fn reaction_in(text: &str) -> Option<Reaction> {
    words(text).find_map(|word| TABLE.iter().find(|(known, _)| *known == word)).map(|(_, found)| *found)
}

/// The venue's code words in a text.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(move |c| !is_word(c))
}

/// Refusal of a JSON-RPC request.
pub fn of_rpc(error: &RpcError) -> Refusal {
    let text = if error.data.is_empty() {
        error.message.clone()
    } else {
        format!("{}: {}", error.message, error.data)
    };
    let reaction = match error.code {
        42901 => Reaction::BackOff,
        40110 | 40111 | 40300 => Reaction::Reauthenticate,
        40112 => Reaction::Stop,
        _ => reaction_in(&text).unwrap_or(Reaction::Unknown),
    };
    Refusal { code: error.code.to_string(), text, reaction }
}

/// Whether an error leaves open what became of an order: an internal error may come after it was taken, and a duplicate
/// means that the first one arrived.
pub fn proves_nothing(error: &RpcError) -> bool {
    const OPEN: [&str; 2] = ["INTERNAL_ERROR", "DUPLICATED_CLIENT_ID"];
    let text = format!("{} {}", error.message, error.data);
    error.code == -32603 || words(&text).any(|word| OPEN.contains(&word))
}

/// Refusal of a REST request.
pub fn of_rest(status: u16, error: &RestError) -> Refusal {
    let reaction = match status {
        401 => Reaction::Reauthenticate,
        429 => Reaction::BackOff,
        _ => reaction_in(&error.error).unwrap_or(Reaction::Unknown),
    };
    let code = if error.error.is_empty() { format!("HTTP {status}") } else { error.error.clone() };
    let text = if error.message.is_empty() { "no explanation".to_owned() } else { error.message.clone() };
    Refusal { code, text, reaction }
}

/// Whether an order that ended unfilled was in truth refused, by its cancel reason.
pub fn of_cancel_reason(reason: &str) -> Option<Refusal> {
    let reaction = reaction_in(reason)?;
    Some(Refusal { code: reason.to_owned(), text: "the order was closed at once".to_owned(), reaction })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rpc(code: i64, data: &str) -> Reaction {
        of_rpc(&RpcError { code, message: "order refused".to_owned(), data: data.to_owned() }).reaction
    }

    #[test]
    fn known_words_are_found_wherever_the_venue_puts_them() {
        assert_eq!(rpc(100, "NOT_ENOUGH_MARGIN"), Reaction::Margin);
        assert_eq!(rpc(100, r#"{"error":"INVALID_ORDER_SIGNATURE"}"#), Reaction::Stop);
        assert_eq!(rpc(42901, ""), Reaction::BackOff);
        assert_eq!(rpc(100, "SOMETHING_NEW"), Reaction::Unknown);
        assert_eq!(rpc(100, "NOT_ENOUGH_MARGIN_SOON"), Reaction::Unknown);
    }

    #[test]
    fn an_internal_error_and_a_duplicate_leave_the_outcome_open() {
        let error =
            |code, data: &str| RpcError { code, message: "method error".to_owned(), data: data.to_owned() };
        assert!(proves_nothing(&error(-32603, "")) && proves_nothing(&error(100, "INTERNAL_ERROR")));
        assert!(proves_nothing(&error(100, r#"{"error":"DUPLICATED_CLIENT_ID"}"#)));
        assert!(!proves_nothing(&error(100, "NOT_ENOUGH_MARGIN")));
    }

    #[test]
    fn an_ordinary_cancel_reason_is_not_a_refusal() {
        assert!(of_cancel_reason("").is_none() && of_cancel_reason("USER_CANCELED").is_none());
        assert!(of_cancel_reason("REDUCE_ONLY_WILL_INCREASE").is_some());
    }
}
