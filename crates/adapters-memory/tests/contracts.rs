//! The suites of the ports that this crate has adapters for.

use std::{sync::Arc, thread};

use adapters_memory::{MemoryAppRegistry, MemoryBroker, RandomIds, SystemClock};
use application::ports::AppRegistry;
use domain::App;
use testkit::{
    RecordingSink,
    contracts::{app_registry, broker, broker::BrokerFixture, clock, id_source},
};

fn memory_broker() -> BrokerFixture {
    let sink = Arc::new(RecordingSink::default());
    let (clock, ids) = (Arc::new(SystemClock::new()), Arc::new(RandomIds));
    let broker = Arc::new(MemoryBroker::new(Arc::clone(&sink) as _, clock, ids));
    BrokerFixture { broker, sink }
}

async fn memory_registry(apps: Vec<App>) -> Arc<dyn AppRegistry> {
    Arc::new(MemoryAppRegistry::new(apps))
}

#[tokio::test]
async fn broker_1_what_is_acknowledged_is_announced() {
    broker::what_is_acknowledged_is_announced(&memory_broker()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_2_announcements_come_one_at_a_time() {
    broker::announcements_come_one_at_a_time(&memory_broker()).await;
}

#[tokio::test]
async fn broker_3_apps_do_not_share_channels() {
    broker::apps_do_not_share_channels(&memory_broker()).await;
}

#[tokio::test]
async fn broker_4_nobody_has_to_listen() {
    broker::nobody_has_to_listen(&memory_broker()).await;
}

#[tokio::test]
async fn broker_5_what_is_attached_is_announced() {
    broker::what_is_attached_is_announced(&memory_broker()).await;
}

#[tokio::test]
async fn broker_6_message_ids_are_unique() {
    broker::message_ids_are_unique(&memory_broker()).await;
}

#[tokio::test]
async fn app_registry_1_an_app_is_found_by_its_exact_id() {
    app_registry::an_app_is_found_by_its_exact_id(memory_registry).await;
}

#[tokio::test]
async fn app_registry_2_a_disabled_app_is_found() {
    app_registry::a_disabled_app_is_found(memory_registry).await;
}

#[tokio::test]
async fn app_registry_3_an_app_keeps_its_address() {
    app_registry::an_app_keeps_its_address(memory_registry).await;
}

#[test]
fn clock_1_a_moment_never_goes_back() {
    clock::a_moment_never_goes_back(&SystemClock::new(), thread::sleep);
}

#[test]
fn id_source_1_all_bits_are_random() {
    id_source::all_bits_are_random(&RandomIds);
}

#[test]
fn id_source_2_message_ids_sort_by_time() {
    id_source::message_ids_sort_by_time(&RandomIds);
}

#[test]
fn id_source_a_spread_stays_below_its_bound() {
    id_source::a_spread_stays_below_its_bound(&RandomIds);
}
