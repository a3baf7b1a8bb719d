//! The broker and history of one process.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use application::KeptBytes;
use application::ports::{
    Broker, BrokerError, Clock, DeliverySink, HistoryError, HistoryStore, IdSource, KEYS_PER_APP,
    POSITION_IDLE, Page, Query, STREAMS_PER_APP,
};
use async_trait::async_trait;
use domain::{
    AppId, ChannelKey, Draft, HistoryPolicy, Moment, Position, Receipt, Record, Timestamp,
};

use crate::{
    counts::Counts,
    keys::{Content, KeyScope, Keys},
    stream::Stream,
};

/// Stamps messages, keeps them in memory where the namespace says so, and announces them at once.
///
/// It announces every channel: the sink itself knows which have subscribers. Attaching a channel
/// keeps its stream, for subscribers count its offsets.
///
/// Somebody has to call [`Self::sweep`] from time to time.
pub struct MemoryBroker {
    sink: Arc<dyn DeliverySink>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    /// One is held while a message is stamped, kept and announced: that is the channel's common
    /// order. Channels share them by hash, so their number is fixed.
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Streams and keys of each app.
    streams: Counts,
    keys: Counts,
    /// Bytes of the streams of each app.
    bytes: KeptBytes,
    /// Apps with as many streams as they may have, and when the last look for idle ones found few.
    in_vain: Mutex<HashMap<AppId, Moment>>,
}

#[derive(Default)]
struct Shard {
    streams: HashMap<ChannelKey, Stream>,
    attached: HashSet<ChannelKey>,
    keys: Keys,
}

/// The app has as many streams as it may, and all of them are in use.
#[derive(Debug, thiserror::Error)]
#[error("the app has {STREAMS_PER_APP} streams in use")]
struct TooManyStreams;

impl MemoryBroker {
    const SHARDS: usize = 256;
    /// Of the streams that an app may have, so many go at once where one has to: looking for the
    /// longest idle looks at all.
    const GO_AT_ONCE: usize = STREAMS_PER_APP / 100;
    /// Where few were idle it does not look again for so long: whoever asks for one channel after
    /// the other would have it look at all of them each time, and others wait.
    const LOOK_AGAIN: Duration = Duration::from_secs(1);

    /// A broker that announces to `sink`.
    #[must_use]
    pub fn new(sink: Arc<dyn DeliverySink>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            sink,
            clock,
            ids,
            shards: (0..Self::SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            streams: Counts::new(STREAMS_PER_APP),
            keys: Counts::new(KEYS_PER_APP),
            bytes: KeptBytes::default(),
            in_vain: Mutex::default(),
        }
    }

