//! What comes of a question.

use domain::{CloseReason, ConnectionId, Denial, ErrorCode, Timestamp};

use crate::ports::{Ender, FlightFact, What};

/// An answer, with what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What is to be said.
    pub verdict: Verdict,
    /// What is remembered of it, the latest first; at most 200.
    pub facts: Vec<FlightFact>,
    /// Since when nothing is missing of what the answer was made of.
    pub since: Timestamp,
}

/// What is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is remembered.
    Nothing,
    /// Refused: the latest fact that says so.
    Refused(Box<FlightFact>),
    /// What is remembered says of no refusal.
    NotRefused,
    /// No such message is remembered.
    NoSuchMessage,
    /// No message was published there then, but somebody was refused to: the latest such fact.
    NotPublished(Box<FlightFact>),
    /// The message was published.
    Published {
        /// The message.
        message: Box<FlightFact>,
        /// What became of it, for each connection of the client that is concerned; one without a
        /// connection where there was none.
        fates: Vec<Fated>,
    },
}

/// What became of a message at one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fated {
    /// Which; nothing where the client had none.
    pub connection: Option<ConnectionId>,
    /// What became of it.
    pub fate: Fate,
    /// Whether it is sure. Where the subscription changed within 50 ms of the message, and no place
    /// in the stream tells which was first, it may also be the other way round.
    pub certain: bool,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The client had no connection.
    Offline {
        /// When and why the last one before ended, where that is remembered.
        left: Option<(Timestamp, CloseReason)>,
        /// When it came back.
        returned: Option<Timestamp>,
    },
    /// It is not remembered whether there was a connection, or a subscription: what is remembered
    /// begins later.
    Forgotten,
    /// The connection was not subscribed.
    NotSubscribed(Missing),
    /// The connection may not see it: it sent it without wishing to have it back (`own`), or it was
    /// excluded by who published it.
    Hidden {
        /// Whether it sent it.
        own: bool,
    },
    /// It was handed to the connection.
    Handed {
        /// When and why the connection ended, if it did.
        closed: Option<(Timestamp, CloseReason)>,
    },
    /// It was among the earlier messages that a later subscription was given, then.
    Recovered(Timestamp),
}

/// Why a connection was not subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// It had not asked.
    NeverAsked,
    /// It had asked and was denied.
    Denied(Timestamp, Denial),
    /// It had asked and was refused.
    Refused(Timestamp, ErrorCode),
    /// Its subscription had ended.
    Ended(Timestamp, Ender),
    /// It subscribed later.
    Later(Timestamp),
}

impl Explanation {
    /// Of requests: were they refused?
    pub(super) fn of_requests(facts: Vec<FlightFact>, since: Timestamp) -> Self {
        let verdict = match refusal(&facts) {
            Some(fact) => Verdict::Refused(Box::new(fact.clone())),
            None if facts.is_empty() => Verdict::Nothing,
            None => Verdict::NotRefused,
        };
        Self { verdict, facts, since }
    }
}

/// The latest refusal; of a denial the fact that names its rule.
pub(super) fn refusal(facts: &[FlightFact]) -> Option<&FlightFact> {
    let place = facts.iter().position(|fact| is_refusal(&fact.what))?;
    let first = &facts[place];
    let denied = matches!(first.what, What::Refused { code: ErrorCode::PermissionDenied, .. });
    let rule = |fact: &&FlightFact| {
        matches!(fact.what, What::Denied { .. })
            && fact.connection == first.connection
            && fact.trace == first.trace
    };
    let its_rule = facts[place..].iter().find(rule).filter(|_| denied);
    Some(its_rule.unwrap_or(first))
}

const fn is_refusal(what: &What) -> bool {
    matches!(
        what,
        What::AuthRefused { .. }
            | What::Denied { .. }
            | What::Refused { .. }
            | What::BackendRefused { .. }
    )
}

impl Verdict {
    /// The stable machine name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Refused(_) => "refused",
            Self::NotRefused => "not_refused",
            Self::NoSuchMessage => "no_such_message",
            Self::NotPublished(_) => "not_published",
            Self::Published { fates, .. } => self::best(fates).map_or("forgotten", Fate::name),
        }
    }
}

/// What speaks for all of a client's connections: one that got it, else the nearest to it.
pub(super) fn best(fates: &[Fated]) -> Option<&Fate> {
    fates.iter().map(|fated| &fated.fate).min_by_key(|fate| fate.rank())
}

impl Fate {
    const fn rank(&self) -> u8 {
        match self {
            Self::Handed { .. } => 0,
            Self::Recovered(_) => 1,
            Self::Hidden { .. } => 2,
            Self::NotSubscribed(_) => 3,
            Self::Forgotten => 4,
            Self::Offline { .. } => 5,
        }
    }

    /// The stable machine name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Offline { .. } => "offline",
            Self::Forgotten => "forgotten",
            Self::NotSubscribed(_) => "not_subscribed",
            Self::Hidden { .. } => "hidden",
            Self::Handed { .. } => "handed",
            Self::Recovered(_) => "recovered",
        }
    }
}
