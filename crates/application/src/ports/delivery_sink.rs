//! The port by which a broker hands messages to the application.

use domain::{ChannelKey, Publication};

/// The application's fan-out, called back by a broker.
///
/// Guarantees:
///
/// 1. Never blocks on a slow reader and never fails: what a reader can't take is that reader's end.
/// 2. Called one at a time per channel, it gives every subscriber the messages in that order.
/// 3. A gap has its place in that order: the channel's subscribers get everything before it, then
///    learn that messages may be lost, and get nothing behind it until they subscribe anew.
pub trait DeliverySink: Send + Sync {
    /// Delivers a message to the channel's subscribers on this node.
    fn deliver(&self, publication: &Publication);

    /// The channel's stream is no longer the one that its subscribers know: makes the loss visible.
    /// To be called before anybody can read or hear anything of the new one.
    fn gap(&self, channel: &ChannelKey);
}
