//! WebSocket frames as a client sees them: masked ones go out, unmasked ones come in.

use crate::fault::Fault;

/// The longest frame that is read. Longer ones end the run.
pub const LONGEST: usize = 512 * 1024;

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole text message.
    Text,
    /// A whole text message, compressed.
    Compressed,
    /// The end, with or without a code.
    Close,
    /// To be answered with a pong.
    Ping,
    /// An answer to a ping.
    Pong,
}

impl Kind {
    /// The first byte of such a frame.
    const fn bits(self) -> u8 {
        match self {
            Self::Text => 0x81,
            Self::Compressed => 0xc1,
            Self::Close => 0x88,
            Self::Ping => 0x89,
            Self::Pong => 0x8a,
        }
    }

    fn parse(first: u8) -> Result<Self, Fault> {
        match first {
            0x81 => Ok(Self::Text),
            0xc1 => Ok(Self::Compressed),
            0x88 => Ok(Self::Close),
            0x89 => Ok(Self::Ping),
            0x8a => Ok(Self::Pong),
            _ => Err(Fault::BadFrame("neither a whole text frame nor a control frame")),
        }
    }
}

/// A whole frame of a server.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is for.
    pub kind: Kind,
    /// Where it lay in the input.
    pub payload: &'a [u8],
    /// How many bytes it took, header included.
    pub size: usize,
}

/// The frame at the front of `bytes`. Nothing where it isn't whole.
///
/// # Errors
///
/// [`Fault::BadFrame`] for what RTMate never sends: masks, fragments, binary messages, frames
/// longer than [`LONGEST`].
pub fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>, Fault> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    let kind = Kind::parse(first)?;
    let (length, header) = match second {
        126 => match rest.first_chunk() {
            Some(bytes) => (usize::from(u16::from_be_bytes(*bytes)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(bytes) => (usize::try_from(u64::from_be_bytes(*bytes)).unwrap_or(usize::MAX), 10),
            None => return Ok(None),
        },
        128.. => return Err(Fault::BadFrame("a masked frame")),
        short => (usize::from(short), 2),
    };
    if length > LONGEST - header {
        return Err(Fault::BadFrame("a frame over 512 KiB"));
    }
    let size = header + length;
    Ok(bytes.get(header..size).map(|payload| Frame { kind, payload, size }))
}

/// Appends a masked frame to `out`.
pub fn push_masked(out: &mut Vec<u8>, kind: Kind, payload: &[u8], mask: [u8; 4]) {
    out.push(kind.bits());
    match payload.len() {
        short @ 0..=125 => out.push(0x80 | short as u8),
        middle @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(middle as u16).to_be_bytes());
        }
        long => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(long as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Keys for masks: quick and spread, not unguessable, for a load generator has no secrets from a
/// proxy.
#[derive(Debug)]
pub struct Masks(u64);

impl Masks {
    /// Begins anywhere but at zero.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// The next 64 bits (xorshift).
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The next key.
    pub fn key(&mut self) -> [u8; 4] {
        ((self.bits() >> 16) as u32).to_ne_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of a server with payloads around each border of the length's forms.
    fn stream() -> (Vec<u8>, Vec<(Kind, usize)>) {
        let lengths = [0, 1, 125, 126, 300, 65535, 65536];
        let mut bytes = Vec::new();
        let mut wanted = Vec::new();
        for length in lengths {
            let payload = vec![b'a'; length];
            bytes.extend_from_slice(websocket::header(websocket::Opcode::Text, length).as_slice());
            bytes.extend_from_slice(&payload);
            wanted.push((Kind::Text, length));
        }
        let compressed = websocket::header(websocket::Opcode::Text, 3).compressed();
        bytes.extend_from_slice(compressed.as_slice());
        bytes.extend_from_slice(b"abc");
        wanted.push((Kind::Compressed, 3));
        bytes.extend_from_slice(&websocket::ping(b"p"));
        wanted.push((Kind::Ping, 1));
        bytes.extend_from_slice(&websocket::close_frame(4101, "too_slow"));
        wanted.push((Kind::Close, 10));
        (bytes, wanted)
    }

    fn all(bytes: &[u8]) -> (Vec<(Kind, usize)>, usize) {
        let (mut at, mut seen) = (0, Vec::new());
        while let Some(frame) = first(&bytes[at..]).unwrap() {
            seen.push((frame.kind, frame.payload.len()));
            at += frame.size;
        }
        (seen, at)
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_frames() {
        let (bytes, wanted) = stream();
        let near = |cut: usize| cut < 2000 || cut > bytes.len() - 200 || cut.is_multiple_of(997);
        for cut in (0..=bytes.len()).filter(|cut| near(*cut)) {
            let (mut seen, used) = all(&bytes[..cut]);
            let (rest, _) = all(&bytes[used..]);
            seen.extend(rest);
            assert_eq!(seen, wanted, "cut at {cut}");
        }
    }

    #[test]
    fn what_a_server_may_not_send_is_refused() {
        for bytes in [&b"\x81\x81abcd"[..], b"\x01\x01a", b"\x82\x01a", b"\xc2\x01a"] {
            assert!(first(bytes).is_err(), "{bytes:x?}");
        }
        assert!(first(b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
    }

    #[test]
    fn the_servers_decoder_reads_what_is_written() {
        let mut masks = Masks::new(7);
        for length in [0, 1, 125, 126, 65535, 65536] {
            let text = "x".repeat(length);
            let mut frame = Vec::new();
            push_masked(&mut frame, Kind::Text, text.as_bytes(), masks.key());
            let mut decoder = websocket::Decoder::new(1 << 20);
            let step = decoder.step(&mut frame).unwrap();
            assert_eq!(step.event, Some(websocket::Event::Text(&text)));
        }
    }
}
