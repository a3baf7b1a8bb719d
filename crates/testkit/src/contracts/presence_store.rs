//! What every `PresenceStore` guarantees.

use std::{collections::HashSet, sync::Arc, time::Duration};

use application::ports::{Entrance, PresenceError, PresenceStore};
use domain::{
    AppId, Attendance, ChannelKey, ChannelName, ClientId, ConnectionId, Member, Movement, Payload,
    PresenceChange, Roster,
};
use futures_util::future::join_all;

use crate::{ManualClock, RecordingPresence};

mod apps;
mod restart;

pub use apps::{an_app_has_a_bound_of_its_own, who_comes_late_is_told_of_all_members};
pub use restart::{
    RestartFixture, a_return_after_a_start_makes_no_noise, members_of_before_are_there_again,
    versions_grow_over_a_start,
};

/// The adapter under test.
pub struct PresenceFixture {
    /// The adapter.
    pub store: Arc<dyn PresenceStore>,
    /// What it was made with.
    pub sink: Arc<RecordingPresence>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
}

/// How long a leave waits here.
const DELAY: Duration = Duration::from_secs(3);
const TICK: Duration = Duration::from_millis(100);

impl PresenceFixture {
    async fn try_enter(&self, place: &Attendance, most: u32) -> Result<(), PresenceError> {
        self.store
            .enter(Entrance { attendance: place.clone(), info: None, most, most_of_app: None })
            .await
    }

    async fn enter(&self, place: &Attendance) {
        self.try_enter(place, 1000).await.expect("entered");
    }

    async fn enter_as(&self, place: &Attendance, info: &str) {
        let info = Payload::parse(info, 1024).ok().map(Arc::new);
        let entrance = Entrance { attendance: place.clone(), info, most: 1000, most_of_app: None };
        self.store.enter(entrance).await.expect("entered");
    }

    fn leave(&self, place: &Attendance) {
        self.store.leave(place, DELAY);
    }

    async fn roster(&self, channel: &ChannelKey) -> Roster {
        self.store.roster(channel, 1000).await.expect("a roster")
    }

    /// The members with their connections, and the version.
    async fn seen(&self, channel: &ChannelKey) -> (Vec<(String, u32)>, u64) {
        let roster = self.roster(channel).await;
        let members = roster.members.expect("listed");
        assert_eq!(Ok(roster.count), u32::try_from(members.len()));
        let seen = |member: Member| (member.client.as_str().to_owned(), member.connections);
        (members.into_iter().map(seen).collect(), roster.version.0)
    }

    /// What was announced since the last look.
    fn heard(&self) -> Vec<(Movement, String, u64)> {
        let gist = |change: PresenceChange| {
            (change.movement, change.client.as_str().to_owned(), change.version.0)
        };
        self.sink.take().into_iter().map(gist).collect()
    }

    fn passes(&self, while_: Duration) {
        self.clock.advance(while_);
        self.store.sweep();
    }
}

fn channel(app: &str, name: &str) -> ChannelKey {
    ChannelKey {
        app: AppId::parse(app).expect("an app's name"),
        channel: ChannelName::parse(name).expect("a channel's name"),
    }
}

fn lobby() -> ChannelKey {
    channel("shop", "lobby")
}

fn place(channel: &ChannelKey, client: &str, connection: u128) -> Attendance {
    let client = ClientId::parse(client).expect("a client's name");
    Attendance {
        channel: channel.clone(),
        client,
        connection: ConnectionId::from_random(connection),
    }
}

fn named(members: &[(&str, u32)]) -> Vec<(String, u32)> {
    members.iter().map(|(client, connections)| ((*client).to_owned(), *connections)).collect()
}

fn joined(client: &str, version: u64) -> (Movement, String, u64) {
    (Movement::Joined, client.to_owned(), version)
}

fn left(client: &str, version: u64) -> (Movement, String, u64) {
    (Movement::Left, client.to_owned(), version)
}

/// Guarantee 1: three tabs are one member, which joins with the first and leaves after the last.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_member_is_a_client(fixture: &PresenceFixture) {
    let lobby = lobby();
    let tabs: Vec<_> = (1..=3).map(|n| place(&lobby, "alice", n)).collect();
    fixture.leave(&tabs[0]);
    assert_eq!(fixture.seen(&lobby).await, (vec![], 0), "who was not there leaves nothing");
    for tab in &tabs {
        fixture.enter(tab).await;
        fixture.enter(tab).await;
    }
    assert_eq!(fixture.heard(), [joined("alice", 1)]);
    assert_eq!(fixture.seen(&lobby).await, (named(&[("alice", 3)]), 1));
    for tab in [&tabs[1], &tabs[0], &tabs[0]] {
        fixture.leave(tab);
        fixture.passes(DELAY);
    }
    assert_eq!(fixture.heard(), []);
    assert_eq!(fixture.seen(&lobby).await, (named(&[("alice", 1)]), 1));
    fixture.leave(&tabs[2]);
    fixture.leave(&tabs[2]);
    fixture.passes(DELAY);
    fixture.passes(DELAY);
    assert_eq!(fixture.heard(), [left("alice", 2)]);
    assert_eq!(fixture.seen(&lobby).await, (vec![], 2));
}

