//! How key sets are fetched and kept.

use std::time::Duration;

/// How key sets are fetched and kept. The defaults are what production runs with.
#[derive(Debug, Clone)]
pub struct JwksOptions {
    /// How long fetched keys are used before they are fetched again: the longest that a key lives
    /// on after it was taken out of the set. 10 minutes.
    pub fresh_for: Duration,
    /// How long fetched keys are used while every further fetch fails. 24 hours.
    pub keep_for: Duration,
    /// How long after a fetch an unknown `kid` does not make another one. 30 s.
    pub cool_down: Duration,
    /// How long after a failed fetch nothing makes another one. 10 s.
    pub failure_pause: Duration,
    /// How long a fetch may take, from the look-up of the name to the last byte. 2 s.
    pub timeout: Duration,
    pub(super) loopback: bool,
}

impl Default for JwksOptions {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_secs(10 * 60),
            keep_for: Duration::from_secs(24 * 60 * 60),
            cool_down: Duration::from_secs(30),
            failure_pause: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            loopback: false,
        }
    }
}

impl JwksOptions {
    /// Also takes key sets from this same machine, and those without TLS. For tests.
    #[must_use]
    pub fn allow_loopback(self) -> Self {
        Self { loopback: true, ..self }
    }
}
