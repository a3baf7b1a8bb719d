//! The port that reads what a channel's stream has kept.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{AppId, ChannelKey, Epoch, HistoryPolicy, Offset, Position, Record};

use super::Cause;

/// Why history was not read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// It can't be right now.
    #[error("the history is unavailable")]
    Unavailable(#[source] Cause),
}

/// In which order messages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The oldest first.
    #[default]
    Ascending,
    /// The newest first.
    Descending,
}

/// Which messages are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// Only those behind this offset.
    pub after: Option<Offset>,
    /// Only those before this offset.
    pub before: Option<Offset>,
    /// In which order.
    pub order: Order,
    /// At most so many; at least 1.
    pub limit: usize,
    /// At most so many bytes, by [`Record::cost`]; a first message that is larger comes alone.
    pub bytes: u64,
}

/// What a stream answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The stream's place when it was read: its epoch, and the offset of its last message.
    pub position: Position,
    /// The oldest message that is kept; one beyond the last where none is.
    pub first: Offset,
    /// Messages without a hole between them, in the order asked for.
    pub messages: Vec<Arc<Record>>,
    /// Whether more of what was asked for is kept.
    pub more: bool,
}

impl Page {
    /// What is answered where there is no stream and the question shall begin none. The epoch is
    /// that of no stream, so whoever shows it later is told that another one began.
    #[must_use]
    pub const fn of_no_stream(epoch: Epoch) -> Self {
        let position = Position { epoch, offset: Offset(0) };
        Self { position, first: Offset(1), messages: Vec::new(), more: false }
    }
}

/// Reads the streams of channels with history. The [`Broker`](super::Broker) of the same adapter
/// appends to them.
///
/// A stream begins with the first question or message: it has an epoch of its own and no message.
///
/// Guarantees of every adapter:
///
/// 1. Within an epoch offsets begin at 1 and grow by one (P2). Epochs are random; no two different
///    messages ever have the same channel, epoch and offset (P3).
/// 2. What was announced to the [`DeliverySink`](super::DeliverySink) or acknowledged is in every
///    read that begins later, as long as the policy keeps it.
/// 3. `messages` has no hole: ascending it begins with the first kept message behind `after`,
///    descending with the last one before `before`. What is missing in front of it the reader sees
///    by `first`.
/// 4. The policy's bounds hold at each read: the newest messages that are no more than `size`, no
///    more than `bytes` by [`Record::cost`], and younger than `ttl`. What goes goes from the oldest.
/// 5. What a stream's messages leave, its position keeps: it outlives them by
///    [`POSITION_IDLE`], and an app has at most [`STREAMS_PER_APP`] streams; the one
///    that was idle for longest goes first. A stream that returns has a new epoch.
/// 6. After a purge nothing of before is read, and the position is what it was.
/// 7. Channels of different apps have different streams.
/// 8. Asking whether there is a stream begins none and is no use of it.
/// 9. `kept_bytes` is what the streams of an app keep, by [`Record::cost`]: it has a message before
///    its publish returns, and no longer has what was purged, or what the policy let go at the latest
///    sweep. An adapter that would have to ask a disk may reckon by the average message of a stream.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Reads one page and the stream's place, of one moment.
    ///
    /// # Errors
    /// The history can't be read now.
    async fn read(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        query: &Query,
    ) -> Result<Page, HistoryError>;

    /// Whether the channel has a stream: one that has none has no messages either.
    ///
    /// # Errors
    /// It can't be told now.
    async fn exists(&self, channel: &ChannelKey) -> Result<bool, HistoryError>;

    /// Forgets the messages of a stream, not its place.
    ///
    /// # Errors
    /// Nothing or everything was forgotten.
    async fn purge(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
    ) -> Result<Position, HistoryError>;

    /// Bytes that all streams of an app keep. Never waits: it is asked for each message of an app
    /// that has a limit.
    fn kept_bytes(&self, app: &AppId) -> u64;
}

/// How long the place of a stream without messages is remembered.
pub const POSITION_IDLE: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);

/// Streams whose place an app can have.
pub const STREAMS_PER_APP: usize = 100_000;
