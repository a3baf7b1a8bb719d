//! One channel's list of members.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use domain::{ClientId, ConnectionId, Member, Payload, PresenceVersion, Roster};

use crate::due::Due;

/// Who is in a channel.
pub(crate) struct Roll {
    version: PresenceVersion,
    seats: HashMap<ClientId, Seat>,
    /// When the list is forgotten; nothing while it has members.
    pub(crate) idle: Option<Due>,
}

/// A member's place.
struct Seat {
    /// The version with which it joined.
    joined: PresenceVersion,
    info: Option<Arc<Payload>>,
    connections: HashSet<ConnectionId>,
    /// When the leave is over that waits; nothing while there are connections.
    leaves: Option<Due>,
}

/// What an entrance did.
pub(crate) enum Entered {
    /// The client joined.
    Joined(PresenceVersion),
    /// The client was there already; this leave no longer waits.
    Returned(Option<Due>),
    /// There was no room.
    Full,
}

impl Roll {
    /// An empty list whose first change has the next version.
    pub(crate) fn new(version: PresenceVersion) -> Self {
        Self { version, seats: HashMap::new(), idle: None }
    }

    pub(crate) fn version(&self) -> PresenceVersion {
        self.version
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    pub(crate) fn enter(
        &mut self,
        client: ClientId,
        connection: ConnectionId,
        info: Option<Arc<Payload>>,
        most: u32,
    ) -> Entered {
        let count = self.count();
        match self.seats.entry(client) {
            Entry::Occupied(known) => {
                let seat = known.into_mut();
                seat.info = info;
                seat.connections.insert(connection);
                Entered::Returned(seat.leaves.take())
            }
            Entry::Vacant(_) if count >= most => Entered::Full,
            Entry::Vacant(vacant) => {
                self.version = self.version.next();
                let connections = HashSet::from([connection]);
                vacant.insert(Seat { joined: self.version, info, connections, leaves: None });
                Entered::Joined(self.version)
            }
        }
    }

    /// A connection goes. Says whether that was the client's last one.
    pub(crate) fn part(&mut self, client: &ClientId, connection: ConnectionId) -> bool {
        let Some(seat) = self.seats.get_mut(client) else { return false };
        seat.connections.remove(&connection) && seat.connections.is_empty()
    }

    /// The leave of a client without connections waits.
    pub(crate) fn wait(&mut self, client: &ClientId, until: Due) {
        if let Some(seat) = self.seats.get_mut(client) {
            seat.leaves = Some(until);
        }
    }

    /// A client leaves: what was shown of it, and the version with this change.
    pub(crate) fn leave(
        &mut self,
        client: &ClientId,
    ) -> Option<(Option<Arc<Payload>>, PresenceVersion)> {
        let seat = self.seats.remove(client)?;
        self.version = self.version.next();
        Some((seat.info, self.version))
    }

    fn count(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn roster(&self, at_most: usize) -> Roster {
        let members = (self.seats.len() <= at_most).then(|| self.members());
        Roster { members, count: self.count(), version: self.version }
    }

    fn members(&self) -> Vec<Member> {
        let mut seats: Vec<_> = self.seats.iter().collect();
        seats.sort_unstable_by_key(|(_, seat)| seat.joined);
        let member = |(client, seat): (&ClientId, &Seat)| Member {
            client: client.clone(),
            info: seat.info.clone(),
            connections: u32::try_from(seat.connections.len()).unwrap_or(u32::MAX),
        };
        seats.into_iter().map(member).collect()
    }
}
