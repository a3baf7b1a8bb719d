//! The use case: see who is in a channel.

use std::{sync::Arc, time::Duration};

use domain::{ChannelKey, Roster};
use tokio::time::{Interval, MissedTickBehavior};

use crate::{
    Fanout,
    audiences::Audiences,
    ports::{PresenceError, PresenceStore},
};

/// Who is in which channel, and who is told.
pub(crate) struct Presence {
    store: Arc<dyn PresenceStore>,
    /// Has the audiences; the store announces to it.
    fanout: Arc<Fanout>,
}

/// What one reply may still name of members, however many channels it is about.
pub(crate) struct Listing {
    bytes: usize,
}

impl Default for Listing {
    fn default() -> Self {
        Self { bytes: Self::BYTES }
    }
}

impl Listing {
    const BYTES: usize = 1024 * 1024;

    /// The list, or only its count where there is no room for it.
    pub(crate) fn admit(&mut self, roster: Roster) -> Roster {
        let roster = roster.within(self.bytes);
        self.bytes -= roster.cost();
        roster
    }
}

impl Presence {
    /// The most members that a list names, and of whose changes is told one by one; a larger channel
    /// is counted only.
    pub(crate) const LISTED: u32 = 1000;
    /// The most bytes that they may take.
    const LISTED_BYTES: usize = 256 * 1024;
    /// How often watchers of a large channel are told how many there are, at most.
    const COUNT: Duration = Duration::from_secs(1);
    /// How exact the ends of leases are.
    const TICK: Duration = Duration::from_millis(100);

    pub(crate) fn new(store: Arc<dyn PresenceStore>, fanout: Arc<Fanout>) -> Self {
        Self { store, fanout }
    }

    pub(crate) fn store(&self) -> &dyn PresenceStore {
        &*self.store
    }

    pub(crate) fn audiences(&self) -> &Audiences {
        self.fanout.audiences()
    }

    /// Resolves when somebody may enter: not while more changes wait to be written to the channel's
    /// watchers than may.
    pub(crate) async fn room_to_enter(&self, channel: &ChannelKey) {
        if let Some(audience) = self.audiences().find(channel) {
            audience.room_to_enter().await;
        }
    }

    /// Who is there; of a large channel only how many.
    pub(crate) async fn roster(&self, channel: &ChannelKey) -> Result<Roster, PresenceError> {
        let roster = self.store.roster(channel, Self::LISTED as usize).await?;
        Ok(roster.within(Self::LISTED_BYTES))
    }

    /// Ends the leases that are over and tells of large channels, for as long as the future is
    /// polled.
    pub(crate) async fn run(&self) {
        let (mut ticks, mut counts) = (interval(Self::TICK), interval(Self::COUNT));
        loop {
            tokio::select! {
                _ = ticks.tick() => self.store.sweep(),
                _ = counts.tick() => self.tell_counts(),
            }
        }
    }

    /// Tells the watchers of large channels how many there are, where that changed.
    pub(crate) fn tell_counts(&self) {
        self.fanout.tell_counts();
    }
}

fn interval(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
