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
//! * [`Agreement`] is how permessage-deflate (RFC 7692) is agreed to, [`deflate`] compresses a
//!   message for it, and a decoder [with deflate](Decoder::with_deflate) inflates what comes.
//!   Messages are compressed each for itself, so that no connection owns a window; the working
//!   memory for both directions is pooled.
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
mod deflate;
mod encode;
mod event;
mod extension;
mod frame_header;
pub mod handshake;
mod inflate;
mod mask;
mod message;
mod opcode;
mod pool;
mod text;
mod violation;
mod window;

pub use decoder::Decoder;
pub use deflate::deflate;
pub use encode::{Header, MAX_HEADER, close_frame, header, ping, pong};
pub use event::{CloseFrame, Event, Step};
pub use extension::Agreement;
pub use opcode::Opcode;
pub use violation::Violation;
pub use window::Window;

/// The most payload bytes that a control frame may carry (RFC 6455, 5.5).
pub const MAX_CONTROL: usize = 125;
