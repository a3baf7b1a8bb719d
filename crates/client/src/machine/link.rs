//! Where the connection stands.

use std::time::Duration;

use domain::{Moment, TokenBucket};

use super::words::earlier;
use crate::{StopReason, frame::Pace};

/// So much longer than the ping interval a connection may be silent.
const GRACE: Duration = Duration::from_secs(10);

/// Where the connection stands.
#[derive(Debug)]
pub(super) enum Link {
    /// There is none.
    Waiting { until: Moment },
    /// There is none, nor a token.
    Fetching,
    /// It is being made.
    Opening { until: Moment },
    /// It is open, not yet authenticated. `again`: a first token was refused.
    Greeting { until: Moment, again: bool },
    /// It is authenticated.
    Online(Online),
    /// There will be none.
    Stopped(StopReason),
}

/// An authenticated connection.
#[derive(Debug)]
pub(super) struct Online {
    pub(super) since: Moment,
    /// The last sign of life.
    pub(super) heard: Moment,
    /// How long it may be silent.
    patience: Duration,
    pub(super) refresh: Refresh,
    pub(super) refresh_failures: u32,
    /// How fast sends may go.
    pub(super) pace: TokenBucket,
    /// Until when the batch of subscriptions that is under way must be answered.
    pub(super) batch_until: Option<Moment>,
}

/// Where a new token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refresh {
    /// None is needed.
    Idle,
    /// The source is asked.
    Fetching,
    /// The server is asked.
    Asked,
    /// It failed and is tried again.
    RetryAt(Moment),
}

impl Link {
    pub(super) const fn has_socket(&self) -> bool {
        matches!(self, Self::Opening { .. } | Self::Greeting { .. } | Self::Online(_))
    }

    pub(super) fn wake(&self) -> Option<Moment> {
        match self {
            Self::Waiting { until } | Self::Opening { until } | Self::Greeting { until, .. } => {
                Some(*until)
            }
            Self::Online(online) => Some(online.wake()),
            Self::Fetching | Self::Stopped(_) => None,
        }
    }
}

impl Online {
    pub(super) fn new(now: Moment, ping_interval: Duration, pace: Pace) -> Self {
        let burst = pace.requests_burst.max(1);
        Self {
            since: now,
            heard: now,
            patience: ping_interval.saturating_add(GRACE),
            refresh: Refresh::Idle,
            refresh_failures: 0,
            pace: TokenBucket::new(burst, pace.requests_per_second, Duration::from_secs(1), now),
            batch_until: None,
        }
    }

    /// Silent for too long, or without an answer.
    pub(super) fn is_lost(&self, now: Moment) -> bool {
        self.heard.after(self.patience) <= now || self.batch_until.is_some_and(|until| until <= now)
    }

    fn wake(&self) -> Moment {
        let retry = match self.refresh {
            Refresh::RetryAt(at) => Some(at),
            Refresh::Idle | Refresh::Fetching | Refresh::Asked => None,
        };
        let silent = self.heard.after(self.patience);
        earlier(earlier(retry, self.batch_until), Some(silent)).unwrap_or(silent)
    }
}
