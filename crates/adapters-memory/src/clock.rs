//! The system's clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use application::ports::Clock;
use domain::{Moment, Timestamp};

/// The system's wall clock, and its monotonic one from the time this was made.
pub struct SystemClock {
    began: Instant,
}

impl SystemClock {
    /// Its moments begin now.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 is taken as 1970: every token is then not yet valid, none too long.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn moment(&self) -> Moment {
        Moment::from_millis(u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
