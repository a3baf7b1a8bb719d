//! What a client asks, as a codec understood it.

use domain::{
    AppId, ChannelName, Epoch, MessageKey, MessageName, Offset, Payload, Position, RequestId,
    SessionToken, TraceId,
};
use secrecy::SecretString;

use crate::ports::{BadRequest, Order};

/// A request.
#[derive(Debug)]
pub struct Request {
    /// Correlates the reply; without one, replies come in request order.
    pub id: Option<RequestId>,
    /// What the client calls it, for the log.
    pub trace: Option<TraceId>,
    /// What is asked.
    pub command: Command,
}

/// What is asked.
#[derive(Debug)]
pub enum Command {
    /// Who am I: the first authenticates, a later one refreshes.
    Auth(Auth),
    /// Receive a channel's messages.
    Subscribe(Subscribe),
    /// The same of many channels; what is no subscription is refused by itself.
    SubscribeMany(Vec<Result<Subscribe, BadRequest>>),
    /// Receive no more of a channel.
    Unsubscribe(ChannelName),
    /// Send a message.
    Send(Send),
    /// Read earlier messages.
    History(History),
    /// See who is there.
    Presence(ChannelName),
    /// A sign of life.
    Ping,
    /// A sign of life that wants no answer.
    Alive,
    /// Who is this guest: what its app's backend signed says so.
    SignIn(Pass),
}

impl Command {
    /// Channels of one `subscribe` that are a request's work.
    const CHANNELS: usize = 10;

    /// How many requests it counts as.
    pub(crate) fn weight(&self) -> u32 {
        let Self::SubscribeMany(wishes) = self else { return 1 };
        u32::try_from(wishes.len().div_ceil(Self::CHANNELS)).unwrap_or(u32::MAX).max(1)
    }

    /// The one channel that it is about.
    pub(crate) fn channel(&self) -> Option<&ChannelName> {
        match self {
            Self::Subscribe(subscribe) => Some(&subscribe.channel),
            Self::Unsubscribe(channel) | Self::Presence(channel) => Some(channel),
            Self::Send(send) => Some(&send.channel),
            Self::History(history) => Some(&history.channel),
            Self::Auth(_) | Self::SubscribeMany(_) | Self::Ping | Self::Alive | Self::SignIn(_) => {
                None
            }
        }
    }

    /// The same, with the rest let go.
    pub(crate) fn into_channel(self) -> Option<ChannelName> {
        match self {
            Self::Subscribe(subscribe) => Some(subscribe.channel),
            Self::Unsubscribe(channel) | Self::Presence(channel) => Some(channel),
            Self::Send(send) => Some(send.channel),
            Self::History(history) => Some(history.channel),
            Self::Auth(_) | Self::SubscribeMany(_) | Self::Ping | Self::Alive | Self::SignIn(_) => {
                None
            }
        }
    }
}

/// What an app's backend signed for one connection, as the client shows it.
#[derive(Debug, Clone)]
pub struct Pass {
    /// The signature, with the name of its key in front where the protocol has it so.
    pub signature: SecretString,
    /// What is signed beside the connection and the channel: who the client is. At most 10 KiB.
    pub data: Option<Box<str>>,
}

/// The content of `auth`.
#[derive(Debug)]
pub struct Auth {
    /// The app; nothing where the text can't be the name of one.
    pub app: Option<AppId>,
    /// The token.
    pub token: SecretString,
    /// What a former connection was given, to continue it.
    pub session: Option<SessionToken>,
    /// Where the client was in channels that its token subscribes it to.
    pub positions: Vec<(ChannelName, Position)>,
    /// Whether it wants `heartbeat` pushes; nothing leaves it as it was, at first without.
    pub heartbeat: Option<bool>,
}

/// The content of `subscribe`, for one channel.
#[derive(Debug, Clone)]
pub struct Subscribe {
    /// Which channel.
    pub channel: ChannelName,
    /// Where the client was.
    pub position: Option<Position>,
    /// How many earlier messages it wants.
    pub rewind: Option<u32>,
    /// Whether it wants to enter the list of members, or watch it.
    pub presence: Option<PresenceWish>,
    /// What lets a guest into a channel that must be named.
    pub pass: Option<Pass>,
}

/// The content of `history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Which channel.
    pub channel: ChannelName,
    /// The stream that the client knows: another one is not answered from.
    pub epoch: Option<Epoch>,
    /// Only messages behind this one.
    pub after: Option<Offset>,
    /// Only messages before this one.
    pub before: Option<Offset>,
    /// At most so many.
    pub limit: u32,
    /// In which order.
    pub order: Order,
}

/// How a subscriber takes part in presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresenceWish {
    /// Be in the list, and be told of changes.
    Enter,
    /// Be told of changes.
    Watch,
}

/// The content of `messageSend`.
#[derive(Debug)]
pub struct Send {
    /// Where to.
    pub channel: ChannelName,
    /// The content.
    pub data: Payload,
    /// What kind of message, in the application's own words.
    pub name: Option<MessageName>,
    /// The idempotency key.
    pub key: Option<MessageKey>,
    /// Whether the sender wants its own message back.
    pub echo: bool,
}
