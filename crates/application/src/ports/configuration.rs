//! The port by which a running server reads its configuration anew.

use async_trait::async_trait;

/// What became of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingChange {
    /// It was not there.
    Added,
    /// It is another.
    Changed,
    /// It is gone.
    Removed,
}

/// A setting that differs from what the server runs with. Its value is not here: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its place, such as `apps[shop].limits.queue`.
    pub setting: String,
    /// What became of it.
    pub change: SettingChange,
    /// Whether it counts at once; else it needs a restart.
    pub live: bool,
}

/// The configuration can't be used, so that nothing changed: one line that says why, without secrets.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotReloaded(pub String);

/// The server's own configuration.
#[async_trait]
pub trait Configuration: Send + Sync {
    /// Reads all of it and, unless `dry_run`, lets count at once what can: all of that or, after an
    /// error, nothing. Gives every difference to what the server runs with.
    ///
    /// # Errors
    /// It can't be used.
    async fn reload(&self, dry_run: bool) -> Result<Vec<Difference>, NotReloaded>;
}
