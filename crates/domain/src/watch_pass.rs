//! What lets somebody watch a channel who is no client of the app.

use std::time::Duration;

use crate::{AppId, ChannelName, ClientId, Epoch, Timestamp};

/// Lets its holder see one channel of an app for a while, and do nothing. The server gives it out
/// itself: no key of the app makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchPass {
    /// The tenant.
    pub app: AppId,
    /// The life of the app that it was given out in: another app of this id has another one.
    pub life: Epoch,
    /// The channel.
    pub channel: ChannelName,
    /// Who watches.
    pub client: ClientId,
    /// What a revocation names.
    pub id: Box<str>,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// From then on it is not taken.
    pub expires_at: Timestamp,
}

impl WatchPass {
    /// How long one is good.
    pub const LIFE: Duration = Duration::from_secs(15 * 60);
    /// What the token of one begins with. No app's token does: theirs begin with an object.
    pub const MARK: &'static str = "rtw_";

    /// Whether a token is one of a pass, or would be.
    #[must_use]
    pub fn is_marked(token: &str) -> bool {
        token.starts_with(Self::MARK)
    }
}
