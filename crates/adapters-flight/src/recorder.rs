//! What is kept, where, and what is asked of it.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use application::ports::{
    Clock, Depth, DomainEvent, EventSink, FlightFact, FlightFacts, FlightLog, Subject,
};
use domain::{ChannelKey, ConnectionId, ErrorCode, Timestamp};

use crate::{
    question::{is_of, may_be},
    reading,
    record::{Record, tag},
    ring::Ring,
};

/// Remembers what happened of late, in [`Self::BYTES`] of memory.
///
/// There are two classes of rings, so that traffic does not push out decisions, and of each one per
/// shard, so that writers seldom wait for each other. A connection's facts are in one shard, and so
/// are a channel's messages: both are found by chains.
pub struct FlightRecorder {
    decisions: Vec<Mutex<Ring>>,
    traffic: Vec<Mutex<Ring>>,
    hasher: RandomState,
    /// Facts so far.
    count: AtomicU64,
    began: Timestamp,
    clock: Arc<dyn Clock>,
}

/// What a fact is kept among.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Logins, subscriptions, denials, refusals, orders, gaps, ends.
    Decision,
    /// What comes with every message and request, and what strangers can cause.
    Traffic,
}

impl FlightRecorder {
    /// Memory of the recorder in all, whatever happens: 8 MiB, of which 3 are for decisions, 4.75
    /// for traffic and the rest finds them again.
    pub const BYTES: usize = Self::SHARDS * (Self::DECISIONS + Self::TRAFFIC + 2 * Ring::INDEX);

    const SHARDS: usize = 16;
    const DECISIONS: usize = 192 * 1024;
    const TRAFFIC: usize = 304 * 1024;

    /// That remembers nothing yet, and goes by this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let rings =
            |bytes| (0..Self::SHARDS).map(|_| Mutex::new(Ring::new(bytes))).collect::<Vec<_>>();
        Self {
            decisions: rings(Self::DECISIONS),
            traffic: rings(Self::TRAFFIC),
            hasher: RandomState::new(),
            count: AtomicU64::new(0),
            began: clock.now(),
            clock,
        }
    }

    fn rings(&self, class: Class) -> &[Mutex<Ring>] {
        match class {
            Class::Decision => &self.decisions,
            Class::Traffic => &self.traffic,
        }
    }

    fn ring(&self, class: Class, subject: u64) -> MutexGuard<'_, Ring> {
        let shard = usize::try_from(subject % 16).unwrap_or(0) % Self::SHARDS;
        lock(&self.rings(class)[shard])
    }

    fn of_connection(&self, connection: ConnectionId) -> u64 {
        self.hasher.hash_one(connection)
    }

    fn of_channel(&self, channel: &ChannelKey) -> u64 {
        self.hasher.hash_one(channel)
    }

    /// The tag, the subject and the class of what is kept; nothing for what is not.
    fn place(&self, event: &DomainEvent<'_>) -> Option<(u8, u64, Class)> {
        use Class::{Decision, Traffic};
        let of = |connection: &ConnectionId| self.of_connection(*connection);
        Some(match event {
            // Nothing is known of it yet; who never authenticates belongs to no app.
            DomainEvent::Opened { .. } | DomainEvent::Closed { client: None, .. } => return None,
            // What a limit refused is told as a refusal; the others are about no client.
            DomainEvent::Limited { .. }
            | DomainEvent::UsageNotRecorded { .. }
            | DomainEvent::AppChanged { .. }
            | DomainEvent::Webhook { .. }
            | DomainEvent::OverCapacity { .. } => return None,
            DomainEvent::Authenticated { connection, .. } => {
                (tag::AUTHENTICATED, of(connection), Decision)
            }
            DomainEvent::AuthRefused { connection, .. } => {
                (tag::AUTH_REFUSED, of(connection), Traffic)
            }
            DomainEvent::Denied { connection, .. } => (tag::DENIED, of(connection), Decision),
            DomainEvent::Refused { connection, app, code, .. } => {
                let (known, paced) = (app.is_some(), *code == ErrorCode::RateLimited);
                let class = if known && !paced { Decision } else { Traffic };
                (tag::REFUSED, of(connection), class)
            }
            DomainEvent::Failed { connection, .. } => (tag::FAILED, of(connection), Decision),
            DomainEvent::Ordered { connection, .. } => (tag::ORDERED, of(connection), Decision),
            DomainEvent::Command { connection, .. } => (tag::COMMAND, of(connection), Traffic),
            DomainEvent::Subscription { connection, .. } => {
                (tag::SUBSCRIPTION, of(connection), Decision)
            }
            DomainEvent::Closed { connection, .. } => (tag::CLOSED, of(connection), Decision),
            DomainEvent::BackendFailed { app, .. } => {
                (tag::FAILED, self.hasher.hash_one(app), Decision)
            }
            DomainEvent::BackendRefused { app, code, .. } => {
                let class = if *code == ErrorCode::RateLimited { Traffic } else { Decision };
                (tag::BACKEND_REFUSED, self.hasher.hash_one(app), class)
            }
            DomainEvent::Published { channel, .. } => {
                (tag::PUBLISHED, self.of_channel(channel), Traffic)
            }
            DomainEvent::Gap { channel } => (tag::GAP, self.of_channel(channel), Decision),
            DomainEvent::Presence(change) => {
                (tag::MEMBER, self.of_channel(&change.channel), Traffic)
            }
        })
    }

    /// The channel of what was refused for coming too fast. Such refusals are traffic, which only
    /// chains find; and a channel in which nothing arrives must tell of them.
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other event is paced")]
    fn paced_in(&self, event: &DomainEvent<'_>) -> Option<u64> {
        match event {
            DomainEvent::Refused { app: Some(app), channel: Some(channel), code, .. }
            | DomainEvent::BackendRefused { app, channel: Some(channel), code, .. } => {
                // As a `ChannelKey` of both hashes, without making one.
                (*code == ErrorCode::RateLimited).then(|| self.hasher.hash_one((*app, *channel)))
            }
            _ => None,
        }
    }

    /// Since when a ring has everything.
    fn since(&self, ring: &Ring) -> Timestamp {
        let oldest = ring.oldest_of_overwritten();
        // Another of the same millisecond may be gone.
        oldest.map_or(self.began, |record| Timestamp::from_millis(Record::time(record) + 1))
    }

    /// What chains find.
    fn walk(&self, answer: &mut Answer<'_>, class: Class, hash: u64) {
        let ring = self.ring(class, hash);
        answer.reaches(self.since(&ring));
        let of_subject = ring.chain(hash).filter(|record| Record::subject_of(record) == hash);
        for record in of_subject.take(answer.most.saturating_add(1)) {
            answer.take(record);
        }
    }

    /// What only a look at everything finds: on copies, so that no writer waits for it.
    fn search(&self, answer: &mut Answer<'_>, class: Class) {
        let mut copy = Vec::new();
        for ring in self.rings(class) {
            {
                let ring = lock(ring);
                answer.reaches(self.since(&ring));
                ring.copy_into(&mut copy);
            }
            Ring::records(&copy).for_each(|record| answer.take(record));
            answer.cut();
        }
    }
}

fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EventSink for FlightRecorder {
    fn record(&self, event: &DomainEvent<'_>) {
        let Some((tag, subject, class)) = self.place(event) else { return };
        let at = self.clock.now().as_millis();
        let order = self.count.fetch_add(1, Ordering::Relaxed);
        let keep = |subject, class| {
            let mut record = Record::new(tag, subject, at, order);
            record.write(event);
            self.ring(class, subject).push(&mut record);
        };
        keep(subject, class);
        if let Some(channel) = self.paced_in(event) {
            keep(channel, Class::Traffic);
        }
    }
}

impl FlightLog for FlightRecorder {
    fn facts(&self, subject: Subject<'_>, depth: Depth, most: usize) -> FlightFacts {
        let mut answer = Answer { subject, most, facts: Vec::new(), cut: false, since: self.began };
        let everything = depth == Depth::Everything;
        match subject {
            Subject::Connection(id) => {
                let hash = self.of_connection(id);
                self.walk(&mut answer, Class::Decision, hash);
                if everything {
                    self.walk(&mut answer, Class::Traffic, hash);
                }
            }
            Subject::Client(..) => self.search(&mut answer, Class::Decision),
            Subject::Channel(channel) => {
                self.search(&mut answer, Class::Decision);
                if everything {
                    self.walk(&mut answer, Class::Traffic, self.of_channel(channel));
                }
            }
            Subject::Message(..) => self.search(&mut answer, Class::Traffic),
            Subject::Trace(..) => {
                self.search(&mut answer, Class::Decision);
                if everything {
                    self.search(&mut answer, Class::Traffic);
                }
            }
        }
        answer.end()
    }
}

/// An answer that is being gathered.
struct Answer<'a> {
    subject: Subject<'a>,
    most: usize,
    facts: Vec<FlightFact>,
    /// Whether more were found than are given.
    cut: bool,
    since: Timestamp,
}

impl Answer<'_> {
    fn reaches(&mut self, since: Timestamp) {
        self.since = self.since.max(since);
    }

    fn take(&mut self, record: &[u8]) {
        if may_be(&self.subject, record) {
            let fact = reading::fact(record).filter(|fact| is_of(&self.subject, fact));
            self.facts.extend(fact);
        }
    }

    /// Lets go what is too much.
    fn cut(&mut self) {
        self.facts.sort_unstable_by_key(|fact| std::cmp::Reverse(fact.order));
        // What is kept for two subjects is found twice.
        self.facts.dedup_by_key(|fact| fact.order);
        self.cut |= self.facts.len() > self.most;
        self.facts.truncate(self.most);
    }

    fn end(mut self) -> FlightFacts {
        self.cut();
        let earliest = self.facts.last().map(|fact| fact.at).filter(|_| self.cut);
        let since = self.since.max(earliest.unwrap_or(self.since));
        FlightFacts { facts: self.facts, since }
    }
}
