//! Private and public keys: their text forms and the one place that holds the private bytes (lighter.md 3.5).

use super::curve::Point;
use super::quintic::Quintic;
use super::scalar::Scalar;
use crate::domain::SecretBytes;
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a key text is no key. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// Too short, too long or empty.
    #[error(
        "a Lighter key has 80 hexadecimal digits, optionally after 0x; this text has {digits}: check that it was copied whole"
    )]
    Length {
        /// Characters found, the `0x` not counted.
        digits: usize,
    },
    /// A character that is no digit.
    #[error(
        "a Lighter key has hexadecimal digits only; character {position} is none: check for blanks and quotes"
    )]
    NotHex {
        /// Position of the first wrong character, from 1, the `0x` not counted.
        position: usize,
    },
    /// A private key congruent to zero.
    #[error(
        "this Lighter private key is zero: anyone could sign for it, so it signs nothing; generate another key"
    )]
    Zero,
}

/// A public key: the encoding of a point, 40 bytes as the venue lists and hashes them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; Quintic::BYTES]);

impl PublicKey {
    /// Reads 80 hexadecimal digits, `0x` optional. Any 40 bytes are taken; whether they encode a point shows in use.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        decode_hex(text).map(Self)
    }

    /// The bytes as five field elements, reduced: their form in a transaction hash.
    pub fn to_quintic(self) -> Quintic {
        Quintic::from_le_bytes(&self.0)
    }
}

/// 80 lower-case hexadecimal digits without 0x, as the venue lists them.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A private key that can sign. Its bytes are wiped on drop and never printed.
#[derive(Clone, Debug)]
pub struct SchnorrKey {
    secret: SecretBytes<{ Scalar::BYTES }>,
    public: PublicKey,
}

impl SchnorrKey {
    /// Reads 80 hexadecimal digits, `0x` optional, little-endian bytes. Values from the group order upward are reduced,
    /// as the official reader does.
    ///
    /// Errors: malformed text, and the key zero, whose signatures anyone could forge.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let scalar = parse_scalar(text)?;
        if *scalar == Scalar::ZERO {
            return Err(KeyError::Zero);
        }
        Ok(Self { secret: SecretBytes::new(scalar.to_le_bytes()), public: public_key_of(&scalar) })
    }

    /// The public key, derived when the key was read.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    /// The private scalar, wiped on drop.
    pub(super) fn scalar(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(Scalar::from_le_bytes(self.secret.expose()))
    }
}

/// The public key of a private key text, even of the key zero, which [`SchnorrKey`] refuses: for checking what a venue lists.
pub fn derive_public_key(private_key: &str) -> Result<PublicKey, KeyError> {
    parse_scalar(private_key).map(|scalar| public_key_of(&scalar))
}

fn public_key_of(scalar: &Scalar) -> PublicKey {
    PublicKey(Point::mul_generator(scalar).encode().to_le_bytes())
}

fn parse_scalar(text: &str) -> Result<Zeroizing<Scalar>, KeyError> {
    let bytes = Zeroizing::new(decode_hex(text)?);
    Ok(Zeroizing::new(Scalar::from_le_bytes(&bytes)))
}

fn decode_hex(text: &str) -> Result<[u8; 40], KeyError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if let Some(index) = digits.chars().position(|c| !c.is_ascii_hexdigit()) {
        return Err(KeyError::NotHex { position: index + 1 });
    }
    let mut bytes = [0; 40];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyError::Length { digits: digits.len() })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "01000000000000000000000000000000000000000000000000000000000000000000000000000000";

    #[test]
    fn the_prefix_and_upper_case_change_nothing() {
        let text = ONE.replacen("01", "aB", 1);
        let plain = SchnorrKey::parse(&text).expect("a key").public_key();
        let prefixed = SchnorrKey::parse(&format!("0x{}", text.to_uppercase())).expect("a key").public_key();
        assert_eq!(plain, prefixed);
        assert_eq!(PublicKey::parse(&plain.to_string()), Ok(plain));
    }

    #[test]
    fn malformed_texts_are_refused_with_the_reason() {
        let parse = |text: &str| SchnorrKey::parse(text).map(|_| ()).expect_err(text);
        assert_eq!(parse(""), KeyError::Length { digits: 0 });
        assert_eq!(parse("0x"), KeyError::Length { digits: 0 });
        assert_eq!(parse(&ONE[1..]), KeyError::Length { digits: 79 });
        assert_eq!(parse(&format!("{ONE}00")), KeyError::Length { digits: 82 });
        assert_eq!(parse(&ONE.replacen('1', "g", 1)), KeyError::NotHex { position: 2 });
        assert_eq!(parse(&format!("{ONE} ")), KeyError::NotHex { position: 81 });
        assert_eq!(parse(&format!("0x0x{ONE}")), KeyError::NotHex { position: 2 });
        assert_eq!(parse(&"é".repeat(40)), KeyError::NotHex { position: 1 });
    }

    #[test]
    fn zero_signs_nothing_under_any_of_its_names() {
        let order = hex::encode((Scalar::ZERO - Scalar::from_u64(1)).to_le_bytes()).replacen("e0", "e1", 1);
        for text in [&"0".repeat(80), &order] {
            assert_eq!(SchnorrKey::parse(text).map(|_| ()), Err(KeyError::Zero));
            assert_eq!(derive_public_key(text), Ok(PublicKey([0; 40])));
        }
    }

    #[test]
    fn debug_output_never_shows_the_private_key() {
        let text = "a7".repeat(40);
        let key = SchnorrKey::parse(&text).expect("a key");
        let shown = format!("{key:?}").replace(&key.public_key().to_string(), "");
        assert!(!shown.contains("a7a7") && !shown.contains("167, 167"), "{shown}");
    }
}
