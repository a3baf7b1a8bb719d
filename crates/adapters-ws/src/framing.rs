//! How a codec's text becomes a frame.

use application::ports::Framing;
use bytes::{Buf, Bytes};
use websocket::{Header, MAX_HEADER, Opcode, Window, deflate, header};

/// One unfragmented text frame of the server: the head goes right in front of the text.
pub struct TextFraming;

impl Framing for TextFraming {
    const HEAD: usize = MAX_HEADER;

    fn seal(buffer: Vec<u8>) -> Bytes {
        let head = header(Opcode::Text, buffer.len() - MAX_HEADER);
        put(head, buffer)
    }
}

/// The same for connections that agreed to compression with a window of `2^BITS` bytes (9 to 15):
/// what goes to many is compressed, where that makes it shorter.
pub struct DeflateFraming<const BITS: u8>;

impl<const BITS: u8> DeflateFraming<BITS> {
    const WINDOW: Window = match Window::new(BITS) {
        Some(window) => window,
        None => panic!("a window has 9 to 15 bits"),
    };
}

impl<const BITS: u8> Framing for DeflateFraming<BITS> {
    const HEAD: usize = MAX_HEADER;

    fn seal(buffer: Vec<u8>) -> Bytes {
        TextFraming::seal(buffer)
    }

    fn seal_shared(buffer: Vec<u8>) -> Bytes {
        let compressed = compressed(Opcode::Text, &buffer[MAX_HEADER..], Self::WINDOW);
        compressed.unwrap_or_else(|| Self::seal(buffer))
    }
}

/// The frame of a message, compressed. Nothing where that does not make it shorter.
pub(crate) fn compressed(opcode: Opcode, message: &[u8], window: Window) -> Option<Bytes> {
    let mut frame = vec![0; MAX_HEADER];
    if !deflate(message, window, &mut frame) {
        return None;
    }
    // It may wait in many queues, which count what it has, not what was set aside for it.
    frame.shrink_to_fit();
    Some(put(header(opcode, frame.len() - MAX_HEADER).compressed(), frame))
}

/// Puts the head into the room in front of the payload.
fn put(head: Header, mut buffer: Vec<u8>) -> Bytes {
    let room = buffer.first_chunk_mut::<MAX_HEADER>();
    let start = room.map_or(0, |room| head.put(room));
    let mut frame = Bytes::from(buffer);
    frame.advance(start);
    frame
}

#[cfg(test)]
mod tests {
    use websocket::{Decoder, Event};

    use super::*;

    fn with_room(text: &str) -> Vec<u8> {
        [&[0; MAX_HEADER], text.as_bytes()].concat()
    }

    #[test]
    fn the_head_stands_right_before_the_text() {
        for (len, head) in [(2, 2), (126, 4), (70_000, 10)] {
            let frame = TextFraming::seal(with_room(&"x".repeat(len)));
            assert_eq!(frame.len(), head + len);
            assert_eq!(frame[0], 0x81);
            assert!(frame[head..].iter().all(|byte| *byte == b'x'));
        }
    }

    /// What a client reads in a frame of up to 125 bytes: the decoder wants it masked.
    fn read(frame: &[u8]) -> String {
        let mut masked = [&[frame[0], frame[1] | 0x80, 0, 0, 0, 0], &frame[2..]].concat();
        let mut decoder = Decoder::new(10_000).with_deflate();
        match decoder.step(&mut masked).unwrap().event {
            Some(Event::Text(text)) => text.to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_is_shared_is_compressed() {
        let text = "a rose is ".repeat(50);
        let plain = DeflateFraming::<15>::seal(with_room(&text));
        assert_eq!(plain, TextFraming::seal(with_room(&text)));
        for frame in [
            DeflateFraming::<9>::seal_shared(with_room(&text)),
            DeflateFraming::<15>::seal_shared(with_room(&text)),
        ] {
            assert_eq!(frame[0], 0xc1);
            assert!(frame.len() < 50, "{} bytes", frame.len());
            assert_eq!(read(&frame), text);
        }
        assert_eq!(TextFraming::seal_shared(with_room(&text)), plain);
    }

    #[test]
    fn what_does_not_shrink_goes_as_it_is() {
        for text in ["", "{}", "Hello"] {
            let frame = DeflateFraming::<12>::seal_shared(with_room(text));
            assert_eq!(frame, TextFraming::seal(with_room(text)));
        }
    }
}
