//! What an app's backend sees of its channels.

use std::sync::Arc;

use domain::{App, AppId, ChannelKey, ChannelName, ErrorCode, Position, Roster};

use super::Backend;
use crate::{Refusal, ports::PresenceError};

/// A channel that somebody subscribes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupied {
    /// Which.
    pub channel: ChannelName,
    /// Connections.
    pub subscribers: usize,
}

/// How a channel stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelState {
    /// Connections that subscribe to it.
    pub subscribers: usize,
    /// The place of its stream, where one has begun.
    pub position: Option<Position>,
    /// Its members, where it has presence.
    pub members: Option<u32>,
}

impl Backend {
    /// The app's channels that begin with `prefix` and that somebody subscribes to, in the order of
    /// their names: as it is at this moment.
    #[must_use]
    pub fn channels(&self, app: &AppId, prefix: &str) -> Vec<Occupied> {
        let occupied = self.hub.channels.fanout().occupied(app, prefix);
        let occupied = occupied.into_iter();
        let mut occupied: Vec<_> =
            occupied.map(|(channel, subscribers)| Occupied { channel, subscribers }).collect();
        occupied.sort_unstable_by(|one, other| one.channel.cmp(&other.channel));
        occupied
    }

    /// How many connections subscribe to a channel.
    #[must_use]
    pub fn subscribers(&self, channel: &ChannelKey) -> usize {
        self.hub.channels.fanout().size(channel)
    }

    /// How a channel stands. One that nobody subscribes to stands as well.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn channel(
        &self,
        app: &Arc<App>,
        channel: &ChannelName,
    ) -> Result<ChannelState, Refusal> {
        let key = ChannelKey { app: app.id.clone(), channel: channel.clone() };
        let position = self.position(app, channel).await?;
        let members = match app.namespace(channel).presence {
            true => Some(self.members(&key, 0).await?.count),
            false => None,
        };
        Ok(ChannelState { subscribers: self.subscribers(&key), position, members })
    }

    /// Who is in a channel, by name where they are no more than `at_most`.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn members(&self, channel: &ChannelKey, at_most: usize) -> Result<Roster, Refusal> {
        let roster = self.hub.presence.store().roster(channel, at_most).await;
        roster.map_err(|error| match error {
            PresenceError::Full | PresenceError::AppFull | PresenceError::Unavailable(_) => {
                self.failed(&channel.app, "presence", &error)
            }
        })
    }

    /// Who is in a channel of an app, all of them by name.
    ///
    /// # Errors
    /// `not_enabled` where the channel has no presence, `unavailable`.
    pub async fn roster(&self, app: &Arc<App>, channel: &ChannelName) -> Result<Roster, Refusal> {
        let namespace = app.namespace(channel);
        if !namespace.presence {
            return Err(Refusal::because(ErrorCode::NotEnabled, "this channel has no presence"));
        }
        let key = ChannelKey { app: app.id.clone(), channel: channel.clone() };
        let at_most = usize::try_from(namespace.presence_members).unwrap_or(usize::MAX);
        self.members(&key, at_most).await
    }
}
