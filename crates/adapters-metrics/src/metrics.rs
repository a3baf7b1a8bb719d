//! Everything that is counted and timed.

use std::time::{Duration, Instant};

use application::ports::{
    self, DomainEvent, EventSink, Meter, NodeTally, Reading, Tallies, Tally, Tick, WebhookNews,
};
use domain::{AppId, CloseReason, ErrorCode, Timestamp};

use crate::{
    apps::{Apps, Figures},
    count::Count,
    histogram::{Histogram, SIZES, TIMES},
    process::Process,
};

/// Counts and times what happens; [`Self::page`] shows it.
///
/// It keeps no channel, client or address: what it holds does not grow with them, but with the apps,
/// of which the first 1,000 have figures of their own.
pub struct Metrics {
    pub(crate) apps: Apps,
    pub(crate) opened: Count,
    /// In the order of [`reasons`].
    closes: [Count; REASONS],
    pub(crate) accepted: Count,
    /// In the order of [`ErrorCode::ALL`].
    auth_refused: [Count; ErrorCode::ALL.len()],
    pub(crate) faults: Count,
    /// In the order of [`ports::Kind::ALL`].
    commands: [Histogram; ports::Kind::ALL.len()],
    pub(crate) received_bytes: Count,
    pub(crate) reply_bytes: Count,
    pub(crate) delivery: Histogram,
    pub(crate) commits: Histogram,
    pub(crate) groups: Histogram,
    pub(crate) store_faults: Count,
    pub(crate) webhooks: Histogram,
    /// Ticks are nanoseconds since then.
    began: Instant,
    wall: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Reasons to be told, and the two that nobody is told.
const REASONS: usize = CloseReason::TOLD.len() + 2;

fn reasons() -> impl Iterator<Item = CloseReason> {
    CloseReason::TOLD.into_iter().chain([CloseReason::ClientLeft, CloseReason::PeerLost])
}

impl Metrics {
    /// Nothing has happened yet. `wall` is the clock that stamps messages.
    #[must_use]
    pub fn new(wall: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            apps: Apps::new(),
            opened: Count::default(),
            closes: std::array::from_fn(|_| Count::default()),
            accepted: Count::default(),
            auth_refused: std::array::from_fn(|_| Count::default()),
            faults: Count::default(),
            commands: std::array::from_fn(|_| Histogram::new(&TIMES)),
            received_bytes: Count::default(),
            reply_bytes: Count::default(),
            delivery: Histogram::new(&TIMES),
            commits: Histogram::new(&TIMES),
            groups: Histogram::new(&SIZES),
            store_faults: Count::default(),
            webhooks: Histogram::new(&TIMES),
            began: Instant::now(),
            wall: Box::new(wall),
        }
    }

    /// The store wrote and synced a group of so many commands.
    pub fn committed(&self, commands: usize, took: Duration) {
        self.commits.observe(nanos(took));
        self.groups.observe(wide(commands));
    }

    /// The store could not write.
    pub fn store_failed(&self) {
        self.store_faults.add(1);
    }

    pub(crate) fn closes(&self) -> impl Iterator<Item = (CloseReason, u64)> {
        reasons().zip(&self.closes).map(|(reason, count)| (reason, count.get()))
    }

    pub(crate) fn auth_refused(&self) -> impl Iterator<Item = (ErrorCode, u64)> {
        let counts = self.auth_refused.iter().map(Count::get);
        ErrorCode::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }

    pub(crate) fn commands(&self) -> impl Iterator<Item = (ports::Kind, &Histogram)> {
        ports::Kind::ALL.into_iter().zip(&self.commands)
    }

    fn answered(
        &self,
        app: Option<&AppId>,
        kind: ports::Kind,
        since: Tick,
        refused: Option<ErrorCode>,
    ) {
        let index = ports::Kind::ALL.iter().position(|known| *known == kind);
        if let Some(times) = index.and_then(|index| self.commands.get(index)) {
            times.observe(self.since(since));
        }
        if let Some(code) = refused {
            self.apps.of(app).refused(code);
        }
        match (kind, refused) {
            (ports::Kind::Auth, None) => self.accepted.add(1),
            (ports::Kind::Auth, Some(code)) => {
                let index = ErrorCode::ALL.iter().position(|known| *known == code);
                let count = index.and_then(|index| self.auth_refused.get(index));
                count.into_iter().for_each(|count| count.add(1));
            }
            _ => {}
        }
    }

    fn webhook(&self, app: &AppId, news: &WebhookNews<'_>) {
        let counts = &self.apps.of(Some(app)).webhooks;
        match news {
            WebhookNews::Sent { events, took } => {
                counts.taken.add(1);
                counts.events.add(wide(*events));
                self.webhooks.observe(nanos(*took));
            }
            // One that switches off is a failure, too.
            WebhookNews::Failed { .. } | WebhookNews::SwitchedOff => counts.failed.add(1),
            WebhookNews::GivenUp { .. } => counts.dead.add(1),
            WebhookNews::Lost { .. } => counts.lost.add(1),
            WebhookNews::Missed { .. } => counts.gaps.add(1),
            // It lags, which is looked at.
            WebhookNews::Stalled { .. } => {}
        }
    }

