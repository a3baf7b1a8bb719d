//! Reads a page of a stream.

use application::ports::{Order, Page, Query};
use domain::{HistoryPolicy, Offset, Timestamp};

use crate::{
    engine::{Bytes, EngineError, View},
    record::{self, StoredRecord},
    space::{Space, message_key},
    stream::Stream,
};

/// Why a page was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// This message is missing or not what was written.
    #[error("message {offset} of a stream is damaged")]
    Damaged { offset: u64 },
    /// The engine can't.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A stream at one moment.
pub(crate) struct Reading<'a> {
    pub(crate) stream: Stream,
    pub(crate) view: &'a View,
    pub(crate) now: Timestamp,
}

impl Reading<'_> {
    /// What a query gets.
    pub(crate) fn page(&self, policy: &HistoryPolicy, query: &Query) -> Result<Page, ReadError> {
        let (first, top) = (self.first_kept(policy)?, self.stream.top);
        // Offsets from..until of what is asked for and kept.
        let from = query.after.map_or(first, |after| first.max(after.0.saturating_add(1)));
        let until = query.before.map_or(top + 1, |before| before.0.min(top + 1));
        let wanted = until.saturating_sub(from);
        let mut page = Page {
            position: self.stream.position(),
            first: Offset(first),
            messages: Vec::new(),
            more: false,
        };
        if wanted == 0 {
            return Ok(page);
        }
        let rows = self.rows(from, until - 1);
        match query.order {
            Order::Ascending => fill(&mut page, query, from..until, rows)?,
            Order::Descending => fill(&mut page, query, (from..until).rev(), rows.rev())?,
        }
        page.more = u64::try_from(page.messages.len()).unwrap_or(u64::MAX) < wanted;
        Ok(page)
    }

    fn rows(
        &self,
        from: u64,
        to: u64,
    ) -> impl DoubleEndedIterator<Item = Result<(Bytes, Bytes), EngineError>> + use<> {
        let key = |offset| message_key(self.stream.app, self.stream.number, offset);
        self.view.range(Space::Messages, &key(from), &key(to))
    }

    /// The oldest message that the policy keeps; one beyond the top where it keeps none.
    ///
    /// What bytes and age leave is found by halving: along a stream neither the cost of what came
    /// before nor the latest time ever falls. Mostly the first look is enough.
    pub(crate) fn first_kept(&self, policy: &HistoryPolicy) -> Result<u64, ReadError> {
        let mut first = self.stream.first_by_size(policy.size.into());
        let mut beyond = self.stream.top + 1;
        if first >= beyond || self.is_kept(first, policy)? {
            return Ok(first);
        }
        // `first` is not kept, everything from `beyond` is.
        while beyond - first > 1 {
            let middle = first + (beyond - first) / 2;
            if self.is_kept(middle, policy)? {
                beyond = middle;
            } else {
                first = middle;
            }
        }
        Ok(beyond)
    }

    fn is_kept(&self, offset: u64, policy: &HistoryPolicy) -> Result<bool, ReadError> {
        let stored = self.record(offset)?;
        let bytes = self.stream.total.saturating_sub(stored.before);
        Ok(bytes <= policy.bytes && stored.latest.after(policy.ttl) > self.now)
    }

    fn record(&self, offset: u64) -> Result<StoredRecord, ReadError> {
        let key = message_key(self.stream.app, self.stream.number, offset);
        let value = self.view.get(Space::Messages, &key)?;
        let stored = value.and_then(|value| record::decode(&key, &value, Offset(offset)));
        stored.ok_or(ReadError::Damaged { offset })
    }
}

/// Takes rows as long as they are the offsets that are expected.
fn fill(
    page: &mut Page,
    query: &Query,
    offsets: impl Iterator<Item = u64>,
    mut rows: impl Iterator<Item = Result<(Bytes, Bytes), EngineError>>,
) -> Result<(), ReadError> {
    let mut bytes = 0u64;
    for offset in offsets {
        if page.messages.len() >= query.limit {
            break;
        }
        let (key, value) = rows.next().ok_or(ReadError::Damaged { offset })??;
        let expected = key.get(12..) == Some(&offset.to_be_bytes()[..]);
        let stored = record::decode(&key, &value, Offset(offset)).filter(|_| expected);
        let record = stored.ok_or(ReadError::Damaged { offset })?.record;
        bytes = bytes.saturating_add(record.cost());
        if bytes > query.bytes && !page.messages.is_empty() {
            break;
        }
        page.messages.push(record);
    }
    Ok(())
}
