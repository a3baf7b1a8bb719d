//! The kinds of events that an app can be told of, and sets of them.

use std::fmt;

/// A kind of event. Its name is what filters and the `type` of an event say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A client authenticated, or a guest came in.
    ConnectionOpened,
    /// Its connection ended.
    ConnectionClosed,
    /// A channel has its first subscriber.
    ChannelOccupied,
    /// Its last one left, and none came back in time.
    ChannelVacated,
    /// A client joined a channel's members.
    MemberJoined,
    /// It left them.
    MemberLeft,
    /// Another number of subscribers, in apps that count them.
    SubscriptionCount,
    /// A message, in namespaces that tell of messages.
    MessagePublished,
    /// A `client-...` event of the Pusher protocol.
    ClientEvent,
    /// A subscriber of a cache channel found it empty.
    CacheMissed,
    /// The app used up what it may.
    QuotaReached,
    /// Tokens were revoked.
    TokenRevoked,
    /// Events were not written, because more came than could be.
    EventsDropped,
}

impl FactKind {
    /// Every kind, in the order of their numbers on disk: a new one goes to the end.
    pub const ALL: [Self; 13] = [
        Self::ConnectionOpened,
        Self::ConnectionClosed,
        Self::ChannelOccupied,
        Self::ChannelVacated,
        Self::MemberJoined,
        Self::MemberLeft,
        Self::SubscriptionCount,
        Self::MessagePublished,
        Self::ClientEvent,
        Self::CacheMissed,
        Self::QuotaReached,
        Self::TokenRevoked,
        Self::EventsDropped,
    ];

    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConnectionOpened => "connection.opened",
            Self::ConnectionClosed => "connection.closed",
            Self::ChannelOccupied => "channel.occupied",
            Self::ChannelVacated => "channel.vacated",
            Self::MemberJoined => "member.joined",
            Self::MemberLeft => "member.left",
            Self::SubscriptionCount => "channel.subscription_count",
            Self::MessagePublished => "message.published",
            Self::ClientEvent => "client.event",
            Self::CacheMissed => "cache.missed",
            Self::QuotaReached => "quota.reached",
            Self::TokenRevoked => "token.revoked",
            Self::EventsDropped => "events.dropped",
        }
    }

    /// The kind of this name. Nothing where there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it says what is there from now on or no longer: who has all of these knows the live
    /// set.
    #[must_use]
    pub const fn is_state(self) -> bool {
        matches!(
            self,
            Self::ConnectionOpened
                | Self::ConnectionClosed
                | Self::ChannelOccupied
                | Self::ChannelVacated
                | Self::MemberJoined
                | Self::MemberLeft
        )
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for FactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of kinds.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct FactKinds(u32);

impl FactKinds {
    /// No kind.
    pub const NONE: Self = Self(0);

    /// Every kind.
    #[must_use]
    pub fn all() -> Self {
        FactKind::ALL.into_iter().collect()
    }

    /// Whether a kind is among them.
    #[must_use]
    pub const fn has(self, kind: FactKind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Those of both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are there.
    pub fn iter(self) -> impl Iterator<Item = FactKind> {
        FactKind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

impl FromIterator<FactKind> for FactKinds {
    fn from_iter<I: IntoIterator<Item = FactKind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |bits, kind| bits | kind.bit()))
    }
}

impl fmt::Debug for FactKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_one_kinds() {
        for kind in FactKind::ALL {
            assert_eq!(FactKind::parse(kind.name()), Some(kind));
        }
        assert_eq!(FactKind::parse("connection"), None);
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        let some: FactKinds = [FactKind::CacheMissed, FactKind::MemberLeft].into_iter().collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), [FactKind::MemberLeft, FactKind::CacheMissed]);
        assert_eq!(FactKinds::all().iter().count(), FactKind::ALL.len());
        assert_eq!(FactKinds::NONE.and(some), some);
    }
}
