//! permessage-deflate (RFC 7692) as far as a generator needs it: what it offers, and the fronts of
//! messages.

use flate2::{Decompress, FlushDecompress};

use crate::fault::Fault;

/// What a client offers that keeps no window between messages, on either side.
pub const OFFER: &str =
    "permessage-deflate; client_no_context_takeover; server_no_context_takeover";

/// Bytes of a text that are inflated: twice what stands before the end of a stamp.
const FRONT: usize = 256;
/// Messages that are remembered, more than comparisons have under way.
const RECENT: usize = 32;

/// Whether the answer to an upgrade agrees to compress each message for itself.
pub(crate) fn is_agreed(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    head.lines().filter_map(|line| line.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("sec-websocket-extensions")
            && value.trim_start().starts_with("permessage-deflate")
            && value.contains("server_no_context_takeover")
    })
}

/// Inflates the fronts of messages, each for itself.
///
/// All subscribers get the same bytes, so what came lately is compared instead of inflated again:
/// equal bytes are an equal text. Otherwise the generator would be what a run measures.
#[derive(Debug)]
pub struct Fronts {
    state: Decompress,
    recent: Vec<Seen>,
    /// Which of them is replaced next.
    oldest: usize,
    /// Where the search begins: behind what was found last, for all see one order.
    next: usize,
}

#[derive(Debug, Default)]
struct Seen {
    compressed: Vec<u8>,
    front: Vec<u8>,
}

impl Default for Fronts {
    fn default() -> Self {
        let mut recent = Vec::new();
        recent.resize_with(RECENT, Seen::default);
        Self { state: Decompress::new(false), recent, oldest: 0, next: 0 }
    }
}

impl Fronts {
    /// The first 256 bytes of a text, or all of a shorter one.
    ///
    /// # Errors
    ///
    /// [`Fault::BadFrame`] for what does not inflate.
    pub fn front(&mut self, compressed: &[u8]) -> Result<&[u8], Fault> {
        let at = match self.find(compressed) {
            Some(at) => at,
            None => self.inflate(compressed)?,
        };
        self.next = (at + 1) % RECENT;
        Ok(&self.recent[at].front)
    }

    fn find(&self, compressed: &[u8]) -> Option<usize> {
        let order = (self.next..RECENT).chain(0..self.next);
        order.into_iter().find(|at| self.recent[*at].compressed == compressed)
    }

    fn inflate(&mut self, compressed: &[u8]) -> Result<usize, Fault> {
        let at = self.oldest;
        let Seen { compressed: key, front } = &mut self.recent[at];
        // Until it is inflated the place stands for nothing.
        key.clear();
        front.clear();
        front.reserve_exact(FRONT);
        self.state.reset(false);
        self.state
            .decompress_vec(compressed, front, FlushDecompress::Sync)
            .map_err(|_| Fault::BadFrame("a message that does not inflate"))?;
        key.extend_from_slice(compressed);
        self.oldest = (at + 1) % RECENT;
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use websocket::{Window, deflate};

    use super::*;

    fn compress(text: &str) -> Vec<u8> {
        let mut compressed = Vec::new();
        assert!(deflate(text.as_bytes(), Window::LARGEST, &mut compressed), "{text}");
        compressed
    }

    /// Texts that begin differently, some of them shorter than what is inflated.
    fn texts() -> Vec<String> {
        let text = |number: usize| format!("{number:05} {}", "to and fro ".repeat(number % 80 + 5));
        (0..3 * RECENT).map(text).collect()
    }

    #[test]
    fn a_front_is_that_of_its_text_however_often_it_comes() {
        let mut fronts = Fronts::default();
        for batch in texts().chunks(16) {
            for _subscriber in 0..5 {
                for text in batch {
                    let front = fronts.front(&compress(text)).unwrap();
                    assert_eq!(front, &text.as_bytes()[..text.len().min(FRONT)]);
                }
            }
        }
    }

    #[test]
    fn what_does_not_inflate_is_refused_each_time() {
        let mut fronts = Fronts::default();
        for _ in 0..2 {
            assert!(fronts.front(b"\xff\xff\xff").is_err());
        }
        let text = "to and fro ".repeat(10);
        assert_eq!(fronts.front(&compress(&text)).unwrap(), text.as_bytes());
    }

    #[test]
    fn only_what_was_offered_is_agreed_to() {
        let head = |line: &str| format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n{line}");
        let agreed = |line: &str| is_agreed(head(line).as_bytes());
        assert!(agreed(&format!("sec-websocket-extensions: {OFFER}\r\n")));
        assert!(!agreed("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
        assert!(!agreed("Sec-WebSocket-Protocol: rtmate.v1.json\r\n"));
    }
}
