//! Our own text of `order.create` once it is written: read back as a stranger would read it, and its one part that still changes.

use crate::domain::{ClientOrderId, Price, Qty, Side};
use crate::signing::stark::Signature;
use serde::Deserialize;
use std::ops::Range;
use std::time::Duration;

/// What a text of ours says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateOrder {
    /// JSON-RPC id.
    pub id: u64,
    /// Market.
    pub market: String,
    /// Direction.
    pub side: Side,
    /// Size.
    pub size: Qty,
    /// Limit price.
    pub price: Price,
    /// Our id.
    pub cid: ClientOrderId,
    /// Whether it may only reduce a position.
    pub reduce_only: bool,
    /// `recv_window`.
    pub valid_for: Duration,
    /// `signature_timestamp`, ms.
    pub timestamp_ms: u64,
    /// Over market, side, type, size, price and timestamp.
    pub signature: Signature,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    jsonrpc: String,
    id: u64,
    method: String,
    params: Params,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    market: String,
    side: String,
    r#type: String,
    size: String,
    price: String,
    instruction: String,
    client_id: String,
    flags: Vec<String>,
    recv_window: u64,
    signature_timestamp: u64,
    signature: String,
}

/// Reads a text made by [`super::order_create`]. `None` for anything that is not an immediate-or-cancel limit of ours.
pub fn read_order_create(text: &str) -> Option<CreateOrder> {
    let Request { jsonrpc, id, method, params } = serde_json::from_str(text).ok()?;
    let kind = [&jsonrpc, &method, &params.r#type, &params.instruction];
    if kind != ["2.0", "order.create", "LIMIT", "IOC"] {
        return None;
    }
    let side = match params.side.as_str() {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return None,
    };
    let reduce_only = match params.flags.as_slice() {
        [] => false,
        [flag] if flag == "REDUCE_ONLY" => true,
        _ => return None,
    };
    Some(CreateOrder {
        id,
        market: params.market,
        side,
        size: params.size.parse().ok()?,
        price: params.price.parse().ok()?,
        cid: ClientOrderId::from_text(&params.client_id)?,
        reduce_only,
        valid_for: Duration::from_millis(params.recv_window),
        timestamp_ms: params.signature_timestamp,
        signature: Signature::from_wire(&params.signature).ok()?,
    })
}

/// Where the number of `recv_window` stands in such a text. It is the only part that is neither signed nor known ahead.
pub fn recv_window_place(text: &str) -> Option<Range<usize>> {
    const KEY: &str = r#""recv_window":"#;
    let start = text.find(KEY)? + KEY.len();
    let digits = text[start..].bytes().take_while(u8::is_ascii_digit).count();
    Some(start..start + digits)
}

/// Appends a duration as `recv_window` is written. Asks for memory only where the text is full.
pub fn push_millis(text: &mut String, duration: Duration) {
    let mut digits = [0; 20];
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut begin = digits.len();
    // Twenty digits hold every 64-bit number.
    for digit in digits.iter_mut().rev() {
        (*digit, rest, begin) = (b'0' + (rest % 10) as u8, rest / 10, begin - 1);
        if rest == 0 {
            break;
        }
    }
    digits[begin..].iter().for_each(|digit| text.push(char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{OrderIntent, Purpose, Venue};
    use crate::signing::stark::Felt;
    use crate::venue::paradex::wire::order_create;
    use proptest::prelude::*;

    fn intent(cid: u64, qty: i64, bound: i64, sells: bool, purpose: usize, window: u64) -> OrderIntent {
        OrderIntent {
            cid: ClientOrderId::from_number(cid).expect("in range"),
            venue: Venue::Paradex,
            purpose: Purpose::ALL[purpose],
            side: if sells { Side::Sell } else { Side::Buy },
            qty: Qty::from_units(qty),
            bound: Price::from_units(bound),
            valid_for: Duration::from_millis(window),
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_and_the_window_alone_can_be_changed(
            id in any::<u64>(), cid in 1u64..1 << 48, qty in 1i64.., bound in 1i64.., sells in any::<bool>(),
            purpose in 0usize..4, window in 1u64..1_000_000, later in any::<u64>(), at in any::<u64>(),
        ) {
            let intent = intent(cid, qty, bound, sells, purpose, window);
            let signature = Signature { r: Felt::from(id), s: Felt::from(at) };
            let mut text = order_create(id, &intent, "BTC-USD-PERP", at, &signature);
            let order = read_order_create(&text).expect("ours");
            let expected = CreateOrder {
                id,
                market: "BTC-USD-PERP".to_owned(),
                side: intent.side,
                size: intent.qty,
                price: intent.bound,
                cid: intent.cid,
                reduce_only: intent.purpose != Purpose::Open,
                valid_for: intent.valid_for,
                timestamp_ms: at,
                signature,
            };
            prop_assert_eq!(&order, &expected);
            let place = recv_window_place(&text).expect("a place");
            let tail = text.split_off(place.start).split_off(place.len());
            push_millis(&mut text, Duration::from_millis(later));
            text.push_str(&tail);
            let valid_for = Duration::from_millis(later);
            prop_assert_eq!(read_order_create(&text), Some(CreateOrder { valid_for, ..expected }));
        }
    }

    #[test]
    fn what_is_no_order_of_ours_is_not_read_as_one() {
        let signature = Signature { r: Felt::ONE, s: Felt::TWO };
        let text = order_create(1, &intent(1, 5, 7, false, 0, 2_000), "BTC-USD-PERP", 9, &signature);
        assert!(read_order_create(&text).is_some());
        for (from, to) in [
            ("IOC", "GTC"),
            ("LIMIT", "MARKET"),
            ("\"BUY\"", "\"BOTH\""),
            ("order.create", "order.modify"),
            ("[]", "[\"POST_ONLY\"]"),
            ("\"market\"", "\"stp\":null,\"market\""),
            ("hf0", "xx0"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            assert_eq!(read_order_create(&other), None, "{other}");
        }
    }
}
