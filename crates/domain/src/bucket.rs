//! A token bucket as a value: time comes in as an argument.

use std::time::Duration;

use crate::Moment;

/// So many at once, refilled steadily. Counts in thousandths, so that slow refills lose nothing.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    level_milli: u64,
    at: Moment,
    capacity: u32,
    refill_milli_per_sec: u32,
}

impl TokenBucket {
    /// A full bucket of `capacity` that regains `per` tokens every `every`.
    ///
    /// An `every` of nothing is taken as one millisecond. More than four million a second are not
    /// regained.
    #[must_use]
    pub fn new(capacity: u32, per: u32, every: Duration, now: Moment) -> Self {
        let every_ms = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
        let refill = (u64::from(per) * 1_000_000 / every_ms).max(1);
        Self {
            level_milli: u64::from(capacity) * 1000,
            at: now,
            capacity,
            refill_milli_per_sec: u32::try_from(refill).unwrap_or(u32::MAX),
        }
    }

    /// The most that it can have.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    /// Takes one token.
    ///
    /// # Errors
    /// The bucket is empty: how long until the next token.
    pub fn take(&mut self, now: Moment) -> Result<(), Duration> {
        self.take_many(1, now)
    }

    /// Takes `count` tokens, all or none.
    ///
    /// # Errors
    /// The bucket has fewer: how long until it would have them, were it as large.
    pub fn take_many(&mut self, count: u32, now: Moment) -> Result<(), Duration> {
        self.refill(now);
        let wanted = u64::from(count) * 1000;
        if self.level_milli >= wanted {
            self.level_milli -= wanted;
            return Ok(());
        }
        let missing = wanted - self.level_milli;
        Err(Duration::from_millis((missing * 1000).div_ceil(self.refill_milli_per_sec.into())))
    }

    fn refill(&mut self, now: Moment) {
        let elapsed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let refill = u64::from(self.refill_milli_per_sec);
        let gained = elapsed.saturating_mul(refill) / 1000;
        let full = u64::from(self.capacity) * 1000;
        let level = self.level_milli.saturating_add(gained);
        if level >= full {
            self.level_milli = full;
            self.at = now;
        } else if gained > 0 {
            self.level_milli = level;
            // Only the time that was paid for: asking often must not lose the fractions.
            let paid = gained * 1000 / refill;
            self.at = self.at.after(Duration::from_millis(paid));
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
    fn asking_often_loses_nothing() {
        let at = Moment::from_millis;
        let mut bucket = TokenBucket::new(1, 1, Duration::from_secs(10), at(0));
        assert!(bucket.take(at(0)).is_ok());
        let waits = (1..).take_while(|step| bucket.take(at(step * 19)).is_err()).count();
        assert!((520..=530).contains(&waits), "10 s are 526 steps of 19 ms, not {waits}");
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
