//! The only source of time.

use domain::{Moment, Timestamp};

/// Tells the time, so that a test can set it.
///
/// Guarantees of every adapter:
///
/// 1. `moment` never goes back.
pub trait Clock: Send + Sync {
    /// What the wall clock says; may jump.
    fn now(&self) -> Timestamp;

    /// A point on the clock that never jumps.
    fn moment(&self) -> Moment;
}
