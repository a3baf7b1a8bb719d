//! What the process was started with.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

/// Environment and working directory, as values, so that a test needs no process of its own.
#[derive(Clone, Default)]
pub struct Surroundings {
    environment: BTreeMap<OsString, OsString>,
    directory: PathBuf,
}

impl Surroundings {
    /// Those of this process. Paths stay relative: the process never changes its directory.
    #[must_use]
    pub fn of_process() -> Self {
        Self { environment: std::env::vars_os().collect(), directory: PathBuf::new() }
    }

    /// Given ones.
    #[must_use]
    pub fn new<K: Into<OsString>, V: Into<OsString>>(
        directory: &Path,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let environment = environment.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { environment: environment.collect(), directory: directory.to_owned() }
    }

    /// All variables, by name.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.environment.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// One variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// A path of the command line, as seen from the working directory.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }
}
