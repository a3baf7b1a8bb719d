//! Sans-I/O WebSocket codec (RFC 6455), server side.
//!
//! No socket, clock or runtime: bytes go in, events come out, and frames to send are plain bytes.
//!
//! The major parts:
//!
//! * [`Decoder`] turns the bytes of a client into [`Event`]s, or into the one [`Violation`] that
//!   ends the connection.
//! * [`header`], [`close_frame`], [`ping`] and [`pong`] make the frames of the server.
//! * [`handshake`] is the cryptographic part of the opening handshake. HTTP stays outside.
//!
//! No extension is spoken yet. `frame_header` is the only place that looks at the RSV bits, so
//! permessage-deflate starts there.
//!
//! # The read loop
//!
//! ```
//! use websocket::{Decoder, Event, Violation};
//!
//! /// `received` is the filled part of the read buffer.
//! fn on_read(decoder: &mut Decoder, received: &mut [u8]) -> Result<(), Violation> {
//!     let mut at = 0;
//!     while at < received.len() {
//!         let step = decoder.step(&mut received[at..])?;
//!         at += step.consumed;
//!         if let Some(Event::Text(text)) = step.event {
//!             println!("{text}");
//!         }
//!     }
//!     // Nothing of the last event is needed any more: an idle connection holds no buffer.
//!     decoder.release();
//!     Ok(())
//! }
//!
//! let mut decoder = Decoder::new(64 * 1024);
//! let mut received = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
//! on_read(&mut decoder, &mut received)?;
//! assert_eq!(decoder.retained(), 0);
//! # Ok::<(), Violation>(())
//! ```

mod decoder;
mod encode;
mod event;
mod frame_header;
pub mod handshake;
mod mask;
mod message;
mod opcode;
mod text;
mod violation;

pub use decoder::Decoder;
pub use encode::{Header, MAX_HEADER, close_frame, header, ping, pong};
pub use event::{CloseFrame, Event, Step};
pub use opcode::Opcode;
pub use violation::Violation;

/// The most payload bytes that a control frame may carry (RFC 6455, 5.5).
pub const MAX_CONTROL: usize = 125;
