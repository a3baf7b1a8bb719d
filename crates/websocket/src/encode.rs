//! The frames of the server: final, never masked.

use crate::MAX_CONTROL;
use crate::frame_header::RSV1;
use crate::opcode::Opcode;

/// The longest header of a server's frame: two bytes and eight of length.
pub const MAX_HEADER: usize = 10;

/// The header of one final, unmasked frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The header fills the end, so that the payload can follow.
    bytes: [u8; MAX_HEADER],
    start: usize,
}

impl Header {
    /// The header's bytes: 2, 4 or 10.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The same, of a message whose payload is [deflated](crate::deflate()): RSV1 is set.
    #[must_use]
    pub const fn compressed(mut self) -> Self {
        self.bytes[self.start] |= RSV1;
        self
    }

    /// Writes the header so that it ends with `room`, and says where in `room` it starts.
    ///
    /// A codec leaves [`MAX_HEADER`] bytes free, writes the payload behind them, then puts the
    /// header right in front of the payload: the payload never moves.
    ///
    /// ```
    /// use websocket::{MAX_HEADER, Opcode, header};
    ///
    /// let mut frame = vec![0; MAX_HEADER];
    /// frame.extend_from_slice(b"Hello");
    /// let (room, payload) = frame.split_first_chunk_mut().unwrap();
    /// let start = header(Opcode::Text, payload.len()).put(room);
    /// assert_eq!(&frame[start..], b"\x81\x05Hello");
    /// ```
    pub fn put(self, room: &mut [u8; MAX_HEADER]) -> usize {
        room[self.start..].copy_from_slice(self.as_slice());
        self.start
    }
}

/// The header of a final, unmasked frame with a payload of `payload_len` bytes.
///
/// For a control frame `payload_len` is [`MAX_CONTROL`] at most. [`close_frame`], [`ping`] and
/// [`pong`] see to that; here it is up to the caller.
#[must_use]
pub const fn header(opcode: Opcode, payload_len: usize) -> Header {
    let first = 0x80 | opcode.bits();
    // A length of u64 always holds: usize has 64 bits at most.
    let [a, b, c, d, e, f, g, h] = (payload_len as u64).to_be_bytes();
    match payload_len {
        0..=125 => Header { bytes: [0, 0, 0, 0, 0, 0, 0, 0, first, h], start: 8 },
        126..=0xffff => Header { bytes: [0, 0, 0, 0, 0, 0, first, 126, g, h], start: 6 },
        _ => Header { bytes: [first, 127, a, b, c, d, e, f, g, h], start: 0 },
    }
}

/// A close frame. A reason longer than 123 bytes is cut, at the end of a character.
///
/// The code is written as given: 1005, 1006 and 1015 must not be sent (7.4.1). A close frame
/// without a code is `header(Opcode::Close, 0)`.
#[must_use]
pub fn close_frame(code: u16, reason: &str) -> Vec<u8> {
    let room = (MAX_CONTROL - 2).min(reason.len());
    let end = (0..=room).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
    control(Opcode::Close, &[&code.to_be_bytes(), &reason.as_bytes()[..end]])
}

/// A ping frame. A payload longer than [`MAX_CONTROL`] is cut.
#[must_use]
pub fn ping(payload: &[u8]) -> Vec<u8> {
    control(Opcode::Ping, &[cut(payload)])
}

/// The pong frame that answers a ping of this payload. One longer than [`MAX_CONTROL`], which no
/// ping carries, is cut.
#[must_use]
pub fn pong(payload: &[u8]) -> Vec<u8> {
    control(Opcode::Pong, &[cut(payload)])
}

fn cut(payload: &[u8]) -> &[u8] {
    &payload[..payload.len().min(MAX_CONTROL)]
}

fn control(opcode: Opcode, parts: &[&[u8]]) -> Vec<u8> {
    let payload = parts.concat();
    [header(opcode, payload.len()).as_slice(), &payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_those_of_the_rfc() {
        // 5.7: "Hello", 256 bytes and 64 KiB of binary data, all unmasked.
        assert_eq!(header(Opcode::Text, 5).as_slice(), b"\x81\x05");
        assert_eq!(header(Opcode::Binary, 256).as_slice(), b"\x82\x7e\x01\x00");
        let long = b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00";
        assert_eq!(header(Opcode::Binary, 65536).as_slice(), long);
        assert_eq!(header(Opcode::Text, 125).as_slice(), b"\x81\x7d");
        assert_eq!(header(Opcode::Text, 126).as_slice(), b"\x81\x7e\x00\x7e");
        assert_eq!(header(Opcode::Text, 65535).as_slice(), b"\x81\x7e\xff\xff");
        assert_eq!(header(Opcode::Continuation, 0).as_slice(), b"\x80\x00");
        // RFC 7692, 7.2.3.1.
        assert_eq!(header(Opcode::Text, 7).compressed().as_slice(), b"\xc1\x07");
        assert_eq!(header(Opcode::Text, 126).compressed().as_slice(), b"\xc1\x7e\x00\x7e");
    }

    #[test]
    fn a_header_is_put_right_before_its_payload() {
        for (payload_len, start) in [(0, 8), (125, 8), (126, 6), (65535, 6), (65536, 0)] {
            let mut room = [0xee; MAX_HEADER];
            let header = header(Opcode::Text, payload_len);
            assert_eq!(header.put(&mut room), start);
            assert_eq!(&room[start..], header.as_slice());
            assert!(room[..start].iter().all(|byte| *byte == 0xee), "the rest is left alone");
        }
    }

    #[test]
    fn control_frames_carry_their_payload() {
        assert_eq!(ping(b"Hello"), b"\x89\x05Hello");
        assert_eq!(pong(b""), b"\x8a\x00");
        assert_eq!(pong(&[7; 200]).len(), 2 + MAX_CONTROL);
        assert_eq!(close_frame(1000, ""), b"\x88\x02\x03\xe8");
        assert_eq!(close_frame(4001, "bye"), b"\x88\x05\x0f\xa1bye");
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let whole = "x".repeat(123);
        assert_eq!(&close_frame(1000, &whole)[4..], whole.as_bytes());
        assert_eq!(&close_frame(1000, &format!("{whole}y"))[4..], whole.as_bytes());
        // 123 isn't a multiple of 2 or 4: the character that crosses the limit goes.
        assert_eq!(close_frame(1000, &"é".repeat(100)).len(), 4 + 122);
        assert_eq!(close_frame(1000, &"🦀".repeat(100)).len(), 4 + 120);
    }
}
