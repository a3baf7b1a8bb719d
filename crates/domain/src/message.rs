//! What travels through a channel.

use std::sync::Arc;

use crate::{
    AppId, ChannelName, ClientId, ConnectionId, MessageId, MessageKey, MessageName, Namespace,
    Offset, Payload, Position, SessionToken, Timestamp,
};

/// A channel of an app: the same name in two apps is two channels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChannelKey {
    /// The tenant.
    pub app: AppId,
    /// The channel's name there.
    pub channel: ChannelName,
}

/// Who sent a message, as far as the namespace shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// The client.
    pub client: ClientId,
    /// Its connection.
    pub connection: ConnectionId,
    /// What its token says of it.
    pub info: Option<Arc<Payload>>,
}

/// Who sends: the scope of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Author {
    /// A client, on whichever connection.
    Client(ClientId),
    /// The app's own backend.
    Backend,
}

impl Author {
    /// A text that no other author of the app has.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Client(client) => client.as_str(),
            // Not among the characters of a client's name.
            Self::Backend => "*",
        }
    }
}

/// Where a draft comes from, and whom it is not for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Who sends it.
    pub author: Author,
    /// Whom it is hidden from: a client that does not want its own message back, or whom a backend
    /// excludes.
    pub hidden_from: Option<Hidden>,
}

/// Whom a message is hidden from: live, one connection; in recovery, whoever continues that
/// connection as the same client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// The connection.
    pub connection: ConnectionId,
    /// Its client.
    pub client: ClientId,
    /// What a later connection shows to continue this one: what was hidden here stays hidden there.
    pub session: SessionToken,
}

/// A message that is to be published: not yet stamped with an id, a time or a place.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where to.
    pub channel: ChannelKey,
    /// What kind of message, in the application's own words.
    pub name: Option<MessageName>,
    /// The content.
    pub data: Payload,
    /// The idempotency key.
    pub key: Option<MessageKey>,
    /// What the namespace shows of the sender.
    pub from: Option<Sender>,
    /// Where it comes from.
    pub source: Source,
    /// The channel's options at the time of the send.
    pub namespace: Arc<Namespace>,
}

impl Draft {
    /// The message that this draft becomes with an id, a time and, in a channel with history, a
    /// place; and what its sender is told.
    #[must_use]
    pub fn stamped(
        self,
        id: MessageId,
        ts: Timestamp,
        position: Option<Position>,
    ) -> (Publication, Receipt) {
        let Self { channel, name, data, key: _, from, source, namespace: _ } = self;
        let Source { author: _, hidden_from } = source;
        let receipt = Receipt { id: id.clone(), ts, position, repeated: false };
        let offset = position.map(|position| position.offset);
        let message = Message { id, ts, offset, name, data, from };
        (Publication { channel, message, hidden_from }, receipt)
    }
}

/// A stamped message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// When it was stamped.
    pub ts: Timestamp,
    /// Its place, in a channel with history.
    pub offset: Option<Offset>,
    /// What kind of message, in the application's own words.
    pub name: Option<MessageName>,
    /// The content.
    pub data: Payload,
    /// What is shown of the sender.
    pub from: Option<Sender>,
}

impl Message {
    /// Bytes that the message takes of its channel's bound: its data, with the text that it came as,
    /// and its name, and 128 for what every message has.
    #[must_use]
    pub fn cost(&self) -> u64 {
        Self::cost_of(self.name.as_ref(), &self.data)
    }

    /// The same of a message that is none yet.
    #[must_use]
    pub fn cost_of(name: Option<&MessageName>, data: &Payload) -> u64 {
        let name = name.map_or(0, |name| name.as_str().len());
        u64::try_from(data.bytes() + name).unwrap_or(u64::MAX) + 128
    }
}

/// A message on its way to the subscribers of its channel.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Where to.
    pub channel: ChannelKey,
    /// What.
    pub message: Message,
    /// Whom it is hidden from.
    pub hidden_from: Option<Hidden>,
}

/// A message as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The message, with its offset.
    pub message: Message,
    /// Whom it is hidden from.
    pub hidden_from: Option<Hidden>,
}

impl Record {
    /// Whether a client that shows this session may not see the message.
    #[must_use]
    pub fn is_hidden_from(&self, client: &ClientId, session: SessionToken) -> bool {
        let hidden = |hidden: &Hidden| hidden.session == session && hidden.client == *client;
        self.hidden_from.as_ref().is_some_and(hidden)
    }

    /// Bytes that the message takes of its channel's bound: see [`Message::cost`].
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.message.cost()
    }
}

/// What the sender is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The message's id.
    pub id: MessageId,
    /// When it was stamped.
    pub ts: Timestamp,
    /// Its place, in a channel with history.
    pub position: Option<Position>,
    /// Whether this is the result of an earlier send with the same key.
    pub repeated: bool,
}
