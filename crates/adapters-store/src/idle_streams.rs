//! Room for one more stream of an app that has as many as it may.

use std::time::Duration;

use application::ports::STREAMS_PER_APP;
use domain::{ChannelKey, Timestamp};

use crate::group::Group;

/// Of the streams that an app may have, so many go at once where one has to: looking for the longest
/// idle looks at all.
const GO_AT_ONCE: usize = STREAMS_PER_APP / 100;

/// Where few were idle the committer does not look again for so long: all apps wait for it.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Group<'_> {
    pub(crate) fn streams_of(&self, channel: &ChannelKey) -> usize {
        self.ledger.apps.get(&channel.app).map_or(0, |entry| entry.streams)
    }

    /// Forgets the streams of the channel's app that were idle for longest.
    pub(crate) fn forget_idle(&mut self, channel: &ChannelKey) {
        let Some(entry) = self.ledger.apps.get_mut(&channel.app) else { return };
        let looked = entry.in_vain.filter(|last| *last <= self.now);
        if looked.is_some_and(|last| self.now.since(last) < LOOK_AGAIN) {
            return;
        }
        entry.in_vain = Some(self.now);
        let mut idle: Vec<(Timestamp, ChannelKey)> = Vec::new();
        {
            let state = self.shared.lock();
            let unused = state.streams.places().iter().filter(|(other, _)| {
                other.app == channel.app
                    && !state.attached.contains(*other)
                    && !self.staged.streams.contains_key(*other)
            });
            idle.extend(unused.map(|(other, stream)| (stream.used, other.clone())));
        }
        if idle.len() >= GO_AT_ONCE
            && let Some(entry) = self.ledger.apps.get_mut(&channel.app)
        {
            entry.in_vain = None;
        }
        idle.sort_unstable_by_key(|(used, _)| *used);
        idle.truncate(GO_AT_ONCE);
        for (_, channel) in idle {
            let gone = self.shared.lock().streams.remove(&channel);
            gone.into_iter().for_each(|stream| self.bury(&channel, &stream));
        }
    }
}