    fn shard(&self, channel: &ChannelKey) -> MutexGuard<'_, Shard> {
        let hash = usize::try_from(self.hasher.hash_one(channel) >> 32).unwrap_or(0);
        lock(&self.shards[hash % Self::SHARDS])
    }

    /// Lets go what is too old: messages, places of streams, keys. Cheap where nothing is.
    pub fn sweep(&self) {
        let now = self.clock.now();
        for shard in &self.shards {
            let mut shard = lock(shard);
            let Shard { streams, attached, keys } = &mut *shard;
            let gone = streams.extract_if(|channel, stream| {
                let before = stream.bytes();
                stream.expire(now);
                self.bytes.change(&channel.app, before, stream.bytes());
                let idle = now.since(stream.used) >= POSITION_IDLE;
                idle && stream.is_empty() && !attached.contains(channel)
            });
            gone.for_each(|(channel, _)| self.streams.give_back(&channel.app));
            keys.expire(now).iter().for_each(|app| self.keys.give_back(app));
        }
    }

    /// The shard of a channel, with a stream for it.
    fn with_stream(&self, channel: &ChannelKey) -> Result<MutexGuard<'_, Shard>, TooManyStreams> {
        let mut shard = self.shard(channel);
        if shard.streams.contains_key(channel) {
            return Ok(shard);
        }
        if !self.streams.take(&channel.app) {
            // Looks at the other shards, one after the other.
            drop(shard);
            self.forget_idle(&channel.app);
            if !self.streams.take(&channel.app) {
                return Err(TooManyStreams);
            }
            shard = self.shard(channel);
        }
        if shard.streams.contains_key(channel) {
            // Somebody else made it meanwhile.
            self.streams.give_back(&channel.app);
        } else {
            let stream = Stream::new(self.ids.epoch(), self.clock.now());
            shard.streams.insert(channel.clone(), stream);
        }
        Ok(shard)
    }

    /// Forgets the streams of an app that were idle for longest.
    fn forget_idle(&self, app: &AppId) {
        let now = self.clock.moment();
        {
            let mut in_vain = lock(&self.in_vain);
            if in_vain.get(app).is_some_and(|last| now.since(*last) < Self::LOOK_AGAIN) {
                return;
            }
            // Also for those who come while this one looks.
            in_vain.insert(app.clone(), now);
        }
        let mut idle: Vec<(Timestamp, ChannelKey)> = Vec::new();
        for shard in &self.shards {
            let shard = lock(shard);
            let unused = shard
                .streams
                .iter()
                .filter(|(channel, _)| channel.app == *app && !shard.attached.contains(*channel));
            idle.extend(unused.map(|(channel, stream)| (stream.used, channel.clone())));
        }
        if idle.len() >= Self::GO_AT_ONCE {
            lock(&self.in_vain).remove(app);
        }
        idle.sort_unstable_by_key(|(used, _)| *used);
        for (used, channel) in idle.into_iter().take(Self::GO_AT_ONCE) {
            let mut shard = self.shard(&channel);
            let unused = !shard.attached.contains(&channel)
                && shard.streams.get(&channel).is_some_and(|stream| stream.used == used);
            if unused {
                let gone = shard.streams.remove(&channel);
                gone.iter().for_each(|gone| self.bytes.change(&channel.app, gone.bytes(), 0));
                self.streams.give_back(&channel.app);
            }
        }
    }

    fn publish_now(&self, draft: Draft) -> Result<Receipt, BrokerError> {
        let kept = draft.namespace.kept();
        let mut shard = match &kept {
            None => self.shard(&draft.channel),
            Some(_) => self
                .with_stream(&draft.channel)
                .map_err(|error| BrokerError::Unavailable(error.into()))?,
        };
        let now = self.clock.now();
        let Some(scope) = KeyScope::of(&draft) else {
            return Ok(self.publish_in(&mut shard, draft, kept.as_ref(), now));
        };
        let content = Content::of(&draft);
        if let Some(known) = shard.keys.find(&scope, content, now) {
            return known;
        }
        let one_more = !shard.keys.knows(&scope);
        if one_more && !self.keys.take(scope.app()) {
            return Err(BrokerError::KeysFull);
        }
        let until = now.after(draft.namespace.idempotency_window);
        let receipt = self.publish_in(&mut shard, draft, kept.as_ref(), now);
        shard.keys.remember(scope, content, receipt.clone(), until);
        Ok(receipt)
    }

    fn publish_in(
        &self,
        shard: &mut Shard,
        draft: Draft,
        kept: Option<&HistoryPolicy>,
        now: Timestamp,
    ) -> Receipt {
        let app = draft.channel.app.clone();
        let stream = kept.and_then(|_| shard.streams.get_mut(&draft.channel));
        let position = stream.as_ref().map(|stream| stream.next());
        let (publication, receipt) = draft.stamped(self.ids.message(now), now, position);
        self.sink.deliver(&publication);
        if let (Some(stream), Some(policy)) = (stream, kept) {
            let record =
                Record { message: publication.message, hidden_from: publication.hidden_from };
            let before = stream.bytes();
            stream.append(record, policy, now);
            self.bytes.change(&app, before, stream.bytes());
        }
        receipt
    }

    fn in_stream<T>(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        ask: impl FnOnce(&mut Stream) -> T,
    ) -> Result<T, HistoryError> {
        let mut shard =
            self.with_stream(channel).map_err(|error| HistoryError::Unavailable(error.into()))?;
        // Made a moment ago under the same lock, where it was not there.
        let stream = shard.streams.get_mut(channel);
        let stream = stream.ok_or_else(|| HistoryError::Unavailable(TooManyStreams.into()))?;
        let before = stream.bytes();
        stream.touch(policy, self.clock.now());
        let answer = ask(stream);
        self.bytes.change(&channel.app, before, stream.bytes());
        Ok(answer)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Broker for MemoryBroker {
    async fn publish(&self, draft: Draft) -> Result<Receipt, BrokerError> {
        self.publish_now(draft)
    }

    fn publish_at_once(&self, draft: Draft) -> Result<Result<Receipt, BrokerError>, Box<Draft>> {
        Ok(self.publish_now(draft))
    }

    async fn forget(&self, app: &AppId) -> Result<(), BrokerError> {
        for shard in &self.shards {
            let mut shard = lock(shard);
            let gone = shard.streams.extract_if(|channel, _| channel.app == *app);
            gone.for_each(|_| self.streams.give_back(app));
            (0..shard.keys.forget(app)).for_each(|_| self.keys.give_back(app));
        }
        Ok(())
    }

    async fn attach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        self.shard(channel).attached.insert(channel.clone());
        Ok(())
    }

    async fn detach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        self.shard(channel).attached.remove(channel);
        Ok(())
    }
}

#[async_trait]
impl HistoryStore for MemoryBroker {
    async fn read(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        query: &Query,
    ) -> Result<Page, HistoryError> {
        self.in_stream(channel, policy, |stream| stream.page(query))
    }

    async fn exists(&self, channel: &ChannelKey) -> Result<bool, HistoryError> {
        Ok(self.shard(channel).streams.contains_key(channel))
    }

    async fn purge(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
    ) -> Result<Position, HistoryError> {
        self.in_stream(channel, policy, |stream| {
            stream.purge();
            stream.position()
        })
    }

    fn kept_bytes(&self, app: &AppId) -> u64 {
        self.bytes.of(app)
    }
}
