//! The flight recorder: what happened of late on this node, in a fixed amount of memory
//! (`docs/adr/0022-flight-recorder.md`).
//!
//! [`FlightRecorder`] is told by the port `EventSink` and asked by the port `FlightLog`. It keeps
//! kinds, names, sizes and decisions; no payload, token, secret or address ever reaches it.
//!
//! * `recorder` says what is kept, in which ring, and answers; `question` is what a fact must be to
//!   belong to an answer.
//! * `ring` is bytes that overwrite the oldest, with chains for what is asked for often.
//! * `record` writes a fact as bytes without allocating, `reading` reads it again.

mod question;
mod reading;
mod record;
mod recorder;
mod ring;

pub use recorder::FlightRecorder;
