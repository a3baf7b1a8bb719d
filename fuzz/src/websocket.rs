//! The WebSocket decoder: how its input is cut changes nothing.

// The test that includes this file has no crate to reach it from.
#![allow(unreachable_pub)]

use ::websocket::{Decoder, Event, Violation};

/// Small, so that inputs of a few hundred bytes can cross it, and above 125, so that a message may
/// need two bytes of length.
pub const MAX_MESSAGE: usize = 300;

/// An [`Event`] that outlives its step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping's payload.
    Ping(Vec<u8>),
    /// A pong's payload.
    Pong(Vec<u8>),
    /// A close frame's code and reason.
    Close(Option<(u16, String)>),
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Text(text) => Self::Text(text.to_owned()),
            Event::Binary(bytes) => Self::Binary(bytes.to_owned()),
            Event::Ping(payload) => Self::Ping(payload.to_owned()),
            Event::Pong(payload) => Self::Pong(payload.to_owned()),
            Event::Close(frame) => {
                Self::Close(frame.map(|frame| (frame.code, frame.reason.to_owned())))
            }
        }
    }
}

/// All events of a stream, and what ended it early.
pub type Outcome = (Vec<Seen>, Option<Violation>);

/// Decodes a stream that comes in these pieces, and checks on the way what the decoder promises
/// about progress and memory.
pub fn decode<'a>(mut decoder: Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut seen = Vec::new();
    let mut received = 0;
    for piece in pieces {
        received += piece.len();
        let mut buffer = piece.to_vec();
        if let Err(violation) = read(&mut decoder, &mut buffer, &mut seen) {
            assert_eq!(decoder.step(&mut [0x81]), Err(violation), "a violation is final");
            assert_eq!(decoder.retained(), 0, "nothing is kept after a violation");
            return (seen, Some(violation));
        }
        // Two buffers, each at most twice what came, and never less than a small allocation.
        assert!(decoder.retained() <= 2 * received + 16, "memory follows what came");
    }
    (seen, None)
}

fn read(decoder: &mut Decoder, buffer: &mut [u8], seen: &mut Vec<Seen>) -> Result<(), Violation> {
    let mut at = 0;
    while at < buffer.len() {
        let rest = buffer.len() - at;
        let step = decoder.step(&mut buffer[at..])?;
        assert!(step.consumed <= rest, "no more is consumed than is there");
        assert!(step.consumed > 0, "each step gets on");
        assert!(step.event.is_some() || step.consumed == rest, "no event: all is consumed");
        at += step.consumed;
        seen.extend(step.event.map(Seen::from));
    }
    decoder.release();
    Ok(())
}

/// Decodes one stream whole, in two pieces and byte by byte: the outcome must be the same. Once
/// without and once with compression agreed.
///
/// The first two bytes of `data` choose where the two pieces are cut. The rest is the stream.
pub fn check(data: &[u8]) {
    let Some((cut, stream)) = data.split_first_chunk() else {
        return;
    };
    let cut = usize::from(u16::from_be_bytes(*cut)) % (stream.len() + 1);
    let (front, back) = stream.split_at(cut);
    let plain = || Decoder::new(MAX_MESSAGE);
    let deflate = || plain().with_deflate();
    for decoder in [&plain as &dyn Fn() -> Decoder, &deflate] {
        let whole = decode(decoder(), [stream]);
        assert_eq!(decode(decoder(), [front, back]), whole, "cut at {cut}");
        assert_eq!(decode(decoder(), stream.chunks(1)), whole, "byte by byte");
    }
}
