//! The port that knows who is in a channel.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{AppId, Attendance, ChannelKey, Payload, Roster};

use super::{Cause, PresenceSink};

/// Why presence was not kept or read.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// The channel has as many members as it may; nobody entered.
    #[error("the channel has as many members as it may")]
    Full,
    /// The app has as many members in all its channels as it may; nobody entered.
    #[error("the app has as many members as it may")]
    AppFull,
    /// It can't right now. Of an entrance: whether it happened is unknown.
    #[error("the presence store is unavailable")]
    Unavailable(#[source] Cause),
}

/// A connection that enters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Its place.
    pub attendance: Attendance,
    /// What others may see of its client.
    pub info: Option<Arc<Payload>>,
    /// The most members that the channel may have with this one.
    pub most: u32,
    /// The most members that all channels of the app may have with this one.
    pub most_of_app: Option<u32>,
}

/// Knows who is in each channel, and announces changes to the
/// [`PresenceSink`](super::PresenceSink) it was made with.
///
/// A member is a client, not a connection. Its place is a lease: connections hold it, and when the
/// last one is gone it waits for a return for as long as that connection's leave said. An adapter
/// that outlives the process keeps who joined and who left, and gives those who were there when it
/// stopped a window of the same kind, the return window, after its start; connections it need not
/// keep. What changed in the last moments before a crash may be undone by it.
///
/// Guarantees of every adapter:
///
/// 1. A client joins with its first connection and leaves after its last, whatever the order of the
///    others; entering twice with one connection is entering once, and leaving without having
///    entered is nothing.
/// 2. A leave that waits is over at the first [`Self::sweep`] at which its delay has passed, and
///    not before; a delay of nothing is over at once. Until then the client is a member, without
///    connections.
/// 3. A return before that ends the wait, and nothing is announced.
/// 4. Each change is announced once, in the channel's order and one at a time, that of an entrance
///    before `enter` returns. Versions of a channel never go back, and each change's is greater by
///    one than the one before; only a channel that was empty for a while may skip some, and so does
///    each start of an adapter that outlives the process (12).
/// 5. A roster has exactly the changes up to its version, the members in the order in which they
///    joined, and none of them where they are more than asked for.
/// 6. `info` is that of the connection that entered last. That it became another one is no change.
/// 7. A channel has no more members than the entrance allows, those whose leave waits counted. Who
///    is a member may always enter with a further connection. The same holds for all channels of an
///    app together, where the entrance has a bound for them; `members_of` says how many they are.
/// 8. The channels of different apps are different channels.
/// 9. A leave counts also against an entrance whose caller did not wait for its answer.
///
/// And of those that outlive the process:
///
/// 10. Who was a member when the adapter was closed is one when it is opened again, in the same
///     order and with the same `info`, without connections, and counts against the limit. However
///     long it was closed, the wait for a return begins with the start.
/// 11. Who returns within the return window makes no noise; who does not has left at the first sweep
///     behind it, and that is announced once. A further start counts the window anew.
/// 12. The versions of a start are greater than those of all starts before. Only what was kept can
///     prove that: an adapter that lost it begins anew, and who asks again is told so by the list.
///
/// And of all of them:
///
/// 13. Somebody who comes late is told of every member of an app as if it joined now, between two
///     changes of its channel: what is announced before is in it, what is announced after is not.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PresenceStore: Send + Sync {
    /// A connection enters.
    ///
    /// # Errors
    /// The channel is full, or the store can't be asked.
    async fn enter(&self, entrance: Entrance) -> Result<(), PresenceError>;

    /// A connection leaves. Never blocks and never fails: what an adapter has to write down it
    /// writes when the delay is over, and tries again until it can.
    fn leave(&self, attendance: &Attendance, delay: Duration);

    /// Who is there; the members themselves only where they are no more than `at_most`.
    ///
    /// # Errors
    /// The store can't be asked.
    async fn roster(&self, channel: &ChannelKey, at_most: usize) -> Result<Roster, PresenceError>;

    /// Members of all channels of an app, those whose leave waits counted.
    fn members_of(&self, app: &AppId) -> u32;

    /// Tells of all members of an app, those whose leave waits included, each as one that joined.
    /// Holds up the announcements of their channels meanwhile.
    fn tell_late(&self, app: &AppId, to: &dyn PresenceSink);

    /// Ends the leases that are over. Called ten times a second; never blocks.
    fn sweep(&self);
}
