//! What the checker found.

use domain::Position;

use super::hooks::record::HookFinding;

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Finding {
    /// One of webhooks, or of the ledger.
    #[error(transparent)]
    Hook(#[from] HookFinding),
    /// An acknowledged or delivered message is gone.
    #[error("lost: {body} of {channel} ({id}) was {known}, {place}")]
    Lost {
        /// The channel.
        channel: String,
        /// What it said.
        body: String,
        /// Its id.
        id: String,
        /// How it was known.
        known: &'static str,
        /// Where it is missing.
        place: String,
    },
    /// The same message came twice, or one send made two messages.
    #[error("twice: {body} of {channel}, {place}")]
    Twice {
        /// The channel.
        channel: String,
        /// What it said.
        body: String,
        /// Where.
        place: String,
    },
    /// There is no order in which all saw the messages.
    #[error("order: {first} and {second} of {channel}: {detail}")]
    Disorder {
        /// The channel.
        channel: String,
        /// A message.
        first: String,
        /// Another one.
        second: String,
        /// Who saw what.
        detail: String,
    },
    /// A reader was told of a message that it had sent with `echo: false`.
    #[error("echo: {reader} was told {body} of {channel}, which it had sent without")]
    Echo {
        /// Who.
        reader: String,
        /// The channel.
        channel: String,
        /// What it said.
        body: String,
    },
    /// A subscription was given other messages than the last ones.
    #[error("rewind: the last {asked} of {channel} at {} were {given}", shown(Some(*.position)))]
    Rewound {
        /// The channel.
        channel: String,
        /// How many were asked for.
        asked: u64,
        /// Where the subscription began.
        position: Position,
        /// What came instead.
        given: String,
    },
    /// Messages are missing and the reader was not told.
    #[error("silent gap: {reader} in {channel}: from {} to {}", shown(*.from), shown(*.to))]
    SilentGap {
        /// Who.
        reader: String,
        /// The channel.
        channel: String,
        /// The last place before.
        from: Option<Position>,
        /// The first place after.
        to: Option<Position>,
    },
    /// Two different messages have one place.
    #[error("two messages at one place: {channel} {}: {one} and {other}", shown(Some(*.position)))]
    TwoAtOnePlace {
        /// The channel.
        channel: String,
        /// The place.
        position: Position,
        /// A message.
        one: String,
        /// Another one.
        other: String,
    },
    /// History was promised, and there are no positions.
    #[error("no history: {channel} gave no positions")]
    NoPositions {
        /// The channel.
        channel: String,
    },
    /// What is kept could not be read at the end.
    #[error("the history of {channel} could not be read: {why}")]
    Unread {
        /// The channel.
        channel: String,
        /// Why.
        why: String,
    },
    /// A reader did not see the end of the run.
    #[error("{reader} did not catch up in {channel}{}", .ended.as_ref().map(|why| format!(": unsubscribed, {why}")).unwrap_or_default())]
    Behind {
        /// Who.
        reader: String,
        /// The channel.
        channel: String,
        /// Why its subscription ended, if it did.
        ended: Option<String>,
    },
    /// A member is listed that has left.
    #[error("ghost: {reader} sees {member} in {channel}, who has left")]
    Ghost {
        /// Who.
        reader: String,
        /// The channel.
        channel: String,
        /// Whom.
        member: String,
    },
    /// A member is not listed.
    #[error("unseen: {reader} does not see {member} in {channel}, who is there")]
    Unseen {
        /// Who.
        reader: String,
        /// The channel.
        channel: String,
        /// Whom.
        member: String,
    },
    /// A change of members that can't be.
    #[error("members: {reader} was told of {channel}: {what}")]
    OddMember {
        /// Who.
        reader: String,
        /// The channel.
        channel: String,
        /// What.
        what: String,
    },
    /// The server refused what it should take.
    #[error("refused: {body} to {channel}: {reason}")]
    Refused {
        /// The channel.
        channel: String,
        /// What it said.
        body: String,
        /// The server's reason.
        reason: String,
    },
}

/// A place as people read it.
pub(super) fn shown(position: Option<Position>) -> String {
    match position {
        Some(position) => format!("{}/{}", position.epoch, position.offset.0),
        None => "an unknown place".to_owned(),
    }
}
