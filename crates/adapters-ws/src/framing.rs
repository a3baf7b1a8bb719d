//! How a codec's text becomes a frame.

use application::ports::Framing;
use bytes::{Buf, Bytes};
use websocket::{MAX_HEADER, Opcode, header};

/// One unfragmented text frame of the server: the head goes right in front of the text.
pub struct TextFraming;

impl Framing for TextFraming {
    const HEAD: usize = MAX_HEADER;

    fn seal(mut buffer: Vec<u8>) -> Bytes {
        let head = header(Opcode::Text, buffer.len() - MAX_HEADER);
        let room = buffer.first_chunk_mut::<MAX_HEADER>();
        let start = room.map_or(0, |room| head.put(room));
        let mut frame = Bytes::from(buffer);
        frame.advance(start);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_stands_right_before_the_text() {
        for (len, head) in [(2, 2), (126, 4), (70_000, 10)] {
            let mut buffer = vec![0; MAX_HEADER];
            buffer.extend(std::iter::repeat_n(b'x', len));
            let frame = TextFraming::seal(buffer);
            assert_eq!(frame.len(), head + len);
            assert_eq!(frame[0], 0x81);
            assert!(frame[head..].iter().all(|byte| *byte == b'x'));
        }
    }
}
