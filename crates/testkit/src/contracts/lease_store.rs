//! What every `LeaseStore` guarantees.

use std::sync::Arc;

use application::ports::{KeptLeases, Lease, LeaseStore};
use domain::{AppId, ChannelKey, ChannelName, ClientId, Payload, PresenceVersion};

/// The adapter under test.
pub struct LeaseFixture {
    /// Opens it, where the one before was dropped.
    pub open: Box<dyn Fn() -> Arc<dyn LeaseStore>>,
}

impl LeaseFixture {
    /// A start: what it is given, does, and leaves when it is closed in order.
    async fn start(&self, work: impl FnOnce(&dyn LeaseStore)) -> KeptLeases {
        let store = (self.open)();
        let mut before = store.begin().await.expect("begun");
        before.leases.sort_by_key(|lease| (lease.channel.app.clone(), lease.joined));
        work(&*store);
        store.settle();
        before
    }
}

fn lease(app: &str, channel: &str, client: &str, joined: u64) -> Lease {
    let channel = ChannelKey {
        app: AppId::parse(app).expect("an app's name"),
        channel: ChannelName::parse(channel).expect("a channel's name"),
    };
    let client = ClientId::parse(client).expect("a client's name");
    Lease { channel, client, info: None, joined: PresenceVersion(joined) }
}

fn with_info(lease: &Lease, info: &str) -> Lease {
    Lease { info: Payload::parse(info, 1000).ok().map(Arc::new), ..lease.clone() }
}

/// Guarantee 1: what was kept is there for every start after it, as it was handed in last.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn what_was_kept_is_given(fixture: &LeaseFixture) {
    let (alice, bob) = (lease("shop", "room", "alice", 3), lease("shop", "room", "bob", 5));
    let alice = with_info(&alice, r#"{"n":1}"#);
    let first = fixture
        .start(|store| {
            store.keep(alice.clone()).expect("kept");
            store.keep(bob.clone()).expect("kept");
        })
        .await;
    assert_eq!((first.leases, first.last_alive), (vec![], None));
    let renewed = with_info(&bob, r#""b""#);
    let second = fixture.start(|store| store.keep(renewed.clone()).expect("kept")).await;
    assert_eq!(second.leases, [alice.clone(), bob]);
    assert!(second.last_alive.is_some());
    let third = fixture.start(|store| store.release(&alice.channel, &alice.client)).await;
    assert_eq!(third.leases, [alice, renewed.clone()]);
    assert_eq!(fixture.start(|_| {}).await.leases, [renewed]);
}

/// Guarantee 2: the last word counts.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn the_last_word_counts(fixture: &LeaseFixture) {
    let (alice, bob) = (lease("shop", "room", "alice", 1), lease("shop", "room", "bob", 2));
    let play = |store: &dyn LeaseStore, settled: bool| {
        for round in 0..3 {
            let alice = with_info(&alice, &round.to_string());
            for lease in [&alice, &bob] {
                store.keep(lease.clone()).expect("kept");
                if settled {
                    store.settle();
                }
                store.release(&lease.channel, &lease.client);
            }
            store.keep(alice).expect("kept");
        }
    };
    fixture.start(|store| play(store, false)).await;
    let last = with_info(&alice, "2");
    let second = fixture.start(|store| play(store, true)).await;
    assert_eq!(second.leases, std::slice::from_ref(&last));
    assert_eq!(fixture.start(|_| {}).await.leases, [last]);
}

/// Guarantee 3: each start has more than four billion versions for itself.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn floors_grow(fixture: &LeaseFixture) {
    let mut floor = fixture.start(|_| {}).await.floor;
    for _ in 0..3 {
        let next = fixture.start(|_| {}).await.floor;
        assert!(next.0 >= floor.0 + (1 << 32), "{next:?} behind {floor:?}");
        floor = next;
    }
}

/// Guarantee 4: a release is about one client in one channel of one app.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn leases_are_apart(fixture: &LeaseFixture) {
    let all = [
        lease("bazaar", "room", "alice", 1),
        lease("shop", "room", "alice", 2),
        lease("shop", "room", "alice2", 3),
        lease("shop", "room2", "alice", 4),
    ];
    fixture
        .start(|store| all.iter().for_each(|lease| store.keep(lease.clone()).expect("kept")))
        .await;
    let [_, gone, ..] = &all;
    let second = fixture.start(|store| store.release(&gone.channel, &gone.client)).await;
    assert_eq!(second.leases, all);
    let left: Vec<_> = all.iter().filter(|lease| *lease != gone).cloned().collect();
    assert_eq!(fixture.start(|_| {}).await.leases, left);
}
