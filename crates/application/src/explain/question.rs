//! What can be asked.

use domain::{ChannelName, ClientId, ConnectionId, MessageId, Offset, Timestamp, TraceId};

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Why a client did, or did not, get a message.
    Message {
        /// Who.
        client: ClientId,
        /// Which message.
        which: Which,
    },
    /// What became of a request.
    Trace(TraceId),
    /// What became of a connection's requests, and of it.
    Connection(ConnectionId),
    /// What became of a client's requests, on all its connections.
    Client(ClientId),
    /// What happened in a channel.
    Channel(ChannelName),
}

/// Which message is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one with this id.
    Id(MessageId),
    /// The latest one of a channel.
    Latest(ChannelName),
    /// The latest one at this place of a channel.
    Place(ChannelName, Offset),
    /// The one of a channel that was stamped nearest to a time, no more than 5 s from it.
    Time(ChannelName, Timestamp),
}
