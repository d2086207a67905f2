//! Parameters of a request, from the query or the form body, read strictly.

use super::super::refusal::Refusal;
use crate::transport::service::Request;

/// Name and value pairs in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Query parameters, and for a form post those of the body.
    pub fn of(request: &Request) -> Self {
        let mut pairs = request.query.clone();
        let content_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        if request.method == "POST" && content_type.starts_with("application/x-www-form-urlencoded") {
            pairs.extend(read_form(&request.body));
        }
        Self(pairs)
    }

    /// First value of a name; an empty one counts as missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// A value that must be there.
    pub fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::InvalidParam(format!("field \"{name}\" is not set")))
    }

    /// An integer that must be there.
    pub fn required_integer(&self, name: &str) -> Result<i64, Refusal> {
        self.required(name).and_then(|text| integer(name, text))
    }

    /// An integer that may be there.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        self.get(name).map(|text| integer(name, text)).transpose()
    }

    /// The number of rows asked for, within its range.
    pub fn limit(&self, most: i64) -> Result<usize, Refusal> {
        let limit = self.required_integer("limit")?;
        if !(1..=most).contains(&limit) {
            return Err(Refusal::InvalidParam(format!("limit should be between 1 and {most}")));
        }
        Ok(usize::try_from(limit).unwrap_or(0))
    }

    /// One of some words, with the first as default.
    pub fn word<'a>(&'a self, name: &str, allowed: &[&'a str]) -> Result<&'a str, Refusal> {
        match (self.get(name), allowed) {
            (None, [default, ..]) => Ok(default),
            (Some(word), _) if allowed.contains(&word) => Ok(word),
            _ => Err(Refusal::InvalidParam(format!("value of field \"{name}\" is not allowed"))),
        }
    }

    /// Where a listing continues: how many rows earlier pages had.
    pub fn cursor(&self) -> Result<usize, Refusal> {
        let Some(text) = self.get("cursor") else { return Ok(0) };
        text.parse().map_err(|_| Refusal::InvalidParam("cursor".to_owned()))
    }
}

fn integer(name: &str, text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::InvalidParam(format!("type mismatch for field \"{name}\"")))
}

/// `application/x-www-form-urlencoded`.
fn read_form(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(if *first == b'+' { b' ' } else { *first });
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_as_browsers_and_clients_encode_them() {
        let form = b"tx_type=14&tx_info=%7B%22Sig%22%3A%22a%2Bb%3D%3D%22%7D&note=a+b&broken=%zz&empty=";
        let params = Params(read_form(form));
        assert_eq!(params.get("tx_info"), Some(r#"{"Sig":"a+b=="}"#));
        assert_eq!(params.get("note"), Some("a b"));
        assert_eq!(params.get("broken"), Some("%zz"));
        assert_eq!(params.get("empty"), None);
        assert_eq!(params.required_integer("tx_type"), Ok(14));
    }

    #[test]
    fn a_limit_outside_its_range_is_refused() {
        let with = |limit: &str| Params(vec![("limit".to_owned(), limit.to_owned())]).limit(100);
        assert_eq!(with("100"), Ok(100));
        for bad in ["0", "101", "-1", "1.5", "x"] {
            assert!(matches!(with(bad), Err(Refusal::InvalidParam(_))), "{bad}");
        }
    }
}
