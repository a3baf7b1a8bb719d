//! What a store keeps when it is closed and opened again.

mod common;

use std::time::Duration;

use adapters_store::OpenError;
use application::ports::{Broker, BrokerError, HistoryStore, POSITION_IDLE};
use common::{ALL, POLICY, Store, channel, data, draft, keyed, publish, publish_all, read};
use domain::{
    ClientId, ConnectionId, Draft, Hidden, HistoryPolicy, MessageName, Namespace, Offset, Payload,
    Receipt, Sender, SessionToken,
};

#[tokio::test]
async fn places_and_messages_survive() {
    let store = Store::new();
    let lobby = channel("lobby");
    let before = {
        let broker = store.open();
        let mut sent = draft(&lobby, r#"{"text":"hé"}"#);
        let client = ClientId::parse("alice").expect("a client's name");
        let info = Payload::parse(r#"{"name":"Al"}"#, 100).ok().map(std::sync::Arc::new);
        sent.from =
            Some(Sender { client: client.clone(), connection: ConnectionId::from_random(7), info });
        sent.name = MessageName::parse("greeting").ok();
        let (connection, session) = (ConnectionId::from_random(7), SessionToken::from_random(9));
        let hidden = Hidden { connection, client: client.clone(), session };
        sent.source.hidden_from = Some(hidden);
        publish(&broker, sent).await;
        publish_all(&broker, &lobby, 2..=50).await;
        read(&broker, &lobby).await
    };
    let (broker, report) = store.try_open().expect("opened");
    assert_eq!((report.streams, report.doubt, report.damaged), (1, None, 0));
    assert_eq!(read(&broker, &lobby).await, before);
    let next = publish(&broker, draft(&lobby, "51")).await.position.expect("a place");
    assert_eq!((next.epoch, next.offset), (before.position.epoch, Offset(51)));
}

#[tokio::test]
async fn an_empty_stream_keeps_its_epoch() {
    let store = Store::new();
    let lobby = channel("lobby");
    let before = read(&store.open(), &lobby).await.position;
    assert_eq!(read(&store.open(), &lobby).await.position, before);
}

#[tokio::test]
async fn keys_are_remembered_for_their_window() {
    let store = Store::new();
    let lobby = channel("lobby");
    let first = publish(&store.open(), keyed(&lobby, "1", "k")).await;
    let broker = store.open();
    let again = publish(&broker, keyed(&lobby, "1", "k")).await;
    assert_eq!(again, Receipt { repeated: true, ..first.clone() });
    let other = broker.publish(keyed(&lobby, "2", "k")).await;
    assert!(matches!(other, Err(BrokerError::Conflict)), "{other:?}");
    drop(broker);
    store.clock.advance(Namespace::default().idempotency_window);
    let broker = store.open();
    let later = publish(&broker, keyed(&lobby, "2", "k")).await;
    assert!(!later.repeated);
    assert_eq!(broker.check().expect("checked").keys, 1);
}

#[tokio::test]
async fn a_key_without_history_is_remembered() {
    let store = Store::new();
    let keyed = || Draft { namespace: std::sync::Arc::default(), ..keyed(&channel("x"), "1", "k") };
    let first = publish(&store.open(), keyed()).await;
    let again = publish(&store.open(), keyed()).await;
    assert_eq!(again, Receipt { repeated: true, ..first });
}

#[tokio::test]
async fn a_purge_stays() {
    let store = Store::new();
    let lobby = channel("lobby");
    let place = {
        let broker = store.open();
        publish_all(&broker, &lobby, 1..=5).await;
        broker.purge(&lobby, &POLICY).await.expect("purged")
    };
    let broker = store.open();
    let page = read(&broker, &lobby).await;
    assert_eq!((page.position, page.first, data(&page)), (place, Offset(6), vec![]));
    broker.sweep();
    assert_eq!(broker.check().expect("checked").messages, 0, "erased from disk too");
}

#[tokio::test]
async fn what_a_policy_does_not_keep_is_erased() {
    let store = Store::new();
    let (lobby, old) = (channel("lobby"), channel("old"));
    let small = HistoryPolicy { size: 10, ..POLICY };
    let namespace = Namespace { history: Some(small), ..Namespace::default() };
    let namespace = std::sync::Arc::new(namespace);
    let broker = store.open();
    for n in 1..=1000 {
        let sent = Draft { namespace: namespace.clone(), ..draft(&lobby, &n.to_string()) };
        publish(&broker, sent).await;
    }
    let contents = broker.check().expect("checked");
    assert!(contents.messages < 200, "without a sweep: {}", contents.messages);
    publish_all(&broker, &old, 1..=2000).await;
    store.clock.advance(Duration::from_secs(3600));
    publish(&broker, draft(&lobby, "1001")).await;
    broker.sweep();
    let contents = broker.check().expect("checked");
    assert_eq!((contents.messages, contents.damaged, contents.orphans), (1, 0, 0));
    let page = read(&broker, &old).await;
    assert_eq!((page.position.offset, page.first), (Offset(2000), Offset(2001)));
    let page = broker.read(&lobby, &small, &ALL).await.expect("read");
    assert_eq!(data(&page), ["1001"]);
}

#[tokio::test]
async fn compacting_gives_room_back_and_loses_nothing() {
    let store = Store::new();
    let (lobby, old) = (channel("lobby"), channel("old"));
    let broker = store.open();
    let large = format!("\"{}\"", "x".repeat(10_000));
    for _ in 0..300 {
        publish(&broker, draft(&old, &large)).await;
    }
    // Once as it is, so that there are tables to write anew.
    broker.compact().expect("compacted");
    store.clock.advance(Duration::from_secs(3600));
    publish_all(&broker, &lobby, 1..=100).await;
    let before = read(&broker, &lobby).await;
    let (bytes, less) = broker.compact().expect("compacted");
    assert!(less + 2_000_000 < bytes, "{bytes} before, {less} now");
    assert_eq!(read(&broker, &lobby).await, before);
    publish_all(&broker, &lobby, 101..=110).await;
    drop(broker);
    let broker = store.open();
    assert_eq!(read(&broker, &lobby).await.position.offset, Offset(110));
    let contents = broker.check().expect("checked");
    assert_eq!((contents.messages, contents.damaged, contents.orphans), (110, 0, 0));
}

#[tokio::test]
async fn an_idle_stream_leaves_nothing_behind() {
    let store = Store::new();
    let lobby = channel("lobby");
    let broker = store.open();
    publish_all(&broker, &lobby, 1..=3000).await;
    let before = read(&broker, &lobby).await.position;
    store.clock.advance(POSITION_IDLE);
    broker.sweep();
    let contents = broker.check().expect("checked");
    assert_eq!((contents.streams, contents.messages, contents.orphans), (0, 0, 0));
    drop(broker);
    let broker = store.open();
    assert_ne!(read(&broker, &lobby).await.position.epoch, before.epoch);
}

#[tokio::test]
async fn an_attached_stream_stays() {
    let store = Store::new();
    let lobby = channel("lobby");
    let broker = store.open();
    broker.attach(&lobby).await.expect("attached");
    publish(&broker, draft(&lobby, "1")).await;
    let before = read(&broker, &lobby).await.position;
    store.clock.advance(POSITION_IDLE);
    broker.sweep();
    assert_eq!(read(&broker, &lobby).await.position, before);
}

#[test]
fn a_second_opener_is_told_who_has_it() {
    let store = Store::new();
    let _broker = store.open();
    let refused = store.try_open().err().expect("refused");
    let OpenError::InUse { pid, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(*pid, Some(std::process::id()));
}

#[test]
fn another_format_is_refused_and_left_alone() {
    let store = Store::new();
    drop(store.open());
    std::fs::write(store.path().join("format"), "rtmate-store 2\n").expect("written");
    let refused = store.try_open().err().expect("refused");
    assert!(matches!(refused, OpenError::Format { .. }), "{refused:?}");
    assert!(store.path().join("db").exists());
}
