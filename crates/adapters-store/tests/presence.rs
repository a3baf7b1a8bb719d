//! Who is there, over restarts: the suites of the ports, and the bounds of what waits.

mod common;

use std::{sync::Arc, time::Duration};

use adapters_memory::{MemoryPresence, RandomIds};
use adapters_store::{DurableBroker, restore};
use application::ports::{Lease, LeaseStore, LeasesFull, Standing};
use common::{Store, channel};
use domain::{ClientId, Payload, PresenceVersion, Timestamp};
use testkit::{
    RecordingPresence,
    contracts::{
        lease_store,
        lease_store::LeaseFixture,
        presence_store,
        presence_store::{PresenceFixture, RestartFixture},
    },
};

const WINDOW: Duration = Duration::from_secs(45);

async fn presence(store: &Store) -> PresenceFixture {
    let broker = Arc::new(store.open());
    let before = broker.begin().await.expect("begun");
    let sink = Arc::new(RecordingPresence::default());
    let (told, clock) = (Arc::clone(&sink) as _, Arc::clone(&store.clock) as _);
    let presence = MemoryPresence::keeping(told, clock, broker, before, WINDOW);
    PresenceFixture { store: Arc::new(presence), sink, clock: Arc::clone(&store.clock) }
}

async fn durable_presence() -> (PresenceFixture, Store) {
    let store = Store::new();
    (presence(&store).await, store)
}

fn restarted_presence() -> RestartFixture {
    let store = Arc::new(Store::new());
    let open = move || {
        let store = Arc::clone(&store);
        Box::pin(async move { presence(&store).await }) as _
    };
    RestartFixture { open: Box::new(open), window: WINDOW }
}

fn leases() -> LeaseFixture {
    let store = Store::new();
    LeaseFixture { open: Box::new(move || Arc::new(store.open())) }
}

#[tokio::test]
async fn presence_1_a_member_is_a_client() {
    presence_store::a_member_is_a_client(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_2_a_leave_waits_for_its_delay() {
    presence_store::a_leave_waits_for_its_delay(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_3_a_return_makes_no_noise() {
    presence_store::a_return_makes_no_noise(&durable_presence().await.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_4_versions_grow_by_one() {
    presence_store::versions_grow_by_one(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_4_versions_never_go_back() {
    presence_store::versions_never_go_back(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_5_a_roster_has_the_changes_up_to_its_version() {
    presence_store::a_roster_has_the_changes_up_to_its_version(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_6_info_is_the_newest() {
    presence_store::info_is_the_newest(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_7_a_full_channel_takes_nobody_more() {
    presence_store::a_full_channel_takes_nobody_more(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_8_lists_are_apart() {
    presence_store::lists_are_apart(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_9_a_leave_undoes_what_nobody_waited_for() {
    presence_store::a_leave_undoes_what_nobody_waited_for(&durable_presence().await.0).await;
}

#[tokio::test]
async fn presence_10_members_of_before_are_there_again() {
    presence_store::members_of_before_are_there_again(&restarted_presence()).await;
}

#[tokio::test]
async fn presence_11_a_return_after_a_start_makes_no_noise() {
    presence_store::a_return_after_a_start_makes_no_noise(&restarted_presence()).await;
}

#[tokio::test]
async fn presence_12_versions_grow_over_a_start() {
    presence_store::versions_grow_over_a_start(&restarted_presence()).await;
}

#[tokio::test]
async fn leases_1_what_was_kept_is_given() {
    lease_store::what_was_kept_is_given(&leases()).await;
}

#[tokio::test]
async fn leases_2_the_last_word_counts() {
    lease_store::the_last_word_counts(&leases()).await;
}

#[tokio::test]
async fn leases_3_floors_grow() {
    lease_store::floors_grow(&leases()).await;
}

#[tokio::test]
async fn leases_4_leases_are_apart() {
    lease_store::leases_are_apart(&leases()).await;
}

fn lease(number: usize) -> Lease {
    let client = ClientId::parse(&format!("c{number}")).expect("a client's name");
    Lease { channel: channel("room"), client, info: None, joined: PresenceVersion(number as u64) }
}

/// Waits until the store has written all that it was given.
async fn drained(broker: &DurableBroker) {
    let all = async {
        while broker.settle() != Standing::Sound {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("written");
}

#[tokio::test]
async fn joins_beyond_the_limit_are_refused_and_said_once() {
    const MOST: usize = 65_536;
    let store = Store::new();
    let broker = store.open();
    broker.begin().await.expect("begun");
    for number in 0..MOST {
        broker.keep(lease(number)).expect("kept");
    }
    let beyond = [lease(MOST), lease(MOST + 1)];
    for lease in &beyond {
        assert_eq!(broker.keep(lease.clone()), Err(LeasesFull));
    }
    // Who is known may change and leave.
    broker.keep(lease(7)).expect("kept");
    broker.release(&lease(8).channel, &lease(8).client);
    drained(&broker).await;
    broker.keep(beyond[0].clone()).expect("kept");
    drop(broker);
    let events = store.events.lock().expect("no panic").clone();
    assert_eq!(events, ["LeasesRefused", "LeasesTakenAgain { refused: 2 }"]);
    let kept = store.open().begin().await.expect("begun").leases;
    assert_eq!(kept.len(), MOST);
    assert!(kept.contains(&beyond[0]) && !kept.contains(&lease(8)));
}

#[tokio::test]
async fn members_are_in_a_copy_and_counted() {
    let store = Store::new();
    let broker = store.open();
    broker.begin().await.expect("begun");
    for number in 0..3 {
        broker.keep(lease(number)).expect("kept");
    }
    broker.settle();
    drop(broker);
    let broker = store.open();
    assert_eq!(broker.stats().expect("stats").leases, 3);
    let contents = broker.check().expect("checked");
    assert_eq!((contents.leases, contents.damaged_leases), (3, 0));
    let copy = store.folder.path().join("copy");
    broker.backup(&copy).expect("copied");
    let other = Store::new();
    let now = Timestamp::from_secs(1_800_000_000);
    restore(&copy, &other.path(), &RandomIds, now).expect("restored");
    let kept = other.open().begin().await.expect("begun");
    assert_eq!((kept.leases.len(), kept.floor.0), (3, 1 << 32));
}

/// What waits at the end is written, however large it is.
#[tokio::test]
async fn large_leases_are_written_in_shares() {
    let store = Store::new();
    let broker = store.open();
    broker.begin().await.expect("begun");
    let info = format!("\"{}\"", "x".repeat(8000));
    let info = Payload::parse(&info, 10_000).ok().map(Arc::new);
    for number in 0..500 {
        broker.keep(Lease { info: info.clone(), ..lease(number) }).expect("kept");
    }
    drop(broker);
    let kept = store.open().begin().await.expect("begun").leases;
    assert_eq!(kept.len(), 500);
    assert!(kept.iter().all(|lease| lease.info == info));
}
