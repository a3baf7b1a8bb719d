//! What holds for all channels of an app together.

use std::time::Duration;

use application::ports::{Entrance, PresenceError};
use domain::{Attendance, ChannelKey, Movement, PresenceChange};

use super::{DELAY, PresenceFixture, channel, place};
use crate::RecordingPresence;

impl PresenceFixture {
    async fn enter_app(&self, place: &Attendance, most: u32) -> Result<(), PresenceError> {
        let (attendance, most_of_app) = (place.clone(), Some(most));
        self.store.enter(Entrance { attendance, info: None, most: 1000, most_of_app }).await
    }

    fn leave_at_once(&self, place: &Attendance) {
        self.store.leave(place, Duration::ZERO);
    }
}

/// Guarantee 7: an app has no more members in all its channels than may be, and other apps have
/// their own.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn an_app_has_a_bound_of_its_own(fixture: &PresenceFixture) {
    let [a, b, of_other]: [ChannelKey; 3] =
        [channel("shop", "a"), channel("shop", "b"), channel("game", "a")];
    let members = |of: &ChannelKey| fixture.store.members_of(&of.app);
    let (alice, bob) = (place(&a, "alice", 1), place(&b, "bob", 2));
    fixture.enter_app(&alice, 3).await.expect("entered");
    fixture.enter_app(&bob, 3).await.expect("entered");
    fixture.enter_app(&place(&b, "alice", 3), 3).await.expect("a member of each channel");
    assert_eq!(members(&a), 3);
    let carol = place(&channel("shop", "c"), "carol", 4);
    let refused = fixture.enter_app(&carol, 3).await;
    assert!(matches!(refused, Err(PresenceError::AppFull)), "{refused:?}");
    assert_eq!(members(&a), 3);
    fixture.enter_app(&place(&a, "alice", 5), 3).await.expect("another tab");
    fixture.enter_app(&place(&of_other, "carol", 6), 3).await.expect("another app");
    fixture.leave_at_once(&bob);
    fixture.leave_at_once(&bob);
    assert_eq!((members(&a), members(&of_other)), (2, 1));
    fixture.enter_app(&carol, 3).await.expect("there is room again");
    let refused = fixture.enter_app(&place(&a, "dave", 7), 2).await;
    assert!(matches!(refused, Err(PresenceError::AppFull)), "as the bound is now: {refused:?}");
}

/// Guarantee 13: who comes late is told of the members of the app, those who may return among them,
/// and of nobody who left.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn who_comes_late_is_told_of_all_members(fixture: &PresenceFixture) {
    let [a, b, of_other] = [channel("shop", "a"), channel("shop", "b"), channel("game", "a")];
    fixture.enter_as(&place(&a, "alice", 1), "1").await;
    fixture.enter(&place(&a, "alice", 2)).await;
    fixture.enter(&place(&a, "bob", 3)).await;
    fixture.enter(&place(&b, "carol", 4)).await;
    fixture.enter(&place(&b, "dave", 5)).await;
    fixture.enter(&place(&of_other, "erin", 6)).await;
    fixture.leave(&place(&a, "bob", 3));
    fixture.leave_at_once(&place(&b, "dave", 5));
    let late = RecordingPresence::default();
    fixture.store.tell_late(&a.app, &late);
    let gist = |change: PresenceChange| {
        assert_eq!(change.movement, Movement::Joined);
        format!("{} {}", change.channel.channel, change.client)
    };
    let mut told: Vec<_> = late.take().into_iter().map(gist).collect();
    told.sort_unstable();
    assert_eq!(told, ["a alice", "a bob", "b carol"]);
    fixture.passes(DELAY);
    fixture.store.tell_late(&a.app, &late);
    assert_eq!(late.take().len(), 2, "bob did not return");
}
