//! Frames as lines.

use application::ports::Framing;
use bytes::Bytes;

/// A frame is a line: the plainest framing there is.
pub struct LineFraming;

impl Framing for LineFraming {
    const HEAD: usize = 0;

    fn seal(mut buffer: Vec<u8>) -> Bytes {
        buffer.push(b'\n');
        buffer.into()
    }
}
