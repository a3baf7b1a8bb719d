//! The client's only source of time.

use std::time::Duration;

use domain::Moment;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

/// Tells the time and waits for it.
pub trait Clock: Send + Sync {
    /// Now, on a clock that never jumps.
    fn now(&self) -> Moment;

    /// Resolves once `now` is not before the moment.
    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()>;
}

/// The runtime's clock, which a test of tokio can pause.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    beginning: Instant,
}

impl TokioClock {
    /// Begins now.
    #[must_use]
    pub fn new() -> Self {
        Self { beginning: Instant::now() }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Moment {
        let since = self.beginning.elapsed().as_millis();
        Moment::from_millis(u64::try_from(since).unwrap_or(u64::MAX))
    }

    fn sleep_until(&self, moment: Moment) -> BoxFuture<'static, ()> {
        // A moment has whole milliseconds, cut off: one that is reached is not before it.
        let instant = self.beginning + Duration::from_millis(moment.as_millis());
        Box::pin(tokio::time::sleep_until(instant))
    }
}
