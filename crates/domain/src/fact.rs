//! What happened to an app's connections, channels, members and messages.

use std::sync::Arc;

use crate::{
    ChannelName, ClientId, CloseReason, ConnectionId, FactKind, Message, MessageName, Payload,
    Revoked, Timestamp,
};

/// Something that happened in an app, as it is told to the app's backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A client authenticated, or a guest came in.
    ConnectionOpened(Arrival),
    /// Its connection ended.
    ConnectionClosed {
        /// Which.
        connection: ConnectionId,
        /// Who it was.
        client: ClientId,
        /// Why.
        reason: Ended,
    },
    /// A channel has its first subscriber.
    ChannelOccupied(ChannelName),
    /// Its last one left, and none came back in time.
    ChannelVacated(ChannelName),
    /// A client joined a channel's members.
    MemberJoined {
        /// Where.
        channel: ChannelName,
        /// Who.
        client: ClientId,
        /// What others may see of it.
        info: Option<Arc<Payload>>,
    },
    /// It left them.
    MemberLeft {
        /// Where.
        channel: ChannelName,
        /// Who.
        client: ClientId,
    },
    /// Another number of subscribers.
    SubscriptionCount {
        /// Where.
        channel: ChannelName,
        /// How many there are.
        count: u32,
    },
    /// A message.
    MessagePublished(Box<Published>),
    /// An event of a client of the Pusher protocol.
    ClientEvent(Box<ClientEvent>),
    /// A subscriber of a cache channel found it empty.
    CacheMissed(ChannelName),
    /// The app used up what it may.
    QuotaReached {
        /// What of.
        quota: Box<str>,
        /// How much that is.
        limit: u64,
    },
    /// Tokens were revoked.
    TokenRevoked(Revoked),
    /// So many events were not written, because more came than could be.
    EventsDropped {
        /// How many.
        count: u64,
    },
}

/// A connection that is open, as the app is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Which.
    pub connection: ConnectionId,
    /// Who, as its token said when it authenticated; a guest's name is the server's.
    pub client: ClientId,
    /// Whether it is a guest, whom no token names.
    pub guest: bool,
}

/// Why a connection is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was closed.
    By(CloseReason),
    /// The server that had it stopped or broke down before it could say more.
    ServerLost,
}

impl Ended {
    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::By(reason) => reason.name(),
            Self::ServerLost => "server_lost",
        }
    }

    /// That of this name. Nothing where there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if name == Self::ServerLost.name() {
            return Some(Self::ServerLost);
        }
        let seen = [CloseReason::ClientLeft, CloseReason::PeerLost];
        let mut all = CloseReason::TOLD.into_iter().chain(seen);
        all.find(|reason| reason.name() == name).map(Self::By)
    }
}

/// A message, as the app's backend is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Where.
    pub channel: ChannelName,
    /// The message; whether its data is told is the namespace's to say.
    pub message: Message,
    /// Whether its data is told.
    pub with_data: bool,
}

/// An event of a client of the Pusher protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEvent {
    /// Where.
    pub channel: ChannelName,
    /// Its name, `client-...`.
    pub name: MessageName,
    /// Its data.
    pub data: Payload,
    /// On which connection.
    pub connection: ConnectionId,
    /// Who, in a presence channel.
    pub client: Option<ClientId>,
}

impl Fact {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> FactKind {
        match self {
            Self::ConnectionOpened(_) => FactKind::ConnectionOpened,
            Self::ConnectionClosed { .. } => FactKind::ConnectionClosed,
            Self::ChannelOccupied(_) => FactKind::ChannelOccupied,
            Self::ChannelVacated(_) => FactKind::ChannelVacated,
            Self::MemberJoined { .. } => FactKind::MemberJoined,
            Self::MemberLeft { .. } => FactKind::MemberLeft,
            Self::SubscriptionCount { .. } => FactKind::SubscriptionCount,
            Self::MessagePublished(_) => FactKind::MessagePublished,
            Self::ClientEvent(_) => FactKind::ClientEvent,
            Self::CacheMissed(_) => FactKind::CacheMissed,
            Self::QuotaReached { .. } => FactKind::QuotaReached,
            Self::TokenRevoked(_) => FactKind::TokenRevoked,
            Self::EventsDropped { .. } => FactKind::EventsDropped,
        }
    }

