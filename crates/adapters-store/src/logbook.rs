//! One app's event log: what is written of it, and what goes.

use std::collections::VecDeque;

use domain::{Event, EventOptions, Fact, Sequence, Timestamp};

use crate::{
    encoding::{Reader, Writer},
    engine::{Batch, EngineError, View},
    fact_row,
    space::{AppNumber, Space, app_key, event_key, live_key, split_app},
};

/// Events of a block at most: so many go at once, and so exact are the bounds by age and bytes.
const BLOCK: u64 = 64;

/// Of each bound a block has no more than this part.
const SHARE: u64 = 64;

/// Events that a group erases of one log.
const ERASED_AT_ONCE: u64 = 1024;

/// What the committer knows of an app's log.
#[derive(Debug, Clone)]
pub(crate) struct Logbook {
    app: AppNumber,
    pub(crate) row: LogRow,
    /// Runs of events that go together, the oldest first.
    blocks: VecDeque<Block>,
}

/// What is kept of a log beside its events, under the app's number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogRow {
    /// The last event that was ever written.
    pub(crate) last: u64,
    /// The oldest one that is shown.
    pub(crate) first: u64,
    /// The oldest one on disk.
    erased: u64,
    /// Bytes of all events that were ever written.
    total: u64,
    /// The latest time of any of them.
    latest: u64,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    first: u64,
    /// Bytes of all events before it.
    before: u64,
    /// No event of it is later.
    latest: u64,
}

impl Default for LogRow {
    /// That of a log that never had an event.
    fn default() -> Self {
        Self { last: 0, first: 1, erased: 1, total: 0, latest: 0 }
    }
}

impl LogRow {
    fn encode(self, key: &[u8]) -> Vec<u8> {
        let mut to = Writer::with_capacity(40);
        for number in [self.last, self.first, self.erased, self.total, self.latest] {
            to.u64(number);
        }
        to.sealed(key)
    }

    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let mut from = Reader::unsealed(key, value)?;
        let (last, first, erased) = (from.u64()?, from.u64()?, from.u64()?);
        Some(Self { last, first, erased, total: from.u64()?, latest: from.u64()? })
    }
}

impl Logbook {
    pub(crate) fn new(app: AppNumber) -> Self {
        Self { app, row: LogRow::default(), blocks: VecDeque::new() }
    }

    /// Reads what is known of an app's log, if it has one. Of a block one event is looked at.
    pub(crate) fn load(view: &View, app: AppNumber) -> Result<Option<Self>, EngineError> {
        let row = row(view, app)?;
        // The row may be older than the events, where the store lost its end.
        let (from, to) = (event_key(app, 0), event_key(app, u64::MAX));
        let newest = view.range(Space::Events, &from, &to).next_back().transpose()?;
        let newest = newest.and_then(|(key, _)| sequence_of(&key));
        if row.is_none() && newest.is_none() {
            return Ok(None);
        }
        let mut log = Self::new(app);
        log.row = row.unwrap_or(log.row);
        log.row.last = log.row.last.max(newest.unwrap_or(0));
        let mut at = log.row.first;
        while at <= log.row.last {
            let key = event_key(app, at);
            let stored = view.get(Space::Events, &key)?;
            if let Some(stored) = stored.and_then(|value| StoredEvent::decode(&key, &value)) {
                log.blocks
                    .iter_mut()
                    .next_back()
                    .into_iter()
                    .for_each(|it| it.latest = stored.latest);
                let (before, latest) = (stored.before, log.row.latest);
                log.blocks.push_back(Block { first: at, before, latest });
                log.row.total = log.row.total.max(before);
            }
            at += BLOCK;
        }
        Ok(Some(log))
    }

    /// Writes an event, and what is live by it.
    pub(crate) fn write(
        &mut self,
        fact: &Fact,
        ts: Timestamp,
        options: &EventOptions,
        batch: &mut Batch,
    ) {
        self.row.last += 1;
        self.row.latest = self.row.latest.max(ts.as_millis());
        let key = event_key(self.app, self.row.last);
        let before = self.row.total;
        let stored = StoredEvent { before, latest: self.row.latest, ts, fact: None };
        let value = stored.encode(&key, fact);
        self.row.total += u64::try_from(key.len() + value.len()).unwrap_or(u64::MAX);
        batch.put(Space::Events, &key, value);
        self.put_into_block(before, options);
        if let Some(thing) = fact.thing() {
            let key = live_key(self.app, &thing.0);
            if thing.1 {
                batch.put(Space::Live, &key, live_value(&key, fact));
            } else {
                batch.remove(Space::Live, &key);
            }
        } else if let Fact::SubscriptionCount { channel, .. } = fact {
            let key = live_key(self.app, &domain::Thing::Channel(channel.clone()));
            batch.put(Space::Live, &key, live_value(&key, fact));
        }
    }

