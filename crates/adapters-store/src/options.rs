//! The bounds of a store.

use std::time::Duration;

/// The bounds of a store. The defaults are for a server that has the machine to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// The most commands that are synced together; at least 1.
    pub group_commands: usize,
    /// The bytes of payloads behind which a group takes no further command.
    pub group_bytes: usize,
    /// Bytes that sends may hold while they wait for the disk; a further one waits until there is
    /// room. Each counts its payload and 1 KiB. At least 1 MiB is taken.
    pub waiting_bytes: usize,
    /// How long a send or a read waits for the disk before it is answered `Unavailable`.
    pub patience: Duration,
    /// Bytes of the engine's cache.
    pub cache_bytes: u64,
    /// The most reads at the same time; at least 1.
    pub readers: usize,
    /// How long a channel that was occupied when the server ended may take to be so again before it
    /// counts as vacated.
    pub return_window: Duration,
    /// What the committer does wrong.
    #[cfg(feature = "planted")]
    pub planted: crate::Planted,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            group_commands: 1024,
            group_bytes: 4 << 20,
            waiting_bytes: 64 << 20,
            patience: Duration::from_secs(10),
            cache_bytes: 32 << 20,
            readers: 8,
            return_window: Duration::from_secs(45),
            #[cfg(feature = "planted")]
            planted: crate::Planted::default(),
        }
    }
}
