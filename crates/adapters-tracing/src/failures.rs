//! How many lines about failures there are.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{Moment, TokenBucket};

/// What fails for one request fails for all that come, as fast as clients ask: the first lines say
/// what it is, and one a second that it lasts.
pub(crate) struct Failures(Mutex<Lines>);

struct Lines {
    bucket: TokenBucket,
    suppressed: u32,
}

impl Failures {
    /// Lines at once.
    const AT_ONCE: u32 = 20;

    pub(crate) fn new(now: Moment) -> Self {
        let bucket = TokenBucket::new(Self::AT_ONCE, 1, Duration::from_secs(1), now);
        Self(Mutex::new(Lines { bucket, suppressed: 0 }))
    }

    /// Whether this failure gets a line: with how many got none since the last one that did.
    pub(crate) fn note(&self, now: Moment) -> Option<u32> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.bucket.take(now).is_err() {
            lines.suppressed = lines.suppressed.saturating_add(1);
            return None;
        }
        Some(std::mem::take(&mut lines.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_are_there_and_then_one_a_second() {
        let at = Moment::from_millis;
        let failures = Failures::new(at(0));
        assert!((0..20).all(|_| failures.note(at(0)) == Some(0)));
        assert!((0..5).all(|_| failures.note(at(500)).is_none()));
        assert_eq!(failures.note(at(1000)), Some(5));
        assert_eq!(failures.note(at(1000)), None);
    }
}
