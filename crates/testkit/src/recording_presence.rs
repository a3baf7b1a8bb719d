//! A presence sink that remembers what it was given.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use application::ports::PresenceSink;
use domain::{ChannelKey, PresenceChange};

/// Remembers every change, in order, and whether two of one channel came at the same time.
#[derive(Default)]
pub struct RecordingPresence(Mutex<State>);

#[derive(Default)]
struct State {
    heard: Vec<PresenceChange>,
    /// Channels of which a change is just being taken.
    busy: HashSet<ChannelKey>,
    overlapped: bool,
}

impl RecordingPresence {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was announced since the last call.
    pub fn take(&self) -> Vec<PresenceChange> {
        std::mem::take(&mut self.state().heard)
    }

    /// Whether two changes of one channel ever came at the same time.
    pub fn overlapped(&self) -> bool {
        self.state().overlapped
    }
}

impl PresenceSink for RecordingPresence {
    fn announce(&self, change: &PresenceChange) {
        let channel = &change.channel;
        {
            let mut state = self.state();
            let free = state.busy.insert(channel.clone());
            state.overlapped |= !free;
        }
        // Time enough for another thread to come in between.
        std::thread::yield_now();
        let mut state = self.state();
        state.heard.push(change.clone());
        state.busy.remove(channel);
    }
}
