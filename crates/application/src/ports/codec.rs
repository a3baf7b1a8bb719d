//! The port between bytes and commands.

use std::{any::TypeId, time::Duration};

use bytes::Bytes;
use domain::{CloseReason, ConnectionId, ErrorCode, RequestId, TraceId};

use crate::{Push, Reply, Request};

/// Which bytes a push becomes: connections of the same encoding share one frame.
pub type Encoding = TypeId;

/// Bounds that a decoder applies, by what is known of the client.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes of a message's `data`, compacted.
    pub payload_bytes: usize,
}

/// A frame that is no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRequest {
    /// The request's id, as far as it could be read.
    pub id: Option<RequestId>,
    /// The request's trace id.
    pub trace: Option<TraceId>,
    /// Why it was refused.
    pub code: ErrorCode,
    /// What exactly is wrong, in English and without text of the frame; shown to the client.
    pub detail: String,
    /// Whether it asked for something that needs authentication: before it, that is the answer.
    pub needs_auth: bool,
}

/// A wire protocol: bytes to requests, replies and pushes to whole frames, its own close numbers.
///
/// Guarantees of every codec:
///
/// 1. Decoding never panics and allocates no more than a small multiple of the frame.
/// 2. A push of the same content gives the same bytes on every codec of the same [`Encoding`].
/// 3. What it makes are whole frames, framing included: mostly one. Where its protocol has no word
///    for something it makes nothing, and nothing is sent.
pub trait Codec: Send + Sync {
    /// Which bytes its pushes become.
    fn encoding(&self) -> Encoding;

    /// What a new connection is told first, by protocols that greet.
    fn greeting(&self, _connection: ConnectionId, _ping_interval: Duration) -> Bytes {
        Bytes::new()
    }

    /// Reads one frame.
    ///
    /// # Errors
    /// The frame is no request of this protocol.
    fn decode(&self, frame: &[u8], bounds: Bounds) -> Result<Request, BadRequest>;

    /// Writes a reply.
    fn reply(&self, reply: &Reply) -> Bytes;

    /// Writes a push.
    fn push(&self, push: &Push<'_>) -> Bytes;

    /// The protocol's number for a reason.
    fn close_code(&self, reason: CloseReason) -> u16;
}

/// How a transport marks where a frame begins and ends: a codec leaves `HEAD` bytes free, writes
/// its text behind them and hands all to `seal`, so that nothing is moved or copied.
pub trait Framing: Send + Sync + 'static {
    /// Bytes to leave free in front of the text.
    const HEAD: usize;

    /// Makes a whole frame of `HEAD` free bytes and the text behind them.
    fn seal(buffer: Vec<u8>) -> Bytes;

    /// The same for a message that is sealed once and goes to many: worth more work, and free of
    /// anything that is one connection's own. The same text gives the same bytes.
    fn seal_shared(buffer: Vec<u8>) -> Bytes {
        Self::seal(buffer)
    }
}
