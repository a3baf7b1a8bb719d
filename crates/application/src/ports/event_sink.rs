//! The port that is told what happens.

use std::{net::IpAddr, time::Duration};

use domain::{
    AppId, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, Denial, ErrorCode,
    Language, Limit, PresenceChange, Receipt, TraceId, WebhookName,
};

use super::{Change, Kind, WebhookNews};

/// Something that happened, for logs, metrics and traces. No payload, token or secret is in it.
pub enum DomainEvent<'a> {
    /// A connection was made; nothing is known of it yet.
    Opened {
        /// Which.
        connection: ConnectionId,
        /// From where.
        address: IpAddr,
        /// The language of its replies.
        language: Language,
    },
    /// A client is authenticated, or refreshed its token.
    Authenticated {
        /// Which connection.
        connection: ConnectionId,
        /// The tenant.
        app: &'a AppId,
        /// Who.
        client: &'a ClientId,
        /// Whether it was before, too.
        refreshed: bool,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// An `auth` was refused.
    AuthRefused {
        /// Which connection.
        connection: ConnectionId,
        /// From where.
        address: IpAddr,
        /// The app that was asked for, where it is an app's name at all.
        app: Option<&'a AppId>,
        /// What the client was told.
        code: ErrorCode,
        /// What the client was not told.
        cause: &'a dyn std::fmt::Display,
        /// Refusals of the connection with this code since the log was last told; nothing where it
        /// is not to be told now: it is once per connection and code and minute.
        suppressed: Option<u32>,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A grant was missing.
    Denied {
        /// Which connection.
        connection: ConnectionId,
        /// The tenant.
        app: &'a AppId,
        /// Who.
        client: &'a ClientId,
        /// Where.
        channel: &'a ChannelName,
        /// Which rule decided.
        denial: &'a Denial,
        /// Denials by the same rule since the log was last told; nothing where it is not to be told
        /// now: it is once per connection and rule and minute.
        suppressed: Option<u32>,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A request was refused, or one of several in it; what was denied by a grant is told as
    /// [`Self::Denied`] before.
    Refused {
        /// Which connection.
        connection: ConnectionId,
        /// The tenant, where it is authenticated.
        app: Option<&'a AppId>,
        /// What was asked.
        kind: Kind,
        /// Where, if it was about one channel.
        channel: Option<&'a ChannelName>,
        /// What the client was told.
        code: ErrorCode,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A request failed by a fault that the client does not see.
    Failed {
        /// Which connection.
        connection: ConnectionId,
        /// The tenant, where it is authenticated.
        app: Option<&'a AppId>,
        /// What was tried.
        what: &'static str,
        /// What went wrong.
        cause: &'a dyn std::fmt::Display,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// What an app's backend asked for failed by a fault that it does not see.
    BackendFailed {
        /// The tenant.
        app: &'a AppId,
        /// What was tried.
        what: &'static str,
        /// What went wrong.
        cause: &'a dyn std::fmt::Display,
        /// What the backend calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A limit is near or reached. Told once per app and limit and minute.
    Limited {
        /// The tenant; nothing where the limit is an address's.
        app: Option<&'a AppId>,
        /// From where, where the limit is an address's.
        address: Option<IpAddr>,
        /// Which limit.
        limit: Limit,
        /// Whether something was refused, or the limit is only near.
        reached: bool,
        /// How often it happened since it was last told.
        suppressed: u32,
    },

    /// What apps used could not be recorded. Told once, until it could.
    UsageNotRecorded {
        /// What went wrong.
        cause: &'a dyn std::fmt::Display,
    },

    /// An operator changed an app.
    AppChanged {
        /// Which.
        app: &'a AppId,
        /// How: a word or two.
        how: &'static str,
    },
    /// A request of an app's backend was refused.
    BackendRefused {
        /// The tenant.
        app: &'a AppId,
        /// What was asked: the operation's name in the API.
        what: &'static str,
        /// Where, if it was about one channel.
        channel: Option<&'a ChannelName>,
        /// What the backend was told.
        code: ErrorCode,
        /// What the backend calls its request.
        trace: Option<&'a TraceId>,
    },
    /// An app's backend ordered something of a connection.
    Ordered {
        /// Of which.
        connection: ConnectionId,
        /// The tenant.
        app: &'a AppId,
        /// What.
        order: OrderKind,
        /// Where, if it was about one channel.
        channel: Option<&'a ChannelName>,
        /// What the backend calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A command came. Told for each, before it is carried out.
    Command {
        /// On which connection.
        connection: ConnectionId,
        /// The tenant, where it is authenticated.
        app: Option<&'a AppId>,
        /// What is asked.
        kind: Kind,
        /// Bytes of its frame.
        bytes: usize,
        /// Where, if it is about one channel.
        channel: Option<&'a ChannelName>,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A broker took a message and announced it. Told once for each, however many subscribers it has.
    Published {
        /// Which connection sent it; nothing for the app's backend.
        connection: Option<ConnectionId>,
        /// Where.
        channel: &'a ChannelKey,
        /// Its id and place.
        receipt: &'a Receipt,
        /// The connection that it is hidden from.
        hidden_from: Option<ConnectionId>,
        /// How many subscribed on this node then.
        subscribers: usize,
        /// Bytes of its data.
        bytes: usize,
        /// What the sender calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A channel's stream began anew under its subscribers, who lost their place.
    Gap {
        /// Which channel.
        channel: &'a ChannelKey,
    },
    /// A client came to a channel's members or left them.
    Presence(&'a PresenceChange),
    /// Something about a webhook.
    Webhook {
        /// The tenant.
        app: &'a AppId,
        /// The endpoint.
        endpoint: &'a WebhookName,
        /// What.
        news: WebhookNews<'a>,
    },
    /// A subscription was made or ended.
    Subscription {
        /// Which connection.
        connection: ConnectionId,
        /// The tenant.
        app: &'a AppId,
        /// Where.
        channel: &'a ChannelName,
        /// Made, or ended, and by whom.
        change: Change,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// More waited to be sent than should. Told once per time that it did, and every 10 s while it
    /// does.
    OverCapacity {
        /// Slow readers that were closed.
        closed: usize,
        /// The most bytes that waited.
        bytes: usize,
    },
    /// A connection ended.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// The tenant, where it was authenticated.
        app: Option<&'a AppId>,
        /// Who, where it was authenticated.
        client: Option<&'a ClientId>,
        /// Why.
        reason: CloseReason,
        /// How long it lived.
        lived: Duration,
    },
}

/// What an app's backend can order of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderKind {
    /// Subscribe to a channel.
    Subscribe,
    /// End a subscription.
    Unsubscribe,
    /// End.
    Disconnect,
    /// End, for its token is revoked.
    Revoke,
}

impl OrderKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Subscribe, Self::Unsubscribe, Self::Disconnect, Self::Revoke];

    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Disconnect => "disconnect",
            Self::Revoke => "revoke",
        }
    }
}

/// Is told what happens.
///
/// Guarantees of every adapter:
///
/// 1. Never blocks and never fails: what must not be lost does not travel this way.
/// 2. Text from outside is escaped before it reaches a line.
pub trait EventSink: Send + Sync {
    /// Takes note of an event.
    fn record(&self, event: &DomainEvent<'_>);
}
