//! A clock that a test sets.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use application::ports::Clock;
use domain::{Moment, Timestamp};

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock(Mutex<Reading>);

#[derive(Debug)]
struct Reading {
    now: Timestamp,
    moment: Moment,
}

impl ManualClock {
    /// Stands at `now`; its moments begin at 0.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(Mutex::new(Reading { now, moment: Moment::from_millis(0) }))
    }

    /// Time goes by: for both the wall clock and the one that never jumps.
    pub fn advance(&self, while_: Duration) {
        let mut reading = self.reading();
        reading.now = reading.now.after(while_);
        reading.moment = reading.moment.after(while_);
    }

    /// The wall clock jumps; no time goes by.
    pub fn set_now(&self, now: Timestamp) {
        self.reading().now = now;
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.reading().now
    }

    fn moment(&self) -> Moment {
        self.reading().moment
    }
}
