//! The port that keeps who is in which channel beyond the process.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{ChannelKey, ClientId, Payload, PresenceVersion, Timestamp};

use super::Cause;

/// A client's place in a channel, as it is kept: without connections, which end with the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Where.
    pub channel: ChannelKey,
    /// Whose.
    pub client: ClientId,
    /// What others may see of the client: that of its newest connection.
    pub info: Option<Arc<Payload>>,
    /// The version with which it joined: the order of those of one channel.
    pub joined: PresenceVersion,
}

/// What the starts before left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptLeases {
    /// Who was there, in no order.
    pub leases: Vec<Lease>,
    /// No start before gave a greater version, in any channel: those of this start begin behind it.
    pub floor: PresenceVersion,
    /// When the start before last kept anything, by the wall clock; nothing where there was none.
    pub last_alive: Option<Timestamp>,
}

/// Why a start could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// What was kept can't be read, or the start can't be written down.
    #[error("the leases of members can't be kept")]
    Unavailable(#[source] Cause),
}

/// As many changes wait for the disk as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("as many changes of leases wait as may")]
pub struct LeasesFull;

/// How what was handed in stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is kept, or on its way.
    Sound,
    /// Much waits: whoever was refused shall wait on.
    Full,
    /// What was kept is gone. Every lease is to be handed in again; this is said once.
    Anew,
}

/// Keeps the leases of members, so that a later start lists who was there before.
///
/// A client's first join and its last leave in a channel are handed in, nothing between them and no
/// renewal. Nobody waits for a disk: what was handed in is kept some moments later. After a crash in
/// these moments a join may be missing, so that a return is a join again, and a leave may be undone,
/// so that the client leaves again at the end of its return window.
///
/// Guarantees of every adapter:
///
/// 1. What was kept and not released before the adapter was closed in order is what the next start
///    is given, with the `info` and the `joined` that were handed in last. What is not touched in one
///    start is there in the next.
/// 2. The last word on a client in a channel counts, however many came before it.
/// 3. The floor of each start is greater than that of the start before, by 2^32 at least.
/// 4. The channels of different apps are different channels, and so are the clients of a channel.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Begins a start: gives what those before left. Called once, before anything is handed in; the
    /// start is written down when it returns.
    ///
    /// # Errors
    /// The store can't be read or written.
    async fn begin(&self) -> Result<KeptLeases, LeaseError>;

    /// A client joined, or shows another `info`. Never blocks.
    ///
    /// # Errors
    /// As many changes wait as may; this one is not kept, and is to be handed in again later.
    fn keep(&self, lease: Lease) -> Result<(), LeasesFull>;

    /// A client left whose lease was kept. Never blocks, and is never refused: there are no more of
    /// these than leases that were taken.
    fn release(&self, channel: &ChannelKey, client: &ClientId);

    /// Sends what waits on its way. Called ten times a second, and before the end; never blocks.
    fn settle(&self) -> Standing;
}
