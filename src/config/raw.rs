//! Raw values and where they came from. Precedence: flags, env file, process environment, default. Empty is missing.

use super::table;
use crate::domain::SecretText;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a value came from, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag of the command line.
    Flag,
    /// The simulators of this process.
    Simulator,
    /// The env file.
    File,
    /// The process environment.
    Environment,
    /// The table.
    Default,
}

/// Why the env file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RawError {
    /// Not there or not readable.
    #[error("cannot read the env file {path}: {cause}")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// The system's word.
        cause: std::io::Error,
    },
    /// A line is not `NAME=value`. The line itself is not shown: it may hold a key.
    #[error("line {line} of the env file {path} is not NAME=value")]
    Malformed {
        /// As given.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
}

/// Values by name, with their origin.
#[derive(Debug, Default)]
pub struct RawConfig {
    values: BTreeMap<String, (SecretText, Origin)>,
    warnings: Vec<String>,
}

impl RawConfig {
    /// Collects all sources. `explicit_file`: the env file was named by the operator, so it has to exist.
    pub fn collect(
        flags: &[(&'static str, String)],
        simulator: &[(&'static str, String)],
        file: &Path,
        explicit_file: bool,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, RawError> {
        let mut raw = Self::default();
        for (name, value) in environment.filter(|(name, _)| name != "HEDGE_FAST_VECTORS") {
            raw.add(&name, value, Origin::Environment);
        }
        for (name, value) in read_file(file, explicit_file)? {
            raw.add(&name, value, Origin::File);
        }
        for (name, value) in simulator {
            raw.add(name, value.clone(), Origin::Simulator);
        }
        for (name, value) in flags {
            raw.add(name, value.clone(), Origin::Flag);
        }
        Ok(raw)
    }

    fn add(&mut self, name: &str, value: String, origin: Origin) {
        if let Some(guess) = table::misspelling(name) {
            let hint = guess.map(|guess| format!("; did you mean {guess}?")).unwrap_or_default();
            let place = if origin == Origin::File { "env file" } else { "environment" };
            self.warnings.push(format!("Unknown setting {name} in the {place} is ignored{hint}"));
            return;
        }
        if table::find(name).is_some() && !value.trim().is_empty() {
            self.values.insert(name.to_owned(), (SecretText::new(value.trim().to_owned()), origin));
        }
    }

    /// The value of a setting with its origin; its default when nothing was given.
    pub fn get(&self, name: &str) -> Option<(SecretText, Origin)> {
        let given = self.values.get(name).cloned();
        given.or_else(|| {
            let default = table::find(name)?.default?;
            Some((SecretText::new(default.to_owned()), Origin::Default))
        })
    }

    /// Names nobody reads, worth telling the operator.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

fn read_file(path: &Path, explicit: bool) -> Result<Vec<(String, String)>, RawError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && !explicit => return Ok(Vec::new()),
        Err(cause) => return Err(RawError::Unreadable { path: path.to_owned(), cause }),
    };
    let mut pairs = Vec::new();
    for (index, item) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
        match item {
            Ok(pair) => pairs.push(pair),
            Err(_) => {
                let line = malformed_line(&text).unwrap_or(index + 1);
                return Err(RawError::Malformed { path: path.to_owned(), line });
            }
        }
    }
    Ok(pairs)
}

/// First line that does not parse on its own.
fn malformed_line(text: &str) -> Option<usize> {
    let bad = |line: &str| dotenvy::from_read_iter(line.as_bytes()).any(|item| item.is_err());
    text.lines().position(bad).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn collect(
        flags: &[(&'static str, String)],
        file: &str,
        environment: &[(&str, &str)],
    ) -> Result<RawConfig, RawError> {
        let mut env_file = tempfile::NamedTempFile::new().expect("a temporary file");
        env_file.write_all(file.as_bytes()).expect("written");
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        RawConfig::collect(flags, &[], env_file.path(), true, environment)
    }

    fn margin(raw: &RawConfig) -> (String, Origin) {
        let (value, origin) = raw.get("CROSS_HEDGE_MARGIN").expect("has a default");
        (value.expose().to_owned(), origin)
    }

    #[test]
    fn flags_win_over_the_file_over_the_environment_over_the_default() {
        let flag = [("CROSS_HEDGE_MARGIN", "4".to_owned())];
        let (file, environment) = ("CROSS_HEDGE_MARGIN=3\n", [("CROSS_HEDGE_MARGIN", "2")]);
        assert_eq!(
            margin(&collect(&flag, file, &environment).expect("valid")),
            ("4".to_owned(), Origin::Flag)
        );
        assert_eq!(margin(&collect(&[], file, &environment).expect("valid")), ("3".to_owned(), Origin::File));
        assert_eq!(
            margin(&collect(&[], "", &environment).expect("valid")),
            ("2".to_owned(), Origin::Environment)
        );
        assert_eq!(
            margin(&collect(&[], "CROSS_HEDGE_MARGIN=\n", &[]).expect("valid")),
            ("100".to_owned(), Origin::Default)
        );
    }

    #[test]
    fn a_malformed_line_is_named_by_number_and_never_shown() {
        let error =
            collect(&[], "CROSS_HEDGE_MARGIN=3\n0xsecretsecret\n", &[]).expect_err("malformed").to_string();
        assert!(error.contains("line 2") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn a_named_file_that_is_not_there_is_an_error_and_the_default_one_is_not() {
        let path = Path::new("no-such-folder/no-such-file");
        assert!(RawConfig::collect(&[], &[], path, true, std::iter::empty()).is_err());
        assert!(RawConfig::collect(&[], &[], path, false, std::iter::empty()).is_ok());
    }

    #[test]
    fn misspelt_names_are_told() {
        let raw = collect(&[], "CROSS_HEDGE_MARGN=3\n", &[]).expect("valid");
        assert_eq!(raw.warnings().len(), 1);
        assert!(raw.warnings()[0].contains("CROSS_HEDGE_MARGIN?"), "{:?}", raw.warnings());
    }
}
