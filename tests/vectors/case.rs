//! Reading vector files so that every complaint names the file, the case and the field.

use serde_json::Value;
use std::fmt::Debug;

/// One JSON object of a vector file, with the place it came from.
pub struct Case<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> Case<'a> {
    /// The whole file.
    pub fn file(name: &str, value: &'a Value) -> Self {
        Self { place: name.to_owned(), value }
    }

    /// Where this case stands: file, list, index.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The same case with its name in the place.
    pub fn named(&self, name: &str) -> Self {
        Self { place: format!("{} ({name})", self.place), value: self.value }
    }

    /// The value itself.
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// A field that must be there.
    pub fn field(&self, name: &str) -> Self {
        let value = self.value.get(name).unwrap_or_else(|| panic!("{}: no field {name}", self.place));
        Self { place: format!("{}.{name}", self.place), value }
    }

    /// The entries of a list that must be there and must not be empty.
    pub fn list(&self, name: &str) -> Vec<Self> {
        let list = self.field(name);
        let entries = list.value.as_array().unwrap_or_else(|| panic!("{}: not a list", list.place));
        assert!(!entries.is_empty(), "{}: an empty list checks nothing", list.place);
        let case = |(index, value)| Self { place: format!("{}[{index}]", list.place), value };
        entries.iter().enumerate().map(case).collect()
    }

    /// The entries of an object used as a table, which must not be empty.
    pub fn table(&self, name: &str) -> Vec<(&'a str, Self)> {
        let table = self.field(name);
        let entries = table.value.as_object().unwrap_or_else(|| panic!("{}: not an object", table.place));
        assert!(!entries.is_empty(), "{}: an empty table checks nothing", table.place);
        let case = |(key, value): (&'a String, _)| {
            (key.as_str(), Self { place: format!("{}[{key:?}]", table.place), value })
        };
        entries.iter().map(case).collect()
    }

    /// This value as text.
    pub fn as_text(&self) -> &'a str {
        self.value.as_str().unwrap_or_else(|| panic!("{}: not a text", self.place))
    }

    /// A field as text.
    pub fn text(&self, name: &str) -> &'a str {
        self.field(name).as_text()
    }

    /// A field as an unsigned integer.
    pub fn uint(&self, name: &str) -> u64 {
        let field = self.field(name);
        field.value.as_u64().unwrap_or_else(|| panic!("{}: not an unsigned integer", field.place))
    }

    /// A field as a signed integer.
    pub fn int(&self, name: &str) -> i64 {
        let field = self.field(name);
        field.value.as_i64().unwrap_or_else(|| panic!("{}: not an integer", field.place))
    }

    /// A field as a truth value.
    pub fn flag(&self, name: &str) -> bool {
        let field = self.field(name);
        field.value.as_bool().unwrap_or_else(|| panic!("{}: not true or false", field.place))
    }

    /// Fails unless what we computed is what the vector says.
    pub fn same<T: PartialEq + Debug>(&self, what: &str, ours: T, official: T) {
        assert!(ours == official, "{}: {what}: ours {ours:?}, official {official:?}", self.place);
    }

    /// Fails unless the statement holds.
    pub fn holds(&self, what: &str, truth: bool) {
        assert!(truth, "{}: not so: {what}", self.place);
    }

    /// The success value, or a failure that names this case.
    pub fn accepted<T, E: Debug>(&self, what: &str, outcome: Result<T, E>) -> T {
        outcome.unwrap_or_else(|error| panic!("{}: {what} refused: {error:?}", self.place))
    }
}
