//! What is spoken inside the frames. One so far.

mod native;

pub use native::Native;

/// What a server's text says, as far as a generator cares.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A request was granted.
    Granted,
    /// A request was refused.
    Refused,
    /// A message of a channel. Its `data` begins here; what follows it is still there.
    Message(&'a [u8]),
    /// The server says why it is about to close.
    Goodbye,
    /// Anything else.
    Other,
}