/// Guarantee 2: a leave waits for its delay and no longer.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_leave_waits_for_its_delay(fixture: &PresenceFixture) {
    let lobby = lobby();
    let (alice, bob) = (place(&lobby, "alice", 1), place(&lobby, "bob", 2));
    fixture.enter(&alice).await;
    fixture.enter(&bob).await;
    fixture.heard();
    fixture.leave(&alice);
    fixture.passes(DELAY.saturating_sub(TICK));
    assert_eq!(fixture.heard(), []);
    assert_eq!(fixture.seen(&lobby).await, (named(&[("alice", 0), ("bob", 1)]), 2));
    fixture.passes(TICK);
    assert_eq!(fixture.heard(), [left("alice", 3)]);
    fixture.store.leave(&bob, Duration::ZERO);
    assert_eq!(fixture.heard(), [left("bob", 4)], "a delay of nothing");
    assert_eq!(fixture.seen(&lobby).await, (vec![], 4));
}

/// Guarantee 3: a return in time makes no noise, however often; a later one is a newcomer.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_return_makes_no_noise(fixture: &PresenceFixture) {
    let lobby = lobby();
    fixture.enter(&place(&lobby, "alice", 0)).await;
    fixture.heard();
    for round in 0..5 {
        fixture.leave(&place(&lobby, "alice", round));
        fixture.passes(DELAY.saturating_sub(TICK));
        fixture.enter(&place(&lobby, "alice", round + 1)).await;
    }
    fixture.passes(DELAY * 2);
    assert_eq!(fixture.heard(), []);
    assert_eq!(fixture.seen(&lobby).await, (named(&[("alice", 1)]), 1));
    fixture.leave(&place(&lobby, "alice", 5));
    fixture.passes(DELAY);
    fixture.enter(&place(&lobby, "alice", 6)).await;
    assert_eq!(fixture.heard(), [left("alice", 2), joined("alice", 3)]);
}

/// Guarantee 4: changes come one at a time, each with the next version, also where many come and go
/// at once. Needs a runtime with several threads.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn versions_grow_by_one(fixture: &PresenceFixture) {
    const CLIENTS: u128 = 8;
    let lobby = lobby();
    let clients = (0..CLIENTS).map(|client| {
        let (store, lobby) = (Arc::clone(&fixture.store), lobby.clone());
        tokio::spawn(async move {
            for round in 0..50 {
                let attendance = place(&lobby, &format!("c{client}"), client * 100 + round);
                let entrance = Entrance {
                    attendance: attendance.clone(),
                    info: None,
                    most: 1000,
                    most_of_app: None,
                };
                store.enter(entrance).await.expect("entered");
                store.leave(&attendance, Duration::ZERO);
            }
        })
    });
    for client in join_all(clients).await {
        client.expect("no panic");
    }
    assert!(!fixture.sink.overlapped(), "two changes at the same time");
    let heard = fixture.heard();
    let versions: Vec<_> = heard.iter().map(|(_, _, version)| *version).collect();
    assert_eq!(versions, (1..=800).collect::<Vec<_>>());
    let mut present = HashSet::new();
    for (movement, client, _) in heard {
        let right = match movement {
            Movement::Joined => present.insert(client),
            Movement::Left => present.remove(&client),
        };
        assert!(right, "joined twice, or left without having joined");
    }
    assert!(present.is_empty());
}

/// Guarantee 4: a channel that was empty for however long goes on behind its last version.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn versions_never_go_back(fixture: &PresenceFixture) {
    let lobby = lobby();
    let alice = place(&lobby, "alice", 1);
    for _ in 0..3 {
        fixture.enter(&alice).await;
        fixture.store.leave(&alice, Duration::ZERO);
        fixture.passes(Duration::from_secs(24 * 3600));
    }
    let empty = fixture.roster(&lobby).await;
    fixture.enter(&alice).await;
    let heard = fixture.heard();
    let versions: Vec<_> = heard.iter().map(|(_, _, version)| *version).collect();
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    assert_eq!(heard.len(), 7);
    assert!(versions[5] <= empty.version.0 && empty.version.0 < versions[6]);
}

