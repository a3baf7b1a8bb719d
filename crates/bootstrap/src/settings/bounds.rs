//! Every number has bounds.

use std::{fmt::Display, ops::RangeInclusive};

use super::{key_path::KeyPath, problem::Problem};

/// The value, if it is within the bounds.
pub(crate) fn within<T: PartialOrd + Display + Copy>(
    path: &KeyPath,
    value: T,
    bounds: RangeInclusive<T>,
) -> Result<T, Problem> {
    if bounds.contains(&value) {
        return Ok(value);
    }
    let message = format!("must be between {} and {}", bounds.start(), bounds.end());
    Err(Problem::value(path, message))
}

/// Refuses a list that is longer than anybody needs.
pub(crate) fn at_most(path: &KeyPath, length: usize, limit: usize) -> Result<(), Problem> {
    if length <= limit {
        return Ok(());
    }
    Err(Problem::at(path, format!("has {length} entries; at most {limit} are taken")))
}
