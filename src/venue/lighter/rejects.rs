//! Lighter's refusal codes: what each says and what helps (lighter.md 2.6). One table, for sends and verdicts alike.

use super::wire::reply::ApiRefusal;
use crate::venue::{Reaction, Refusal};

/// Code range, what helps, and a hint that is added where the venue's own words are too short for a stranger.
type Row = (i64, i64, Reaction, &'static str);

const TABLE: &[Row] = &[
    (20001, 20001, Reaction::Unknown, "a parameter the venue does not take"),
    (20013, 20013, Reaction::Reauthenticate, "the auth token was refused"),
    (21100, 21102, Reaction::Stop, "check LIGHTER_ACCOUNT_INDEX"),
    (21104, 21104, Reaction::ResyncNonce, "the nonce is read again"),
    (
        21108,
        21110,
        Reaction::Stop,
        "the key is not registered in this slot: check API_KEY_PRIVATE_KEY and LIGHTER_API_KEY_INDEX",
    ),
    (21111, 21112, Reaction::Margin, "the account is close to or in liquidation"),
    (21120, 21120, Reaction::Stop, "wrong key or wrong LIGHTER_CHAIN_ID"),
    (
        21122,
        21122,
        Reaction::VenueClosed,
        "a scheduled cancel-all is due; the venue blocks orders until it ran",
    ),
    (21136, 21136, Reaction::Stop, "the venue demands a newer client"),
    (21147, 21149, Reaction::Stop, "integrator settings"),
    (21301, 21301, Reaction::Margin, "not enough collateral"),
    (21506, 21506, Reaction::BackOff, "too many pending transactions"),
    (21507, 21508, Reaction::Margin, "below the margin requirement"),
    (21600, 21600, Reaction::Unknown, "the order has already ended"),
    (21601, 21601, Reaction::BackOff, "the book takes no more orders"),
    (21602, 21603, Reaction::ReloadMarket, "the market rules have changed"),
    (21605, 21605, Reaction::VenueClosed, "the market is not trading"),
    (21700, 21700, Reaction::Unknown, "the venue does not know the order"),
    (21701, 21702, Reaction::ReloadMarket, "size or price do not fit the market"),
    (21706, 21706, Reaction::ReloadMarket, "size or value do not fit the market"),
    (21711, 21711, Reaction::Unknown, "the expiry was refused: check the computer's clock"),
    (21715, 21715, Reaction::Unknown, "the order has already ended"),
    (21717, 21720, Reaction::BackOff, "too many orders"),
    (21732, 21732, Reaction::ReadPosition, "nothing to reduce"),
    (21733, 21735, Reaction::Reprice, "the price is outside the venue's band"),
    (21738, 21738, Reaction::ReadPosition, "nothing to reduce in this direction"),
    (21739, 21739, Reaction::Margin, "not enough margin for the order"),
    (21740, 21740, Reaction::ReadPosition, "reduce-only mode"),
    (23000, 23004, Reaction::BackOff, "too many requests"),
    (29404, 29404, Reaction::Stop, "check LIGHTER_ACCOUNT_INDEX"),
    (62007, 62007, Reaction::Stop, "the API key slot is restricted to maker orders: use another slot"),
];

/// Our own codes, for orders that never left. Lower case, as the venue's are numbers.
pub mod local {
    /// Not ready, or the order cannot be written.
    pub const NOT_SENT: &str = "not sent";
    /// The budget of requests is used up.
    pub const RATE_LIMIT: &str = "local rate limit";
    /// The clocks disagree too far for bounded validity.
    pub const CLOCK: &str = "clock";
}

fn row(code: i64) -> Option<&'static Row> {
    TABLE.iter().find(|(first, last, ..)| (*first..=*last).contains(&code))
}

/// The venue's refusal in the coordinator's terms.
pub fn refusal(refused: &ApiRefusal) -> Refusal {
    let found = refused.code.and_then(row);
    let reaction = found.map_or(Reaction::Unknown, |(.., reaction, _)| *reaction);
    let hint = found.map_or("", |(.., hint)| hint);
    let text = match (refused.message.is_empty(), hint.is_empty()) {
        (false, false) => format!("{}: {hint}", refused.message),
        (false, true) => refused.message.clone(),
        (true, false) => hint.to_owned(),
        (true, true) => "the venue gave no reason".to_owned(),
    };
    let code = refused.code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
    Refusal { code, text, reaction }
}

/// A refusal of ours: the order did not leave.
pub fn not_sent(code: &str, reaction: Reaction, text: impl Into<String>) -> Refusal {
    Refusal { code: code.to_owned(), text: text.into(), reaction }
}

/// Whether the code leaves the outcome of a send open: an internal error or a timeout at the venue (29xxx but 29404).
pub fn proves_nothing(code: Option<i64>) -> bool {
    code.is_none_or(|code| (29_000..30_000).contains(&code) && code != 29_404)
}

/// Whether an error frame without an id can be about a send at all: 30xxx and others are about the socket.
pub fn may_concern_a_send(code: Option<i64>) -> bool {
    matches!(code, Some(20_000..22_000 | 23_000..24_000 | 29_000..30_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaction(code: i64) -> Reaction {
        refusal(&ApiRefusal::new(Some(code), "words of the venue")).reaction
    }

    #[test]
    fn each_documented_code_has_its_way_out() {
        for (code, expected) in [
            (20013, Reaction::Reauthenticate),
            (21104, Reaction::ResyncNonce),
            (21120, Reaction::Stop),
            (21109, Reaction::Stop),
            (62007, Reaction::Stop),
            (21301, Reaction::Margin),
            (21739, Reaction::Margin),
            (21732, Reaction::ReadPosition),
            (21738, Reaction::ReadPosition),
            (21733, Reaction::Reprice),
            (21706, Reaction::ReloadMarket),
            (21605, Reaction::VenueClosed),
            (23000, Reaction::BackOff),
            (23004, Reaction::BackOff),
            (99999, Reaction::Unknown),
            (23005, Reaction::Unknown),
        ] {
            assert_eq!(reaction(code), expected, "{code}");
        }
    }

    #[test]
    fn the_report_keeps_the_code_and_the_words_of_the_venue() {
        let shown = refusal(&ApiRefusal::new(Some(21120), "invalid signature")).to_string();
        assert_eq!(shown, "invalid signature: wrong key or wrong LIGHTER_CHAIN_ID (21120)");
        assert_eq!(refusal(&ApiRefusal::new(None, "")).to_string(), "the venue gave no reason (no code)");
    }

    #[test]
    fn no_code_stands_in_two_rows() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].0 <= pair[0].1 && pair[0].1 < pair[1].0, "{pair:?}");
        }
    }

    #[test]
    fn internal_errors_prove_nothing() {
        assert!(proves_nothing(Some(29_500)) && proves_nothing(Some(29_501)) && proves_nothing(None));
        assert!(!proves_nothing(Some(29_404)) && !proves_nothing(Some(21_104)));
        assert!(!may_concern_a_send(Some(30_003)) && !may_concern_a_send(None));
    }
}
