//! The Pusher protocol, version 7, without I/O (`docs/pusher.md`): clients that exist connect
//! unchanged, and share channels with those of the native protocol.
//!
//! * [`PusherCodec`] is the codec: `decode` reads what clients say, `reply`, `push` and `frame` write
//!   what they hear, `close_code` has the published numbers.
//! * [`SocketId`] is a connection as this protocol names it, [`ChannelKind`] what a channel's name
//!   says of it.
//! * `signature` is what keys sign; [`PusherPasses`] judges it for connections, [`authorize_channel`]
//!   and [`authenticate_user`] make it, as an app's backend does.
//! * [`api`] is what backends ask over HTTP: signed queries, bodies of requests and answers.
//! * [`conventions`] are the options that channels have by their names.

pub mod api;
mod channel_kind;
mod close_code;
mod codec;
pub mod conventions;
mod decode;
mod frame;
mod passes;
mod push;
mod reply;
pub mod signature;
mod socket_id;

pub use channel_kind::ChannelKind;
pub use close_code::close_code;
pub use codec::PusherCodec;
pub use passes::{PusherPasses, authenticate_user, authorize_channel};
pub use socket_id::SocketId;

/// The protocol's version.
pub const VERSION: u32 = 7;
/// The name of a message that has none, as clients of this protocol hear it.
pub const DEFAULT_EVENT: &str = "message";
