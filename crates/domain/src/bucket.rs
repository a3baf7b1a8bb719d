//! A token bucket as a value: time comes in as an argument.

use std::time::Duration;

use crate::Moment;

/// So many at once, refilled steadily. Counts in thousandths, so that slow refills lose nothing.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    capacity_milli: u64,
    refill_milli_per_sec: u64,
    level_milli: u64,
    at: Moment,
}

impl TokenBucket {
    /// A full bucket of `capacity` that regains `per` tokens every `every`.
    ///
    /// An `every` of nothing is taken as one millisecond.
    #[must_use]
    pub fn new(capacity: u32, per: u32, every: Duration, now: Moment) -> Self {
        let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
        Self {
            capacity_milli: u64::from(capacity) * 1000,
            refill_milli_per_sec: (u64::from(per) * 1_000_000 / every_ms).max(1),
            level_milli: u64::from(capacity) * 1000,
            at: now,
        }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// The bucket is empty: how long until the next token.
    pub fn take(&mut self, now: Moment) -> Result<(), Duration> {
        self.refill(now);
        if self.level_milli >= 1000 {
            self.level_milli -= 1000;
            return Ok(());
        }
        let missing = 1000 - self.level_milli;
        Err(Duration::from_millis((missing * 1000).div_ceil(self.refill_milli_per_sec)))
    }

    fn refill(&mut self, now: Moment) {
        let elapsed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let gained = elapsed.saturating_mul(self.refill_milli_per_sec) / 1000;
        if gained > 0 {
            self.level_milli = self.level_milli.saturating_add(gained).min(self.capacity_milli);
            self.at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_at_once_then_one_back_every_ten_seconds() {
        let at = Moment::from_millis;
        let mut bucket = TokenBucket::new(10, 1, Duration::from_secs(10), at(0));
        for _ in 0..10 {
            assert_eq!(bucket.take(at(0)), Ok(()));
        }
        assert_eq!(bucket.take(at(0)), Err(Duration::from_secs(10)));
        assert_eq!(bucket.take(at(4_000)), Err(Duration::from_secs(6)));
        assert_eq!(bucket.take(at(10_000)), Ok(()));
        assert!(bucket.take(at(10_001)).is_err());
    }

    #[test]
    fn a_long_silence_fills_it_once_not_more() {
        let at = Moment::from_millis;
        let mut bucket = TokenBucket::new(2, 100, Duration::from_secs(1), at(0));
        assert!(bucket.take(at(3_600_000)).is_ok());
        assert!(bucket.take(at(3_600_000)).is_ok());
        assert!(bucket.take(at(3_600_000)).is_err());
    }
}
