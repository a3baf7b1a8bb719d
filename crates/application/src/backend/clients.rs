//! What an app's backend sees of its clients, and how it ends their connections.

use std::collections::BTreeMap;

use domain::{AppId, ChannelName, ClientId, CloseReason, ConnectionId, Moment, Timestamp, TraceId};

use super::Backend;
use crate::ports::{DomainEvent, OrderKind};

/// An open connection of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenConnection {
    /// Which.
    pub id: ConnectionId,
    /// When it was opened.
    pub opened: Timestamp,
    /// When something was last heard from it.
    pub heard: Timestamp,
    /// Bytes that wait to be sent to it, with what it costs to keep them.
    pub queued_bytes: usize,
    /// When its token ends; nothing for a guest, who has none.
    pub expires_at: Option<Timestamp>,
    /// Its token's id, where it has one.
    pub token: Option<Box<str>>,
    /// What it subscribes to, in the order of the names.
    pub channels: Vec<ChannelName>,
}

/// A client that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// Who.
    pub client: ClientId,
    /// Its open connections.
    pub connections: usize,
    /// When the oldest of them was opened.
    pub opened: Timestamp,
    /// Whether no token says who it is.
    pub guest: bool,
    /// Whether it only watches, by a pass of the server's, and is no client of the app.
    pub watcher: bool,
}

/// What a client is beside one of the app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Kind {
    guest: bool,
    watcher: bool,
}

/// Clients, as they are found: the first ones by name, so that it takes no more room than a page.
struct Roll {
    most: usize,
    found: BTreeMap<ClientId, (usize, Moment, Kind)>,
}

impl Roll {
    fn add(&mut self, client: &ClientId, opened: Moment, kind: Kind) {
        if let Some((connections, oldest, _)) = self.found.get_mut(client) {
            *connections += 1;
            *oldest = opened.min(*oldest);
            return;
        }
        // Who was put out for others stays out: the last one here only comes nearer.
        if self.found.len() < self.most || self.found.keys().next_back() > Some(client) {
            self.found.insert(client.clone(), (1, opened, kind));
        }
        if self.found.len() > self.most {
            self.found.pop_last();
        }
    }
}

impl Backend {
    /// Connections that are looked at before others get their turn.
    const LOOKED_AT_ONCE: usize = 1024;

    /// Up to `limit` clients of an app that are connected, in the order of their names: those that
    /// begin with `prefix` and come behind `after`. Says also whether there are more. It looks at
    /// every connection of this node: not to be asked often, nor twice at once.
    pub async fn connected(
        &self,
        app: &AppId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> (Vec<Connected>, bool) {
        let mut roll = Roll { most: limit.saturating_add(1), found: BTreeMap::new() };
        for some in self.hub.connections.all().chunks(Self::LOOKED_AT_ONCE) {
            for connection in some {
                let Some(client) = connection.identity().client else { continue };
                let name = client.id.as_str();
                let wanted = name.starts_with(prefix) && after.is_none_or(|after| name > after);
                if wanted && client.app.id == *app && connection.closed().is_none() {
                    let kind = Kind { guest: client.is_guest(), watcher: client.is_watcher() };
                    roll.add(&client.id, connection.opened, kind);
                }
            }
            tokio::task::yield_now().await;
        }
        let more = roll.found.len() > limit;
        let (now, wall) = (self.hub.clock.moment(), self.hub.clock.now());
        let found = roll.found.into_iter().take(limit);
        let connected = found.map(|(client, (connections, opened, Kind { guest, watcher }))| {
            let opened = wall.before(now.since(opened));
            Connected { client, connections, opened, guest, watcher }
        });
        (connected.collect(), more)
    }

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
            let client = connection.identity().client;
            OpenConnection {
                id: connection.id,
                opened: wall.before(now.since(connection.opened)),
                heard: wall.before(now.since(connection.last_heard())),
                queued_bytes: connection.outbound.queued_bytes(),
                expires_at: client.as_ref().and_then(|client| client.expires_at),
                token: client.and_then(|client| client.token.id.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> ClientId {
        ClientId::parse(name).unwrap()
    }

    #[test]
    fn a_roll_counts_the_first_ones_and_takes_no_more_room() {
        let mut roll = Roll { most: 2, found: BTreeMap::new() };
        for (name, opened) in
            [("d", 1), ("b", 5), ("c", 3), ("d", 2), ("b", 4), ("a", 9), ("c", 1), ("b", 6)]
        {
            roll.add(&client(name), Moment::from_millis(opened), Kind::default());
            assert!(roll.found.len() <= 2);
        }
        let expected = [
            (client("a"), (1, Moment::from_millis(9), Kind::default())),
            (client("b"), (3, Moment::from_millis(4), Kind::default())),
        ];
        assert_eq!(roll.found, BTreeMap::from(expected));
    }
}
