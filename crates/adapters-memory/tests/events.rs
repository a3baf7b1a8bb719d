//! The event log in memory proves its ports.

use std::sync::Arc;

use adapters_memory::{MemoryChronicle, MemoryDeliveries};
use domain::{Epoch, Timestamp};
use testkit::{
    ManualClock,
    contracts::{
        chronicle, chronicle::ChronicleFixture, deliveries, deliveries::DeliveriesFixture,
        event_log,
    },
};

fn memory() -> ChronicleFixture {
    let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_800_000_000)));
    let log = Arc::new(MemoryChronicle::new(Arc::clone(&clock) as _, Epoch::from_random(7)));
    ChronicleFixture { chronicle: Arc::clone(&log) as _, log, leases: None, clock }
}

fn kept() -> DeliveriesFixture {
    let deliveries = Arc::new(MemoryDeliveries::default());
    DeliveriesFixture { open: Box::new(move || Arc::clone(&deliveries) as _) }
}

#[tokio::test]
async fn chronicle_1_things_come_and_go_in_turn() {
    chronicle::things_come_and_go_in_turn(&memory()).await;
}

#[tokio::test]
async fn chronicle_2_a_channel_waits_before_it_is_vacated() {
    chronicle::a_channel_waits_before_it_is_vacated(&memory()).await;
}

#[tokio::test]
async fn chronicle_3_apps_get_what_they_want() {
    chronicle::apps_get_what_they_want(&memory()).await;
}

#[tokio::test]
async fn log_1_sequences_grow_by_one() {
    event_log::sequences_grow_by_one(&memory()).await;
}

#[tokio::test]
async fn log_2_a_page_is_no_more_than_asked_for() {
    event_log::a_page_is_no_more_than_asked_for(&memory()).await;
}

#[tokio::test]
async fn log_3_a_snapshot_is_of_one_moment() {
    event_log::a_snapshot_is_of_one_moment(&memory()).await;
}

#[tokio::test]
async fn log_4_the_oldest_events_go() {
    event_log::the_oldest_events_go(&memory()).await;
}

#[tokio::test]
async fn log_5_news_wake_who_waits() {
    event_log::news_wake_who_waits(&memory()).await;
}

#[tokio::test]
async fn deliveries_1_progress_is_kept() {
    deliveries::progress_is_kept(&kept()).await;
}

#[tokio::test]
async fn deliveries_2_an_advance_has_its_letter() {
    deliveries::an_advance_has_its_letter(&kept()).await;
}

#[tokio::test]
async fn deliveries_3_dead_letters_are_bounded() {
    deliveries::dead_letters_are_bounded(&kept()).await;
}

#[tokio::test]
async fn deliveries_4_a_letter_is_taken_away_once() {
    deliveries::a_letter_is_taken_away_once(&kept()).await;
}

#[tokio::test]
async fn deliveries_5_endpoints_are_apart() {
    deliveries::endpoints_are_apart(&kept()).await;
}
