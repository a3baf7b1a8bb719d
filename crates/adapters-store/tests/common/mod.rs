//! A store in a directory of its own, opened as often as a test wants.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use adapters_memory::RandomIds;
use adapters_store::{DurableBroker, OpenError, OpenReport, Planted, StoreEvent, StoreOptions};
use application::ports::{Broker, BrokerError, HistoryStore, Order, Page, Query};
use domain::{
    AppId, Author, ChannelKey, ChannelName, ClientId, Draft, Durability, HistoryPolicy, MessageKey,
    Namespace, Payload, Receipt, Source, Timestamp,
};
use tempfile::TempDir;
use testkit::{ManualClock, RecordingSink};

/// A directory, and what its store is made with.
pub(crate) struct Store {
    pub(crate) folder: TempDir,
    path: PathBuf,
    pub(crate) sink: Arc<RecordingSink>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) events: Arc<Mutex<Vec<String>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("store");
        Self::of(folder, path)
    }

    /// A store in a directory that is somebody else's.
    pub(crate) fn at(path: &Path) -> Self {
        Self::of(tempfile::tempdir().expect("a directory"), path.to_owned())
    }

    fn of(folder: TempDir, path: PathBuf) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
        Self { folder, path, sink: Arc::default(), clock, events: Arc::default() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    pub(crate) fn try_open(&self) -> Result<(DurableBroker, OpenReport), OpenError> {
        self.try_open_with(StoreOptions { cache_bytes: 1 << 20, ..StoreOptions::default() })
    }

    fn try_open_with(
        &self,
        options: StoreOptions,
    ) -> Result<(DurableBroker, OpenReport), OpenError> {
        let events = Arc::clone(&self.events);
        DurableBroker::open(
            &self.path(),
            options,
            Arc::clone(&self.sink) as _,
            Arc::clone(&self.clock) as _,
            Arc::new(RandomIds),
            Arc::new(move |event: StoreEvent| {
                // Every group is told of: here only what is out of the ordinary.
                if !matches!(event, StoreEvent::Committed { .. }) {
                    events.lock().expect("no panic").push(format!("{event:?}"));
                }
            }),
        )
    }

    /// A store with a bug.
    pub(crate) fn open_planted(&self, planted: Planted) -> DurableBroker {
        let options = StoreOptions { planted, ..StoreOptions::default() };
        self.try_open_with(options).expect("opened").0
    }

    pub(crate) fn open(&self) -> DurableBroker {
        let (broker, report) = self.try_open().expect("opened");
        assert_eq!((report.doubt, &report.set_aside, report.damaged), (None, &None, 0));
        broker
    }
}

pub(crate) const POLICY: HistoryPolicy = HistoryPolicy {
    size: 10_000,
    ttl: Duration::from_secs(3600),
    bytes: 1 << 30,
    durability: Durability::Durable,
};

pub(crate) const ALL: Query =
    Query { after: None, before: None, order: Order::Ascending, limit: 100_000, bytes: u64::MAX };

pub(crate) fn channel(name: &str) -> ChannelKey {
    ChannelKey {
        app: AppId::parse("shop").expect("an app's name"),
        channel: ChannelName::parse(name).expect("a channel's name"),
    }
}

pub(crate) fn draft(channel: &ChannelKey, data: &str) -> Draft {
    let client = ClientId::parse("alice").expect("a client's name");
    Draft {
        channel: channel.clone(),
        name: None,
        data: Payload::parse(data, 1 << 20).expect("JSON"),
        key: None,
        from: None,
        source: Source { author: Author::Client(client), hidden_from: None },
        namespace: Arc::new(Namespace { history: Some(POLICY), ..Namespace::default() }),
    }
}

pub(crate) fn keyed(channel: &ChannelKey, data: &str, key: &str) -> Draft {
    Draft { key: MessageKey::parse(key).ok(), ..draft(channel, data) }
}

pub(crate) async fn publish(broker: &DurableBroker, draft: Draft) -> Receipt {
    broker.publish(draft).await.expect("published")
}

pub(crate) async fn publish_all(
    broker: &DurableBroker,
    channel: &ChannelKey,
    numbers: std::ops::RangeInclusive<u64>,
) {
    // Those that wait together are synced together, in this order.
    let drafts: Vec<Draft> = numbers.map(|n| draft(channel, &n.to_string())).collect();
    for drafts in drafts.chunks(500) {
        let sent = drafts.iter().map(|draft| publish(broker, draft.clone()));
        futures_util::future::join_all(sent).await;
    }
}

pub(crate) async fn try_publish(
    broker: &DurableBroker,
    draft: Draft,
) -> Result<Receipt, BrokerError> {
    broker.publish(draft).await
}

pub(crate) async fn read(broker: &DurableBroker, channel: &ChannelKey) -> Page {
    broker.read(channel, &POLICY, &ALL).await.expect("read")
}

pub(crate) fn data(page: &Page) -> Vec<&str> {
    page.messages.iter().map(|record| record.message.data.as_str()).collect()
}

/// Copies a directory with everything in it.
pub(crate) fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}
