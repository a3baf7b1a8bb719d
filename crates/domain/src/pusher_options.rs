//! What an app says of its clients of the Pusher protocol.

/// Options and limits of the Pusher protocol; the defaults are those of the hosted service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PusherOptions {
    /// Whether clients may send events of their own (`client-...`) in private and presence channels.
    pub client_events: bool,
    /// Whether subscribers are told how many they are (not in presence channels).
    pub subscription_count: bool,
    /// Bytes of an event's `data`.
    pub event_bytes: usize,
    /// Channels of one event of a backend.
    pub event_channels: usize,
    /// Events of one batch of a backend.
    pub batch_events: usize,
}

impl Default for PusherOptions {
    fn default() -> Self {
        Self {
            client_events: true,
            subscription_count: false,
            event_bytes: 10 * 1024,
            event_channels: 100,
            batch_events: 10,
        }
    }
}
