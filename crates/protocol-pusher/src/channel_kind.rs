//! What a channel's name says of it in this protocol.

use domain::ChannelName;

/// What a channel's name says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelKind {
    /// Whether subscribing needs a signature of the app's backend.
    pub signed: bool,
    /// Whether its members know each other.
    pub presence: bool,
    /// Whether its payloads are encrypted between its clients: passed through.
    pub encrypted: bool,
    /// Whether a new subscriber gets the latest message.
    pub cache: bool,
}

impl ChannelKind {
    /// By the name's beginning.
    #[must_use]
    pub fn of(channel: &ChannelName) -> Self {
        let name = channel.as_str();
        let presence = name.starts_with("presence-");
        let encrypted = name.starts_with("private-encrypted-");
        let begins = |prefix: &&str| name.starts_with(*prefix);
        Self {
            signed: presence || name.starts_with("private-"),
            presence,
            encrypted,
            cache: Self::CACHES.iter().any(begins),
        }
    }

    /// What the names of channels begin with that give a new subscriber the latest message.
    pub const CACHES: [&'static str; 4] =
        ["cache-", "private-cache-", "presence-cache-", "private-encrypted-cache-"];
}
