//! The port that is told what happens.

use std::{net::IpAddr, time::Duration};

use domain::{
    AppId, ChannelName, ClientId, CloseReason, ConnectionId, Denial, ErrorCode, Language, Limit,
    TraceId,
};

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
    /// An `auth` was refused. Told once per connection and code and minute.
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
        /// Refusals of the connection with this code since it was last told.
        suppressed: u32,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A grant was missing. Told once per connection and rule and minute.
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
        /// Denials by the same rule since it was last told.
        suppressed: u32,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A request was refused for another reason than a grant.
    Refused {
        /// Which connection.
        connection: ConnectionId,
        /// What the client was told.
        code: ErrorCode,
        /// What the client calls its request.
        trace: Option<&'a TraceId>,
    },
    /// A request failed by a fault that the client does not see.
    Failed {
        /// Which connection.
        connection: ConnectionId,
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
    /// A subscription was made or ended.
    Subscription {
        /// Which connection.
        connection: ConnectionId,
        /// The tenant.
        app: &'a AppId,
        /// Where.
        channel: &'a ChannelName,
        /// Made, or ended.
        made: bool,
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
