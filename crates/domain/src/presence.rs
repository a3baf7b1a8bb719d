//! Who is in a channel.

use std::sync::Arc;

use crate::{ChannelKey, ClientId, ConnectionId, Payload};

/// The state of a channel's list of members: each change makes it greater by one.
///
/// It never goes back while the server runs, and not over a restart where members are kept on disk:
/// then each start begins 2^32 further. A server that keeps nothing, or whose store began anew or was
/// restored, may begin anew too; so a list that is asked for counts, whatever its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PresenceVersion(pub u64);

impl PresenceVersion {
    /// That of the next change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A client that is in a channel, with however many connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub client: ClientId,
    /// What the token of the connection that entered last says of it.
    pub info: Option<Arc<Payload>>,
    /// With how many connections; 0 while its leave waits for a return.
    pub connections: u32,
}

/// A channel's list of members, of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The members in the order in which they joined; nothing where they are too many to be listed.
    pub members: Option<Vec<Member>>,
    /// How many there are.
    pub count: u32,
    /// Which state this is: later changes have greater versions.
    pub version: PresenceVersion,
}

impl Roster {
    /// Bytes that the members take where they are listed: their names, their `info` and 32 for what
    /// every member has.
    #[must_use]
    pub fn cost(&self) -> usize {
        let cost = |member: &Member| {
            let info = member.info.as_ref().map_or(0, |info| info.as_str().len());
            member.client.as_str().len() + info + 32
        };
        self.members.iter().flatten().map(cost).sum()
    }

    /// Without its members where they take more than so many bytes.
    #[must_use]
    pub fn within(mut self, bytes: usize) -> Self {
        if self.cost() > bytes {
            self.members = None;
        }
        self
    }
}

/// One connection's place in a channel's list of members.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attendance {
    /// Where.
    pub channel: ChannelKey,
    /// Whose.
    pub client: ClientId,
    /// Which connection.
    pub connection: ConnectionId,
}

/// What became of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Its first connection entered.
    Joined,
    /// Its last connection left, and none returned in time.
    Left,
}

/// A change of a channel's list of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceChange {
    /// Where.
    pub channel: ChannelKey,
    /// Who.
    pub client: ClientId,
    /// What others may see of it.
    pub info: Option<Arc<Payload>>,
    /// What happened.
    pub movement: Movement,
    /// The list's version with this change.
    pub version: PresenceVersion,
    /// How many members there are with it.
    pub count: u32,
}

/// How many are in a channel whose changes are not told one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceCount {
    /// Where.
    pub channel: ChannelKey,
    /// How many members there are.
    pub count: u32,
    /// The version of the list.
    pub version: PresenceVersion,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_takes_too_much_keeps_its_count_only() {
        let member = |client: &str, info: Option<&str>| Member {
            client: ClientId::parse(client).unwrap(),
            info: info.map(|info| Arc::new(Payload::parse(info, 100).unwrap())),
            connections: 1,
        };
        let members = vec![member("alice", None), member("bob", Some("{\"n\":1}"))];
        let version = PresenceVersion(4).next();
        let roster = Roster { members: Some(members), count: 2, version };
        let cost = 5 + 32 + 3 + 7 + 32;
        assert_eq!(roster.clone().within(cost), roster);
        let counted = Roster { members: None, ..roster.clone() };
        assert_eq!(roster.within(cost - 1), counted);
    }
}
