//! Scalars as the venue writes them: amounts in decimal text, integers as numbers or digits. Never floating point.

use serde::Deserializer;
use serde::de::{Error, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// An amount in decimal text (`""` and `null` are none), exact or an error. For `deserialize_with`.
pub fn decimal<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    deserializer.deserialize_any(Text(PhantomData))
}

/// An integer, as a JSON number or as digits in a text (`""` and `null` are none). For `deserialize_with`.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(Text::<i64>(PhantomData))
}

/// Like [`integer`], for identifiers: below zero is an error.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    deserializer.deserialize_any(Text::<u64>(PhantomData))
}

struct Text<T>(PhantomData<T>);

impl<T: FromStr> Visitor<'_> for Text<T>
where
    T::Err: fmt::Display,
{
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal text or an integer")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::Price;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "super::decimal")]
        price: Option<Price>,
        #[serde(default, deserialize_with = "super::id")]
        id: Option<u64>,
    }

    fn row(text: &str) -> Result<(Option<Price>, Option<u64>), String> {
        serde_json::from_str::<Row>(text).map(|row| (row.price, row.id)).map_err(|e| e.to_string())
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        assert_eq!(row(r#"{"price":"80441.7"}"#), Ok((Some("80441.7".parse().expect("price")), None)));
        assert_eq!(row(r#"{"price":80441}"#), Ok((Some(Price::from_whole(80_441)), None)));
        assert_eq!(row(r#"{"price":"","id":null}"#), Ok((None, None)));
        for bad in ["80441.7", "\"1e309\"", "\"NaN\"", "\"0.000000001\"", "true", "[1]"] {
            assert!(row(&format!(r#"{{"price":{bad}}}"#)).is_err(), "{bad}");
        }
    }

    #[test]
    fn identifiers_come_as_numbers_or_digits_and_are_never_negative() {
        assert_eq!(row(r#"{"id":9223372036854775807}"#), Ok((None, Some(i64::MAX as u64))));
        assert_eq!(row(r#"{"id":"281474976710655"}"#), Ok((None, Some((1 << 48) - 1))));
        assert!(row(r#"{"id":-1}"#).is_err());
    }
}
