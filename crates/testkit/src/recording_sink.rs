//! A sink that remembers what it was given.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use application::ports::DeliverySink;
use domain::{ChannelKey, Publication};

/// Remembers every announcement and gap, in order, and whether two of one channel came at the same time.
#[derive(Default)]
pub struct RecordingSink(Mutex<State>);

#[derive(Default)]
struct State {
    heard: Vec<Publication>,
    gaps: Vec<ChannelKey>,
    /// Channels of which an announcement is just being taken.
    busy: HashSet<ChannelKey>,
    overlapped: bool,
}

impl RecordingSink {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was announced since the last call.
    pub fn take(&self) -> Vec<Publication> {
        std::mem::take(&mut self.state().heard)
    }

    /// The channels of every gap since the last call.
    pub fn take_gaps(&self) -> Vec<ChannelKey> {
        std::mem::take(&mut self.state().gaps)
    }

    /// How many announcements were not taken yet.
    pub fn count(&self) -> usize {
        self.state().heard.len()
    }

    /// Whether two announcements of one channel ever came at the same time.
    pub fn overlapped(&self) -> bool {
        self.state().overlapped
    }
}

impl DeliverySink for RecordingSink {
    fn deliver(&self, publication: &Publication) {
        let channel = &publication.channel;
        {
            let mut state = self.state();
            let free = state.busy.insert(channel.clone());
            state.overlapped |= !free;
        }
        // Time enough for another thread to come in between.
        std::thread::yield_now();
        let mut state = self.state();
        state.heard.push(publication.clone());
        state.busy.remove(channel);
    }

    fn gap(&self, channel: &ChannelKey) {
        self.state().gaps.push(channel.clone());
    }
}
