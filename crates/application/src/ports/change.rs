//! How a subscription begins and ends, as it is told.

use domain::{Offset, Position};

/// Who made a subscription: the later ones have the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Maker {
    /// The client, by its grants. It can end it.
    Client,
    /// The token's `channels`. Only another token ends it.
    Token,
    /// The app's backend. Only that ends it.
    Server,
}

/// What a subscriber was given with the reply, in a channel with history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Start {
    /// The first earlier message that was given; nothing where none was.
    pub first: Option<Offset>,
    /// The place behind which all further messages are pushed.
    pub position: Position,
}

/// Who or what ended a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ender {
    /// The client asked.
    Client,
    /// The app's backend ordered it.
    Server,
    /// A refreshed token no longer grants it.
    Grants,
    /// The channel's stream began anew.
    Gap,
    /// More came before the reply was out than is held back.
    Overflow,
    /// What the client asked for beside it was refused, so it was taken back.
    Refused,
    /// The connection ended.
    Connection,
}

/// How a subscription changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was made.
    Made(Maker),
    /// In a channel with history it was given its place, for the reply that is queued next.
    Placed(Start),
    /// It ended.
    Ended(Ender),
}

impl Change {
    /// One more (`true`), one fewer, or neither.
    #[must_use]
    pub const fn made(&self) -> Option<bool> {
        match self {
            Self::Made(_) => Some(true),
            Self::Placed(_) => None,
            Self::Ended(_) => Some(false),
        }
    }
}

impl Maker {
    /// Every maker.
    pub const ALL: [Self; 3] = [Self::Client, Self::Token, Self::Server];

    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Token => "token",
            Self::Server => "server",
        }
    }
}

impl Ender {
    /// Every end.
    pub const ALL: [Self; 7] = [
        Self::Client,
        Self::Server,
        Self::Grants,
        Self::Gap,
        Self::Overflow,
        Self::Refused,
        Self::Connection,
    ];

    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Grants => "grants",
            Self::Gap => "gap",
            Self::Overflow => "overflow",
            Self::Refused => "refused",
            Self::Connection => "connection",
        }
    }
}
