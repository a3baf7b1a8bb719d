//! What a frame is.

/// The opcodes that RFC 6455 defines (5.2). The others are reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Opcode {
    /// One more fragment of the message that is open.
    Continuation,
    /// A text message, or its first fragment.
    Text,
    /// A binary message, or its first fragment.
    Binary,
    /// The start or the answer of the closing handshake.
    Close,
    /// Asks the other side to answer with a pong.
    Ping,
    /// Answers a ping, or comes unasked.
    Pong,
}

impl Opcode {
    /// The opcode of four bits. Nothing where they are reserved.
    pub(crate) const fn parse(bits: u8) -> Option<Self> {
        match bits {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xA => Some(Self::Pong),
            _ => None,
        }
    }

    /// The four bits on the wire.
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    /// Whether a frame of this opcode is the first of a message.
    pub(crate) const fn begins_message(self) -> bool {
        matches!(self, Self::Text | Self::Binary)
    }

    /// Control frames may come between the fragments of a message and are never fragmented.
    pub(crate) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_opcodes_agree() {
        let known = (0..16).filter_map(|bits| Opcode::parse(bits).map(|opcode| (bits, opcode)));
        let mut count = 0;
        for (bits, opcode) in known {
            assert_eq!(opcode.bits(), bits);
            assert_eq!(opcode.is_control(), bits >= 8);
            count += 1;
        }
        assert_eq!(count, 6);
    }
}
