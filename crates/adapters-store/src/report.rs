//! What opening a store found out, and what happens to it later.

use std::{path::PathBuf, sync::Arc, time::Duration};

use application::ports::Cause;

/// What opening a store found out. Whatever is not `None` or 0 besides the counts of streams and
/// keys is for the operator's eyes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// Streams whose place is known.
    pub streams: usize,
    /// Keys that are remembered.
    pub keys: usize,
    /// How long it took.
    pub took: Duration,
    /// Why every stream has a new epoch, where they have.
    pub doubt: Option<Doubt>,
    /// What could not be opened, and lies aside. The store is a new one.
    pub set_aside: Option<SetAside>,
    /// Rows that were not what was written: messages that are no longer shown, places and keys that
    /// are forgotten. Only the recent ones are looked at.
    pub damaged: usize,
}

/// Why it can't be proved that streams are those that clients knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The store has fewer commit groups than were acknowledged: its end was lost.
    LostTail {
        /// The last group that may have been acknowledged.
        acknowledged: u64,
        /// The last group that is there.
        present: u64,
    },
    /// The file that says how many groups were acknowledged is missing, unreadable, of another store
    /// or older than the store itself: the store was copied or changed by hand.
    NoHead,
}

/// A store that could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Where it is now.
    pub path: PathBuf,
    /// Why.
    pub cause: String,
}

/// What happens to a store after it was opened.
#[derive(Debug)]
pub enum StoreEvent {
    /// A group was written and synced.
    Committed {
        /// Commands in it: sends, purges, turns of leases and what the store does by itself.
        commands: usize,
        /// How long writing and syncing took.
        took: Duration,
    },
    /// A write or a sync failed. Sends and reads are refused until it is open again.
    Failed(Cause),
    /// It could not be opened again; the next attempt follows.
    StillFailing(Cause),
    /// It is open again. Where streams began anew, with a doubt or something set aside, their
    /// subscribers were told.
    Healed(OpenReport),
    /// A message is missing or not what was written. It and all before it in its stream are no longer
    /// shown.
    DamagedMessage,
    /// So many rows of leases were not what was written: those members are forgotten.
    DamagedLeases {
        /// How many.
        rows: usize,
    },
    /// So many rows of what apps used were not what was written: they count for nothing.
    DamagedUsage {
        /// How many.
        rows: usize,
    },
    /// As many joins wait for the disk as may: from now on who joins is not known to the next start.
    /// Said once, until [`Self::LeasesTakenAgain`].
    LeasesRefused,
    /// All that waited is on disk. What was refused is handed in again by whoever has it.
    LeasesTakenAgain {
        /// How often a join was refused.
        refused: u64,
    },
}

/// Is told what happens to a store, on the store's own thread or a reader's; must not block.
pub type StoreWatch = Arc<dyn Fn(StoreEvent) + Send + Sync>;
