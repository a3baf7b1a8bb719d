//! What the committer and the readers share.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use application::KeptBytes;
use domain::{ChannelKey, HistoryPolicy, Timestamp};

use crate::{
    engine::{Engine, View},
    error::NotOpen,
    stream::{Kept, Stream},
    streams::Streams,
};

/// The places of all streams as they were last synced, and the engine that has their messages.
///
/// The lock is never held over anything that waits for a disk.
#[derive(Default)]
pub(crate) struct Shared(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    /// Nothing while the store is being opened again.
    pub(crate) engine: Option<Arc<Engine>>,
    /// The committer raises `top` after a sync and `first` before one, so that whoever holds the lock
    /// finds all messages from `first` to `top` in the engine.
    pub(crate) streams: Streams,
    /// Channels with subscribers: their streams stay.
    pub(crate) attached: HashSet<ChannelKey>,
}

impl Shared {
    /// What apps keep is reckoned there.
    pub(crate) fn counted_by(kept: Arc<KeptBytes>) -> Self {
        let streams = Streams::counted_by(kept);
        Self(Mutex::new(State { streams, ..State::default() }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a channel has a stream. While the store is being opened again nobody can tell.
    pub(crate) fn exists(&self, channel: &ChannelKey) -> Result<bool, NotOpen> {
        let state = self.lock();
        state.engine.as_ref().ok_or(NotOpen)?;
        Ok(state.streams.get(channel).is_some())
    }

    /// A stream's place and the database, of one moment. Nothing for a stream that is not there. This
    /// is a use of the stream.
    pub(crate) fn look(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        now: Timestamp,
    ) -> Result<Option<(Stream, View)>, NotOpen> {
        let mut state = self.lock();
        let State { engine, streams, .. } = &mut *state;
        let engine = engine.as_ref().ok_or(NotOpen)?;
        let stream = streams.change(channel, |stream| {
            stream.used = stream.used.max(now);
            stream.kept = Kept::by(policy);
            *stream
        });
        Ok(stream.map(|stream| (stream, engine.view())))
    }
}
