//! The event log on disk: the suites of its ports, and that messages and their events are one.

mod common;

use std::{sync::Arc, time::Duration};

use adapters_store::restore;
use application::ports::{Broker, Chronicle, EventLog, LeaseStore};
use common::{Store, channel as key, draft, keyed};
use domain::{Draft, Fact, FactKind, MessageEvents, Namespace, Sequence};
use testkit::contracts::{
    chronicle,
    chronicle::{ChronicleFixture, ChronicleRestart, channel, opened, shop},
    deliveries,
    deliveries::DeliveriesFixture,
    event_log,
};

const WINDOW: Duration = Duration::from_secs(45);

async fn fixture(store: &Store) -> ChronicleFixture {
    let broker = Arc::new(store.open());
    broker.begin().await.expect("begun");
    ChronicleFixture {
        chronicle: Arc::clone(&broker) as _,
        log: Arc::clone(&broker) as _,
        leases: Some(broker),
        clock: Arc::clone(&store.clock),
    }
}

async fn durable() -> (ChronicleFixture, Store) {
    let store = Store::new();
    (fixture(&store).await, store)
}

fn restarted() -> ChronicleRestart {
    let store = Arc::new(Store::new());
    let open = move || {
        let store = Arc::clone(&store);
        Box::pin(async move { fixture(&store).await }) as _
    };
    ChronicleRestart { open: Box::new(open), window: WINDOW }
}

fn endpoints() -> DeliveriesFixture {
    let store = Store::new();
    DeliveriesFixture { open: Box::new(move || Arc::new(store.open())) }
}

/// A deleted app leaves nothing on disk, and a later one of its name begins empty.
#[tokio::test]
async fn a_forgotten_app_takes_its_events_with_it() {
    let (fixture, store) = durable().await;
    let (shop, bazaar) = (shop(), chronicle::told_of("bazaar", &FactKind::ALL));
    for app in [&shop, &bazaar] {
        fixture.chronicle.follow(app);
        fixture.note(app, (1..=2000).map(opened));
        fixture.log.news(&app.id, Sequence(1999)).await;
    }
    drop(fixture);
    let broker = store.open();
    broker.forget(&shop.id).await.expect("forgotten");
    drop(broker);
    // The start after finds what was not erased yet.
    let broker = store.open();
    broker.sweep();
    let contents = broker.check().expect("checked");
    assert_eq!((contents.events, contents.live), (2000, 2000), "the other app's alone");
}

#[tokio::test]
async fn chronicle_1_things_come_and_go_in_turn() {
    chronicle::things_come_and_go_in_turn(&durable().await.0).await;
}

#[tokio::test]
async fn chronicle_2_a_channel_waits_before_it_is_vacated() {
    chronicle::a_channel_waits_before_it_is_vacated(&durable().await.0).await;
}

#[tokio::test]
async fn chronicle_3_apps_get_what_they_want() {
    chronicle::apps_get_what_they_want(&durable().await.0).await;
}

#[tokio::test]
async fn chronicle_4_connections_of_before_are_closed_and_channels_wait() {
    chronicle::connections_of_before_are_closed_and_channels_wait(&restarted()).await;
}

#[tokio::test]
async fn chronicle_5_members_are_as_presence_has_them() {
    chronicle::members_are_as_presence_has_them(&restarted()).await;
}

#[tokio::test]
async fn log_1_sequences_grow_by_one() {
    event_log::sequences_grow_by_one(&durable().await.0).await;
}

#[tokio::test]
async fn log_1_sequences_grow_over_a_restart() {
    event_log::sequences_grow_over_a_restart(&restarted()).await;
}

#[tokio::test]
async fn log_2_a_page_is_no_more_than_asked_for() {
    event_log::a_page_is_no_more_than_asked_for(&durable().await.0).await;
}

#[tokio::test]
async fn log_3_a_snapshot_is_of_one_moment() {
    event_log::a_snapshot_is_of_one_moment(&durable().await.0).await;
}

