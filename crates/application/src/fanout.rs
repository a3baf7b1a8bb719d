//! One message to many connections.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use domain::{
    AppId, ChannelKey, ChannelName, ConnectionId, Durability, Movement, PresenceChange, Publication,
};
use tokio::runtime::Handle;

use crate::{
    EventSinks, Waiting,
    audience::{Appended, Audience},
    audiences::Audiences,
    ports::{DeliverySink, DomainEvent, EventSink, Meter, NoMeter, PresenceSink, Reading},
    presence::Presence,
    room::Room,
    run::News,
};

/// The subscribers of every channel on this node.
///
/// A message is encoded once per encoding and the frame is shared. Messages that come in one turn
/// of the runtime are gathered per channel and written together: with dense traffic a subscriber
/// costs one write for many messages, with sparse traffic nothing waits, for the turn is over at
/// once. Large channels are written in pieces between which others get their turn.
pub struct Fanout {
    shards: Vec<RwLock<HashMap<ChannelKey, Arc<Room>>>>,
    hasher: RandomState,
    /// Who watches who is where.
    audiences: Arc<Audiences>,
    /// Those of large channels where how many there are is to be told; each once.
    to_count: Mutex<Vec<Arc<Audience>>>,
    /// Where gathered messages are written from; nothing where each is written in the call that
    /// delivers it.
    runtime: Option<Handle>,
    meter: Arc<dyn Meter>,
    /// What waits in the channels' backlogs is counted there, with all else that does.
    waiting: Arc<Waiting>,
    /// Is told of gaps and members, once each.
    events: Arc<dyn EventSink>,
    #[cfg(feature = "planted")]
    gateless: bool,
}

impl Fanout {
    /// Locks that channels spread over.
    const SHARDS: usize = 64;

    /// Without any channel; every message is written to all subscribers before
    /// [`DeliverySink::deliver`] returns. For tests, where nothing should happen later.
    #[must_use]
    pub fn new() -> Self {
        let shards = (0..Self::SHARDS).map(|_| RwLock::default()).collect();
        let (audiences, to_count) = (Arc::default(), Mutex::default());
        Self {
            shards,
            hasher: RandomState::new(),
            audiences,
            to_count,
            runtime: None,
            meter: Arc::new(NoMeter),
            waiting: Waiting::unbounded(),
            events: Arc::new(EventSinks::of([])),
            #[cfg(feature = "planted")]
            gateless: false,
        }
    }

    /// Without any channel; messages are gathered and written by tasks of this runtime.
    #[must_use]
    pub fn gathering(runtime: Handle) -> Self {
        Self { runtime: Some(runtime), ..Self::new() }
    }

    /// What is written is counted and timed there; before the first channel.
    #[must_use]
    pub fn measured_by(self, meter: Arc<dyn Meter>) -> Self {
        Self { meter, ..self }
    }

    /// What waits is counted there; before the first channel.
    #[must_use]
    pub fn bounded_by(self, waiting: Arc<Waiting>) -> Self {
        Self { waiting, ..self }
    }

    pub(crate) fn meter(&self) -> &dyn Meter {
        &*self.meter
    }

    /// What waits to be sent.
    #[must_use]
    pub const fn waiting(&self) -> &Arc<Waiting> {
        &self.waiting
    }

    /// Gaps and changes of members are told there.
    #[must_use]
    pub fn told_to(self, events: Arc<dyn EventSink>) -> Self {
        Self { events, ..self }
    }

    /// The bug that `rtmate verify` has to find: messages pass those who subscribe by before their
    /// reply is out.
    #[cfg(feature = "planted")]
    #[must_use]
    pub fn without_gates(self) -> Self {
        Self { gateless: true, ..self }
    }

    fn make(&self, key: &ChannelKey, durability: Durability) -> Arc<Room> {
        let room =
            Room::new(key.clone(), durability, Arc::clone(&self.meter), Arc::clone(&self.waiting));
        #[cfg(feature = "planted")]
        let room = if self.gateless { room.without_gates() } else { room };
        Arc::new(room)
    }

