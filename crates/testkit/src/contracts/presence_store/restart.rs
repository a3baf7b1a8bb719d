//! What every `PresenceStore` guarantees that outlives the process.

use std::{sync::Arc, time::Duration};

use application::ports::PresenceError;
use domain::Roster;
use futures_util::future::LocalBoxFuture;

use super::{DELAY, PresenceFixture, TICK, channel, left, lobby, named, place};

/// An adapter that outlives the process.
pub struct RestartFixture {
    /// Opens it, where the one before was dropped: with the same clock.
    pub open: Box<dyn Fn() -> LocalBoxFuture<'static, PresenceFixture>>,
    /// The return window.
    pub window: Duration,
}

impl RestartFixture {
    async fn open(&self) -> PresenceFixture {
        (self.open)().await
    }

    /// Closes the adapter in order and opens it again.
    async fn restart(&self, fixture: PresenceFixture) -> PresenceFixture {
        fixture.store.sweep();
        drop(fixture);
        self.open().await
    }
}

/// Guarantee 10: who was there is there again, for the whole return window, however long the adapter
/// was closed.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn members_of_before_are_there_again(fixture: &RestartFixture) {
    let lobby = lobby();
    let first = fixture.open().await;
    for (client, connection) in [("zoe", 1), ("alice", 2), ("bob", 3), ("carol", 4)] {
        first.enter_as(&place(&lobby, client, connection), &format!("{connection}")).await;
    }
    first.enter_as(&place(&lobby, "alice", 5), "\"newest\"").await;
    first.store.leave(&place(&lobby, "bob", 3), Duration::ZERO);
    // Waits for a return when the adapter is closed.
    first.leave(&place(&lobby, "carol", 4));
    let clock = Arc::clone(&first.clock);
    let before = first.roster(&lobby).await;
    first.store.sweep();
    drop(first);
    clock.advance(Duration::from_secs(3600));
    let second = fixture.open().await;
    let expected = named(&[("zoe", 0), ("alice", 0), ("carol", 0)]);
    assert_eq!(second.seen(&lobby).await.0, expected);
    let infos = |roster: Roster| -> Vec<_> {
        roster.members.expect("listed").into_iter().map(|member| member.info).collect()
    };
    assert_eq!(infos(second.roster(&lobby).await), infos(before));
    second.passes(fixture.window.saturating_sub(TICK));
    assert_eq!(second.seen(&lobby).await.0, expected);
    assert_eq!(second.heard(), []);
    let refused = second.try_enter(&place(&lobby, "dave", 6), 3).await;
    assert!(matches!(refused, Err(PresenceError::Full)), "{refused:?}");
}

/// Guarantee 11: a return in time makes no noise, and who does not return leaves once; a further
/// start counts anew.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_return_after_a_start_makes_no_noise(fixture: &RestartFixture) {
    let lobby = lobby();
    let (alice, bob) = (place(&lobby, "alice", 1), place(&lobby, "bob", 2));
    let first = fixture.open().await;
    first.enter(&alice).await;
    first.enter(&bob).await;
    let second = fixture.restart(first).await;
    second.passes(fixture.window.saturating_sub(TICK));
    second.heard();
    let third = fixture.restart(second).await;
    third.passes(fixture.window.saturating_sub(TICK));
    third.enter(&alice).await;
    assert_eq!(third.heard(), []);
    let version = third.roster(&lobby).await.version.0;
    third.passes(TICK);
    assert_eq!(third.heard(), [left("bob", version + 1)]);
    assert_eq!(third.seen(&lobby).await.0, named(&[("alice", 1)]));
    third.passes(fixture.window * 2);
    assert_eq!(third.heard(), []);
    let fourth = fixture.restart(third).await;
    assert_eq!(fourth.seen(&lobby).await.0, named(&[("alice", 0)]), "gone for good, or there");
    fourth.enter(&alice).await;
    fourth.leave(&alice);
    fourth.passes(DELAY);
    assert_eq!(fourth.heard().len(), 1, "a leave like any other");
    let fifth = fixture.restart(fourth).await;
    assert_eq!(fifth.seen(&lobby).await.0, named(&[]));
}

/// Guarantee 12: versions never go back, not even over a start.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn versions_grow_over_a_start(fixture: &RestartFixture) {
    let (lobby, other) = (lobby(), channel("shop", "other"));
    let alice = place(&lobby, "alice", 1);
    let mut last = 0;
    let mut now = fixture.open().await;
    for _ in 0..3 {
        for _ in 0..5 {
            now.enter(&alice).await;
            now.store.leave(&alice, Duration::ZERO);
        }
        let heard = now.heard();
        let versions: Vec<_> = heard.iter().map(|(_, _, version)| *version).collect();
        assert_eq!(versions, (versions[0]..versions[0] + 10).collect::<Vec<_>>());
        assert!(versions[0] > last, "{versions:?} behind {last}");
        last = versions[9];
        now = fixture.restart(now).await;
        assert!(now.roster(&lobby).await.version.0 >= last);
        assert!(now.roster(&other).await.version.0 >= last, "never heard of");
    }
}
