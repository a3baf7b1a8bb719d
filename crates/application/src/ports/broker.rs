//! The port that stamps, keeps and announces messages.

use async_trait::async_trait;
use domain::{ChannelKey, Draft, Position, Receipt};

use super::Cause;

/// Why a broker did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// It can't right now. Of a publish: the outcome is unknown.
    #[error("the broker is unavailable")]
    Unavailable(#[source] Cause),
}

/// What a broker says of a channel that it now announces here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attached {
    /// The channel's place at that time; nothing in a channel without history.
    pub position: Option<Position>,
}

/// Stamps drafts, keeps them where the namespace says so, and announces them to the
/// [`DeliverySink`](super::DeliverySink) it was made with.
///
/// Guarantees of every adapter:
///
/// 1. Stamp, keep and announce are one step: the port boundary is the transaction boundary. What
///    was acknowledged was announced to every attached node, or will be.
/// 2. All announcements of a channel come in one order, the order of the stamps, one at a time.
/// 3. Channels of different apps are different channels.
/// 4. A publish to a channel that nobody attached succeeds.
/// 5. After `attach` returns, every later publish is announced; after `detach` returns, none has
///    to be: the sink knows its subscribers. Both may be repeated.
/// 6. Message ids are unique.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Broker: Send + Sync {
    /// Publishes a draft.
    ///
    /// # Errors
    /// The outcome is unknown: the sender retries with the same key.
    async fn publish(&self, draft: Draft) -> Result<Receipt, BrokerError>;

    /// From now on the channel is announced here: its first subscriber comes.
    ///
    /// # Errors
    /// The channel is not attached.
    async fn attach(&self, channel: &ChannelKey) -> Result<Attached, BrokerError>;

    /// The channel is no longer announced here: its last subscriber left.
    ///
    /// # Errors
    /// The channel may still be attached; announcements without subscribers do no harm.
    async fn detach(&self, channel: &ChannelKey) -> Result<(), BrokerError>;
}
