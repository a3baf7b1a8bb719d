//! What the reader of a channel is told.

use domain::Position;
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
    /// A member came.
    Joined(Sender),
    /// A member left.
    Left(Sender),
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

/// Who sent a message, or is a member.
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
        let info = |sender: &Self| sender.info.as_ref().map(|info| info.get().to_owned());
        self.client == other.client
            && self.connection == other.connection
            && info(self) == info(other)
    }
}
