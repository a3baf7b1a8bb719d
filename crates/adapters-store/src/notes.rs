//! Facts on their way to the event log: who is followed, what is there, and what waits for the
//! committer.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{App, AppId, EventOptions, Fact, FactKind, FactKinds, LiveSet, Sequence, Timestamp};
use tokio::sync::Notify;

use crate::waiting::{AT_ONCE, BYTES_AT_ONCE, Before, Pending, Waiting};

/// What an app wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Followed {
    pub(crate) kinds: FactKinds,
    pub(crate) options: EventOptions,
}

/// Facts on their way.
pub(crate) struct Notes {
    /// Whether any app is followed: without one, nothing here costs more than this look.
    any: AtomicBool,
    followed: RwLock<HashMap<AppId, Followed>>,
    /// Never held over anything that waits. The last lock to be taken.
    waiting: Mutex<Waiting>,
    /// The last event on disk of each app that has one.
    lasts: Mutex<HashMap<AppId, Sequence>>,
    /// Events were written.
    pub(crate) news: Notify,
    /// How long a channel of a start before may take to be occupied again.
    window: Duration,
}

impl Notes {
    pub(crate) fn new(window: Duration) -> Self {
        Self {
            any: AtomicBool::new(false),
            followed: RwLock::default(),
            waiting: Mutex::default(),
            lasts: Mutex::default(),
            news: Notify::new(),
            window,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last event of an app that is on disk.
    pub(crate) fn last(&self, app: &AppId) -> Sequence {
        let lasts = self.lasts.lock().unwrap_or_else(PoisonError::into_inner);
        lasts.get(app).copied().unwrap_or_default()
    }

    /// These are on disk now.
    pub(crate) fn tell(&self, written: impl IntoIterator<Item = (AppId, Sequence)>) {
        self.lasts.lock().unwrap_or_else(PoisonError::into_inner).extend(written);
        self.news.notify_waiters();
    }

    /// What starts before left.
    pub(crate) fn remember(&self, before: HashMap<AppId, Before>) {
        self.lock().before = before;
    }

    pub(crate) fn of(&self, app: &AppId) -> Option<Followed> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        self.followed.read().unwrap_or_else(PoisonError::into_inner).get(app).copied()
    }

    pub(crate) fn wants(&self, app: &AppId, kind: FactKind) -> bool {
        self.of(app).is_some_and(|followed| followed.kinds.has(kind))
    }

    /// The app is served with these options.
    pub(crate) fn follow(&self, app: &App, now: Timestamp) {
        let (kinds, options) = (app.recorded(), app.events);
        let is_new = {
            let mut followed = self.followed.write().unwrap_or_else(PoisonError::into_inner);
            let before = if kinds == FactKinds::NONE {
                followed.remove(&app.id)
            } else {
                followed.insert(app.id.clone(), Followed { kinds, options })
            };
            self.any.store(!followed.is_empty(), Ordering::Relaxed);
            before.is_none()
        };
        let mut waiting = self.lock();
        if kinds == FactKinds::NONE {
            waiting.forget(&app.id);
        } else if is_new {
            waiting.begin(&app.id, now, now.after(self.window));
        }
    }

    /// Takes note of a fact.
    pub(crate) fn note(&self, app: &AppId, fact: Fact, now: Timestamp) {
        if let Some(followed) = self.of(app) {
            self.lock().note(app, fact, now, &followed);
        }
    }

    /// Channels that waited long enough are vacated.
    pub(crate) fn vacate(&self, now: Timestamp) {
        if self.any.load(Ordering::Relaxed) {
            self.lock().vacate(now);
        }
    }

    /// Whether the committer is to be asked to take what waits: once, until it does.
    pub(crate) fn ask(&self) -> bool {
        let mut waiting = self.lock();
        let idle = waiting.pending.is_empty()
            && waiting.dropped.is_empty()
            && waiting.forgotten.is_empty();
        !idle && !std::mem::replace(&mut waiting.asked, true)
    }

    /// The committer could not be asked, or did not do what it was asked for.
    pub(crate) fn unask(&self) {
        self.lock().asked = false;
    }

    /// How many turns take all that waits.
    pub(crate) fn turns(&self) -> usize {
        let waiting = self.lock();
        waiting.pending.len() / AT_ONCE + waiting.bytes / BYTES_AT_ONCE + 1
    }

    /// A share of what waits, for a group.
    pub(crate) fn take(self: &Arc<Self>) -> Taken {
        let mut waiting = self.lock();
        waiting.asked = false;
        let (pending, last) = waiting.share();
        // What was left out came before what still waits, and after all of this.
        let dropped = if last { std::mem::take(&mut waiting.dropped) } else { HashMap::new() };
        let forgotten = std::mem::take(&mut waiting.forgotten);
        Taken { notes: Arc::clone(self), pending, dropped, forgotten }
    }

    /// The store was opened again and has not all that it had: what is there is written again.
    pub(crate) fn began_anew(&self, on_disk: &HashMap<AppId, LiveSet>, now: Timestamp) {
        self.lock().reconcile(on_disk, now);
    }
}

/// What a group took. Dropped before it is on disk, it waits again.
pub(crate) struct Taken {
    notes: Arc<Notes>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) dropped: HashMap<AppId, u64>,
    pub(crate) forgotten: Vec<(AppId, LiveSet)>,
}

impl Taken {
    /// The group is on disk.
    pub(crate) fn written(mut self) {
        self.pending.clear();
        self.dropped.clear();
        self.forgotten.clear();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut waiting = self.notes.lock();
        waiting.put_back(std::mem::take(&mut self.pending));
        for (app, count) in self.dropped.drain() {
            *waiting.dropped.entry(app).or_default() += count;
        }
        waiting.forgotten.append(&mut self.forgotten);
    }
}
