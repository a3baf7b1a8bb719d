//! From a compressed message (RFC 7692, 7.2.2) to what was said.

use flate2::{Decompress, FlushDecompress, Status};

use crate::pool::Pool;
use crate::violation::Violation;

/// One size for all: the largest window reads what was written for any.
static POOL: Pool<Decompress> = Pool::new();

/// What the sender left out at the end: the empty block of a flush. Behind it an empty last block,
/// so that the end is reached by whole blocks only and a message that was cut off is seen.
const TAIL: &[u8] = b"\x00\x00\xff\xff\x01\x00\x00\xff\xff";

/// The first room for the output, where the limit allows.
const ROOM: usize = 512;

/// Inflates one message, which refers to nothing before it.
///
/// The output grows as it comes, by doubling, and ends one byte behind the limit: what inflates to
/// more is refused there, however much more it would be.
pub(crate) fn inflate(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Violation> {
    // One byte is the least that a message is compressed to (7.2.3.6); none is understood as well.
    if compressed.is_empty() {
        return Ok(Vec::new());
    }
    POOL.with(
        || Decompress::new(false),
        |state| {
            state.reset(false);
            let mut inflating = Inflating { state, output: Vec::new(), limit, ended: false };
            inflating.feed(compressed)?;
            // A last block may come without the empty one behind it that the RFC asks for.
            if !inflating.ended {
                inflating.feed(TAIL)?;
            }
            if inflating.ended { Ok(inflating.output) } else { Err(Violation::BrokenDeflate) }
        },
    )
}

struct Inflating<'a> {
    state: &'a mut Decompress,
    output: Vec<u8>,
    limit: usize,
    /// A last block ended, and nothing came behind it.
    ended: bool,
}

impl Inflating<'_> {
    fn feed(&mut self, mut input: &[u8]) -> Result<(), Violation> {
        // A full output may mean that more is to come of the input that was taken.
        while !input.is_empty() || self.output.len() == self.output.capacity() {
            self.make_room();
            let (taken, made) = (self.state.total_in(), self.output.len());
            let flush = FlushDecompress::None;
            let status = self.state.decompress_vec(input, &mut self.output, flush);
            if self.output.len() > self.limit {
                return Err(Violation::MessageTooBig { limit_bytes: self.limit });
            }
            let status = status.map_err(|_| Violation::BrokenDeflate)?;
            let taken = usize::try_from(self.state.total_in() - taken).unwrap_or(0);
            let stuck = taken == 0 && self.output.len() == made;
            input = input.get(taken..).unwrap_or_default();
            match status {
                // Blocks may follow the last one (7.2.1).
                Status::StreamEnd => self.state.reset(false),
                Status::Ok | Status::BufError if stuck && !input.is_empty() => {
                    return Err(Violation::BrokenDeflate);
                }
                Status::Ok | Status::BufError => {}
            }
            self.ended = status == Status::StreamEnd && input.is_empty();
            if self.ended {
                break;
            }
        }
        Ok(())
    }

    /// Doubles a full output, to one byte more than the limit at most.
    fn make_room(&mut self) {
        let len = self.output.len();
        if len == self.output.capacity() {
            let most = self.limit.saturating_add(1).saturating_sub(len);
            self.output.reserve_exact(len.max(ROOM).min(most));
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    fn compress(pieces: &[(&[u8], FlushCompress)]) -> Vec<u8> {
        let mut state = Compress::new(Compression::default(), false);
        let mut output = Vec::with_capacity(1 << 20);
        for (piece, flush) in pieces {
            state.compress_vec(piece, &mut output, *flush).unwrap();
        }
        output
    }

    /// `length` zeros, without the flush's empty block.
    fn zeros(length: usize) -> Vec<u8> {
        let mut output = compress(&[(&vec![0; length], FlushCompress::Sync)]);
        output.truncate(output.len() - 4);
        output
    }

    fn inflated(compressed: &[u8]) -> Result<String, Violation> {
        inflate(compressed, 1000).map(|output| String::from_utf8(output).unwrap())
    }

    #[test]
    fn the_examples_of_the_rfc() {
        // 7.2.3: one block, none compressed, a last block, two blocks, nothing.
        let examples: [(&[u8], &str); 5] = [
            (b"\xf2\x48\xcd\xc9\xc9\x07\x00", "Hello"),
            (b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", "Hello"),
            (b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "Hello"),
            (b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", "Hello"),
            (b"\x00", ""),
        ];
        for (compressed, said) in examples {
            assert_eq!(inflated(compressed).as_deref(), Ok(said), "{compressed:x?}");
        }
        assert_eq!(inflated(b"").as_deref(), Ok(""));
        assert_eq!(inflated(b"\xf3\x48\xcd\xc9\xc9\x07\x00").as_deref(), Ok("Hello"));
    }

    #[test]
    fn a_message_that_was_cut_off_is_broken() {
        let text: String = (0..200).map(|n| format!("{n} ")).collect();
        let mut whole = compress(&[(text.as_bytes(), FlushCompress::Sync)]);
        whole.truncate(whole.len() - 4);
        assert_eq!(inflated(&whole), Ok(text));
        for end in 1..whole.len() - 1 {
            assert_eq!(inflated(&whole[..end]), Err(Violation::BrokenDeflate), "{end}");
        }
        for broken in [&b"\x07"[..], b"\xff\xff", b"\x00\x05\x00\xfa\xfe\x48"] {
            assert_eq!(inflated(broken), Err(Violation::BrokenDeflate), "{broken:x?}");
        }
    }

    #[test]
    fn nothing_of_an_earlier_message_can_be_seen() {
        let secret = b"a secret of somebody else, long enough to be referred to";
        let mut state = Compress::new(Compression::default(), false);
        let mut first = Vec::with_capacity(1000);
        state.compress_vec(secret, &mut first, FlushCompress::Sync).unwrap();
        first.truncate(first.len() - 4);
        let mut second = Vec::with_capacity(1000);
        state.compress_vec(secret, &mut second, FlushCompress::Sync).unwrap();
        second.truncate(second.len() - 4);
        assert!(second.len() < 20, "it refers to the first");
        for _ in 0..2 * 4 {
            assert_eq!(inflate(&first, 1000).as_deref(), Ok(&secret[..]));
            assert_eq!(inflate(&second, 1000), Err(Violation::BrokenDeflate));
        }
    }

    #[test]
    fn the_limit_is_exact_and_bounds_the_memory() {
        for limit in [0, 1, ROOM - 1, ROOM, ROOM + 1, 3000, 100_000] {
            let output = inflate(&zeros(limit), limit).unwrap();
            assert_eq!(output.len(), limit);
            assert!(output.capacity() <= limit + 1);
            for more in [limit + 1, 50 * limit + 1] {
                let refused = Err(Violation::MessageTooBig { limit_bytes: limit });
                assert_eq!(inflate(&zeros(more), limit), refused, "{more} of {limit}");
            }
        }
    }

    #[test]
    fn what_is_broken_behind_the_limit_is_too_big() {
        let mut bomb = zeros(5000);
        bomb.extend(b"\xff\xff\xff");
        assert_eq!(inflate(&bomb, 1000), Err(Violation::MessageTooBig { limit_bytes: 1000 }));
        assert_eq!(inflate(&bomb, 5000), Err(Violation::BrokenDeflate));
    }
}
