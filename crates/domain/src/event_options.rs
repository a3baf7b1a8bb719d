//! What an app says of its event log.

use std::time::Duration;

/// What is kept of an app's events, whichever bound is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventOptions {
    /// Whether events are kept although no webhook wants them, for who reads them over the API.
    pub keep: bool,
    /// Events.
    pub size: u32,
    /// Age.
    pub ttl: Duration,
    /// Bytes.
    pub bytes: u64,
    /// How long a channel waits for a subscriber before it counts as vacated.
    pub vacated_delay: Duration,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self {
            keep: false,
            size: 1_000_000,
            ttl: Duration::from_secs(7 * 24 * 60 * 60),
            bytes: 256 << 20,
            vacated_delay: Duration::from_secs(3),
        }
    }
}

/// Whether an app is told of the messages of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MessageEvents {
    /// No.
    #[default]
    None,
    /// That there was one: without its data.
    Bare,
    /// With its data.
    Data,
}
