//! One message to many connections.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use domain::{ChannelKey, Publication};

use crate::{
    Push,
    ports::{Codec, DeliverySink, Encoding},
    room::Room,
};

/// The subscribers of every channel on this node.
///
/// A message is encoded once per encoding and the frame is shared; each subscriber costs one queue
/// push. The hot-path work replaces what is behind this, not its callers.
pub struct Fanout {
    shards: Vec<RwLock<HashMap<ChannelKey, Arc<Room>>>>,
    hasher: RandomState,
}

impl Fanout {
    /// Locks that channels spread over.
    const SHARDS: usize = 64;

    /// Without any channel.
    #[must_use]
    pub fn new() -> Self {
        let shards = (0..Self::SHARDS).map(|_| RwLock::default()).collect();
        Self { shards, hasher: RandomState::new() }
    }

    fn shard(&self, key: &ChannelKey) -> &RwLock<HashMap<ChannelKey, Arc<Room>>> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or(0);
        &self.shards[hash % Self::SHARDS]
    }

    pub(crate) fn find(&self, key: &ChannelKey) -> Option<Arc<Room>> {
        self.shard(key).read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn find_or_make(&self, key: &ChannelKey) -> Arc<Room> {
        if let Some(room) = self.find(key) {
            return room;
        }
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shard.entry(key.clone()).or_insert_with(|| Arc::new(Room::new())))
    }

    /// Forgets a room that was retired under its own lock; a newer one of the same name stays.
    pub(crate) fn forget(&self, key: &ChannelKey, room: &Arc<Room>) {
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        if shard.get(key).is_some_and(|known| Arc::ptr_eq(known, room)) {
            shard.remove(key);
        }
    }

    /// Channels that have a room on this node.
    #[must_use]
    pub fn channels(&self) -> usize {
        let len = |shard: &RwLock<HashMap<_, _>>| {
            shard.read().unwrap_or_else(PoisonError::into_inner).len()
        };
        self.shards.iter().map(len).sum()
    }
}

impl Default for Fanout {
    fn default() -> Self {
        Self::new()
    }
}

impl DeliverySink for Fanout {
    fn deliver(&self, publication: &Publication) {
        if let Some(room) = self.find(&publication.channel) {
            let mut frames = SharedFrames::default();
            room.for_each_member(|member| {
                if publication.hidden_from != Some(member.connection.id) {
                    member.take(frames.of(&*member.connection.codec, publication));
                }
            });
        }
    }
}

/// One frame per encoding in use, made when the first subscriber of it comes.
#[derive(Default)]
struct SharedFrames {
    made: [Option<(Encoding, Bytes)>; 4],
    /// Where more encodings than `made` holds are in use, the last one is made again each time.
    spare: Bytes,
}

impl SharedFrames {
    fn of(&mut self, codec: &dyn Codec, publication: &Publication) -> &Bytes {
        let encoding = codec.encoding();
        let free_or_made = self
            .made
            .iter()
            .position(|made| made.as_ref().is_none_or(|(known, _)| *known == encoding));
        let encode = || codec.push(&Push::Message(publication));
        match free_or_made {
            Some(index) => &self.made[index].get_or_insert_with(|| (encoding, encode())).1,
            None => {
                self.spare = encode();
                &self.spare
            }
        }
    }
}
