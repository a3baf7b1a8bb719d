//! The audiences of all channels.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{ChannelKey, ConnectionId};

use crate::{Connection, audience::Audience};

type Shard = HashMap<ChannelKey, Arc<Audience>>;

/// Who watches the lists of members of which channels, on this node. A channel is here as long as
/// somebody does.
pub(crate) struct Audiences {
    /// Held while a connection begins or ends to watch, so that no audience is forgotten that
    /// somebody just came to. Taken before the audience's own locks.
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

impl Default for Audiences {
    fn default() -> Self {
        let shards = (0..Self::SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new() }
    }
}

impl Audiences {
    /// Locks that channels spread over.
    const SHARDS: usize = 64;

    fn shard(&self, channel: &ChannelKey) -> MutexGuard<'_, Shard> {
        let hash = usize::try_from(self.hasher.hash_one(channel) >> 32).unwrap_or(0);
        lock(&self.shards[hash % Self::SHARDS])
    }

    pub(crate) fn find(&self, channel: &ChannelKey) -> Option<Arc<Audience>> {
        self.shard(channel).get(channel).cloned()
    }

    /// The connection begins to watch, behind a closed gate.
    pub(crate) fn watch(
        &self,
        channel: &ChannelKey,
        connection: &Arc<Connection>,
    ) -> Arc<Audience> {
        let mut shard = self.shard(channel);
        let audience = shard.entry(channel.clone()).or_default();
        audience.hold(connection);
        Arc::clone(audience)
    }

    /// After it returns nothing more is pushed to the connection.
    pub(crate) fn leave(&self, channel: &ChannelKey, id: ConnectionId) {
        let mut shard = self.shard(channel);
        if shard.get(channel).is_some_and(|audience| audience.leave(id)) {
            shard.remove(channel);
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Audience>> {
        let all = |shard: &Mutex<Shard>| lock(shard).values().cloned().collect::<Vec<_>>();
        self.shards.iter().flat_map(all).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
