//! Texts that name something.

use super::{key_path::KeyPath, problem::Problem};

/// Refuses an empty, long or unprintable text.
pub(crate) fn check(path: &KeyPath, text: &str, limit: usize) -> Result<(), Problem> {
    if text.is_empty() {
        return Err(Problem::value(path, "must not be empty"));
    }
    if text.chars().count() > limit {
        return Err(Problem::value(path, format!("has more than {limit} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::value(path, "contains a control character"));
    }
    Ok(())
}
