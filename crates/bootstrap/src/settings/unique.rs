//! Names that may be there once.

use std::collections::HashMap;

use super::{key_path::KeyPath, problem::Problem};

/// Names that were seen, and where.
#[derive(Default)]
pub(crate) struct Unique(HashMap<String, KeyPath>);

impl Unique {
    /// Takes a name.
    ///
    /// # Errors
    /// It is taken already.
    pub(crate) fn take(&mut self, name: &str, path: &KeyPath) -> Result<(), Problem> {
        match self.0.insert(name.to_owned(), path.clone()) {
            None => Ok(()),
            Some(first) => Err(Problem::value(path, format!("already used by {first}"))),
        }
    }
}
