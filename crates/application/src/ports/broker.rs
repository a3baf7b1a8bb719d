//! The port that stamps, keeps and announces messages.

use async_trait::async_trait;
use domain::{AppId, ChannelKey, Draft, Receipt};

use super::Cause;

/// Why a broker did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// It can't right now. Of a publish: the outcome is unknown.
    #[error("the broker is unavailable")]
    Unavailable(#[source] Cause),
    /// The key was used for other content.
    #[error("the key was used for other content")]
    Conflict,
    /// The app remembers as many keys as it may: nothing was published.
    #[error("the app has as many keys to remember as it may")]
    KeysFull,
}

/// Keys that an app can have remembered at once; a further one is refused, none is forgotten early.
pub const KEYS_PER_APP: usize = 100_000;

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
/// 7. In a channel whose namespace has history, the stamp gives a position, and what is published is
///    in the stream that the adapter's [`HistoryStore`](super::HistoryStore) reads; what a durable
///    namespace acknowledges or announces is on disk (P5).
/// 8. A draft with a key of the same app, channel and client that was published within the
///    namespace's window is not published again (P6): same name, data and `echo` give the first
///    receipt as `repeated`, anything else [`BrokerError::Conflict`]. Two at once share one outcome.
///    Only what was published is remembered, at most [`KEYS_PER_APP`] keys of an app, in a durable
///    namespace also across restarts.
/// 9. Of an app that is forgotten nothing is left: its streams are gone, and so are its keys. A
///    channel of that name is another one from then on, with another epoch.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Broker: Send + Sync {
    /// Publishes a draft.
    ///
    /// # Errors
    /// `Unavailable`: the outcome is unknown, the sender retries with the same key. Of all others
    /// nothing was published.
    async fn publish(&self, draft: Draft) -> Result<Receipt, BrokerError>;

    /// [`Self::publish`] for a broker that need not wait: no future, no memory for one.
    ///
    /// # Errors
    /// The draft itself, untouched: this one has to be awaited.
    fn publish_at_once(&self, draft: Draft) -> Result<Result<Receipt, BrokerError>, Box<Draft>> {
        Err(Box::new(draft))
    }

    /// From now on the channel is announced here: its first subscriber comes.
    ///
    /// # Errors
    /// The channel is not attached.
    async fn attach(&self, channel: &ChannelKey) -> Result<(), BrokerError>;

    /// The channel is no longer announced here: its last subscriber left.
    ///
    /// # Errors
    /// The channel may still be attached; announcements without subscribers do no harm.
    async fn detach(&self, channel: &ChannelKey) -> Result<(), BrokerError>;

    /// Forgets all that was kept of an app: it is deleted, or another of its name begins.
    ///
    /// # Errors
    /// Something may be left. It may be repeated.
    async fn forget(&self, app: &AppId) -> Result<(), BrokerError>;
}
