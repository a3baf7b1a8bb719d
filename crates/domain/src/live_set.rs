//! What is there in an app at one moment.

use std::{collections::BTreeMap, sync::Arc};

use crate::{Arrival, ChannelName, ClientId, ConnectionId, Fact, Payload, Thing};

/// The connections, occupied channels and members of an app at one moment, as its events tell them:
/// the snapshot at a place of the log, with the events behind that place applied one by one, is the
/// snapshot at the last of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveSet {
    /// Who is connected.
    pub connections: BTreeMap<ConnectionId, Arrival>,
    /// Occupied channels, with the number of subscribers that was told last, in apps that count
    /// them.
    pub channels: BTreeMap<ChannelName, Option<u32>>,
    /// The members of channels, and what others may see of them.
    pub members: BTreeMap<(ChannelName, ClientId), Option<Arc<Payload>>>,
}

impl LiveSet {
    /// What is there after this fact.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ConnectionOpened(arrival) => {
                self.connections.insert(arrival.connection, arrival.clone());
            }
            Fact::ConnectionClosed { connection, .. } => {
                self.connections.remove(connection);
            }
            Fact::ChannelOccupied(channel) => {
                self.channels.insert(channel.clone(), None);
            }
            Fact::ChannelVacated(channel) => {
                self.channels.remove(channel);
            }
            Fact::SubscriptionCount { channel, count } => {
                if let Some(known) = self.channels.get_mut(channel) {
                    *known = Some(*count);
                }
            }
            Fact::MemberJoined { channel, client, info } => {
                self.members.insert((channel.clone(), client.clone()), info.clone());
            }
            Fact::MemberLeft { channel, client } => {
                self.members.remove(&(channel.clone(), client.clone()));
            }
            Fact::MessagePublished(_)
            | Fact::ClientEvent(_)
            | Fact::CacheMissed(_)
            | Fact::QuotaReached { .. }
            | Fact::TokenRevoked(_)
            | Fact::EventsDropped { .. } => {}
        }
    }

    /// Whether it is there.
    #[must_use]
    pub fn has(&self, thing: &Thing) -> bool {
        match thing {
            Thing::Connection(connection) => self.connections.contains_key(connection),
            Thing::Channel(channel) => self.channels.contains_key(channel),
            // Keys are cheap to clone.
            Thing::Member(channel, client) => {
                self.members.contains_key(&(channel.clone(), client.clone()))
            }
        }
    }

    /// The things that are there.
    pub fn things(&self) -> impl Iterator<Item = Thing> {
        let connections = self.connections.keys().map(|id| Thing::Connection(*id));
        let channels = self.channels.keys().cloned().map(Thing::Channel);
        let member = |(channel, client): &(ChannelName, ClientId)| {
            Thing::Member(channel.clone(), client.clone())
        };
        connections.chain(channels).chain(self.members.keys().map(member))
    }

    /// Things that are there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.connections.len() + self.channels.len() + self.members.len()
    }

    /// Whether nothing is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
