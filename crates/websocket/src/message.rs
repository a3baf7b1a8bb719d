//! Payloads that outlive the caller's read buffer.

use crate::event::Event;
use crate::inflate::inflate;
use crate::opcode::Opcode;
use crate::text::Text;
use crate::violation::Violation;

/// A message of which some frames, or a part of one, came.
///
/// Its buffer grows with the bytes that came (twice their number at most), never by a length that
/// a header claims.
pub(crate) enum Message {
    Text(Text),
    Binary(Vec<u8>),
    /// Not inflated before it is whole, so that a client that pauses within a message holds no
    /// window here.
    Compressed(Opcode, Vec<u8>),
}

impl Message {
    /// The empty message that a frame of this opcode begins.
    pub(crate) fn begun_by(opcode: Opcode, compressed: bool) -> Self {
        if compressed {
            Self::Compressed(opcode, Vec::new())
        } else if opcode == Opcode::Text {
            Self::Text(Text::default())
        } else {
            Self::Binary(Vec::new())
        }
    }

    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Violation> {
        match self {
            Self::Text(text) => text.push(piece),
            Self::Binary(bytes) | Self::Compressed(_, bytes) => {
                bytes.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    /// The whole message, which has `limit` bytes at most.
    pub(crate) fn finish(self, limit: usize) -> Result<Delivered, Violation> {
        Ok(match self {
            Self::Text(text) => Delivered::Text(text.finish()?),
            Self::Binary(bytes) => Delivered::Frame(Opcode::Binary, bytes),
            Self::Compressed(opcode, bytes) => Delivered::inflated(opcode, &bytes, limit)?,
        })
    }

    pub(crate) const fn opcode(&self) -> Opcode {
        match self {
            Self::Text(_) => Opcode::Text,
            Self::Binary(_) => Opcode::Binary,
            Self::Compressed(opcode, _) => *opcode,
        }
    }

    /// How many bytes came, compressed or not.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Compressed(_, bytes) => bytes.len(),
        }
    }

    /// How many bytes of the heap it holds.
    pub(crate) fn capacity(&self) -> usize {
        match self {
            Self::Text(text) => text.capacity(),
            Self::Binary(bytes) | Self::Compressed(_, bytes) => bytes.capacity(),
        }
    }
}

/// A whole payload that an event borrows until the next step.
pub(crate) enum Delivered {
    /// Checked while it came.
    Text(String),
    /// Anything but text.
    Frame(Opcode, Vec<u8>),
}

impl Delivered {
    /// A message that came compressed, of `limit` bytes at most.
    pub(crate) fn inflated(
        opcode: Opcode,
        compressed: &[u8],
        limit: usize,
    ) -> Result<Self, Violation> {
        let message = inflate(compressed, limit)?;
        if opcode != Opcode::Text {
            return Ok(Self::Frame(opcode, message));
        }
        String::from_utf8(message).map(Self::Text).map_err(|_| Violation::TextNotUtf8)
    }

    pub(crate) fn event(&self) -> Result<Event<'_>, Violation> {
        match self {
            Self::Text(text) => Ok(Event::Text(text)),
            Self::Frame(opcode, payload) => Event::of_frame(*opcode, payload),
        }
    }

    /// How many bytes of the heap it holds.
    pub(crate) fn capacity(&self) -> usize {
        match self {
            Self::Text(text) => text.capacity(),
            Self::Frame(_, payload) => payload.capacity(),
        }
    }
}
