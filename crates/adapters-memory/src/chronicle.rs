//! Event logs in memory: the fake of every test that reads what happened.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use application::ports::{
    Chronicle, Clock, EventLog, EventLogError, EventPage, SNAPSHOT_THINGS, Snapshot,
};
use async_trait::async_trait;
use domain::{
    App, AppId, ChannelName, Epoch, Event, EventOptions, Fact, FactKind, FactKinds, LiveSet,
    Sequence, Thing, Timestamp,
};
use tokio::sync::Notify;

/// Writes events down at once, and forgets them with the process. Nothing waits, so nothing is
/// dropped.
pub struct MemoryChronicle {
    clock: Arc<dyn Clock>,
    epoch: Epoch,
    logs: Mutex<HashMap<AppId, Log>>,
    news: Notify,
}

struct Log {
    kinds: FactKinds,
    options: EventOptions,
    events: VecDeque<Event>,
    bytes: u64,
    last: Sequence,
    live: LiveSet,
    /// Channels without a subscriber, and until when they wait for one.
    vacant: HashMap<ChannelName, Timestamp>,
}

impl MemoryChronicle {
    /// Follows no app yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, epoch: Epoch) -> Self {
        Self { clock, epoch, logs: Mutex::default(), news: Notify::new() }
    }

    fn logs(&self) -> MutexGuard<'_, HashMap<AppId, Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at an app's log as it is kept now.
    fn look<T>(
        &self,
        app: &AppId,
        look: impl FnOnce(&Log) -> Result<T, EventLogError>,
    ) -> Result<T, EventLogError> {
        let mut logs = self.logs();
        let log = logs.get_mut(app).ok_or(EventLogError::NotKept)?;
        log.forget_old(self.clock.now());
        look(log)
    }
}

impl Log {
    fn new() -> Self {
        Self {
            kinds: FactKinds::NONE,
            options: EventOptions::default(),
            events: VecDeque::new(),
            bytes: 0,
            last: Sequence::default(),
            live: LiveSet::default(),
            vacant: HashMap::new(),
        }
    }

    fn note(&mut self, fact: Fact, now: Timestamp) {
        if let Fact::SubscriptionCount { channel, .. } = &fact
            && !self.live.channels.contains_key(channel)
        {
            return;
        }
        match fact.thing() {
            Some((Thing::Channel(channel), true)) if self.vacant.remove(&channel).is_some() => {}
            Some((Thing::Channel(channel), false)) if self.live.channels.contains_key(&channel) => {
                let until = now.after(self.options.vacated_delay);
                self.vacant.entry(channel).or_insert(until);
            }
            Some((thing, there)) if self.live.has(&thing) == there => {}
            _ => self.write(fact, now),
        }
    }

    fn write(&mut self, fact: Fact, ts: Timestamp) {
        if !self.kinds.has(fact.kind()) {
            return;
        }
        self.live.apply(&fact);
        self.last = self.last.next();
        self.bytes += cost(&fact);
        self.events.push_back(Event { sequence: self.last, ts, fact });
        self.forget_old(ts);
    }

    fn vacate(&mut self, now: Timestamp) {
        let due = self.vacant.extract_if(|_, until| *until <= now);
        let due: Vec<ChannelName> = due.map(|(channel, _)| channel).collect();
        due.into_iter().for_each(|channel| self.write(Fact::ChannelVacated(channel), now));
    }

    fn forget_old(&mut self, now: Timestamp) {
        let EventOptions { size, ttl, bytes, .. } = self.options;
        while let Some(oldest) = self.events.front()
            && (self.events.len() > usize::try_from(size).unwrap_or(usize::MAX)
                || self.bytes > bytes
                || now.since(oldest.ts) >= ttl)
        {
            self.bytes -= cost(&oldest.fact);
            self.events.pop_front();
        }
    }

    fn first(&self) -> Sequence {
        self.events.front().map_or(self.last.next(), |event| event.sequence)
    }
}

fn cost(fact: &Fact) -> u64 {
    u64::try_from(fact.cost()).unwrap_or(u64::MAX)
}

impl Chronicle for MemoryChronicle {
    fn follow(&self, app: &App) {
        let kinds = app.recorded();
        let mut logs = self.logs();
        if kinds == FactKinds::NONE {
            logs.remove(&app.id);
            return;
        }
        let log = logs.entry(app.id.clone()).or_insert_with(Log::new);
        (log.kinds, log.options) = (kinds, app.events);
    }

    fn wants(&self, app: &AppId, kind: FactKind) -> bool {
        self.logs().get(app).is_some_and(|log| log.kinds.has(kind))
    }

    fn note(&self, app: &AppId, fact: Fact) {
        let now = self.clock.now();
        if let Some(log) = self.logs().get_mut(app) {
            log.note(fact, now);
        }
        self.news.notify_waiters();
    }

    fn sweep(&self) {
        let now = self.clock.now();
        self.logs().values_mut().for_each(|log| log.vacate(now));
        self.news.notify_waiters();
    }
}

#[async_trait]
impl EventLog for MemoryChronicle {
    async fn read(
        &self,
        app: &AppId,
        after: Sequence,
        most: usize,
        bytes: usize,
    ) -> Result<EventPage, EventLogError> {
        self.look(app, |log| {
            let mut taken = 0;
            let fits = |event: &&Event| {
                let fits = taken < bytes.max(1);
                taken += event.fact.cost();
                fits
            };
            let behind = log.events.iter().filter(|event| event.sequence > after);
            let events: Vec<_> = behind.take(most).take_while(fits).cloned().collect();
            let through = events.last().map_or(log.last, |event| event.sequence);
            let (epoch, first, last) = (self.epoch, log.first(), log.last);
            Ok(EventPage { events, epoch, first, last, through })
        })
    }

    async fn snapshot(&self, app: &AppId) -> Result<Snapshot, EventLogError> {
        self.look(app, |log| {
            if log.live.len() > SNAPSHOT_THINGS {
                return Err(EventLogError::TooMuch);
            }
            Ok(Snapshot { epoch: self.epoch, cursor: log.last, live: log.live.clone() })
        })
    }

    async fn news(&self, app: &AppId, after: Sequence) {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            // Before the look: what comes behind it is heard.
            news.as_mut().enable();
            if self.logs().get(app).is_some_and(|log| log.last > after) {
                return;
            }
            news.await;
        }
    }
}
