//! The places of all streams, and what those of each app keep together.

use std::{collections::HashMap, sync::Arc};

use application::KeptBytes;
use domain::ChannelKey;

use crate::stream::Stream;

/// The places of all streams. What an app keeps is reckoned with each change of them.
#[derive(Default)]
pub(crate) struct Streams {
    places: HashMap<ChannelKey, Stream>,
    kept: Arc<KeptBytes>,
}

impl Streams {
    /// Reckoned there, for who asks without the lock.
    pub(crate) fn counted_by(kept: Arc<KeptBytes>) -> Self {
        Self { places: HashMap::new(), kept }
    }

    /// These take the place of all.
    pub(crate) fn replace(&mut self, places: HashMap<ChannelKey, Stream>) {
        for (channel, gone) in std::mem::take(&mut self.places) {
            self.kept.change(&channel.app, gone.kept_bytes(), 0);
        }
        places.into_iter().for_each(|(channel, stream)| self.insert(channel, stream));
    }

    pub(crate) fn get(&self, channel: &ChannelKey) -> Option<&Stream> {
        self.places.get(channel)
    }

    /// Changes a place; nothing where there is none.
    pub(crate) fn change<T>(
        &mut self,
        channel: &ChannelKey,
        change: impl FnOnce(&mut Stream) -> T,
    ) -> Option<T> {
        let stream = self.places.get_mut(channel)?;
        let before = stream.kept_bytes();
        let answer = change(stream);
        self.kept.change(&channel.app, before, stream.kept_bytes());
        Some(answer)
    }

    pub(crate) fn insert(&mut self, channel: ChannelKey, stream: Stream) {
        let before = self.get(&channel).map_or(0, Stream::kept_bytes);
        self.kept.change(&channel.app, before, stream.kept_bytes());
        self.places.insert(channel, stream);
    }

    pub(crate) fn remove(&mut self, channel: &ChannelKey) -> Option<Stream> {
        let gone = self.places.remove(channel)?;
        self.kept.change(&channel.app, gone.kept_bytes(), 0);
        Some(gone)
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// All of them.
    pub(crate) const fn places(&self) -> &HashMap<ChannelKey, Stream> {
        &self.places
    }
}
