//! Leases on their way to a store that outlives the process.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use application::ports::{Lease, LeaseStore, Standing};
use domain::{ChannelKey, ClientId};

/// Which life of the store has a lease: a store that began anew has none of those before. 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Round(u32);

impl Round {
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Where leases are kept, and which shards may have some that are not.
pub(crate) struct Keeping {
    store: Arc<dyn LeaseStore>,
    /// The store's present life, from 1.
    round: AtomicU32,
    pass: Mutex<Pass>,
    shards: usize,
}

/// A way through all shards, for leases that were refused or lost.
#[derive(Default)]
struct Pass {
    next: usize,
    /// Shards to look at yet.
    left: usize,
}

impl Keeping {
    pub(crate) fn new(store: Arc<dyn LeaseStore>, shards: usize) -> Self {
        Self { store, round: AtomicU32::new(1), pass: Mutex::default(), shards }
    }

    fn pass(&self) -> MutexGuard<'_, Pass> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn round(&self) -> Round {
        Round(self.round.load(Ordering::Relaxed))
    }

    /// Hands a lease in. Says in which round it is kept: in none where it was refused, and then all
    /// shards are looked through once there is room.
    pub(crate) fn keep(&self, lease: Lease) -> Round {
        match self.store.keep(lease) {
            Ok(()) => self.round(),
            Err(_) => {
                self.pass().left = self.shards;
                Round::default()
            }
        }
    }

    pub(crate) fn release(&self, channel: &ChannelKey, client: &ClientId) {
        self.store.release(channel, client);
    }

    /// Sends what waits on its way. Says which shard to look through for leases that are not kept.
    pub(crate) fn settle(&self) -> Option<usize> {
        match self.store.settle() {
            Standing::Sound => {}
            Standing::Full => return None,
            Standing::Anew => {
                self.round.fetch_add(1, Ordering::Relaxed);
                self.pass().left = self.shards;
            }
        }
        let pass = self.pass();
        (pass.left > 0).then_some(pass.next)
    }

    /// The shard that [`Self::settle`] named has none that is not kept.
    pub(crate) fn looked_through(&self) {
        let mut pass = self.pass();
        pass.next = (pass.next + 1) % self.shards;
        pass.left = pass.left.saturating_sub(1);
    }
}
