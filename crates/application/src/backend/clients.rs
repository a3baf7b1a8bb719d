//! What an app's backend sees of its clients, and how it ends their connections.

use domain::{AppId, ChannelName, ClientId, CloseReason, ConnectionId, Timestamp, TraceId};

use super::Backend;
use crate::ports::{DomainEvent, OrderKind};

/// An open connection of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConnection {
    /// Which.
    pub id: ConnectionId,
    /// When it was opened.
    pub opened: Timestamp,
    /// When its token ends; nothing for a guest, who has none.
    pub expires_at: Option<Timestamp>,
    /// What it subscribes to, in the order of the names.
    pub channels: Vec<ChannelName>,
}

impl Backend {
    /// The open connections of a client, the oldest first. A client that has none is not an unknown
    /// one: nobody has to be made known before.
    #[must_use]
    pub fn connections(&self, app: &AppId, client: &ClientId) -> Vec<OpenConnection> {
        let mut open = self.hub.connections.of_client(app, client);
        open.sort_unstable_by_key(|connection| (connection.opened, connection.id));
        let (now, wall) = (self.hub.clock.moment(), self.hub.clock.now());
        let ids: Vec<_> = open.iter().map(|connection| connection.id).collect();
        let channels = self.hub.channels.fanout().channels_of(app, &ids);
        let described = open.iter().zip(channels).map(|(connection, mut channels)| {
            channels.sort_unstable();
            OpenConnection {
                id: connection.id,
                opened: wall.before(now.since(connection.opened)),
                expires_at: connection.identity().client.and_then(|client| client.expires_at),
                channels,
            }
        });
        described.collect()
    }

    /// Ends all connections of a client. Says how many they were.
    pub fn disconnect(
        &self,
        app: &AppId,
        client: &ClientId,
        reason: CloseReason,
        trace: Option<&TraceId>,
    ) -> usize {
        let connections = self.hub.connections.of_client(app, client);
        for connection in &connections {
            self.note_order(app, connection.id, OrderKind::Disconnect, trace);
            connection.close(reason, None);
        }
        connections.len()
    }

    pub(super) fn note_order(
        &self,
        app: &AppId,
        connection: ConnectionId,
        order: OrderKind,
        trace: Option<&TraceId>,
    ) {
        let event = DomainEvent::Ordered { connection, app, order, channel: None, trace };
        self.hub.events.record(&event);
    }
}
