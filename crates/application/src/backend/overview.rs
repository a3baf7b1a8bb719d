//! What an app's backend sees of the whole app.

use domain::{AppId, Timestamp};

use super::{Backend, Occupied};
use crate::ports::Tally;

/// An app at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The moment: two overviews and the time between them are rates.
    pub at: Timestamp,
    /// What is counted; nothing where the app has no figures of its own.
    pub tally: Option<Tally>,
    /// Channels that somebody subscribes to.
    pub channels: usize,
    /// Those with the most subscribers, the largest first; at most 20.
    pub largest: Vec<Occupied>,
}

impl Backend {
    /// Channels that an overview names.
    const LARGEST: usize = 20;

    /// The app at this moment, on this node.
    #[must_use]
    pub fn overview(&self, app: &AppId) -> Overview {
        let (channels, largest) = self.hub.channels.fanout().largest(app, Self::LARGEST);
        let largest = largest.into_iter();
        Overview {
            at: self.hub.clock.now(),
            tally: self.hub.tallies.of(app),
            channels,
            largest: largest
                .map(|(subscribers, channel)| Occupied { channel, subscribers })
                .collect(),
        }
    }
}
