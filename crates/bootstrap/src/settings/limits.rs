//! `[limits]`: what all connections together, and each one, may take.

use std::time::Duration;

use domain::Rate;
use serde::Deserialize;

use super::{
    bounds::within, key_path::KeyPath, problem::Problem, rate::rate, scalar::Count, size::Size,
    span::Span,
};

/// Bounds of the whole server, whatever the app. An app's own are in [`domain::AppLimits`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections in all.
    pub connections: u32,
    /// Connections that have not said who they are, in all.
    pub unauthenticated: u32,
    /// The same, from one address.
    pub unauthenticated_per_address: u32,
    /// Connections and further `auth` requests of one address.
    pub attempts_per_address: Option<Rate>,
    /// Bytes that may wait to be sent, on all connections together; unless set, the server chooses by
    /// the machine's memory.
    pub queues: Option<usize>,
    /// How long a connection may take to say who it is.
    pub auth_timeout: Duration,
    /// How long the header of a request may take.
    pub header_timeout: Duration,
    /// How often the server asks for a sign of life.
    pub ping_interval: Duration,
    /// How long it waits for one.
    pub ping_timeout: Duration,
    /// Bytes of a frame that a client sends.
    pub frame_bytes: usize,
    /// The same before `auth`.
    pub unauthenticated_frame_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            unauthenticated: 10_000,
            unauthenticated_per_address: 1000,
            attempts_per_address: None,
            queues: None,
            auth_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(10),
            frame_bytes: 128 * 1024,
            unauthenticated_frame_bytes: 16 * 1024,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawLimits {
    connections: Count,
    unauthenticated: Count,
    unauthenticated_per_address: Count,
    attempts_per_address: Option<Count>,
    attempts_burst: Option<Count>,
    queues: Option<Size>,
    auth_timeout: Span,
    header_timeout: Span,
    ping_interval: Span,
    ping_timeout: Span,
    frame: Size,
    unauthenticated_frame: Size,
}

impl RawLimits {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<Limits, Problem> {
        let count = |key: &str, value: Count| within(&path.key(key), value.0, 1..=10_000_000);
        let time = |key: &str, value: Span| {
            within(&path.key(key), value, Span::secs(1)..=Span::minutes(10)).map(Span::get)
        };
        let size = |key: &str, value: Size, most: Size| {
            within(&path.key(key), value, Size::kib(1)..=most).map(Size::as_usize)
        };
        Ok(Limits {
            connections: count("connections", self.connections)?,
            unauthenticated: count("unauthenticated", self.unauthenticated)?,
            unauthenticated_per_address: count(
                "unauthenticated_per_address",
                self.unauthenticated_per_address,
            )?,
            attempts_per_address: rate(
                path,
                ("attempts_per_address", self.attempts_per_address),
                ("attempts_burst", self.attempts_burst),
            )?,
            queues: self.queues.map(|queues| queued(&path.key("queues"), queues)).transpose()?,
            auth_timeout: time("auth_timeout", self.auth_timeout)?,
            header_timeout: time("header_timeout", self.header_timeout)?,
            ping_interval: time("ping_interval", self.ping_interval)?,
            ping_timeout: time("ping_timeout", self.ping_timeout)?,
            frame_bytes: size("frame", self.frame, Size::mib(16))?,
            unauthenticated_frame_bytes: size(
                "unauthenticated_frame",
                self.unauthenticated_frame,
                self.frame,
            )?,
        })
    }
}

/// Beyond any machine there is no bound.
fn queued(path: &KeyPath, queues: Size) -> Result<usize, Problem> {
    within(path, queues, Size::mib(1)..=Size::gib(16 * 1024)).map(Size::as_usize)
}
