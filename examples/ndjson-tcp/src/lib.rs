//! A second transport: the native protocol as lines of JSON over TCP, for `nc` and for proof. It
//! needed no change in domain or application; `docs/writing-a-transport.md` explains it.
//!
//! `queue` is the writing side, `serve` accepts and reads, `wiring` makes a server of it.

mod queue;
mod serve;
mod wiring;

pub use queue::{LineFraming, LineQueue};
pub use serve::serve;
pub use wiring::{app, hub};
