//! What the committer knows of the store: counters, apps, keys, garbage.

use std::collections::{BTreeSet, HashMap, VecDeque};

use application::ports::EndpointKey;
use domain::{AppId, EventOptions, Fact, Sequence, Timestamp};

use crate::{
    encoding::{Reader, Writer},
    engine::Batch,
    keys::Keys,
    logbook::Logbook,
    space::{AppNumber, Space, StreamNumber, app_key},
    usage::LastRows,
};

/// Numbers that only grow, kept in one row that each group writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counters {
    /// The store's identity: random, another one after each doubt about what it holds.
    pub(crate) store: u64,
    /// The last commit group.
    pub(crate) group: u64,
    /// The number of the next app.
    pub(crate) next_app: AppNumber,
    /// The number of the next stream.
    pub(crate) next_stream: StreamNumber,
}

impl Counters {
    pub(crate) const KEY: &'static [u8] = b"counters";

    pub(crate) fn new(store: u64) -> Self {
        Self { store, group: 0, next_app: 1, next_stream: 1 }
    }

    pub(crate) fn put(&self, batch: &mut Batch) {
        let mut to = Writer::with_capacity(32);
        to.u64(self.store);
        to.u64(self.group);
        to.u32(self.next_app);
        to.u64(self.next_stream);
        batch.put(Space::Meta, Self::KEY, to.sealed(Self::KEY));
    }

    /// Nothing where the bytes are not what was written.
    pub(crate) fn decode(value: &[u8]) -> Option<Self> {
        let mut from = Reader::unsealed(Self::KEY, value)?;
        let (store, group) = (from.u64()?, from.u64()?);
        Some(Self { store, group, next_app: from.u32()?, next_stream: from.u64()? })
    }
}

/// An app that has something in the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppEntry {
    pub(crate) number: AppNumber,
    /// Its streams, at most [`STREAMS_PER_APP`](application::ports::STREAMS_PER_APP).
    pub(crate) streams: usize,
    /// When the last look for idle streams found few.
    pub(crate) in_vain: Option<Timestamp>,
}

/// Messages that nobody reads any more: those of a stream that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Garbage {
    pub(crate) app: AppNumber,
    pub(crate) stream: StreamNumber,
    /// The first and the last offset.
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Garbage {
    pub(crate) fn encode(&self, key: &[u8]) -> Vec<u8> {
        let mut to = Writer::with_capacity(16);
        to.u64(self.from);
        to.u64(self.to);
        to.sealed(key)
    }

    /// Nothing where the bytes are not what was written.
    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let mut ids = key;
        let (app, rest) = ids.split_first_chunk()?;
        ids = rest;
        let stream = StreamNumber::from_be_bytes(ids.try_into().ok()?);
        let mut from = Reader::unsealed(key, value)?;
        let app = AppNumber::from_be_bytes(*app);
        Some(Self { app, stream, from: from.u64()?, to: from.u64()? })
    }
}

/// The committer's own knowledge. It runs ahead of the disk while a group is being made, and is read
/// back from there after a failure.
pub(crate) struct Ledger {
    pub(crate) counters: Counters,
    pub(crate) apps: HashMap<AppId, AppEntry>,
    pub(crate) keys: Keys,
    pub(crate) garbage: VecDeque<Garbage>,
    /// The event logs of apps that have one.
    pub(crate) logs: HashMap<AppId, Logbook>,
    /// Numbers of dead letters, of endpoints that got one since the store was opened.
    pub(crate) dead: HashMap<EndpointKey, BTreeSet<u64>>,
    pub(crate) usage: LastRows,
    /// Forgotten apps whose rows are still being erased.
    pub(crate) graves: Vec<AppNumber>,
}

impl Ledger {
    pub(crate) fn new(counters: Counters) -> Self {
        let (apps, keys, garbage) = (HashMap::new(), Keys::default(), VecDeque::new());
        let (logs, dead) = (HashMap::new(), HashMap::new());
        let (usage, graves) = (LastRows::new(), Vec::new());
        Self { counters, apps, keys, garbage, logs, dead, usage, graves }
    }

    /// The last events of these apps.
    pub(crate) fn lasts(
        &self,
        apps: impl IntoIterator<Item = AppId>,
    ) -> impl Iterator<Item = (AppId, Sequence)> {
        let last = |app: AppId| {
            let last = self.logs.get(&app)?.row.last;
            Some((app, Sequence(last)))
        };
        apps.into_iter().filter_map(last)
    }

    /// Writes an event into its app's log.
    pub(crate) fn write_event(
        &mut self,
        app: &AppId,
        fact: &Fact,
        ts: Timestamp,
        options: &EventOptions,
        batch: &mut Batch,
    ) {
        let number = self.number(app, batch);
        let log = self.logs.entry(app.clone()).or_insert_with(|| Logbook::new(number));
        log.write(fact, ts, options, batch);
    }

    /// The number of an app; one that is new to the store gets one.
    pub(crate) fn number(&mut self, app: &AppId, batch: &mut Batch) -> AppNumber {
        if let Some(entry) = self.apps.get(app) {
            return entry.number;
        }
        let number = self.counters.next_app;
        self.counters.next_app += 1;
        self.apps.insert(app.clone(), AppEntry { number, streams: 0, in_vain: None });
        let key = app_key(number);
        let mut name = Writer::with_capacity(app.as_str().len() + 4);
        name.text(app.as_str());
        batch.put(Space::Apps, &key, name.sealed(&key));
        number
    }
}
