//! What the reader of a channel is told.

use domain::{Position, PresenceVersion};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Refusal;

/// Something in a channel.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelEvent {
    /// The server has the subscription, for the first time or again.
    Subscribed {
        /// Every message behind this place comes as an event; nothing in a channel without
        /// history, where a reconnect may lose messages.
        position: Option<Position>,
        /// How it continues what was before.
        recovery: Recovery,
    },
    /// A message.
    Message(Message),
    /// Who is there, told once to a reader that asked for members: what changes follows, over
    /// reconnects too.
    Members(MemberList),
    /// A member came, or was found to be there after a reconnect.
    Joined(MemberChange),
    /// A member left, or was found to be gone after a reconnect.
    Left(MemberChange),
    /// There are too many members to be told of one by one: from now on who is there is not known,
    /// until [`Self::Members`], [`Self::Joined`] or [`Self::Left`] comes, which bring what was told
    /// before up to date.
    Counted {
        /// How many there are.
        count: u32,
        /// The version of the list.
        version: PresenceVersion,
    },
    /// Messages are missing, or may be.
    Gap(Gap),
    /// The subscription ended.
    Unsubscribed {
        /// The server's stable name of why, or `stopped`.
        reason: String,
        /// Whether the client subscribes again by itself; otherwise this is the last event.
        resubscribes: bool,
        /// The whole answer, where the server refused.
        refusal: Option<Refusal>,
    },
}

/// How a subscription continues what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// There was nothing before.
    Fresh,
    /// Everything that was missed comes now.
    Complete,
    /// What was missed does not come; a [`Gap`] was told.
    Broken,
}

/// Messages that are missing, or may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub cause: GapCause,
    /// The last place before.
    pub from: Option<Position>,
    /// The first place after: what lies between did not come.
    pub to: Option<Position>,
}

/// Why messages are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// The server could not continue from the position.
    NotRecovered,
    /// A message came whose offset leaves a hole: a fault of the server.
    Jump,
    /// The channel has no history: what came in the meantime is gone.
    NoHistory,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// When it was stamped: Unix milliseconds.
    pub ts: u64,
    /// Its place, in a channel with history.
    pub position: Option<Position>,
    /// What kind of message.
    pub name: Option<String>,
    /// Its data, as it was spelled.
    pub data: Box<RawValue>,
    /// What is shown of the sender.
    pub from: Option<Sender>,
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        let words = |message: &Self| (message.id.clone(), message.ts, message.position);
        words(self) == words(other)
            && self.name == other.name
            && self.data.get() == other.data.get()
            && self.from == other.from
    }
}

/// The part that a client takes in a channel's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// It is a member, and is told who the others are.
    Enter,
    /// It is told who is there.
    Watch,
}

/// Who is in a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberList {
    /// In the order in which they joined.
    pub members: Vec<ListedMember>,
    /// The version of the list.
    pub version: PresenceVersion,
}

/// A member of a list.
#[derive(Debug, Clone, Deserialize)]
pub struct ListedMember {
    /// The client.
    pub client: String,
    /// What the token of its newest connection says of it, where it says anything.
    pub info: Option<Box<RawValue>>,
    /// With how many connections; 0 while it may return.
    pub connections: u32,
}

/// A member that came or left.
#[derive(Debug, Clone)]
pub struct MemberChange {
    /// The client.
    pub client: String,
    /// What its token says of it, where it says anything.
    pub info: Option<Box<RawValue>>,
    /// The version of the list with this change; several that a reconnect brought have the same.
    pub version: PresenceVersion,
}

fn same(one: Option<&RawValue>, other: Option<&RawValue>) -> bool {
    one.map(RawValue::get) == other.map(RawValue::get)
}

impl PartialEq for ListedMember {
    fn eq(&self, other: &Self) -> bool {
        (&self.client, self.connections) == (&other.client, other.connections)
            && same(self.info.as_deref(), other.info.as_deref())
    }
}

impl PartialEq for MemberChange {
    fn eq(&self, other: &Self) -> bool {
        (&self.client, self.version) == (&other.client, other.version)
            && same(self.info.as_deref(), other.info.as_deref())
    }
}

/// Who sent a message.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The client.
    pub client: String,
    /// Its connection, where it is told.
    pub connection: Option<String>,
    /// What its token says of it, where it is told.
    pub info: Option<Box<RawValue>>,
}

impl PartialEq for Sender {
    fn eq(&self, other: &Self) -> bool {
        self.client == other.client
            && self.connection == other.connection
            && same(self.info.as_deref(), other.info.as_deref())
    }
}
