//! What an app's own backend may do, past the grants of its clients.

use std::{fmt, sync::Arc, time::Duration};

use domain::{
    App, AppId, Author, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, Draft,
    ErrorCode, Hidden, MessageKey, MessageName, Payload, Peer, Receipt, Roster, Source,
};

use crate::{
    Hub, Refusal,
    causes::Causes,
    ports::{BrokerError, DomainEvent, PresenceError},
};

/// What an app's own backend may do, past the grants of its clients: every server API drives this.
/// Whoever calls it has proved that it speaks for the app.
pub struct Backend {
    hub: Arc<Hub>,
}

/// A message of a backend.
#[derive(Debug, Clone)]
pub struct BackendMessage {
    /// Where to; also a channel that is reserved to the server.
    pub channel: ChannelName,
    /// What kind of message.
    pub name: Option<MessageName>,
    /// The content.
    pub data: Payload,
    /// The idempotency key, in the scope of the app's backend.
    pub key: Option<MessageKey>,
    /// The connection that shall not see it. One that is not open (here) excludes nobody.
    pub exclude: Option<ConnectionId>,
}

/// A channel that somebody subscribes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupied {
    /// Which.
    pub channel: ChannelName,
    /// Connections.
    pub subscribers: usize,
}

impl Backend {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }

    /// The app that has this key of the Pusher protocol, if it answers backends from there. That
    /// the caller has the key's secret, too, it has to prove yet.
    ///
    /// # Errors
    /// `app_not_found`, `app_disabled`, `origin_denied` (the demo app, from elsewhere than this same
    /// machine), `unavailable`.
    pub async fn app_of_pusher_key(&self, key: &str, peer: &Peer) -> Result<Arc<App>, Refusal> {
        let found = self.hub.authenticate.screen_backend(key, peer).await;
        found.map_err(|error| error.refusal())
    }

    /// Publishes a message; resolves when it is stamped and kept.
    ///
    /// # Errors
    /// `unavailable`: the outcome is unknown, or the server shuts down; `idempotency_conflict`.
    pub async fn publish(
        &self,
        app: &Arc<App>,
        message: BackendMessage,
    ) -> Result<Receipt, Refusal> {
        let BackendMessage { channel, name, data, key, exclude } = message;
        let namespace = Arc::clone(app.namespace(&channel));
        let channel = ChannelKey { app: app.id.clone(), channel };
        self.hub.channels.room_to_send(&channel).await;
        if self.hub.connections.is_draining() {
            // Behind the last messages of a shutdown nothing is written any more.
            return Err(Refusal::later(ErrorCode::Unavailable, SECOND));
        }
        let hidden_from = exclude.and_then(|connection| self.hidden_from(app, connection));
        let source = Source { author: Author::Backend, hidden_from };
        let draft = Draft { channel, name, data, key, from: None, source, namespace };
        self.hub.publish.run(draft).await.map_err(|error| match error {
            BrokerError::Conflict => Refusal::plain(ErrorCode::IdempotencyConflict),
            BrokerError::Unavailable(_) | BrokerError::KeysFull => {
                self.failed(&app.id, "publish", &error)
            }
        })
    }

    fn hidden_from(&self, app: &App, connection: ConnectionId) -> Option<Hidden> {
        let identity = self.hub.connections.find(connection)?.identity();
        let client = identity.client.filter(|client| client.app.id == app.id)?;
        Some(Hidden { connection, client: client.id.clone(), session: identity.session })
    }

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

    /// Who is in a channel, by name where they are no more than `at_most`.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn members(&self, channel: &ChannelKey, at_most: usize) -> Result<Roster, Refusal> {
        let roster = self.hub.presence.store().roster(channel, at_most).await;
        roster.map_err(|error| match error {
            PresenceError::Full | PresenceError::Unavailable(_) => {
                self.failed(&channel.app, "presence", &error)
            }
        })
    }

    /// Ends all connections of a client. Says how many they were.
    pub fn disconnect(&self, app: &AppId, client: &ClientId, reason: CloseReason) -> usize {
        let connections = self.hub.connections.of_client(app, client);
        connections.iter().for_each(|connection| connection.close(reason, None));
        connections.len()
    }

    /// A port failed: the log gets the cause, the backend only learns that it may try again.
    fn failed(&self, app: &AppId, what: &'static str, cause: &dyn std::error::Error) -> Refusal {
        let cause = &Causes(cause);
        self.hub.events.record(&DomainEvent::BackendFailed { app, what, cause });
        Refusal::later(ErrorCode::Unavailable, SECOND)
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").finish_non_exhaustive()
    }
}

const SECOND: Duration = Duration::from_secs(1);
