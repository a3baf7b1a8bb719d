//! The port that tells what happened, of late.

use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, Denial, ErrorCode,
    MessageId, Position, Timestamp, TraceId,
};

use super::{Change, Kind, OrderKind};

/// Something that happened: what of a [`super::DomainEvent`] is remembered. No address, payload,
/// token or secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlightFact {
    /// When it was told.
    pub at: Timestamp,
    /// Its place among all facts of this node: what came later has more.
    pub order: u64,
    /// The tenant; nothing for a connection that is not authenticated.
    pub app: Option<AppId>,
    /// The connection that it is about, where it is about one.
    pub connection: Option<ConnectionId>,
    /// What the client or backend calls its request.
    pub trace: Option<TraceId>,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A client was authenticated, or refreshed its token.
    Authenticated {
        /// Who.
        client: ClientId,
        /// Whether it was before, too.
        refreshed: bool,
    },
    /// An `auth` was refused. The app is the one that was asked for.
    AuthRefused {
        /// What the client was told.
        code: ErrorCode,
    },
    /// A grant was missing.
    Denied {
        /// Who.
        client: ClientId,
        /// Where.
        channel: ChannelName,
        /// Which rule decided.
        denial: Denial,
    },
    /// A request was refused.
    Refused {
        /// What was asked.
        kind: Kind,
        /// Where, if it was about one channel.
        channel: Option<ChannelName>,
        /// What the client was told.
        code: ErrorCode,
    },
    /// Something failed by a fault of the server; the log has the cause.
    Failed {
        /// What was tried.
        what: Box<str>,
    },
    /// A request of the app's backend was refused.
    BackendRefused {
        /// What was asked.
        what: Box<str>,
        /// Where, if it was about one channel.
        channel: Option<ChannelName>,
        /// What the backend was told.
        code: ErrorCode,
    },
    /// The app's backend ordered something.
    Ordered {
        /// What.
        order: OrderKind,
        /// Where, if it was about one channel.
        channel: Option<ChannelName>,
    },
    /// A command came.
    Command {
        /// What was asked.
        kind: Kind,
        /// Bytes of its frame.
        bytes: u64,
        /// Where, if it was about one channel.
        channel: Option<ChannelName>,
    },
    /// A message was published.
    Published(Sent),
    /// A channel's stream began anew under its subscribers.
    Gap {
        /// Which channel.
        channel: ChannelName,
    },
    /// A client came to a channel's members, or left them.
    Member {
        /// Where.
        channel: ChannelName,
        /// Who.
        client: ClientId,
        /// Came, or left.
        joined: bool,
    },
    /// A subscription began or ended.
    Subscription {
        /// Where.
        channel: ChannelName,
        /// How.
        change: Change,
    },
    /// The connection ended.
    Closed {
        /// Who.
        client: ClientId,
        /// Why.
        reason: CloseReason,
    },
}

impl What {
    /// The stable machine name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Authenticated { .. } => "authenticated",
            Self::AuthRefused { .. } => "auth_refused",
            Self::Denied { .. } => "denied",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::BackendRefused { .. } => "backend_refused",
            Self::Ordered { .. } => "ordered",
            Self::Command { .. } => "command",
            Self::Published(_) => "published",
            Self::Gap { .. } => "gap",
            Self::Member { joined: true, .. } => "member_joined",
            Self::Member { joined: false, .. } => "member_left",
            Self::Subscription { change: Change::Made(_), .. } => "subscribed",
            Self::Subscription { change: Change::Placed(_), .. } => "placed",
            Self::Subscription { change: Change::Ended(_), .. } => "unsubscribed",
            Self::Closed { .. } => "closed",
        }
    }

    /// The client that it is about, where it says so.
    #[must_use]
    pub const fn client(&self) -> Option<&ClientId> {
        match self {
            Self::Authenticated { client, .. }
            | Self::Denied { client, .. }
            | Self::Member { client, .. }
            | Self::Closed { client, .. } => Some(client),
            Self::AuthRefused { .. }
            | Self::Refused { .. }
            | Self::Failed { .. }
            | Self::BackendRefused { .. }
            | Self::Ordered { .. }
            | Self::Command { .. }
            | Self::Published(_)
            | Self::Gap { .. }
            | Self::Subscription { .. } => None,
        }
    }

    /// The channel that it is about, where it is about one.
    #[must_use]
    pub const fn channel(&self) -> Option<&ChannelName> {
        match self {
            Self::Denied { channel, .. }
            | Self::Gap { channel }
            | Self::Member { channel, .. }
            | Self::Subscription { channel, .. } => Some(channel),
            Self::Published(sent) => Some(&sent.channel),
            Self::Refused { channel, .. }
            | Self::BackendRefused { channel, .. }
            | Self::Ordered { channel, .. }
            | Self::Command { channel, .. } => channel.as_ref(),
            Self::Authenticated { .. }
            | Self::AuthRefused { .. }
            | Self::Failed { .. }
            | Self::Closed { .. } => None,
        }
    }
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where.
    pub channel: ChannelName,
    /// Its id.
    pub id: MessageId,
    /// When it was stamped.
    pub stamped: Timestamp,
    /// Its place, in a channel with history.
    pub position: Option<Position>,
    /// The connection that it is hidden from.
    pub hidden_from: Option<ConnectionId>,
    /// How many subscribed on this node then.
    pub subscribers: u64,
    /// Bytes of its data.
    pub bytes: u64,
    /// Whether it repeats an earlier one with the same key, which alone was announced.
    pub repeated: bool,
}

/// Whose facts are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// Of a connection, those among them from before it was authenticated.
    Connection(ConnectionId),
    /// Where a client came in and went.
    Client(&'a AppId, &'a ClientId),
    /// Of a channel: messages, members, subscriptions, refusals.
    Channel(&'a ChannelKey),
    /// The publication of a message.
    Message(&'a AppId, &'a MessageId),
    /// Of one request.
    Trace(&'a AppId, &'a TraceId),
}

/// How much of a subject is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Without commands, messages, changes of members, refused tokens and requests refused as too
    /// fast or before a connection is authenticated: these are forgotten first.
    Decisions,
    /// All of it.
    Everything,
}

/// What is remembered of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlightFacts {
    /// The latest first.
    pub facts: Vec<FlightFact>,
    /// Since when nothing of it is missing.
    pub since: Timestamp,
}

/// Tells what happened, as far as it is still remembered.
///
/// Guarantees of every adapter:
///
/// 1. The latest come first, and no more than were asked for; where more are remembered, `since` is
///    the time of the earliest that is given.
/// 2. What is given is of the subject, and of no other app than the subject's.
/// 3. Nothing of the asked depth that happened from `since` on is missing; what is older may be.
/// 4. What is remembered takes a fixed amount of memory, whatever happens and to however many.
///
/// It may take milliseconds: asked for people, not for each request.
pub trait FlightLog: Send + Sync {
    /// The latest facts of a subject, at most `most`. A message's is one, whatever the depth.
    fn facts(&self, subject: Subject<'_>, depth: Depth, most: usize) -> FlightFacts;
}

/// Where nobody remembers anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFlightLog;

impl FlightLog for NoFlightLog {
    fn facts(&self, _: Subject<'_>, _: Depth, _: usize) -> FlightFacts {
        FlightFacts { facts: Vec::new(), since: Timestamp::from_millis(u64::MAX) }
    }
}
