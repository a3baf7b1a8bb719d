//! The port by which a presence store hands changes to the application.

use domain::PresenceChange;

/// The application's fan-out of presence, called back by a presence store.
///
/// Guarantees:
///
/// 1. Never blocks on a slow reader and never fails: what a reader can't take is that reader's end.
/// 2. Called one at a time per channel, in the order of the versions, it gives every watcher the
///    changes in that order; of a channel with more than 1,000 members only how many there are, at
///    most once a second.
pub trait PresenceSink: Send + Sync {
    /// Tells the channel's watchers on this node.
    fn announce(&self, change: &PresenceChange);
}
