//! What one app can have. Not part of the test command, for it takes a while:
//! `cargo test -p adapters-store --test bounds -- --ignored`.

mod common;

use application::ports::{Broker, BrokerError, KEYS_PER_APP, STREAMS_PER_APP};
use common::{Store, channel, draft, keyed, publish, read};
use domain::{Draft, Namespace, Offset};
use futures_util::future::join_all;

async fn publish_each(broker: &adapters_store::DurableBroker, drafts: impl Iterator<Item = Draft>) {
    let mut drafts = drafts.peekable();
    while drafts.peek().is_some() {
        let sends: Vec<_> =
            drafts.by_ref().take(1000).map(|draft| publish(broker, draft)).collect();
        join_all(sends).await;
    }
}

#[tokio::test]
#[ignore = "takes half a minute"]
async fn the_longest_idle_streams_make_room() {
    let store = Store::new();
    let broker = store.open();
    let (old, attached) = (channel("old"), channel("attached"));
    broker.attach(&attached).await.expect("attached");
    let before = publish(&broker, draft(&old, "1")).await.position.expect("a place");
    let kept = publish(&broker, draft(&attached, "1")).await.position.expect("a place");
    store.clock.advance(std::time::Duration::from_millis(1));
    let others = (2..STREAMS_PER_APP).map(|n| draft(&channel(&format!("c{n}")), "1"));
    publish_each(&broker, others).await;
    assert_eq!(broker.check().expect("checked").streams, STREAMS_PER_APP);
    assert_eq!(read(&broker, &attached).await.position, kept);
    publish(&broker, draft(&channel("one-more"), "1")).await;
    let streams = broker.check().expect("checked").streams;
    assert!(streams < STREAMS_PER_APP, "{streams}");
    assert_eq!(read(&broker, &attached).await.position, kept, "subscribers count its offsets");
    let after = read(&broker, &old).await.position;
    assert_ne!(after.epoch, before.epoch);
    assert_eq!(after.offset, Offset(0));
    broker.sweep();
    let contents = broker.check().expect("checked");
    assert_eq!((contents.orphans, contents.damaged), (0, 0));
    drop(broker);
    let began = std::time::Instant::now();
    let (_, report) = store.try_open().expect("opened");
    println!("{} streams opened in {:?}", report.streams, began.elapsed());
    assert_eq!(report.streams, contents.streams);
}

/// Looking for idle streams looks at all of them, on the thread that writes for all apps.
#[tokio::test]
#[ignore = "takes half a minute"]
async fn a_full_app_is_looked_through_once_a_second() {
    let store = Store::new();
    let broker = store.open();
    let names = || (0..STREAMS_PER_APP).map(|n| channel(&format!("c{n}")));
    for channel in names() {
        broker.attach(&channel).await.expect("attached");
    }
    publish_each(&broker, names().map(|channel| draft(&channel, "1"))).await;
    let one_more = draft(&channel("one-more"), "1");
    assert!(broker.publish(one_more.clone()).await.is_err(), "all are in use");
    broker.detach(&channel("c0")).await.expect("detached");
    assert!(broker.publish(one_more.clone()).await.is_err(), "it does not look again yet");
    store.clock.advance(std::time::Duration::from_secs(1));
    publish(&broker, one_more).await;
}

#[tokio::test]
#[ignore = "takes half a minute"]
async fn keys_are_bounded_and_become_free() {
    let store = Store::new();
    let broker = store.open();
    let lobby = channel("lobby");
    let many = (0..KEYS_PER_APP).map(|n| keyed(&lobby, "1", &n.to_string()));
    publish_each(&broker, many).await;
    let refused = broker.publish(keyed(&lobby, "1", "one more")).await;
    assert!(matches!(refused, Err(BrokerError::KeysFull)), "{refused:?}");
    assert!(publish(&broker, keyed(&lobby, "1", "0")).await.repeated, "none is forgotten early");
    publish(&broker, draft(&lobby, "1")).await;
    store.clock.advance(Namespace::default().idempotency_window);
    assert!(!publish(&broker, keyed(&lobby, "1", "one more")).await.repeated);
    broker.sweep();
    assert_eq!(broker.check().expect("checked").keys, 1);
}
