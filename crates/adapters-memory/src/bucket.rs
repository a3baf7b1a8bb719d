//! One token bucket, by the rate that each charge brings.

use std::time::Duration;

use domain::{Limit, Moment, Rate};

/// What was spent and has not come back. A full bucket has nothing to remember: that is what lets
/// the limiter forget it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    /// Thousandths of tokens, as of `at`: a rate per second gives back whole ones each millisecond.
    spent_milli: u64,
    at: Moment,
    /// By the rate of the last charge, when it will be full.
    full_at: Moment,
    /// It was told that the limit is near.
    told: bool,
}

/// What a charge came to.
pub(crate) enum Taken {
    /// The limit just came near.
    Near,
    /// Nothing to tell.
    Fine,
}

impl Bucket {
    pub(crate) const fn full(now: Moment) -> Self {
        Self { spent_milli: 0, at: now, full_at: now, told: false }
    }

    /// Whether it can be forgotten without a loss.
    pub(crate) fn is_full(&self, now: Moment) -> bool {
        self.full_at <= now
    }

    /// Takes so many tokens, or says when there will be enough.
    pub(crate) fn take(&mut self, rate: Rate, count: u32, now: Moment) -> Result<Taken, Duration> {
        self.refill(rate, now);
        let (capacity, wanted) = (milli(rate.burst()), milli(count));
        // More than the bucket holds is let through by a full one.
        let needed = self.spent_milli.saturating_add(wanted.min(capacity));
        if needed > capacity {
            let wait = (needed - capacity).div_ceil(rate.per_second().into());
            return Err(Duration::from_millis(wait));
        }
        self.spent_milli = self.spent_milli.saturating_add(wanted);
        self.note_full(rate);
        let near = self.spent_milli > capacity * Limit::NEAR_PERCENT / 100;
        if near && !self.told {
            self.told = true;
            return Ok(Taken::Near);
        }
        Ok(Taken::Fine)
    }

    /// Gives tokens back that were taken a moment ago.
    pub(crate) fn give_back(&mut self, rate: Rate, count: u32) {
        self.spent_milli = self.spent_milli.saturating_sub(milli(count));
        self.note_full(rate);
    }

    fn refill(&mut self, rate: Rate, now: Moment) {
        let elapsed = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let gained = elapsed.saturating_mul(rate.per_second().into());
        self.spent_milli = self.spent_milli.saturating_sub(gained);
        self.at = self.at.max(now);
        self.told &= self.spent_milli > milli(rate.burst()) / 2;
    }

    fn note_full(&mut self, rate: Rate) {
        let wait = self.spent_milli.div_ceil(rate.per_second().into());
        self.full_at = self.at.after(Duration::from_millis(wait));
    }
}

fn milli(tokens: u32) -> u64 {
    u64::from(tokens) * 1000
}
