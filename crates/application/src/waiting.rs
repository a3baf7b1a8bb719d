//! What waits to be sent, in the whole server together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

/// Bytes that wait to be sent: in the queues of all connections, in the backlogs of all channels, and
/// of messages that are half received. A piece of memory that many wait for counts for each.
///
/// Whoever holds such bytes says how many there were and are ([`Self::changed`]). Only whole
/// [`Self::UNIT`]s of each place are counted: what waits for a moment and is small, as most does,
/// touches nothing that is shared between threads.
#[derive(Debug)]
pub struct Waiting {
    bytes: AtomicUsize,
    limit: usize,
    passed: Notify,
}

impl Waiting {
    /// The bytes of one place are counted in steps of this.
    pub const UNIT: usize = 4096;

    /// Nothing waits yet, and no more than `limit` bytes should.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), limit, passed: Notify::new() })
    }

    /// Any number may wait: for tests, and for what bounds itself.
    #[must_use]
    pub fn unbounded() -> Arc<Self> {
        Self::new(usize::MAX)
    }

    /// In one place there wait `after` bytes where there were `before`. Every place that says so begins
    /// with nothing and ends with nothing.
    #[inline]
    pub fn changed(&self, before: usize, after: usize) {
        let (before, after) = (before / Self::UNIT, after / Self::UNIT);
        if after > before {
            self.more((after - before) * Self::UNIT);
        } else if before > after {
            self.bytes.fetch_sub((before - after) * Self::UNIT, Ordering::Relaxed);
        }
    }

    fn more(&self, bytes: usize) {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before <= self.limit && before + bytes > self.limit {
            self.passed.notify_one();
        }
    }

    /// How many wait, but for less than a [`Self::UNIT`] in each place.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many may.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Whether more wait than should.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.bytes() > self.limit
    }

    /// Whether so few wait that the server is well again: an eighth below the limit, so that the next
    /// few bytes are not too many at once.
    pub(crate) fn is_relieved(&self) -> bool {
        self.bytes() <= self.limit - self.limit / 8
    }

    /// Resolves once the limit was passed since the last call.
    pub(crate) async fn passed(&self) {
        self.passed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_of_each_place_are_counted() {
        let waiting = Waiting::new(2 * Waiting::UNIT);
        waiting.changed(0, Waiting::UNIT - 1);
        assert_eq!(waiting.bytes(), 0);
        waiting.changed(Waiting::UNIT - 1, 3 * Waiting::UNIT + 7);
        assert_eq!(waiting.bytes(), 3 * Waiting::UNIT);
        assert!(waiting.is_over() && !waiting.is_relieved());
        waiting.changed(3 * Waiting::UNIT + 7, 2 * Waiting::UNIT);
        assert!(!waiting.is_over() && !waiting.is_relieved());
        waiting.changed(2 * Waiting::UNIT, 1);
        assert!(waiting.is_relieved());
        assert_eq!(waiting.bytes(), 0);
    }

    #[tokio::test]
    async fn passing_the_limit_is_told_also_to_who_comes_later() {
        let waiting = Waiting::new(Waiting::UNIT);
        waiting.changed(0, 2 * Waiting::UNIT);
        waiting.passed().await;
        waiting.changed(2 * Waiting::UNIT, 3 * Waiting::UNIT);
        assert!(futures_util::FutureExt::now_or_never(waiting.passed()).is_none());
    }
}
