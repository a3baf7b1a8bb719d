//! The port of one connection, as the application sees it.

use bytes::Bytes;
use domain::CloseReason;
use futures_util::future::BoxFuture;

/// The connection's queue is at its limit: the caller ends the connection as too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFull;

/// One connection: what the application says to the other end. Every transport implements it.
///
/// All frames are whole: a [`Codec`](super::Codec) made them, framing included.
///
/// Guarantees of every adapter:
///
/// 1. Frames leave in the order of the calls.
/// 2. No call blocks or fails; after the end of the connection calls have no effect.
/// 3. A push that would pass the queue limit is refused and not queued. Replies never are: a
///    client reads what it asked for, and a transport that has this much queued stops reading
///    requests instead.
/// 4. After `close` nothing else is sent: what is queued (unless the reason drops it, then the
///    rest of the frame that is on the wire), the farewell, the transport's own goodbye. A reader
///    that does not take that within 5 s is cut off. The first close counts.
/// 5. `probe` makes the transport ask for a sign of life, where it has a way to ask.
/// 6. `drained` resolves once no more than so many bytes wait, or nothing will be sent any more.
/// 7. After `nudge` the transport asks its session for orders
///    ([`Session::has_orders`](crate::Session::has_orders)), however long the other end is silent.
pub trait Outbound: Send + Sync {
    /// Queues a frame that others may share.
    ///
    /// # Errors
    /// The queue is at its limit.
    fn push(&self, frame: &Bytes) -> Result<(), QueueFull>;

    /// Queues a frame that answers a request.
    fn reply(&self, frame: Bytes);

    /// Asks for a sign of life.
    fn probe(&self);

    /// Wakes the transport: orders wait for its session. Others may nudge as well as the session.
    fn nudge(&self);

    /// Ends the connection with a last frame (`disconnect`; may be empty) and a reason.
    fn close(&self, farewell: Bytes, reason: CloseReason);

    /// Bytes that wait to be sent, with what it costs to keep them.
    fn queued_bytes(&self) -> usize;

    /// Waits until no more than `bytes` wait to be sent: what answers with much data begins then.
    fn drained(&self, bytes: usize) -> BoxFuture<'_, ()>;

    /// Sets the queue limit; before authentication it is the transport's own.
    fn set_queue_limit(&self, bytes: usize);
}
