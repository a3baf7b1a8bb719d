//! What a request is answered.

use std::{borrow::Cow, sync::Arc, time::Duration};

use domain::{
    ChannelName, ClientId, ConnectionId, ErrorCode, Language, Position, Receipt, Record, RequestId,
    Roster, SessionToken, Timestamp,
};

use crate::ports::Page;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The request's id.
    pub id: Option<RequestId>,
    /// What a refusal is about, for protocols whose refusals say so.
    pub about: About,
    /// Success with data, or why not.
    pub outcome: Result<ReplyData, Refusal>,
}

/// What was refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum About {
    /// Anything else, or a frame that is no request.
    #[default]
    Other,
    /// A subscription to this channel.
    Subscribe(ChannelName),
    /// A message to this channel.
    Send(ChannelName),
    /// A guest's word who it is.
    SignIn,
}

/// Why a request was refused, as the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The row of the error table.
    pub code: ErrorCode,
    /// When to try again, where waiting helps.
    pub retry_after: Option<Duration>,
    /// What exactly is wrong, in English, where the client may know.
    pub detail: Option<String>,
}

impl Refusal {
    /// A refusal that says no more than its code.
    #[must_use]
    pub fn plain(code: ErrorCode) -> Self {
        Self { code, retry_after: None, detail: None }
    }

    /// A refusal that says what exactly is wrong.
    #[must_use]
    pub fn because(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, retry_after: None, detail: Some(detail.into()) }
    }

    /// A refusal that passes by waiting.
    #[must_use]
    pub fn later(code: ErrorCode, retry_after: Duration) -> Self {
        Self { code, retry_after: Some(retry_after), detail: None }
    }
}

impl Refusal {
    /// The text for people: the row's, with what exactly is wrong in brackets.
    #[must_use]
    pub fn message(&self, language: Language) -> Cow<'static, str> {
        let text = self.code.message(language);
        match (&self.detail, language) {
            (None, _) => Cow::Borrowed(text),
            (Some(detail), Language::Chinese) => Cow::Owned(format!("{text}（{detail}）")),
            (Some(detail), Language::English) => Cow::Owned(format!("{text} ({detail})")),
        }
    }
}

/// The data of a successful reply.
#[derive(Debug)]
pub enum ReplyData {
    /// Of `auth`.
    Authenticated(Box<Welcome>),
    /// Of `subscribe` for one channel.
    Subscribed(Subscribed),
    /// Of `subscribe` for many: in the order asked, each by itself.
    SubscribedMany(Vec<(Option<ChannelName>, Result<Subscribed, Refusal>)>),
    /// Of `unsubscribe`.
    Unsubscribed(ChannelName),
    /// Of `messageSend`.
    Sent(ChannelName, Receipt),
    /// Of `history`.
    History(HistoryPage),
    /// Of `presence`.
    Present(Roster),
    /// Of `ping`.
    Pong(Timestamp),
    /// Of a guest's word who it is: what its backend signed.
    SignedIn(Box<str>),
}

impl ReplyData {
    /// Messages of streams that it gives.
    pub(crate) fn messages(&self) -> usize {
        match self {
            Self::Subscribed(one) => one.messages(),
            Self::SubscribedMany(many) => {
                let made = many.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
                made.map(Subscribed::messages).sum()
            }
            Self::History(history) => history.page.messages.len(),
            Self::Authenticated(_)
            | Self::Unsubscribed(_)
            | Self::Sent(..)
            | Self::Present(_)
            | Self::Pong(_)
            | Self::SignedIn(_) => 0,
        }
    }
}

impl Subscribed {
    /// Messages of its stream that it gives.
    pub(crate) fn messages(&self) -> usize {
        self.stream.as_ref().map_or(0, |replay| replay.messages.len())
    }
}

/// What an authenticated client is told.
#[derive(Debug)]
pub struct Welcome {
    /// Who it is.
    pub client: ClientId,
    /// Its connection.
    pub connection: ConnectionId,
    /// What a later connection shows to continue this one.
    pub session: SessionToken,
    /// When the token ends; nothing for who has none.
    pub expires_at: Option<Timestamp>,
    /// After how long a silence the server asks for a sign of life.
    pub ping_interval: Duration,
    /// What it must keep to.
    pub limits: WelcomeLimits,
    /// The server's time.
    pub ts: Timestamp,
}

/// The limits that a client must keep to.
#[derive(Debug, Clone, Copy)]
pub struct WelcomeLimits {
    /// Bytes of a frame.
    pub frame_bytes: usize,
    /// Bytes of a message's `data`, compacted.
    pub payload_bytes: usize,
    /// Channels at once.
    pub channels: u32,
    /// Requests per second.
    pub requests_per_second: u32,
    /// Requests at once.
    pub requests_burst: u32,
}

/// What a new subscriber is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribed {
    /// Which channel.
    pub channel: ChannelName,
    /// Whether what was missed since the given position was made up for; nothing where no
    /// position was given.
    pub recovered: Option<bool>,
    /// Its stream, in a channel with history that the client may read.
    pub stream: Option<Replay>,
    /// Who is there; nothing where the client did not ask.
    pub presence: Option<Roster>,
}

/// Where a subscriber is in a channel's stream, and what it was given to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The place behind `messages`: what is pushed comes after it.
    pub position: Position,
    /// Earlier messages, the oldest first.
    pub messages: Vec<Arc<Record>>,
}

/// Earlier messages of a channel.
#[derive(Debug)]
pub struct HistoryPage {
    /// Which channel.
    pub channel: ChannelName,
    /// What its history answers.
    pub page: Page,
}
