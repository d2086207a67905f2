//! Rows in the shapes the venue wraps them in: list, map by market, map of lists, single object, null (lighter.md 5.2).

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

/// Rows of a container, and how many of them could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T> {
    /// Readable rows, in the order of the message.
    pub rows: Vec<T>,
    /// Rows that do not decode; one bad row must not hide the others.
    pub unreadable: usize,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), unreadable: 0 }
    }
}

/// Reads rows out of whatever shape `raw` has. A container that is no JSON counts as one unreadable row.
pub fn rows<T: DeserializeOwned>(raw: &RawValue) -> Rows<T> {
    let mut found = Rows::default();
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(value) => collect(value, 0, &mut found),
        Err(_) => found.unreadable = 1,
    }
    found
}

/// Containers nest at most as a map of lists; anything deeper is a row of its own and fails to read.
const DEEPEST: usize = 2;

fn collect<T: DeserializeOwned>(value: Value, depth: usize, found: &mut Rows<T>) {
    match value {
        Value::Null => {}
        Value::Array(items) if depth < DEEPEST => {
            items.into_iter().for_each(|item| collect(item, depth + 1, found));
        }
        Value::Object(map) if depth < DEEPEST && is_map_by_market(&map) => {
            map.into_iter().for_each(|(_, item)| collect(item, depth + 1, found));
        }
        row => match serde_json::from_value(row) {
            Ok(row) => found.rows.push(row),
            Err(_) => found.unreadable += 1,
        },
    }
}

/// Field names of rows are words, keys of maps are market or asset numbers.
fn is_map_by_market(map: &serde_json::Map<String, Value>) -> bool {
    map.keys().all(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq, Eq)]
    struct Row {
        n: u8,
    }

    fn read(text: &str) -> (Vec<u8>, usize) {
        let raw = RawValue::from_string(text.to_owned()).expect("json");
        let found = rows::<Row>(&raw);
        (found.rows.into_iter().map(|row| row.n).collect(), found.unreadable)
    }

    #[test]
    fn every_shape_of_container_yields_the_same_rows() {
        for text in [
            r#"[{"n":1},{"n":2}]"#,
            r#"{"0":{"n":1},"1":{"n":2}}"#,
            r#"{"0":[{"n":1},{"n":2}]}"#,
            r#"{"0":[{"n":1}],"1":[{"n":2}]}"#,
        ] {
            assert_eq!(read(text), (vec![1, 2], 0), "{text}");
        }
        assert_eq!(read(r#"{"n":7}"#), (vec![7], 0));
        for empty in ["null", "[]", "{}", r#"{"0":null}"#, r#"{"0":[]}"#] {
            assert_eq!(read(empty), (vec![], 0), "{empty}");
        }
    }

    #[test]
    fn one_bad_row_is_counted_and_hides_no_other() {
        assert_eq!(read(r#"[{"n":1},{"n":"x"},{"n":3},5]"#), (vec![1, 3], 2));
        assert_eq!(read(r#"[[[{"n":1}]]]"#), (vec![], 1));
    }
}