    fn shard(&self, key: &ChannelKey) -> &RwLock<HashMap<ChannelKey, Arc<Room>>> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or(0);
        &self.shards[hash % Self::SHARDS]
    }

    pub(crate) fn find(&self, key: &ChannelKey) -> Option<Arc<Room>> {
        self.shard(key).read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn find_or_make(&self, key: &ChannelKey, durability: Durability) -> Arc<Room> {
        if let Some(room) = self.find(key) {
            return room;
        }
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        let make = || self.make(key, durability);
        Arc::clone(shard.entry(key.clone()).or_insert_with(make))
    }

    /// Forgets a room that was retired under its own lock; a newer one of the same name stays.
    pub(crate) fn forget(&self, key: &ChannelKey, room: &Arc<Room>) {
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        if shard.get(key).is_some_and(|known| Arc::ptr_eq(known, room)) {
            shard.remove(key);
        }
    }

    /// Resolves when nothing that was delivered before waits to be written any more, so far as
    /// senders pause; what sockets did not take may still be queued.
    pub async fn settled(&self) {
        for room in self.rooms() {
            while room.is_flushing() {
                tokio::task::yield_now().await;
            }
        }
        for audience in self.audiences.all() {
            while audience.is_flushing() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Tells the watchers of large channels how many there are, where that changed.
    pub(crate) fn tell_counts(&self) {
        let to_count =
            std::mem::take(&mut *self.to_count.lock().unwrap_or_else(PoisonError::into_inner));
        for audience in to_count {
            if audience.tell_count() == Appended::ToFlush {
                self.flush_audience(audience);
            }
        }
    }

    fn flush_audience(&self, audience: Arc<Audience>) {
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { audience.flush().await })),
            None => audience.flush_now(),
        }
    }

    pub(crate) fn audiences(&self) -> &Audiences {
        &self.audiences
    }

    /// Channels whose presence somebody watches on this node.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.audiences.len()
    }

    fn rooms(&self) -> Vec<Arc<Room>> {
        let rooms = |shard: &RwLock<HashMap<_, Arc<Room>>>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.values().cloned().collect::<Vec<_>>()
        };
        self.shards.iter().flat_map(rooms).collect()
    }

    pub(crate) fn rooms_of(&self, app: &AppId) -> Vec<Arc<Room>> {
        let mut rooms = self.rooms();
        rooms.retain(|room| room.key.app == *app);
        rooms
    }

    fn tell(&self, room: Arc<Room>, news: &News<'_>) {
        if room.append(news) {
            self.flush(room);
        }
    }

    fn flush(&self, room: Arc<Room>) {
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { room.flush().await })),
            None => room.flush_now(),
        }
    }

    /// Tells a channel's subscribers how many they are.
    pub(crate) fn tell_size(&self, key: &ChannelKey) {
        let Some(room) = self.find(key) else { return };
        let count = room.size();
        self.tell(room, &News::Subscribers(&key.channel, count));
    }

    /// The channels of an app that clients on this node subscribe to, and how many do.
    pub(crate) fn occupied(&self, app: &AppId, prefix: &str) -> Vec<(ChannelName, usize)> {
        let fits = |key: &ChannelKey| key.app == *app && key.channel.as_str().starts_with(prefix);
        let mut occupied = Vec::new();
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let rooms = shard.iter().filter(|(key, _)| fits(key));
            let sizes = rooms.map(|(key, room)| (key.channel.clone(), room.size()));
            occupied.extend(sizes.filter(|(_, size)| *size > 0));
        }
        occupied
    }

    /// How many channels of an app clients on this node subscribe to, and those with the most
    /// subscribers, the largest first.
    pub(crate) fn largest(&self, app: &AppId, most: usize) -> (usize, Vec<(usize, ChannelName)>) {
        let (mut count, mut largest) = (0, Vec::new());
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            let rooms = shard.iter().filter(|(key, _)| key.app == *app);
            let sizes = rooms.map(|(key, room)| (room.listeners(), key.channel.clone()));
            let before = largest.len();
            largest.extend(sizes.filter(|(size, _)| *size > 0));
            count += largest.len() - before;
            largest.sort_unstable_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.cmp(b)));
            largest.truncate(most);
        }
        (count, largest)
    }

    /// The channels of an app that each of these connections subscribes to.
    pub(crate) fn channels_of(&self, app: &AppId, ids: &[ConnectionId]) -> Vec<Vec<ChannelName>> {
        let mut channels = vec![Vec::new(); ids.len()];
        for shard in self.shards.iter().filter(|_| !ids.is_empty()) {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            for (key, room) in shard.iter().filter(|(key, _)| key.app == *app) {
                for (id, channels) in ids.iter().zip(&mut channels) {
                    if room.has(*id) {
                        channels.push(key.channel.clone());
                    }
                }
            }
        }
        channels
    }

    /// How many clients a message of the channel goes to at this moment, without waiting for one that is
    /// being written.
    pub(crate) fn heard_by(&self, key: &ChannelKey) -> usize {
        self.find(key).map_or(0, |room| room.listeners())
    }

    /// How many clients subscribe to a channel on this node.
    pub(crate) fn size(&self, key: &ChannelKey) -> usize {
        self.find(key).map_or(0, |room| room.size())
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

impl PresenceSink for Fanout {
    fn announce(&self, change: &PresenceChange) {
        let present = change.movement == Movement::Joined;
        self.meter.note(&Reading::Member { app: &change.channel.app, present });
        self.events.record(&DomainEvent::Presence(change));
        let Some(audience) = self.audiences.find(&change.channel) else { return };
        match audience.append(change, Presence::LISTED) {
            Appended::ToFlush => self.flush_audience(audience),
            Appended::ToCount => {
                self.to_count.lock().unwrap_or_else(PoisonError::into_inner).push(audience);
            }
            Appended::InHand => {}
        }
    }
}

impl DeliverySink for Fanout {
    fn deliver(&self, publication: &Publication) {
        let Some(room) = self.find(&publication.channel) else { return };
        self.tell(room, &News::Message(publication));
    }

    fn gap(&self, channel: &ChannelKey) {
        self.events.record(&DomainEvent::Gap { channel });
        let Some(room) = self.find(channel) else { return };
        if room.append_gap(&self.audiences) {
            self.flush(room);
        }
    }
}
