//! A JSON object read strictly: every key taken exactly once, every number an integer, nothing left over.

use super::invalid::InvalidTx;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use thiserror::Error;

/// Why a received `tx_info` is no transaction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// A type not known here.
    #[error("transaction type {0} is not supported")]
    UnsupportedType(u8),
    /// No JSON, or no object where one belongs.
    #[error("tx_info is not a JSON object: {0}")]
    NotAnObject(String),
    /// A key stands twice.
    #[error("tx_info has the key {0} twice")]
    DuplicateKey(String),
    /// A key this type does not have.
    #[error("tx_info has the unknown key {0}")]
    UnknownKey(String),
    /// A key this type must have.
    #[error("tx_info lacks the key {0}")]
    MissingKey(&'static str),
    /// A value that is no integer of 64 bits.
    #[error("{0} in tx_info is not an integer of 64 bits")]
    NotAnInteger(String),
    /// A value that is not of the text form its key demands.
    #[error("{0} in tx_info is malformed")]
    Malformed(&'static str),
    /// Well-formed, but against a field rule.
    #[error(transparent)]
    Invalid(#[from] InvalidTx),
}

/// The members of an object that have not been taken yet.
pub(super) struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, ParseError> {
        let Members(members) =
            serde_json::from_str(text).map_err(|error| ParseError::NotAnObject(error.to_string()))?;
        for (position, (key, _)) in members.iter().enumerate() {
            if members[..position].iter().any(|(earlier, _)| earlier == key) {
                return Err(ParseError::DuplicateKey(key.clone()));
            }
        }
        Ok(Self(members))
    }

    /// Takes a member that must be there, as its JSON text.
    pub(super) fn take(&mut self, key: &'static str) -> Result<&'a str, ParseError> {
        self.take_optional(key).ok_or(ParseError::MissingKey(key))
    }

    /// Takes a member if it is there, as its JSON text.
    pub(super) fn take_optional(&mut self, key: &str) -> Option<&'a str> {
        let position = self.0.iter().position(|(present, _)| present == key)?;
        Some(self.0.swap_remove(position).1.get())
    }

    /// Takes an integer.
    pub(super) fn integer(&mut self, key: &'static str) -> Result<i64, ParseError> {
        integer(self.take(key)?, key)
    }

    /// Takes a text.
    pub(super) fn text(&mut self, key: &'static str) -> Result<String, ParseError> {
        serde_json::from_str(self.take(key)?).map_err(|_| ParseError::Malformed(key))
    }

    /// Takes all that is left as integers by key.
    pub(super) fn all_integers(self) -> Result<Vec<(String, i64)>, ParseError> {
        self.0.into_iter().map(|(key, value)| integer(value.get(), &key).map(|value| (key, value))).collect()
    }

    /// Refuses what was not taken.
    pub(super) fn finish(self) -> Result<(), ParseError> {
        match self.0.into_iter().next() {
            Some((key, _)) => Err(ParseError::UnknownKey(key)),
            None => Ok(()),
        }
    }
}

fn integer(json: &str, key: &str) -> Result<i64, ParseError> {
    json.parse().map_err(|_| ParseError::NotAnInteger(key.to_owned()))
}

/// All members in sequence, repeated keys included: a plain map would hide those.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
