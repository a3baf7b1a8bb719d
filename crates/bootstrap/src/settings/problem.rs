//! What is wrong with the configuration, on one line.

use config::ValueKind;

use super::{key_path::KeyPath, toml_text, tree::Tree};

/// The configuration can't be used. Shows as one line that names origin, key, value and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}")]
pub struct Refused {
    line: String,
    mend: Option<String>,
}

impl Refused {
    /// A refusal in these words, kept on one line.
    #[must_use]
    pub fn new(line: impl AsRef<str>) -> Self {
        let mut kept = String::new();
        for character in line.as_ref().trim_end().chars() {
            if character.is_control() {
                kept.extend(character.escape_default());
            } else {
                kept.push(character);
            }
        }
        Self { line: kept, mend: None }
    }

    /// With a text of several lines that mends it, ready to be pasted.
    pub(crate) fn with_mend(self, mend: String) -> Self {
        Self { mend: Some(mend), ..self }
    }

    /// The text that mends it, where there is one.
    #[must_use]
    pub fn mend(&self) -> Option<&str> {
        self.mend.as_deref()
    }
}

/// A mistake at a place whose origin is not looked up yet.
#[derive(Debug)]
pub(crate) struct Problem {
    path: KeyPath,
    shows_value: bool,
    message: String,
}

impl Problem {
    /// A value that can't be: the line shows it, unless it may be a secret.
    pub(crate) fn value(path: &KeyPath, message: impl Into<String>) -> Self {
        Self { path: path.clone(), shows_value: !path.is_secret(), message: message.into() }
    }

    /// Something else about a place: the line names the place only.
    pub(crate) fn at(path: &KeyPath, message: impl Into<String>) -> Self {
        Self { path: path.clone(), shows_value: false, message: message.into() }
    }

    /// The whole line, with the origin and the value as they stand in `tree`.
    pub(crate) fn locate(self, tree: &Tree) -> Refused {
        let origin = tree.origin(&self.path).unwrap_or("configuration");
        let value = if self.shows_value { tree.find(&self.path).and_then(shown) } else { None };
        let value = value.map(|text| format!(" = {text}")).unwrap_or_default();
        Refused::new(format!("{origin}: {}{value}: {}", self.path, self.message))
    }
}

/// A scalar as it stands in the file, shortened; nothing for tables and arrays.
fn shown(value: &config::Value) -> Option<String> {
    const LIMIT: usize = 80;
    if matches!(value.kind, ValueKind::Table(_) | ValueKind::Array(_)) {
        return None;
    }
    let text = toml_text::value(value);
    if text.chars().count() <= LIMIT {
        return Some(text);
    }
    Some(text.chars().take(LIMIT).chain(['…']).collect())
}
