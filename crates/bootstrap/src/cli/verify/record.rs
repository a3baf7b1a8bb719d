//! What the clients of a run saw, for the checker.

use std::collections::BTreeSet;

use domain::Position;

use super::hooks::record::HookRecords;

/// What the server promises of the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Promise {
    /// No history: order, and no message twice.
    None,
    /// History in memory: positions too, until the server restarts.
    Memory,
    /// History on disk: what was acknowledged or delivered outlives the server.
    Durable,
}

/// A send, as its publisher knows it.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    /// Who; one publisher waits for an answer before its next send.
    pub(super) publisher: usize,
    /// Where to.
    pub(super) channel: String,
    /// What: different for every send of a run.
    pub(super) body: String,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// The reader that sent it with `echo: false`, and must not be told of it.
    pub(super) hidden_from: Option<String>,
}

/// What became of a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server has it.
    Acknowledged {
        /// The message's id.
        id: String,
        /// Its place, with history.
        position: Option<Position>,
        /// Whether an earlier attempt had succeeded.
        repeated: bool,
    },
    /// Nobody knows.
    Unknown,
    /// The server does not have it.
    Refused(String),
}

/// What one reader of one channel was told, in order.
#[derive(Debug, Clone)]
pub(super) struct Log {
    /// Who.
    pub(super) reader: String,
    /// What was read.
    pub(super) channel: String,
    /// In order.
    pub(super) seen: Vec<Seen>,
    /// Whether it saw the last message of the run.
    pub(super) complete: bool,
}

/// Something that a reader was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// The subscription stands: every message behind the place is told.
    Began {
        /// The place, with history.
        after: Option<Position>,
    },
    /// A message.
    Message(MessageSeen),
    /// The reader was told that messages may be missing.
    Gap,
    /// The client found a hole that the server said nothing of.
    Hole,
    /// The subscription ended for good.
    Ended(String),
}

impl Seen {
    /// The message, if it is one.
    pub(super) const fn message(&self) -> Option<&MessageSeen> {
        if let Self::Message(message) = self { Some(message) } else { None }
    }
}

impl Log {
    /// The messages, in order.
    pub(super) fn messages(&self) -> impl Iterator<Item = &MessageSeen> {
        self.seen.iter().filter_map(Seen::message)
    }
}

/// A message as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MessageSeen {
    /// Its id.
    pub(super) id: String,
    /// What it says.
    pub(super) body: String,
    /// Its place, with history.
    pub(super) position: Option<Position>,
}

/// A channel as its history had it at the end.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The channel.
    pub(super) channel: String,
    /// Everything that is kept, or why it is not known.
    pub(super) messages: Result<KeptMessages, String>,
}

/// What a history had at the end.
#[derive(Debug, Clone)]
pub(super) struct KeptMessages {
    /// The place before the oldest that is kept.
    pub(super) after: Position,
    /// In order.
    pub(super) messages: Vec<MessageSeen>,
}

/// The last messages of a channel, as one subscription was given them.
#[derive(Debug, Clone)]
pub(super) struct Rewind {
    /// The channel.
    pub(super) channel: String,
    /// How many were asked for.
    pub(super) asked: u64,
    /// Where the subscription began.
    pub(super) position: Position,
    /// In order.
    pub(super) messages: Vec<MessageSeen>,
}

/// Who was in a channel at the end, as one reader was told.
#[derive(Debug, Clone)]
pub(super) struct Attended {
    /// Who was told.
    pub(super) reader: String,
    /// Of which channel.
    pub(super) channel: String,
    /// Who was there.
    pub(super) here: BTreeSet<String>,
    /// Who was there by what it was told.
    pub(super) seen: BTreeSet<String>,
    /// What it was told that can't be.
    pub(super) odd: Vec<String>,
}

/// Everything that is known of a run.
#[derive(Debug, Clone)]
pub(super) struct Records {
    /// What was promised.
    pub(super) promise: Promise,
    /// In each publisher's order.
    pub(super) sends: Vec<Sent>,
    /// One for each reader and channel.
    pub(super) logs: Vec<Log>,
    /// One for each channel with history.
    pub(super) kept: Vec<Kept>,
    /// Subscriptions that asked for the last messages.
    pub(super) rewinds: Vec<Rewind>,
    /// One for each reader and channel with presence.
    pub(super) attended: Vec<Attended>,
    /// What webhooks and the ledger told, where they were looked at.
    pub(super) hooks: Option<HookRecords>,
}
