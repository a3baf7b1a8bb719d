//! Why something was not done.

use std::time::Duration;

use domain::NameError;

use crate::StopReason;

/// A reply that is no success.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {reason}: {message}")]
pub struct Refusal {
    /// The class.
    pub code: u16,
    /// The stable name.
    pub reason: String,
    /// For people.
    pub message: String,
    /// When to try again, where waiting helps.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Whether the same request can succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self.reason.as_str(), "unavailable" | "internal" | "rate_limited")
    }
}

/// Why a draft can't be sent.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Not the name of a channel.
    #[error("not a channel: {0}")]
    Channel(#[source] NameError),
    /// Not the name of a message.
    #[error("not a message's name: {0}")]
    Name(#[source] NameError),
    /// The data is no JSON.
    #[error("the data is no JSON: {0}")]
    Data(#[source] serde_json::Error),
}

/// Why a message was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// As many sends wait as may: nothing was sent.
    #[error("{queued} sends wait already")]
    QueueFull {
        /// How many.
        queued: usize,
    },
    /// The server refused it: nothing was published.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The deadline passed. Where it was handed to a connection, the outcome is unknown.
    #[error("not acknowledged in time")]
    Expired {
        /// Whether it was handed to a connection.
        attempted: bool,
    },
    /// The client stopped. Where it was handed to a connection, the outcome is unknown.
    #[error("{why}")]
    Stopped {
        /// Why.
        why: StopReason,
        /// Whether it was handed to a connection.
        attempted: bool,
    },
}

/// Why a question was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// There is no authenticated connection, or it was lost before the answer.
    #[error("there is no connection")]
    Offline,
    /// As many questions are under way as may be.
    #[error("{under_way} questions are under way already")]
    TooMany {
        /// How many.
        under_way: usize,
    },
    /// The server refused it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The payload can't be JSON.
    #[error("the payload is no JSON")]
    NoJson,
}

/// Why there is no subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// Not the name of a channel.
    #[error("not a channel: {0}")]
    Channel(#[source] NameError),
    /// This client has one already.
    #[error("this client is subscribed already")]
    Already,
    /// As many channels as a client may have.
    #[error("{channels} channels already")]
    TooMany {
        /// How many.
        channels: usize,
    },
    /// The client stopped.
    #[error("{0}")]
    Stopped(StopReason),
}

/// The client's task has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client has ended")]
pub struct ClientGone;
