//! One channel's stream.

use std::{collections::VecDeque, sync::Arc};

use application::ports::{Order, Page, Query};
use domain::{Epoch, HistoryPolicy, Offset, Position, Record, Timestamp};

/// Messages of one channel and their place.
pub(crate) struct Stream {
    epoch: Epoch,
    top: u64,
    /// The newest, without a hole up to the top.
    records: VecDeque<Arc<Record>>,
    /// Their cost.
    bytes: u64,
    ttl_millis: u64,
    /// When it was last asked or appended to.
    pub(crate) used: Timestamp,
}

impl Stream {
    pub(crate) fn new(epoch: Epoch, now: Timestamp) -> Self {
        Self { epoch, top: 0, records: VecDeque::new(), bytes: 0, ttl_millis: 0, used: now }
    }

    pub(crate) fn position(&self) -> Position {
        Position { epoch: self.epoch, offset: Offset(self.top) }
    }

    /// The position of the next message.
    pub(crate) fn next(&self) -> Position {
        Position { epoch: self.epoch, offset: Offset(self.top + 1) }
    }

    /// Appends the message whose stamp is [`Self::next`].
    pub(crate) fn append(&mut self, record: Record, policy: &HistoryPolicy, now: Timestamp) {
        self.top += 1;
        self.bytes += record.cost();
        self.records.push_back(Arc::new(record));
        self.touch(policy, now);
    }

    /// Notes that the stream is used, and lets go what the policy no longer keeps.
    pub(crate) fn touch(&mut self, policy: &HistoryPolicy, now: Timestamp) {
        self.used = now;
        self.ttl_millis = u64::try_from(policy.ttl.as_millis()).unwrap_or(u64::MAX);
        let size = usize::try_from(policy.size).unwrap_or(usize::MAX);
        while self.records.len() > size || self.bytes > policy.bytes {
            self.drop_oldest();
        }
        self.expire(now);
    }

    /// Lets go what is too old.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        let ttl = self.ttl_millis;
        let old = |record: &Arc<Record>| {
            record.message.ts.as_millis().saturating_add(ttl) <= now.as_millis()
        };
        while self.records.front().is_some_and(old) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(gone) = self.records.pop_front() {
            self.bytes -= gone.cost();
        }
        if self.records.is_empty() {
            self.records = VecDeque::new();
        }
    }

    pub(crate) fn purge(&mut self) {
        self.records = VecDeque::new();
        self.bytes = 0;
    }

    /// The cost of all that is kept.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn first(&self) -> u64 {
        self.top + 1 - u64::try_from(self.records.len()).unwrap_or(0)
    }

    /// What a query gets; whoever asks has called [`Self::touch`] before.
    pub(crate) fn page(&self, query: &Query) -> Page {
        let first = self.first();
        // Offsets from..until of what is asked for and kept.
        let from = query.after.map_or(first, |after| first.max(after.0.saturating_add(1)));
        let until = query.before.map_or(self.top + 1, |before| before.0.min(self.top + 1));
        let wanted = until.saturating_sub(from);
        let of = |offset: u64| self.records.get(usize::try_from(offset - first).ok()?);
        let mut messages = Vec::new();
        let mut bytes = 0u64;
        for nth in 0..wanted {
            let offset = match query.order {
                Order::Ascending => from + nth,
                Order::Descending => until - 1 - nth,
            };
            let Some(record) = of(offset) else { break };
            bytes = bytes.saturating_add(record.cost());
            if messages.len() >= query.limit || (bytes > query.bytes && !messages.is_empty()) {
                break;
            }
            messages.push(Arc::clone(record));
        }
        let more = u64::try_from(messages.len()).unwrap_or(u64::MAX) < wanted;
        Page { position: self.position(), first: Offset(first), messages, more }
    }
}
