//! Texts as field elements: `0x` numbers, decimal numbers and short strings (paradex.md 3.1).
//! Values beyond the field are refused; reducing them silently would sign something else than was written.

use crate::signing::hex_text::{HexTextError, read_hex};
use starknet_crypto::Felt;

/// Longest text that fits one field element.
const SHORT_STRING_BYTES_MAX: usize = 31;

/// Why a text is not a field element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeltTextError {
    /// Not a `0x` number.
    #[error("not a hexadecimal number: {0}")]
    Hex(#[from] HexTextError),
    /// Not a plain decimal integer.
    #[error("not a decimal integer")]
    NotDecimal,
    /// At or above the field's prime, about 2^251.
    #[error("the number does not fit a field element (about 2^251)")]
    TooLarge,
    /// More than 31 bytes of text.
    #[error("the text is longer than 31 characters")]
    TooLong,
    /// A short string is ASCII.
    #[error("the text has characters outside ASCII")]
    NotAscii,
}

/// A field element from its canonical big-endian bytes.
pub(super) fn felt_from_bytes(bytes: &[u8; 32]) -> Result<Felt, FeltTextError> {
    let felt = Felt::from_bytes_be(bytes);
    if felt.to_bytes_be() == *bytes { Ok(felt) } else { Err(FeltTextError::TooLarge) }
}

/// Reads `0x` and 1 to 64 hexadecimal digits; padding with zeros makes no difference.
pub fn felt_from_hex(text: &str) -> Result<Felt, FeltTextError> {
    felt_from_bytes(&*read_hex(text)?)
}

/// Reads an unsigned decimal integer of any length.
pub fn felt_from_decimal(text: &str) -> Result<Felt, FeltTextError> {
    if text.is_empty() {
        return Err(FeltTextError::NotDecimal);
    }
    let mut bytes = [0u8; 32];
    for digit in text.bytes() {
        if !digit.is_ascii_digit() {
            return Err(FeltTextError::NotDecimal);
        }
        let mut carry = u16::from(digit - b'0');
        for byte in bytes.iter_mut().rev() {
            let [high, low] = (u16::from(*byte) * 10 + carry).to_be_bytes();
            (*byte, carry) = (low, u16::from(high));
        }
        if carry != 0 {
            return Err(FeltTextError::TooLarge);
        }
    }
    felt_from_bytes(&bytes)
}

/// A short string: the ASCII bytes as one big-endian number. The empty text is 0, `1` is 0x31.
pub fn short_string(text: &str) -> Result<Felt, FeltTextError> {
    if !text.is_ascii() {
        return Err(FeltTextError::NotAscii);
    }
    if text.len() > SHORT_STRING_BYTES_MAX {
        return Err(FeltTextError::TooLong);
    }
    Ok(Felt::from_bytes_be_slice(text.as_bytes()))
}

/// A text value of typed data: what looks like a number is that number, anything else a short string.
pub fn felt_from_text(text: &str) -> Result<Felt, FeltTextError> {
    if text.starts_with("0x") {
        felt_from_hex(text)
    } else if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        felt_from_decimal(text)
    } else {
        short_string(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRIME_HEX: &str = "0x800000000000011000000000000000000000000000000000000000000000001";
    const PRIME_DECIMAL: &str =
        "3618502788666131213697322783095070105623107215331596699973092056135872020481";

    #[test]
    fn the_prime_itself_does_not_fit_and_the_number_below_it_does() {
        assert_eq!(felt_from_hex(PRIME_HEX), Err(FeltTextError::TooLarge));
        assert_eq!(felt_from_decimal(PRIME_DECIMAL), Err(FeltTextError::TooLarge));
        let below = PRIME_DECIMAL.replace("20481", "20480");
        assert_eq!(felt_from_decimal(&below), Ok(Felt::MAX));
        assert_eq!(felt_from_decimal(&"9".repeat(78)), Err(FeltTextError::TooLarge));
        assert_eq!(felt_from_decimal(&"9".repeat(400)), Err(FeltTextError::TooLarge));
    }

    #[test]
    fn a_text_value_is_a_number_only_when_all_of_it_is() {
        assert_eq!(felt_from_text(""), Ok(Felt::ZERO));
        assert_eq!(felt_from_text("12"), Ok(Felt::from(12u8)));
        assert_eq!(felt_from_text("0x12"), Ok(Felt::from(0x12u8)));
        assert_eq!(felt_from_text("12a"), short_string("12a"));
        assert_eq!(felt_from_text("-1"), short_string("-1"));
        assert_eq!(felt_from_text("0xzz"), Err(FeltTextError::Hex(HexTextError::NotHex { position: 3 })));
        assert_eq!(short_string("1"), Ok(Felt::from(0x31u8)));
    }

    #[test]
    fn short_strings_end_at_31_ascii_characters() {
        assert!(short_string(&"A".repeat(31)).is_ok());
        assert_eq!(short_string(&"A".repeat(32)), Err(FeltTextError::TooLong));
        assert_eq!(short_string("BTC\u{e9}"), Err(FeltTextError::NotAscii));
    }

    proptest! {
        #[test]
        fn decimal_and_hexadecimal_texts_name_the_same_felt(bytes in any::<[u8; 32]>()) {
            let felt = Felt::from_bytes_be(&bytes);
            prop_assert_eq!(felt_from_decimal(&felt.to_string()), Ok(felt));
            prop_assert_eq!(felt_from_hex(&format!("{felt:#x}")), Ok(felt));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,80}") {
            let _ = (felt_from_text(&text), felt_from_decimal(&text), felt_from_hex(&text));
        }
    }
}
