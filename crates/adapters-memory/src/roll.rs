//! One channel's list of members.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use application::ports::Lease;
use domain::{ChannelKey, ClientId, ConnectionId, Member, Payload, PresenceVersion, Roster};

use crate::{due::Due, keeping::Round};

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
    /// In which round its lease was handed in.
    kept: Round,
}

/// A member that left.
pub(crate) struct Gone {
    pub(crate) info: Option<Arc<Payload>>,
    /// The version with this change.
    pub(crate) version: PresenceVersion,
    /// Whether its lease was ever handed in.
    pub(crate) kept: bool,
}

/// What an entrance did.
pub(crate) enum Entered {
    /// The client joined.
    Joined(PresenceVersion),
    /// The client was there already.
    Returned {
        /// This leave no longer waits.
        waiting: Option<Due>,
        /// Its `info` is another one.
        renewed: bool,
    },
    /// There was no room.
    Full,
    /// There is no room for one more in the app.
    AppFull,
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

    /// `of_app` takes one of the app's places for a newcomer, where there is one.
    pub(crate) fn enter(
        &mut self,
        client: ClientId,
        connection: ConnectionId,
        info: Option<Arc<Payload>>,
        most: u32,
        of_app: impl FnOnce() -> bool,
    ) -> Entered {
        let count = self.count();
        match self.seats.entry(client) {
            Entry::Occupied(known) => {
                let seat = known.into_mut();
                let renewed = seat.info != info;
                seat.info = info;
                seat.connections.insert(connection);
                Entered::Returned { waiting: seat.leaves.take(), renewed }
            }
            Entry::Vacant(_) if count >= most => Entered::Full,
            Entry::Vacant(_) if !of_app() => Entered::AppFull,
            Entry::Vacant(vacant) => {
                self.version = self.version.next();
                let connections = HashSet::from([connection]);
                let (joined, kept) = (self.version, Round::default());
                vacant.insert(Seat { joined, info, connections, leaves: None, kept });
                Entered::Joined(self.version)
            }
        }
    }

    /// Who was there before this start is there, without connections.
    pub(crate) fn restore(&mut self, lease: Lease, kept: Round) {
        let Lease { channel: _, client, info, joined } = lease;
        let connections = HashSet::new();
        self.seats.insert(client, Seat { joined, info, connections, leaves: None, kept });
    }

    /// Hands a member's lease in; `keep` says in which round it is kept.
    pub(crate) fn hand_in(
        &mut self,
        channel: &ChannelKey,
        client: &ClientId,
        keep: impl FnOnce(Lease) -> Round,
    ) {
        if let Some(seat) = self.seats.get_mut(client) {
            seat.kept = keep(seat.lease(channel, client));
        }
    }

    /// Hands in those that are not kept in this round, until one is refused or there were so many.
    /// Takes what it handed in from `most`, all of it where one was refused.
    pub(crate) fn hand_in_missing(
        &mut self,
        channel: &ChannelKey,
        round: Round,
        most: &mut usize,
        keep: impl Fn(Lease) -> Round,
    ) {
        for (client, seat) in self.seats.iter_mut().filter(|(_, seat)| seat.kept != round) {
            if *most == 0 {
                return;
            }
            seat.kept = keep(seat.lease(channel, client));
            *most = if seat.kept.is_none() { 0 } else { *most - 1 };
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

    /// A client leaves for good.
    pub(crate) fn leave(&mut self, client: &ClientId) -> Option<Gone> {
        let Seat { info, kept, .. } = self.seats.remove(client)?;
        self.version = self.version.next();
        Some(Gone { info, version: self.version, kept: !kept.is_none() })
    }

    /// How many members there are.
    pub(crate) fn count(&self) -> u32 {
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

impl Seat {
    fn lease(&self, channel: &ChannelKey, client: &ClientId) -> Lease {
        let (channel, client) = (channel.clone(), client.clone());
        Lease { channel, client, info: self.info.clone(), joined: self.joined }
    }
}