/// Guarantee 5: a roster and the changes behind its version are the whole truth; too many members
/// are only counted.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_roster_has_the_changes_up_to_its_version(fixture: &PresenceFixture) {
    let lobby = lobby();
    for (client, connection) in [("zoe", 1), ("bob", 2), ("alice", 3)] {
        fixture.enter(&place(&lobby, client, connection)).await;
    }
    fixture.store.leave(&place(&lobby, "bob", 2), Duration::ZERO);
    fixture.enter(&place(&lobby, "bob", 4)).await;
    let (members, version) = fixture.seen(&lobby).await;
    assert_eq!(members, named(&[("zoe", 1), ("alice", 1), ("bob", 1)]), "in order of joining");
    assert_eq!(version, fixture.heard().last().map_or(0, |(_, _, version)| *version));
    let counted = fixture.store.roster(&lobby, 2).await.expect("a roster");
    assert_eq!((counted.members, counted.count, counted.version.0), (None, 3, version));
    let exact = fixture.store.roster(&lobby, 3).await.expect("a roster");
    assert_eq!(exact.members.map(|members| members.len()), Some(3));
}

/// Guarantee 6: `info` is that of the connection that entered last, and no change.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn info_is_the_newest(fixture: &PresenceFixture) {
    let lobby = lobby();
    fixture.enter_as(&place(&lobby, "alice", 1), r#"{"n":1}"#).await;
    fixture.enter_as(&place(&lobby, "alice", 2), r#"{"n":2}"#).await;
    assert_eq!(fixture.heard(), [joined("alice", 1)]);
    let info = |roster: Roster| {
        let info = roster.members.expect("listed")[0].info.clone();
        info.map(|info| info.as_str().to_owned())
    };
    assert_eq!(info(fixture.roster(&lobby).await).as_deref(), Some(r#"{"n":2}"#));
    fixture.leave(&place(&lobby, "alice", 1));
    fixture.leave(&place(&lobby, "alice", 2));
    fixture.passes(DELAY);
    let change = fixture.sink.take().remove(0);
    assert_eq!(change.movement, Movement::Left);
    assert_eq!(change.info.as_ref().map(|info| info.as_str()), Some(r#"{"n":2}"#));
}

/// Guarantee 7: no more members than may be; who is one comes in with further connections.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_full_channel_takes_nobody_more(fixture: &PresenceFixture) {
    let lobby = lobby();
    let (alice, bob) = (place(&lobby, "alice", 1), place(&lobby, "bob", 2));
    fixture.try_enter(&alice, 2).await.expect("entered");
    fixture.try_enter(&bob, 2).await.expect("entered");
    let carol = place(&lobby, "carol", 3);
    let refused = fixture.try_enter(&carol, 2).await;
    assert!(matches!(refused, Err(PresenceError::Full)), "{refused:?}");
    fixture.try_enter(&place(&lobby, "bob", 4), 2).await.expect("another tab");
    fixture.leave(&alice);
    let refused = fixture.try_enter(&carol, 2).await;
    assert!(matches!(refused, Err(PresenceError::Full)), "who may return keeps the place");
    fixture.try_enter(&place(&lobby, "alice", 5), 2).await.expect("returned");
    fixture.store.leave(&place(&lobby, "alice", 5), Duration::ZERO);
    fixture.try_enter(&carol, 2).await.expect("there is room again");
    assert_eq!(fixture.seen(&lobby).await.0, named(&[("bob", 2), ("carol", 1)]));
}

/// Guarantee 8: apps do not share lists, nor do channels.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn lists_are_apart(fixture: &PresenceFixture) {
    let channels = [lobby(), channel("bazaar", "lobby"), channel("shop", "lobby2")];
    fixture.enter(&place(&channels[0], "alice", 1)).await;
    fixture.enter(&place(&channels[1], "bob", 1)).await;
    fixture.store.leave(&place(&channels[1], "alice", 1), Duration::ZERO);
    assert_eq!(fixture.seen(&channels[0]).await.0, named(&[("alice", 1)]));
    assert_eq!(fixture.seen(&channels[1]).await.0, named(&[("bob", 1)]));
    assert_eq!(fixture.seen(&channels[2]).await, (vec![], 0));
}

/// Guarantee 9: a leave undoes an entrance that was begun and not waited for.
///
/// # Panics
/// The adapter breaks the guarantee.
pub async fn a_leave_undoes_what_nobody_waited_for(fixture: &PresenceFixture) {
    let lobby = lobby();
    for connection in 0..100 {
        let alice = place(&lobby, "alice", connection);
        {
            let mut entering = std::pin::pin!(fixture.enter(&alice));
            let _ = futures_util::poll!(&mut entering);
        }
        fixture.store.leave(&alice, Duration::ZERO);
    }
    fixture.passes(DELAY);
    // Whatever was still on its way is behind this one.
    fixture.enter(&place(&lobby, "bob", 1000)).await;
    assert_eq!(fixture.seen(&lobby).await.0, named(&[("bob", 1)]));
}
