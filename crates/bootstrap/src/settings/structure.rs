//! From the merged layers to raw structs, and from the deserializer's words to ours.

use config::{ConfigError, Value, ValueKind};
use serde::de::DeserializeOwned;

use super::{key_path::KeyPath, problem::Problem, tree::Tree};

/// Reads the whole tree.
///
/// # Errors
/// An unknown or missing key, or a value of the wrong type.
pub(crate) fn read<T: DeserializeOwned>(tree: &Tree) -> Result<T, Problem> {
    serde_path_to_error::deserialize(tree.root().clone()).map_err(|error| {
        let path = KeyPath::from(error.path());
        translate(&path, error.into_inner(), tree)
    })
}

fn translate(path: &KeyPath, error: ConfigError, tree: &Tree) -> Problem {
    // The library wraps its own path around; ours is the same and knows arrays better.
    let mut error = error;
    while let ConfigError::At { error: inner, .. } = error {
        error = *inner;
    }
    if let ConfigError::NotFound(key) = &error {
        let missing = key.rsplit(['.', ']']).next().unwrap_or(key);
        return Problem::at(&path.key(missing), "is required");
    }
    let words = error.to_string();
    if words.starts_with("unknown field ") {
        return unknown_key(path, &words);
    }
    if words.starts_with("invalid type: ") {
        return wrong_type(path, &words, tree);
    }
    Problem::value(path, words)
}

/// The value of an unknown key is never shown: the key may be a misspelt `secret`.
fn unknown_key(path: &KeyPath, words: &str) -> Problem {
    let mut names = words.split('`').skip(1).step_by(2);
    let unknown = names.next().unwrap_or_default();
    let known: Vec<&str> = names.collect();
    let path = match path.segments().last() {
        Some(super::key_path::Segment::Key(last)) if last == unknown => path.clone(),
        _ => path.key(unknown),
    };
    match nearest(unknown, &known) {
        Some(near) => Problem::at(&path, format!("unknown key; did you mean \"{near}\"?")),
        None => Problem::at(&path, format!("unknown key; known here: {}", known.join(", "))),
    }
}

/// The known name that a slip of the hand makes the unknown one.
fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    let unknown = unknown.to_ascii_lowercase().replace('-', "_");
    let distance = |name: &str| strsim::damerau_levenshtein(&unknown, name);
    let best = known.iter().min_by_key(|name| distance(name))?;
    (distance(best) <= (best.len() / 3).max(1)).then_some(*best)
}

/// The value is shown only where a scalar is expected: elsewhere it may be a secret in a list.
fn wrong_type(path: &KeyPath, words: &str, tree: &Tree) -> Problem {
    let expected = words.rsplit_once(", expected ").map_or("something else", |(_, words)| words);
    let found = tree.find(path).map_or("nothing", kind);
    let container = match expected {
        _ if expected.starts_with("struct ") || expected == "a map" => Some("a table"),
        "a sequence" => Some("an array"),
        _ => None,
    };
    match container {
        Some(container) => Problem::at(path, format!("must be {container}, not {found}")),
        None => Problem::value(path, format!("must be {expected}, not {found}")),
    }
}

fn kind(value: &Value) -> &'static str {
    match &value.kind {
        ValueKind::Nil => "nothing",
        ValueKind::Boolean(_) => "true or false",
        ValueKind::I64(_) | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => {
            "a number"
        }
        ValueKind::Float(_) => "a fraction",
        ValueKind::String(_) => "a text",
        ValueKind::Table(_) => "a table",
        ValueKind::Array(_) => "an array",
    }
}
