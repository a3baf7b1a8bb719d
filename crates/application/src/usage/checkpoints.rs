//! Takes what was counted, and has it recorded.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{AppId, Hour, Usage};
use futures_util::future::{BoxFuture, OptionFuture};

use super::UsageCounter;
use crate::{
    causes::Causes,
    ports::{COUNTED_AT_ONCE, Clock, Counted, DomainEvent, EventSink, RecordError, UsageLedger},
};

/// Takes what was counted once a second and has it recorded, each of it once: what a ledger refused
/// is handed in again, what it may have taken is not.
///
/// It looks when the wall clock's second begins, so that an hour has what happened in it: what came
/// between two looks is of the hour in which the first one was.
pub struct Checkpoints {
    counter: Arc<UsageCounter>,
    ledger: Arc<dyn UsageLedger>,
    events: Arc<dyn EventSink>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// The hour of the last look.
    hour: Hour,
    /// What no ledger has taken yet.
    waiting: BTreeMap<(Hour, AppId), Usage>,
    /// Whether the last attempt failed: told once, until one succeeds.
    failing: bool,
}

impl Checkpoints {
    /// How long it is between two looks.
    pub const INTERVAL: Duration = Duration::from_secs(1);
    /// Rows that wait for a ledger at most. Beyond it nothing is taken from the counters, which lose
    /// nothing: it is counted for a later hour.
    pub const MOST_WAITING: usize = 65_536;
    /// An hour takes what was counted in it until so long after its end. What could not be recorded
    /// by then is counted for the present hour, so that an hour that was shown to somebody stays.
    pub const CLOSED_AFTER: Duration = Duration::from_secs(60);
    /// How long the last checkpoint may take.
    const LAST: Duration = Duration::from_secs(5);

    /// Nothing is taken yet.
    #[must_use]
    pub fn new(
        counter: Arc<UsageCounter>,
        ledger: Arc<dyn UsageLedger>,
        events: Arc<dyn EventSink>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let hour = Hour::of(clock.now());
        let state = Mutex::new(State { hour, waiting: BTreeMap::new(), failing: false });
        Self { counter, ledger, events, clock, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks and records once a second, for as long as it is polled. While a ledger takes its time
    /// the looks go on.
    pub async fn run(&self) {
        let mut recording: OptionFuture<BoxFuture<'_, ()>> = None.into();
        let mut at_work = false;
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.until_next()) => self.look(),
                Some(()) = &mut recording, if at_work => at_work = false,
            }
            self.learn().await;
            if !at_work && let Some(share) = self.share() {
                let record = async move { self.record(share).await };
                recording = Some(Box::pin(record) as BoxFuture<'_, ()>).into();
                at_work = true;
            }
        }
    }

    /// Reads what an app used in this month before the process began, for its quotas. To be called
    /// before it is served; an app that was not is learned of within a second of its first message.
    pub async fn know(&self, app: &AppId) {
        let (first, next) = {
            let hours = self.state().hour.month().hours();
            (hours.start, hours.end)
        };
        // Where it can't be read it is tried again.
        if let Ok(rows) = self.ledger.read(app, first, next).await {
            let mut usage = Usage::default();
            rows.iter().for_each(|(_, used)| usage.add(used));
            self.counter.went_before(app, &usage);
        }
    }

    /// The same for those of which nothing is known: before what they used since is recorded.
    async fn learn(&self) {
        for app in self.counter.unknown() {
            self.know(&app).await;
        }
    }

    /// Until the next second of the wall clock.
    fn until_next(&self) -> Duration {
        let interval = u64::try_from(Self::INTERVAL.as_millis()).unwrap_or(1);
        Duration::from_millis(interval - self.clock.now().as_millis() % interval)
    }

    /// Records all that was counted until now. For the end, and for tests with a clock of their own.
    pub async fn checkpoint(&self) {
        self.look();
        let all = async {
            self.learn().await;
            while let Some(share) = self.share() {
                self.record(share).await;
                if self.state().failing {
                    return;
                }
            }
        };
        drop(tokio::time::timeout(Self::LAST, all).await);
    }

    /// Takes what was counted since the last look.
    fn look(&self) {
        let mut state = self.state();
        let hour = std::mem::replace(&mut state.hour, Hour::of(self.clock.now()));
        if state.waiting.len() < Self::MOST_WAITING {
            self.counter.take(hour).into_iter().for_each(|counted| state.add(counted));
        }
        if state.hour.month() != hour.month() {
            self.counter.begin_month();
        }
    }

    /// What is handed in next.
    fn share(&self) -> Option<Arc<[Counted]>> {
        let now = self.clock.now();
        let present = Hour::of(now);
        let mut state = self.state();
        let mut share = Vec::new();
        while share.len() < COUNTED_AT_ONCE
            && let Some(((hour, app), usage)) = state.waiting.pop_first()
        {
            if hour < present && hour.ends().after(Self::CLOSED_AFTER) <= now {
                state.add(Counted { app, hour: present, usage });
            } else {
                share.push(Counted { app, hour, usage });
            }
        }
        (!share.is_empty()).then(|| share.into())
    }

    async fn record(&self, share: Arc<[Counted]>) {
        let outcome = self.ledger.record(Arc::clone(&share)).await;
        let mut state = self.state();
        let failed = std::mem::replace(&mut state.failing, outcome.is_err());
        if let Err(RecordError::NotRecorded(_)) = &outcome {
            share.iter().for_each(|counted| state.add(counted.clone()));
        }
        drop(state);
        if let (Err(error), false) = (&outcome, failed) {
            self.events.record(&DomainEvent::UsageNotRecorded { cause: &Causes(error) });
        }
    }
}

impl State {
    fn add(&mut self, Counted { app, hour, usage }: Counted) {
        match self.waiting.entry((hour, app)) {
            Entry::Vacant(vacant) => drop(vacant.insert(usage)),
            Entry::Occupied(mut known) => known.get_mut().add(&usage),
        }
    }
}
