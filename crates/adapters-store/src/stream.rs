//! The place of one channel's stream.

use std::time::Duration;

use application::ports::POSITION_IDLE;
use domain::{Epoch, HistoryPolicy, Offset, Position, Timestamp};

use crate::{
    encoding::{Reader, Writer},
    space::{AppNumber, StreamNumber},
};

/// Where a stream is. Its messages are the offsets from `first` to `top`, without a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) app: AppNumber,
    pub(crate) number: StreamNumber,
    pub(crate) epoch: Epoch,
    pub(crate) top: u64,
    /// The oldest message that may be read; one beyond the top where there is none.
    pub(crate) first: u64,
    /// Messages before this one are deleted from disk too. At most `first`.
    pub(crate) erased: u64,
    /// The cost of all messages that the stream ever had.
    pub(crate) total: u64,
    /// The latest time that any of them was stamped with.
    pub(crate) latest: Timestamp,
    /// When it was last asked or appended to.
    pub(crate) used: Timestamp,
    /// The same, as it is on disk.
    pub(crate) used_on_disk: Timestamp,
    /// How much was kept of it, when it was last used.
    pub(crate) kept: Kept,
}

/// A policy's bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) size: u64,
    pub(crate) bytes: u64,
    pub(crate) ttl: Duration,
}

impl Kept {
    pub(crate) fn by(policy: &HistoryPolicy) -> Self {
        // Whole milliseconds, as they come back from disk.
        let ttl = u64::try_from(policy.ttl.as_millis()).unwrap_or(u64::MAX);
        let ttl = Duration::from_millis(ttl);
        Self { size: policy.size.into(), bytes: policy.bytes, ttl }
    }
}

impl Stream {
    /// A use is written to disk by itself where the one on disk is older than this: a small part of
    /// the time for which a position is kept.
    const USE_IS_NEWS: Duration = Duration::from_secs(24 * 3600);

    pub(crate) fn new(
        app: AppNumber,
        number: StreamNumber,
        epoch: Epoch,
        now: Timestamp,
        kept: Kept,
    ) -> Self {
        let latest = Timestamp::from_millis(0);
        let (top, first, erased, total) = (0, 1, 1, 0);
        let (used, used_on_disk) = (now, now);
        Self { app, number, epoch, top, first, erased, total, latest, used, used_on_disk, kept }
    }

    pub(crate) fn position(&self) -> Position {
        Position { epoch: self.epoch, offset: Offset(self.top) }
    }

    /// The position of the next message.
    pub(crate) fn next(&self) -> Position {
        Position { epoch: self.epoch, offset: Offset(self.top + 1) }
    }

    /// The cost of the messages that may be read, by the average of all that the stream ever had:
    /// what went is not known without a disk.
    pub(crate) fn kept_bytes(&self) -> u64 {
        let kept = u128::from((self.top + 1).saturating_sub(self.first));
        let reckoned = u128::from(self.total) * kept / u128::from(self.top.max(1));
        u64::try_from(reckoned).unwrap_or(u64::MAX)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first > self.top
    }

    /// Counts the message whose stamp was [`Self::next`].
    pub(crate) fn append(&mut self, cost: u64, ts: Timestamp) {
        self.top += 1;
        self.total = self.total.saturating_add(cost);
        self.latest = self.latest.max(ts);
    }

    /// Messages before `first` are no longer read.
    pub(crate) fn forget_before(&mut self, first: u64) {
        self.first = self.first.max(first).min(self.top + 1);
    }

    /// The oldest message that the policy's number leaves.
    pub(crate) fn first_by_size(&self, size: u64) -> u64 {
        self.first.max((self.top + 1).saturating_sub(size))
    }

    /// Whether its place has been idle for so long that it may go, where nobody is attached.
    pub(crate) fn is_idle(&self, now: Timestamp) -> bool {
        self.is_empty() && now.since(self.used) >= POSITION_IDLE
    }

    /// Whether its last use should be written, though nothing else is.
    pub(crate) fn use_is_news(&self) -> bool {
        self.used.since(self.used_on_disk) >= Self::USE_IS_NEWS
    }

    pub(crate) fn encode(&self, key: &[u8]) -> Vec<u8> {
        let mut to = Writer::with_capacity(128);
        to.u64(self.number);
        to.u64(self.epoch.bits());
        to.u64(self.top);
        to.u64(self.first);
        to.u64(self.erased);
        to.u64(self.total);
        to.u64(self.latest.as_millis());
        to.u64(self.used.as_millis());
        to.u64(self.kept.size);
        to.u64(self.kept.bytes);
        to.u64(u64::try_from(self.kept.ttl.as_millis()).unwrap_or(u64::MAX));
        to.sealed(key)
    }

    /// The place of these bytes. Nothing where they are not what was written.
    pub(crate) fn decode(app: AppNumber, key: &[u8], value: &[u8]) -> Option<Self> {
        let mut from = Reader::unsealed(key, value)?;
        let number = from.u64()?;
        let epoch = Epoch::from_random(from.u64()?);
        let (top, first, erased, total) = (from.u64()?, from.u64()?, from.u64()?, from.u64()?);
        let latest = Timestamp::from_millis(from.u64()?);
        let used = Timestamp::from_millis(from.u64()?);
        let (size, bytes, ttl) = (from.u64()?, from.u64()?, from.u64()?);
        let kept = Kept { size, bytes, ttl: Duration::from_millis(ttl) };
        Some(Self {
            app,
            number,
            epoch,
            top,
            first,
            erased,
            total,
            latest,
            used,
            used_on_disk: used,
            kept,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_as_it_was() {
        let kept = Kept { size: 5, bytes: 6, ttl: Duration::from_millis(7) };
        let now = Timestamp::from_millis(9);
        let mut stream = Stream::new(1, 2, Epoch::from_random(3), now, kept);
        (1..=4).for_each(|ts| stream.append(10, Timestamp::from_millis(ts)));
        assert_eq!(stream.kept_bytes(), 40);
        stream.forget_before(3);
        assert_eq!(stream.kept_bytes(), 20);
        let value = stream.encode(b"key");
        assert_eq!(Stream::decode(1, b"key", &value), Some(stream));
        assert_eq!((stream.first, stream.top, stream.total), (3, 4, 40));
        stream.forget_before(99);
        assert!(stream.is_empty() && stream.kept_bytes() == 0);
    }
}
