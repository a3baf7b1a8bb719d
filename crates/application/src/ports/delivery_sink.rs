//! The port by which a broker hands messages to the application.

use domain::Publication;

/// The application's fan-out, called back by a broker.
///
/// Guarantees:
///
/// 1. Never blocks on a slow reader and never fails: what a reader can't take is that reader's end.
/// 2. Called one at a time per channel, it gives every subscriber the messages in that order.
pub trait DeliverySink: Send + Sync {
    /// Delivers a message to the channel's subscribers on this node.
    fn deliver(&self, publication: &Publication);
}
