//! What apps used: the suite of the port, and that messages and counts are one step.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod common;

use std::{sync::Arc, time::Duration};

use adapters_memory::RandomIds;
use adapters_store::{DurableBroker, Planted, restore};
use application::{
    Checkpoints, UsageCounter,
    ports::{Broker, Clock, Counted, Meter, Reading, RecordError, UsageLedger},
};
use common::{Store, channel, draft, keyed, publish, publish_all, read, try_publish};
use domain::{AppId, ChannelKey, Durability, Hour, Metric, Usage};
use testkit::{
    RecordingEvents,
    contracts::{usage_ledger, usage_ledger::LedgerFixture},
};

fn ledger() -> LedgerFixture {
    let store = Store::new();
    LedgerFixture { open: Box::new(move || Arc::new(store.open())), outlives: true }
}

#[tokio::test]
async fn usage_ledger_1_what_is_recorded_is_added_once() {
    usage_ledger::what_is_recorded_is_added_once(&ledger()).await;
}

#[tokio::test]
async fn usage_ledger_2_rows_come_in_order() {
    usage_ledger::rows_come_in_order(&ledger()).await;
}

#[tokio::test]
async fn usage_ledger_3_rows_are_apart() {
    usage_ledger::rows_are_apart(&ledger()).await;
}

#[tokio::test]
async fn usage_ledger_4_a_start_goes_on() {
    usage_ledger::a_start_goes_on(&ledger()).await;
}

fn shop() -> AppId {
    AppId::parse("shop").unwrap()
}

async fn rows(broker: &DurableBroker) -> Vec<(String, Usage)> {
    let (first, last) = (Hour::from_number(0), Hour::from_number(u32::MAX));
    let rows = UsageLedger::read(broker, &shop(), first, last).await.unwrap();
    rows.into_iter().map(|(hour, usage)| (hour.to_string(), usage)).collect()
}

async fn total(broker: &DurableBroker, metric: Metric) -> u64 {
    rows(broker).await.iter().map(|(_, usage)| usage.get(metric)).sum()
}

fn counted(hour: Hour, deliveries: u64) -> Arc<[Counted]> {
    let mut usage = Usage::default();
    usage.count(Metric::Deliveries, deliveries);
    [Counted { app: shop(), hour, usage }].into()
}

#[tokio::test]
async fn a_message_counts_with_its_group_and_a_repeated_one_does_not() {
    let store = Store::new();
    let (room, broker) = (channel("room"), store.open());
    publish_all(&broker, &room, 1..=120).await;
    for _ in 0..3 {
        publish(&broker, keyed(&room, "1000", "once")).await;
    }
    assert!(try_publish(&broker, keyed(&room, "1001", "once")).await.is_err());
    let bytes = 9 + 2 * 90 + 3 * 21 + 4;
    let counts = async |broker: DurableBroker| {
        let messages = total(&broker, Metric::Messages).await;
        (messages, total(&broker, Metric::HistoryBytes).await)
    };
    assert_eq!(counts(broker).await, (121, bytes));
    assert_eq!(counts(store.open()).await, (121, bytes));
}

#[tokio::test]
async fn a_message_is_of_the_hour_of_its_stamp() {
    let store = Store::new();
    let (room, broker) = (channel("room"), store.open());
    for hours in [0, 1, 30 * 24] {
        store.clock.advance(Duration::from_secs(3600 * hours));
        publish_all(&broker, &room, 1..=2).await;
    }
    store.clock.set_now(store.clock.now().before(Duration::from_secs(30 * 24 * 3600)));
    publish_all(&broker, &room, 1..=5).await;
    let rows = rows(&broker).await;
    let messages: Vec<_> =
        rows.iter().map(|(hour, usage)| (&**hour, usage.get(Metric::Messages))).collect();
    let wanted =
        [("2027-01-15T08:00:00Z", 2), ("2027-01-15T09:00:00Z", 7), ("2027-02-14T09:00:00Z", 2)];
    assert_eq!(messages, wanted);
}

/// What is acknowledged, and what is on disk though its group failed, is counted once.
#[tokio::test(flavor = "multi_thread")]
async fn groups_that_fail_count_what_they_kept() {
    let store = Store::new();
    let (room, hour) = (channel("room"), Hour::from_number(500_000));
    let broker = store.open_planted(Planted { failing: true, ..Planted::default() });
    let (mut recorded, mut refused) = (0, 0);
    for n in 0..40 {
        drop(try_publish(&broker, draft(&room, &n.to_string())).await);
        match UsageLedger::record(&broker, counted(hour, 1 << (n % 8))).await {
            Ok(()) => recorded += 1 << (n % 8),
            Err(RecordError::NotRecorded(_)) => refused += 1,
            Err(error @ RecordError::Unknown(_)) => panic!("{error}"),
        }
    }
    drop(broker);
    assert!(refused > 0 && recorded > 0, "{recorded} recorded, {refused} refused");
    let broker = store.open();
    assert_eq!(total(&broker, Metric::Deliveries).await, recorded);
    let kept = read(&broker, &room).await.messages.len() as u64;
    assert_eq!(total(&broker, Metric::Messages).await, kept, "as many as the log has");
}

/// The whole way: what was counted is in the ledger once, though its disk fails all the time.
#[tokio::test(flavor = "multi_thread")]
async fn a_failing_disk_delays_and_loses_nothing() {
    let store = Store::new();
    let broker = Arc::new(store.open_planted(Planted { failing: true, ..Planted::default() }));
    let counter = Arc::new(UsageCounter::new(Arc::clone(&store.clock) as _, true));
    let events = Arc::new(RecordingEvents::default());
    let (ledger, clock) = (Arc::clone(&broker) as _, Arc::clone(&store.clock) as _);
    let checkpoints = Checkpoints::new(Arc::clone(&counter), ledger, events, clock);
    let app = &shop();
    for n in 0..30 {
        counter.note(&Reading::Delivered { app, messages: n, bytes: 1 });
        // The log counts these.
        let broker = Durability::Durable;
        counter.note(&Reading::Published { app, bytes: 1, broker, kept: true });
        checkpoints.checkpoint().await;
    }
    for _ in 0..20 {
        checkpoints.checkpoint().await;
    }
    assert_eq!(total(&broker, Metric::Deliveries).await, (0..30).sum::<u64>());
    assert_eq!(total(&broker, Metric::Messages).await, 0);
}

#[tokio::test]
async fn a_restored_copy_goes_on_from_its_own_numbers() {
    let store = Store::new();
    let (broker, hour) = (store.open(), Hour::from_number(500_000));
    UsageLedger::record(&broker, counted(hour, 3)).await.unwrap();
    let copy = store.folder.path().join("copy");
    broker.backup(&copy).unwrap();
    UsageLedger::record(&broker, counted(hour, 50)).await.unwrap();
    drop(broker);
    let other = store.folder.path().join("other");
    restore(&copy, &other, &RandomIds, store.clock.now()).unwrap();
    let broker = Store::at(&other).open();
    UsageLedger::record(&broker, counted(hour, 4)).await.unwrap();
    assert_eq!(total(&broker, Metric::Deliveries).await, 7);
    // An app that comes now gets a number that no row has.
    let bazaar = ChannelKey { app: AppId::parse("bazaar").unwrap(), ..channel("room") };
    broker.publish(draft(&bazaar, "1")).await.unwrap();
    assert_eq!(total(&broker, Metric::Messages).await, 0);
}
