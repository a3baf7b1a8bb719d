//! Bounds of what an app and each of its connections may do.

use crate::{Limit, Rate};

/// Limits per app; the defaults are those of `docs/protocol.md`, names and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppLimits {
    /// Channels that one connection may be subscribed to at once.
    pub channels_per_connection: u32,
    /// Requests per second of one connection, in the long run.
    pub requests_per_second: u32,
    /// Requests that one connection may make at once.
    pub requests_burst: u32,
    /// Bytes of a message's `data`, compacted.
    pub payload_bytes: usize,
    /// Bytes that may wait for one connection that reads too slowly.
    pub queue_bytes: usize,
    /// Messages that one request may be answered with: recovery, rewind, a page of history.
    pub replay_messages: u32,
    /// Bytes of them; no more than half of `queue_bytes`, so that what comes meanwhile has room.
    pub replay_bytes: usize,
    /// Authenticated connections of the app on this node; none means the server's own bound only.
    pub connections: Option<u32>,
    /// Connections of the app that may authenticate.
    pub new_connections: Option<Rate>,
    /// Messages of its clients and backends.
    pub messages: Option<Rate>,
    /// The same, each counted as often as its channel has subscribers.
    pub deliveries: Option<Rate>,
    /// Messages of each of its clients, over all connections of the client.
    pub client_messages: Option<Rate>,
    /// Members of all its channels together, on this node.
    pub presence_members: Option<u32>,
    /// Bytes of its messages that are kept in memory.
    pub history_bytes: Option<u64>,
    /// Bytes of its messages that are kept on disk.
    pub storage_bytes: Option<u64>,
    /// What it may use in a month.
    pub monthly: MonthlyQuotas,
}

/// What an app may use in a month of the calendar (UTC). Behind it its messages are refused until the
/// month is over; who is there stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthlyQuotas {
    /// Messages of its clients and backends.
    pub messages: Option<u64>,
    /// Messages that its connections are given.
    pub deliveries: Option<u64>,
    /// Minutes of its connections together.
    pub connection_minutes: Option<u64>,
    /// The share of each, in percent, that is announced when it is used up.
    pub warn_percent: u8,
}

impl Default for MonthlyQuotas {
    fn default() -> Self {
        let (messages, deliveries, connection_minutes) = (None, None, None);
        Self { messages, deliveries, connection_minutes, warn_percent: 80 }
    }
}

impl MonthlyQuotas {
    /// Whether there is any.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.messages.is_some() || self.deliveries.is_some() || self.connection_minutes.is_some()
    }

    /// The most of what this limit counts; nothing where it has none, or is no quota.
    #[must_use]
    pub const fn of(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::MonthlyMessages => self.messages,
            Limit::MonthlyDeliveries => self.deliveries,
            Limit::MonthlyConnectionMinutes => self.connection_minutes,
            Limit::Connections
            | Limit::NewConnections
            | Limit::Messages
            | Limit::Deliveries
            | Limit::ClientMessages
            | Limit::PresenceMembers
            | Limit::History
            | Limit::Storage
            | Limit::Attempts => None,
        }
    }
}

impl Default for AppLimits {
    fn default() -> Self {
        Self {
            channels_per_connection: 128,
            requests_per_second: 100,
            requests_burst: 200,
            payload_bytes: 64 * 1024,
            queue_bytes: 1024 * 1024,
            replay_messages: 1000,
            replay_bytes: 512 * 1024,
            connections: None,
            new_connections: None,
            messages: None,
            deliveries: None,
            client_messages: None,
            presence_members: None,
            history_bytes: None,
            storage_bytes: None,
            monthly: MonthlyQuotas::default(),
        }
    }
}