    /// What comes by it or goes, and whether it is there from now on; nothing for other facts.
    #[must_use]
    pub fn thing(&self) -> Option<(Thing, bool)> {
        let member = |channel: &ChannelName, client: &ClientId| {
            Thing::Member(channel.clone(), client.clone())
        };
        match self {
            Self::ConnectionOpened(it) => Some((Thing::Connection(it.connection), true)),
            Self::ConnectionClosed { connection, .. } => {
                Some((Thing::Connection(*connection), false))
            }
            Self::ChannelOccupied(channel) => Some((Thing::Channel(channel.clone()), true)),
            Self::ChannelVacated(channel) => Some((Thing::Channel(channel.clone()), false)),
            Self::MemberJoined { channel, client, .. } => Some((member(channel, client), true)),
            Self::MemberLeft { channel, client } => Some((member(channel, client), false)),
            Self::SubscriptionCount { .. }
            | Self::MessagePublished(_)
            | Self::ClientEvent(_)
            | Self::CacheMissed(_)
            | Self::QuotaReached { .. }
            | Self::TokenRevoked(_)
            | Self::EventsDropped { .. } => None,
        }
    }

    /// Bytes that it takes, roughly: what is of any length in it, and 128 for the rest.
    #[must_use]
    pub fn cost(&self) -> usize {
        let variable = match self {
            Self::MemberJoined { info, .. } => info.as_ref().map_or(0, |info| info.as_str().len()),
            Self::MessagePublished(it) if it.with_data => it.message.data.bytes(),
            Self::ClientEvent(event) => event.data.bytes(),
            Self::ConnectionOpened(_)
            | Self::ConnectionClosed { .. }
            | Self::ChannelOccupied(_)
            | Self::ChannelVacated(_)
            | Self::MemberLeft { .. }
            | Self::SubscriptionCount { .. }
            | Self::MessagePublished(_)
            | Self::CacheMissed(_)
            | Self::QuotaReached { .. }
            | Self::TokenRevoked(_)
            | Self::EventsDropped { .. } => 0,
        };
        let names = self.channel().map_or(0, |channel| channel.as_str().len());
        128 + variable + names
    }

    /// The channel that it is about, where it is about one.
    #[must_use]
    pub fn channel(&self) -> Option<&ChannelName> {
        match self {
            Self::ChannelOccupied(channel)
            | Self::ChannelVacated(channel)
            | Self::CacheMissed(channel)
            | Self::MemberJoined { channel, .. }
            | Self::MemberLeft { channel, .. }
            | Self::SubscriptionCount { channel, .. } => Some(channel),
            Self::MessagePublished(published) => Some(&published.channel),
            Self::ClientEvent(event) => Some(&event.channel),
            Self::ConnectionOpened(_)
            | Self::ConnectionClosed { .. }
            | Self::QuotaReached { .. }
            | Self::TokenRevoked(_)
            | Self::EventsDropped { .. } => None,
        }
    }
}

/// Something that is there, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Thing {
    /// A connection.
    Connection(ConnectionId),
    /// A channel with subscribers.
    Channel(ChannelName),
    /// A member of a channel.
    Member(ChannelName, ClientId),
}

/// The place of an event in its app's log: the first one has 1 and each next one is greater by one.
/// 0 is the place before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sequence(pub u64);

impl Sequence {
    /// The place behind this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A fact as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place.
    pub sequence: Sequence,
    /// When it happened.
    pub ts: Timestamp,
    /// What.
    pub fact: Fact,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_a_name_of_its_own() {
        let seen = [CloseReason::ClientLeft, CloseReason::PeerLost];
        for reason in CloseReason::TOLD.into_iter().chain(seen) {
            assert_eq!(Ended::parse(reason.name()), Some(Ended::By(reason)));
        }
        assert_eq!(Ended::parse("server_lost"), Some(Ended::ServerLost));
        assert_eq!(Ended::parse("lost"), None);
    }
}
