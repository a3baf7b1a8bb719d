//! Why a connection ends.

/// Why the server ends a connection, or sees it end. Each codec owns its numbers for these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The third refused `auth`.
    NotAuthenticated,
    /// An operator or the backend ended it for good.
    Disconnected,
    /// The budget of bad requests is spent.
    BadRequests,
    /// The token was revoked.
    TokenRevoked,
    /// The address names no app.
    UnknownApp,
    /// The app is disabled.
    DisabledApp,
    /// The app is not served to who comes from there.
    OriginDenied,
    /// A version of the protocol that is not spoken here.
    UnsupportedProtocol,
    /// The server has as many connections as it may.
    OverCapacity,
    /// The reader's queue passed its limit.
    TooSlow,
    /// Requests kept coming although they were refused as too fast.
    RateLimited,
    /// The app, client or address has as many connections as it may.
    ConnectionLimit,
    /// No successful `auth` in time.
    AuthTimeout,
    /// The server is shutting down.
    ShuttingDown,
    /// Silence, and no answer to a ping.
    NoSignOfLife,
    /// The server asks the client to connect anew.
    Reconnect,
    /// The token expired and was not refreshed.
    TokenExpired,
    /// The peer broke the framing rules.
    ProtocolViolation,
    /// A kind of frame that this protocol does not use (binary).
    UnsupportedFrame,
    /// Text that is not UTF-8.
    InvalidText,
    /// A frame over the limit.
    FrameTooLarge,
    /// A fault of the server.
    InternalError,
    /// The peer said goodbye.
    ClientLeft,
    /// The network connection broke.
    PeerLost,
}

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Do not come back (unchanged).
    Final,
    /// Come back after a backoff of your own.
    Backoff,
    /// Come back after the delay that was given.
    AfterDelay,
}

impl CloseReason {
    /// Every reason that a server tells a client.
    pub const TOLD: [Self; 22] = [
        Self::NotAuthenticated,
        Self::Disconnected,
        Self::BadRequests,
        Self::TokenRevoked,
        Self::UnknownApp,
        Self::DisabledApp,
        Self::OriginDenied,
        Self::UnsupportedProtocol,
        Self::OverCapacity,
        Self::TooSlow,
        Self::RateLimited,
        Self::ConnectionLimit,
        Self::AuthTimeout,
        Self::ShuttingDown,
        Self::NoSignOfLife,
        Self::Reconnect,
        Self::TokenExpired,
        Self::ProtocolViolation,
        Self::UnsupportedFrame,
        Self::InvalidText,
        Self::FrameTooLarge,
        Self::InternalError,
    ];

    /// The stable machine name: what a `disconnect` push's `reason` and the log say.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not_authenticated",
            Self::Disconnected => "disconnected",
            Self::BadRequests => "too_many_bad_requests",
            Self::TokenRevoked => "token_revoked",
            Self::UnknownApp => "app_not_found",
            Self::DisabledApp => "app_disabled",
            Self::OriginDenied => "origin_denied",
            Self::UnsupportedProtocol => "unsupported_protocol",
            Self::OverCapacity => "over_capacity",
            Self::TooSlow => "too_slow",
            Self::RateLimited => "rate_limited",
            Self::ConnectionLimit => "connection_limit",
            Self::AuthTimeout => "auth_timeout",
            Self::ShuttingDown => "shutting_down",
            Self::NoSignOfLife => "no_sign_of_life",
            Self::Reconnect => "reconnect",
            Self::TokenExpired => "token_expired",
            Self::ProtocolViolation => "protocol_violation",
            Self::UnsupportedFrame => "unsupported_frame",
            Self::InvalidText => "invalid_text",
            Self::FrameTooLarge => "frame_too_large",
            Self::InternalError => "internal_error",
            Self::ClientLeft => "client_left",
            Self::PeerLost => "peer_lost",
        }
    }

    /// What a client does after it.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::NotAuthenticated
            | Self::Disconnected
            | Self::BadRequests
            | Self::TokenRevoked
            | Self::UnknownApp
            | Self::DisabledApp
            | Self::OriginDenied
            | Self::UnsupportedProtocol
            | Self::ProtocolViolation
            | Self::UnsupportedFrame
            | Self::InvalidText
            | Self::FrameTooLarge => Family::Final,
            Self::OverCapacity
            | Self::TooSlow
            | Self::RateLimited
            | Self::ConnectionLimit
            | Self::AuthTimeout
            | Self::InternalError
            | Self::ClientLeft
            | Self::PeerLost => Family::Backoff,
            Self::ShuttingDown | Self::NoSignOfLife | Self::Reconnect | Self::TokenExpired => {
                Family::AfterDelay
            }
        }
    }

    /// Whether what is still queued is thrown away: a reader that does not read would otherwise
    /// never come to the goodbye.
    #[must_use]
    pub const fn drops_queue(self) -> bool {
        matches!(self, Self::TooSlow)
    }
}
