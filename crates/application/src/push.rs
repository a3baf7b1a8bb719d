//! What the server says unasked.

use std::time::Duration;

use domain::{
    ChannelName, CloseReason, Offset, PresenceChange, PresenceCount, Publication, Timestamp,
};

use crate::Subscribed;

/// What the server says unasked.
#[derive(Debug)]
pub enum Push<'a> {
    /// A message of a channel.
    Message(&'a Publication),
    /// A message of a channel that this subscriber may not see: its position moves all the same.
    Position {
        /// Which channel.
        channel: &'a ChannelName,
        /// The message's place.
        offset: Offset,
    },
    /// A client joined or left a channel.
    Presence(&'a PresenceChange),
    /// How many subscribe to a channel, for apps that want them to know.
    Subscribers {
        /// Which channel.
        channel: &'a ChannelName,
        /// Connections.
        count: usize,
    },
    /// How many are in a large channel.
    PresenceCount(&'a PresenceCount),
    /// The server made a subscription.
    Subscribed(&'a Subscribed),
    /// The server ended a subscription.
    Unsubscribed {
        /// Which channel.
        channel: &'a ChannelName,
        /// Why: a row's reason of the error table, or `overflow`.
        reason: &'static str,
        /// Whether subscribing again makes sense.
        resubscribe: bool,
        /// When to subscribe again, where waiting helps.
        retry_after: Option<Duration>,
    },
    /// The token ends soon.
    TokenExpiring {
        /// When.
        expires_at: Timestamp,
    },
    /// A sign of life, for those who asked.
    Heartbeat {
        /// The server's time.
        ts: Timestamp,
    },
    /// The server closes the connection.
    Disconnect {
        /// Why.
        reason: CloseReason,
        /// After how long to come back, where the reason has a given delay.
        retry_after: Option<Duration>,
    },
}
