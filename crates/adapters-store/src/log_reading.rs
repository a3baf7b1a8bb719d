//! Reading event logs, and taking note of facts.

use std::sync::Arc;

use application::ports::{
    Chronicle, EventLog, EventLogError, EventPage, SNAPSHOT_THINGS, Snapshot,
};
use async_trait::async_trait;
use domain::{App, AppId, Epoch, Event, EventOptions, Fact, FactKind, Sequence, Timestamp};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    DurableBroker,
    command::Command,
    encoding::Reader,
    engine::{EngineError, View},
    error::{NotOpen, TooSlow},
    ledger::Counters,
    live,
    logbook::{self, LogRow, StoredEvent, sequence_of},
    notes::Notes,
    space::{AppNumber, Space, event_key},
};

/// The right to take facts that wait; without use it is given back.
pub(crate) struct Turn(pub(crate) Arc<Notes>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.unask();
    }
}

impl DurableBroker {
    /// Asks the committer to take what waits, where something does and it was not asked yet.
    fn ask_for_notes(&self) {
        if self.notes.ask() {
            // Who is gone gives the turn back.
            let _ = self.ask(Command::Notes(Turn(Arc::clone(&self.notes))));
        }
    }

    /// Asks it to take all, before it closes the store.
    pub(crate) fn ask_for_all_notes(&self) {
        for _ in 0..self.notes.turns() {
            let _ = self.ask(Command::Notes(Turn(Arc::clone(&self.notes))));
        }
    }

    /// Looks at an app's log on a thread that may wait for the disk.
    async fn look<T: Send + 'static>(
        &self,
        app: &AppId,
        look: impl FnOnce(&Look) -> Result<T, EventLogError> + Send + 'static,
    ) -> Result<T, EventLogError> {
        let options = self.notes.of(app).ok_or(EventLogError::NotKept)?.options;
        let closed = || EventLogError::Unavailable(NotOpen.into());
        let engine = self.shared.lock().engine.clone().ok_or_else(closed)?;
        let seat = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| closed())?;
        let (app, now) = (app.clone(), self.clock.now());
        let looked = spawn_blocking(move || {
            let view = engine.view();
            let looked = Look::of(view, &app, options, now).and_then(|it| look(&it));
            // The seat and the engine are free before the answer is there.
            drop((seat, engine));
            looked
        });
        match timeout(self.options.patience, looked).await {
            Err(_) => Err(EventLogError::Unavailable(TooSlow.into())),
            Ok(Err(error)) => Err(EventLogError::Unavailable(error.into())),
            Ok(Ok(looked)) => looked,
        }
    }
}

/// An app's log at one moment.
struct Look {
    view: View,
    /// Nothing for an app that never had anything in the store.
    app: Option<AppNumber>,
    epoch: Epoch,
    row: LogRow,
    /// Up to then events are too old.
    old: Timestamp,
}

