//! `0x…` texts of at most 32 bytes, read into memory that is wiped: half of them are private keys.
//! Not a number type: the reader decides which values are in range.

use zeroize::Zeroizing;

/// Why a text is not a `0x` number of 256 bits. Never holds the text: it may be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexTextError {
    /// The leading `0x` is missing.
    #[error("it must start with 0x")]
    NoPrefix,
    /// Nothing but the `0x`.
    #[error("there are no digits after 0x")]
    NoDigits,
    /// A character that is no hexadecimal digit.
    #[error("character {position} is not a hexadecimal digit")]
    NotHex {
        /// Which character of the text, counted from 1.
        position: usize,
    },
    /// More than 64 digits.
    #[error("it has more than 64 digits after 0x")]
    TooLong,
}

/// A number of up to 256 bits as 32 big-endian bytes; leading zeros may be left out, as the official clients do.
pub(super) fn read_hex(text: &str) -> Result<Zeroizing<[u8; 32]>, HexTextError> {
    let digits = text.strip_prefix("0x").ok_or(HexTextError::NoPrefix)?;
    let mut value = Zeroizing::new([0; 32]);
    if digits.is_empty() {
        return Err(HexTextError::NoDigits);
    }
    if digits.len() > 64 {
        return Err(HexTextError::TooLong);
    }
    for (index, character) in digits.chars().enumerate() {
        let nibble = character.to_digit(16).ok_or(HexTextError::NotHex { position: index + 3 })?;
        let place = 64 - digits.len() + index;
        // A nibble is below 16, so it fits a byte.
        value[place / 2] |= (nibble as u8) << if place % 2 == 0 { 4 } else { 0 };
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_number_of_digits_is_read_from_the_right() {
        let mut expected = [0; 32];
        expected[30..].copy_from_slice(&[0x0a, 0xbc]);
        assert_eq!(*read_hex("0xabc").expect("a number"), expected);
        assert_eq!(*read_hex("0xABC").expect("a number"), expected);
    }

    #[test]
    fn what_is_wrong_with_a_text_is_said_without_repeating_it() {
        assert_eq!(read_hex("1234"), Err(HexTextError::NoPrefix));
        assert_eq!(read_hex("0X12"), Err(HexTextError::NoPrefix));
        assert_eq!(read_hex("0x"), Err(HexTextError::NoDigits));
        assert_eq!(read_hex("0x12g4"), Err(HexTextError::NotHex { position: 5 }));
        assert_eq!(read_hex("0x12é"), Err(HexTextError::NotHex { position: 5 }));
        assert_eq!(read_hex(&format!("0x{}", "0".repeat(65))), Err(HexTextError::TooLong));
    }
}
