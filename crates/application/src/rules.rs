//! What every connection is held to, whatever its app.

use std::time::Duration;

use domain::Rate;

/// Bounds of the server; `docs/configuration.md` gives the defaults' keys.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// From the opening of a connection to its successful `auth`.
    pub auth_timeout: Duration,
    /// Silence after which the server asks for a sign of life.
    pub ping_interval: Duration,
    /// How long it waits for that sign.
    pub ping_timeout: Duration,
    /// Bytes of a frame, after `auth`.
    pub frame_bytes: usize,
    /// Bytes of a frame, before `auth`.
    pub unauthenticated_frame_bytes: usize,
    /// Over how long a time clients come back after a shutdown.
    pub shutdown_window: Duration,
    /// Connections and further `auth` requests of one address (of IPv6: one /64) before they are
    /// known; nothing means that only their number at a time is bounded.
    pub attempts_per_address: Option<Rate>,
}

impl Rules {
    /// From `exp` to the close of a connection whose token was not refreshed (protocol).
    pub const EXPIRY_GRACE: Duration = Duration::from_secs(25);
    /// `tokenExpiring` comes this long ahead, or a quarter of a shorter life.
    pub const EXPIRY_NOTICE: Duration = Duration::from_secs(60);
    /// The refused `auth` that closes the connection.
    pub const AUTH_ATTEMPTS: u8 = 3;
    /// Connections that watch one app at once, by passes of the server's.
    pub const WATCHERS: u32 = 64;
    /// Bad requests at once; the next one closes.
    pub const BAD_REQUESTS: u32 = 10;
    /// After this long one bad request is forgiven.
    pub const BAD_REQUEST_REFILL: Duration = Duration::from_secs(10);
    /// Milliseconds over which clients come back whose close gives a delay but no window (4201,
    /// 4202, 4203).
    pub const RETURN_SPREAD_MS: u64 = 2000;
    /// Frames without a message (pings, pongs, pieces of messages) at once; more close.
    pub const OVERHEAD_BURST: u32 = 2000;
    /// The same per second, in the long run.
    pub const OVERHEAD_PER_SECOND: u32 = 1000;
    /// So long an expiry waits for a refresh that began before it.
    pub const REFRESH_PATIENCE: Duration = Duration::from_secs(5);
    /// Sends of one connection that may wait for their commit; then the server stops reading.
    pub const SENDS_UNDER_WAY: usize = 64;
    /// So long the goodbyes of a shutdown wait for what was sent before it to be written.
    pub const LAST_MESSAGES: Duration = Duration::from_secs(1);
    /// Bytes that may wait for a connection before `auth`.
    pub const UNAUTHENTICATED_QUEUE: usize = 64 * 1024;
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            auth_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(10),
            frame_bytes: 128 * 1024,
            unauthenticated_frame_bytes: 16 * 1024,
            shutdown_window: Duration::from_secs(30),
            attempts_per_address: None,
        }
    }
}