impl From<EngineError> for EventLogError {
    fn from(error: EngineError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl Look {
    fn of(
        view: View,
        name: &AppId,
        options: EventOptions,
        now: Timestamp,
    ) -> Result<Self, EventLogError> {
        let counters = view.get(Space::Meta, Counters::KEY)?;
        let store = counters.and_then(|value| Counters::decode(&value)).map_or(0, |it| it.store);
        let app = number(&view, name)?;
        let mut row = LogRow::default();
        if let Some(app) = app {
            row = logbook::row(&view, app)?.unwrap_or(row);
        }
        let (epoch, old) = (Epoch::from_random(store), now.before(options.ttl));
        Ok(Self { view, app, epoch, row, old })
    }

    fn page(&self, after: u64, most: usize, bytes: usize) -> Result<EventPage, EventLogError> {
        let (mut first, mut events, mut taken) = (self.row.last + 1, Vec::new(), 0);
        let (mut through, mut looked_at) = (self.row.last, after);
        if let Some(app) = self.app {
            first = self.first(app)?;
            let from = after.saturating_add(1).max(first);
            for row in self.rows(app, from) {
                if events.len() >= most || taken >= bytes.max(1) {
                    through = looked_at;
                    break;
                }
                let (sequence, event, size) = row?;
                taken += size;
                looked_at = sequence.unwrap_or(looked_at);
                events.extend(event);
            }
        }
        let (first, last, through) = (Sequence(first), Sequence(self.row.last), Sequence(through));
        Ok(EventPage { events, epoch: self.epoch, first, last, through })
    }

    /// The oldest event that is not too old: the committer erases the rest some moments later.
    fn first(&self, app: AppNumber) -> Result<u64, EngineError> {
        if self.row.first > self.row.last {
            return Ok(self.row.first);
        }
        let to = event_key(app, self.row.last);
        for row in self.view.range(Space::Events, &event_key(app, self.row.first), &to) {
            let (key, value) = row?;
            let stored = StoredEvent::decode(&key, &value);
            if stored.is_some_and(|stored| stored.latest > self.old.as_millis()) {
                return Ok(sequence_of(&key).unwrap_or(self.row.first));
            }
        }
        Ok(self.row.last + 1)
    }

    /// Places from there on, with their bytes; no event where it is damaged.
    fn rows(
        &self,
        app: AppNumber,
        from: u64,
    ) -> impl Iterator<Item = Result<(Option<u64>, Option<Event>, usize), EngineError>> {
        let to = event_key(app, self.row.last);
        let from = (from <= self.row.last).then(|| event_key(app, from));
        let rows =
            from.into_iter().flat_map(move |from| self.view.range(Space::Events, &from, &to));
        rows.map(|row| {
            let (key, value) = row?;
            let sequence = sequence_of(&key);
            let event =
                StoredEvent::decode(&key, &value).and_then(|stored| stored.into_event(sequence?));
            Ok((sequence, event, key.len() + value.len()))
        })
    }
}

/// The number of an app. Looked for among all: there are few.
pub(crate) fn number(view: &View, name: &AppId) -> Result<Option<AppNumber>, EngineError> {
    for row in view.all(Space::Apps) {
        let (key, value) = row?;
        let known = Reader::unsealed(&key, &value).and_then(|mut from| from.text());
        if let (Some((number, [])), true) =
            (crate::space::split_app(&key), known == Some(name.as_str()))
        {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

impl Chronicle for DurableBroker {
    fn follow(&self, app: &App) {
        self.notes.follow(app, self.clock.now());
        self.ask_for_notes();
    }

    fn wants(&self, app: &AppId, kind: FactKind) -> bool {
        self.notes.wants(app, kind)
    }

    fn note(&self, app: &AppId, fact: Fact) {
        self.notes.note(app, fact, self.clock.now());
        self.ask_for_notes();
    }

    fn sweep(&self) {
        self.notes.vacate(self.clock.now());
        self.ask_for_notes();
    }
}

#[async_trait]
impl EventLog for DurableBroker {
    async fn read(
        &self,
        app: &AppId,
        after: Sequence,
        most: usize,
        bytes: usize,
    ) -> Result<EventPage, EventLogError> {
        self.look(app, move |look| look.page(after.0, most, bytes)).await
    }

    async fn snapshot(&self, app: &AppId) -> Result<Snapshot, EventLogError> {
        self.look(app, |look| {
            let live = match look.app {
                None => Some(domain::LiveSet::default()),
                Some(app) => live::of_app(&look.view, app, SNAPSHOT_THINGS)?,
            };
            let live = live.ok_or(EventLogError::TooMuch)?;
            Ok(Snapshot { epoch: look.epoch, cursor: Sequence(look.row.last), live })
        })
        .await
    }

    async fn news(&self, app: &AppId, after: Sequence) {
        loop {
            let news = self.notes.news.notified();
            tokio::pin!(news);
            // Before the look: what comes behind it is heard.
            news.as_mut().enable();
            if self.notes.last(app) > after {
                return;
            }
            news.await;
        }
    }
}