#[tokio::test]
async fn log_4_the_oldest_events_go() {
    event_log::the_oldest_events_go(&durable().await.0).await;
}

#[tokio::test]
async fn log_5_news_wake_who_waits() {
    event_log::news_wake_who_waits(&durable().await.0).await;
}

#[tokio::test]
async fn deliveries_1_progress_is_kept() {
    deliveries::progress_is_kept(&endpoints()).await;
}

#[tokio::test]
async fn deliveries_2_an_advance_has_its_letter() {
    deliveries::an_advance_has_its_letter(&endpoints()).await;
}

#[tokio::test]
async fn deliveries_3_dead_letters_are_bounded() {
    deliveries::dead_letters_are_bounded(&endpoints()).await;
}

#[tokio::test]
async fn deliveries_4_a_letter_is_taken_away_once() {
    deliveries::a_letter_is_taken_away_once(&endpoints()).await;
}

#[tokio::test]
async fn deliveries_5_endpoints_are_apart() {
    deliveries::endpoints_are_apart(&endpoints()).await;
}

fn told(draft: Draft, events: MessageEvents) -> Draft {
    let namespace = Namespace { events, ..Namespace::clone(&draft.namespace) };
    Draft { namespace: Arc::new(namespace), ..draft }
}

/// Whoever has the receipt of a message finds its event, once, and a repeated send adds none.
#[tokio::test]
async fn a_message_and_its_event_are_written_together() {
    let store = Store::new();
    let broker = store.open();
    broker.follow(&shop());
    let lobby = key("lobby");
    for (send, events) in [
        (draft(&lobby, "1"), MessageEvents::None),
        (keyed(&lobby, "2", "k"), MessageEvents::Data),
        (keyed(&lobby, "2", "k"), MessageEvents::Data),
        (draft(&lobby, "3"), MessageEvents::Bare),
    ] {
        broker.publish(told(send, events)).await.expect("sent");
    }
    let app = shop().id;
    let page = broker.read(&app, Sequence(0), 10, usize::MAX).await;
    let page = page.expect("read, without waiting for anything");
    let seen = page.events.iter().map(|event| {
        let Fact::MessagePublished(it) = &event.fact else { panic!("{:?}", event.fact) };
        let data = it.with_data.then(|| it.message.data.as_str().to_owned());
        (it.channel.clone(), it.message.offset.expect("a place").0, data)
    });
    let expected = [(channel("lobby"), 2, Some("2".to_owned())), (channel("lobby"), 3, None)];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    drop(broker);
    let again = store.open();
    again.follow(&shop());
    let reread = again.read(&app, Sequence(0), 10, usize::MAX).await.expect("read");
    assert_eq!(reread, page);
}

/// A copy has the log and what is there; where it is used, readers see that it is another log.
#[tokio::test]
async fn a_copy_has_the_log_under_another_epoch() {
    let (first, store) = durable().await;
    let shop = shop();
    first.chronicle.follow(&shop);
    first.note(&shop, [opened(1), Fact::ChannelOccupied(channel("room"))]);
    let before = first.events_with(&shop, 1).await;
    let epoch = first.log.read(&shop.id, Sequence(0), 1, 1).await.expect("read").epoch;
    drop(first);
    let copy = store.folder.path().join("copy");
    store.open().backup(&copy).expect("copied");
    let place = store.folder.path().join("restored");
    restore(&copy, &place, &adapters_memory::RandomIds, domain::Timestamp::from_secs(1))
        .expect("restored");
    let restored = Store::at(&place);
    let (broker, _) = restored.try_open().expect("opened");
    let contents = broker.check().expect("read");
    assert_eq!((contents.events, contents.live, contents.damaged_events), (2, 2, 0));
    broker.follow(&shop);
    let page = broker.read(&shop.id, Sequence(0), 10, usize::MAX).await.expect("read");
    assert_ne!(page.epoch, epoch);
    assert_eq!(page.events[..2], before);
}