    fn put_into_block(&mut self, before: u64, options: &EventOptions) {
        let (last, latest) = (self.row.last, self.row.latest);
        let most = (u64::from(options.size) / SHARE).clamp(1, BLOCK);
        let full = |block: &Block| {
            last - block.first >= most || before - block.before >= options.bytes / SHARE
        };
        match self.blocks.back_mut().filter(|block| !full(block)) {
            Some(block) => block.latest = latest,
            None => self.blocks.push_back(Block { first: last, before, latest }),
        }
    }

    /// Lets go what is beyond the bounds, and erases a share of it. Says whether more is to be erased.
    pub(crate) fn trim(
        &mut self,
        options: &EventOptions,
        now: Timestamp,
        batch: &mut Batch,
    ) -> bool {
        let LogRow { last, total, .. } = self.row;
        let old = now.before(options.ttl).as_millis();
        while let Some(block) = self.blocks.front()
            && (last + 1 - block.first > u64::from(options.size)
                || total - block.before > options.bytes
                || block.latest <= old)
        {
            self.blocks.pop_front();
            self.row.first = self.blocks.front().map_or(last + 1, |block| block.first);
        }
        self.erase(batch)
    }

    /// Everything goes.
    pub(crate) fn clear(&mut self, batch: &mut Batch) {
        self.blocks.clear();
        self.row.first = self.row.last + 1;
        self.erase(batch);
    }

    fn erase(&mut self, batch: &mut Batch) -> bool {
        let until = self.row.first.min(self.row.erased + ERASED_AT_ONCE);
        for sequence in self.row.erased..until {
            batch.remove(Space::Events, &event_key(self.app, sequence));
        }
        self.row.erased = until;
        until < self.row.first
    }

    /// Whether [`Self::trim`] would change anything.
    pub(crate) fn is_due(&self, options: &EventOptions, now: Timestamp) -> bool {
        let old = now.before(options.ttl).as_millis();
        self.row.erased < self.row.first
            || self.blocks.front().is_some_and(|block| block.latest <= old)
    }

    pub(crate) fn put(&self, batch: &mut Batch) {
        let key = app_key(self.app);
        batch.put(Space::Events, &key, self.row.encode(&key));
    }
}

fn live_value(key: &[u8], fact: &Fact) -> Vec<u8> {
    let mut to = Writer::with_capacity(128);
    fact_row::write(&mut to, fact);
    to.sealed(key)
}

/// What a live row says. Nothing where it is not what was written.
pub(crate) fn read_live(key: &[u8], value: &[u8]) -> Option<Fact> {
    fact_row::read(&mut Reader::unsealed(key, value)?)
}

/// What is kept of an app's log beside its events.
pub(crate) fn row(view: &View, app: AppNumber) -> Result<Option<LogRow>, EngineError> {
    let key = app_key(app);
    Ok(view.get(Space::Events, &key)?.and_then(|value| LogRow::decode(&key, &value)))
}

/// How many events all logs show.
pub(crate) fn shown(view: &View) -> Result<u64, EngineError> {
    let mut shown = 0;
    for app in view.all(Space::Apps) {
        let Some((app, [])) = split_app(&app?.0) else { continue };
        shown += row(view, app)?.map_or(0, |row| (row.last + 1).saturating_sub(row.first));
    }
    Ok(shown)
}

/// The sequence of an event's key.
pub(crate) fn sequence_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(4..)?.try_into().ok()?))
}

/// An event as it lies on disk.
pub(crate) struct StoredEvent {
    /// Bytes of all events before it.
    before: u64,
    /// The latest time up to it.
    pub(crate) latest: u64,
    ts: Timestamp,
    fact: Option<Fact>,
}

impl StoredEvent {
    fn encode(&self, key: &[u8], fact: &Fact) -> Vec<u8> {
        let mut to = Writer::with_capacity(fact.cost());
        to.u64(self.before);
        to.u64(self.latest);
        to.u64(self.ts.as_millis());
        fact_row::write(&mut to, fact);
        to.sealed(key)
    }

    /// Nothing where the bytes are not what was written.
    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let mut from = Reader::unsealed(key, value)?;
        let (before, latest) = (from.u64()?, from.u64()?);
        let ts = Timestamp::from_millis(from.u64()?);
        Some(Self { before, latest, ts, fact: Some(fact_row::read(&mut from)?) })
    }

    pub(crate) fn into_event(self, sequence: u64) -> Option<Event> {
        Some(Event { sequence: Sequence(sequence), ts: self.ts, fact: self.fact? })
    }
}
