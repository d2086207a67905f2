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
    let is_word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.split(|c| !is_word(c))
        .find_map(|word| TABLE.iter().find(|(known, _)| *known == word))
        .map(|(_, found)| *found)
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
    fn an_ordinary_cancel_reason_is_not_a_refusal() {
        assert!(of_cancel_reason("").is_none() && of_cancel_reason("USER_CANCELED").is_none());
        assert!(of_cancel_reason("REDUCE_ONLY_WILL_INCREASE").is_some());
    }
}
