//! From a message to its compressed form (RFC 7692, 7.2.1).

use flate2::{Compress, Compression, FlushCompress};

use crate::pool::Pool;
use crate::window::Window;

/// One pool for each size of window.
static POOLS: [Pool<Compress>; Window::SIZES] = [const { Pool::new() }; Window::SIZES];

/// How a flush ends; it is left out on the wire.
const TAIL: &[u8] = b"\x00\x00\xff\xff";

/// Writes the compressed form of `message` behind what `into` holds, and says whether it is
/// shorter than the message. Where it isn't, `into` is as it was.
///
/// The output refers to nothing but the message itself, and the same message gives the same bytes:
/// a frame of it can be shared by all who agreed to this window, or to a larger one. The frame's
/// header is [`header`](crate::header) of the length written, [`compressed`].
///
/// [`compressed`]: crate::Header::compressed
#[must_use]
pub fn deflate(message: &[u8], window: Window, into: &mut Vec<u8>) -> bool {
    let start = into.len();
    // An output that fills this room is as long as the message.
    into.reserve_exact(message.len() + TAIL.len());
    let shrunk = POOLS[window.index()].with(
        || Compress::new_with_window_bits(Compression::default(), false, window.bits()),
        |state| {
            state.reset();
            let done = state.compress_vec(message, into, FlushCompress::Sync).is_ok();
            done && state.total_in() == message.len() as u64 && into.ends_with(TAIL)
        },
    );
    let end = into.len().saturating_sub(TAIL.len());
    let shrunk = shrunk && end > start && end - start < message.len();
    into.truncate(if shrunk { end } else { start });
    shrunk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inflate::inflate;

    fn windows() -> impl Iterator<Item = Window> {
        (9..=15).filter_map(Window::new)
    }

    #[test]
    fn what_shrinks_comes_back_as_it_was() {
        let text: String = (0..20_000).map(|n| format!("{n:x}, ")).collect();
        for length in [100, 1000, 70_000, text.len()] {
            let message = &text.as_bytes()[..length];
            for window in windows() {
                let mut output = b"head".to_vec();
                assert!(deflate(message, window, &mut output), "{length} bytes, {window:?}");
                assert!(output.starts_with(b"head") && output.len() - 4 < length);
                assert_eq!(inflate(&output[4..], length).as_deref(), Ok(message));
                let mut again = b"head".to_vec();
                assert!(deflate(message, window, &mut again));
                assert_eq!(output, again, "the same bytes each time");
            }
        }
    }

    #[test]
    fn what_does_not_shrink_is_left_alone() {
        // The digits of no pattern: a multiplicative sequence.
        let mut word = 1u32;
        let mut noise = || {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (word >> 24) as u8
        };
        let noise: Vec<u8> = (0..5000).map(|_| noise()).collect();
        for message in [&b""[..], b"a", b"Hello", &noise] {
            for window in windows() {
                let mut output = b"head".to_vec();
                assert!(!deflate(message, window, &mut output));
                assert_eq!(output, b"head");
            }
        }
    }

    #[test]
    fn no_reference_goes_beyond_the_window() {
        // The same text again, a little further back than the window is wide.
        for window in windows() {
            let size = 1 << window.bits();
            let mut word = 7u32;
            let half: Vec<u8> = std::iter::repeat_with(|| {
                word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'a' + (word >> 28) as u8
            })
            .take(size + 1)
            .collect();
            let message = [&half[..], &half].concat();
            let mut output = Vec::new();
            assert!(deflate(&message, window, &mut output));
            let mut reader = flate2::Decompress::new_with_window_bits(false, window.bits());
            let mut read = Vec::new();
            // In small pieces, so that the reader has its window only, not all of its output.
            for piece in output.chunks(16) {
                let mut room = Vec::with_capacity(64 * 1024);
                let flush = flate2::FlushDecompress::None;
                reader.decompress_vec(piece, &mut room, flush).unwrap();
                read.extend(room);
            }
            assert_eq!(read, message, "{window:?}");
        }
    }
}