    fn since(&self, tick: Tick) -> u64 {
        self.tick().0.saturating_sub(tick.0)
    }
}

impl Meter for Metrics {
    fn tick(&self) -> Tick {
        Tick(nanos(self.began.elapsed()))
    }

    fn tick_of(&self, stamp: Timestamp) -> Tick {
        // Both ends of the wall clock's time are cut to a millisecond: what is counted is at most
        // one too few, and nothing is counted that did not pass.
        let passed = (self.wall)().since(stamp).saturating_sub(Duration::from_millis(1));
        Tick(self.tick().0.saturating_sub(nanos(passed)))
    }

    fn note(&self, reading: &Reading<'_>) {
        match *reading {
            Reading::Received { bytes, .. } => self.received_bytes.add(wide(bytes)),
            Reading::Answered { app, kind, since, bytes, refused, messages: _ } => {
                self.reply_bytes.add(wide(bytes));
                self.answered(app, kind, since, refused);
            }
            Reading::Limited { app, limit, reached } => {
                self.apps.of(app).limited(limit, reached);
            }
            Reading::Refused { app, code } => self.apps.of(Some(app)).refused(code),
            Reading::Published { app, bytes, .. } => {
                let figures = self.apps.of(Some(app));
                figures.published.add(1);
                figures.published_bytes.add(wide(bytes));
            }
            Reading::Delivered { app, messages, bytes } => {
                let figures = self.apps.of(Some(app));
                figures.delivered.add(wide(messages));
                figures.delivered_bytes.add(wide(bytes));
            }
            Reading::Flushed { since } => self.delivery.observe(self.since(since)),
            Reading::Recovered { app, whole } => {
                let figures = self.apps.of(Some(app));
                if whole { &figures.recovered } else { &figures.not_recovered }.add(1);
            }
            // Levels, which a page looks at or events tell.
            Reading::Connection { .. } | Reading::Channel { .. } | Reading::Member { .. } => {}
        }
    }
}

impl Tallies for Metrics {
    fn of(&self, app: &AppId) -> Option<Tally> {
        self.apps.alone(app, Figures::tally)
    }

    fn node(&self) -> NodeTally {
        let process = Process::now();
        let commands = self.commands().map(|(kind, times)| (kind, times.spread()));
        NodeTally {
            up: self.began.elapsed(),
            apps: self.apps.all().into_iter().map(|(_, figures)| figures.tally()).sum(),
            opened: self.opened.get(),
            received_bytes: self.received_bytes.get(),
            resident_bytes: process.resident_bytes,
            computed: process.cpu_ms.map(Duration::from_millis),
            bounds: TIMES.bounds.iter().copied().map(Duration::from_nanos).collect(),
            delivery: self.delivery.spread(),
            commands: commands.collect(),
            commits: self.commits.spread(),
        }
    }
}

impl EventSink for Metrics {
    fn record(&self, event: &DomainEvent<'_>) {
        match event {
            DomainEvent::Opened { .. } => self.opened.add(1),
            DomainEvent::Authenticated { app, refreshed: false, .. } => {
                self.apps.of(Some(app)).connections.change(true);
            }
            DomainEvent::Subscription { app, change, .. } => {
                if let Some(made) = change.made() {
                    self.apps.of(Some(app)).subscriptions.change(made);
                }
            }
            DomainEvent::Closed { app, reason, .. } => {
                if let Some(app) = app {
                    self.apps.of(Some(app)).connections.change(false);
                }
                let index = reasons().position(|known| known == *reason);
                let count = index.and_then(|index| self.closes.get(index));
                count.into_iter().for_each(|count| count.add(1));
            }
            DomainEvent::Failed { .. } | DomainEvent::BackendFailed { .. } => self.faults.add(1),
            DomainEvent::Webhook { app, news, .. } => self.webhook(app, news),
            // What the log thins out is counted where it is answered.
            DomainEvent::Authenticated { .. }
            | DomainEvent::AuthRefused { .. }
            | DomainEvent::UsageNotRecorded { .. }
            | DomainEvent::AppChanged { .. }
            | DomainEvent::Denied { .. }
            | DomainEvent::Limited { .. }
            | DomainEvent::Refused { .. }
            | DomainEvent::BackendRefused { .. }
            | DomainEvent::Ordered { .. }
            | DomainEvent::Command { .. }
            | DomainEvent::Published { .. }
            | DomainEvent::Gap { .. }
            | DomainEvent::Presence(_)
            // Those that were closed are counted as such.
            | DomainEvent::OverCapacity { .. } => {}
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
