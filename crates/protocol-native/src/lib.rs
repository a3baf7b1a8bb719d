//! Sans-I/O codec of the native protocol, version 1 (`docs/protocol.md`): one JSON envelope.
//!
//! * [`NativeCodec`] is the codec, generic over how a transport marks a frame.
//! * `decode` reads an envelope and the payload of its event into a request; `field` reads single
//!   values and says what is wrong with them.
//! * `reply` and `push` write; `presence` writes who is where; `close_code` has the numbers.

mod close_code;
mod codec;
mod decode;
mod field;
mod presence;
mod push;
mod reply;

pub use close_code::close_code;
pub use codec::NativeCodec;

/// The protocol's version, as the reply to `auth` says it.
pub const VERSION: u32 = 1;
/// The WebSocket subprotocol that names this protocol; optional.
pub const SUBPROTOCOL: &str = "rtmate.v1.json";
/// The most channels of one `subscribe`.
pub const CHANNELS_AT_ONCE: usize = 100;
