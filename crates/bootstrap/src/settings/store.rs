//! `[store]`: where data is kept.

use std::path::PathBuf;

use serde::Deserialize;

use super::{
    key_path::KeyPath,
    problem::Problem,
    scalar::{Flag, Text},
    surroundings::Surroundings,
};

/// Where data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The data directory.
    pub path: PathBuf,
    /// Whether nothing is kept: the directory is neither read nor made.
    pub ephemeral: bool,
}

impl Default for Store {
    fn default() -> Self {
        Self { path: PathBuf::from("./rtmate-data"), ephemeral: false }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStore {
    path: Text,
    ephemeral: Flag,
}

impl RawStore {
    pub(crate) fn parse(self, path: &KeyPath, around: &Surroundings) -> Result<Store, Problem> {
        if self.path.is_empty() {
            return Err(Problem::value(&path.key("path"), "must name a directory"));
        }
        Ok(Store { path: around.resolve(self.path.as_ref()), ephemeral: self.ephemeral.0 })
    }
}
