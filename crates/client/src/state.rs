//! Where the connection stands.

use std::time::Duration;

use crate::{Departure, Refusal};

/// The connection as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// There is none; the next attempt comes after the delay.
    Waiting {
        /// From the moment that this was said.
        delay: Duration,
    },
    /// A token is being fetched, a connection made or authenticated.
    Connecting,
    /// Authenticated.
    Online {
        /// Who the server says that this is.
        client_id: String,
        /// This connection.
        connection_id: String,
    },
    /// For good.
    Stopped(StopReason),
}

/// Why a client does not come back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopReason {
    /// It was asked to, or its last handle is gone.
    #[error("stopped as asked")]
    Asked,
    /// The server sent it away for good.
    #[error("the server closed with {} ({})", .0.code, .0.reason.as_deref().unwrap_or("no reason"))]
    Closed(Departure),
    /// The server refused the upgrade.
    #[error("the server refused the connection with HTTP {0}")]
    UpgradeRefused(u16),
    /// The address can't be used.
    #[error("the address can't be used: {0}")]
    BadAddress(String),
    /// The server refused the token, a fresh one too.
    #[error("the server refused to authenticate: {0}")]
    AuthRefused(Refusal),
    /// The token source has none.
    #[error("no token: {0}")]
    NoToken(String),
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that authenticated.
    pub connections: u64,
    /// Tokens that were refreshed in place.
    pub refreshes: u64,
    /// Sends that were handed to a connection again.
    pub resends: u64,
    /// Messages that were dropped because the position covered them.
    pub repeats: u64,
    /// Returns to a channel with everything that was missed.
    pub recovered: u64,
    /// Returns to a channel with history where something may be missing.
    pub not_recovered: u64,
}
