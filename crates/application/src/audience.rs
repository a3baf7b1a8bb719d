//! Those who watch who is in one channel.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound::{Excluded, Unbounded},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ConnectionId, PresenceChange, PresenceCount, PresenceVersion};
use tokio::sync::Notify;

use crate::{
    Connection,
    gate::GateOverflow,
    volley::{News, Volley},
    watcher::Watcher,
};

/// The connections on this node that watch one channel's list of members, and what waits to be
/// written to them: changes one by one, or of a large channel how many there are, which waits until
/// somebody asks for it to be told.
#[derive(Default)]
pub(crate) struct Audience {
    /// In the order of their ids, so that a write goes on where it stopped, whoever comes and goes
    /// meanwhile. Never held over an await.
    watchers: Mutex<BTreeMap<ConnectionId, Watcher>>,
    /// Taken after `watchers` where both are.
    waiting: Mutex<Waiting>,
    /// Changes were written to everybody.
    written: Notify,
}

#[derive(Default)]
struct Waiting {
    news: VecDeque<News>,
    /// Of a large channel, where it changed since that was told last.
    count: Option<PresenceCount>,
    /// The version of the last change that came.
    last: PresenceVersion,
    /// Whether somebody was asked to write, or writes.
    flushing: bool,
}

/// What a change asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appended {
    /// Somebody has to be asked to [`Audience::flush`].
    ToFlush,
    /// Somebody has to [`Audience::tell_count`] later.
    ToCount,
    /// Somebody does or will already.
    InHand,
}

impl Audience {
    /// Watchers that are written to before others get their turn.
    const AT_ONCE: usize = 128;
    /// News that may wait before those who want to enter have to.
    const BACKLOG: usize = 1024;

    fn with_watchers<T>(
        &self,
        change: impl FnOnce(&mut BTreeMap<ConnectionId, Watcher>) -> T,
    ) -> T {
        change(&mut self.watchers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with_waiting<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on changes are held for the connection, until [`Self::open`].
    pub(crate) fn hold(&self, connection: &Arc<Connection>) {
        self.with_watchers(|watchers| {
            // What came before now is in the list that is read after this.
            let newcomer = || Watcher::new(connection, self.with_waiting(|waiting| waiting.last));
            watchers.entry(connection.id).or_insert_with(newcomer).close();
        });
    }

    /// Lets out what the list of this version does not have, and all that follows.
    pub(crate) fn open(
        &self,
        id: ConnectionId,
        since: PresenceVersion,
    ) -> Result<(), GateOverflow> {
        self.with_watchers(|watchers| {
            watchers.get_mut(&id).map_or(Ok(()), |watcher| watcher.open(since))
        })
    }

    /// After it returns nothing more is pushed. Says whether nobody watches any more.
    pub(crate) fn leave(&self, id: ConnectionId) -> bool {
        self.with_watchers(|watchers| {
            watchers.remove(&id);
            watchers.is_empty()
        })
    }

    /// Appends a change. Of a channel with more members than `at_most` only how many there are
    /// is told, the last of which counts: its cost would grow with the square of its members.
    pub(crate) fn append(&self, change: &PresenceChange, at_most: u32) -> Appended {
        self.with_waiting(|waiting| {
            waiting.last = change.version;
            if change.count > at_most {
                let PresenceChange { channel, count, version, .. } = change;
                let (channel, count, version) = (channel.clone(), *count, *version);
                let before = waiting.count.replace(PresenceCount { channel, count, version });
                return if before.is_none() { Appended::ToCount } else { Appended::InHand };
            }
            // What was not told yet comes first: versions do not go back.
            let count = waiting.count.take().map(News::Count);
            waiting.news.extend(count.into_iter().chain([News::Change(change.clone())]));
            waiting.begin_flush()
        })
    }

    /// How many there are is to be told now, where that changed.
    pub(crate) fn tell_count(&self) -> Appended {
        self.with_waiting(|waiting| {
            let Some(count) = waiting.count.take() else { return Appended::InHand };
            waiting.news.push_back(News::Count(count));
            waiting.begin_flush()
        })
    }

    /// Writes what waits until nothing does. One task at a time, the one that [`Self::append`]
    /// asked for. Between so many watchers, and between two volleys, others get their turn.
    pub(crate) async fn flush(&self) {
        // What else changes in this turn goes out with it.
        tokio::task::yield_now().await;
        while let Some(mut volley) = self.next_volley() {
            let mut last = self.write(&mut volley, None);
            while last.is_some() {
                tokio::task::yield_now().await;
                last = self.write(&mut volley, last);
            }
            self.written.notify_waiters();
            tokio::task::yield_now().await;
        }
    }

    /// The same at once, for whoever has no runtime.
    pub(crate) fn flush_now(&self) {
        while let Some(mut volley) = self.next_volley() {
            let mut last = self.write(&mut volley, None);
            while last.is_some() {
                last = self.write(&mut volley, last);
            }
            self.written.notify_waiters();
        }
    }

    /// What to write next. Where there is nothing, whoever wrote is done.
    fn next_volley(&self) -> Option<Volley> {
        self.with_waiting(|waiting| {
            let some = waiting.news.len().min(Volley::NEWS);
            waiting.flushing = some > 0;
            (some > 0).then(|| Volley::new(waiting.news.drain(..some).collect()))
        })
    }

    /// Writes to some watchers, behind this one. Says behind which to go on.
    fn write(&self, volley: &mut Volley, behind: Option<ConnectionId>) -> Option<ConnectionId> {
        self.with_watchers(|watchers| {
            let rest = (behind.map_or(Unbounded, Excluded), Unbounded);
            let (mut written, mut last) = (0, None);
            for (id, watcher) in watchers.range_mut(rest).take(Self::AT_ONCE) {
                watcher.take(volley);
                (written, last) = (written + 1, Some(*id));
            }
            last.filter(|_| written == Self::AT_ONCE)
        })
    }

    /// Whether something waits to be written, or is being written.
    pub(crate) fn is_flushing(&self) -> bool {
        self.with_waiting(|waiting| waiting.flushing)
    }

    /// Resolves when no more waits to be written than may: until then nobody should enter.
    pub(crate) async fn room_to_enter(&self) {
        loop {
            let written = self.written.notified();
            if self.with_waiting(|waiting| waiting.news.len()) <= Self::BACKLOG {
                return;
            }
            written.await;
        }
    }
}

impl Waiting {
    fn begin_flush(&mut self) -> Appended {
        let flushing = std::mem::replace(&mut self.flushing, true);
        if flushing { Appended::InHand } else { Appended::ToFlush }
    }
}
