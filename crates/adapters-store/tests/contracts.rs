//! The suites of the ports that this crate has adapters for.

mod common;

use std::sync::Arc;

use application::ports::AppStore;
use common::{Store, channel, draft};
use domain::Durability;
use testkit::contracts::{
    app_store, app_store::AppStoreFixture, broker, broker::BrokerFixture, history_store,
    history_store::HistoryFixture,
};

fn durable_broker() -> (BrokerFixture, Store) {
    let store = Store::new();
    let (broker, sink) = (Arc::new(store.open()), Arc::clone(&store.sink));
    (BrokerFixture { broker, sink }, store)
}

fn durable_history() -> (HistoryFixture, Store) {
    let store = Store::new();
    let broker = Arc::new(store.open());
    let fixture = HistoryFixture {
        broker: Arc::clone(&broker) as _,
        history: Arc::clone(&broker) as _,
        sink: Arc::clone(&store.sink),
        clock: Arc::clone(&store.clock),
        sweep: Box::new(move || broker.sweep()),
        durability: Durability::Durable,
    };
    (fixture, store)
}

#[tokio::test]
async fn broker_1_what_is_acknowledged_is_announced() {
    broker::what_is_acknowledged_is_announced(&durable_broker().0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_2_announcements_come_one_at_a_time() {
    broker::announcements_come_one_at_a_time(&durable_broker().0).await;
}

#[tokio::test]
async fn broker_3_apps_do_not_share_channels() {
    broker::apps_do_not_share_channels(&durable_broker().0).await;
}

#[tokio::test]
async fn broker_4_nobody_has_to_listen() {
    broker::nobody_has_to_listen(&durable_broker().0).await;
}

#[tokio::test]
async fn broker_5_what_is_attached_is_announced() {
    broker::what_is_attached_is_announced(&durable_broker().0).await;
}

#[tokio::test]
async fn broker_6_message_ids_are_unique() {
    broker::message_ids_are_unique(&durable_broker().0).await;
}

#[tokio::test]
async fn broker_7_what_is_published_is_in_the_stream() {
    broker::what_is_published_is_in_the_stream(&durable_history().0).await;
}

#[tokio::test]
async fn broker_8_a_repeated_key_gives_the_first_receipt() {
    broker::a_repeated_key_gives_the_first_receipt(&durable_history().0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_8_two_at_once_share_one_outcome() {
    broker::two_at_once_share_one_outcome(&durable_history().0).await;
}

#[tokio::test]
async fn history_1_offsets_begin_at_one_and_grow_by_one() {
    history_store::offsets_begin_at_one_and_grow_by_one(&durable_history().0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_2_what_was_announced_is_read() {
    history_store::what_was_announced_is_read(&durable_history().0).await;
}

#[tokio::test]
async fn history_3_pages_have_no_hole() {
    history_store::pages_have_no_hole(&durable_history().0).await;
}

#[tokio::test]
async fn history_4_the_policy_bounds_what_is_kept() {
    history_store::the_policy_bounds_what_is_kept(&durable_history().0).await;
}

#[tokio::test]
async fn history_5_a_position_outlives_its_messages() {
    history_store::a_position_outlives_its_messages(&durable_history().0).await;
}

#[tokio::test]
async fn history_6_a_purge_keeps_the_place() {
    history_store::a_purge_keeps_the_place(&durable_history().0).await;
}

#[tokio::test]
async fn history_7_streams_are_apart() {
    history_store::streams_are_apart(&durable_history().0).await;
}

#[tokio::test]
async fn history_8_asking_begins_no_stream() {
    history_store::asking_begins_no_stream(&durable_history().0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_9_what_an_app_keeps_is_known() {
    history_store::what_an_app_keeps_is_known(&durable_history().0).await;
}

#[tokio::test]
async fn broker_9_a_forgotten_app_leaves_nothing() {
    broker::a_forgotten_app_leaves_nothing(&durable_history().0).await;
}

impl AppStoreFixture for Store {
    fn open(&self) -> Arc<dyn AppStore> {
        Arc::new(Self::open(self))
    }

    fn is_durable(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn app_store_1_what_was_answered_is_so() {
    app_store::what_was_answered_is_so(&Store::new()).await;
}

#[tokio::test]
async fn app_store_2_what_comes_back_is_what_was_put() {
    app_store::what_comes_back_is_what_was_put(&Store::new()).await;
}

#[tokio::test]
async fn app_store_3_apps_are_apart() {
    app_store::apps_are_apart(&Store::new()).await;
}

/// What an app had is erased, and no later app of its name finds it, whatever the server lived
/// through in between.
#[tokio::test]
async fn a_forgotten_app_is_forgotten_for_good() {
    let (fixture, store) = durable_history();
    let lobby = channel("lobby");
    for _ in 0..10 {
        fixture.broker.publish(draft(&lobby, "1")).await.expect("published");
    }
    fixture.broker.forget(&lobby.app).await.expect("forgotten");
    drop(fixture);
    let broker = Store::open(&store);
    assert_eq!(broker.check().expect("checked").damaged, 0, "what waits to be erased is no damage");
    broker.sweep();
    let contents = broker.check().expect("checked");
    assert_eq!((contents.streams, contents.messages, contents.damaged), (0, 0, 0));
    assert_eq!((contents.apps, contents.keys, contents.orphans), (0, 0, 0));
}
