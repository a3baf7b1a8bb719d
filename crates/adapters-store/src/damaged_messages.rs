//! Tests of messages that are not what was written, though the engine finds them in order.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use adapters_memory::{RandomIds, SystemClock};
use application::ports::{Broker, HistoryStore, Order, Page, Query};
use domain::{
    AppId, Author, ChannelKey, ChannelName, ClientId, Draft, Durability, HistoryPolicy, Namespace,
    Offset, Payload, Source,
};
use testkit::RecordingSink;

use crate::{
    DurableBroker, OpenReport, StoreEvent, StoreOptions,
    engine::Engine,
    space::{Space, message_key},
};

const POLICY: HistoryPolicy = HistoryPolicy {
    size: 1000,
    ttl: Duration::from_secs(3600),
    bytes: 1 << 20,
    durability: Durability::Durable,
};

const ALL: Query =
    Query { after: None, before: None, order: Order::Ascending, limit: 1000, bytes: u64::MAX };

type Events = Arc<Mutex<Vec<String>>>;

fn open(path: &Path) -> (DurableBroker, OpenReport, Events) {
    let events = Events::default();
    let heard = Arc::clone(&events);
    let watch = Arc::new(move |event| {
        // Every group is told of: here only what is out of the ordinary.
        if !matches!(event, StoreEvent::Committed { .. }) {
            heard.lock().unwrap().push(format!("{event:?}"));
        }
    });
    let (sink, clock) = (Arc::new(RecordingSink::default()), Arc::new(SystemClock::new()));
    let options = StoreOptions::default();
    let opened = DurableBroker::open(path, options, sink, clock, Arc::new(RandomIds), watch);
    let (broker, report) = opened.unwrap();
    (broker, report, events)
}

fn lobby() -> ChannelKey {
    ChannelKey { app: AppId::parse("shop").unwrap(), channel: ChannelName::parse("lobby").unwrap() }
}

async fn publish(broker: &DurableBroker, number: u64) -> Offset {
    let client = ClientId::parse("alice").unwrap();
    let draft = Draft {
        channel: lobby(),
        name: None,
        data: Payload::parse(&number.to_string(), 100).unwrap(),
        key: None,
        from: None,
        source: Source { author: Author::Client(client), hidden_from: None },
        namespace: Arc::new(Namespace { history: Some(POLICY), ..Namespace::default() }),
    };
    broker.publish(draft).await.unwrap().position.unwrap().offset
}

/// A store with messages 1 to 20, of which one is changed behind its back.
async fn damaged(path: &Path, offset: u64, value: Option<Vec<u8>>) {
    let (broker, ..) = open(path);
    for number in 1..=20 {
        publish(&broker, number).await;
    }
    drop(broker);
    let engine = Arc::new(Engine::open(&path.join("db"), 1 << 20).unwrap());
    let mut batch = engine.batch();
    let key = message_key(1, 1, offset);
    match value {
        Some(value) => batch.put(Space::Messages, &key, value),
        None => batch.remove(Space::Messages, &key),
    }
    batch.commit().unwrap();
}

async fn read(broker: &DurableBroker, query: Query) -> Page {
    broker.read(&lobby(), &POLICY, &query).await.unwrap()
}

#[tokio::test]
async fn a_damaged_message_and_those_before_it_are_no_longer_shown() {
    for value in [Some(b"anything".to_vec()), Some(Vec::new()), None] {
        for order in [Order::Ascending, Order::Descending] {
            let folder = tempfile::tempdir().unwrap();
            damaged(folder.path(), 12, value.clone()).await;
            let (broker, report, events) = open(folder.path());
            assert_eq!((report.damaged, report.doubt), (0, None), "only the last are looked at");
            assert_eq!(broker.check().unwrap().damaged, 1);
            let page = read(&broker, Query { order, ..ALL }).await;
            assert_eq!((page.first, page.messages.len()), (Offset(13), 8));
            assert_eq!(events.lock().unwrap().as_slice(), ["DamagedMessage"]);
            assert_eq!(publish(&broker, 21).await, Offset(21), "in the same stream");
            broker.sweep();
            drop(broker);
            let (broker, ..) = open(folder.path());
            let again = read(&broker, ALL).await;
            assert_eq!((again.first, again.position.epoch), (Offset(13), page.position.epoch));
            assert_eq!(broker.check().unwrap().damaged, 0);
        }
    }
}

#[tokio::test]
async fn the_last_messages_are_looked_at_when_opened() {
    let folder = tempfile::tempdir().unwrap();
    damaged(folder.path(), 18, Some(b"anything".to_vec())).await;
    let (broker, report, _) = open(folder.path());
    assert_eq!((report.damaged, report.doubt), (1, None));
    let page = read(&broker, ALL).await;
    assert_eq!((page.first, page.messages.len()), (Offset(19), 2));
    drop(broker);
    assert_eq!(open(folder.path()).1.damaged, 0);
}
